//! The run's policy on the account, or on the unit that the playbook names. The target's id is
//! `service-control/111122223333`.

use serde_json::Value;

use super::ENABLE;
use super::kinds::PolicyKind;
use super::place::{ids_on, narrow, queue, tree, unless_said};
use super::policy::Policy;
use super::template::{document, parsed};
use crate::account::{OrganizationTree, Section};
use crate::aws::unless_gone;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, Reason, StepError, Target, Verdict, Write};
use crate::steps::shared::made;

pub(super) struct Attachment;

/// The kind of the policy and what it is attached to.
fn parts(at: &Target) -> Option<(PolicyKind, &str)> {
    let (slug, level) = at.parts();
    Some((PolicyKind::of(slug)?, level))
}

/// Does another policy with this document bind the level already: another run's?
fn is_bound(tree: &OrganizationTree, kind: PolicyKind, level: &str, wanted: &Value) -> bool {
    let above = tree.levels.iter().position(|each| each == level).unwrap_or(0);
    let levels = tree.levels[..above].iter().map(String::as_str).chain([level]);
    let is_same = |id: &String| {
        let content = tree.policies.item(id).and_then(|policy| policy.content.read());
        content.is_some_and(|text| parsed(text) == *wanted)
    };
    tree.is_enabled(kind.policy_type()) && levels.flat_map(|each| ids_on(tree, kind, each)).any(is_same)
}

/// Why AWS would not attach one more.
fn obstacle(tree: &OrganizationTree, kind: PolicyKind, level: &str, look: &Look<'_>) -> Option<Reason> {
    if kind == PolicyKind::VpcBlock && look.case.config.protects_something() {
        return Some(
            "something is protected, and this block reaches every VPC of every Region: 590 spares it".into(),
        );
    }
    let (name, enable) = (kind.policy_type(), ENABLE.is(&look.case.params, "yes"));
    match tree.policy_types.get(name).map(String::as_str) {
        Some("ENABLED") => {}
        Some("PENDING_DISABLE") => return Some(format!("somebody is disabling {name} in the Organization")),
        _ if enable => {}
        _ => {
            return Some(format!(
                "{name} is not enabled in the Organization: {} = \"yes\" enables it for every account",
                ENABLE.name
            ));
        }
    }
    let there = ids_on(tree, kind, level).len();
    (there >= kind.most()).then(|| {
        format!("{there} of {name} are attached to {level}, and AWS takes {}: detach one", kind.most())
    })
}

/// AWS does not detach the last service control policy: somebody has detached `FullAWSAccess` since.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DetachPolicy.html>
fn last_of(slug: &str, error: StepError) -> StepError {
    match error.aws() {
        Some(refused)
            if slug == PolicyKind::ServiceControl.slug() && refused.is("ConstraintViolationException") =>
        {
            StepError::State(format!(
                "AWS does not detach the last service control policy: attach FullAWSAccess (p-FullAWSAccess) again \
                 first ({})",
                refused.detail()
            ))
        }
        _ => error,
    }
}

impl Lens for Attachment {
    /// Whether the run's policy is attached.
    type State = bool;
    const KIND: &'static str = "organization-attachment";
    const NEEDS: &'static [Section] = &[Section::Organization];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        narrow(ask, parts(at).map(|(kind, _)| kind.policy_type()));
    }

    fn queue(&self, _: &Target) -> Option<(String, usize)> {
        Some(queue())
    }

    fn state(&self, look: &Look<'_>) -> Now<bool> {
        let Some((kind, level)) = parts(look.at) else { return Now::Vanished };
        let tree = match tree(look.account) {
            None => return Now::Vanished,
            Some(Err(gap)) => return Now::Unknown(gap.clone()),
            Some(Ok(tree)) => tree,
        };
        let Some(id) = made::id::<Policy>(&look.case.names, kind.slug()) else { return Now::Is(false) };
        Now::of(&tree.policies, |all| match all.get(&id) {
            None => Now::Is(false),
            Some(policy) => Now::of(&policy.targets, |targets| Now::Is(targets.contains(level))),
        })
    }

    fn contain(&self, attached: &bool, look: &Look<'_>) -> Verdict<bool> {
        if *attached {
            return Verdict::Already;
        }
        let (Some((kind, level)), Some(Ok(tree))) = (parts(look.at), tree(look.account)) else {
            return Verdict::Refuse("the Organization was not read".into());
        };
        match document(kind, look.account, look.case, None) {
            Err(why) => Verdict::Refuse(why),
            Ok(wanted) if is_bound(tree, kind, level, &wanted) => Verdict::Already,
            Ok(_) => Verdict::unless(obstacle(tree, kind, level, look), true),
        }
    }

    fn show(&self, attached: &bool) -> String {
        if *attached { "attached".into() } else { "not attached".into() }
    }

    async fn write(&self, write: Write<'_, bool>) -> Result<(), StepError> {
        let Write { aws, at, .. } = write;
        let (slug, level) = at.parts();
        let id = made::id::<Policy>(aws.names(), slug);
        match (write.to, id) {
            (false, None) => Ok(()),
            (true, None) => Err(StepError::State(format!("the policy {slug} was not made"))),
            (true, Some(id)) => {
                let attach = aws.organizations().attach_policy().policy_id(id).target_id(level);
                unless_said(attach.send().await, "DuplicatePolicyAttachmentException")
            }
            (false, Some(id)) => {
                let detach = aws.organizations().detach_policy().policy_id(id).target_id(level);
                let answer = unless_said(unless_gone(detach.send().await), "PolicyNotAttachedException");
                answer.map_err(|error| last_of(slug, error))
            }
        }
    }
}
