//! What a VPC is linked to, and Block Public Access.

use std::collections::BTreeSet;

use super::area::{Area, Net, cidr, cidrs_of, side_cidrs};
use super::pass::{Doubt, Pass};
use super::rules;
use super::sets::{Addresses, Family};
use super::{Direction, seats};
use crate::account::{Interface, PeeringSide, Section};

/// Does Block Public Access let the internet's traffic through? `None` when it does not.
///
/// `outbound`: it can only be begun from inside, as through a NAT gateway or an egress-only gateway.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html>
pub fn unblocked(net: &Net<'_>, area: &Area<'_>, vpc: &str, subnet: &str, outbound: bool) -> Option<Doubt> {
    let doubt = Some(Doubt::of(Section::VpcBlock));
    let Some(block) = area.region.vpc_block.read() else { return doubt };
    // In a shared subnet its owner's setting holds.
    if area.region.subnets.item(subnet).is_some_and(|known| known.owner != net.account.id) {
        return doubt;
    }
    let excluded = block.exclusions.values().filter(|exclusion| {
        let id = exclusion.resource.rsplit('/').next().unwrap_or_default();
        !matches!(&*exclusion.state, "create-failed" | "delete-complete" | "disable-complete")
            && (id == vpc || id == subnet)
    });
    let both = excluded.clone().any(|exclusion| rules::lets_in(&exclusion.mode));
    let out = excluded.count() > 0;
    match &*block.mode {
        "off" => Some(Doubt::NONE),
        _ if both || (out && outbound) => Some(Doubt::NONE),
        "block-ingress" if outbound => Some(Doubt::NONE),
        // The new mode is set, and not in force until AWS says so.
        _ if block.state != "update-complete" => doubt,
        "block-ingress" | "block-bidirectional" => None,
        _ => doubt,
    }
}

/// The other side of a peering.
pub struct Far<'a> {
    pub id: &'a str,
    pub side: &'a PeeringSide,
}

/// The peerings of a VPC that carry traffic.
pub fn peerings<'a>(area: &Area<'a>, vpc: &str) -> impl Iterator<Item = Far<'a>> {
    area.region.peerings.items().filter(|(_, peering)| peering.state == "active").filter_map(
        move |(id, peering)| {
            let side = match () {
                () if peering.requester.vpc == vpc => &peering.accepter,
                () if peering.accepter.vpc == vpc => &peering.requester,
                () => return None,
            };
            Some(Far { id, side })
        },
    )
}

impl Far<'_> {
    /// The addresses behind it.
    pub fn addresses(&self, net: &Net<'_>, family: Family) -> Addresses {
        let said = side_cidrs(self.side, family);
        match net.vpc(&self.side.vpc) {
            Some((_, vpc)) if said.is_empty() => cidrs_of(vpc, family),
            _ => said,
        }
    }
}

/// The virtual private gateway of a VPC.
pub fn vpn_gateway<'a>(area: &Area<'a>, vpc: &str) -> Option<&'a str> {
    let attached = |state: &str| matches!(state, "attached" | "detaching");
    let mut gateways = area.region.vpn_gateways.items();
    gateways
        .find(|(_, gateway)| gateway.vpc.as_deref() == Some(vpc) && attached(&gateway.attachment))
        .map(|(id, _)| &**id)
}

/// Where, within a subnet, somebody else's rules or routes begin to treat addresses differently:
/// between two of these edges all addresses are alike.
pub fn edges(net: &Net<'_>, area: &Area<'_>, of: &Interface, family: Family) -> Vec<u128> {
    let mut edges = vec![];
    let add = |pass: &Pass, edges: &mut Vec<u128>| {
        edges.extend(pass.pieces().iter().flat_map(|p| [Some(p.0), p.1.checked_add(1)]).flatten());
    };
    let acl = |subnet: &str, edges: &mut Vec<u128>| {
        for direction in Direction::BOTH {
            add(&area.acl(subnet, direction, family), edges);
        }
    };
    let filters = |groups: &BTreeSet<String>, edges: &mut Vec<u128>| {
        for direction in Direction::BOTH {
            add(&area.groups(net, &of.vpc, groups, direction, family).by_address, edges);
        }
    };
    for (target, ..) in
        area.routes(&of.vpc, &of.subnet, family).into_iter().flat_map(|routes| routes.targets())
    {
        if let Some(subnet) = area.region.nat_gateways.item(*target).and_then(|nat| nat.subnet.as_deref()) {
            acl(subnet, &mut edges);
        }
        if let Some(interface) = area.region.interfaces.item(*target) {
            acl(&interface.subnet, &mut edges);
            filters(&interface.groups, &mut edges);
        }
    }
    for (_, endpoint) in area.region.endpoints.items().filter(|(_, e)| e.vpc == of.vpc) {
        endpoint.subnets.iter().for_each(|subnet| acl(subnet, &mut edges));
        if !endpoint.groups.is_empty() {
            filters(&endpoint.groups, &mut edges);
        }
        for interface in endpoint.interfaces.iter().filter_map(|id| area.region.interfaces.item(id)) {
            edges.extend(seats(interface, family).into_iter().flat_map(|(own, _)| [own, own + 1]));
        }
    }
    let gateways =
        area.internet_gateway(&of.vpc).map(|(id, _)| id).into_iter().chain(vpn_gateway(area, &of.vpc));
    for routes in gateways.filter_map(|id| area.edge(id, family)) {
        edges.extend(routes.1.edges());
    }
    for vpc in peerings(area, &of.vpc).map(|far| &*far.side.vpc).collect::<BTreeSet<_>>() {
        let Some((area, _)) = net.vpc(vpc) else { continue };
        edges.extend(area.route_edges(vpc, family));
    }
    let own = area.region.subnets.item(&of.subnet).map(|own| family.cidrs(cidr(own, family)));
    if let Some(within) = &own {
        edges.retain(|edge| within.contains(*edge));
    }
    let (low, high) = match own.as_ref().map(Addresses::parts) {
        Some([(low, high), ..]) => (*low, *high),
        Some([]) => return edges,
        None => (0, u128::MAX),
    };
    for transit in area.transits(net, &of.vpc).iter() {
        let all = transit.edges(family);
        let within = all.partition_point(|edge| *edge < low)..all.partition_point(|edge| *edge <= high);
        edges.extend_from_slice(&all[within]);
    }
    edges.sort_unstable();
    edges.dedup();
    edges
}
