//! What changes permission sets and assignments. AWS accepts it at once and carries it out later, one role of
//! an account at a time; what it has not carried out is not in the account.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ssoadmin::types;

use super::{id, instance, own_account, set, sets};
use crate::account::identity_center::INLINE;
use crate::account::{Assignment, PermissionSet, Role};
use crate::aws::operations::ssoadmin;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::seen_mut;

/// How long AWS is at one role.
const CARRIED_OUT_AFTER_MS: u64 = 2_000;
/// How many provisionings may be under way at once, and how long an inline policy may be: in all, and without
/// white space.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
const AT_ONCE: usize = 3;
const MOST_BYTES: usize = 32_768;
const MOST_CHARACTERS: usize = 10_240;

/// What AWS does by itself.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Hidden {
    /// What was accepted, by the id of the request.
    requests: BTreeMap<String, Request>,
    /// When AWS is done with the role that it is at.
    free_at: u64,
    /// Roles that went with the last assignment of their permission set, by the instance and the set's name.
    roles: BTreeMap<(String, String), Role>,
    /// The ids of users and groups that somebody has deleted from the directory, and ARNs of AWS's policies that
    /// AWS has withdrawn.
    pub(in crate::sim) gone: BTreeSet<String>,
}

#[derive(Clone, Debug)]
struct Request {
    instance: String,
    set: String,
    what: What,
    /// `None` while it is under way; an error says why it failed.
    end: Option<Result<(), String>>,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Provision { everywhere: bool },
    Assign(Assignment),
    Unassign(Assignment),
}

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ssoadmin::CreateAccountAssignment>(create_account_assignment);
    dispatch.on::<ssoadmin::DeleteAccountAssignment>(delete_account_assignment);
    dispatch.on::<ssoadmin::DeleteInlinePolicyFromPermissionSet>(delete_inline_policy_from_permission_set);
    dispatch
        .on::<ssoadmin::DescribeAccountAssignmentCreationStatus>(describe_account_assignment_creation_status);
    dispatch
        .on::<ssoadmin::DescribeAccountAssignmentDeletionStatus>(describe_account_assignment_deletion_status);
    dispatch
        .on::<ssoadmin::DescribePermissionSetProvisioningStatus>(describe_permission_set_provisioning_status);
    dispatch.on::<ssoadmin::ProvisionPermissionSet>(provision_permission_set);
    dispatch.on::<ssoadmin::PutInlinePolicyToPermissionSet>(put_inline_policy_to_permission_set);
}

/// A permission set to change. AWS takes changes in the primary Region alone, and changes nothing that a
/// provisioning is under way with.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/api-support-in-additional-regions.html>
pub(super) fn set_mut<'a>(
    cx: &'a mut Cx<'_>,
    of: Option<&str>,
    arn: Option<&str>,
) -> Result<&'a mut PermissionSet, Refused> {
    let one = instance(cx, of)?;
    if one.primary_region != cx.region {
        return Err(refuse("AccessDeniedException", "The operation works in the primary Region only."));
    }
    let found = set(cx, of, arn)?;
    let of_management = one.owner != cx.caller_account()
        && found.accounts.read().is_some_and(|accounts| accounts.contains_key(&one.owner));
    if of_management {
        let why = "A delegated administrator cannot change what is provisioned in the management account.";
        return Err(refuse("AccessDeniedException", why));
    }
    let under_way = |request: &Request| request.end.is_none() && request.set == id(arn);
    if cx.world.identity_center.requests.values().any(under_way) {
        return Err(refuse("ConflictException", "There is a conflicting operation in process."));
    }
    changed(cx, of.unwrap_or_default(), id(arn))
}

fn changed<'a>(cx: &'a mut Cx<'_>, instance: &str, set: &str) -> Result<&'a mut PermissionSet, Refused> {
    let gone = || refuse("ResourceNotFoundException", "PermissionSet not found.");
    let center = seen_mut(&mut cx.world.account.identity_center)?;
    let one = center.instances.get_mut(instance).ok_or_else(gone)?;
    seen_mut(seen_mut(&mut one.permission_sets)?.get_mut(set).ok_or_else(gone)?)
}

/// Gives a set another inline policy.
fn set_policy(set: &mut PermissionSet, policy: Option<String>) {
    set.policy = policy;
    newer(set);
}

/// Notes that no account has this version of a set yet.
pub(super) fn newer(set: &mut PermissionSet) {
    set.latest_here = set.latest_here.map(|_| false);
    if let Some(accounts) = set.accounts.read_mut() {
        accounts.values_mut().for_each(|latest| *latest = false);
    }
}

fn put_inline_policy_to_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::PutInlinePolicyToPermissionSet>,
) -> Said<ssoadmin::PutInlinePolicyToPermissionSet> {
    let text = input.inline_policy().unwrap_or_default();
    if text.len() > MOST_BYTES
        || !serde_json::from_str(text).is_ok_and(|value: serde_json::Value| value.is_object())
    {
        return Err(refuse("ValidationException", "The inline policy is not a policy document."));
    }
    let found = set_mut(cx, input.instance_arn(), input.permission_set_arn())?;
    if text.chars().filter(|c| !c.is_whitespace()).count() > MOST_CHARACTERS {
        return Err(refuse("ServiceQuotaExceededException", "The inline policy is too long."));
    }
    set_policy(found, Some(text.to_owned()));
    Ok(Out::<ssoadmin::PutInlinePolicyToPermissionSet>::builder().build())
}

fn delete_inline_policy_from_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::DeleteInlinePolicyFromPermissionSet>,
) -> Said<ssoadmin::DeleteInlinePolicyFromPermissionSet> {
    set_policy(set_mut(cx, input.instance_arn(), input.permission_set_arn())?, None);
    Ok(Out::<ssoadmin::DeleteInlinePolicyFromPermissionSet>::builder().build())
}

/// Accepts a request: AWS begins with it when it is done with the one before. Returns its id.
fn accept(cx: &mut Cx<'_>, instance: Option<&str>, set: Option<&str>, what: What) -> String {
    cx.world.serial += 1;
    let request = format!("00000000-0000-4000-8000-{:012x}", cx.world.serial);
    let hidden = &mut cx.world.identity_center;
    let (instance, set) = (instance.unwrap_or_default().to_owned(), id(set).to_owned());
    hidden.requests.insert(request.clone(), Request { instance, set, what, end: None });
    hidden.free_at = hidden.free_at.max(cx.world.now_ms) + CARRIED_OUT_AFTER_MS;
    let after = hidden.free_at - cx.world.now_ms;
    cx.later(after, &request, carry_out);
    request
}

fn carry_out(cx: &mut Cx<'_>, id: &str) {
    let Some(request) = cx.world.identity_center.requests.get(id).cloned() else { return };
    let end = match &request.what {
        What::Provision { everywhere } => provision(cx, &request, *everywhere),
        What::Assign(to) => assign(cx, &request, to),
        What::Unassign(to) => unassign(cx, &request, to),
    };
    if let Some(request) = cx.world.identity_center.requests.get_mut(id) {
        request.end = Some(end);
    }
}

/// Brings a set's policy to the role that it has in this account.
fn provision(cx: &mut Cx<'_>, request: &Request, everywhere: bool) -> Result<(), String> {
    let account = cx.world.account.id.clone();
    let name = changed(cx, &request.instance, &request.set).map_err(|_| "it is gone")?.name.clone();
    if let Some(missing) = missing_policy(cx, &name) {
        return Err(not_there(&missing));
    }
    let set = changed(cx, &request.instance, &request.set).map_err(|_| "it is gone")?;
    set.latest_here = Some(true);
    if let Some(accounts) = set.accounts.read_mut() {
        accounts.values_mut().for_each(|latest| *latest |= everywhere);
        accounts.insert(account, true);
    }
    let policy = set.policy.clone();
    let role = role_mut(cx, &name);
    match (role, policy) {
        (Some(role), Some(text)) => drop(role.inline.insert(INLINE.to_owned(), text)),
        (Some(role), None) => drop(role.inline.remove(INLINE)),
        (None, _) => {}
    }
    Ok(())
}

fn not_there(policy: &str) -> String {
    format!("Received a 404 status error: Policy {policy} does not exist or is not attachable.")
}

/// The role that a set has in this account.
fn role_mut<'a>(cx: &'a mut Cx<'_>, set: &str) -> Option<&'a mut Role> {
    let name = cx.world.account.roles_of_set(set).next()?.0.clone();
    cx.world.account.principals.read_mut()?.roles.get_mut(&name)
}

/// A policy of the account that the set names and the account does not have: AWS cannot provision it then.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/howtocmp.html>
fn missing_policy(cx: &Cx<'_>, set: &str) -> Option<String> {
    let (_, role) = cx.world.account.roles_of_set(set).next()?;
    let known = &cx.world.account.principals.read()?.policies;
    let own = format!(":iam::{}:policy/", cx.world.account.id);
    role.attached.iter().find(|arn| arn.contains(&own) && !known.contains_key(*arn)).cloned()
}

/// An assignment of a user or group that is deleted stays listed, and AWS does not carry out its deletion. That it
/// creates none is assumed.
///
/// <https://github.com/hashicorp/terraform-provider-aws/issues/19341>
fn in_directory(cx: &Cx<'_>, request: &Request, one: &Assignment) -> Result<(), String> {
    if !cx.world.identity_center.gone.contains(&one.id) {
        return Ok(());
    }
    let center = cx.world.account.identity_center.read();
    let store =
        center.and_then(|center| center.instances.get(&request.instance)).map_or("", |one| &one.store);
    let Assignment { kind, id } = one;
    Err(format!("Received a 404 status error: the {kind} assignee {id} was not found in directory {store}"))
}

fn assign(cx: &mut Cx<'_>, request: &Request, to: &Assignment) -> Result<(), String> {
    in_directory(cx, request, to)?;
    let account = cx.world.account.id.clone();
    let set = changed(cx, &request.instance, &request.set).map_err(|_| "it is gone")?.clone();
    if set.latest_here.is_none()
        && let Some(missing) = sets::missing(cx, &set)
    {
        return Err(not_there(&missing));
    }
    let set = changed(cx, &request.instance, &request.set).map_err(|_| "it is gone")?;
    if let Some(assigned) = set.assignments.read_mut() {
        assigned.insert(to.clone());
    }
    if set.latest_here.is_some() {
        return Ok(());
    }
    set.latest_here = Some(true);
    if let Some(accounts) = set.accounts.read_mut() {
        accounts.insert(account, true);
    }
    let set = set.clone();
    if let Some(mut role) = cx.world.identity_center.roles.remove(&key(request, &set)) {
        sets::give(cx, &set, &mut role);
        cx.world.serial += 1;
        // A role that is made again has another suffix.
        let base = role.arn.rsplit_once('_').map_or(role.arn.clone(), |(base, _)| base.to_owned());
        role.arn = format!("{base}_{:016x}", cx.world.serial);
        let name = role.arn.rsplit('/').next().unwrap_or_default().to_owned();
        if let Some(all) = cx.world.account.principals.read_mut() {
            all.roles.insert(name, role);
        }
    }
    Ok(())
}

/// The role of a set goes with its last assignment.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html>
fn unassign(cx: &mut Cx<'_>, request: &Request, to: &Assignment) -> Result<(), String> {
    in_directory(cx, request, to)?;
    let account = cx.world.account.id.clone();
    let set = changed(cx, &request.instance, &request.set).map_err(|_| "it is gone")?;
    let Some(assigned) = set.assignments.read_mut() else { return Ok(()) };
    assigned.remove(to);
    if !assigned.is_empty() {
        return Ok(());
    }
    set.latest_here = None;
    if let Some(accounts) = set.accounts.read_mut() {
        accounts.remove(&account);
    }
    let (name, key) = (set.name.clone(), key(request, set));
    let role = cx.world.account.roles_of_set(&name).next().map(|(name, _)| name.clone());
    let roles = cx.world.account.principals.read_mut().map(|all| &mut all.roles);
    if let Some(role) = role.and_then(|name| roles?.remove(&name)) {
        cx.world.identity_center.roles.insert(key, role);
    }
    Ok(())
}

/// The role that a set had is known by the set's name: a set that is made again has another id.
fn key(request: &Request, set: &PermissionSet) -> (String, String) {
    (request.instance.clone(), set.name.clone())
}

fn provision_permission_set(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::ProvisionPermissionSet>,
) -> Said<ssoadmin::ProvisionPermissionSet> {
    let everywhere = input.target_type() == Some(&types::ProvisionTargetType::AllProvisionedAccounts);
    if !everywhere {
        own_account(cx, input.target_id())?;
    }
    set_mut(cx, input.instance_arn(), input.permission_set_arn())?;
    let provisioning = |one: &&Request| one.end.is_none() && matches!(one.what, What::Provision { .. });
    if cx.world.identity_center.requests.values().filter(provisioning).count() >= AT_ONCE {
        return Err(refuse("ThrottlingException", "There are too many requests processing."));
    }
    let what = What::Provision { everywhere };
    let id = accept(cx, input.instance_arn(), input.permission_set_arn(), what);
    let status = types::PermissionSetProvisioningStatus::builder()
        .status(types::StatusValues::InProgress)
        .request_id(id)
        .set_account_id(input.target_id.clone())
        .set_permission_set_arn(input.permission_set_arn.clone())
        .build();
    let output = Out::<ssoadmin::ProvisionPermissionSet>::builder();
    Ok(output.permission_set_provisioning_status(status).build())
}

/// How a request stands, and why it failed.
fn status(cx: &Cx<'_>, id: Option<&str>) -> Result<(types::StatusValues, Option<String>), Refused> {
    let request = cx.world.identity_center.requests.get(id.unwrap_or_default());
    match request.map(|request| &request.end) {
        None => Err(refuse("ResourceNotFoundException", "Request not found.")),
        Some(None) => Ok((types::StatusValues::InProgress, None)),
        Some(Some(Ok(()))) => Ok((types::StatusValues::Succeeded, None)),
        Some(Some(Err(why))) => Ok((types::StatusValues::Failed, Some(why.clone()))),
    }
}

fn describe_permission_set_provisioning_status(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::DescribePermissionSetProvisioningStatus>,
) -> Said<ssoadmin::DescribePermissionSetProvisioningStatus> {
    let id = input.provision_permission_set_request_id();
    let (status, why) = status(cx, id)?;
    let shown = types::PermissionSetProvisioningStatus::builder().status(status).set_failure_reason(why);
    let shown = shown.set_request_id(id.map(str::to_owned)).build();
    let output = Out::<ssoadmin::DescribePermissionSetProvisioningStatus>::builder();
    Ok(output.permission_set_provisioning_status(shown).build())
}

fn principal(kind: Option<&types::PrincipalType>, id: Option<&str>) -> Assignment {
    Assignment {
        kind: kind.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        id: id.unwrap_or_default().to_owned(),
    }
}

fn accepted(id: String) -> types::AccountAssignmentOperationStatus {
    let shown = types::AccountAssignmentOperationStatus::builder().request_id(id);
    shown.status(types::StatusValues::InProgress).build()
}

fn create_account_assignment(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::CreateAccountAssignment>,
) -> Said<ssoadmin::CreateAccountAssignment> {
    own_account(cx, input.target_id())?;
    set_mut(cx, input.instance_arn(), input.permission_set_arn())?;
    let what = What::Assign(principal(input.principal_type(), input.principal_id()));
    let id = accept(cx, input.instance_arn(), input.permission_set_arn(), what);
    let output = Out::<ssoadmin::CreateAccountAssignment>::builder();
    Ok(output.account_assignment_creation_status(accepted(id)).build())
}

fn delete_account_assignment(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::DeleteAccountAssignment>,
) -> Said<ssoadmin::DeleteAccountAssignment> {
    own_account(cx, input.target_id())?;
    let of = principal(input.principal_type(), input.principal_id());
    let set = set_mut(cx, input.instance_arn(), input.permission_set_arn())?;
    if !seen_mut(&mut set.assignments)?.contains(&of) {
        return Err(refuse("ResourceNotFoundException", "The assignment does not exist."));
    }
    let id = accept(cx, input.instance_arn(), input.permission_set_arn(), What::Unassign(of));
    let output = Out::<ssoadmin::DeleteAccountAssignment>::builder();
    Ok(output.account_assignment_deletion_status(accepted(id)).build())
}

fn describe_account_assignment_creation_status(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::DescribeAccountAssignmentCreationStatus>,
) -> Said<ssoadmin::DescribeAccountAssignmentCreationStatus> {
    let (status, why) = status(cx, input.account_assignment_creation_request_id())?;
    let shown = types::AccountAssignmentOperationStatus::builder().status(status).set_failure_reason(why);
    let output = Out::<ssoadmin::DescribeAccountAssignmentCreationStatus>::builder();
    Ok(output.account_assignment_creation_status(shown.build()).build())
}

fn describe_account_assignment_deletion_status(
    cx: &mut Cx<'_>,
    input: &In<ssoadmin::DescribeAccountAssignmentDeletionStatus>,
) -> Said<ssoadmin::DescribeAccountAssignmentDeletionStatus> {
    let (status, why) = status(cx, input.account_assignment_deletion_request_id())?;
    let shown = types::AccountAssignmentOperationStatus::builder().status(status).set_failure_reason(why);
    let output = Out::<ssoadmin::DescribeAccountAssignmentDeletionStatus>::builder();
    Ok(output.account_assignment_deletion_status(shown.build()).build())
}
