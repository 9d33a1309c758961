//! Links out of a VPC: virtual private gateways, VPN connections, transit gateway attachments and
//! peerings. None is filtered by VPC: what is detached, and what ends elsewhere, is wanted too.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::{PAGE, tags};
use crate::account::{Peering, PeeringSide, TransitAttachment, VpnConnection, VpnGateway};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// One list without pages. A deleted gateway stays in it for a while and is left out.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpnGateways.html>
pub(in crate::collect) async fn vpn_gateways(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, VpnGateway>, AwsError> {
    let answer = aws.ec2(region).describe_vpn_gateways().send().await?;
    Ok(answer.vpn_gateways.unwrap_or_default().into_iter().filter_map(vpn_gateway).collect())
}

pub(crate) fn vpn_gateway(gateway: types::VpnGateway) -> Option<(String, VpnGateway)> {
    use types::AttachmentStatus::Detached;
    if gateway.state == Some(types::VpnState::Deleted) {
        return None;
    }
    // It has one at most; those that it had may still be listed as detached.
    let mut attachments = gateway.vpc_attachments.unwrap_or_default().into_iter();
    let attachment = attachments.find(|attachment| attachment.state != Some(Detached));
    let attachment = attachment.unwrap_or_else(|| types::VpcAttachment::builder().build());
    let value = VpnGateway {
        vpc: attachment.vpc_id,
        attachment: attachment.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        state: gateway.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        asn: gateway.amazon_side_asn,
        tags: tags(gateway.tags),
    };
    Some((gateway.vpn_gateway_id?, value))
}

/// One list without pages. The configuration for the customer's device is in it, with the
/// pre-shared keys, and is dropped unread.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpnConnections.html>
pub(in crate::collect) async fn vpn_connections(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, VpnConnection>, AwsError> {
    let answer = aws.ec2(region).describe_vpn_connections().send().await?;
    Ok(answer.vpn_connections.unwrap_or_default().into_iter().filter_map(vpn_connection).collect())
}

fn vpn_connection(vpn: types::VpnConnection) -> Option<(String, VpnConnection)> {
    if vpn.state == Some(types::VpnState::Deleted) {
        return None;
    }
    let routes = vpn.routes.unwrap_or_default().into_iter();
    let tunnels = vpn.vgw_telemetry.unwrap_or_default().into_iter();
    let gateways =
        [vpn.vpn_gateway_id, vpn.transit_gateway_id, vpn.core_network_arn, vpn.vpn_concentrator_id];
    let value = VpnConnection {
        // AWS gives an empty text where it means none.
        gateway: gateways.into_iter().flatten().find(|id| !id.is_empty()),
        customer_gateway: vpn.customer_gateway_id.unwrap_or_default(),
        state: vpn.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        static_routes: routes
            .filter(|route| route.state != Some(types::VpnState::Deleted))
            .filter_map(|route| route.destination_cidr_block)
            .collect(),
        tunnels: tunnels
            .filter_map(|tunnel| Some((tunnel.outside_ip_address?, tunnel.status?.as_str().to_owned())))
            .collect(),
        tags: tags(vpn.tags),
    };
    Some((vpn.vpn_connection_id?, value))
}

/// Attachments of this account, and those of others to its transit gateways.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTransitGatewayAttachments.html>
pub(in crate::collect) async fn transit_attachments(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, TransitAttachment>, AwsError> {
    let list = aws.ec2(region).describe_transit_gateway_attachments().max_results(PAGE);
    lists::all(aws, list, transit_attachment).await
}

pub(crate) fn transit_attachment(
    attachment: types::TransitGatewayAttachment,
) -> Option<(String, TransitAttachment)> {
    use types::TransitGatewayAssociationState::Disassociated;
    if attachment.state == Some(types::TransitGatewayAttachmentState::Deleted) {
        return None;
    }
    let association = attachment.association.filter(|to| to.state != Some(Disassociated));
    let (table, association) =
        association.map(|to| (to.transit_gateway_route_table_id, to.state)).unwrap_or_default();
    let value = TransitAttachment {
        gateway: attachment.transit_gateway_id.unwrap_or_default(),
        gateway_owner: attachment.transit_gateway_owner_id.unwrap_or_default(),
        kind: attachment.resource_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        resource: attachment.resource_id.unwrap_or_default(),
        resource_owner: attachment.resource_owner_id.unwrap_or_default(),
        state: attachment.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        table,
        association: association.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        tags: tags(attachment.tags),
    };
    Some((attachment.transit_gateway_attachment_id?, value))
}

/// Peerings, those left out that AWS still lists for hours after they are deleted.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcPeeringConnections.html>
pub(in crate::collect) async fn peerings(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, Peering>, AwsError> {
    let list = aws.ec2(region).describe_vpc_peering_connections().max_results(PAGE);
    lists::all(aws, list, peering).await
}

fn peering(peering: types::VpcPeeringConnection) -> Option<(String, Peering)> {
    let state = peering.status.and_then(|status| status.code);
    if state == Some(types::VpcPeeringConnectionStateReasonCode::Deleted) {
        return None;
    }
    let value = Peering {
        requester: peering.requester_vpc_info.map(side).unwrap_or_default(),
        accepter: peering.accepter_vpc_info.map(side).unwrap_or_default(),
        state: state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        tags: tags(peering.tags),
    };
    Some((peering.vpc_peering_connection_id?, value))
}

fn side(side: types::VpcPeeringConnectionVpcInfo) -> PeeringSide {
    let blocks = side.cidr_block_set.unwrap_or_default().into_iter().filter_map(|block| block.cidr_block);
    let ipv6 = side.ipv6_cidr_block_set.unwrap_or_default().into_iter();
    PeeringSide {
        vpc: side.vpc_id.unwrap_or_default(),
        owner: side.owner_id.unwrap_or_default(),
        region: side.region.unwrap_or_default(),
        // The first block stands alone as well, and the other account's other blocks only in the set.
        cidrs: side.cidr_block.into_iter().chain(blocks).collect(),
        ipv6_cidrs: ipv6.filter_map(|block| block.ipv6_cidr_block).collect(),
    }
}
