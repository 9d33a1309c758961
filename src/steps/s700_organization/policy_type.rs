//! Whether a policy type is enabled in the Organization. The target's id is `r-0a1b/SERVICE_CONTROL_POLICY`: the
//! root and the type.
//!
//! Enabling service or resource control policies attaches AWS's own policy that allows everything to the root, and
//! to every unit and account. Disabling a type detaches all its policies, and enabling it again attaches none of
//! them: it is disabled only where no policy of the type is left but AWS's.
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DisablePolicyType.html>

use aws_sdk_organizations::types::PolicyType;

use super::place::{narrow, queue, tree, unless_said};
use crate::account::Section;
use crate::collect::Ask;
use crate::step::created::RUN;
use crate::step::{Lens, Look, Now, Reason, StepError, Target, Verdict, Write};

pub(super) struct TypeSwitch;

impl Lens for TypeSwitch {
    /// Whether it is enabled.
    type State = bool;
    const KIND: &'static str = "organization-policy-type";
    const NEEDS: &'static [Section] = &[Section::Organization];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        narrow(ask, Some(at.parts().1));
    }

    fn queue(&self, _: &Target) -> Option<(String, usize)> {
        Some(queue())
    }

    fn state(&self, look: &Look<'_>) -> Now<bool> {
        let tree = match tree(look.account) {
            None => return Now::Vanished,
            Some(Err(gap)) => return Now::Unknown(gap.clone()),
            Some(Ok(tree)) => tree,
        };
        match tree.policy_types.get(look.at.parts().1).map(String::as_str) {
            Some("ENABLED") => Now::Is(true),
            Some("PENDING_ENABLE") => Now::Settling(true),
            Some("PENDING_DISABLE") => Now::Settling(false),
            _ => Now::Is(false),
        }
    }

    fn contain(&self, enabled: &bool, _: &Look<'_>) -> Verdict<bool> {
        if *enabled { Verdict::Already } else { Verdict::Change(true) }
    }

    fn hold_back(&self, before: &bool, look: &Look<'_>) -> Option<Reason> {
        let policies = &tree(look.account)?.ok()?.policies;
        let kind = look.at.parts().1;
        if let Some(gap) = policies.gap() {
            return Some(format!(
                "whether a policy of the type is left could not be read ({})",
                gap.cause.words()
            ));
        }
        let ours = |tags: &crate::account::Tags| tags.get(RUN) == Some(&look.case.run);
        let mut left = policies.items().filter(|(_, one)| one.kind == kind && !one.aws_managed);
        let (id, one) = left.find(|(_, one)| !one.tags.read().is_some_and(ours)).filter(|_| !before)?;
        Some(format!(
            "the policy {} ({id}) is of this type: disabling it would detach that one everywhere, for good",
            one.name
        ))
    }

    fn show(&self, enabled: &bool) -> String {
        if *enabled { "enabled".into() } else { "not enabled".into() }
    }

    async fn write(&self, write: Write<'_, bool>) -> Result<(), StepError> {
        let (root, kind) = write.at.parts();
        let kind = PolicyType::from(kind);
        if *write.to {
            let enable = write.aws.organizations().enable_policy_type().root_id(root).policy_type(kind);
            unless_said(enable.send().await, "PolicyTypeAlreadyEnabledException")
        } else {
            let disable = write.aws.organizations().disable_policy_type().root_id(root).policy_type(kind);
            unless_said(disable.send().await, "PolicyTypeNotEnabledException")
        }
    }
}
