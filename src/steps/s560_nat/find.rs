//! Finds the routes to NAT gateways, the NAT instances, and the gateways that are to be deleted.

use super::gateway::Gateway;
use super::instance::Instance;
use super::vpc::ClosedVpc;
use super::{ROUTES, deletes};
use crate::account::{Account, Region, RouteTable};
use crate::step::{Case, Found, Item, Lens, Target, count, fallback};

pub(super) fn find(account: &Account, case: &Case) -> Found {
    let mut found = Found::default();
    for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
        let routes: Vec<Item> = ROUTES.items(region, here, &case.scope).collect();
        for vpc in case.scope.touched_vpcs(here) {
            let Some(known) = here.vpcs.item(&vpc).filter(|known| known.owner == account.id) else {
                continue;
            };
            say(&mut found, region, here, &vpc);
            let mut items = instances(region, here, case, &vpc);
            let led = || routes.iter().any(|route| route.at.vpc.as_ref() == Some(&vpc));
            if items.is_empty() && !led() {
                let at = Target::new(ClosedVpc::KIND, &vpc).region(region).vpc(&vpc).named(&known.tags);
                items.push(Item::new(at));
            }
            if deletes(&case.params) {
                items.extend(gateways(region, here, case, &vpc));
            }
            items.into_iter().for_each(|item| found.item(item.within(&known.tags)));
        }
        routes.into_iter().for_each(|route| found.item(route));
    }
    found
}

fn say(found: &mut Found, region: &str, here: &Region, vpc: &str) {
    for (id, gateway) in here.nat_gateways.items().filter(|(_, gateway)| gateway.vpc == vpc) {
        let leads = |table: &RouteTable| table.made().filter(|route| route.target == *id).count();
        let used = here.route_tables.items().filter(|(table, _)| !here.served_by(table).is_empty());
        let kind = &gateway.connectivity;
        match used.map(|(_, table)| leads(table)).sum::<usize>() {
            0 => found.fine(Some(region), format!("no table that serves a subnet leads to {id} ({kind})")),
            led => found.note(Some(region), format!("out by {id} ({kind}): {} in use", count(led, "route"))),
        }
    }
}

/// Interfaces that pass on what a route leads to them.
fn instances(region: &str, here: &Region, case: &Case, vpc: &str) -> Vec<Item> {
    let tables = || here.route_tables.items().filter(|(_, table)| table.vpc == vpc);
    let led = |id: &String| tables().any(|(_, table)| table.made().any(|route| route.target == *id));
    here.interfaces
        .items()
        .filter(|(id, i)| i.vpc == vpc && i.kind != "nat_gateway" && !i.source_dest_check && led(id))
        .filter(|(_, interface)| case.scope.has_interface(here, interface))
        .map(|(id, interface)| {
            let at = Target::new(Instance::KIND, id).region(region).vpc(vpc).named(&interface.tags);
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
            let at = Target::new(Gateway::KIND, old).region(region).vpc(vpc).named(&gateway.tags);
            Item { rank: fallback::AFTER_ROUTES, ..Item::new(at).tags(&gateway.tags) }
        })
        .collect()
}
