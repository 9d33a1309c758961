//! Route tables, gateways and links: what leads out of a VPC must be there, and be that VPC's.

use std::collections::{BTreeMap, BTreeSet};

use super::Missing;
use crate::account::{Account, Region, Route, RouteTable};

pub(super) fn links(account: &Account, region: &Region, missing: &mut Missing) {
    tables(account, region, missing);
    routes(account, region, missing);
    gateways(region, missing);
    public_addresses(account, region, missing);
    private_links(account, region, missing);
}

fn tables(account: &Account, region: &Region, missing: &mut Missing) {
    let mut by_subnet: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, table) in region.route_tables.items() {
        missing.check(id, "VPC", &table.vpc, &region.vpcs);
        for subnet in &table.subnets {
            missing.check(id, "subnet", subnet, &region.subnets);
            missing.same(id, "subnet", &table.vpc, region.subnets.item(subnet).map(|s| &s.vpc));
            if let Some(other) = by_subnet.insert(subnet, id) {
                missing.say(format!("{subnet} is in two route tables: {other}, {id}"));
            }
        }
    }
    let Some(tables) = region.route_tables.read() else { return };
    // A participant sees only the tables of the subnets that are shared with it.
    for (id, vpc) in region.vpcs.items().filter(|(_, vpc)| vpc.owner == account.id) {
        let main = tables.values().filter(|table| table.vpc == *id && table.main).count();
        if main != 1 {
            missing.say(format!("{id} has {main} main route tables"));
        }
        for (table, routes) in tables.iter().filter(|(_, table)| table.vpc == *id) {
            let local: BTreeSet<&String> =
                routes.routes.iter().filter(|r| r.target == "local").map(|r| &r.destination).collect();
            for cidr in vpc.cidrs.iter().chain(&vpc.ipv6_cidrs).filter(|cidr| !local.contains(cidr)) {
                missing.say(format!("{table} has no local route for {cidr}"));
            }
        }
    }
}

fn routes(account: &Account, region: &Region, missing: &mut Missing) {
    for (id, table) in region.route_tables.items().filter(|(_, table)| table.owner == account.id) {
        for route in &table.routes {
            if route.destination.starts_with("pl-") {
                missing.check(id, "prefix list", &route.destination, &region.prefix_lists);
            }
            // A blackhole is a route whose target is gone.
            if !route.blackhole {
                target(id, table, route, region, missing);
            }
        }
        for gateway in &table.propagating {
            missing.check(id, "virtual private gateway", gateway, &region.vpn_gateways);
            let vpc = region.vpn_gateways.item(gateway).and_then(|gateway| gateway.vpc.as_ref());
            missing.same(id, "virtual private gateway", &table.vpc, vpc);
        }
        for gateway in &table.gateways {
            match gateway.split('-').next() {
                Some("vgw") => missing.check(id, "virtual private gateway", gateway, &region.vpn_gateways),
                _ => missing.check(id, "internet gateway", gateway, &region.internet_gateways),
            }
        }
    }
    for (id, endpoint) in region.endpoints.items() {
        for table in &endpoint.route_tables {
            missing.check(id, "route table", table, &region.route_tables);
            let routed =
                region.route_tables.item(table).is_none_or(|t| t.routes.iter().any(|r| r.target == *id));
            if !routed {
                missing.say(format!("{id} names the route table {table}, which has no route to it"));
            }
        }
    }
}

fn target(id: &str, table: &RouteTable, route: &Route, region: &Region, missing: &mut Missing) {
    let to = &route.target;
    let (what, vpc) = match to.split('-').next() {
        Some("igw") => {
            missing.check(id, "internet gateway", to, &region.internet_gateways);
            ("internet gateway", region.internet_gateways.item(to).map(|gateway| gateway.vpc.clone()))
        }
        Some("eigw") => {
            missing.check(id, "egress-only gateway", to, &region.egress_gateways);
            ("egress-only gateway", region.egress_gateways.item(to).map(|gateway| Some(gateway.vpc.clone())))
        }
        Some("nat") => {
            missing.check(id, "NAT gateway", to, &region.nat_gateways);
            ("NAT gateway", region.nat_gateways.item(to).map(|gateway| Some(gateway.vpc.clone())))
        }
        Some("vgw") => {
            missing.check(id, "virtual private gateway", to, &region.vpn_gateways);
            ("virtual private gateway", region.vpn_gateways.item(to).map(|gateway| gateway.vpc.clone()))
        }
        Some("eni") => {
            missing.check(id, "interface", to, &region.interfaces);
            ("interface", region.interfaces.item(to).map(|interface| Some(interface.vpc.clone())))
        }
        Some("vpce") => {
            missing.check(id, "endpoint", to, &region.endpoints);
            ("endpoint", region.endpoints.item(to).map(|endpoint| Some(endpoint.vpc.clone())))
        }
        Some("pcx") => {
            missing.check(id, "peering", to, &region.peerings);
            let sides =
                region.peerings.item(to).map(|peering| [&peering.requester.vpc, &peering.accepter.vpc]);
            if sides.is_some_and(|sides| !sides.contains(&&table.vpc)) {
                missing.say(format!("{id} routes to {to}, which does not peer {}", table.vpc));
            }
            return;
        }
        Some("tgw") => {
            let attached = |all: &BTreeMap<_, crate::account::TransitAttachment>| {
                all.values().any(|attachment| attachment.gateway == *to && attachment.resource == table.vpc)
            };
            if region.transit_attachments.read().is_some_and(|all| !attached(all)) {
                missing.say(format!("{id} routes to {to}, to which {} is not attached", table.vpc));
            }
            return;
        }
        _ => return,
    };
    match vpc {
        Some(None) => missing.say(format!("{id} routes to {to}, which is attached to no VPC")),
        Some(vpc) => missing.same(id, what, &table.vpc, vpc.as_ref()),
        None => {}
    }
}

fn gateways(region: &Region, missing: &mut Missing) {
    let mut by_vpc: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, gateway) in region.internet_gateways.items() {
        let Some(vpc) = &gateway.vpc else { continue };
        missing.check(id, "VPC", vpc, &region.vpcs);
        if let Some(other) = by_vpc.insert(vpc, id) {
            missing.say(format!("{vpc} has two internet gateways: {other}, {id}"));
        }
    }
    for (id, gateway) in region.egress_gateways.items() {
        missing.check(id, "VPC", &gateway.vpc, &region.vpcs);
    }
    for (id, gateway) in region.nat_gateways.items() {
        missing.check(id, "VPC", &gateway.vpc, &region.vpcs);
        if let Some(subnet) = &gateway.subnet {
            missing.check(id, "subnet", subnet, &region.subnets);
            missing.same(id, "subnet", &gateway.vpc, region.subnets.item(subnet).map(|s| &s.vpc));
        }
        for address in &gateway.addresses {
            if let Some(interface) = &address.interface {
                missing.check(id, "interface", interface, &region.interfaces);
            }
            if let Some(allocation) = &address.allocation {
                missing.check(id, "Elastic IP address", allocation, &region.addresses);
            }
        }
    }
}

fn public_addresses(account: &Account, region: &Region, missing: &mut Missing) {
    for (id, address) in region.addresses.items() {
        let Some(interface) = &address.interface else { continue };
        missing.check(id, "interface", interface, &region.interfaces);
        let mapped = region.interfaces.item(interface).is_none_or(|interface| {
            let mut all = interface.secondary.values().chain([&interface.public_ip]);
            all.any(|ip| ip.as_ref() == Some(&address.public_ip))
        });
        if !mapped {
            missing.say(format!("{id} is on {interface}, which does not have {}", address.public_ip));
        }
    }
    let Some(gateways) = region.internet_gateways.read() else { return };
    let attached: BTreeSet<_> = gateways.values().filter_map(|gateway| gateway.vpc.as_ref()).collect();
    for (id, interface) in region.interfaces.items() {
        // A participant does not see the gateways of a shared VPC's owner.
        let own = region.vpcs.item(&interface.vpc).is_some_and(|vpc| vpc.owner == account.id);
        if own && interface.public_ip.is_some() && !attached.contains(&interface.vpc) {
            missing.say(format!("{id} has a public address, {} no internet gateway", interface.vpc));
        }
    }
}

fn private_links(account: &Account, region: &Region, missing: &mut Missing) {
    for (id, gateway) in region.vpn_gateways.items() {
        if let Some(vpc) = &gateway.vpc {
            missing.check(id, "VPC", vpc, &region.vpcs);
        }
    }
    let vpns = region.vpn_connections.items().map(|(id, vpn)| (id, &vpn.gateway));
    let lines = region.virtual_interfaces.items().map(|(id, line)| (id, &line.gateway));
    for (id, gateway) in vpns.chain(lines) {
        if let Some(gateway) = gateway.as_ref().filter(|gateway| gateway.starts_with("vgw-")) {
            missing.check(id, "virtual private gateway", gateway, &region.vpn_gateways);
        }
    }
    for (id, vpn) in region.client_vpns.items() {
        if let Some(vpc) = &vpn.vpc {
            missing.check(id, "VPC", vpc, &region.vpcs);
        }
        missing.all(id, "group", &vpn.groups, &region.groups);
        missing.all(id, "subnet", &vpn.targets, &region.subnets);
    }
    for (id, attachment) in region.transit_attachments.items() {
        let own = attachment.resource_owner == account.id;
        match attachment.kind.as_str() {
            "vpc" if own => missing.check(id, "VPC", &attachment.resource, &region.vpcs),
            "vpn" if own => {
                missing.check(id, "VPN connection", &attachment.resource, &region.vpn_connections);
            }
            _ => {}
        }
    }
    for (id, peering) in region.peerings.items() {
        let here = missing.at.trim_end().to_owned();
        let sides = [&peering.requester, &peering.accepter];
        let own: Vec<_> =
            sides.into_iter().filter(|side| side.owner == account.id && side.region == here).collect();
        if own.is_empty() {
            missing.say(format!("{id} has no side in this account and Region"));
        }
        for side in own {
            missing.check(id, "VPC", &side.vpc, &region.vpcs);
        }
    }
}
