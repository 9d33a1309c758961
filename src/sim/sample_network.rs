//! The sample with route tables and gateways of every kind, for tests.

use std::collections::{BTreeMap, BTreeSet};

use super::sample::{self, ME, OTHER, REGION, tag};
use crate::account::{
    Account, Address, EgressGateway, InternetGateway, NatAddress, NatGateway, PrefixList, Route, RouteTable,
    Seen, VpnGateway,
};

fn map<T>(items: impl IntoIterator<Item = (&'static str, T)>) -> Seen<BTreeMap<String, T>> {
    Seen::Read(items.into_iter().map(|(id, item)| (id.to_owned(), item)).collect())
}

pub(crate) fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(ToString::to_string).collect()
}

pub(crate) fn route(destination: &str, target: &str, origin: &str) -> Route {
    Route { destination: destination.into(), target: target.into(), origin: origin.into(), blackhole: false }
}

pub(crate) fn made_route(destination: &str, target: &str) -> Route {
    route(destination, target, "CreateRoute")
}

fn table(routes: &[Route]) -> RouteTable {
    let local = ["10.0.0.0/16", "10.1.0.0/16", "2001:db8::/56"];
    let local = local.map(|cidr| route(cidr, "local", "CreateRouteTable"));
    RouteTable {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        routes: local.into_iter().chain(routes.iter().cloned()).collect(),
        ..RouteTable::default()
    }
}

/// vpc-1: subnet-1a has `rtb-own`, subnet-1b follows `rtb-main`; `rtb-edge` serves the gateway.
pub(crate) fn account() -> Account {
    let mut account = sample::account();
    let region = account.regions.get_mut(REGION).expect("the sample's Region");
    region.route_tables = route_tables();
    let list = |owner: &str, entries: &[&str]| PrefixList {
        name: format!("of {owner}"),
        owner: owner.into(),
        entries: set(entries),
        tags: tag("team", "net"),
    };
    region.prefix_lists = map([
        ("pl-office", list(ME, &["198.51.100.0/24", "192.0.2.0/24"])),
        ("pl-s3", list("AWS", &["203.0.113.0/24"])),
        ("pl-v6", list(OTHER, &["2001:db8:ffff::/48"])),
    ]);
    let gateway = |vpc: Option<&str>| InternetGateway {
        owner: ME.into(),
        vpc: vpc.map(Into::into),
        tags: tag("Name", "out"),
    };
    region.internet_gateways = map([("igw-1", gateway(Some("vpc-1"))), ("igw-free", gateway(None))]);
    let egress = EgressGateway { vpc: "vpc-1".into(), tags: tag("Name", "v6") };
    region.egress_gateways = map([("eigw-1", egress)]);
    region.nat_gateways =
        map([("nat-1", nat("available", "eni-nat")), ("nat-failed", nat("failed", "eni-x"))]);
    let address = |ip: &str, interface: Option<&str>, private: &str| Address {
        public_ip: ip.into(),
        interface: interface.map(Into::into),
        private_ip: interface.map(|_| private.into()),
        interface_owner: interface.map(|_| ME.into()),
        managed_by: None,
        tags: tag("Name", "fixed"),
    };
    region.addresses = map([
        ("eipalloc-1", address("203.0.113.6", Some("eni-web"), "10.0.1.6")),
        ("eipalloc-nat", address("203.0.113.7", Some("eni-nat"), "10.0.1.5")),
        ("eipalloc-free", address("203.0.113.8", None, "")),
        (
            "eipalloc-nlb",
            Address { managed_by: Some("nlb".into()), ..address("203.0.113.9", Some("eni-elb"), "10.0.1.5") },
        ),
    ]);
    if let Seen::Read(interfaces) = &mut region.interfaces
        && let Some(interface) = interfaces.get_mut("eni-nat")
    {
        interface.public_ip = Some("203.0.113.7".into());
    }
    region.vpn_gateways = map([(
        "vgw-1",
        VpnGateway {
            vpc: Some("vpc-1".into()),
            attachment: "attached".into(),
            state: "available".into(),
            ..VpnGateway::default()
        },
    )]);
    let empty = account.regions.get_mut("eu-west-1").expect("the sample's empty Region");
    empty.route_tables = map([]);
    empty.prefix_lists = map([]);
    empty.internet_gateways = map([]);
    empty.egress_gateways = map([]);
    empty.nat_gateways = map([]);
    empty.addresses = map([]);
    account
}

fn nat(state: &str, interface: &str) -> NatGateway {
    let address = NatAddress {
        primary: true,
        allocation: Some("eipalloc-nat".into()),
        public_ip: Some("203.0.113.7".into()),
        private_ip: Some("10.0.1.5".into()),
        interface: Some(interface.into()),
    };
    NatGateway {
        vpc: "vpc-1".into(),
        subnet: Some("subnet-1b".into()),
        state: state.into(),
        connectivity: "public".into(),
        availability: "zonal".into(),
        addresses: [address].into(),
        tags: tag("Name", "nat"),
    }
}

fn route_tables() -> Seen<BTreeMap<String, RouteTable>> {
    let propagated = route("10.50.0.0/16", "vgw-1", "EnableVgwRoutePropagation");
    let main = RouteTable {
        main: true,
        propagating: set(&["vgw-1"]),
        tags: tag("Name", "main"),
        ..table(&[
            propagated,
            made_route("10.50.0.0/16", "vgw-1"),
            made_route("0.0.0.0/0", "nat-1"),
            made_route("64:ff9b::/96", "nat-1"),
            made_route("10.60.0.0/16", "tgw-1"),
            made_route("10.70.0.0/16", "pcx-1"),
            made_route("10.80.0.0/16", "arn:aws:networkmanager::111111111111:core-network/core-1"),
            made_route("10.81.0.0/16", "arn:aws:odb:us-east-1:111111111111:odb-network/odbnet-1"),
            made_route("10.90.0.0/16", "lgw-1"),
            made_route("10.91.0.0/16", "cagw-1"),
            Route { blackhole: true, ..made_route("10.92.0.0/16", "i-gone") },
            route("10.93.0.0/16", "eni-rs", "Advertisement"),
        ])
    };
    let own = RouteTable {
        subnets: set(&["subnet-1a"]),
        ..table(&[
            made_route("0.0.0.0/0", "igw-1"),
            made_route("::/0", "eigw-1"),
            made_route("10.99.0.0/16", "eni-web"),
            made_route("pl-office", "igw-1"),
            made_route("pl-s3", "vpce-s3"),
            made_route("10.94.0.0/16", "vpce-gwlb"),
        ])
    };
    let edge = RouteTable { gateways: set(&["igw-1"]), ..table(&[]) };
    let theirs = RouteTable {
        vpc: "vpc-2".into(),
        owner: OTHER.into(),
        main: true,
        subnets: set(&["subnet-2a"]),
        routes: [route("10.9.0.0/16", "local", "CreateRouteTable")].into(),
        ..RouteTable::default()
    };
    map([("rtb-main", main), ("rtb-own", own), ("rtb-edge", edge), ("rtb-theirs", theirs)])
}
