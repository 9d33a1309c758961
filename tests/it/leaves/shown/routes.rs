//! 530 to 560: routes that stay, or take over.

use unplug::account::{Account, NatGateway, Route};
use unplug::exposure::between;

use super::super::cut::{Cut, here};
use super::{closed, later, open, with};

fn route(destination: &str, target: &str, origin: &str) -> Route {
    Route { destination: destination.into(), target: target.into(), origin: origin.into(), blackhole: false }
}

fn add(account: &mut Account, table: &str, route: Route) {
    here(account).route_tables.read_mut().unwrap().get_mut(table).unwrap().routes.insert(route);
}

/// Somebody gives the app's subnet the table that served none.
fn served_by_the_spare_table(account: &mut Account) {
    let tables = here(account).route_tables.read_mut().unwrap();
    for (id, table) in tables {
        match id.as_str() {
            "rtb-spare" => drop(table.subnets.insert("subnet-app".into())),
            _ => drop(table.subnets.remove("subnet-app")),
        }
    }
}

pub fn hosts_of_a_vpc_reach_each_other(cut: &Cut) {
    assert!(between(&cut.after, "eni-web", "eni-app").is_some(), "in two subnets");
    assert!(between(&cut.after, "eni-app", "eni-web").is_some());
}

pub fn an_advertised_route_stays(cut: &Cut) {
    let cut =
        with(cut, |account| add(account, "rtb-app", route("198.51.99.0/24", "tgw-ours", "Advertisement")));
    assert!(!cut.refusal("rtb-app/198.51.99.0/24").is_empty());
    open(&cut.left(None), "out internet tgw-ours v4 eni-app");
}

fn a_spare_table_leads(cut: &Cut, way: &str) {
    closed(&cut.left(None), way);
    open(&later(cut, served_by_the_spare_table), way);
}

pub fn a_spare_table_leads_out(cut: &Cut) {
    a_spare_table_leads(cut, "out vpc pcx-partner v4 eni-app");
}

pub fn a_spare_table_leads_to_the_vpn(cut: &Cut) {
    a_spare_table_leads(cut, "out on-premises vgw-home v4 eni-app");
}

pub fn a_spare_table_leads_to_nat(cut: &Cut) {
    a_spare_table_leads(cut, "out internet nat-public v4 eni-app");
}

pub fn a_spare_table_leads_to_a_peering(cut: &Cut) {
    a_spare_table_leads(cut, "out vpc pcx-partner v4 eni-app");
}

pub fn a_gateway_is_held_by_what_is_mapped(cut: &Cut) {
    assert!(cut.refusal("igw-home").contains("mapped; 590 and 530 hold it"));
}

/// Does the app reach an address by this gateway?
fn reached(account: &Account, gateway: &str, address: [u8; 4]) -> bool {
    let exposure = unplug::exposure::of(account);
    let ways = &exposure.interfaces[&("eu-west-1".to_owned(), "eni-app".to_owned())];
    let address = u128::from(u32::from_be_bytes(address));
    ways.iter().any(|way| way.path.id == gateway && way.open.lets(address, HTTPS))
}

/// Half of the internet by NAT, the rest by a transit gateway, which would take it all.
pub fn nat_in_front_of_a_wider_route_stays(cut: &Cut) {
    let cut = with(cut, |account| {
        let tables = here(account).route_tables.read_mut().unwrap();
        tables.get_mut("rtb-app").unwrap().routes.retain(|route| route.destination != "0.0.0.0/0");
        add(account, "rtb-app", route("0.0.0.0/0", "tgw-ours", "CreateRoute"));
        add(account, "rtb-app", route("128.0.0.0/1", "nat-public", "CreateRoute"));
    });
    assert!(cut.refusal("rtb-app/128.0.0.0/1").contains("0.0.0.0/0 to tgw-ours instead"));
    assert!(reached(&cut.after, "nat-public", [203, 0, 113, 1]));
}

/// A private range by private NAT, and all of 10.0.0.0/8 by a transit gateway.
pub fn a_wider_route_takes_over(cut: &Cut) {
    let cut = with(cut, |account| add(account, "rtb-app", route("10.0.0.0/8", "tgw-ours", "CreateRoute")));
    let there = [10, 21, 0, 9];
    assert!(reached(&cut.before, "nat-private", there) && !reached(&cut.before, "tgw-ours", there));
    assert!(reached(&cut.after, "tgw-ours", there) && !reached(&cut.after, "nat-private", there));
}

/// The group's public range by the links, everything else by NAT, which would take it.
pub fn a_route_in_front_of_a_wider_one_stays(cut: &Cut) {
    let cut = with(cut, |account| {
        for (range, gateway) in [("198.51.97.0/24", "vgw-home"), ("198.51.96.0/24", "pcx-partner")] {
            add(account, "rtb-app", route(range, gateway, "CreateRoute"));
        }
    });
    let range = if cut.step.step.0 == 540 { "198.51.97.0/24" } else { "198.51.96.0/24" };
    assert!(cut.refusal(&format!("rtb-app/{range}")).contains("0.0.0.0/0 to nat-public instead"));
}

/// A firewall between two subnets: the new table leads straight on.
pub fn a_middlebox_is_passed_by(cut: &Cut) {
    let to_front = |account: &Account| {
        let tables = account.regions["eu-west-1"].route_tables.read().unwrap();
        let table = tables.values().find(|table| table.subnets.contains("subnet-app")).unwrap();
        table.routes.iter().find(|route| route.destination == "10.0.0.0/24").map(|route| route.target.clone())
    };
    let firewall =
        |account: &mut Account| add(account, "rtb-app", route("10.0.0.0/24", "eni-nat", "CreateRoute"));
    let cut = with(cut, firewall);
    assert_eq!(to_front(&cut.before).as_deref(), Some("eni-nat"));
    assert_eq!(to_front(&cut.after), None);
    assert!(between(&cut.after, "eni-app", "eni-web").is_some());
}

/// TCP 443.
const HTTPS: u32 = (6 << 16) + 443;

pub fn the_nat_gateways_stay(cut: &Cut) {
    let gateways = |account: &Account| account.regions["eu-west-1"].nat_gateways.clone();
    assert_eq!(gateways(&cut.before), gateways(&cut.after));
}

pub fn a_regional_nat_gateway_stays(cut: &Cut) {
    let cut = with(cut, |account| {
        let regional = NatGateway {
            vpc: "vpc-home".into(),
            state: "available".into(),
            connectivity: "public".into(),
            availability: "regional".into(),
            ..NatGateway::default()
        };
        here(account).nat_gateways.read_mut().unwrap().insert("nat-regional".into(), regional);
        add(account, "rtb-app", route("198.51.98.0/24", "nat-regional", "CreateRoute"));
    });
    assert!(cut.refusal("nat-regional").contains("only its routes are cut"));
    closed(&cut.left(None), "out internet nat-regional v4 eni-app");
    let led =
        later(&cut, |account| add(account, "rtb-app", route("0.0.0.0/0", "nat-regional", "CreateRoute")));
    open(&led, "out internet nat-regional v4 eni-app");
}

pub fn the_owner_of_a_shared_gateway_is_named(cut: &Cut) {
    assert!(cut.refusal("igw-theirs").contains("222222222222"));
    let hidden = with(cut, |account| {
        here(account).internet_gateways.read_mut().unwrap().remove("igw-theirs");
    });
    assert!(hidden.refusal("vpc-theirs").contains("222222222222"), "also where it is not shown");
}

pub fn the_owner_of_shared_nat_is_named(cut: &Cut) {
    assert!(cut.refusal("rtb-theirs/198.51.100.0/25").contains("222222222222"));
}
