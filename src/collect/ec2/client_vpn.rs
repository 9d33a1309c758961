//! Client VPN endpoints: who may go where, and who is connected.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;

use super::{PAGE, tags};
use crate::account::{Authorization, ClientConnection, ClientVpn};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// Endpoints, each with its target networks, rules and connections: four lists.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeClientVpnEndpoints.html>
pub(in crate::collect) async fn client_vpns(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, ClientVpn>, AwsError> {
    let list = aws.ec2(region).describe_client_vpn_endpoints().max_results(PAGE);
    let found: Vec<(String, ClientVpn)> = lists::all(aws, list, endpoint).await?;
    let mut endpoints = BTreeMap::new();
    for (id, mut endpoint) in found {
        (endpoint.targets, endpoint.authorizations, endpoint.client_connections) = futures::try_join!(
            targets(aws, region, &id),
            authorizations(aws, region, &id),
            connections(aws, region, &id),
        )?;
        endpoints.insert(id, endpoint);
    }
    Ok(endpoints)
}

fn endpoint(endpoint: types::ClientVpnEndpoint) -> Option<(String, ClientVpn)> {
    let status = endpoint.status.and_then(|status| status.code);
    if status == Some(types::ClientVpnEndpointStatusCode::Deleted) {
        return None;
    }
    let value = ClientVpn {
        vpc: endpoint.vpc_id.filter(|id| !id.is_empty()),
        transit_gateway: endpoint.transit_gateway_configuration.and_then(|to| to.transit_gateway_id),
        status: status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        client_cidr: endpoint.client_cidr_block,
        groups: endpoint.security_group_ids.unwrap_or_default().into_iter().collect(),
        tags: tags(endpoint.tags),
        ..ClientVpn::default()
    };
    Some((endpoint.client_vpn_endpoint_id?, value))
}

/// Subnets that it is associated with.
async fn targets(aws: &Aws, region: &str, endpoint: &str) -> Result<BTreeSet<String>, AwsError> {
    use types::AssociationStatusCode::{Associated, Associating};
    let list = aws.ec2(region).describe_client_vpn_target_networks().client_vpn_endpoint_id(endpoint);
    let lives = |network: &types::TargetNetwork| {
        let code = network.status().and_then(types::AssociationStatus::code);
        code.is_none_or(|code| matches!(code, Associated | Associating))
    };
    let target =
        |network: types::TargetNetwork| network.target_network_id.clone().filter(|_| lives(&network));
    lists::all(aws, list.max_results(PAGE), target).await
}

/// The rules of an endpoint, those on their way in or out included.
pub(crate) async fn authorizations(
    aws: &Aws,
    region: &str,
    endpoint: &str,
) -> Result<BTreeSet<Authorization>, AwsError> {
    let list = aws.ec2(region).describe_client_vpn_authorization_rules().client_vpn_endpoint_id(endpoint);
    lists::all(aws, list.max_results(PAGE), authorization).await
}

fn authorization(rule: types::AuthorizationRule) -> Option<Authorization> {
    let everybody = rule.access_all.unwrap_or(false);
    Some(Authorization {
        cidr: rule.destination_cidr?,
        group: rule.group_id.filter(|group| !everybody && !group.is_empty()),
        description: rule.description.filter(|text| !text.is_empty()),
        status: rule.status.and_then(|s| s.code).map(|code| code.as_str().to_owned()).unwrap_or_default(),
    })
}

/// Who is connected. AWS lists those that left for another hour: they are left out.
async fn connections(
    aws: &Aws,
    region: &str,
    endpoint: &str,
) -> Result<BTreeMap<String, ClientConnection>, AwsError> {
    let list = aws.ec2(region).describe_client_vpn_connections().client_vpn_endpoint_id(endpoint);
    lists::all(aws, list.max_results(PAGE), connection).await
}

fn connection(connection: types::ClientVpnConnection) -> Option<(String, ClientConnection)> {
    let status = connection.status.and_then(|status| status.code);
    if status == Some(types::ClientVpnConnectionStatusCode::Terminated) {
        return None;
    }
    let status = status.map(|status| status.as_str().to_owned()).unwrap_or_default();
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let user = given(connection.username).or(given(connection.common_name)).unwrap_or_default();
    let ip = given(connection.client_ip).or(given(connection.client_ipv6_address));
    let value = ClientConnection { user, client_ip: ip, status };
    Some((connection.connection_id?, value))
}
