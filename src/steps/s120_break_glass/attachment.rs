//! Whether the break-glass role has one of its policies. The target's id is the role's name and the policy's ARN.

use super::responder::policies;
use crate::account::Section;
use crate::aws::unless_gone;
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct Attachment;

impl Lens for Attachment {
    type State = bool;
    const KIND: &'static str = "responder-attachment";
    const NEEDS: &'static [Section] = &[Section::Principals];

    fn state(&self, look: &Look<'_>) -> Now<bool> {
        let (role, arn) = look.at.parts();
        Now::of(&look.account.principals, |all| {
            Now::Is(all.roles.get(role).is_some_and(|role| role.attached.contains(arn)))
        })
    }

    fn contain(&self, now: &bool, look: &Look<'_>) -> Verdict<bool> {
        let wanted = policies(look.account, &look.case.params, &look.case.config);
        let wanted = wanted.contains_key(look.at.parts().1);
        if *now == wanted { Verdict::Already } else { Verdict::Change(wanted) }
    }

    fn show(&self, state: &bool) -> String {
        if *state { "attached".into() } else { "not attached".into() }
    }

    async fn write(&self, write: Write<'_, bool>) -> Result<(), StepError> {
        let (iam, (role, arn)) = (write.aws.iam(), write.at.parts());
        if *write.to {
            iam.attach_role_policy().role_name(role).policy_arn(arn).send().await?;
        } else {
            unless_gone(iam.detach_role_policy().role_name(role).policy_arn(arn).send().await)?;
        }
        Ok(())
    }
}
