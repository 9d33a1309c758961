//! Permission sets that are made and deleted, and what they are made of.

use std::collections::BTreeSet;

use aws_sdk_ssoadmin::types;

use super::changes::{newer, set_mut};
use super::{id, instance, set, sets};
use crate::account::identity_center::INLINE;
use crate::account::{PermissionSet, PolicyReference, Role, Seen, SetBoundary, SetParts};
use crate::aws::operations::ssoadmin;
use crate::sim::iam::built;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ssoadmin::AttachCustomerManagedPolicyReferenceToPermissionSet>(
        attach_customer_managed_policy_reference_to_permission_set,
    );
    dispatch.on::<ssoadmin::AttachManagedPolicyToPermissionSet>(attach_managed_policy_to_permission_set);
    dispatch.on::<ssoadmin::CreatePermissionSet>(create_permission_set);
    dispatch.on::<ssoadmin::DeletePermissionSet>(delete_permission_set);
    dispatch
        .on::<ssoadmin::GetPermissionsBoundaryForPermissionSet>(get_permissions_boundary_for_permission_set);
    dispatch.on::<ssoadmin::ListCustomerManagedPolicyReferencesInPermissionSet>(
        list_customer_managed_policy_references_in_permission_set,
    );
    dispatch.on::<ssoadmin::ListManagedPoliciesInPermissionSet>(list_managed_policies_in_permission_set);
    dispatch.on::<ssoadmin::ListTagsForResource>(list_tags_for_resource);
    dispatch
        .on::<ssoadmin::PutPermissionsBoundaryToPermissionSet>(put_permissions_boundary_to_permission_set);
}

fn parts<'a>(cx: &'a Cx<'_>, of: Option<&str>, arn: Option<&str>) -> Result<&'a SetParts, Refused> {
    seen(&set(cx, of, arn)?.parts)
}

/// The parts of a set, to change them. No account has this version yet.
fn parts_mut<'a>(
    cx: &'a mut Cx<'_>,
    of: Option<&str>,
    arn: Option<&str>,
) -> Result<&'a mut SetParts, Refused> {
    let set = set_mut(cx, of, arn)?;
    newer(set);
    seen_mut(&mut set.parts)
}

/// Gives a role what its permission set is made of, as far as that is known.
pub(super) fn give(cx: &Cx<'_>, set: &PermissionSet, role: &mut Role) {
    let Some(parts) = set.parts.read() else { return };
    let account = &cx.world.account;
    let arn = |policy: &PolicyReference| policy.arn(account.partition(), &account.id);
    role.attached = parts.managed.iter().cloned().chain(parts.customer.iter().map(arn)).collect();
    role.inline = set.policy.iter().map(|text| (INLINE.to_owned(), text.clone())).collect();
    role.boundary = parts.boundary.as_ref().map(|boundary| match boundary {
        SetBoundary::Managed(arn) => arn.clone(),
        SetBoundary::Customer(policy) => arn(policy),
    });
}

/// A policy that a set names and the account does not have: AWS gives the account no role then.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/howtocmp.html>
pub(super) fn missing(cx: &Cx<'_>, set: &PermissionSet) -> Option<String> {
    let account = &cx.world.account;
    let known = &account.principals.read()?.policies;
    let mut arns =
        set.parts.read()?.customer.iter().map(|policy| policy.arn(account.partition(), &account.id));
    arns.find(|arn| !known.contains_key(arn))
}

/// Names are unique within an instance. No account has a new set.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html>
fn create_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::CreatePermissionSet>,
) -> Said<ssoadmin::CreatePermissionSet> {
    let name = input.name().unwrap_or_default();
    let arn = input.instance_arn().unwrap_or_default();
    if instance(cx, input.instance_arn())?.primary_region != cx.region {
        return Err(refuse("AccessDeniedException", "The operation works in the primary Region only."));
    }
    let taken = |set: &Seen<PermissionSet>| set.read().is_some_and(|set| set.name == name);
    if sets(cx, input.instance_arn())?.values().any(taken) {
        let why = format!("PermissionSet with name {name} already exists.");
        return Err(refuse("ConflictException", why));
    }
    cx.world.serial += 1;
    let id = format!("{}/ps-{:016x}", arn.rsplit('/').next().unwrap_or_default(), cx.world.serial);
    let tags = input.tags().iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
    let made = SetParts {
        description: input.description.clone(),
        session_duration: input.session_duration.clone().or_else(|| Some("PT1H".to_owned())),
        relay_state: input.relay_state.clone(),
        tags,
        ..SetParts::default()
    };
    let shown = types::PermissionSet::builder().name(name).permission_set_arn(super::arn(cx, &id));
    let set = PermissionSet {
        name: name.to_owned(),
        accounts: Seen::Read(Default::default()),
        assignments: Seen::Read(BTreeSet::new()),
        parts: Seen::Read(made),
        ..PermissionSet::default()
    };
    let center = seen_mut(&mut cx.world.account.identity_center)?;
    let gone = || refuse("ResourceNotFoundException", "Instance not found.");
    let instance = center.instances.get_mut(arn).ok_or_else(gone)?;
    seen_mut(&mut instance.permission_sets)?.insert(id, Seen::Read(set));
    Ok(Out::<ssoadmin::CreatePermissionSet>::builder().permission_set(shown.build()).build())
}

/// A set that somebody is assigned, or that an account has, is not deleted.
///
/// <https://github.com/hashicorp/terraform-provider-aws/issues/26757>
fn delete_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::DeletePermissionSet>,
) -> Said<ssoadmin::DeletePermissionSet> {
    let found = set_mut(cx, input.instance_arn(), input.permission_set_arn())?;
    let assigned = found.assignments.read().is_some_and(|all| !all.is_empty());
    let provisioned = found.accounts.read().is_some_and(|all| !all.is_empty());
    if assigned || provisioned || found.latest_here.is_some() {
        let why = "Could not delete because PermissionSet has ApplicationProfile associated with it.";
        return Err(refuse("ConflictException", why));
    }
    let center = seen_mut(&mut cx.world.account.identity_center)?;
    let instance = center.instances.get_mut(input.instance_arn().unwrap_or_default());
    if let Some(instance) = instance {
        seen_mut(&mut instance.permission_sets)?.remove(id(input.permission_set_arn()));
    }
    Ok(Out::<ssoadmin::DeletePermissionSet>::builder().build())
}

fn list_tags_for_resource(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::ListTagsForResource>,
) -> Said<ssoadmin::ListTagsForResource> {
    let tags = &parts(cx, input.instance_arn(), input.resource_arn())?.tags;
    let shown = tags.iter().map(|(key, value)| built(types::Tag::builder().key(key).value(value).build()));
    let shown = shown.collect::<Result<Vec<_>, _>>()?;
    let (page, next) = cx.page(shown, input.next_token(), None);
    Ok(Out::<ssoadmin::ListTagsForResource>::builder().set_tags(Some(page)).set_next_token(next).build())
}

fn list_managed_policies_in_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::ListManagedPoliciesInPermissionSet>,
) -> Said<ssoadmin::ListManagedPoliciesInPermissionSet> {
    let managed = parts(cx, input.instance_arn(), input.permission_set_arn())?.managed.iter();
    let shown = managed.map(|arn| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        types::AttachedManagedPolicy::builder().arn(arn).name(name).build()
    });
    let (page, next) = cx.page(shown.collect(), input.next_token(), input.max_results());
    let output = Out::<ssoadmin::ListManagedPoliciesInPermissionSet>::builder();
    Ok(output.set_attached_managed_policies(Some(page)).set_next_token(next).build())
}

fn shown(policy: &PolicyReference) -> Result<types::CustomerManagedPolicyReference, Refused> {
    let shown = types::CustomerManagedPolicyReference::builder();
    built(shown.name(&policy.name).path(&policy.path).build())
}

fn asked(policy: Option<&types::CustomerManagedPolicyReference>) -> Result<PolicyReference, Refused> {
    let policy = policy.ok_or_else(|| refuse("ValidationException", "The policy is missing."))?;
    let path = policy.path.clone().unwrap_or_else(|| "/".to_owned());
    Ok(PolicyReference { path, name: policy.name.clone() })
}

fn list_customer_managed_policy_references_in_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::ListCustomerManagedPolicyReferencesInPermissionSet>,
) -> Said<ssoadmin::ListCustomerManagedPolicyReferencesInPermissionSet> {
    let customer = &parts(cx, input.instance_arn(), input.permission_set_arn())?.customer;
    let all = customer.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    let (page, next) = cx.page(all, input.next_token(), input.max_results());
    let output = Out::<ssoadmin::ListCustomerManagedPolicyReferencesInPermissionSet>::builder();
    Ok(output.set_customer_managed_policy_references(Some(page)).set_next_token(next).build())
}

fn get_permissions_boundary_for_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::GetPermissionsBoundaryForPermissionSet>,
) -> Said<ssoadmin::GetPermissionsBoundaryForPermissionSet> {
    let boundary = match &parts(cx, input.instance_arn(), input.permission_set_arn())?.boundary {
        Some(SetBoundary::Managed(arn)) => types::PermissionsBoundary::builder().managed_policy_arn(arn),
        Some(SetBoundary::Customer(policy)) => {
            types::PermissionsBoundary::builder().customer_managed_policy_reference(shown(policy)?)
        }
        None => return Err(refuse("ResourceNotFoundException", "PermissionsBoundary not found.")),
    };
    let output = Out::<ssoadmin::GetPermissionsBoundaryForPermissionSet>::builder();
    Ok(output.permissions_boundary(boundary.build()).build())
}

fn attach_managed_policy_to_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::AttachManagedPolicyToPermissionSet>,
) -> Said<ssoadmin::AttachManagedPolicyToPermissionSet> {
    let arn = input.managed_policy_arn().unwrap_or_default().to_owned();
    if cx.world.identity_center.gone.contains(&arn) {
        return Err(refuse("ResourceNotFoundException", "The policy does not exist."));
    }
    if !parts_mut(cx, input.instance_arn(), input.permission_set_arn())?.managed.insert(arn) {
        return Err(refuse("ConflictException", "The policy is attached already."));
    }
    Ok(Out::<ssoadmin::AttachManagedPolicyToPermissionSet>::builder().build())
}

fn attach_customer_managed_policy_reference_to_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::AttachCustomerManagedPolicyReferenceToPermissionSet>,
) -> Said<ssoadmin::AttachCustomerManagedPolicyReferenceToPermissionSet> {
    let policy = asked(input.customer_managed_policy_reference())?;
    if !parts_mut(cx, input.instance_arn(), input.permission_set_arn())?.customer.insert(policy) {
        return Err(refuse("ConflictException", "The policy is attached already."));
    }
    Ok(Out::<ssoadmin::AttachCustomerManagedPolicyReferenceToPermissionSet>::builder().build())
}

fn put_permissions_boundary_to_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::PutPermissionsBoundaryToPermissionSet>,
) -> Said<ssoadmin::PutPermissionsBoundaryToPermissionSet> {
    let given = input.permissions_boundary();
    let boundary = match given.and_then(|boundary| boundary.managed_policy_arn()) {
        Some(arn) => SetBoundary::Managed(arn.to_owned()),
        None => {
            let policy = given.and_then(|boundary| boundary.customer_managed_policy_reference());
            SetBoundary::Customer(asked(policy)?)
        }
    };
    let found = parts_mut(cx, input.instance_arn(), input.permission_set_arn())?;
    found.boundary = Some(boundary);
    Ok(Out::<ssoadmin::PutPermissionsBoundaryToPermissionSet>::builder().build())
}
