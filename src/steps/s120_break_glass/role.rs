//! The break-glass role and its trust policy.

use serde::{Deserialize, Serialize};

use super::responder::{self, named, trust, trusted, unfit};
use crate::account::Section;
use crate::aws::{AwsError, unless_gone};
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write};

pub(super) struct Role;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    /// JSON.
    trust: String,
}

impl Body {
    /// One that says what the template says is the template: AWS may give it back in another form.
    fn of(text: &str) -> Body {
        Body { trust: trusted(text).map_or_else(|| text.to_owned(), |principals| trust(&principals)) }
    }
}

impl Lens for Role {
    /// `None`: there is no role of this name.
    type State = Option<Body>;
    const KIND: &'static str = "break-glass-role";
    const NEEDS: &'static [Section] = &[Section::Principals];

    fn state(&self, look: &Look<'_>) -> Now<Option<Body>> {
        let body = |role: &crate::account::Role| Body::of(&role.trust);
        Now::of(&look.account.principals, |all| Now::Is(all.roles.get(&look.at.id).map(body)))
    }

    fn contain(&self, now: &Option<Body>, look: &Look<'_>) -> Verdict<Option<Body>> {
        let principals = named(&look.case.params);
        if let Some(why) = principals.iter().find_map(|arn| unfit(arn, look.account)) {
            return Verdict::Refuse(why);
        }
        if principals.is_empty() {
            return match now {
                // Its policies would be given to whoever that lets in.
                Some(body) if trusted(&body.trust).is_none() => {
                    Verdict::Refuse(responder::other_trust(&body.trust))
                }
                Some(_) => Verdict::Already,
                None => Verdict::Refuse("nobody is named who may assume it".into()),
            };
        }
        let wanted = Some(Body { trust: trust(&principals) });
        if *now == wanted { Verdict::Already } else { Verdict::Change(wanted) }
    }

    fn hold_back(&self, before: &Option<Body>, look: &Look<'_>) -> Option<Reason> {
        let role = look.account.principals.read()?.roles.get(&look.at.id)?;
        let holds = role.attached.iter().chain(role.inline.keys()).chain(&role.profiles).next();
        let holds = holds.filter(|_| before.is_none())?;
        Some(format!("it still has {holds}, and AWS deletes no such role"))
    }

    fn show(&self, state: &Option<Body>) -> String {
        let Some(body) = state else { return "not there".into() };
        match trusted(&body.trust) {
            Some(principals) => {
                let names: Vec<String> = principals.into_iter().collect();
                format!("may be assumed with MFA by {}", names.join(", "))
            }
            None => format!("another trust policy: {}", body.trust),
        }
    }

    async fn write(&self, write: Write<'_, Option<Body>>) -> Result<(), StepError> {
        let (iam, name) = (write.aws.iam(), &write.at.id);
        let Some(body) = write.to else {
            unless_gone(iam.delete_role().role_name(name).send().await)?;
            return Ok(());
        };
        if write.from.is_none() {
            let create = iam.create_role().role_name(name).assume_role_policy_document(&body.trust);
            let create = create.description("Break-glass role for unplug. Made by unplug prepare");
            match create.send().await.map_err(AwsError::from) {
                // A run made it and ended before it was answered.
                Err(error) if error.is("EntityAlreadyExists") => {}
                Err(error) => return Err(error.into()),
                Ok(_) => return Ok(()),
            }
        }
        let update = iam.update_assume_role_policy().role_name(name).policy_document(&body.trust);
        update.send().await?;
        Ok(())
    }
}
