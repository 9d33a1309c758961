//! IAM's policy simulator: identity policies and a boundary, on every resource.

use std::collections::BTreeSet;

use aws_sdk_iam::types::{EvaluationResult, PolicyEvaluationDecisionType as Decision, Role};
use aws_smithy_types::DateTime;
use serde_json::Value;

use super::iam::built;
use super::route::{Cx, Dispatch, In, Out, Said, refuse};
use super::world::seen;
use crate::account::Principals;
use crate::aws::operations::iam;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<iam::GetRole>(get_role_of);
    dispatch.on::<iam::SimulatePrincipalPolicy>(simulate_principal_policy);
}

fn get_role_of(cx: &mut Cx<'_>, input: &In<iam::GetRole>) -> Said<iam::GetRole> {
    let name = input.role_name().unwrap_or_default();
    let Some(role) = seen(&cx.world.account.principals)?.roles.get(name) else {
        return Err(refuse("NoSuchEntity", format!("The role with name {name} cannot be found.")));
    };
    let role = Role::builder()
        .role_name(name)
        .role_id(format!("AROA{name}"))
        .arn(&role.arn)
        .path(&role.path)
        .create_date(DateTime::from_secs(0));
    Ok(Out::<iam::GetRole>::builder().role(built(role.build())?).build())
}

fn simulate_principal_policy(
    cx: &mut Cx<'_>,
    input: &In<iam::SimulatePrincipalPolicy>,
) -> Said<iam::SimulatePrincipalPolicy> {
    let all = seen(&cx.world.account.principals)?;
    let arn = input.policy_source_arn().unwrap_or_default();
    if input.action_names().is_empty() || input.action_names().len() > 100 {
        return Err(refuse("InvalidInput", "between 1 and 100 actions"));
    }
    let Some(source) = Source::of(all, arn) else {
        return Err(refuse("NoSuchEntity", format!("Invalid Entity Arn: {arn} does not exist.")));
    };
    let policies = source.policies.iter().map(|policy| policy.read(all)).collect::<Result<Vec<_>, _>>();
    let boundary = source.boundary.map(|policy| policy.read(all)).transpose();
    let (policies, boundary) = match (policies, boundary) {
        (Ok(policies), Ok(boundary)) => (policies, boundary),
        (Err(why), _) | (_, Err(why)) => return Err(refuse("InternalFailure", why)),
    };
    let mut results = vec![];
    for action in input.action_names() {
        let mut missing = BTreeSet::new();
        let mut decision = judge(policies.iter(), action, &mut missing);
        if let Some(boundary) = &boundary {
            match (judge([boundary].into_iter(), action, &mut missing), &decision) {
                (Decision::Allowed, _) | (_, Decision::ExplicitDeny) => {}
                (no, _) => decision = no,
            }
        }
        let result = EvaluationResult::builder()
            .eval_action_name(action)
            .eval_resource_name("*")
            .eval_decision(decision)
            .set_missing_context_values(Some(missing.into_iter().collect()));
        results.push(built(result.build())?);
    }
    let (page, next) = cx.page(results, input.marker(), input.max_items().or(Some(100)));
    Ok(Out::<iam::SimulatePrincipalPolicy>::builder()
        .set_evaluation_results(Some(page))
        .is_truncated(next.is_some())
        .set_marker(next)
        .build())
}

/// The policies of a principal.
struct Source<'a> {
    policies: Vec<Policy<'a>>,
    boundary: Option<Policy<'a>>,
}

enum Policy<'a> {
    Inline(&'a str),
    Managed(&'a str),
}

impl<'a> Source<'a> {
    fn of(all: &'a Principals, arn: &str) -> Option<Source<'a>> {
        let mut policies: Vec<Policy<'a>> = vec![];
        let boundary = if let Some(user) = all.users.values().find(|user| user.arn == arn) {
            policies.extend(user.inline.values().map(|text| Policy::Inline(text)));
            policies.extend(user.attached.iter().map(|arn| Policy::Managed(arn)));
            for group in user.groups.iter().filter_map(|name| all.groups.get(name)) {
                policies.extend(group.inline.values().map(|text| Policy::Inline(text)));
                policies.extend(group.attached.iter().map(|arn| Policy::Managed(arn)));
            }
            &user.boundary
        } else {
            let role = all.roles.values().find(|role| role.arn == arn)?;
            policies.extend(role.inline.values().map(|text| Policy::Inline(text)));
            policies.extend(role.attached.iter().map(|arn| Policy::Managed(arn)));
            &role.boundary
        };
        Some(Source { policies, boundary: boundary.as_deref().map(Policy::Managed) })
    }
}

impl Policy<'_> {
    /// The document. Where the text of one of AWS's own policies is missing, only one is known by heart.
    fn read(&self, all: &Principals) -> Result<Value, String> {
        let text = match self {
            Policy::Inline(text) => *text,
            Policy::Managed(arn) => match all.policies.get(*arn) {
                Some(text) => text,
                None if arn.ends_with(":aws:policy/AdministratorAccess") => {
                    r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#
                }
                None => return Err(format!("not simulated: the text of {arn}")),
            },
        };
        serde_json::from_str(text).map_err(|error| format!("not simulated: {error}"))
    }
}

/// What these documents say of an action on every resource. A statement with a condition says
/// nothing: its keys are missing.
fn judge<'a>(
    policies: impl Iterator<Item = &'a Value>,
    action: &str,
    missing: &mut BTreeSet<String>,
) -> Decision {
    let mut allowed = false;
    for statement in policies.flat_map(|policy| many(&policy["Statement"])) {
        let names = |key: &str| many(&statement[key]).into_iter().filter_map(Value::as_str);
        let has = |key: &str| !statement[key].is_null();
        let named = names("Action").any(|pattern| matches(pattern, action))
            || has("NotAction") && !names("NotAction").any(|pattern| matches(pattern, action));
        if !named || !names("Resource").any(|resource| resource == "*") {
            continue;
        }
        if let Some(tests) = statement["Condition"].as_object() {
            missing.extend(tests.values().filter_map(Value::as_object).flat_map(|t| t.keys().cloned()));
        } else if statement["Effect"] == "Deny" {
            return Decision::ExplicitDeny;
        } else {
            allowed = true;
        }
    }
    if allowed { Decision::Allowed } else { Decision::ImplicitDeny }
}

/// One value stands for a list of one.
fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => vec![],
        one => vec![one],
    }
}

/// `ec2:Delete*`, without regard to case.
fn matches(pattern: &str, action: &str) -> bool {
    let pattern = pattern.to_lowercase();
    let mut parts = pattern.split('*');
    let action = action.to_lowercase();
    let Some(mut rest) = action.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut open = false;
    for part in parts {
        match rest.find(part) {
            Some(cx) => rest = &rest[cx + part.len()..],
            None => return false,
        }
        open = part.is_empty();
    }
    rest.is_empty() || open
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_of_actions() {
        for pattern in ["*", "ec2:*", "EC2:delete*", "ec2:*Acl", "ec2:DeleteNetworkAcl", "ec2:*Network*"] {
            assert!(matches(pattern, "ec2:DeleteNetworkAcl"), "{pattern}");
        }
        for pattern in ["s3:*", "ec2:Delete", "ec2:Create*", "ec2:*Group"] {
            assert!(!matches(pattern, "ec2:DeleteNetworkAcl"), "{pattern}");
        }
    }
}
