//! Seeds of 530, and the small network that 550 and 560 use too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use unplug::account::{
    Account, Caller, Instance, InternetGateway, PrefixList, Region, Route, RouteTable, Seen, Subnet, Vpc,
    VpnGateway,
};
use unplug::step::Scope;

use super::{Seed, seed, with};

pub const ME: &str = "111111111111";
pub const OTHER: &str = "222222222222";
pub const REGION: &str = "us-east-1";

pub fn map<T>(items: impl IntoIterator<Item = (&'static str, T)>) -> Seen<BTreeMap<String, T>> {
    Seen::Read(items.into_iter().map(|(id, item)| (id.to_owned(), item)).collect())
}

pub fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(ToString::to_string).collect()
}

pub fn route(destination: &str, target: &str) -> Route {
    let origin = if target == "local" { "CreateRouteTable" } else { "CreateRoute" };
    Route { destination: destination.into(), target: target.into(), origin: origin.into(), blackhole: false }
}

/// A table of vpc-1 with its local routes and these.
pub fn table(subnets: &[&str], routes: &[Route]) -> RouteTable {
    let local = [route("10.0.0.0/16", "local"), route("2001:db8::/56", "local")];
    RouteTable {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        subnets: set(subnets),
        routes: local.into_iter().chain(routes.iter().cloned()).collect(),
        ..RouteTable::default()
    }
}

pub fn here(account: &mut Account) -> &mut Region {
    account.regions.get_mut(REGION).unwrap()
}

/// vpc-1 is ours and has IPv6: subnet-1a has a table of its own, subnet-1b follows the main table.
/// vpc-2 is shared with us.
pub fn network(tables: impl IntoIterator<Item = (&'static str, RouteTable)>) -> Account {
    let caller = Caller { arn: format!("arn:aws:iam::{ME}:user/oncall"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(set(&[REGION]));
    let vpc = |owner: &str, cidr: &str, ipv6: &[&str]| Vpc {
        owner: owner.into(),
        cidrs: set(&[cidr]),
        ipv6_cidrs: set(ipv6),
        ..Vpc::default()
    };
    let subnet = |vpc: &str, owner: &str, cidr: &str| Subnet {
        vpc: vpc.into(),
        owner: owner.into(),
        zone: "us-east-1a".into(),
        cidr: cidr.into(),
        ..Subnet::default()
    };
    let region = Region {
        vpcs: map([
            ("vpc-1", vpc(ME, "10.0.0.0/16", &["2001:db8::/56"])),
            ("vpc-2", vpc(OTHER, "10.9.0.0/16", &[])),
        ]),
        subnets: map([
            ("subnet-1a", subnet("vpc-1", ME, "10.0.1.0/24")),
            ("subnet-1b", subnet("vpc-1", ME, "10.0.2.0/24")),
            ("subnet-2a", subnet("vpc-2", OTHER, "10.9.1.0/24")),
        ]),
        instances: map([(
            "i-1",
            Instance { vpc: "vpc-1".into(), subnet: "subnet-1a".into(), ..Instance::default() },
        )]),
        internet_gateways: map([(
            "igw-1",
            InternetGateway { owner: ME.into(), vpc: Some("vpc-1".into()), ..InternetGateway::default() },
        )]),
        route_tables: map(tables),
        ..Region::empty()
    };
    account.regions.insert(REGION.into(), region);
    account
}

fn company() -> Account {
    let propagated = Route { origin: "EnableVgwRoutePropagation".into(), ..route("10.50.0.0/16", "vgw-1") };
    // AWS keeps it in every table of a VPC that is associated with a service network.
    let lattice = || route("169.254.171.0/24", unplug::account::LATTICE);
    let main = RouteTable {
        main: true,
        propagating: set(&["vgw-1"]),
        ..table(&[], &[propagated, route("::/0", "igw-1"), lattice()])
    };
    let own = table(
        &["subnet-1a"],
        &[
            route("0.0.0.0/0", "igw-1"),
            // Narrower routes that lead elsewhere than the wider ones.
            route("192.0.0.0/8", "vgw-1"),
            route("192.0.0.0/16", "igw-1"),
            route("pl-office", "igw-1"),
            route("pl-s3", "vpce-1"),
            lattice(),
        ],
    );
    // What comes in for subnet-1a goes to a firewall that is not there any more: nothing arrives.
    let firewall = Route { blackhole: true, ..route("10.0.1.0/24", "vpce-gone") };
    let edge = RouteTable { gateways: set(&["igw-1"]), ..table(&[], &[firewall]) };
    let theirs = RouteTable {
        vpc: "vpc-2".into(),
        owner: OTHER.into(),
        main: true,
        routes: [route("10.9.0.0/16", "local"), route("0.0.0.0/0", "igw-9")].into(),
        ..RouteTable::default()
    };
    let mut account =
        network([("rtb-main", main), ("rtb-own", own), ("rtb-edge", edge), ("rtb-theirs", theirs)]);
    let list = |owner: &str, entry: &str| PrefixList {
        name: format!("list of {owner}"),
        owner: owner.into(),
        entries: set(&[entry]),
        ..PrefixList::default()
    };
    let region = here(&mut account);
    region.prefix_lists =
        map([("pl-office", list(ME, "198.51.100.0/24")), ("pl-s3", list("AWS", "203.0.113.0/24"))]);
    region.vpn_gateways = map([(
        "vgw-1",
        VpnGateway {
            vpc: Some("vpc-1".into()),
            attachment: "attached".into(),
            state: "available".into(),
            ..VpnGateway::default()
        },
    )]);
    account
}

fn tables(account: &mut Account) -> &mut BTreeMap<String, RouteTable> {
    here(account).route_tables.read_mut().unwrap()
}

fn somebody_swaps_a_subnet(account: &mut Account) {
    for table in tables(account).values_mut() {
        table.subnets.remove("subnet-1a");
    }
    tables(account).get_mut("rtb-edge").unwrap().subnets.insert("subnet-1a".into());
}

fn a_thief_routes_out_of_the_isolation_table(account: &mut Account) {
    for table in tables(account).values_mut().filter(|table| table.tags.contains_key("unplug:run")) {
        table.propagating.insert("vgw-1".into());
        table.routes.insert(route("0.0.0.0/0", "igw-1"));
        table.routes.insert(route("::/0", "igw-1"));
    }
}

pub fn seeds() -> Vec<Seed> {
    let mut whole = seed("route tables", 530, company(), Some(somebody_swaps_a_subnet));
    whole.tamper = Some(a_thief_routes_out_of_the_isolation_table);
    let mut part = seed("a subnet that follows the main table", 530, company(), None);
    part.scope = Scope { subnets: set(&["subnet-1b"]), ..Scope::default() };
    let deleted = seed(
        "routes deleted",
        530,
        company(),
        Some(|account| {
            // Somebody leads the default elsewhere.
            tables(account).get_mut("rtb-own").unwrap().routes.insert(route("0.0.0.0/0", "eni-9"));
        }),
    );
    vec![whole, part, with(deleted, "way", json!("delete"))]
}
