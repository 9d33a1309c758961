//! What 560 looks at.

use super::{GATEWAY, INSTANCE, VPC};
use crate::account::{Account, Region, Route, RouteTable};
use crate::step::{Case, Found, Item, Names, Target, count, fallback, routes};

pub(super) fn find(account: &Account, case: &Case) -> Found {
    let mut found = Found::default();
    let delete = case.param("way", "routes") == "delete";
    for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
        for vpc in case.scope.touched_vpcs(here) {
            let Some(known) = here.vpcs.item(&vpc) else { continue };
            if known.owner != account.id {
                if own(here, &vpc).any(|(_, table)| leads_to_nat(table)) {
                    found.item(Item::new(Target::new(VPC, &vpc).region(region).vpc(&vpc)));
                }
                continue;
            }
            say(&mut found, region, here, &vpc);
            let mut items = ways(region, here, case, &vpc);
            items.extend(instances(region, here, case, &vpc));
            if items.is_empty() {
                items.push(Item::new(Target::new(VPC, &vpc).region(region).vpc(&vpc).named(&known.tags)));
            }
            if delete {
                items.extend(gateways(region, here, case, &vpc));
            }
            items.into_iter().for_each(|item| found.item(item.tags(&known.tags)));
        }
    }
    found
}

fn say(found: &mut Found, region: &str, here: &Region, vpc: &str) {
    for (id, gateway) in here.nat_gateways.items().filter(|(_, gateway)| gateway.vpc == vpc) {
        let led: usize = led_to(here, id, &Names::default())
            .iter()
            .filter(|(table, _)| !here.served_by(table).is_empty())
            .count();
        let kind = &gateway.connectivity;
        match led {
            0 => found.ok(Some(region), format!("no table that serves a subnet leads to {id} ({kind})")),
            led => found.find(Some(region), format!("out by {id} ({kind}): {} in use", count(led, "route"))),
        }
    }
}

/// The routes of a Region to a gateway: tables and routes.
pub(super) fn led_to<'a>(here: &'a Region, gateway: &str, names: &Names) -> Vec<(&'a String, &'a Route)> {
    let current = names.current(gateway);
    let leads = move |route: &&Route| route.target == current;
    let tables = here.route_tables.items();
    tables.flat_map(|(id, table)| table.made().filter(&leads).map(move |route| (id, route))).collect()
}

pub(super) fn own<'a>(here: &'a Region, vpc: &'a str) -> impl Iterator<Item = (&'a String, &'a RouteTable)> {
    let owner = here.vpcs.item(vpc).map(|vpc| &vpc.owner);
    here.route_tables.items().filter(move |(_, table)| table.vpc == vpc && Some(&table.owner) == owner)
}

fn leads_to_nat(table: &RouteTable) -> bool {
    table.routes.iter().any(|route| route.target.starts_with("nat-") && !route.blackhole)
}

/// Does a table serve anything in scope?
fn in_scope(here: &Region, case: &Case, vpc: &str, table: &str) -> bool {
    case.scope.has_vpc(here, vpc)
        || here.served_by(table).into_iter().any(|subnet| case.scope.has_subnet(here, subnet))
}

/// Each route to a NAT gateway.
fn ways(region: &str, here: &Region, case: &Case, vpc: &str) -> Vec<Item> {
    let mut items = vec![];
    for (id, table) in own(here, vpc).filter(|(id, _)| in_scope(here, case, vpc, id)) {
        // One that drops everything already is no way out; its gateway is gone.
        let to_nat = table.made().filter(|route| route.target.starts_with("nat-") && !route.blackhole);
        for route in to_nat.filter(|route| here.nat_gateways.item(&route.target).is_some()) {
            let rank = fallback::rank_of_route(here, table, route);
            let at = routes::target(region, id, table, &route.destination);
            items.push(Item { rank, ..Item::new(at).tags(&table.tags) });
        }
    }
    items
}

/// Interfaces that pass on what a route leads to them.
fn instances(region: &str, here: &Region, case: &Case, vpc: &str) -> Vec<Item> {
    let led = |id: &String| own(here, vpc).any(|(_, table)| table.made().any(|route| route.target == *id));
    here.interfaces
        .items()
        .filter(|(id, i)| i.vpc == vpc && i.kind != "nat_gateway" && !i.source_dest_check && led(id))
        .filter(|(_, interface)| case.scope.has_interface(here, interface))
        .map(|(id, interface)| {
            let at = Target::new(INSTANCE, id).region(region).vpc(vpc).named(&interface.tags);
            Item::new(at).tags(&interface.tags)
        })
        .collect()
}

/// The gateways themselves: after every route to them.
fn gateways(region: &str, here: &Region, case: &Case, vpc: &str) -> Vec<Item> {
    let lives = |state: &str| state == "available" || state == "pending";
    here.nat_gateways
        .items()
        .filter(|(_, gateway)| gateway.vpc == vpc && lives(&gateway.state))
        .filter(|(_, gateway)| {
            let of_subnet = gateway.subnet.as_ref().is_some_and(|subnet| case.scope.has_subnet(here, subnet));
            of_subnet || case.scope.has_vpc(here, vpc)
        })
        .map(|(id, gateway)| {
            let old = case.names.original(id);
            let at = Target::new(GATEWAY, old).region(region).vpc(vpc).named(&gateway.tags);
            let mut item = Item::new(at).tags(&gateway.tags);
            item.rank = fallback::AFTER_ROUTES;
            item
        })
        .collect()
}
