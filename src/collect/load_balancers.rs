//! Load balancers with their listeners, and target groups with what is registered in them.

pub(crate) mod rules;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types;
use futures::{StreamExt as _, TryStreamExt as _};

use super::Ask;
use crate::account::{BackendTarget, Listener, LoadBalancer, Tags, TargetGroup};
use crate::aws::{Aws, AwsError, lists};

/// Calls at once where AWS has one for each item only.
const AT_ONCE: usize = 8;
/// What one call about tags takes.
const TAGGED: usize = 20;

/// Load balancers by ARN. AWS has no filter by VPC here.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html>
pub(super) async fn load_balancers(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, LoadBalancer>, AwsError> {
    let list = aws.elbv2(region).describe_load_balancers().page_size(400);
    let mut found: BTreeMap<String, LoadBalancer> = lists::all(aws, list, load_balancer).await?;
    found.retain(|_, lb| ask.vpcs.as_ref().is_none_or(|vpcs| vpcs.contains(&lb.vpc)));
    if ask.states_only {
        return Ok(found);
    }
    let each = futures::stream::iter(found.keys().cloned()).map(|arn| async move {
        let listeners = listeners(aws, region, &arn).await?;
        Ok::<_, AwsError>((arn, listeners))
    });
    let all: Vec<_> = each.buffer_unordered(AT_ONCE).try_collect().await?;
    for (arn, listeners) in all {
        match listeners {
            Some(listeners) => {
                if let Some(lb) = found.get_mut(&arn) {
                    lb.listeners = listeners;
                }
            }
            None => drop(found.remove(&arn)),
        }
    }
    for (arn, tags) in tags(aws, region, found.keys().cloned().collect()).await? {
        if let Some(lb) = found.get_mut(&arn) {
            lb.tags = tags;
        }
    }
    Ok(found)
}

fn load_balancer(lb: types::LoadBalancer) -> Option<(String, LoadBalancer)> {
    let text = |word: Option<&str>| word.unwrap_or_default().to_owned();
    let value = LoadBalancer {
        kind: text(lb.r#type.as_ref().map(|kind| kind.as_str())),
        scheme: text(lb.scheme.as_ref().map(|scheme| scheme.as_str())),
        ip_address_type: text(lb.ip_address_type.as_ref().map(|kind| kind.as_str())),
        state: text(lb.state.as_ref().and_then(|state| state.code()).map(|code| code.as_str())),
        name: lb.load_balancer_name.unwrap_or_default(),
        vpc: lb.vpc_id.unwrap_or_default(),
        dns_name: lb.dns_name.unwrap_or_default(),
        zone: lb.canonical_hosted_zone_id.unwrap_or_default(),
        subnets: lb.availability_zones.unwrap_or_default().into_iter().filter_map(|z| z.subnet_id).collect(),
        groups: lb.security_groups.unwrap_or_default().into_iter().collect(),
        // Empty where it was never set, which means on.
        private_link_unfiltered: lb
            .enforce_security_group_inbound_rules_on_private_link_traffic
            .is_some_and(|enforced| enforced == "off"),
        listeners: BTreeSet::new(),
        tags: Tags::new(),
    };
    Some((lb.load_balancer_arn?, value))
}

/// `None`: the load balancer was deleted since it was listed.
async fn listeners(aws: &Aws, region: &str, arn: &str) -> Result<Option<BTreeSet<Listener>>, AwsError> {
    let list = aws.elbv2(region).describe_listeners().load_balancer_arn(arn).page_size(400);
    let listener = |listener: types::Listener| {
        Some(Listener {
            protocol: listener.protocol.map(|protocol| protocol.as_str().to_owned()).unwrap_or_default(),
            port: listener.port.unwrap_or_default(),
        })
    };
    match lists::all(aws, list, listener).await {
        Err(error) if error.is("LoadBalancerNotFound") => Ok(None),
        listeners => listeners.map(Some),
    }
}

/// Target groups by ARN, with what is registered. A group for functions is in no VPC.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html>
pub(super) async fn target_groups(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, TargetGroup>, AwsError> {
    let list = aws.elbv2(region).describe_target_groups().page_size(400);
    let mut found: BTreeMap<String, TargetGroup> = lists::all(aws, list, target_group).await?;
    found.retain(|_, group| ask.vpcs.as_ref().is_none_or(|vpcs| vpcs.contains(&group.vpc)));
    let each = futures::stream::iter(found.keys().cloned()).map(|arn| async move {
        let targets = targets(aws, region, &arn).await?;
        Ok::<_, AwsError>((arn, targets))
    });
    let all: Vec<_> = each.buffer_unordered(AT_ONCE).try_collect().await?;
    for (arn, targets) in all {
        match targets {
            Some((targets, unhealthy)) => {
                if let Some(group) = found.get_mut(&arn) {
                    group.targets = targets;
                    group.unhealthy = unhealthy;
                }
            }
            None => drop(found.remove(&arn)),
        }
    }
    if ask.states_only {
        return Ok(found);
    }
    for (arn, tags) in tags(aws, region, found.keys().cloned().collect()).await? {
        if let Some(group) = found.get_mut(&arn) {
            group.tags = tags;
        }
    }
    Ok(found)
}

fn target_group(group: types::TargetGroup) -> Option<(String, TargetGroup)> {
    let value = TargetGroup {
        name: group.target_group_name.unwrap_or_default(),
        vpc: group.vpc_id.unwrap_or_default(),
        protocol: group.protocol.map(|protocol| protocol.as_str().to_owned()).unwrap_or_default(),
        port: group.port,
        kind: group.target_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        load_balancers: group.load_balancer_arns.unwrap_or_default().into_iter().collect(),
        targets: BTreeSet::new(),
        unhealthy: BTreeSet::new(),
        tags: Tags::new(),
    };
    Some((group.target_group_arn?, value))
}

/// What is registered, and which of it is unhealthy: AWS has no list of targets but the list of their
/// health. `None`: the group was deleted since it was listed.
async fn targets(
    aws: &Aws,
    region: &str,
    arn: &str,
) -> Result<Option<(BTreeSet<BackendTarget>, BTreeSet<String>)>, AwsError> {
    let health = aws.elbv2(region).describe_target_health().target_group_arn(arn).send().await;
    let answer = match health.map_err(AwsError::from) {
        Err(error) if error.is("TargetGroupNotFound") => return Ok(None),
        answer => answer?,
    };
    // What was deregistered stays in the list until its connections are over.
    let stays = |health: &types::TargetHealthDescription| {
        let state = health.target_health().and_then(|health| health.state());
        !state.is_some_and(|state| state.as_str().ends_with("draining"))
    };
    let described = answer.target_health_descriptions.unwrap_or_default().into_iter().filter(stays);
    let described: Vec<_> = described.collect();
    let sick = |health: &&types::TargetHealthDescription| {
        health.target_health().and_then(|health| health.state()).is_some_and(|s| s.as_str() == "unhealthy")
    };
    let unhealthy = described.iter().filter(sick).filter_map(|health| health.target()?.id.clone()).collect();
    let target = |target: types::TargetDescription| {
        Some(BackendTarget { id: target.id?, port: target.port, zone: target.availability_zone })
    };
    Ok(Some((described.into_iter().filter_map(|health| target(health.target?)).collect(), unhealthy)))
}

/// Does AWS say so of what it was asked about? Of a rule it may do so as of its listener.
fn is_gone(error: &AwsError) -> bool {
    ["LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound", "RuleNotFound"]
        .into_iter()
        .any(|code| error.is(code))
}

/// Tags by ARN. One ARN that is gone refuses the call for all twenty: then they are asked for in
/// halves, and what is gone has none.
async fn tags(aws: &Aws, region: &str, arns: Vec<String>) -> Result<BTreeMap<String, Tags>, AwsError> {
    let mut parts: Vec<Vec<String>> = arns.chunks(TAGGED).map(<[String]>::to_vec).collect();
    let mut found = BTreeMap::new();
    while let Some(mut part) = parts.pop() {
        let call = aws.elbv2(region).describe_tags().set_resource_arns(Some(part.clone()));
        match call.send().await.map_err(AwsError::from) {
            Ok(answer) => {
                for described in answer.tag_descriptions.unwrap_or_default() {
                    let tags = described.tags.unwrap_or_default().into_iter();
                    let tags = tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())));
                    let tags = tags.collect();
                    found.insert(described.resource_arn.unwrap_or_default(), tags);
                }
            }
            Err(error) if is_gone(&error) => {
                if part.len() > 1 {
                    parts.push(part.split_off(part.len() / 2));
                    parts.push(part);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
