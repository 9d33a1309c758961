//! ECS: clusters and services, to look at.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Said, refuse};
use super::world::{plain_page, seen};
use crate::account::ContainerService;
use crate::aws::plain::services::ecs;
use crate::aws::plain::{PlainInput, PlainOutput};

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ecs::ListClusters>(list_clusters);
    dispatch.on::<ecs::ListServices>(list_services);
    dispatch.on::<ecs::DescribeServices>(describe_services);
}

/// The cluster that is asked about.
fn cluster(input: &PlainInput) -> &str {
    input.body["cluster"].as_str().unwrap_or("default")
}

fn list_clusters(cx: &mut Cx<'_>, input: &In<ecs::ListClusters>) -> Said<ecs::ListClusters> {
    let services = seen(&region(cx).container_services)?.values();
    let clusters: BTreeSet<&str> = services.map(|service| service.cluster.as_str()).collect();
    let clusters = clusters.into_iter().map(Value::from).collect();
    Ok(plain_page::<ecs::ListClusters>(cx, clusters, input, "maxResults"))
}

fn list_services(cx: &mut Cx<'_>, input: &In<ecs::ListServices>) -> Said<ecs::ListServices> {
    let services = seen(&region(cx).container_services)?;
    let within = services.iter().filter(|(_, service)| service.cluster == cluster(input));
    let within: Vec<Value> = within.map(|(arn, _)| arn.as_str().into()).collect();
    if within.is_empty() {
        return Err(refuse("ClusterNotFoundException", "Cluster not found."));
    }
    Ok(plain_page::<ecs::ListServices>(cx, within, input, "maxResults"))
}

fn describe_services(cx: &mut Cx<'_>, input: &In<ecs::DescribeServices>) -> Said<ecs::DescribeServices> {
    let asked: Vec<&str> =
        input.body["services"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !(1..=10).contains(&asked.len()) {
        return Err(refuse("InvalidParameterException", "Services must have between 1 and 10 entries."));
    }
    let all = seen(&region(cx).container_services)?;
    let known = |arn: &str| all.get(arn).filter(|service| service.cluster == cluster(input));
    let (mut services, mut failures) = (vec![], vec![]);
    for arn in asked {
        match known(arn) {
            Some(known) => services.push(service(arn, known)),
            None => failures.push(json!({ "arn": arn, "reason": "MISSING" })),
        }
    }
    Ok(PlainOutput::new(json!({ "services": services, "failures": failures })))
}

fn service(arn: &str, service: &ContainerService) -> Value {
    let balanced = service.balanced.then(|| json!({ "containerPort": 80 }));
    let mut told = json!({
        "serviceArn": arn,
        "loadBalancers": balanced.into_iter().collect::<Vec<_>>(),
        "clusterArn": service.cluster,
        "status": "ACTIVE",
        "desiredCount": service.desired,
        "runningCount": service.running,
    });
    // A service whose tasks share their instance's network has no configuration of its own.
    if !service.subnets.is_empty() {
        told["networkConfiguration"] = json!({ "awsvpcConfiguration": { "subnets": service.subnets } });
    }
    told
}
