//! Moves on what leads out of a VPC and into it: gateways, VPN, endpoints, side doors, the public block.

use super::moves::{Attempt, Scene};
use super::parts::{Part, again, each, regions, whole};
use crate::account::{
    Address, ClientVpn, EgressGateway, Endpoint, EndpointService, InternetGateway, NatGateway,
    TransitAttachment, VirtualInterface, VpnGateway,
};

const INTERNET: Part<InternetGateway> = Part {
    noun: "ec2:internet-gateway",
    of: |here| &here.internet_gateways,
    of_mut: |here| &mut here.internet_gateways,
};
const EGRESS: Part<EgressGateway> = Part {
    noun: "ec2:egress-only-internet-gateway",
    of: |here| &here.egress_gateways,
    of_mut: |here| &mut here.egress_gateways,
};
const NAT: Part<NatGateway> =
    Part { noun: "ec2:natgateway", of: |here| &here.nat_gateways, of_mut: |here| &mut here.nat_gateways };
const ADDRESSES: Part<Address> =
    Part { noun: "ec2:elastic-ip", of: |here| &here.addresses, of_mut: |here| &mut here.addresses };
const VPN_GATEWAYS: Part<VpnGateway> =
    Part { noun: "ec2:vpn-gateway", of: |here| &here.vpn_gateways, of_mut: |here| &mut here.vpn_gateways };
const CLIENT_VPNS: Part<ClientVpn> = Part {
    noun: "ec2:client-vpn-endpoint",
    of: |here| &here.client_vpns,
    of_mut: |here| &mut here.client_vpns,
};
const VIRTUAL: Part<VirtualInterface> = Part {
    noun: "directconnect:dxvif",
    of: |here| &here.virtual_interfaces,
    of_mut: |here| &mut here.virtual_interfaces,
};
const TRANSIT: Part<TransitAttachment> = Part {
    noun: "ec2:transit-gateway-attachment",
    of: |here| &here.transit_attachments,
    of_mut: |here| &mut here.transit_attachments,
};
const ENDPOINTS: Part<Endpoint> =
    Part { noun: "ec2:vpc-endpoint", of: |here| &here.endpoints, of_mut: |here| &mut here.endpoints };
const SERVICES: Part<EndpointService> = Part {
    noun: "ec2:vpc-endpoint-service",
    of: |here| &here.endpoint_services,
    of_mut: |here| &mut here.endpoint_services,
};

pub(super) fn gateways(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = each(scene, &INTERNET, "ec2:AttachInternetGateway", |was, is| {
        is.vpc.clone_from(&was.vpc);
    });
    attempts.extend(each(scene, &ADDRESSES, "ec2:AssociateAddress", |was, is| {
        is.interface.clone_from(&was.interface);
        is.private_ip.clone_from(&was.private_ip);
        is.interface_owner.clone_from(&was.interface_owner);
    }));
    attempts.extend(again(scene, &EGRESS, "ec2:CreateEgressOnlyInternetGateway", |_| false));
    attempts.extend(again(scene, &NAT, "ec2:CreateNatGateway", |nat| {
        matches!(&*nat.state, "deleting" | "deleted" | "failed")
    }));
    attempts.extend(each(scene, &VPN_GATEWAYS, "ec2:AttachVpnGateway", |was, is| {
        is.vpc.clone_from(&was.vpc);
        is.attachment.clone_from(&was.attachment);
    }));
    attempts
}

pub(super) fn vpn(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = each(scene, &VIRTUAL, "directconnect:StopBgpFailoverTest", |was, is| {
        is.state.clone_from(&was.state);
        is.failover_test.clone_from(&was.failover_test);
        is.peers.clone_from(&was.peers);
    });
    attempts.extend(each(scene, &CLIENT_VPNS, "ec2:AuthorizeClientVpnIngress", |was, is| {
        is.authorizations.clone_from(&was.authorizations);
        is.client_connections.clone_from(&was.client_connections);
    }));
    attempts.extend(each(scene, &TRANSIT, "ec2:AssociateTransitGatewayRouteTable", |was, is| {
        is.table.clone_from(&was.table);
        is.association.clone_from(&was.association);
    }));
    attempts
}

pub(super) fn endpoints(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = each(scene, &ENDPOINTS, "ec2:ModifyVpcEndpoint", |was, is| {
        is.policy.clone_from(&was.policy);
        is.route_tables.clone_from(&was.route_tables);
        is.subnets.clone_from(&was.subnets);
    });
    attempts.extend(again(scene, &ENDPOINTS, "ec2:CreateVpcEndpoint", |endpoint| {
        matches!(&*endpoint.state, "deleting" | "deleted" | "failed")
    }));
    attempts
}

pub(super) fn side_doors(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = each(scene, &SERVICES, "ec2:AcceptVpcEndpointConnections", |was, is| {
        is.connections.clone_from(&was.connections);
    });
    attempts.extend(whole(
        scene,
        ("ec2:EnableSerialConsoleAccess", "serial console"),
        |here| &here.serial_console,
        |here| &mut here.serial_console,
        |was, is| *is = *was,
    ));
    attempts.extend(sessions(scene));
    attempts
}

/// A new session on a host whose session was ended. AWS gives it a new id.
fn sessions(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = vec![];
    for (region, wanted, now) in regions(scene) {
        let Some(open) = now.sessions.read() else { continue };
        let on = |target: &str| open.values().any(|session| session.target == target);
        for (id, was) in wanted.sessions.items().filter(|(_, was)| !on(&was.target)) {
            let asks =
                vec![("ssm:StartSession", super::parts::arn(scene, region, "ec2:instance", &was.target))];
            let new = format!("{id}-again");
            let (region, id, was) = (region.clone(), id.clone(), was.clone());
            attempts.push(Attempt::new(&was.target.clone(), asks, move |account| {
                if let Some(all) = account.regions.get_mut(&region).and_then(|here| here.sessions.read_mut())
                {
                    all.remove(&id);
                    all.insert(new.clone(), was.clone());
                }
            }));
        }
    }
    attempts
}

pub(super) fn public_access(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = whole(
        scene,
        ("ec2:ModifyVpcBlockPublicAccessOptions", "VPC Block Public Access"),
        |here| &here.vpc_block,
        |here| &mut here.vpc_block,
        |was, is| is.mode.clone_from(&was.mode),
    );
    attempts.extend(whole(
        scene,
        ("ec2:CreateVpcBlockPublicAccessExclusion", "exclusions"),
        |here| &here.vpc_block,
        |here| &mut here.vpc_block,
        |was, is| is.exclusions.clone_from(&was.exclusions),
    ));
    attempts
}
