//! The rules of HTTP and HTTPS listeners.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types;

use super::page_size;
use crate::account::{FixedResponse, ListenerRule, LoadBalancer, Region, RuleAction, RuleCondition};
use crate::aws::operations::elasticloadbalancingv2;
use crate::sim::ec2::region;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

/// How long a new rule stays invisible to other calls. AWS publishes no figure.
const VISIBLE_AFTER_MS: u64 = 1_500;
/// Rules of a load balancer, default rules not counted.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>
const DEFAULT_QUOTA: usize = 100;
/// The longest body of a fixed response, in characters.
const MOST_BODY: usize = 1_024;
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html>
const CONTENT_TYPES: [&str; 5] =
    ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<elasticloadbalancingv2::CreateRule>(create_rule);
    dispatch.on::<elasticloadbalancingv2::DeleteRule>(delete_rule);
    dispatch.on::<elasticloadbalancingv2::DescribeRules>(describe_rules);
    dispatch.on::<elasticloadbalancingv2::ModifyRule>(modify_rule);
    dispatch.on::<elasticloadbalancingv2::SetRulePriorities>(set_rule_priorities);
}

/// The ARN of a load balancer's listener: the one that its rules name, else one made of its number.
pub(super) fn listener_arn(here: &Region, arn: &str, balancer: &LoadBalancer, number: usize) -> String {
    let listener = balancer.listeners.iter().nth(number);
    let is_its = |rule: &&ListenerRule| {
        rule.balancer == arn && listener.is_some_and(|l| l.port == rule.port && l.protocol == rule.protocol)
    };
    let rules = here.listener_rules.read().into_iter().flat_map(BTreeMap::values);
    rules
        .filter(is_its)
        .map(|rule| rule.listener.clone())
        .next()
        .unwrap_or_else(|| format!("{}/{number:016x}", arn.replace(":loadbalancer/", ":listener/")))
}

/// A listener as rules are made on it: its load balancer, protocol and port.
struct Listener {
    balancer: String,
    kind: String,
    protocol: String,
    port: i32,
}

fn listener(here: &Region, arn: &str) -> Result<Listener, Refused> {
    for (balancer, known) in seen(&here.load_balancers)? {
        for (number, listener) in known.listeners.iter().enumerate() {
            if listener_arn(here, balancer, known, number) == arn {
                return Ok(Listener {
                    balancer: balancer.clone(),
                    kind: known.kind.clone(),
                    protocol: listener.protocol.clone(),
                    port: listener.port,
                });
            }
        }
    }
    Err(refuse("ListenerNotFound", "One or more listeners not found"))
}

fn no_rule() -> Refused {
    refuse("RuleNotFound", "One or more rules not found")
}

fn describe_rules(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::DescribeRules>,
) -> Said<elasticloadbalancingv2::DescribeRules> {
    page_size(input.page_size())?;
    let rules = seen(&region(cx).listener_rules)?;
    let mut found: Vec<(&String, &ListenerRule)> = match (input.listener_arn(), input.rule_arns()) {
        (Some(arn), []) => {
            listener(region(cx), arn)?;
            rules.iter().filter(|(_, rule)| rule.listener == arn).collect()
        }
        (None, arns) if !arns.is_empty() => {
            let each = arns.iter().map(|arn| rules.get_key_value(arn).ok_or_else(no_rule));
            each.collect::<Result<_, _>>()?
        }
        _ => {
            return Err(refuse(
                "ValidationError",
                "You must specify either listener rule ARNs or a listener ARN",
            ));
        }
    };
    found.retain(|(arn, _)| cx.visible(arn));
    found.sort_by_key(|(_, rule)| rule.priority.unwrap_or(u32::MAX));
    let (found, next) = cx.page(found, input.marker(), input.page_size());
    let found = found.into_iter().map(|(arn, rule)| described(arn, rule)).collect();
    Ok(Out::<elasticloadbalancingv2::DescribeRules>::builder()
        .set_rules(Some(found))
        .set_next_marker(next)
        .build())
}

fn described(arn: &str, rule: &ListenerRule) -> types::Rule {
    let priority = rule.priority.map_or_else(|| "default".into(), |priority| priority.to_string());
    types::Rule::builder()
        .rule_arn(arn)
        .priority(priority)
        .is_default(rule.priority.is_none())
        .set_conditions(Some(rule.conditions.iter().map(condition).collect()))
        .set_actions(Some(rule.actions.iter().map(action).collect()))
        .build()
}

fn condition(condition: &RuleCondition) -> types::RuleCondition {
    let list = |values: &BTreeSet<String>| (!values.is_empty()).then(|| values.iter().cloned().collect());
    let (values, expressions) = (list(&condition.values), list(&condition.expressions));
    let field = &*condition.field;
    let of = types::RuleCondition::builder().field(field);
    match field {
        // AWS gives the values of these twice.
        "host-header" => {
            let config = types::HostHeaderConditionConfig::builder().set_values(values.clone());
            let config = config.set_regex_values(expressions.clone()).build();
            of.host_header_config(config).set_values(values).set_regex_values(expressions).build()
        }
        "path-pattern" => {
            let config = types::PathPatternConditionConfig::builder().set_values(values.clone());
            let config = config.set_regex_values(expressions.clone()).build();
            of.path_pattern_config(config).set_values(values).set_regex_values(expressions).build()
        }
        "http-header" => {
            let config = types::HttpHeaderConditionConfig::builder().set_values(values);
            let config = config.set_http_header_name(condition.header.clone()).set_regex_values(expressions);
            of.http_header_config(config.build()).build()
        }
        "http-request-method" => {
            let config = types::HttpRequestMethodConditionConfig::builder().set_values(values);
            of.http_request_method_config(config.build()).build()
        }
        "query-string" => {
            let pairs = condition.values.iter().map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or(("", pair));
                let key = Some(key).filter(|key| !key.is_empty()).map(Into::into);
                types::QueryStringKeyValuePair::builder().set_key(key).value(value).build()
            });
            let config = types::QueryStringConditionConfig::builder().set_values(Some(pairs.collect()));
            of.query_string_config(config.build()).build()
        }
        _ => {
            let config = types::SourceIpConditionConfig::builder().set_values(values);
            of.source_ip_config(config.build()).build()
        }
    }
}

fn action(action: &RuleAction) -> types::Action {
    let group = |arn: &String| types::TargetGroupTuple::builder().target_group_arn(arn).build();
    let groups: Vec<_> = action.target_groups.iter().map(group).collect();
    let forward = (!groups.is_empty())
        .then(|| types::ForwardActionConfig::builder().set_target_groups(Some(groups)).build());
    // AWS gives a single group twice.
    let single = action.target_groups.first().filter(|_| action.target_groups.len() == 1).cloned();
    let fixed = action.fixed.as_ref().map(|fixed| {
        let config = types::FixedResponseActionConfig::builder().status_code(&fixed.status);
        config.content_type(&fixed.content_type).message_body(&fixed.body).build()
    });
    types::Action::builder()
        .r#type(types::ActionTypeEnum::from(&*action.kind))
        .set_forward_config(forward)
        .set_target_group_arn(single)
        .set_fixed_response_config(fixed)
        .build()
}

fn invalid(message: &str) -> Refused {
    refuse("ValidationError", message)
}

/// What AWS takes of fixed responses for every path. Other rules no run makes, and they are not simulated.
fn taken(
    conditions: &[types::RuleCondition],
    actions: &[types::Action],
) -> Result<(BTreeSet<RuleCondition>, Vec<RuleAction>), Refused> {
    let path = |condition: &types::RuleCondition| {
        let values = condition.path_pattern_config().map(types::PathPatternConditionConfig::values);
        let values = values.unwrap_or(condition.values());
        if condition.field() != Some("path-pattern") || values.is_empty() {
            return Err(invalid("A condition without a value, or one that is not simulated"));
        }
        if values.iter().any(|value| !(1..=128).contains(&value.chars().count())) {
            return Err(invalid("A condition value must have between 1 and 128 characters"));
        }
        let values = values.iter().cloned().collect();
        Ok(RuleCondition { field: "path-pattern".into(), values, ..RuleCondition::default() })
    };
    let conditions: BTreeSet<_> = conditions.iter().map(path).collect::<Result<_, _>>()?;
    if conditions.is_empty() {
        return Err(invalid("A rule must have at least one condition"));
    }
    let [action] = actions else {
        return Err(invalid("A rule must have one action that answers, and no other is simulated"));
    };
    let (Some(fixed), Some(types::ActionTypeEnum::FixedResponse)) =
        (action.fixed_response_config(), action.r#type())
    else {
        return Err(refuse("InvalidLoadBalancerAction", "The action is not valid, or not simulated"));
    };
    let status = fixed.status_code().unwrap_or_default();
    let digits = status.len() == 3 && status.bytes().all(|digit| digit.is_ascii_digit());
    if !digits || !status.starts_with(['2', '4', '5']) {
        return Err(invalid("The status code must be 2XX, 4XX or 5XX"));
    }
    let content_type = fixed.content_type().unwrap_or("text/plain");
    if !CONTENT_TYPES.contains(&content_type) {
        return Err(refuse("InvalidLoadBalancerAction", "The content type is not valid"));
    }
    let body = fixed.message_body().unwrap_or_default();
    if body.chars().count() > MOST_BODY {
        return Err(invalid("The message body must have at most 1024 characters"));
    }
    let fixed = FixedResponse { status: status.into(), content_type: content_type.into(), body: body.into() };
    let action = RuleAction { kind: "fixed-response".into(), fixed: Some(fixed), ..RuleAction::default() };
    Ok((conditions, vec![action]))
}

fn priority(number: Option<i32>) -> Result<u32, Refused> {
    let number = number.and_then(|number| u32::try_from(number).ok());
    number
        .filter(|number| (1..=50_000).contains(number))
        .ok_or_else(|| invalid("A priority must be between 1 and 50000"))
}

fn create_rule(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::CreateRule>,
) -> Said<elasticloadbalancingv2::CreateRule> {
    let arn = input.listener_arn().unwrap_or_default();
    let on = listener(region(cx), arn)?;
    if on.kind != "application" {
        let message =
            format!("Rules with a fixed response are not supported for the protocol {}", on.protocol);
        return Err(refuse("UnsupportedProtocol", message));
    }
    let priority = priority(input.priority())?;
    let (conditions, actions) = taken(input.conditions(), input.actions())?;
    let rules = seen(&region(cx).listener_rules)?;
    if rules.values().any(|rule| rule.listener == arn && rule.priority == Some(priority)) {
        return Err(refuse("PriorityInUse", format!("Priority '{priority}' is currently in use")));
    }
    let own = rules.values().filter(|rule| rule.balancer == on.balancer && rule.priority.is_some()).count();
    let name = on.balancer.rsplit('/').nth(1).unwrap_or_default().to_owned();
    cx.counts(format!("rules of load balancer {name}"), own + 1, DEFAULT_QUOTA);
    let tags = input
        .tags()
        .iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())));
    let rule = ListenerRule {
        listener: arn.to_owned(),
        balancer: on.balancer,
        protocol: on.protocol,
        port: on.port,
        priority: Some(priority),
        conditions,
        actions,
        tags: tags.collect(),
    };
    cx.world.serial += 1;
    let number = 0x3200_0000_0000_0000_u64 + cx.world.serial;
    let made = format!("{}/{number:016x}", arn.replacen(":listener/", ":listener-rule/", 1));
    let shown_at = cx.world.now_ms + VISIBLE_AFTER_MS;
    cx.world.visible_at.insert(made.clone(), shown_at);
    let answer = described(&made, &rule);
    seen_mut(&mut cx.region_mut().listener_rules)?.insert(made, rule);
    Ok(Out::<elasticloadbalancingv2::CreateRule>::builder().rules(answer).build())
}

/// A rule to change: not a default one.
fn own<'a>(
    rules: &'a mut BTreeMap<String, ListenerRule>,
    arn: &str,
) -> Result<&'a mut ListenerRule, Refused> {
    let rule = rules.get_mut(arn).ok_or_else(no_rule)?;
    if rule.priority.is_none() {
        let message = format!("Default rule '{arn}' cannot be modified or deleted");
        return Err(refuse("OperationNotPermitted", message));
    }
    Ok(rule)
}

fn modify_rule(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::ModifyRule>,
) -> Said<elasticloadbalancingv2::ModifyRule> {
    let arn = input.rule_arn().unwrap_or_default();
    let rule = own(seen_mut(&mut cx.region_mut().listener_rules)?, arn)?;
    let (conditions, actions) = taken(input.conditions(), input.actions())?;
    rule.conditions = conditions;
    rule.actions = actions;
    Ok(Out::<elasticloadbalancingv2::ModifyRule>::builder().rules(described(arn, rule)).build())
}

fn delete_rule(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::DeleteRule>,
) -> Said<elasticloadbalancingv2::DeleteRule> {
    let arn = input.rule_arn().unwrap_or_default();
    let rules = seen_mut(&mut cx.region_mut().listener_rules)?;
    own(rules, arn)?;
    rules.remove(arn);
    Ok(Out::<elasticloadbalancingv2::DeleteRule>::builder().build())
}

/// Sets all or none. What counts is the order that results.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetRulePriorities.html>
fn set_rule_priorities(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::SetRulePriorities>,
) -> Said<elasticloadbalancingv2::SetRulePriorities> {
    let rules = seen_mut(&mut cx.region_mut().listener_rules)?;
    let mut then = rules.clone();
    let mut changed = vec![];
    for pair in input.rule_priorities() {
        let arn = pair.rule_arn().unwrap_or_default();
        let number = priority(pair.priority())?;
        own(&mut then, arn)?.priority = Some(number);
        if changed.contains(&arn) {
            return Err(invalid("A rule is named twice"));
        }
        changed.push(arn);
    }
    let mut taken = BTreeSet::new();
    for rule in then.values().filter(|rule| rule.priority.is_some()) {
        if !taken.insert((&rule.listener, rule.priority)) {
            let number = rule.priority.unwrap_or_default();
            return Err(refuse("PriorityInUse", format!("Priority '{number}' is currently in use")));
        }
    }
    let answer = changed.iter().filter_map(|arn| then.get(*arn).map(|rule| described(arn, rule))).collect();
    *rules = then;
    Ok(Out::<elasticloadbalancingv2::SetRulePriorities>::builder().set_rules(Some(answer)).build())
}

#[cfg(test)]
mod tests;
