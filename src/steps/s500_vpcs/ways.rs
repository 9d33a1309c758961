//! The ways in and out of a VPC, and those of the Region that belong to no VPC.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::{LoadBalancer, Peering, Region, Seen};
use crate::step::count;

/// The ids of a section's items that fit, after a word for them; nothing where there are none.
fn named<T>(
    word: &str,
    seen: &Seen<BTreeMap<String, T>>,
    fits: impl Fn(&T) -> bool,
    more: impl Fn(&T) -> String,
) -> Option<String> {
    let ids: Vec<String> =
        seen.items().filter(|(_, item)| fits(item)).map(|(id, item)| format!("{id}{}", more(item))).collect();
    (!ids.is_empty()).then(|| format!("{word} {}", ids.join(", ")))
}

fn plain<T>(_: &T) -> String {
    String::new()
}

/// Returns the gateways and links of a VPC, each kind with its ids.
pub(super) fn of_vpc(id: &str, here: &Region) -> Vec<String> {
    let is = |vpc: &Option<String>| vpc.as_deref() == Some(id);
    let other = |peering: &Peering| {
        let side = if peering.requester.vpc == id { &peering.accepter } else { &peering.requester };
        format!(" to {} of {}", side.vpc, side.owner)
    };
    let lives = |state: &str| !matches!(state, "deleted" | "deleting" | "rejected" | "failed" | "expired");
    let tunnels: BTreeSet<&String> = here
        .vpn_connections
        .items()
        .filter(|(_, vpn)| vpn.gateway.as_ref().is_some_and(|gateway| is_attached(here, gateway, id)))
        .map(|(id, _)| id)
        .collect();
    let facing = |lb: &LoadBalancer| lb.vpc == id && lb.scheme == "internet-facing";
    let fronts: Vec<&str> =
        here.load_balancers.items().filter(|(_, lb)| facing(lb)).map(|(_, lb)| lb.name.as_str()).collect();
    [
        named("internet gateway", &here.internet_gateways, |igw| is(&igw.vpc), plain),
        named("egress-only gateway", &here.egress_gateways, |gateway| gateway.vpc == id, plain),
        named("NAT", &here.nat_gateways, |nat| nat.vpc == id, plain),
        named("VPN gateway", &here.vpn_gateways, |vgw| is(&vgw.vpc), plain),
        (!tunnels.is_empty())
            .then(|| format!("VPN {}", tunnels.into_iter().cloned().collect::<Vec<_>>().join(", "))),
        named("Client VPN", &here.client_vpns, |vpn| is(&vpn.vpc), plain),
        named(
            "peering",
            &here.peerings,
            |p| (p.requester.vpc == id || p.accepter.vpc == id) && lives(&p.state),
            other,
        ),
        named(
            "transit attachment",
            &here.transit_attachments,
            |attachment| attachment.resource == id && lives(&attachment.state),
            |attachment| format!(" to {} of {}", attachment.gateway, attachment.gateway_owner),
        ),
        named(
            "endpoint",
            &here.endpoints,
            |e| e.vpc == id && lives(&e.state),
            |e| format!(" ({})", if e.service.is_empty() { &e.kind } else { &e.service }),
        ),
        named("Instance Connect endpoint", &here.connect_endpoints, |e| e.vpc == id, plain),
        routed(id, here),
        (!fronts.is_empty()).then(|| format!("load balancers facing the internet: {}", fronts.join(", "))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Gateways that have no list of their own here: the targets of the VPC's routes.
fn routed(id: &str, here: &Region) -> Option<String> {
    let tables = here.route_tables.items().filter(|(_, table)| table.vpc == id);
    let targets: BTreeSet<&str> =
        tables.flat_map(|(_, table)| &table.routes).map(|route| route.target.as_str()).collect();
    let word = |target: &str| match target {
        _ if target.starts_with("lgw-") => Some(format!("local gateway {target}")),
        _ if target.starts_with("cagw-") => Some(format!("carrier gateway {target}")),
        _ if target.contains(":core-network/") => Some(format!("Cloud WAN {target}")),
        _ if target.contains(":odb:") => Some(format!("ODB network {target}")),
        _ => None,
    };
    let words: Vec<String> = targets.into_iter().filter_map(word).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

/// Is this virtual private gateway attached to the VPC?
fn is_attached(here: &Region, gateway: &str, vpc: &str) -> bool {
    here.vpn_gateways.item(gateway).is_some_and(|of| of.vpc.as_deref() == Some(vpc))
}

/// Ways in and out that no VPC has for itself.
pub(super) fn of_the_region(here: &Region) -> Vec<String> {
    [
        named(
            "Direct Connect",
            &here.virtual_interfaces,
            |_| true,
            |vif| {
                format!(
                    " ({}{})",
                    vif.kind,
                    vif.gateway.as_ref().map_or(String::new(), |to| format!(" to {to}"))
                )
            },
        ),
        named(
            "VPN on no gateway of a VPC",
            &here.vpn_connections,
            |vpn| !vpn.gateway.as_ref().is_some_and(|gateway| gateway.starts_with("vgw-")),
            |vpn| vpn.gateway.as_ref().map_or(String::new(), |gateway| format!(" (on {gateway})")),
        ),
        named(
            "offered to others",
            &here.endpoint_services,
            |_| true,
            |service| format!(" ({})", count(service.connections.len(), "connection")),
        ),
    ]
    .into_iter()
    .chain([super::unjudged::elsewhere(here)])
    .flatten()
    .collect()
}
