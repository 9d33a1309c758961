//! Policies of users and roles: inline policies, permissions boundaries, customer managed policies.
//!
//! What AWS refuses: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::Policy;
use serde_json::Value;

use crate::account::{Principals, Role, User};
use crate::aws::operations::iam;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::seen_mut;

/// How long inline policies may be together, white space not counted.
const USER_POLICIES: usize = 2_048;
const ROLE_POLICIES: usize = 10_240;
/// How long a customer managed policy may be, white space not counted.
pub(super) const MANAGED_POLICY: usize = 6_144;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<iam::PutUserPolicy>(put_user_policy);
    dispatch.on::<iam::PutRolePolicy>(put_role_policy);
    dispatch.on::<iam::DeleteUserPolicy>(delete_user_policy);
    dispatch.on::<iam::DeleteRolePolicy>(delete_role_policy);
    dispatch.on::<iam::PutUserPermissionsBoundary>(put_user_permissions_boundary);
    dispatch.on::<iam::PutRolePermissionsBoundary>(put_role_permissions_boundary);
    dispatch.on::<iam::DeleteUserPermissionsBoundary>(delete_user_permissions_boundary);
    dispatch.on::<iam::DeleteRolePermissionsBoundary>(delete_role_permissions_boundary);
    dispatch.on::<iam::UpdateAssumeRolePolicy>(update_assume_role_policy);
    dispatch.on::<iam::CreatePolicy>(create_policy);
    dispatch.on::<iam::DeletePolicy>(delete_policy);
}

/// AWS's own policy that denies everything, and its text.
///
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDenyAll.html>
const DENY_ALL: &str = ":iam::aws:policy/AWSDenyAll";
const DENY_ALL_TEXT: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":["*"],"Resource":"*"}]}"#;

/// Lists that policy while somebody has it: a list leaves out those of AWS that nobody has.
pub(super) fn list_deny_all(all: &mut Principals) {
    let boundaries = all.users.values().map(|user| &user.boundary);
    let boundaries = boundaries.chain(all.roles.values().map(|role| &role.boundary)).flatten();
    let attached = all.users.values().flat_map(|user| &user.attached);
    let attached = attached.chain(all.roles.values().flat_map(|role| &role.attached));
    let attached = attached.chain(all.groups.values().flat_map(|group| &group.attached));
    let used: BTreeSet<String> =
        boundaries.chain(attached).filter(|arn| arn.ends_with(DENY_ALL)).cloned().collect();
    all.policies.retain(|arn, text| text != DENY_ALL_TEXT || used.contains(arn));
    for arn in used {
        all.policies.entry(arn).or_insert_with(|| DENY_ALL_TEXT.to_owned());
    }
}

pub(super) fn principals<'a>(cx: &'a mut Cx<'_>) -> Result<&'a mut Principals, Refused> {
    seen_mut(&mut cx.world.account.principals)
}

fn user<'a>(all: &'a mut Principals, name: Option<&str>) -> Result<&'a mut User, Refused> {
    let name = name.unwrap_or_default();
    let gone = || refuse("NoSuchEntity", format!("The user with name {name} cannot be found."));
    all.users.get_mut(name).ok_or_else(gone)
}

/// A role that AWS keeps for itself is not to be changed.
pub(super) fn role<'a>(all: &'a mut Principals, name: Option<&str>) -> Result<&'a mut Role, Refused> {
    let name = name.unwrap_or_default();
    let gone = || refuse("NoSuchEntity", format!("The role with name {name} cannot be found."));
    let role = all.roles.get_mut(name).ok_or_else(gone)?;
    if role.path.starts_with("/aws-service-role/") || role.path.starts_with("/aws-reserved/") {
        let why = format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        );
        return Err(refuse("UnmodifiableEntity", why));
    }
    Ok(role)
}

pub(super) fn length(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

fn put(
    inline: &mut BTreeMap<String, String>,
    name: Option<&str>,
    text: Option<&str>,
    most: usize,
) -> Result<(), Refused> {
    let (name, text) = (name.unwrap_or_default(), text.unwrap_or_default());
    if !matches!(serde_json::from_str(text), Ok(Value::Object(_))) {
        return Err(refuse("MalformedPolicyDocument", "Syntax errors in policy."));
    }
    let others = inline.iter().filter(|(other, _)| *other != name).map(|(_, text)| length(text));
    if others.sum::<usize>() + length(text) > most {
        return Err(refuse("LimitExceeded", format!("Maximum policy size of {most} bytes exceeded")));
    }
    inline.insert(name.to_owned(), text.to_owned());
    Ok(())
}

fn delete(inline: &mut BTreeMap<String, String>, name: Option<&str>) -> Result<(), Refused> {
    let name = name.unwrap_or_default();
    let gone = || refuse("NoSuchEntity", format!("The policy with name {name} cannot be found."));
    inline.remove(name).map(drop).ok_or_else(gone)
}

fn put_user_policy(cx: &mut Cx<'_>, input: &In<iam::PutUserPolicy>) -> Said<iam::PutUserPolicy> {
    let user = user(principals(cx)?, input.user_name())?;
    put(&mut user.inline, input.policy_name(), input.policy_document(), USER_POLICIES)?;
    Ok(Out::<iam::PutUserPolicy>::builder().build())
}

fn put_role_policy(cx: &mut Cx<'_>, input: &In<iam::PutRolePolicy>) -> Said<iam::PutRolePolicy> {
    let role = role(principals(cx)?, input.role_name())?;
    put(&mut role.inline, input.policy_name(), input.policy_document(), ROLE_POLICIES)?;
    Ok(Out::<iam::PutRolePolicy>::builder().build())
}

fn delete_user_policy(cx: &mut Cx<'_>, input: &In<iam::DeleteUserPolicy>) -> Said<iam::DeleteUserPolicy> {
    delete(&mut user(principals(cx)?, input.user_name())?.inline, input.policy_name())?;
    Ok(Out::<iam::DeleteUserPolicy>::builder().build())
}

fn delete_role_policy(cx: &mut Cx<'_>, input: &In<iam::DeleteRolePolicy>) -> Said<iam::DeleteRolePolicy> {
    delete(&mut role(principals(cx)?, input.role_name())?.inline, input.policy_name())?;
    Ok(Out::<iam::DeleteRolePolicy>::builder().build())
}

/// The policy that a boundary names: one of the account, or one of AWS.
fn boundary(all: &Principals, arn: Option<&str>) -> Result<String, Refused> {
    let arn = arn.unwrap_or_default();
    if !arn.starts_with("arn:") || !arn.contains(":policy/") {
        return Err(refuse("InvalidInput", format!("ARN {arn} is not valid.")));
    }
    if all.policies.contains_key(arn) || arn.contains(":iam::aws:policy/") {
        return Ok(arn.to_owned());
    }
    Err(refuse("NoSuchEntity", format!("Policy {arn} does not exist or is not attachable.")))
}

fn no_boundary(name: Option<&str>) -> Refused {
    let name = name.unwrap_or_default();
    refuse("NoSuchEntity", format!("{name} does not have a permissions boundary"))
}

fn put_user_permissions_boundary(
    cx: &mut Cx<'_>,
    input: &In<iam::PutUserPermissionsBoundary>,
) -> Said<iam::PutUserPermissionsBoundary> {
    let all = principals(cx)?;
    let arn = boundary(all, input.permissions_boundary())?;
    user(all, input.user_name())?.boundary = Some(arn);
    list_deny_all(all);
    Ok(Out::<iam::PutUserPermissionsBoundary>::builder().build())
}

fn put_role_permissions_boundary(
    cx: &mut Cx<'_>,
    input: &In<iam::PutRolePermissionsBoundary>,
) -> Said<iam::PutRolePermissionsBoundary> {
    let all = principals(cx)?;
    let arn = boundary(all, input.permissions_boundary())?;
    role(all, input.role_name())?.boundary = Some(arn);
    list_deny_all(all);
    Ok(Out::<iam::PutRolePermissionsBoundary>::builder().build())
}

fn delete_user_permissions_boundary(
    cx: &mut Cx<'_>,
    input: &In<iam::DeleteUserPermissionsBoundary>,
) -> Said<iam::DeleteUserPermissionsBoundary> {
    let all = principals(cx)?;
    let user = user(all, input.user_name())?;
    user.boundary.take().ok_or_else(|| no_boundary(input.user_name()))?;
    list_deny_all(all);
    Ok(Out::<iam::DeleteUserPermissionsBoundary>::builder().build())
}

fn delete_role_permissions_boundary(
    cx: &mut Cx<'_>,
    input: &In<iam::DeleteRolePermissionsBoundary>,
) -> Said<iam::DeleteRolePermissionsBoundary> {
    let all = principals(cx)?;
    let role = role(all, input.role_name())?;
    role.boundary.take().ok_or_else(|| no_boundary(input.role_name()))?;
    list_deny_all(all);
    Ok(Out::<iam::DeleteRolePermissionsBoundary>::builder().build())
}

fn update_assume_role_policy(
    cx: &mut Cx<'_>,
    input: &In<iam::UpdateAssumeRolePolicy>,
) -> Said<iam::UpdateAssumeRolePolicy> {
    let role = role(principals(cx)?, input.role_name())?;
    let text = input.policy_document().unwrap_or_default();
    if !matches!(serde_json::from_str(text), Ok(Value::Object(_))) {
        return Err(refuse("MalformedPolicyDocument", "Syntax errors in policy."));
    }
    // The id of a user or role that was deleted may stay in a text, and is not taken in a new one.
    let is_id = |word: &&str| word.len() > 16 && ["AIDA", "AROA"].iter().any(|id| word.starts_with(id));
    if let Some(id) = text.split('"').find(is_id) {
        let why = format!("Invalid principal in policy: \"AWS\":\"{id}\"");
        return Err(refuse("MalformedPolicyDocument", why));
    }
    text.clone_into(&mut role.trust);
    Ok(Out::<iam::UpdateAssumeRolePolicy>::builder().build())
}

fn create_policy(cx: &mut Cx<'_>, input: &In<iam::CreatePolicy>) -> Said<iam::CreatePolicy> {
    let account = &mut cx.world.account;
    let (name, text) = (input.policy_name().unwrap_or_default(), input.policy_document().unwrap_or_default());
    let path = input.path().unwrap_or("/");
    let arn = format!("arn:{}:iam::{}:policy{path}{name}", account.partition(), account.id);
    let all = seen_mut(&mut account.principals)?;
    if !matches!(serde_json::from_str(text), Ok(Value::Object(_))) {
        return Err(refuse("MalformedPolicyDocument", "Syntax errors in policy."));
    }
    if length(text) > MANAGED_POLICY {
        return Err(refuse("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"));
    }
    if all.policies.keys().any(|other| other.rsplit('/').next() == Some(name)) {
        let why = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(refuse("EntityAlreadyExists", why));
    }
    all.policies.insert(arn.clone(), text.to_owned());
    let policy = Policy::builder().policy_name(name).arn(arn).path(path).default_version_id("v1");
    Ok(Out::<iam::CreatePolicy>::builder().policy(policy.build()).build())
}

fn delete_policy(cx: &mut Cx<'_>, input: &In<iam::DeletePolicy>) -> Said<iam::DeletePolicy> {
    let all = principals(cx)?;
    let arn = input.policy_arn().unwrap_or_default();
    if !all.policies.contains_key(arn) {
        return Err(refuse("NoSuchEntity", format!("Policy {arn} does not exist or is not attachable.")));
    }
    let users = all.users.values().map(|user| (&user.attached, &user.boundary));
    let roles = all.roles.values().map(|role| (&role.attached, &role.boundary));
    let none = None;
    let groups = all.groups.values().map(|group| (&group.attached, &none));
    let used = |(attached, boundary): (&BTreeSet<String>, &Option<String>)| {
        attached.contains(arn) || boundary.as_deref() == Some(arn)
    };
    if users.chain(roles).chain(groups).any(used) {
        return Err(refuse("DeleteConflict", "Cannot delete a policy attached to entities."));
    }
    if all.versions.get(arn).is_some_and(|versions| !versions.others.is_empty()) {
        let why = "This policy has more than one version. Before you delete a policy, you must delete the \
                   policy's versions. The default version is deleted with the policy.";
        return Err(refuse("DeleteConflict", why));
    }
    all.policies.remove(arn);
    all.versions.remove(arn);
    Ok(Out::<iam::DeletePolicy>::builder().build())
}
