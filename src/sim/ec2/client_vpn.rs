//! EC2: Client VPN endpoints, their rules and who is connected.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;

use super::{Query, region, tags};
use crate::account::{Authorization, ClientConnection, ClientVpn};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeClientVpnEndpoints>(describe_client_vpn_endpoints);
    dispatch.on::<ec2::DescribeClientVpnTargetNetworks>(describe_client_vpn_target_networks);
    dispatch.on::<ec2::DescribeClientVpnAuthorizationRules>(describe_client_vpn_authorization_rules);
    dispatch.on::<ec2::DescribeClientVpnConnections>(describe_client_vpn_connections);
    dispatch.on::<ec2::AuthorizeClientVpnIngress>(authorize_client_vpn_ingress);
    dispatch.on::<ec2::RevokeClientVpnIngress>(revoke_client_vpn_ingress);
    dispatch.on::<ec2::TerminateClientVpnConnections>(terminate_client_vpn_connections);
}

/// How long a rule takes to come or go.
const RULE_MS: u64 = 3_000;
/// How long a client takes to be gone, and then to dial in again by itself.
const CLIENT_MS: u64 = 2_000;

fn describe_client_vpn_endpoints(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeClientVpnEndpoints>,
) -> Said<ec2::DescribeClientVpnEndpoints> {
    let query = Query {
        filters: input.filters(),
        ids: input.client_vpn_endpoint_ids(),
        not_found: "InvalidClientVpnEndpointId.NotFound",
        max: input.max_results(),
    };
    query.check(&["endpoint-id"])?;
    let endpoints = query.choose(
        cx,
        seen(&region(cx).client_vpns)?,
        |endpoint| &endpoint.tags,
        |id, _, _| vec![id.to_owned()],
    )?;
    let (endpoints, next) = cx.page(endpoints, input.next_token(), input.max_results());
    let endpoints = endpoints.into_iter().map(|(id, e)| endpoint(id, e)).collect();
    Ok(Out::<ec2::DescribeClientVpnEndpoints>::builder()
        .set_client_vpn_endpoints(Some(endpoints))
        .set_next_token(next)
        .build())
}

fn endpoint(id: &str, endpoint: &ClientVpn) -> types::ClientVpnEndpoint {
    let status = types::ClientVpnEndpointStatus::builder().code(endpoint.status.as_str().into());
    types::ClientVpnEndpoint::builder()
        .client_vpn_endpoint_id(id)
        .status(status.build())
        .set_vpc_id(endpoint.vpc.clone())
        .set_transit_gateway_configuration(endpoint.transit_gateway.as_ref().map(|id| {
            types::TransitGatewayConfigurationDescribeEndpointStructure::builder()
                .transit_gateway_id(id)
                .build()
        }))
        .set_client_cidr_block(endpoint.client_cidr.clone())
        .set_security_group_ids(Some(endpoint.groups.iter().cloned().collect()))
        .set_tags(Some(tags(&endpoint.tags)))
        .build()
}

fn gone(id: &str) -> Refused {
    refuse("InvalidClientVpnEndpointId.NotFound", format!("Endpoint {id} does not exist"))
}

/// An endpoint, to look at, by id.
fn known<'a>(cx: &'a Cx<'_>, id: Option<&str>) -> Result<&'a ClientVpn, Refused> {
    let id = id.unwrap_or_default();
    seen(&region(cx).client_vpns)?.get(id).ok_or_else(|| gone(id))
}

/// An endpoint, to change, by id.
fn own_endpoint<'a>(cx: &'a mut Cx<'_>, id: &str) -> Result<&'a mut ClientVpn, Refused> {
    seen_mut(&mut cx.region_mut().client_vpns)?.get_mut(id).ok_or_else(|| gone(id))
}

fn describe_client_vpn_target_networks(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeClientVpnTargetNetworks>,
) -> Said<ec2::DescribeClientVpnTargetNetworks> {
    let id = input.client_vpn_endpoint_id().unwrap_or_default();
    let endpoint = known(cx, Some(id))?;
    let (vpc, targets) = (endpoint.vpc.clone(), endpoint.targets.iter().cloned().collect());
    let (targets, next) = cx.page::<String>(targets, input.next_token(), input.max_results());
    let status = types::AssociationStatus::builder().code(types::AssociationStatusCode::Associated).build();
    let networks = targets.into_iter().map(|subnet| {
        types::TargetNetwork::builder()
            .association_id(subnet.replace("subnet-", "cvpn-assoc-"))
            .client_vpn_endpoint_id(id)
            .set_vpc_id(vpc.clone())
            .target_network_id(subnet)
            .status(status.clone())
            .build()
    });
    Ok(Out::<ec2::DescribeClientVpnTargetNetworks>::builder()
        .set_client_vpn_target_networks(Some(networks.collect()))
        .set_next_token(next)
        .build())
}

fn describe_client_vpn_authorization_rules(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeClientVpnAuthorizationRules>,
) -> Said<ec2::DescribeClientVpnAuthorizationRules> {
    let id = input.client_vpn_endpoint_id().unwrap_or_default();
    let rules = known(cx, Some(id))?.authorizations.iter().cloned().collect();
    let (rules, next) = cx.page::<Authorization>(rules, input.next_token(), input.max_results());
    let rules = rules.into_iter().map(|rule| {
        types::AuthorizationRule::builder()
            .client_vpn_endpoint_id(id)
            .destination_cidr(rule.cidr)
            .access_all(rule.group.is_none())
            .set_group_id(rule.group)
            .set_description(rule.description)
            .status(status(&rule.status))
            .build()
    });
    Ok(Out::<ec2::DescribeClientVpnAuthorizationRules>::builder()
        .set_authorization_rules(Some(rules.collect()))
        .set_next_token(next)
        .build())
}

fn status(code: &str) -> types::ClientVpnAuthorizationRuleStatus {
    types::ClientVpnAuthorizationRuleStatus::builder().code(code.into()).build()
}

fn describe_client_vpn_connections(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeClientVpnConnections>,
) -> Said<ec2::DescribeClientVpnConnections> {
    let id = input.client_vpn_endpoint_id().unwrap_or_default();
    let all = known(cx, Some(id))?.client_connections.clone().into_iter().collect();
    let (all, next) = cx.page::<(String, ClientConnection)>(all, input.next_token(), input.max_results());
    let connections = all.into_iter().map(|(connection, client)| {
        types::ClientVpnConnection::builder()
            .client_vpn_endpoint_id(id)
            .connection_id(connection)
            .username(client.user)
            .set_client_ip(client.client_ip)
            .status(connected(&client.status))
            .build()
    });
    Ok(Out::<ec2::DescribeClientVpnConnections>::builder()
        .set_connections(Some(connections.collect()))
        .set_next_token(next)
        .build())
}

fn connected(code: &str) -> types::ClientVpnConnectionStatus {
    types::ClientVpnConnectionStatus::builder().code(code.into()).build()
}

/// The rule for a network and a group, or for everybody.
fn same(rule: &Authorization, cidr: &str, group: Option<&str>) -> bool {
    rule.cidr == cidr && rule.group.as_deref() == group
}

/// Turns the rules of an endpoint that are on their way into what they become.
fn settle(cx: &mut Cx<'_>, endpoint: &str) {
    let endpoints = cx.region_mut().client_vpns.read_mut();
    let Some(endpoint) = endpoints.and_then(|all| all.get_mut(endpoint)) else { return };
    let rules = std::mem::take(&mut endpoint.authorizations).into_iter();
    let settled = rules.filter(|rule| rule.status != "revoking").map(|mut rule| {
        if rule.status == "authorizing" {
            rule.status = "active".into();
        }
        rule
    });
    endpoint.authorizations = settled.collect();
}

/// One of the two that the call must name: a group, or everybody.
fn whom(group: Option<&str>, all: Option<bool>) -> Result<Option<&str>, Refused> {
    match (group, all.unwrap_or(false)) {
        (None, false) => Err(refuse("MissingParameter", "Name a group, or all groups")),
        (Some(_), true) => {
            Err(refuse("InvalidParameterCombination", "Name a group, or all groups, not both"))
        }
        (group, _) => Ok(group),
    }
}

fn authorize_client_vpn_ingress(
    cx: &mut Cx<'_>,
    input: &In<ec2::AuthorizeClientVpnIngress>,
) -> Said<ec2::AuthorizeClientVpnIngress> {
    let id = input.client_vpn_endpoint_id().unwrap_or_default();
    let cidr = input.target_network_cidr().unwrap_or_default();
    let group = whom(input.access_group_id(), input.authorize_all_groups())?;
    let rules = &mut own_endpoint(cx, id)?.authorizations;
    // One that is being revoked is still there.
    if rules.iter().any(|rule| same(rule, cidr, group)) {
        let message = format!("Authorization rule for {cidr} already exists");
        return Err(refuse("InvalidClientVpnDuplicateAuthorizationRule", message));
    }
    rules.insert(Authorization {
        cidr: cidr.into(),
        group: group.map(Into::into),
        description: input.description().map(Into::into),
        status: "authorizing".into(),
    });
    cx.later(RULE_MS, id, settle);
    Ok(Out::<ec2::AuthorizeClientVpnIngress>::builder().status(status("authorizing")).build())
}

fn revoke_client_vpn_ingress(
    cx: &mut Cx<'_>,
    input: &In<ec2::RevokeClientVpnIngress>,
) -> Said<ec2::RevokeClientVpnIngress> {
    let id = input.client_vpn_endpoint_id().unwrap_or_default();
    let cidr = input.target_network_cidr().unwrap_or_default();
    let group = whom(input.access_group_id(), input.revoke_all_groups())?;
    let rules = &mut own_endpoint(cx, id)?.authorizations;
    // The rule for everybody, and those for a group, are separate even for the same network.
    let Some(mut rule) = rules.iter().find(|rule| same(rule, cidr, group)).cloned() else {
        let message = format!("Authorization rule for {cidr} does not exist");
        return Err(refuse("InvalidClientVpnEndpointAuthorizationRuleNotFound", message));
    };
    rules.remove(&rule);
    rule.status = "revoking".into();
    rules.insert(rule);
    cx.later(RULE_MS, id, settle);
    Ok(Out::<ec2::RevokeClientVpnIngress>::builder().status(status("revoking")).build())
}

fn terminate_client_vpn_connections(
    cx: &mut Cx<'_>,
    input: &In<ec2::TerminateClientVpnConnections>,
) -> Said<ec2::TerminateClientVpnConnections> {
    let id = input.client_vpn_endpoint_id().unwrap_or_default();
    if input.connection_id().is_none() && input.username().is_none() {
        return Err(refuse("MissingParameter", "Name a connection or a user"));
    }
    let wanted = |(connection, client): &(&String, &mut ClientConnection)| {
        input.connection_id().is_none_or(|id| id == connection.as_str())
            && input.username().is_none_or(|user| user == client.user)
    };
    let mut ended = BTreeSet::new();
    for (connection, client) in own_endpoint(cx, id)?.client_connections.iter_mut().filter(wanted) {
        client.status = "terminating".into();
        ended.insert(connection.clone());
    }
    if ended.is_empty() {
        let message = "The connection does not exist";
        return Err(refuse("InvalidClientVpnConnection.IdNotFound", message));
    }
    cx.later(CLIENT_MS, id, leave);
    let statuses = ended.into_iter().map(|connection| {
        types::TerminateConnectionStatus::builder()
            .connection_id(connection)
            .previous_status(connected("active"))
            .current_status(connected("terminating"))
            .build()
    });
    Ok(Out::<ec2::TerminateClientVpnConnections>::builder()
        .client_vpn_endpoint_id(id)
        .set_connection_statuses(Some(statuses.collect()))
        .build())
}

/// Clients that were told to go are gone; where a rule lets them in they dial in again.
fn leave(cx: &mut Cx<'_>, endpoint: &str) {
    let endpoints = cx.region_mut().client_vpns.read_mut();
    let Some(known) = endpoints.and_then(|all| all.get_mut(endpoint)) else { return };
    let (gone, stay) = std::mem::take(&mut known.client_connections)
        .into_iter()
        .partition(|(_, client)| client.status == "terminating");
    known.client_connections = stay;
    let lets_in = known.authorizations.iter().any(|rule| rule.status == "active");
    let gone: std::collections::BTreeMap<String, ClientConnection> = gone;
    for client in gone.into_values().filter(|_| lets_in) {
        let id = cx.new_id("cvpn-connection");
        let again = ClientConnection { status: "active".into(), ..client };
        if let Some(known) = cx.region_mut().client_vpns.read_mut().and_then(|all| all.get_mut(endpoint)) {
            known.client_connections.insert(id, again);
        }
    }
}
