//! A network in which every kind of way leads to some CIDR that a responder may want to keep.

use unplug::account::{
    Account, Acl, AclEntry, Address, Authorization, ClientVpn, EgressGateway, Endpoint, Group, Instance,
    Interface, InternetGateway, NatAddress, NatGateway, Peer, Peering, PeeringSide, PrefixList, Region,
    Route, RouteTable, Rule, Subnet, TransitAttachment, VirtualInterface, Vpc, VpcBlock, VpnConnection,
    VpnGateway,
};

use super::s530::{ME, OTHER, here, map, network, route, set, table};

/// CIDRs of a responder, and how packets get there.
pub const KEPT: [(&str, &str); 9] = [
    ("198.51.100.7/32", "the internet: by its gateway, a NAT gateway, a NAT instance"),
    ("2001:db8:f::/48", "the internet by IPv6: by its gateway, an egress-only gateway"),
    ("192.168.5.0/24", "a VPN whose routes are propagated"),
    ("172.16.9.0/24", "a VPN by a static route"),
    ("10.8.1.0/24", "a peered VPC"),
    ("10.9.1.0/24", "a transit gateway"),
    ("203.0.113.0/28", "a prefix list"),
    // Of these a part goes by a narrower route.
    ("172.16.0.0/12", "two static routes"),
    ("10.0.0.0/8", "the VPC itself, a peering and a transit gateway"),
];

/// `vpc-1`: a public subnet with NAT, a private one with every link, one behind a NAT instance.
/// `vpc-3`: one host with an Elastic IP address. `vpc-6`: IPv6 alone, nothing mapped.
pub fn account() -> Account {
    let propagated = Route { origin: "EnableVgwRoutePropagation".into(), ..route("192.168.0.0/16", "vgw-1") };
    let public = table(&["subnet-1a"], &[route("0.0.0.0/0", "igw-1"), route("::/0", "igw-1")]);
    let private = RouteTable {
        propagating: set(&["vgw-1"]),
        ..table(
            &["subnet-1b"],
            &[
                route("0.0.0.0/0", "nat-1"),
                route("::/0", "eigw-1"),
                route("172.16.0.0/16", "vgw-1"),
                route("172.17.0.0/16", "tgw-1"),
                route("10.8.0.0/16", "pcx-1"),
                route("10.9.0.0/16", "tgw-1"),
                route("pl-office", "tgw-1"),
                propagated,
            ],
        )
    };
    let old = table(&["subnet-1c"], &[route("0.0.0.0/0", "eni-nat")]);
    let main = RouteTable { main: true, ..table(&[], &[]) };
    let of_vpc = |vpc: &str, subnet: &str, routes: &[Route]| RouteTable {
        vpc: vpc.into(),
        owner: ME.into(),
        main: true,
        subnets: set(&[subnet]),
        routes: routes.iter().cloned().collect(),
        ..RouteTable::default()
    };
    let third = of_vpc("vpc-3", "subnet-3a", &[route("10.3.0.0/16", "local"), route("0.0.0.0/0", "igw-3")]);
    let sixth = of_vpc(
        "vpc-6",
        "subnet-6a",
        &[route("10.6.0.0/16", "local"), route("2001:db8:6::/56", "local"), route("::/0", "igw-6")],
    );
    let mut account = network([
        ("rtb-main", main),
        ("rtb-public", public),
        ("rtb-private", private),
        ("rtb-old", old),
        ("rtb-3", third),
        ("rtb-6", sixth),
    ]);
    let region = here(&mut account);
    places(region);
    hosts(region);
    gateways(region);
    links(region);
    account
}

fn places(region: &mut Region) {
    let vpcs = region.vpcs.read_mut().unwrap();
    vpcs.remove("vpc-2");
    let vpc = |cidr: &str, ipv6: &[&str]| Vpc {
        owner: ME.into(),
        cidrs: set(&[cidr]),
        ipv6_cidrs: set(ipv6),
        ..Vpc::default()
    };
    vpcs.insert("vpc-3".into(), vpc("10.3.0.0/16", &[]));
    vpcs.insert("vpc-6".into(), vpc("10.6.0.0/16", &["2001:db8:6::/56"]));
    let subnet = |vpc: &str, cidr: &str, ipv6: Option<&str>| Subnet {
        vpc: vpc.into(),
        owner: ME.into(),
        zone: "us-east-1a".into(),
        cidr: cidr.into(),
        ipv6_cidr: ipv6.map(Into::into),
        ..Subnet::default()
    };
    region.subnets = map([
        ("subnet-1a", subnet("vpc-1", "10.0.1.0/24", Some("2001:db8:0:1::/64"))),
        ("subnet-1b", subnet("vpc-1", "10.0.2.0/24", Some("2001:db8:0:2::/64"))),
        ("subnet-1c", subnet("vpc-1", "10.0.3.0/24", None)),
        ("subnet-3a", subnet("vpc-3", "10.3.1.0/24", None)),
        ("subnet-6a", subnet("vpc-6", "10.6.1.0/24", Some("2001:db8:6:1::/64"))),
    ]);
    let anybody =
        AclEntry { allow: true, protocol: "-1".into(), cidr: "0.0.0.0/0".into(), ports: None, icmp: None };
    let entries = [(100, anybody.clone()), (101, AclEntry { cidr: "::/0".into(), ..anybody })];
    let acl = |vpc: &str, subnets: &[&str]| Acl {
        vpc: vpc.into(),
        owner: ME.into(),
        is_default: true,
        ingress: entries.clone().into(),
        egress: entries.clone().into(),
        subnets: set(subnets),
        ..Acl::default()
    };
    region.acls = map([
        ("acl-1", acl("vpc-1", &["subnet-1a", "subnet-1b", "subnet-1c"])),
        ("acl-3", acl("vpc-3", &["subnet-3a"])),
        ("acl-6", acl("vpc-6", &["subnet-6a"])),
    ]);
}

fn hosts(region: &mut Region) {
    let host = |vpc: &str, subnet: &str, ip: &str| Interface {
        vpc: vpc.into(),
        subnet: subnet.into(),
        owner: ME.into(),
        kind: "interface".into(),
        groups: set(&[&vpc.replace("vpc", "sg")]),
        instance: Some(format!("i-{ip}")),
        private_ip: Some(ip.into()),
        source_dest_check: true,
        ..Interface::default()
    };
    let public = |ip: &str| Some(ip.to_owned());
    let interfaces = [
        ("eni-app", Interface { ipv6: set(&["2001:db8:0:2::5"]), ..host("vpc-1", "subnet-1b", "10.0.2.5") }),
        ("eni-old", host("vpc-1", "subnet-1c", "10.0.3.5")),
        (
            "eni-nat",
            Interface {
                source_dest_check: false,
                public_ip: public("203.0.113.20"),
                ..host("vpc-1", "subnet-1a", "10.0.1.20")
            },
        ),
        (
            "eni-web",
            Interface {
                public_ip: public("203.0.113.21"),
                ipv6: set(&["2001:db8:0:1::5"]),
                ..host("vpc-1", "subnet-1a", "10.0.1.21")
            },
        ),
        (
            "eni-gateway",
            Interface {
                kind: "nat_gateway".into(),
                groups: set(&[]),
                instance: None,
                managed_by: Some(ME.into()),
                public_ip: public("203.0.113.22"),
                source_dest_check: false,
                ..host("vpc-1", "subnet-1a", "10.0.1.22")
            },
        ),
        (
            "eni-kms",
            Interface {
                kind: "vpc_endpoint".into(),
                instance: None,
                managed_by: Some("vpce".into()),
                ..host("vpc-1", "subnet-1b", "10.0.2.30")
            },
        ),
        ("eni-3", Interface { public_ip: public("203.0.113.23"), ..host("vpc-3", "subnet-3a", "10.3.1.5") }),
        ("eni-6", Interface { ipv6: set(&["2001:db8:6:1::5"]), ..host("vpc-6", "subnet-6a", "10.6.1.5") }),
    ];
    let instances = interfaces.iter().filter_map(|(_, interface)| {
        let instance = Instance {
            vpc: interface.vpc.clone(),
            subnet: interface.subnet.clone(),
            state: "running".into(),
            ..Instance::default()
        };
        Some((interface.instance.clone()?, instance))
    });
    region.instances = unplug::account::Seen::Read(instances.collect());
    region.interfaces = map(interfaces);
    let anybody: Vec<Rule> = ["0.0.0.0/0"].map(|all| Rule::all(Peer::Ipv4(all.into()))).into();
    let rules = || anybody.iter().cloned().chain([Rule::all(Peer::Ipv6("::/0".into()))]).collect();
    let group = |vpc: &str| Group {
        name: "open".into(),
        description: "open".into(),
        vpc: vpc.into(),
        owner: ME.into(),
        ingress: rules(),
        egress: rules(),
        ..Group::default()
    };
    region.groups = map([("sg-1", group("vpc-1")), ("sg-3", group("vpc-3")), ("sg-6", group("vpc-6"))]);
    let address = |public: &str, interface: &str, ip: &str, owner: &str| Address {
        public_ip: public.into(),
        interface: Some(interface.into()),
        private_ip: Some(ip.into()),
        interface_owner: Some(owner.into()),
        ..Address::default()
    };
    region.addresses = map([
        ("eipalloc-nat", address("203.0.113.20", "eni-nat", "10.0.1.20", ME)),
        ("eipalloc-web", address("203.0.113.21", "eni-web", "10.0.1.21", ME)),
        ("eipalloc-gateway", address("203.0.113.22", "eni-gateway", "10.0.1.22", ME)),
        ("eipalloc-3", address("203.0.113.23", "eni-3", "10.3.1.5", ME)),
    ]);
}

fn gateways(region: &mut Region) {
    let internet =
        |vpc: &str| InternetGateway { owner: ME.into(), vpc: Some(vpc.into()), ..InternetGateway::default() };
    region.internet_gateways =
        map([("igw-1", internet("vpc-1")), ("igw-3", internet("vpc-3")), ("igw-6", internet("vpc-6"))]);
    region.egress_gateways =
        map([("eigw-1", EgressGateway { vpc: "vpc-1".into(), ..EgressGateway::default() })]);
    let address = NatAddress {
        primary: true,
        allocation: Some("eipalloc-gateway".into()),
        public_ip: Some("203.0.113.22".into()),
        private_ip: Some("10.0.1.22".into()),
        interface: Some("eni-gateway".into()),
    };
    let nat = NatGateway {
        vpc: "vpc-1".into(),
        subnet: Some("subnet-1a".into()),
        state: "available".into(),
        connectivity: "public".into(),
        availability: "zonal".into(),
        addresses: [address].into(),
        ..NatGateway::default()
    };
    region.nat_gateways = map([("nat-1", nat)]);
    region.vpn_gateways = map([(
        "vgw-1",
        VpnGateway {
            vpc: Some("vpc-1".into()),
            attachment: "attached".into(),
            state: "available".into(),
            ..VpnGateway::default()
        },
    )]);
    region.vpn_connections = map([(
        "vpn-1",
        VpnConnection {
            gateway: Some("vgw-1".into()),
            state: "available".into(),
            static_routes: set(&["192.168.0.0/16"]),
            ..VpnConnection::default()
        },
    )]);
    region.virtual_interfaces = map([(
        "dxvif-1",
        VirtualInterface {
            owner: ME.into(),
            kind: "private".into(),
            gateway: Some("vgw-1".into()),
            state: "available".into(),
            ..VirtualInterface::default()
        },
    )]);
    region.vpc_block = unplug::account::Seen::Read(VpcBlock::default());
}

fn links(region: &mut Region) {
    let list = |owner: &str, entries: &[&str]| PrefixList {
        name: "list".into(),
        owner: owner.into(),
        entries: set(entries),
        ..PrefixList::default()
    };
    region.prefix_lists = map([("pl-office", list(ME, &["203.0.113.0/28"]))]);
    let side = |vpc: &str, owner: &str, cidr: &str| PeeringSide {
        vpc: vpc.into(),
        owner: owner.into(),
        region: "us-east-1".into(),
        cidrs: set(&[cidr]),
        ..PeeringSide::default()
    };
    region.peerings = map([(
        "pcx-1",
        Peering {
            requester: side("vpc-1", ME, "10.0.0.0/16"),
            accepter: side("vpc-8", OTHER, "10.8.0.0/16"),
            state: "active".into(),
            ..Peering::default()
        },
    )]);
    let attachment = |kind: &str, resource: &str, owner: &str| TransitAttachment {
        gateway: "tgw-1".into(),
        gateway_owner: ME.into(),
        kind: kind.into(),
        resource: resource.into(),
        resource_owner: owner.into(),
        state: "available".into(),
        table: Some("tgw-rtb-1".into()),
        association: "associated".into(),
        ..TransitAttachment::default()
    };
    region.transit_attachments = map([
        ("tgw-attach-1", attachment("vpc", "vpc-1", ME)),
        ("tgw-attach-2", attachment("vpn", "vpn-2", ME)),
    ]);
    let rule =
        Authorization { cidr: "10.0.0.0/16".into(), status: "active".into(), ..Authorization::default() };
    region.client_vpns = map([(
        "cvpn-endpoint-1",
        ClientVpn {
            vpc: Some("vpc-1".into()),
            status: "available".into(),
            client_cidr: Some("10.250.0.0/22".into()),
            groups: set(&["sg-1"]),
            targets: set(&["subnet-1b"]),
            authorizations: [rule].into(),
            ..ClientVpn::default()
        },
    )]);
    region.endpoints = map([(
        "vpce-kms",
        Endpoint {
            vpc: "vpc-1".into(),
            owner: ME.into(),
            kind: "Interface".into(),
            service: "com.amazonaws.us-east-1.kms".into(),
            state: "available".into(),
            subnets: set(&["subnet-1b"]),
            groups: set(&["sg-1"]),
            interfaces: set(&["eni-kms"]),
            private_dns: true,
            takes_policy: Some(true),
            ..Endpoint::default()
        },
    )]);
}
