//! The policy that serves as the boundary of one user whose inline policies leave no room.
//!
//! It allows what the user's boundary allowed before, or everything where there was none, and denies mail.
//! The name is the run's own, and names the user: a run that died before it could record anything finds it
//! again. It is no `Made<R>`: it belongs to no Region, and its ARN follows from its name.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::mail_deny::{MailDeny, boundary_of, denies, statement};
use crate::account::Section;
use crate::aws::{AwsError, Kind};
use crate::step::policy::{Holder, length};
use crate::step::{Lens, Look, Now, Reach, Reason, StepError, Verdict, Write};
use crate::steps::shared::deny::Denial as _;

pub(super) struct BoundaryPolicy;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    arn: String,
    /// `None`: there is no such policy.
    text: Option<String>,
}

impl Lens for BoundaryPolicy {
    type State = State;
    const KIND: &'static str = "boundary-policy";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::Principals];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of(&look.account.principals, |all| {
            let arn = own_arn(look);
            Now::Is(State { text: all.policies.get(&arn).cloned(), arn })
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if let Some(why) = MailDeny.spared(look) {
            return Verdict::Refuse(why);
        }
        let current = boundary_of(&look.at.id, look.account).and_then(|(_, text)| text);
        if current.is_some_and(denies) || now.text.as_deref().is_some_and(denies) {
            return Verdict::Already;
        }
        match (&now.text, boundary_text(look)) {
            (None, Ok(text)) => Verdict::Change(State { arn: now.arn.clone(), text: Some(text) }),
            (_, Err(why)) => Verdict::Refuse(why),
            (Some(_), _) => Verdict::Refuse("somebody changed the policy that this run made".into()),
        }
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        let (arn, all) = (own_arn(look), look.account.principals.read()?);
        let mut users = all.users.iter().filter(|(_, user)| user.boundary.as_ref() == Some(&arn));
        users.next().map(|(name, _)| format!("it is still the boundary of {name}"))
    }

    fn show(&self, state: &State) -> String {
        state.text.as_ref().map_or_else(|| "none".into(), |_| "the old boundary, ses:Send* denied".into())
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let iam = aws.iam();
        let Some(text) = &to.text else {
            return match iam.delete_policy().policy_arn(&to.arn).send().await.map_err(AwsError::from) {
                Err(error) if error.kind == Kind::Gone => Ok(()),
                done => Ok(done.map(drop)?),
            };
        };
        let create = iam.create_policy().policy_name(name(aws.run(), &at.id)).policy_document(text);
        match create.send().await.map_err(AwsError::from) {
            // An earlier call succeeded whose answer was lost: the text is read and compared.
            Err(error) if error.is("EntityAlreadyExists") => Ok(()),
            done => Ok(done.map(drop)?),
        }
    }
}

fn name(run: &str, user: &str) -> String {
    format!("unplug-no-mail-{run}-{user}")
}

/// The ARN of the policy that this run makes for the user.
pub(super) fn own_arn(look: &Look<'_>) -> String {
    let Look { at, account, case } = *look;
    format!("arn:{}:iam::{}:policy/{}", account.partition(), account.id, name(&case.run, &at.id))
}

/// The policy's text, or why there can be none.
pub(super) fn boundary_text(look: &Look<'_>) -> Result<String, Reason> {
    let allow_all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let mut policy = match boundary_of(&look.at.id, look.account) {
        None => json!({ "Version": "2012-10-17", "Statement": [allow_all] }),
        Some((arn, None)) => return Err(format!("the text of its boundary {arn} was not read")),
        Some((arn, Some(text))) => serde_json::from_str(text)
            .map_err(|error| format!("the text of its boundary {arn} is not understood: {error}"))?,
    };
    match &mut policy["Statement"] {
        Value::Array(all) => all.push(statement()),
        one => *one = Value::Array(vec![one.take(), statement()]),
    }
    let text = policy.to_string();
    if length(&text) > Holder::Managed.limit() {
        return Err("its boundary leaves no room for another statement (6,144 characters)".into());
    }
    Ok(text)
}
