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
    assert!(cut.refusal("igw-home").contains("public addresses are mapped"));
}

/// All that the app sent by NAT goes to the transit gateway now.
pub fn a_broader_route_takes_over(cut: &Cut) {
    let cut = with(cut, |account| {
        let tables = here(account).route_tables.read_mut().unwrap();
        let table = tables.get_mut("rtb-app").unwrap();
        table.routes.retain(|route| route.destination != "0.0.0.0/0" && route.target != "tgw-ours");
        add(account, "rtb-app", route("0.0.0.0/0", "tgw-ours", "CreateRoute"));
        add(account, "rtb-app", route("128.0.0.0/1", "nat-public", "CreateRoute"));
    });
    let somebody = u128::from(u32::from_be_bytes([203, 0, 113, 1]));
    let reached = |account: &Account| {
        let exposure = unplug::exposure::of(account);
        let ways = &exposure.interfaces[&("eu-west-1".to_owned(), "eni-app".to_owned())];
        ways.iter().any(|way| way.path.id == "tgw-ours" && way.open.lets(somebody, HTTPS))
    };
    assert!(!reached(&cut.before), "by NAT");
    assert!(reached(&cut.after), "by the transit gateway");
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
    assert!(cut.refusal("vpc-theirs").contains("222222222222"));
}
