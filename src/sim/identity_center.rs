//! IAM Identity Center: lists and details. What is written, and what AWS then carries out by itself, is in
//! `identity_center/changes.rs`; sets that are made and deleted, with their parts, in `identity_center/sets.rs`.

mod changes;
mod sets;

use std::collections::BTreeMap;

use aws_sdk_identitystore::types::AlternateIdentifier;
use aws_sdk_ssoadmin::types;
use aws_smithy_types::Document;

use super::iam::built;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::seen;
use crate::account::{PermissionSet, SignInInstance};
use crate::aws::operations::{identitystore, ssoadmin};

pub(super) use changes::Hidden;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<identitystore::GetUserId>(get_user_id);
    dispatch.on::<ssoadmin::DescribePermissionSet>(describe_permission_set);
    dispatch.on::<ssoadmin::GetInlinePolicyForPermissionSet>(get_inline_policy_for_permission_set);
    dispatch.on::<ssoadmin::ListAccountAssignments>(list_account_assignments);
    dispatch.on::<ssoadmin::ListAccountsForProvisionedPermissionSet>(
        list_accounts_for_provisioned_permission_set,
    );
    dispatch.on::<ssoadmin::ListInstances>(list_instances);
    dispatch.on::<ssoadmin::ListPermissionSets>(list_permission_sets);
    dispatch
        .on::<ssoadmin::ListPermissionSetsProvisionedToAccount>(list_permission_sets_provisioned_to_account);
    changes::register(dispatch);
    sets::register(dispatch);
}

/// `INSTANCE/SET` of a permission set's ARN.
fn id(set: Option<&str>) -> &str {
    set.unwrap_or_default().split_once("permissionSet/").map_or("", |(_, id)| id)
}

fn arn(cx: &Cx<'_>, id: &str) -> String {
    format!("arn:{}:sso:::permissionSet/{id}", cx.world.account.partition())
}

/// The instance of an ARN, as the Region of this call sees it.
fn instance<'a>(cx: &'a Cx<'_>, arn: Option<&str>) -> Result<&'a SignInInstance, Refused> {
    let found = seen(&cx.world.account.identity_center)?.instances.get(arn.unwrap_or_default());
    let here = found.filter(|one| one.primary_region == cx.region || one.replicas.contains(cx.region));
    here.ok_or_else(|| refuse("ResourceNotFoundException", "Instance not found."))
}

type Sets = BTreeMap<String, crate::account::Seen<PermissionSet>>;

fn sets<'a>(cx: &'a Cx<'_>, of: Option<&str>) -> Result<&'a Sets, Refused> {
    seen(&instance(cx, of)?.permission_sets)
}

fn set<'a>(cx: &'a Cx<'_>, of: Option<&str>, arn: Option<&str>) -> Result<&'a PermissionSet, Refused> {
    let found = sets(cx, of)?.get(id(arn));
    seen(found.ok_or_else(|| refuse("ResourceNotFoundException", "PermissionSet not found."))?)
}

fn list_instances(cx: &mut Cx<'_>, input: &In<ssoadmin::ListInstances>) -> Said<ssoadmin::ListInstances> {
    let center = seen(&cx.world.account.identity_center)?;
    if let Some(gap) = center.unread.get(cx.region) {
        seen(&crate::account::Seen::<()>::Gap(gap.clone()))?;
    }
    let here = center
        .instances
        .iter()
        .filter(|(_, one)| one.primary_region == cx.region || one.replicas.contains(cx.region));
    let shown = here.map(|(arn, one)| {
        let region = |name: &String, primary: bool| {
            let status = types::RegionStatus::Active;
            types::RegionMetadata::builder()
                .region_name(name)
                .status(status)
                .is_primary_region(primary)
                .build()
        };
        let replicas = one.replicas.iter().map(|name| region(name, false));
        types::InstanceMetadata::builder()
            .instance_arn(arn)
            .identity_store_id(&one.store)
            .owner_account_id(&one.owner)
            .primary_region(&one.primary_region)
            .set_regions(Some(replicas.chain([region(&one.primary_region, true)]).collect()))
            .status(types::InstanceStatus::Active)
            .build()
    });
    let (page, next) = cx.page(shown.collect(), input.next_token(), input.max_results());
    Ok(Out::<ssoadmin::ListInstances>::builder().set_instances(Some(page)).set_next_token(next).build())
}

fn list_permission_sets(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::ListPermissionSets>,
) -> Said<ssoadmin::ListPermissionSets> {
    let all = sets(cx, input.instance_arn())?.keys().map(|id| arn(cx, id)).collect();
    let (page, next) = cx.page(all, input.next_token(), input.max_results());
    let output = Out::<ssoadmin::ListPermissionSets>::builder();
    Ok(output.set_permission_sets(Some(page)).set_next_token(next).build())
}

/// Does the status ask for sets or accounts in this state?
fn asks_for(status: Option<&types::ProvisioningStatus>, latest: bool) -> bool {
    match status {
        Some(types::ProvisioningStatus::LatestPermissionSetProvisioned) => latest,
        Some(types::ProvisioningStatus::LatestPermissionSetNotProvisioned) => !latest,
        _ => true,
    }
}

fn list_permission_sets_provisioned_to_account(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::ListPermissionSetsProvisionedToAccount>,
) -> Said<ssoadmin::ListPermissionSetsProvisionedToAccount> {
    own_account(cx, input.account_id())?;
    let status = input.provisioning_status();
    let here = sets(cx, input.instance_arn())?.iter().filter(|(_, set)| match set.read() {
        Some(set) => set.latest_here.is_some_and(|latest| asks_for(status, latest)),
        // One that cannot be looked at is listed.
        None => asks_for(status, true),
    });
    let all = here.map(|(id, _)| arn(cx, id)).collect();
    let (page, next) = cx.page(all, input.next_token(), input.max_results());
    let output = Out::<ssoadmin::ListPermissionSetsProvisionedToAccount>::builder();
    Ok(output.set_permission_sets(Some(page)).set_next_token(next).build())
}

/// The simulation knows one account.
fn own_account(cx: &Cx<'_>, account: Option<&str>) -> Result<(), Refused> {
    if account == Some(&cx.world.account.id) {
        return Ok(());
    }
    Err(refuse("ResourceNotFoundException", "The account is not part of the organization."))
}

fn describe_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::DescribePermissionSet>,
) -> Said<ssoadmin::DescribePermissionSet> {
    let found = set(cx, input.instance_arn(), input.permission_set_arn())?;
    let shown = types::PermissionSet::builder().name(&found.name);
    let shown = shown.set_permission_set_arn(input.permission_set_arn.clone());
    let parts = found.parts.read().cloned().unwrap_or_default();
    let shown = shown
        .set_description(parts.description)
        .set_session_duration(parts.session_duration)
        .set_relay_state(parts.relay_state);
    Ok(Out::<ssoadmin::DescribePermissionSet>::builder().permission_set(shown.build()).build())
}

fn get_inline_policy_for_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::GetInlinePolicyForPermissionSet>,
) -> Said<ssoadmin::GetInlinePolicyForPermissionSet> {
    let policy = set(cx, input.instance_arn(), input.permission_set_arn())?.policy.clone();
    let output = Out::<ssoadmin::GetInlinePolicyForPermissionSet>::builder();
    Ok(output.inline_policy(policy.unwrap_or_default()).build())
}

fn list_accounts_for_provisioned_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::ListAccountsForProvisionedPermissionSet>,
) -> Said<ssoadmin::ListAccountsForProvisionedPermissionSet> {
    let accounts = seen(&set(cx, input.instance_arn(), input.permission_set_arn())?.accounts)?.iter();
    let status = input.provisioning_status();
    let all = accounts.filter(|(_, latest)| asks_for(status, **latest)).map(|(id, _)| id.clone()).collect();
    let (page, next) = cx.page(all, input.next_token(), input.max_results());
    let output = Out::<ssoadmin::ListAccountsForProvisionedPermissionSet>::builder();
    Ok(output.set_account_ids(Some(page)).set_next_token(next).build())
}

fn list_account_assignments(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::ListAccountAssignments>,
) -> Said<ssoadmin::ListAccountAssignments> {
    own_account(cx, input.account_id())?;
    let assigned = seen(&set(cx, input.instance_arn(), input.permission_set_arn())?.assignments)?.iter();
    let shown = assigned.map(|one| {
        types::AccountAssignment::builder()
            .set_account_id(input.account_id.clone())
            .set_permission_set_arn(input.permission_set_arn.clone())
            .principal_type(types::PrincipalType::from(one.kind.as_str()))
            .principal_id(&one.id)
            .build()
    });
    let (page, next) = cx.page(shown.collect(), input.next_token(), input.max_results());
    let output = Out::<ssoadmin::ListAccountAssignments>::builder();
    Ok(output.set_account_assignments(Some(page)).set_next_token(next).build())
}

/// The identity store of a simulated account knows the caller alone.
fn get_user_id(cx: &mut Cx<'_>, input: &In<identitystore::GetUserId>) -> Said<identitystore::GetUserId> {
    let center = seen(&cx.world.account.identity_center)?;
    let store = input.identity_store_id();
    let instance = center.instances.values().find(|one| Some(one.store.as_str()) == store);
    let instance = instance.ok_or_else(|| refuse("ResourceNotFoundException", "IdentityStore not found."))?;
    let Some(AlternateIdentifier::UniqueAttribute(name)) = input.alternate_identifier() else {
        return Err(refuse("ValidationException", "not simulated: an external id"));
    };
    let asked = match name.attribute_value() {
        Document::String(name) => Some(name.as_str()),
        _ => None,
    };
    let caller = seen(&instance.caller)?.as_ref();
    let known = cx.world.account.sign_in().map(|(_, user)| user).filter(|user| Some(*user) == asked);
    let Some(user) = known.and(caller) else {
        return Err(refuse("ResourceNotFoundException", "USER not found."));
    };
    let arn = format!("arn:{}:identitystore:::user/{user}", cx.world.account.partition());
    let output = Out::<identitystore::GetUserId>::builder();
    built(output.user_id(user).user_arn(arn).identity_store_id(&instance.store).build())
}
