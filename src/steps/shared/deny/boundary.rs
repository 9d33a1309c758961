//! The permissions boundary that denies, on one user or role without room for an inline policy.
//!
//! A boundary replaces the one that was there, and never adds to it: the policy that serves must deny,
//! and must allow no more than the old one did.

use super::inline::gone_is_done;
use super::{Denial, Holder};
use crate::account::Section;
use crate::aws::AwsError;
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

/// The lens of that boundary: the ARN of the policy. `None` is that there is none.
pub(in crate::steps) struct Boundary<D>(pub D);

impl<D: Denial> Lens for Boundary<D> {
    type State = Option<String>;
    const KIND: &'static str = D::BOUNDARY;
    const NEEDS: &'static [Section] = &[Section::Principals];

    fn state(&self, look: &Look<'_>) -> Now<Option<String>> {
        Now::of(&look.account.principals, |all| {
            let boundary = D::HOLDER.boundary(all, &look.at.id);
            boundary.map_or(Now::Vanished, |arn| Now::Is(arn.map(str::to_owned)))
        })
    }

    fn contain(&self, now: &Option<String>, look: &Look<'_>) -> Verdict<Option<String>> {
        let wanted = match self.0.boundary(look) {
            Ok(wanted) => wanted,
            Err(why) => {
                let word = D::HOLDER.word();
                return Verdict::Refuse(format!("the {word} has no room for an inline policy, and {why}"));
            }
        };
        if now.as_ref() == Some(&wanted) {
            return Verdict::Already;
        }
        Verdict::unless(self.0.spared(look), Some(wanted))
    }

    fn show(&self, state: &Option<String>) -> String {
        let name = |arn: &String| format!("boundary {}", arn.rsplit('/').next().unwrap_or(arn));
        state.as_ref().map_or_else(|| "no boundary".into(), name)
    }

    async fn write(&self, write: Write<'_, Option<String>>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let iam = aws.iam();
        match (D::HOLDER, to) {
            (Holder::User, Some(arn)) => {
                let put = iam.put_user_permissions_boundary().user_name(&at.id);
                put.permissions_boundary(arn).send().await?;
            }
            (Holder::Role, Some(arn)) => {
                let put = iam.put_role_permissions_boundary().role_name(&at.id);
                put.permissions_boundary(arn).send().await?;
            }
            (Holder::User, None) => {
                let delete = iam.delete_user_permissions_boundary().user_name(&at.id);
                gone_is_done(delete.send().await.map(drop).map_err(AwsError::from))?;
            }
            (Holder::Role, None) => {
                let delete = iam.delete_role_permissions_boundary().role_name(&at.id);
                gone_is_done(delete.send().await.map(drop).map_err(AwsError::from))?;
            }
        }
        Ok(())
    }
}
