//! What makes, changes, attaches and removes policies of the Organization.

use std::collections::BTreeSet;

use aws_sdk_organizations::types;
use serde_json::Value;

use super::{attached_to, is_target, organization, policy, summary, targets_of, tree, tree_mut};
use crate::account::organization::{DECLARATIVE_EC2, MADE, RESOURCE_CONTROL, S3, SERVICE_CONTROL};
use crate::account::{OrganizationPolicy, Seen, Tags};
use crate::aws::operations::organizations;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::seen;

/// The most policies of a type on one root, unit or account.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
fn most_attached(kind: &str) -> usize {
    if kind == RESOURCE_CONTROL { 5 } else { 10 }
}

/// The most characters of a document, white space counted. The page above.
fn most_characters(kind: &str) -> usize {
    match kind {
        SERVICE_CONTROL => 10_240,
        RESOURCE_CONTROL => 5_120,
        _ => 10_000,
    }
}

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<organizations::AttachPolicy>(attach_policy);
    dispatch.on::<organizations::CreatePolicy>(create_policy);
    dispatch.on::<organizations::DeletePolicy>(delete_policy);
    dispatch.on::<organizations::DetachPolicy>(detach_policy);
    dispatch.on::<organizations::UpdatePolicy>(update_policy);
}

/// The tags of a request.
pub(super) fn tags(given: &[types::Tag]) -> Tags {
    given.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

fn too_much(reason: &str, words: &str) -> Refused {
    refuse("ConstraintViolationException", format!("{words} ({reason})"))
}

/// Takes a document as AWS does, or refuses it.
fn check_content(kind: &str, content: &str) -> Result<(), Refused> {
    let malformed = || {
        let words =
            "The provided policy document does not meet the requirements of the specified policy type.";
        Err(refuse("MalformedPolicyDocumentException", words))
    };
    if content.chars().count() > most_characters(kind) {
        return Err(too_much("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum policy size."));
    }
    let Ok(Value::Object(document)) = serde_json::from_str::<Value>(content) else { return malformed() };
    let top = |key: &str| document.len() == 1 && document.get(key).is_some_and(Value::is_object);
    match kind {
        SERVICE_CONTROL | RESOURCE_CONTROL => {
            let statements = match document.get("Statement") {
                Some(Value::Array(statements)) => &statements[..],
                Some(statement @ Value::Object(_)) => std::slice::from_ref(statement),
                _ => return malformed(),
            };
            if statements.is_empty() || !statements.iter().all(|one| is_statement(kind, one)) {
                return malformed();
            }
        }
        DECLARATIVE_EC2 if !top("ec2_attributes") => return malformed(),
        S3 if !top("s3_attributes") => return malformed(),
        _ => {}
    }
    Ok(())
}

/// What a statement may hold. A service control policy has no principal; a resource control policy denies, and to
/// everybody.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html>
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html>
fn is_statement(kind: &str, statement: &Value) -> bool {
    let has = |key: &str| statement.get(key).is_some();
    let (effect, principal) = (statement.get("Effect"), statement.get("Principal"));
    if kind == RESOURCE_CONTROL {
        return effect == Some(&Value::from("Deny"))
            && principal == Some(&Value::from("*"))
            && has("Action")
            && !has("NotAction")
            && !has("NotPrincipal");
    }
    matches!(effect.and_then(Value::as_str), Some("Allow" | "Deny"))
        && (has("Action") ^ has("NotAction"))
        && !has("Principal")
        && !has("NotPrincipal")
}

fn shown(cx: &Cx<'_>, id: &str, policy: &OrganizationPolicy) -> types::Policy {
    let content = policy.content.read().cloned();
    types::Policy::builder().policy_summary(summary(cx, id, policy)).set_content(content).build()
}

/// Is there a policy of this name?
fn is_taken(cx: &Cx<'_>, name: &str, but: &str) -> Result<(), Refused> {
    let shown = seen(&tree(cx)?.policies)?.iter();
    let mut all = shown.chain(&cx.world.organizations.policies);
    if all.any(|(id, policy)| policy.name == name && id != but) {
        return Err(refuse("DuplicatePolicyException", "A policy with the same name already exists."));
    }
    Ok(())
}

fn create_policy(
    cx: &mut Cx<'_>,
    input: &In<organizations::CreatePolicy>,
) -> Said<organizations::CreatePolicy> {
    let kind = input.r#type().map_or("", |kind| kind.as_str()).to_owned();
    if organization(cx)?.feature_set != "ALL" {
        let words = "Policies take an organization with all features.";
        return Err(refuse("PolicyTypeNotAvailableForOrganizationException", words));
    }
    let (name, content) = (input.name().unwrap_or_default(), input.content().unwrap_or_default());
    check_content(&kind, content)?;
    is_taken(cx, name, "")?;
    cx.world.serial += 1;
    let id = format!("p-{:010x}", 0x51_0000_0000_u64 + cx.world.serial);
    let made = name.starts_with(MADE);
    let policy = OrganizationPolicy {
        name: name.to_owned(),
        description: input.description().unwrap_or_default().to_owned(),
        kind: kind.clone(),
        aws_managed: false,
        content: Seen::Read(content.to_owned()),
        targets: if made { Seen::Read(BTreeSet::new()) } else { Seen::default() },
        tags: if made { Seen::Read(tags(input.tags())) } else { Seen::default() },
    };
    let answer = shown(cx, &id, &policy);
    cx.world.organizations.policies.insert(id.clone(), policy.clone());
    let tree = tree_mut(cx)?;
    if tree.policy_types.contains_key(&kind)
        && let Some(policies) = tree.policies.read_mut()
    {
        policies.insert(id, policy);
    }
    cx.follow();
    Ok(Out::<organizations::CreatePolicy>::builder().policy(answer).build())
}

/// A policy that AWS made is nobody's to change.
fn own_policy(cx: &Cx<'_>, id: Option<&str>) -> Result<OrganizationPolicy, Refused> {
    let found = policy(cx, id)?;
    if found.aws_managed {
        let words = "You specified a policy that is managed by AWS and can't be modified (IMMUTABLE_POLICY)";
        return Err(refuse("InvalidInputException", words));
    }
    let kept = cx.world.organizations.policies.get(id.unwrap_or_default());
    let kept = kept.filter(|_| found.content.is_not_read()).map(|kept| kept.content.clone());
    Ok(OrganizationPolicy { content: kept.unwrap_or_else(|| found.content.clone()), ..found.clone() })
}

fn update_policy(
    cx: &mut Cx<'_>,
    input: &In<organizations::UpdatePolicy>,
) -> Said<organizations::UpdatePolicy> {
    let mut changed = own_policy(cx, input.policy_id())?;
    let id = input.policy_id().unwrap_or_default().to_owned();
    if let Some(content) = input.content() {
        check_content(&changed.kind, content)?;
        changed.content = Seen::Read(content.to_owned());
    }
    if let Some(name) = input.name() {
        is_taken(cx, name, &id)?;
        name.clone_into(&mut changed.name);
    }
    if let Some(description) = input.description() {
        description.clone_into(&mut changed.description);
    }
    let answer = shown(cx, &id, &changed);
    put(cx, &id, changed);
    cx.follow();
    Ok(Out::<organizations::UpdatePolicy>::builder().policy(answer).build())
}

/// Keeps a policy where it is kept, and its document beside it.
fn put(cx: &mut Cx<'_>, id: &str, policy: OrganizationPolicy) {
    let shown = cx.world.tree_mut().and_then(|tree| tree.policies.read_mut()?.get_mut(id));
    if let Some(shown) = shown {
        *shown = policy.clone();
    }
    cx.world.organizations.policies.insert(id.to_owned(), policy);
}

fn delete_policy(
    cx: &mut Cx<'_>,
    input: &In<organizations::DeletePolicy>,
) -> Said<organizations::DeletePolicy> {
    own_policy(cx, input.policy_id())?;
    let id = input.policy_id().unwrap_or_default();
    if !targets_of(cx, id)?.is_empty() {
        return Err(refuse("PolicyInUseException", "The policy is attached to one or more entities."));
    }
    cx.world.organizations.policies.remove(id);
    if let Some(policies) = cx.world.tree_mut().and_then(|tree| tree.policies.read_mut()) {
        policies.remove(id);
    }
    Ok(Out::<organizations::DeletePolicy>::builder().build())
}

/// Attaches a policy to a target, or takes it off. The target is there.
fn set_attached(cx: &mut Cx<'_>, kind: &str, id: &str, target: &str, on: bool) -> Result<(), Refused> {
    let mut ids = attached_to(cx, kind, target)?;
    if on {
        ids.insert(id.to_owned())
    } else {
        ids.remove(id)
    };
    let level = tree_mut(cx)?.attached.get_mut(kind).and_then(|of_kind| of_kind.get_mut(target));
    match level {
        Some(level) => *level = Seen::Read(ids),
        None => drop(cx.world.organizations.attached.insert((kind.to_owned(), target.to_owned()), ids)),
    }
    if let Some(policies) = tree_mut(cx)?.policies.read_mut()
        && let Some(Seen::Read(targets)) = policies.get_mut(id).map(|policy| &mut policy.targets)
    {
        if on {
            targets.insert(target.to_owned())
        } else {
            targets.remove(target)
        };
    }
    cx.follow();
    Ok(())
}

fn attach_policy(
    cx: &mut Cx<'_>,
    input: &In<organizations::AttachPolicy>,
) -> Said<organizations::AttachPolicy> {
    let (id, target) = (input.policy_id().unwrap_or_default(), input.target_id().unwrap_or_default());
    let kind = policy(cx, Some(id))?.kind.clone();
    let tree = tree(cx)?;
    if !is_target(tree, target) {
        return Err(refuse("TargetNotFoundException", "You specified a target that doesn't exist."));
    }
    if !tree.is_enabled(&kind) {
        let words = "This operation can be performed only for enabled policy types.";
        return Err(refuse("PolicyTypeNotEnabledException", words));
    }
    let ids = attached_to(cx, &kind, target)?;
    if ids.contains(id) {
        let words = "The selected policy is already attached to the specified target.";
        return Err(refuse("DuplicatePolicyAttachmentException", words));
    }
    if ids.len() >= most_attached(&kind) {
        let words = "You have attached the maximum number of policies to the specified target.";
        return Err(too_much("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", words));
    }
    set_attached(cx, &kind, id, target, true)?;
    Ok(Out::<organizations::AttachPolicy>::builder().build())
}

fn detach_policy(
    cx: &mut Cx<'_>,
    input: &In<organizations::DetachPolicy>,
) -> Said<organizations::DetachPolicy> {
    let (id, target) = (input.policy_id().unwrap_or_default(), input.target_id().unwrap_or_default());
    let (kind, aws_managed) = {
        let found = policy(cx, Some(id))?;
        (found.kind.clone(), found.aws_managed)
    };
    if !is_target(tree(cx)?, target) {
        return Err(refuse("TargetNotFoundException", "You specified a target that doesn't exist."));
    }
    let ids = attached_to(cx, &kind, target)?;
    if !ids.contains(id) {
        let words = "The policy isn't attached to the specified target.";
        return Err(refuse("PolicyNotAttachedException", words));
    }
    // The last service control policy of a target, and `RCPFullAWSAccess`.
    if (kind == SERVICE_CONTROL && ids.len() == 1) || (kind == RESOURCE_CONTROL && aws_managed) {
        let words = "You cannot remove the last policy attached to the specified target.";
        return Err(too_much("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", words));
    }
    set_attached(cx, &kind, id, target, false)?;
    Ok(Out::<organizations::DetachPolicy>::builder().build())
}
