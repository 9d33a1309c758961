//! Roles: made, deleted, and given managed policies.

use aws_sdk_iam::types::Role as Told;
use aws_smithy_types::DateTime;
use serde_json::Value;

use super::built;
use super::managed::add_in_use;
use super::policies::{list_deny_all, principals, role};
use crate::account::{Principals, Role};
use crate::aws::operations::iam;
use crate::sim::route::{Cx, Dispatch, In, Out, Said, refuse};
use crate::sim::world::seen_mut;

/// AWS's default quota of managed policies that one role has. It can be raised.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const ATTACHED: usize = 10;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<iam::AttachRolePolicy>(attach_role_policy);
    dispatch.on::<iam::CreateRole>(create_role);
    dispatch.on::<iam::DeleteRole>(delete_role);
    dispatch.on::<iam::DetachRolePolicy>(detach_role_policy);
}

fn create_role(cx: &mut Cx<'_>, input: &In<iam::CreateRole>) -> Said<iam::CreateRole> {
    let (name, path) = (input.role_name().unwrap_or_default(), input.path().unwrap_or("/"));
    let text = input.assume_role_policy_document().unwrap_or_default();
    let account = &mut cx.world.account;
    let arn = format!("arn:{}:iam::{}:role{path}{name}", account.partition(), account.id);
    let own = format!(":iam::{}:", account.id);
    let all = seen_mut(&mut account.principals)?;
    let Ok(Value::Object(policy)) = serde_json::from_str::<Value>(text) else {
        return Err(refuse("MalformedPolicyDocument", "Syntax errors in policy."));
    };
    if all.roles.contains_key(name) {
        return Err(refuse("EntityAlreadyExists", format!("Role with name {name} already exists.")));
    }
    // AWS looks whether the users and roles that a trust policy names are there.
    let statement = &policy["Statement"][0]["Principal"]["AWS"];
    let named = statement.as_array().map_or_else(|| vec![statement], |all| all.iter().collect());
    let known = |arn: &str| {
        let users = all.users.values().map(|user| &user.arn);
        let mut both = users.chain(all.roles.values().map(|role| &role.arn));
        !arn.contains(&own) || arn.ends_with(":root") || both.any(|one| one == arn)
    };
    if let Some(arn) = named.into_iter().filter_map(Value::as_str).find(|arn| !known(arn)) {
        let why = format!("Invalid principal in policy: \"AWS\":\"{arn}\"");
        return Err(refuse("MalformedPolicyDocument", why));
    }
    let made = Role { arn: arn.clone(), path: path.into(), trust: text.into(), ..Role::default() };
    all.roles.insert(name.to_owned(), made);
    let told = Told::builder().path(path).role_name(name).arn(arn);
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let told = told.role_id(format!("AROA{letters:X>16}")).create_date(DateTime::from_secs(0));
    Ok(Out::<iam::CreateRole>::builder().role(built(told.build())?).build())
}

fn delete_role(cx: &mut Cx<'_>, input: &In<iam::DeleteRole>) -> Said<iam::DeleteRole> {
    let (all, name) = (principals(cx)?, input.role_name().unwrap_or_default());
    let found = role(all, Some(name))?;
    let why = match found {
        Role { inline, .. } if !inline.is_empty() => "must delete policies first.",
        Role { attached, .. } if !attached.is_empty() => "must detach all policies first.",
        Role { profiles, .. } if !profiles.is_empty() => "must remove roles from instance profile first.",
        _ => "",
    };
    if !why.is_empty() {
        return Err(refuse("DeleteConflict", format!("Cannot delete entity, {why}")));
    }
    all.roles.remove(name);
    Ok(Out::<iam::DeleteRole>::builder().build())
}

fn attach_role_policy(cx: &mut Cx<'_>, input: &In<iam::AttachRolePolicy>) -> Said<iam::AttachRolePolicy> {
    let (all, arn) = (principals(cx)?, input.policy_arn().unwrap_or_default().to_owned());
    if !all.policies.contains_key(&arn) && !Principals::is_of_aws(&arn) {
        return Err(refuse("NoSuchEntity", format!("Policy {arn} does not exist or is not attachable.")));
    }
    let found = role(all, input.role_name())?;
    found.attached.insert(arn);
    let count = found.attached.len();
    add_in_use(all);
    list_deny_all(all);
    cx.counts("managed policies of a role".into(), count, ATTACHED);
    Ok(Out::<iam::AttachRolePolicy>::builder().build())
}

fn detach_role_policy(cx: &mut Cx<'_>, input: &In<iam::DetachRolePolicy>) -> Said<iam::DetachRolePolicy> {
    let (all, arn) = (principals(cx)?, input.policy_arn().unwrap_or_default());
    if !role(all, input.role_name())?.attached.remove(arn) {
        return Err(refuse("NoSuchEntity", format!("Policy {arn} was not found.")));
    }
    list_deny_all(all);
    Ok(Out::<iam::DetachRolePolicy>::builder().build())
}

#[cfg(test)]
mod tests {
    use crate::account::{Principals, Seen};
    use crate::aws::Aws;
    use crate::aws::ledger::Phase;
    use crate::sim::{Simulation, probe::code, sample};

    #[tokio::test]
    async fn a_role_goes_after_its_policies_and_trusts_nobody_who_is_not_there() {
        let mut account = sample::account();
        account.principals = Seen::Read(Principals::default());
        let aws = Aws::simulated(Simulation::new(account));
        let _phase = aws.enter(Phase::Apply);
        let iam = aws.iam();
        let create = |name: &str, arn: &str| {
            let trust = format!(
                r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":["{arn}"]}},"Action":"sts:AssumeRole"}}]}}"#
            );
            iam.create_role().role_name(name).assume_role_policy_document(trust)
        };
        let nobody = format!("arn:aws:iam::{}:user/nobody", sample::account().id);
        assert_eq!(code(create("r", &nobody).send().await), "MalformedPolicyDocument");
        let theirs = "arn:aws:iam::210987654321:user/kim";
        assert_eq!(code(create("r", theirs).send().await), "none");
        assert_eq!(code(create("r", theirs).send().await), "EntityAlreadyExists");
        let arn = "arn:aws:iam::aws:policy/PowerUserAccess";
        let attach = |arn: &str| iam.attach_role_policy().role_name("r").policy_arn(arn);
        assert_eq!(code(attach("arn:aws:iam::1:policy/none").send().await), "NoSuchEntity");
        assert_eq!(code(attach(arn).send().await), "none");
        assert_eq!(code(attach(arn).send().await), "none");
        assert_eq!(code(iam.delete_role().role_name("r").send().await), "DeleteConflict");
        let detach = || iam.detach_role_policy().role_name("r").policy_arn(arn);
        assert_eq!(code(detach().send().await), "none");
        assert_eq!(code(detach().send().await), "NoSuchEntity");
        assert_eq!(code(iam.delete_role().role_name("r").send().await), "none");
        assert_eq!(code(iam.delete_role().role_name("r").send().await), "NoSuchEntity");
    }
}
