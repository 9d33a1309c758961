//! Seeds of 540: VPN, Direct Connect and Client VPN in small accounts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use unplug::account::{
    Account, Authorization, BgpPeer, Caller, ClientConnection, ClientVpn, FailoverTest, PrefixList, Region,
    Route, RouteTable, Seen, Subnet, TransitAttachment, VirtualInterface, Vpc, VpnConnection, VpnGateway,
};

use super::{Seed, seed, with};

pub const ME: &str = "111111111111";
pub const OTHER: &str = "222222222222";
pub const REGION: &str = "eu-north-1";

pub fn map<T>(items: impl IntoIterator<Item = (&'static str, T)>) -> Seen<BTreeMap<String, T>> {
    Seen::Read(items.into_iter().map(|(id, item)| (id.to_owned(), item)).collect())
}

pub fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(ToString::to_string).collect()
}

pub fn route(destination: &str, target: &str, origin: &str) -> Route {
    Route { destination: destination.into(), target: target.into(), origin: origin.into(), blackhole: false }
}

/// A table of `vpc-1` with its local routes and others.
pub fn table(main: bool, subnets: &[&str], routes: &[(&str, &str)]) -> RouteTable {
    let local = ["10.1.0.0/16", "2001:db8:1::/56"].map(|cidr| route(cidr, "local", "CreateRouteTable"));
    let others = routes.iter().map(|(destination, target)| route(destination, target, "CreateRoute"));
    RouteTable {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        main,
        subnets: set(subnets),
        routes: local.into_iter().chain(others).collect(),
        ..RouteTable::default()
    }
}

/// An account with one Region: `vpc-1` is its own, `vpc-2` another's that shares a subnet.
pub fn account(region: Region) -> Account {
    let caller = Caller { arn: format!("arn:aws:sts::{ME}:assumed-role/Oncall/kim"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(set(&[REGION]));
    account.regions.insert(REGION.into(), region);
    account
}

/// The VPCs, two subnets of the first and the shared one of the second.
pub fn network() -> Region {
    let vpc = |owner: &str, cidr: &str| Vpc { owner: owner.into(), cidrs: set(&[cidr]), ..Vpc::default() };
    let subnet = |vpc: &str, owner: &str, cidr: &str| Subnet {
        vpc: vpc.into(),
        owner: owner.into(),
        zone: "eu-north-1a".into(),
        cidr: cidr.into(),
        ..Subnet::default()
    };
    let ours = Vpc { ipv6_cidrs: set(&["2001:db8:1::/56"]), ..vpc(ME, "10.1.0.0/16") };
    Region {
        vpcs: map([("vpc-1", ours), ("vpc-2", vpc(OTHER, "10.2.0.0/16"))]),
        subnets: map([
            ("subnet-1a", subnet("vpc-1", ME, "10.1.1.0/24")),
            ("subnet-1b", subnet("vpc-1", ME, "10.1.2.0/24")),
            ("subnet-2a", subnet("vpc-2", OTHER, "10.2.1.0/24")),
        ]),
        ..Region::empty()
    }
}

fn gateway() -> VpnGateway {
    VpnGateway {
        vpc: Some("vpc-1".into()),
        attachment: "attached".into(),
        state: "available".into(),
        asn: Some(64_512),
        ..VpnGateway::default()
    }
}

fn propagating(mut table: RouteTable) -> RouteTable {
    table.propagating = set(&["vgw-1"]);
    table.routes.insert(route("192.168.0.0/16", "vgw-1", "EnableVgwRoutePropagation"));
    table
}

/// Static and propagated routes, one of IPv6; a table that serves nothing; one of another account.
/// A prefix list of this account's.
pub fn lists() -> Seen<BTreeMap<String, PrefixList>> {
    let entries = set(&["198.51.100.0/24"]);
    map([("pl-1", PrefixList { owner: ME.into(), entries, ..PrefixList::default() })])
}

fn routes() -> Region {
    let theirs = RouteTable {
        vpc: "vpc-2".into(),
        owner: OTHER.into(),
        subnets: set(&["subnet-2a"]),
        propagating: set(&["vgw-2"]),
        ..table(false, &[], &[("172.16.0.0/12", "vgw-2")])
    };
    Region {
        prefix_lists: lists(),
        route_tables: map([
            (
                "rtb-main",
                propagating(table(true, &[], &[("172.16.0.0/12", "vgw-1"), ("0.0.0.0/0", "igw-1")])),
            ),
            ("rtb-own", table(false, &["subnet-1b"], &[("fd00::/8", "vgw-1"), ("10.9.0.0/16", "pcx-1")])),
            ("rtb-spare", table(false, &[], &[("172.16.0.0/12", "vgw-1")])),
            ("rtb-theirs", theirs),
        ]),
        vpn_gateways: map([("vgw-1", gateway())]),
        vpn_connections: map([(
            "vpn-1",
            VpnConnection {
                gateway: Some("vgw-1".into()),
                customer_gateway: "cgw-1".into(),
                state: "available".into(),
                static_routes: set(&["192.168.0.0/16"]),
                tunnels: [("198.51.100.1".into(), "UP".into()), ("198.51.100.2".into(), "DOWN".into())]
                    .into(),
                ..VpnConnection::default()
            },
        )]),
        ..network()
    }
}

fn interface(owner: &str, kind: &str, state: &str, gateway: &str) -> VirtualInterface {
    let status = if state == "available" { "up" } else { "down" };
    let peer = |family: &str| BgpPeer { family: family.into(), status: status.into() };
    VirtualInterface {
        owner: owner.into(),
        name: "office".into(),
        kind: kind.into(),
        gateway: Some(gateway.into()),
        state: state.into(),
        peers: [("dxpeer-4".into(), peer("ipv4")), ("dxpeer-6".into(), peer("ipv6"))].into(),
        failover_test: (state == "testing").then(|| FailoverTest {
            peers: set(&["dxpeer-4"]),
            ends_at: Some("2026-12-24T00:00:00Z".into()),
        }),
        ..VirtualInterface::default()
    }
}

fn direct_connect() -> Region {
    Region {
        virtual_interfaces: map([
            ("dxvif-down", interface(ME, "transit", "down", "dxgw-1")),
            ("dxvif-hosted", interface(OTHER, "private", "available", "vgw-9")),
            ("dxvif-private", interface(ME, "private", "available", "vgw-1")),
            ("dxvif-tested", interface(ME, "public", "testing", "dxgw-1")),
        ]),
        vpn_gateways: map([("vgw-1", gateway())]),
        ..network()
    }
}

fn client_vpn() -> Region {
    let rule = |cidr: &str, group: Option<&str>, description: Option<&str>| Authorization {
        cidr: cidr.into(),
        group: group.map(Into::into),
        description: description.map(Into::into),
        status: "active".into(),
    };
    let client = |user: &str| ClientConnection {
        user: user.into(),
        client_ip: Some("10.250.0.2".into()),
        status: "active".into(),
    };
    let endpoint = ClientVpn {
        vpc: Some("vpc-1".into()),
        status: "available".into(),
        client_cidr: Some("10.250.0.0/22".into()),
        groups: set(&["sg-1"]),
        targets: set(&["subnet-1a"]),
        // For everybody, and for a group: two rules for one network.
        authorizations: [
            rule("10.1.0.0/16", None, Some("all staff")),
            rule("10.1.0.0/16", Some("S-1-5-21"), None),
        ]
        .into(),
        client_connections: [("cvpn-connection-1".into(), client("lee"))].into(),
        ..ClientVpn::default()
    };
    Region {
        client_vpns: map([("cvpn-endpoint-1", endpoint)]),
        route_tables: map([("rtb-main", table(true, &[], &[]))]),
        vpn_gateways: map([("vgw-1", gateway())]),
        ..network()
    }
}

fn transit() -> BTreeMap<String, TransitAttachment> {
    let attachment = |gateway_owner: &str, kind: &str, resource: &str, owner: &str| TransitAttachment {
        gateway: format!("tgw-{gateway_owner}"),
        gateway_owner: gateway_owner.into(),
        kind: kind.into(),
        resource: resource.into(),
        resource_owner: owner.into(),
        state: "available".into(),
        table: (gateway_owner == ME).then(|| "tgw-rtb-1".into()),
        association: if gateway_owner == ME { "associated".into() } else { String::new() },
        ..TransitAttachment::default()
    };
    [
        ("tgw-attach-1", attachment(ME, "vpc", "vpc-1", ME)),
        ("tgw-attach-2", attachment(ME, "vpn", "vpn-2", ME)),
        ("tgw-attach-3", attachment(ME, "vpc", "vpc-9", OTHER)),
        ("tgw-attach-4", attachment(OTHER, "vpc", "vpc-1", ME)),
    ]
    .map(|(id, attachment)| (id.to_owned(), attachment))
    .into()
}

fn detached() -> Region {
    let spare = VpnGateway { vpc: None, attachment: String::new(), ..gateway() };
    Region {
        vpn_gateways: map([("vgw-1", gateway()), ("vgw-spare", spare)]),
        transit_attachments: Seen::Read(transit()),
        route_tables: map([(
            "rtb-main",
            propagating(table(true, &[], &[("172.16.0.0/12", "vgw-1"), ("10.9.0.0/16", "tgw-1")])),
        )]),
        ..network()
    }
}

fn here(account: &mut Account) -> &mut Region {
    account.regions.get_mut(REGION).unwrap()
}

/// Somebody sends the office's traffic through a NAT gateway.
fn another_way(account: &mut Account) {
    let tables = here(account).route_tables.read_mut().unwrap();
    tables.get_mut("rtb-main").unwrap().routes.insert(route("172.16.0.0/12", "nat-9", "CreateRoute"));
}

/// A thief makes the route again.
fn open_the_route(account: &mut Account) {
    let tables = here(account).route_tables.read_mut().unwrap();
    tables.get_mut("rtb-main").unwrap().routes.insert(route("172.16.0.0/12", "vgw-1", "CreateRoute"));
}

/// A thief lets everybody into the endpoint again, in other words.
fn other_words(account: &mut Account) {
    let endpoints = here(account).client_vpns.read_mut().unwrap();
    endpoints.get_mut("cvpn-endpoint-1").unwrap().authorizations.insert(Authorization {
        cidr: "10.1.0.0/16".into(),
        group: None,
        description: Some("mine now".into()),
        status: "active".into(),
    });
}

pub fn seeds() -> Vec<Seed> {
    let mut vpn = seed("VPN routes and propagation", 540, account(routes()), Some(another_way));
    vpn.tamper = Some(open_the_route);
    vec![
        vpn,
        seed("virtual interfaces", 540, account(direct_connect()), None),
        seed("Client VPN", 540, account(client_vpn()), Some(other_words)),
        with(seed("gateways detached", 540, account(detached()), None), "way", json!("detach")),
    ]
}
