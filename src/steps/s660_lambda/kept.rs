//! The functions that go on: without them nobody is told, or the account works no more as it should.

use std::collections::BTreeSet;

use serde_json::Value;

use super::CARRIERS;
use crate::access::trust::Trusted;
use crate::account::functions::name_of;
use crate::account::{AlertRule, Function};
use crate::step::{Look, Reason};

/// Services that may invoke a function by its policy, and what it does for them then.
const SERVICES: &[(&str, &str)] = &[
    ("logs", "CloudWatch Logs sends it logs"),
    ("config", "AWS Config evaluates a rule by it"),
    ("secretsmanager", "Secrets Manager rotates secrets by it"),
];

/// In lower case, as the policies are compared.
const INVOKE: &[&str] = &["lambda:invokefunction"];

/// Why a function goes on; `None` where it is cut.
pub(super) fn why(look: &Look<'_>, name: &str) -> Option<Reason> {
    if CARRIERS.is(&look.case.params, "cut") {
        return None;
    }
    let here = look.region()?;
    let rules = || here.alert_rules.items().map(|(_, rule)| rule);
    if let Some(rule) = rules().find(|rule| invokes(rule, name)) {
        let about: Vec<&str> = rule.about.iter().map(String::as_str).collect();
        return Some(format!(
            "it carries alerts: rule {} invokes it for {}. Turn it off with carriers = \"cut\" in a playbook",
            rule.name,
            about.join(", ")
        ));
    }
    let function = here.functions.item(name)?.read()?;
    let does = by_policy(function, &look.account.id)?;
    Some(format!("{does}, by its policy. Turn it off with carriers = \"cut\" in a playbook"))
}

fn invokes(rule: &AlertRule, name: &str) -> bool {
    let is_function = |arn: &str| arn.split(':').nth(2) == Some("lambda");
    rule.targets.iter().any(|arn| is_function(arn) && name_of(arn) == name)
}

/// What a function does for a service that its policies let invoke it.
fn by_policy(function: &Function, account: &str) -> Option<&'static str> {
    let policies = || function.policies.values();
    let services = policies().flat_map(|text| Trusted::of(text, account, INVOKE).services);
    // `logs.amazonaws.com`, and as of old `logs.eu-west-1.amazonaws.com`.
    let named: BTreeSet<String> =
        services.filter_map(|service| service.split('.').next().map(str::to_owned)).collect();
    let does = SERVICES.iter().find(|(service, _)| named.contains(*service)).map(|(_, does)| *does);
    let authorizer = || policies().any(|text| is_authorizer(text));
    does.or_else(|| authorizer().then_some("API Gateway asks it whether a caller may call"))
}

/// API Gateway names an authorizer in the condition of the statement that lets it invoke one.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>
fn is_authorizer(policy: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else { return false };
    let statements = match &policy["Statement"] {
        Value::Array(statements) => &statements[..],
        one => std::slice::from_ref(one),
    };
    let lets = statements.iter().filter(|statement| statement["Effect"] == "Allow");
    let conditions = lets.filter_map(|statement| statement["Condition"].as_object()).flatten();
    conditions.filter_map(|(_, keys)| keys.as_object()).flatten().any(|(_, value)| match value {
        Value::Array(many) => many.iter().filter_map(Value::as_str).any(names_authorizer),
        one => one.as_str().is_some_and(names_authorizer),
    })
}

fn names_authorizer(arn: &str) -> bool {
    arn.contains("/authorizers/")
}
