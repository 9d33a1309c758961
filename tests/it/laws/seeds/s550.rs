//! Seeds of 550.

use serde_json::json;
use unplug::account::{Account, Address, EgressGateway, Interface, InternetGateway, RouteTable, Subnet, Vpc};

use super::s530::{ME, here, map, network, route, set, table};
use super::{Seed, seed, with};

fn interface(ip: &str) -> Interface {
    Interface {
        vpc: "vpc-1".into(),
        subnet: "subnet-1a".into(),
        owner: ME.into(),
        kind: "interface".into(),
        private_ip: Some(ip.into()),
        source_dest_check: true,
        ..Interface::default()
    }
}

/// Nothing is mapped in vpc-1; vpc-3 has a load balancer, which AWS maps an address to.
fn quiet() -> Account {
    let main =
        RouteTable { main: true, ..table(&[], &[route("0.0.0.0/0", "igw-1"), route("::/0", "igw-1")]) };
    let mut account = network([("rtb-main", main)]);
    let region = here(&mut account);
    region.prefix_lists = super::s540::lists();
    region.interfaces = map([
        ("eni-1", interface("10.0.1.5")),
        (
            "eni-elb",
            Interface {
                vpc: "vpc-3".into(),
                subnet: "subnet-3a".into(),
                managed_by: Some("amazon-elb".into()),
                public_ip: Some("203.0.113.9".into()),
                ..interface("10.3.1.9")
            },
        ),
    ]);
    let vpc = Vpc { owner: ME.into(), cidrs: set(&["10.3.0.0/16"]), ..Vpc::default() };
    region.vpcs.read_mut().unwrap().insert("vpc-3".into(), vpc);
    let subnet =
        Subnet { vpc: "vpc-3".into(), owner: ME.into(), cidr: "10.3.1.0/24".into(), ..Subnet::default() };
    region.subnets.read_mut().unwrap().insert("subnet-3a".into(), subnet);
    let gateway =
        InternetGateway { owner: ME.into(), vpc: Some("vpc-3".into()), ..InternetGateway::default() };
    region.internet_gateways.read_mut().unwrap().insert("igw-3".into(), gateway);
    account
}

/// Elastic IP addresses lead to the primary and a secondary address of an interface, and one to a
/// service's; IPv6 goes out by an egress-only gateway.
fn mapped() -> Account {
    let mut account = quiet();
    let region = here(&mut account);
    let interfaces = region.interfaces.read_mut().unwrap();
    let own = interfaces.get_mut("eni-1").unwrap();
    own.public_ip = Some("198.51.100.1".into());
    own.secondary = [("10.0.1.6".into(), Some("198.51.100.2".into()))].into();
    let address = |public: &str, interface: &str, ip: &str| Address {
        public_ip: public.into(),
        interface: Some(interface.into()),
        private_ip: Some(ip.into()),
        interface_owner: Some(ME.into()),
        ..Address::default()
    };
    region.addresses = map([
        ("eipalloc-1", address("198.51.100.1", "eni-1", "10.0.1.5")),
        ("eipalloc-2", address("198.51.100.2", "eni-1", "10.0.1.6")),
        ("eipalloc-3", address("203.0.113.9", "eni-elb", "10.3.1.9")),
        ("eipalloc-free", Address { public_ip: "198.51.100.9".into(), ..Address::default() }),
    ]);
    let tags = [("Name".to_owned(), "out".to_owned())].into();
    region.egress_gateways = map([("eigw-1", EgressGateway { vpc: "vpc-1".into(), tags })]);
    let tables = region.route_tables.read_mut().unwrap();
    tables.insert("rtb-own".into(), table(&["subnet-1a"], &[route("::/0", "eigw-1")]));
    account
}

pub fn seeds() -> Vec<Seed> {
    let detached = seed(
        "internet gateways",
        550,
        quiet(),
        Some(|account| {
            // Somebody attaches it elsewhere.
            let gateways = here(account).internet_gateways.read_mut().unwrap();
            gateways.get_mut("igw-1").unwrap().vpc = Some("vpc-2".into());
        }),
    );
    let unmapped = seed("addresses unmapped", 550, mapped(), None);
    vec![detached, with(unmapped, "way", json!("unmap"))]
}
