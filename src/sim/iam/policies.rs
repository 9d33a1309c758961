//! What a user or a role may do: inline policies, boundaries, trust.

use serde_json::Value;

use crate::account::{Principals, Role, User, denial};
use crate::aws::operations::iam;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<iam::PutUserPolicy>(put_user_policy);
    dispatch.on::<iam::PutRolePolicy>(put_role_policy);
    dispatch.on::<iam::PutUserPermissionsBoundary>(put_user_boundary);
    dispatch.on::<iam::PutRolePermissionsBoundary>(put_role_boundary);
    dispatch.on::<iam::DeleteUserPermissionsBoundary>(delete_user_boundary);
    dispatch.on::<iam::DeleteRolePermissionsBoundary>(delete_role_boundary);
    dispatch.on::<iam::UpdateAssumeRolePolicy>(update_assume_role_policy);
}

/// AWS's own policy that denies everything, and its text.
///
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDenyAll.html>
const DENY_ALL: &str = ":iam::aws:policy/AWSDenyAll";
const DENY_ALL_TEXT: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":["*"],"Resource":"*"}]}"#;

fn no_user(name: &str) -> Refused {
    refuse("NoSuchEntity", format!("The user with name {name} cannot be found."))
}

fn user<'w>(cx: &'w mut Cx<'_>, name: &str) -> Result<&'w mut User, Refused> {
    seen_mut(&mut cx.world.account.principals)?.users.get_mut(name).ok_or_else(|| no_user(name))
}

/// A role that its account may change: neither a service nor Identity Center keeps it.
fn role<'w>(cx: &'w mut Cx<'_>, name: &str) -> Result<&'w mut Role, Refused> {
    let gone = || refuse("NoSuchEntity", format!("The role with name {name} cannot be found."));
    let role = seen_mut(&mut cx.world.account.principals)?.roles.get_mut(name).ok_or_else(gone)?;
    if role.path.starts_with("/aws-service-role/") || role.path.starts_with("/aws-reserved/") {
        let why = format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        );
        return Err(refuse("UnmodifiableEntity", why));
    }
    Ok(role)
}

fn document(text: Option<&str>) -> Result<String, Refused> {
    let text = text.unwrap_or_default();
    match serde_json::from_str(text) {
        Ok(Value::Object(policy)) if policy.contains_key("Statement") => Ok(text.to_owned()),
        _ => Err(refuse("MalformedPolicyDocument", "Syntax errors in policy.")),
    }
}

/// Puts an inline policy where all of them together have room for it.
fn put(
    inline: &mut std::collections::BTreeMap<String, String>,
    name: &str,
    text: String,
    (room, whose): (usize, &str),
) -> Result<(), Refused> {
    let others = inline.iter().filter(|(other, _)| *other != name).map(|(_, text)| denial::size(text));
    if others.sum::<usize>() + denial::size(&text) > room {
        let why = format!("Maximum policy size of {room} bytes exceeded for {whose}");
        return Err(refuse("LimitExceeded", why));
    }
    inline.insert(name.to_owned(), text);
    Ok(())
}

fn put_user_policy(cx: &mut Cx<'_>, input: &In<iam::PutUserPolicy>) -> Said<iam::PutUserPolicy> {
    let name = input.user_name().unwrap_or_default();
    let user = user(cx, name)?;
    let text = document(input.policy_document())?;
    let policy = input.policy_name().unwrap_or_default();
    put(&mut user.inline, policy, text, (denial::ROOM_OF_USER, &format!("user {name}")))?;
    Ok(Out::<iam::PutUserPolicy>::builder().build())
}

fn put_role_policy(cx: &mut Cx<'_>, input: &In<iam::PutRolePolicy>) -> Said<iam::PutRolePolicy> {
    let name = input.role_name().unwrap_or_default();
    let role = role(cx, name)?;
    let text = document(input.policy_document())?;
    let policy = input.policy_name().unwrap_or_default();
    put(&mut role.inline, policy, text, (denial::ROOM_OF_ROLE, &format!("role {name}")))?;
    Ok(Out::<iam::PutRolePolicy>::builder().build())
}

/// The ARN of a policy that may be a boundary: one of AWS's, or of the account.
fn attachable(cx: &Cx<'_>, arn: Option<&str>) -> Result<String, Refused> {
    let arn = arn.unwrap_or_default();
    let known =
        arn.contains(":iam::aws:policy/") || seen(&cx.world.account.principals)?.policies.contains_key(arn);
    let gone = || refuse("NoSuchEntity", format!("Policy {arn} does not exist or is not attachable."));
    known.then(|| arn.to_owned()).ok_or_else(gone)
}

/// The list of policies has those of AWS that somebody has.
fn list_deny_all(cx: &mut Cx<'_>) -> Result<(), Refused> {
    let all = seen_mut(&mut cx.world.account.principals)?;
    let used: Vec<String> = in_use(all).filter(|arn| arn.ends_with(DENY_ALL)).cloned().collect();
    all.policies.retain(|arn, text| !arn.ends_with(DENY_ALL) || text != DENY_ALL_TEXT || used.contains(arn));
    for arn in used {
        all.policies.entry(arn).or_insert_with(|| DENY_ALL_TEXT.to_owned());
    }
    Ok(())
}

fn in_use(all: &Principals) -> impl Iterator<Item = &String> {
    let of_users = all.users.values().flat_map(|user| user.attached.iter().chain(&user.boundary));
    let of_roles = all.roles.values().flat_map(|role| role.attached.iter().chain(&role.boundary));
    of_users.chain(of_roles).chain(all.groups.values().flat_map(|group| &group.attached))
}

fn put_user_boundary(
    cx: &mut Cx<'_>,
    input: &In<iam::PutUserPermissionsBoundary>,
) -> Said<iam::PutUserPermissionsBoundary> {
    let arn = attachable(cx, input.permissions_boundary())?;
    user(cx, input.user_name().unwrap_or_default())?.boundary = Some(arn);
    list_deny_all(cx)?;
    Ok(Out::<iam::PutUserPermissionsBoundary>::builder().build())
}

fn put_role_boundary(
    cx: &mut Cx<'_>,
    input: &In<iam::PutRolePermissionsBoundary>,
) -> Said<iam::PutRolePermissionsBoundary> {
    let arn = attachable(cx, input.permissions_boundary())?;
    role(cx, input.role_name().unwrap_or_default())?.boundary = Some(arn);
    list_deny_all(cx)?;
    Ok(Out::<iam::PutRolePermissionsBoundary>::builder().build())
}

fn no_boundary(name: &str) -> Refused {
    refuse("NoSuchEntity", format!("{name} does not have a permissions boundary."))
}

fn delete_user_boundary(
    cx: &mut Cx<'_>,
    input: &In<iam::DeleteUserPermissionsBoundary>,
) -> Said<iam::DeleteUserPermissionsBoundary> {
    let name = input.user_name().unwrap_or_default();
    user(cx, name)?.boundary.take().ok_or_else(|| no_boundary(name))?;
    list_deny_all(cx)?;
    Ok(Out::<iam::DeleteUserPermissionsBoundary>::builder().build())
}

fn delete_role_boundary(
    cx: &mut Cx<'_>,
    input: &In<iam::DeleteRolePermissionsBoundary>,
) -> Said<iam::DeleteRolePermissionsBoundary> {
    let name = input.role_name().unwrap_or_default();
    role(cx, name)?.boundary.take().ok_or_else(|| no_boundary(name))?;
    list_deny_all(cx)?;
    Ok(Out::<iam::DeleteRolePermissionsBoundary>::builder().build())
}

fn update_assume_role_policy(
    cx: &mut Cx<'_>,
    input: &In<iam::UpdateAssumeRolePolicy>,
) -> Said<iam::UpdateAssumeRolePolicy> {
    let role = role(cx, input.role_name().unwrap_or_default())?;
    let text = document(input.policy_document())?;
    if let Some(id) = deleted(&text) {
        return Err(refuse(
            "MalformedPolicyDocument",
            format!("Invalid principal in policy: \"AWS\":\"{id}\""),
        ));
    }
    role.trust = text;
    Ok(Out::<iam::UpdateAssumeRolePolicy>::builder().build())
}

/// The unique id of a deleted user or role that a trust policy names: it may stay there, and is not taken.
fn deleted(text: &str) -> Option<String> {
    let ids = text
        .split('"')
        .filter(|word| word.len() > 16 && ["AIDA", "AROA"].iter().any(|prefix| word.starts_with(prefix)));
    ids.map(str::to_owned).next()
}
