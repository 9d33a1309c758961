//! 500: which VPCs there are, and every way in and out of each. Nothing is changed.

#[cfg(test)]
mod tests;
mod unjudged;

use std::collections::{BTreeMap, BTreeSet};

use crate::account::{Account, Peering, Region, Section, Seen, Vpc};
use crate::step::{Case, Does, Found, Iam, Reversal, Spec, Step, StepId, count};

pub struct Vpcs;

static SPEC: Spec = Spec {
    id: StepId(500),
    slug: "vpcs",
    title: "VPCs: what there is, and every way in and out",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        // A scope of instances or tags is found by them.
        Section::Instances,
        Section::Interfaces,
        Section::InternetGateways,
        Section::EgressGateways,
        Section::NatGateways,
        Section::VpnGateways,
        Section::VpnConnections,
        Section::ClientVpns,
        Section::VirtualInterfaces,
        Section::TransitAttachments,
        Section::Peerings,
        Section::Endpoints,
        Section::EndpointServices,
        Section::ConnectEndpoints,
        Section::LoadBalancers,
        Section::RouteTables,
        Section::SideDoors,
    ],
    reversal: Reversal::Full,
    iam: Iam { apply: &[], undo: &[] },
    params: &[],
    does: Does::Looks,
    cuts: "nothing: it looks",
    leaves: "everything as it is",
    breaks: "Nothing stops.",
    doc: "\
Prints one line for each VPC in scope: subnets and interfaces, whose they are where another account
shares them, how many have a public address, and each way in and out by its id: internet gateways and
egress-only ones, NAT gateways, virtual private gateways and their VPN connections, Client VPN, peerings,
transit gateways, endpoints, Instance Connect endpoints, load balancers, and by the routes to them local
and carrier gateways, Cloud WAN and ODB networks. What belongs to no VPC is printed
for its Region: Direct Connect, VPN connections on a transit gateway, Cloud WAN or a concentrator, endpoint
services offered to others.

**Limits.** A gateway that is there is not a path that is open: routes, ACLs and groups decide, and the
plan's exposure says what they let through. What stands after \"not judged\" is counted by no exposure and
has no step: VPC Lattice, by its routes and what it associates with endpoints; Verified Access,
Resolver endpoints and traffic that is mirrored; an Outpost's local interfaces and secondary networks;
interfaces of services, by their descriptions. Resource gateways and other associations of VPC Lattice, and who may call a service that reaches
inside, are not looked at: docs/exposure.md says how by hand. A section that could not be read is printed as a
gap, never as nothing.

**Undo.** None needed.

**By hand.** `aws ec2 describe-vpcs`, `describe-internet-gateways`, `describe-nat-gateways`,
`describe-vpc-peering-connections`, `describe-transit-gateway-attachments`, `describe-vpc-endpoints`.

<https://docs.aws.amazon.com/vpc/latest/userguide/what-is-amazon-vpc.html>",
};

impl Step for Vpcs {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let touched = case.scope.touched_vpcs(here);
            for (id, vpc) in here.vpcs.items().filter(|(id, _)| touched.contains(*id)) {
                found.find(Some(region), line(id, vpc, here, account));
            }
            if case.scope.is_whole() {
                let ways = of_the_region(here);
                if !ways.is_empty() {
                    found.find(Some(region), format!("in no VPC: {}", ways.join("; ")));
                }
            }
        }
        found
    }
}

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

fn line(id: &str, vpc: &Vpc, here: &Region, account: &Account) -> String {
    let subnets: Vec<_> = here.subnets.items().filter(|(_, subnet)| subnet.vpc == id).collect();
    let owners: BTreeSet<&String> =
        subnets.iter().map(|(_, s)| &s.owner).chain([&vpc.owner]).filter(|o| **o != account.id).collect();
    let interfaces: Vec<_> = here.interfaces.items().filter(|(_, i)| i.vpc == id).collect();
    let public = interfaces
        .iter()
        .filter(|(_, i)| i.public_ip.is_some() || i.secondary.values().any(Option::is_some))
        .count();
    let ipv6 = interfaces.iter().filter(|(_, i)| !i.ipv6.is_empty()).count();
    let mut text = id.to_owned();
    if let Some(name) = vpc.tags.get("Name") {
        text += &format!(" ({name})");
    }
    if !owners.is_empty() {
        let owners = owners.into_iter().cloned().collect::<Vec<_>>().join(", ");
        text += &format!(", shared from {owners}");
    }
    text += &format!(": {}, {}", count(subnets.len(), "subnet"), count(interfaces.len(), "interface"));
    for (with, what) in [(public, "a public IPv4 address"), (ipv6, "IPv6")] {
        if with > 0 {
            text += &format!(", {with} with {what}");
        }
    }
    match ways(id, here).join("; ") {
        none if none.is_empty() => text += "; no gateway or link was found",
        ways => text += &format!("; {ways}"),
    }
    match unjudged::of_vpc(id, here).join("; ") {
        none if none.is_empty() => text,
        ways => format!("{text}; not judged: {ways}"),
    }
}

fn ways(id: &str, here: &Region) -> Vec<String> {
    let is = |vpc: &Option<String>| vpc.as_deref() == Some(id);
    let other = |peering: &Peering| {
        let side = if peering.requester.vpc == id { &peering.accepter } else { &peering.requester };
        format!(" to {} of {}", side.vpc, side.owner)
    };
    let lives = |state: &str| !matches!(state, "deleted" | "deleting" | "rejected" | "failed" | "expired");
    let tunnels: BTreeSet<&String> = here
        .vpn_connections
        .items()
        .filter(|(_, vpn)| vpn.gateway.as_ref().is_some_and(|gateway| of_vpc(here, gateway, id)))
        .map(|(id, _)| id)
        .collect();
    let facing = |lb: &crate::account::LoadBalancer| lb.vpc == id && lb.scheme == "internet-facing";
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
fn of_vpc(here: &Region, gateway: &str, vpc: &str) -> bool {
    here.vpn_gateways.item(gateway).is_some_and(|of| of.vpc.as_deref() == Some(vpc))
}

/// Ways in and out that no VPC has for itself.
fn of_the_region(here: &Region) -> Vec<String> {
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
    .chain([unjudged::elsewhere(here)])
    .flatten()
    .collect()
}
