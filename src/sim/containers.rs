//! ECS: clusters and services, to look at.

use std::collections::BTreeSet;

use aws_sdk_ecs::types;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Said, refuse};
use super::world::seen;
use crate::account::ContainerService;
use crate::aws::operations::ecs;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ecs::ListClusters>(list_clusters);
    dispatch.on::<ecs::ListServices>(list_services);
    dispatch.on::<ecs::DescribeServices>(describe_services);
}

fn list_clusters(cx: &mut Cx<'_>, input: &In<ecs::ListClusters>) -> Said<ecs::ListClusters> {
    let services = seen(&region(cx).container_services)?.values();
    let clusters: BTreeSet<String> = services.map(|service| service.cluster.clone()).collect();
    let (clusters, next) = cx.page(clusters.into_iter().collect(), input.next_token(), input.max_results());
    Ok(Out::<ecs::ListClusters>::builder().set_cluster_arns(Some(clusters)).set_next_token(next).build())
}

fn list_services(cx: &mut Cx<'_>, input: &In<ecs::ListServices>) -> Said<ecs::ListServices> {
    let cluster = input.cluster().unwrap_or("default");
    let services = seen(&region(cx).container_services)?;
    if !services.values().any(|service| service.cluster == cluster) {
        return Err(refuse("ClusterNotFoundException", "Cluster not found."));
    }
    let within: Vec<String> = services
        .iter()
        .filter(|(_, service)| service.cluster == cluster)
        .map(|(arn, _)| arn.clone())
        .collect();
    let (services, next) = cx.page(within, input.next_token(), input.max_results());
    Ok(Out::<ecs::ListServices>::builder().set_service_arns(Some(services)).set_next_token(next).build())
}

fn describe_services(cx: &mut Cx<'_>, input: &In<ecs::DescribeServices>) -> Said<ecs::DescribeServices> {
    if !(1..=10).contains(&input.services().len()) {
        return Err(refuse("InvalidParameterException", "Services must have between 1 and 10 entries."));
    }
    let cluster = input.cluster().unwrap_or("default");
    let services = seen(&region(cx).container_services)?;
    let known = |arn: &&String| services.get(*arn).is_some_and(|service| service.cluster == cluster);
    let (there, missing): (Vec<_>, Vec<_>) = input.services().iter().partition(known);
    let failures =
        missing.into_iter().map(|arn| types::Failure::builder().arn(arn).reason("MISSING").build());
    let described = there.into_iter().filter_map(|arn| Some(service(arn, services.get(arn)?)));
    Ok(Out::<ecs::DescribeServices>::builder()
        .set_services(Some(described.collect()))
        .set_failures(Some(failures.collect()))
        .build())
}

fn service(arn: &str, service: &ContainerService) -> types::Service {
    let subnets = service.subnets.iter().cloned().collect::<Vec<_>>();
    let network = types::AwsVpcConfiguration::builder().set_subnets(Some(subnets)).build().ok();
    // A service whose tasks share their instance's network has no configuration of its own.
    let network = network.filter(|network| !network.subnets().is_empty());
    let balanced = service.balanced.then(|| types::LoadBalancer::builder().container_port(80).build());
    types::Service::builder()
        .service_arn(arn)
        .set_load_balancers(Some(balanced.into_iter().collect()))
        .cluster_arn(&service.cluster)
        .status("ACTIVE")
        .desired_count(service.desired)
        .running_count(service.running)
        .set_network_configuration(
            network.map(|vpc| types::NetworkConfiguration::builder().awsvpc_configuration(vpc).build()),
        )
        .build()
}
