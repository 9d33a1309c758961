//! The rules of HTTP and HTTPS listeners. AWS lists listeners by load balancer, and rules by listener.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types;
use futures::{StreamExt as _, TryStreamExt as _};

use super::{AT_ONCE, tags};
use crate::account::{FixedResponse, ListenerRule, RuleAction, RuleCondition, Tags};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// A listener as its rules name it.
#[derive(Clone, Default)]
struct Listener {
    arn: String,
    balancer: String,
    protocol: String,
    port: i32,
}

/// The rules of every Application Load Balancer's listeners, by ARN.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeRules.html>
pub(in crate::collect) async fn listener_rules(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, ListenerRule>, AwsError> {
    let known = match &ask.only_listeners {
        Some(arns) => arns.iter().filter(|arn| is_in(arn, region)).map(|arn| named(arn)).collect(),
        None => listeners(aws, region, ask).await?,
    };
    let each =
        futures::stream::iter(known).map(|listener| async move { rules(aws, region, &listener).await });
    let all: Vec<_> = each.buffer_unordered(AT_ONCE).try_collect().await?;
    let mut found: BTreeMap<String, ListenerRule> = all.into_iter().flatten().collect();
    let may_be_made =
        found.iter().filter(|(_, rule)| rule.priority.is_some() && rule.fixed_response().is_some());
    let arns = may_be_made.map(|(arn, _)| arn.clone()).collect();
    for (arn, tags) in tags(aws, region, arns).await? {
        if let Some(rule) = found.get_mut(&arn) {
            rule.tags = tags;
        }
    }
    Ok(found)
}

/// The rules of one listener with their tags, by ARN. None where the listener is gone.
pub(crate) async fn of_listener(
    aws: &Aws,
    region: &str,
    listener: &str,
) -> Result<BTreeMap<String, ListenerRule>, AwsError> {
    let only = BTreeSet::from([listener.to_owned()]);
    listener_rules(aws, region, &Ask { only_listeners: Some(only), ..Ask::default() }).await
}

/// Does the ARN name this Region?
fn is_in(arn: &str, region: &str) -> bool {
    arn.split(':').nth(3) == Some(region)
}

/// A listener of which the ARN alone is known: `…:listener/app/NAME/ID/LISTENER`.
fn named(arn: &str) -> Listener {
    let balancer = arn.rsplit_once('/').map_or(arn, |(balancer, _)| balancer);
    Listener {
        arn: arn.to_owned(),
        balancer: balancer.replacen(":listener/", ":loadbalancer/", 1),
        ..Listener::default()
    }
}

/// The listeners that answer HTTP, of every Application Load Balancer.
async fn listeners(aws: &Aws, region: &str, ask: &Ask) -> Result<Vec<Listener>, AwsError> {
    let list = aws.elbv2(region).describe_load_balancers().page_size(400);
    let balancer = |lb: types::LoadBalancer| {
        let applies = lb.r#type == Some(types::LoadBalancerTypeEnum::Application);
        let vpc = lb.vpc_id.unwrap_or_default();
        let asked = ask.vpcs.as_ref().is_none_or(|vpcs| vpcs.contains(&vpc));
        lb.load_balancer_arn.filter(|_| applies && asked)
    };
    let balancers: Vec<String> = lists::all(aws, list, balancer).await?;
    let each = futures::stream::iter(balancers).map(|arn| async move {
        let list = aws.elbv2(region).describe_listeners().load_balancer_arn(&arn).page_size(400);
        let listener = |listener: types::Listener| {
            let protocol = listener.protocol?.as_str().to_owned();
            matches!(&*protocol, "HTTP" | "HTTPS").then_some(())?;
            let port = listener.port.unwrap_or_default();
            Some(Listener { arn: listener.listener_arn?, balancer: arn.clone(), protocol, port })
        };
        match lists::all(aws, list, listener).await {
            // It was deleted since it was listed.
            Err(error) if error.is("LoadBalancerNotFound") => Ok(vec![]),
            listeners => listeners,
        }
    });
    let all: Vec<Vec<Listener>> = each.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(all.into_iter().flatten().collect())
}

async fn rules(aws: &Aws, region: &str, of: &Listener) -> Result<Vec<(String, ListenerRule)>, AwsError> {
    let list = aws.elbv2(region).describe_rules().listener_arn(&of.arn).page_size(400);
    match lists::all(aws, list, |rule| listener_rule(rule, of)).await {
        Err(error) if error.is("ListenerNotFound") => Ok(vec![]),
        rules => rules,
    }
}

fn listener_rule(rule: types::Rule, of: &Listener) -> Option<(String, ListenerRule)> {
    let value = ListenerRule {
        listener: of.arn.clone(),
        balancer: of.balancer.clone(),
        protocol: of.protocol.clone(),
        port: of.port,
        // The default rule's is the word `default`.
        priority: rule.priority.and_then(|priority| priority.parse().ok()),
        conditions: rule.conditions.unwrap_or_default().into_iter().map(condition).collect(),
        actions: rule.actions.unwrap_or_default().into_iter().map(action).collect(),
        tags: Tags::new(),
    };
    Some((rule.rule_arn?, value))
}

fn condition(condition: types::RuleCondition) -> RuleCondition {
    let types::RuleCondition {
        host_header_config: host,
        path_pattern_config: path,
        http_header_config: header,
        query_string_config: query,
        http_request_method_config: method,
        source_ip_config: source,
        ..
    } = condition;
    let name = header.as_ref().and_then(|header| header.http_header_name.clone());
    let pair = |pair: types::QueryStringKeyValuePair| {
        format!("{}={}", pair.key.unwrap_or_default(), pair.value.unwrap_or_default())
    };
    let pairs = query.and_then(|query| query.values).unwrap_or_default().into_iter().map(pair);
    let mut values: BTreeSet<String> = condition.values.into_iter().flatten().chain(pairs).collect();
    let mut expressions: BTreeSet<String> = condition.regex_values.into_iter().flatten().collect();
    let with_expressions = [
        host.map(|host| (host.values, host.regex_values)),
        path.map(|path| (path.values, path.regex_values)),
        header.map(|header| (header.values, header.regex_values)),
    ];
    for (more, matching) in with_expressions.into_iter().flatten() {
        values.extend(more.into_iter().flatten());
        expressions.extend(matching.into_iter().flatten());
    }
    values.extend(method.and_then(|method| method.values).into_iter().flatten());
    values.extend(source.and_then(|source| source.values).into_iter().flatten());
    RuleCondition { field: condition.field.unwrap_or_default(), header: name, values, expressions }
}

fn action(action: types::Action) -> RuleAction {
    let groups = action.forward_config.and_then(|forward| forward.target_groups).unwrap_or_default();
    let groups = groups.into_iter().filter_map(|group| group.target_group_arn);
    let fixed = |fixed: types::FixedResponseActionConfig| FixedResponse {
        status: fixed.status_code.unwrap_or_default(),
        content_type: fixed.content_type.unwrap_or_default(),
        body: fixed.message_body.unwrap_or_default(),
    };
    RuleAction {
        kind: action.r#type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        target_groups: groups.chain(action.target_group_arn).collect(),
        fixed: action.fixed_response_config.map(fixed),
    }
}
