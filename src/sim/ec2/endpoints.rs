//! EC2: VPC endpoints. A gateway endpoint is a route in tables; an interface endpoint has
//! interfaces in subnets, and comes and goes slowly.

mod create;
mod groups;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;
use serde_json::Value;

use super::{Query, region, tags};
use crate::account::{Endpoint, Interface, Route, Seen};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeVpcEndpoints>(describe_vpc_endpoints);
    dispatch.on::<ec2::DescribeVpcEndpointServices>(describe_vpc_endpoint_services);
    dispatch.on::<ec2::ModifyVpcEndpoint>(modify_vpc_endpoint);
    dispatch.on::<ec2::DeleteVpcEndpoints>(delete_vpc_endpoints);
    dispatch.on::<ec2::CreateVpcEndpoint>(create::create_vpc_endpoint);
}

/// What AWS does not show.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Hidden {
    /// The route of a gateway service, by Region and service.
    gateways: BTreeMap<(String, String), Route>,
    /// Does a service take policies? Known also when its last endpoint is gone.
    services: BTreeMap<String, bool>,
}

/// An interface endpoint becomes available, or goes, within about a minute.
const TAKES_MS: u64 = 45_000;
/// Characters of a policy, white space included.
///
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
const LONGEST_POLICY: usize = 20_480;

/// What AWS gives an endpoint without a policy of its own: full access.
fn default_policy(kind: &str) -> &'static str {
    if kind == "Gateway" {
        r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#
    } else {
        "{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \"Effect\": \"Allow\", \n      \
         \"Principal\": \"*\", \n      \"Resource\": \"*\"\n    }\n  ]\n}"
    }
}

fn endpoints<'a>(cx: &'a mut Cx<'_>) -> Result<&'a mut BTreeMap<String, Endpoint>, Refused> {
    seen_mut(&mut cx.region_mut().endpoints)
}

fn describe_vpc_endpoints(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeVpcEndpoints>,
) -> Said<ec2::DescribeVpcEndpoints> {
    endpoints(cx)?;
    let query = Query {
        filters: input.filters(),
        ids: input.vpc_endpoint_ids(),
        not_found: "InvalidVpcEndpointId.NotFound",
        max: input.max_results(),
    };
    query.check(&["service-name", "vpc-endpoint-id", "vpc-endpoint-state", "vpc-endpoint-type", "vpc-id"])?;
    let endpoints = query.choose(
        cx,
        seen(&region(cx).endpoints)?,
        |endpoint| &endpoint.tags,
        |id, endpoint, name| match name {
            "service-name" => vec![endpoint.service.clone()],
            "vpc-endpoint-id" => vec![id.to_owned()],
            "vpc-endpoint-state" => vec![endpoint.state.clone()],
            "vpc-endpoint-type" => vec![endpoint.kind.clone()],
            _ => vec![endpoint.vpc.clone()],
        },
    )?;
    let (endpoints, next) = cx.page(endpoints, input.next_token(), input.max_results());
    let endpoints = endpoints.into_iter().map(|(id, e)| answer(id, e)).collect();
    Ok(Out::<ec2::DescribeVpcEndpoints>::builder()
        .set_vpc_endpoints(Some(endpoints))
        .set_next_token(next)
        .build())
}

fn answer(id: &str, endpoint: &Endpoint) -> types::VpcEndpoint {
    let list = |set: &BTreeSet<String>| Some(set.iter().cloned().collect());
    let groups = endpoint.groups.iter();
    let groups = groups.map(|group| types::SecurityGroupIdentifier::builder().group_id(group).build());
    let dns = types::DnsOptions::builder()
        .set_dns_record_ip_type(endpoint.dns.records.as_deref().map(Into::into))
        .set_private_dns_only_for_inbound_resolver_endpoint(endpoint.dns.private_only_for_inbound_resolver)
        .set_private_dns_preference(endpoint.dns.private_preference.clone())
        .set_private_dns_specified_domains(list(&endpoint.dns.private_domains));
    types::VpcEndpoint::builder()
        .vpc_endpoint_id(id)
        .vpc_id(&endpoint.vpc)
        .owner_id(&endpoint.owner)
        .vpc_endpoint_type(endpoint.kind.as_str().into())
        .service_name(&endpoint.service)
        .state(endpoint.state.as_str().into())
        .set_policy_document(endpoint.policy.clone())
        .set_route_table_ids(list(&endpoint.route_tables))
        .set_subnet_ids(list(&endpoint.subnets))
        .set_groups(Some(groups.collect()))
        .set_network_interface_ids(list(&endpoint.interfaces))
        .private_dns_enabled(endpoint.private_dns)
        .set_ip_address_type(endpoint.ip_address_type.as_deref().map(Into::into))
        .dns_options(dns.build())
        .set_service_region(endpoint.service_region.clone())
        .requester_managed(endpoint.requester_managed)
        .set_tags(Some(tags(&endpoint.tags)))
        .build()
}

/// Knows the services of the endpoints that are or were here.
fn describe_vpc_endpoint_services(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeVpcEndpointServices>,
) -> Said<ec2::DescribeVpcEndpointServices> {
    let mut services = cx.world.endpoints.services.clone();
    for endpoint in seen(&region(cx).endpoints)?.values() {
        services.extend(endpoint.takes_policy.map(|takes| (endpoint.service.clone(), takes)));
    }
    for filter in input.filters() {
        if filter.name() != Some("service-name") || filter.values().is_empty() {
            return Err(refuse("InvalidParameterValue", "The filter is invalid"));
        }
        services.retain(|name, _| filter.values().contains(name));
    }
    let names: Vec<String> = services.keys().cloned().collect();
    let details = services.into_iter().map(|(name, takes)| {
        types::ServiceDetail::builder().service_name(name).vpc_endpoint_policy_supported(takes).build()
    });
    let (details, next) = cx.page(details.collect(), input.next_token(), input.max_results());
    Ok(Out::<ec2::DescribeVpcEndpointServices>::builder()
        .set_service_names(Some(names))
        .set_service_details(Some(details))
        .set_next_token(next)
        .build())
}

fn not_found(id: &str) -> Refused {
    refuse("InvalidVpcEndpointId.NotFound", format!("The Vpc Endpoint Id '{id}' does not exist"))
}

/// Why this account may not change the endpoint: the code and AWS's words.
fn not_yours(endpoint: &Endpoint, account: &str) -> Option<(&'static str, &'static str)> {
    if endpoint.owner != account {
        return Some(("UnauthorizedOperation", "You are not authorized to perform this operation."));
    }
    let words = "Operation is not allowed for requester-managed VPC endpoints";
    endpoint.requester_managed.then_some(("OperationNotPermitted", words))
}

fn check_policy(policy: &str, kind: &str, service: &str, takes: Option<bool>) -> Result<(), Refused> {
    if !matches!(kind, "Gateway" | "Interface") {
        return Err(refuse("InvalidParameter", format!("Endpoint type ({kind}) does not take a policy")));
    }
    // Seen: https://github.com/pulumi/pulumi-aws-native/issues/1711
    if takes == Some(false) {
        let message = format!("Service {service} only supports the full-access endpoint policy.");
        return Err(refuse("InvalidParameter", message));
    }
    if policy.len() > LONGEST_POLICY || serde_json::from_str::<Value>(policy).is_err() {
        return Err(refuse("InvalidPolicyDocument", "The policy is not valid"));
    }
    Ok(())
}

fn modify_vpc_endpoint(cx: &mut Cx<'_>, input: &In<ec2::ModifyVpcEndpoint>) -> Said<ec2::ModifyVpcEndpoint> {
    let id = input.vpc_endpoint_id().unwrap_or_default();
    let (visible, account) = (cx.visible(id), cx.world.account.id.clone());
    let Some(mut endpoint) = endpoints(cx)?.get(id).filter(|_| visible).cloned() else {
        return Err(not_found(id));
    };
    if let Some((code, words)) = not_yours(&endpoint, &account) {
        return Err(refuse(code, words));
    }
    if endpoint.state != "available" {
        return Err(refuse("IncorrectState", format!("The endpoint {id} is {}", endpoint.state)));
    }
    let reset = input.reset_policy().unwrap_or(false);
    if let Some(policy) = input.policy_document() {
        if reset {
            return Err(refuse("InvalidParameterCombination", "A policy and its reset exclude each other"));
        }
        check_policy(policy, &endpoint.kind, &endpoint.service, endpoint.takes_policy)?;
        endpoint.policy = Some(policy.into());
    } else if reset {
        endpoint.policy = Some(default_policy(&endpoint.kind).into());
    }
    let (add, remove) = (input.add_route_table_ids(), input.remove_route_table_ids());
    if !(add.is_empty() && remove.is_empty()) && endpoint.kind != "Gateway" {
        return Err(refuse("InvalidParameter", "Route table IDs are only supported for Gateway endpoints"));
    }
    let add = add.iter().filter(|table| !endpoint.route_tables.contains(*table)).cloned().collect();
    route(cx, id, &endpoint.service, &add)?;
    unroute(cx, id, &endpoint.service, remove);
    endpoint.route_tables.extend(add);
    endpoint.route_tables.retain(|table| !remove.contains(table));
    groups::change(cx, &mut endpoint, input.add_security_group_ids(), input.remove_security_group_ids())?;
    endpoints(cx)?.insert(id.to_owned(), endpoint);
    Ok(Out::<ec2::ModifyVpcEndpoint>::builder().r#return(true).build())
}

/// Puts the route of a gateway endpoint into tables. Tables that nobody read stay unread.
fn route(cx: &mut Cx<'_>, endpoint: &str, service: &str, tables: &BTreeSet<String>) -> Result<(), Refused> {
    let key = (cx.region.to_owned(), service.to_owned());
    let lists = region(cx).prefix_lists.items();
    let list = lists.into_iter().find(|(_, list)| list.name == service).map(|(id, _)| id.clone());
    let made_up = || format!("pl-{}", service.rsplit('.').next().unwrap_or(service));
    let routes = region(cx).route_tables.items().flat_map(|(_, table)| &table.routes);
    let own = routes.filter(|route| route.target == endpoint).last().cloned();
    let known = own.or_else(|| cx.world.endpoints.gateways.get(&key).cloned()).unwrap_or_else(|| Route {
        destination: list.unwrap_or_else(made_up),
        origin: "CreateRoute".into(),
        ..Route::default()
    });
    let new = Route { target: endpoint.to_owned(), ..known };
    let Seen::Read(all) = &mut cx.region_mut().route_tables else { return Ok(()) };
    for id in tables {
        match all.get(id) {
            None => {
                let message = format!("The routeTable ID '{id}' does not exist");
                return Err(refuse("InvalidRouteTableId.NotFound", message));
            }
            Some(table) if table.routes.iter().any(|route| route.destination == new.destination) => {
                let message = format!("route table {id} already has a route with {}", new.destination);
                return Err(refuse("RouteAlreadyExists", message));
            }
            Some(_) => {}
        }
    }
    for id in tables {
        if let Some(table) = all.get_mut(id) {
            table.routes.insert(new.clone());
        }
    }
    Ok(())
}

fn unroute(cx: &mut Cx<'_>, endpoint: &str, service: &str, tables: &[String]) {
    let key = (cx.region.to_owned(), service.to_owned());
    let Seen::Read(all) = &mut cx.region_mut().route_tables else { return };
    let mut last = None;
    for id in tables {
        let Some(table) = all.get_mut(id) else { continue };
        let own = table.routes.extract_if(.., |route| route.target == endpoint);
        last = own.last().or(last);
    }
    if let Some(route) = last {
        cx.world.endpoints.gateways.insert(key, route);
    }
}

/// Answers 200 whatever happens: what failed is in the list.
fn delete_vpc_endpoints(
    cx: &mut Cx<'_>,
    input: &In<ec2::DeleteVpcEndpoints>,
) -> Said<ec2::DeleteVpcEndpoints> {
    let account = cx.world.account.id.clone();
    endpoints(cx)?;
    let mut failed = vec![];
    for id in input.vpc_endpoint_ids() {
        let visible = cx.visible(id);
        let found = endpoints(cx)?.get(id).filter(|_| visible).cloned();
        let refused = match &found {
            None => Some(("InvalidVpcEndpoint.NotFound", "The endpoint does not exist")),
            Some(endpoint) => not_yours(endpoint, &account).or_else(|| in_use(cx, id, endpoint)),
        };
        match (refused, found) {
            (None, Some(endpoint)) => delete(cx, id, endpoint)?,
            (refused, _) => {
                let (code, words) = refused.unwrap_or_default();
                let error = types::UnsuccessfulItemError::builder().code(code).message(words).build();
                failed.push(types::UnsuccessfulItem::builder().resource_id(id).error(error).build());
            }
        }
    }
    Ok(Out::<ec2::DeleteVpcEndpoints>::builder().set_unsuccessful(Some(failed)).build())
}

/// A Gateway Load Balancer endpoint that is the target of a route stays.
fn in_use(cx: &Cx<'_>, id: &str, endpoint: &Endpoint) -> Option<(&'static str, &'static str)> {
    let mut routes = region(cx).route_tables.items().flat_map(|(_, table)| &table.routes);
    let used = endpoint.kind == "GatewayLoadBalancer" && routes.any(|route| route.target == id);
    used.then_some(("InvalidParameter", "Endpoint must be removed from route table before deletion"))
}

fn delete(cx: &mut Cx<'_>, id: &str, endpoint: Endpoint) -> Result<(), Refused> {
    if let Some(takes) = endpoint.takes_policy {
        cx.world.endpoints.services.insert(endpoint.service.clone(), takes);
    }
    let tables: Vec<String> = endpoint.route_tables.iter().cloned().collect();
    unroute(cx, id, &endpoint.service, &tables);
    let wait = if endpoint.kind == "Gateway" { 0 } else { TAKES_MS };
    let state = "deleting".into();
    endpoints(cx)?.insert(id.to_owned(), Endpoint { state, ..endpoint });
    cx.later(wait, id, |cx, id| {
        let gone = cx.region_mut().endpoints.read_mut().and_then(|endpoints| endpoints.remove(id));
        let gone = gone.map(|endpoint| endpoint.interfaces).unwrap_or_default();
        if let Seen::Read(interfaces) = &mut cx.region_mut().interfaces {
            interfaces.retain(|id, _| !gone.contains(id));
        }
    });
    Ok(())
}

/// The interfaces of an endpoint, of those that were read.
fn interface(endpoint: &Endpoint, id: &str, subnet: &str) -> Interface {
    Interface {
        vpc: endpoint.vpc.clone(),
        subnet: subnet.to_owned(),
        owner: endpoint.owner.clone(),
        kind: "vpc_endpoint".into(),
        description: format!("VPC Endpoint Interface {id}"),
        groups: endpoint.groups.clone(),
        managed_by: Some(create::REQUESTER.into()),
        source_dest_check: true,
        ..Interface::default()
    }
}

#[cfg(test)]
mod tests;
