//! The inline policy of unplug's own name that denies, on one user or role.

use std::collections::BTreeMap;

use super::{Denial, Holder};
use crate::account::Section;
use crate::aws::{AwsError, Kind};
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

/// The lens of that policy. `None` is that there is none.
pub(in crate::steps) struct Inline<D>(pub D);

impl<D: Denial> Lens for Inline<D> {
    type State = Option<String>;
    const KIND: &'static str = D::INLINE;
    const NEEDS: &'static [Section] = &[Section::Principals];

    fn state(&self, look: &Look<'_>) -> Now<Option<String>> {
        Now::of(&look.account.principals, |all| {
            let policies = D::HOLDER.inline(all, &look.at.id);
            let seen = |policies: &BTreeMap<String, String>| {
                policies.get(D::POLICY).and_then(|text| self.0.seen(text))
            };
            policies.map_or(Now::Vanished, |policies| Now::Is(seen(policies)))
        })
    }

    fn contain(&self, now: &Option<String>, look: &Look<'_>) -> Verdict<Option<String>> {
        if now.as_ref().is_some_and(|text| self.0.denies(text, look)) {
            return Verdict::Already;
        }
        Verdict::unless(self.0.spared(look), Some(self.0.document(look)))
    }

    fn show(&self, state: &Option<String>) -> String {
        match state {
            None => "not denied".into(),
            Some(text) if self.0.is_own(text) => format!("denied {}", D::WORDS),
            Some(_) => format!("another policy named {}", D::POLICY),
        }
    }

    async fn write(&self, write: Write<'_, Option<String>>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let iam = aws.iam();
        match (D::HOLDER, self.0.text(from.as_deref(), to.as_deref(), aws.clock().timestamp())) {
            (Holder::User, Some(text)) => {
                let put = iam.put_user_policy().user_name(&at.id).policy_name(D::POLICY);
                put.policy_document(text).send().await?;
            }
            (Holder::Role, Some(text)) => {
                let put = iam.put_role_policy().role_name(&at.id).policy_name(D::POLICY);
                put.policy_document(text).send().await?;
            }
            (Holder::User, None) => {
                let delete = iam.delete_user_policy().user_name(&at.id).policy_name(D::POLICY);
                gone_is_done(delete.send().await.map(drop).map_err(AwsError::from))?;
            }
            (Holder::Role, None) => {
                let delete = iam.delete_role_policy().role_name(&at.id).policy_name(D::POLICY);
                gone_is_done(delete.send().await.map(drop).map_err(AwsError::from))?;
            }
        }
        Ok(())
    }
}

/// What is not there any more needs not be deleted.
pub(super) fn gone_is_done(done: Result<(), AwsError>) -> Result<(), StepError> {
    match done {
        Err(error) if error.kind == Kind::Gone => Ok(()),
        done => Ok(done?),
    }
}
