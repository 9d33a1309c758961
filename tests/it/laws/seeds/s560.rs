//! Seeds of 560.

use serde_json::json;
use unplug::account::{Account, Address, Interface, NatAddress, NatGateway, RouteTable};

use super::s530::{ME, here, map, network, route, set, table};
use super::{Seed, seed, with};

/// A public NAT gateway with two addresses, a private one without a route in use, and an instance
/// that forwards.
fn company() -> Account {
    let main =
        RouteTable { main: true, ..table(&[], &[route("0.0.0.0/0", "nat-1"), route("::/0", "eni-nat")]) };
    let own = table(&["subnet-1a"], &[route("192.0.2.0/24", "nat-1"), route("::/0", "igw-1")]);
    let unused = table(&[], &[route("0.0.0.0/0", "nat-1"), route("10.8.0.0/16", "nat-2")]);
    let mut account = network([("rtb-main", main), ("rtb-own", own), ("rtb-unused", unused)]);
    let interface = |ip: &str| Interface {
        vpc: "vpc-1".into(),
        subnet: "subnet-1a".into(),
        owner: ME.into(),
        kind: "interface".into(),
        private_ip: Some(ip.into()),
        ..Interface::default()
    };
    let of_gateway = |id: &str, ip: &str| Interface {
        kind: "nat_gateway".into(),
        description: format!("Interface for NAT Gateway {id}"),
        managed_by: Some(ME.into()),
        ..interface(ip)
    };
    let public = |ip: &str| Some(ip.to_owned());
    let address = |public: &str, ip: &str| Address {
        public_ip: public.into(),
        interface: Some("eni-1".into()),
        private_ip: Some(ip.into()),
        interface_owner: Some(ME.into()),
        ..Address::default()
    };
    let part = |primary: bool, allocation: Option<(&str, &str)>, ip: &str, interface: &str| NatAddress {
        primary,
        allocation: allocation.map(|(id, _)| id.into()),
        public_ip: allocation.map(|(_, ip)| ip.into()),
        private_ip: Some(ip.into()),
        interface: Some(interface.into()),
    };
    let gateway = |connectivity: &str, addresses: &[NatAddress]| NatGateway {
        vpc: "vpc-1".into(),
        subnet: Some("subnet-1a".into()),
        state: "available".into(),
        connectivity: connectivity.into(),
        availability: "zonal".into(),
        addresses: addresses.iter().cloned().collect(),
        tags: [("Name".to_owned(), "out".to_owned())].into(),
    };
    let region = here(&mut account);
    region.prefix_lists = super::s540::lists();
    region.interfaces = map([
        (
            "eni-1",
            Interface {
                public_ip: public("198.51.100.1"),
                secondary: [("10.0.1.11".into(), public("198.51.100.2"))].into(),
                ..of_gateway("nat-1", "10.0.1.10")
            },
        ),
        ("eni-2", of_gateway("nat-2", "10.0.1.20")),
        ("eni-nat", Interface { tags: [("Name".into(), "old nat".into())].into(), ..interface("10.0.1.30") }),
    ]);
    region.addresses = map([
        ("eipalloc-1", address("198.51.100.1", "10.0.1.10")),
        ("eipalloc-2", address("198.51.100.2", "10.0.1.11")),
    ]);
    region.nat_gateways = map([
        (
            "nat-1",
            gateway(
                "public",
                &[
                    part(true, Some(("eipalloc-1", "198.51.100.1")), "10.0.1.10", "eni-1"),
                    part(false, Some(("eipalloc-2", "198.51.100.2")), "10.0.1.11", "eni-1"),
                ],
            ),
        ),
        ("nat-2", gateway("private", &[part(true, None, "10.0.1.20", "eni-2")])),
    ]);
    account
}

/// One private gateway, and one that AWS spread over the Region.
fn few() -> Account {
    let mut account = company();
    let region = here(&mut account);
    region.nat_gateways.read_mut().unwrap().retain(|id, _| id == "nat-1");
    region.interfaces.read_mut().unwrap().retain(|id, _| id != "eni-2");
    let tables = region.route_tables.read_mut().unwrap();
    tables.get_mut("rtb-unused").unwrap().routes.retain(|route| route.target != "nat-2");
    let regional = NatGateway {
        vpc: "vpc-1".into(),
        state: "available".into(),
        connectivity: "public".into(),
        availability: "regional".into(),
        ..NatGateway::default()
    };
    region.nat_gateways.read_mut().unwrap().insert("nat-region".into(), regional);
    account
}

pub fn seeds() -> Vec<Seed> {
    let routes = seed(
        "routes to NAT",
        560,
        company(),
        Some(|account| {
            let tables = here(account).route_tables.read_mut().unwrap();
            tables.get_mut("rtb-main").unwrap().routes.insert(route("0.0.0.0/0", "igw-1"));
        }),
    );
    let mut private = company();
    let region = here(&mut private);
    region.nat_gateways.read_mut().unwrap().remove("nat-1");
    region.interfaces.read_mut().unwrap().retain(|id, _| id == "eni-2");
    region.addresses = map([]);
    let tables = region.route_tables.read_mut().unwrap();
    tables.retain(|id, _| id != "rtb-own");
    tables.insert(
        "rtb-main".into(),
        RouteTable { main: true, subnets: set(&["subnet-1b"]), ..table(&[], &[]) },
    );
    tables.get_mut("rtb-unused").unwrap().routes.retain(|route| route.target != "nat-1");
    vec![
        routes,
        with(seed("NAT gateways deleted", 560, few(), None), "way", json!("delete")),
        with(seed("a private NAT gateway deleted", 560, private, None), "way", json!("delete")),
    ]
}
