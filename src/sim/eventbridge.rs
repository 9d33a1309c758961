//! EventBridge: the rules that carry alerts, on the default event bus.

use serde_json::{Value, json};

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Said, refuse};
use super::world::{plain_page, seen};
use crate::account::AlertRule;
use crate::aws::plain::services::eventbridge;

const DEFAULT: &str = "default";

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<eventbridge::ListEventBuses>(list_event_buses);
    dispatch.on::<eventbridge::ListRules>(list_rules);
    dispatch.on::<eventbridge::ListTargetsByRule>(list_targets_by_rule);
}

fn list_event_buses(
    cx: &mut Cx<'_>,
    input: &In<eventbridge::ListEventBuses>,
) -> Said<eventbridge::ListEventBuses> {
    seen(&region(cx).alert_rules)?;
    let bus = json!({ "Name": DEFAULT });
    Ok(plain_page::<eventbridge::ListEventBuses>(cx, vec![bus], input, "Limit"))
}

fn list_rules(cx: &mut Cx<'_>, input: &In<eventbridge::ListRules>) -> Said<eventbridge::ListRules> {
    if input.body["EventBusName"].as_str().is_some_and(|bus| bus != DEFAULT) {
        return Err(refuse("ResourceNotFoundException", "Event bus does not exist."));
    }
    let rules = seen(&region(cx).alert_rules)?.iter().map(|(arn, rule)| listed(arn, rule)).collect();
    Ok(plain_page::<eventbridge::ListRules>(cx, rules, input, "Limit"))
}

fn listed(arn: &str, rule: &AlertRule) -> Value {
    let field =
        if rule.about.iter().all(|about| about.starts_with("aws.")) { "source" } else { "detail-type" };
    json!({
        "Arn": arn,
        "Name": rule.name,
        "EventBusName": DEFAULT,
        "EventPattern": json!({ field: rule.about }).to_string(),
        "State": "ENABLED",
    })
}

fn list_targets_by_rule(
    cx: &mut Cx<'_>,
    input: &In<eventbridge::ListTargetsByRule>,
) -> Said<eventbridge::ListTargetsByRule> {
    let name = input.body["Rule"].as_str().unwrap_or_default();
    let rule = seen(&region(cx).alert_rules)?.values().find(|rule| rule.name == name);
    let Some(rule) = rule else {
        return Err(refuse("ResourceNotFoundException", format!("Rule {name} does not exist.")));
    };
    let target = |(number, arn): (usize, &String)| json!({ "Id": number.to_string(), "Arn": arn });
    let targets = rule.targets.iter().enumerate().map(target).collect();
    Ok(plain_page::<eventbridge::ListTargetsByRule>(cx, targets, input, "Limit"))
}
