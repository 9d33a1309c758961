//! EventBridge: the rules that carry alerts, on the default event bus.

use aws_sdk_eventbridge::types;
use serde_json::json;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Said, refuse};
use super::world::seen;
use crate::account::AlertRule;
use crate::aws::operations::eventbridge;

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
    let bus = types::EventBus::builder().name(DEFAULT).build();
    let (page, next) = cx.page(vec![bus], input.next_token(), input.limit());
    Ok(Out::<eventbridge::ListEventBuses>::builder().set_event_buses(Some(page)).set_next_token(next).build())
}

fn list_rules(cx: &mut Cx<'_>, input: &In<eventbridge::ListRules>) -> Said<eventbridge::ListRules> {
    if input.event_bus_name().is_some_and(|bus| bus != DEFAULT) {
        return Err(refuse("ResourceNotFoundException", "Event bus does not exist."));
    }
    let rules = seen(&region(cx).alert_rules)?.iter().map(|(arn, rule)| listed(arn, rule)).collect();
    let (page, next) = cx.page(rules, input.next_token(), input.limit());
    Ok(Out::<eventbridge::ListRules>::builder().set_rules(Some(page)).set_next_token(next).build())
}

fn listed(arn: &str, rule: &AlertRule) -> types::Rule {
    let field =
        if rule.about.iter().all(|about| about.starts_with("aws.")) { "source" } else { "detail-type" };
    types::Rule::builder()
        .arn(arn)
        .name(&rule.name)
        .event_bus_name(DEFAULT)
        .event_pattern(json!({ field: rule.about }).to_string())
        .state(types::RuleState::Enabled)
        .build()
}

fn list_targets_by_rule(
    cx: &mut Cx<'_>,
    input: &In<eventbridge::ListTargetsByRule>,
) -> Said<eventbridge::ListTargetsByRule> {
    let name = input.rule().unwrap_or_default();
    let rule = seen(&region(cx).alert_rules)?.values().find(|rule| rule.name == name);
    let Some(rule) = rule else {
        return Err(refuse("ResourceNotFoundException", format!("Rule {name} does not exist.")));
    };
    let target = |(number, arn): (usize, &String)| {
        let target = types::Target::builder().id(number.to_string()).arn(arn).build();
        target.map_err(|error| refuse("InternalException", error.to_string()))
    };
    let targets = rule.targets.iter().enumerate().map(target).collect::<Result<Vec<_>, _>>()?;
    let (page, next) = cx.page(targets, input.next_token(), input.limit());
    Ok(Out::<eventbridge::ListTargetsByRule>::builder().set_targets(Some(page)).set_next_token(next).build())
}
