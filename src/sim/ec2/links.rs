//! EC2: virtual private gateways, VPN connections and peerings.

use aws_sdk_ec2::types;

use super::propagation::forget;
use super::routes::blackhole;
use super::{Query, not_yours, region, tags};
use crate::account::{Peering, PeeringSide, VpnConnection, VpnGateway};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeVpnGateways>(describe_vpn_gateways);
    dispatch.on::<ec2::AttachVpnGateway>(attach_vpn_gateway);
    dispatch.on::<ec2::DetachVpnGateway>(detach_vpn_gateway);
    dispatch.on::<ec2::DescribeVpnConnections>(describe_vpn_connections);
    dispatch.on::<ec2::DescribeVpcPeeringConnections>(describe_vpc_peering_connections);
}

/// How long a gateway takes to be attached or detached.
const ATTACHES_MS: u64 = 6_000;

fn describe_vpn_gateways(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeVpnGateways>,
) -> Said<ec2::DescribeVpnGateways> {
    let query = Query {
        filters: input.filters(),
        ids: input.vpn_gateway_ids(),
        not_found: "InvalidVpnGatewayID.NotFound",
        max: None,
    };
    query.check(&["attachment.state", "attachment.vpc-id", "state", "vpn-gateway-id"])?;
    let gateways = query.choose(
        cx,
        seen(&region(cx).vpn_gateways)?,
        |gateway| &gateway.tags,
        |id, gateway, name| match name {
            "attachment.state" => vec![gateway.attachment.clone()],
            "attachment.vpc-id" => gateway.vpc.iter().cloned().collect(),
            "state" => vec![gateway.state.clone()],
            _ => vec![id.to_owned()],
        },
    )?;
    let gateways = gateways.into_iter().map(|(id, gateway)| vpn_gateway(id, gateway)).collect();
    Ok(Out::<ec2::DescribeVpnGateways>::builder().set_vpn_gateways(Some(gateways)).build())
}

fn vpn_gateway(id: &str, gateway: &VpnGateway) -> types::VpnGateway {
    let attachment = gateway.vpc.as_ref().map(|vpc| {
        types::VpcAttachment::builder().vpc_id(vpc).state(gateway.attachment.as_str().into()).build()
    });
    types::VpnGateway::builder()
        .vpn_gateway_id(id)
        .state(gateway.state.as_str().into())
        .set_amazon_side_asn(gateway.asn)
        .set_vpc_attachments(Some(attachment.into_iter().collect()))
        .set_tags(Some(tags(&gateway.tags)))
        .build()
}

/// A gateway, to change, by id.
fn gateway<'a>(cx: &'a mut Cx<'_>, id: &str) -> Result<&'a mut VpnGateway, Refused> {
    seen_mut(&mut cx.region_mut().vpn_gateways)?.get_mut(id).ok_or_else(|| {
        refuse("InvalidVpnGatewayID.NotFound", format!("The vpnGateway ID '{id}' does not exist"))
    })
}

fn attach_vpn_gateway(cx: &mut Cx<'_>, input: &In<ec2::AttachVpnGateway>) -> Said<ec2::AttachVpnGateway> {
    let (id, vpc) = (input.vpn_gateway_id().unwrap_or_default(), input.vpc_id().unwrap_or_default());
    let account = cx.world.account.id.clone();
    match seen(&region(cx).vpcs)?.get(vpc) {
        None => return Err(refuse("InvalidVpcID.NotFound", format!("The vpc ID '{vpc}' does not exist"))),
        Some(of) if of.owner != account => return Err(not_yours()),
        Some(_) => {}
    }
    let known = gateway(cx, id)?;
    if known.attachment == "detaching" || known.vpc.as_deref().is_some_and(|of| of != vpc) {
        let message = format!("The VpnGateway '{id}' is in an invalid state for this operation");
        return Err(refuse("InvalidVpnGatewayState", message));
    }
    // A VPC has one at most.
    let taken = |other: &VpnGateway| other.vpc.as_deref() == Some(vpc);
    if seen(&region(cx).vpn_gateways)?.iter().any(|(other, known)| other != id && taken(known)) {
        let message = format!("Network {vpc} already has a vpn gateway attached");
        return Err(refuse("VpnGatewayAttachmentLimitExceeded", message));
    }
    let known = gateway(cx, id)?;
    if known.vpc.is_none() {
        known.vpc = Some(vpc.into());
        known.attachment = "attaching".into();
        cx.later(ATTACHES_MS, id, |cx, id| {
            let attached = cx.region_mut().vpn_gateways.read_mut().and_then(|all| all.get_mut(id));
            if let Some(known) = attached.filter(|known| known.attachment == "attaching") {
                known.attachment = "attached".into();
                let vpc = known.vpc.clone();
                blackhole(cx, id, vpc.as_deref(), false);
            }
        });
    }
    let attachment = vpn_gateway(id, gateway(cx, id)?).vpc_attachments.unwrap_or_default().pop();
    Ok(Out::<ec2::AttachVpnGateway>::builder().set_vpc_attachment(attachment).build())
}

fn detach_vpn_gateway(cx: &mut Cx<'_>, input: &In<ec2::DetachVpnGateway>) -> Said<ec2::DetachVpnGateway> {
    let (id, vpc) = (input.vpn_gateway_id().unwrap_or_default(), input.vpc_id().unwrap_or_default());
    let known = gateway(cx, id)?;
    if known.vpc.as_deref() != Some(vpc) || known.attachment == "detaching" {
        let message = format!("The attachment with vpn gateway ID '{id}' and vpc ID '{vpc}' does not exist");
        return Err(refuse("InvalidVpnGatewayAttachment.NotFound", message));
    }
    known.attachment = "detaching".into();
    cx.later(ATTACHES_MS, id, |cx, id| {
        let detached = cx.region_mut().vpn_gateways.read_mut().and_then(|all| all.get_mut(id));
        if let Some(known) = detached.filter(|known| known.attachment == "detaching") {
            known.vpc = None;
            known.attachment = String::new();
            forget(cx, id);
            blackhole(cx, id, None, true);
        }
    });
    Ok(Out::<ec2::DetachVpnGateway>::builder().build())
}

fn describe_vpn_connections(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeVpnConnections>,
) -> Said<ec2::DescribeVpnConnections> {
    let query = Query {
        filters: input.filters(),
        ids: input.vpn_connection_ids(),
        not_found: "InvalidVpnConnectionID.NotFound",
        max: None,
    };
    query.check(&["state", "vpn-connection-id", "vpn-gateway-id", "transit-gateway-id"])?;
    let connections = query.choose(
        cx,
        seen(&region(cx).vpn_connections)?,
        |vpn| &vpn.tags,
        |id, vpn, name| match name {
            "state" => vec![vpn.state.clone()],
            "vpn-connection-id" => vec![id.to_owned()],
            _ => vpn.gateway.iter().cloned().collect(),
        },
    )?;
    let connections = connections.into_iter().map(|(id, vpn)| vpn_connection(id, vpn)).collect();
    Ok(Out::<ec2::DescribeVpnConnections>::builder().set_vpn_connections(Some(connections)).build())
}

fn vpn_connection(id: &str, vpn: &VpnConnection) -> types::VpnConnection {
    let routes = vpn.static_routes.iter().map(|cidr| {
        types::VpnStaticRoute::builder()
            .destination_cidr_block(cidr)
            .state(types::VpnState::Available)
            .build()
    });
    let tunnels = vpn.tunnels.iter().map(|(address, status)| {
        types::VgwTelemetry::builder().outside_ip_address(address).status(status.as_str().into()).build()
    });
    let ends_at = |prefix: &str| vpn.gateway.clone().filter(|gateway| gateway.starts_with(prefix));
    let elsewhere = |gateway: &String| ["vgw-", "tgw-", "arn:"].iter().all(|p| !gateway.starts_with(p));
    types::VpnConnection::builder()
        .vpn_connection_id(id)
        .set_vpn_gateway_id(ends_at("vgw-"))
        .set_transit_gateway_id(ends_at("tgw-"))
        .set_core_network_arn(ends_at("arn:"))
        .set_vpn_concentrator_id(vpn.gateway.clone().filter(elsewhere))
        .customer_gateway_id(&vpn.customer_gateway)
        .state(vpn.state.as_str().into())
        .set_routes(Some(routes.collect()))
        .set_vgw_telemetry(Some(tunnels.collect()))
        .set_tags(Some(tags(&vpn.tags)))
        .build()
}

fn describe_vpc_peering_connections(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeVpcPeeringConnections>,
) -> Said<ec2::DescribeVpcPeeringConnections> {
    let query = Query {
        filters: input.filters(),
        ids: input.vpc_peering_connection_ids(),
        not_found: "InvalidVpcPeeringConnectionID.NotFound",
        max: input.max_results(),
    };
    query.check(&[
        "accepter-vpc-info.vpc-id",
        "requester-vpc-info.vpc-id",
        "status-code",
        "vpc-peering-connection-id",
    ])?;
    let peerings = query.choose(
        cx,
        seen(&region(cx).peerings)?,
        |peering| &peering.tags,
        |id, peering, name| match name {
            "accepter-vpc-info.vpc-id" => vec![peering.accepter.vpc.clone()],
            "requester-vpc-info.vpc-id" => vec![peering.requester.vpc.clone()],
            "status-code" => vec![peering.state.clone()],
            _ => vec![id.to_owned()],
        },
    )?;
    let (peerings, next) = cx.page(peerings, input.next_token(), input.max_results());
    let peerings = peerings.into_iter().map(|(id, p)| peering(id, p)).collect();
    Ok(Out::<ec2::DescribeVpcPeeringConnections>::builder()
        .set_vpc_peering_connections(Some(peerings))
        .set_next_token(next)
        .build())
}

fn peering(id: &str, peering: &Peering) -> types::VpcPeeringConnection {
    let status = types::VpcPeeringConnectionStateReason::builder().code(peering.state.as_str().into());
    types::VpcPeeringConnection::builder()
        .vpc_peering_connection_id(id)
        .requester_vpc_info(side(&peering.requester))
        .accepter_vpc_info(side(&peering.accepter))
        .status(status.build())
        .set_tags(Some(tags(&peering.tags)))
        .build()
}

fn side(side: &PeeringSide) -> types::VpcPeeringConnectionVpcInfo {
    let blocks = side.cidrs.iter().map(|cidr| types::CidrBlock::builder().cidr_block(cidr).build());
    let ipv6 =
        side.ipv6_cidrs.iter().map(|cidr| types::Ipv6CidrBlock::builder().ipv6_cidr_block(cidr).build());
    types::VpcPeeringConnectionVpcInfo::builder()
        .vpc_id(&side.vpc)
        .owner_id(&side.owner)
        .region(&side.region)
        .set_cidr_block(side.cidrs.first().cloned())
        .set_cidr_block_set(Some(blocks.collect()))
        .set_ipv6_cidr_block_set(Some(ipv6.collect()))
        .build()
}

#[cfg(test)]
mod tests;
