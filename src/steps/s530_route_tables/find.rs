//! What 530 looks at.

use std::collections::BTreeMap;

use super::made::isolation_table;
use super::{By, CREATED, MAIN, PROPAGATION, RouteTables, SUBNET, State, TABLE, body};
use crate::account::{Account, Region, Route, RouteTable};
use crate::step::{Case, Found, Item, Lens as _, Look, Now, Target, Verdict, count, fallback, routes};

pub(super) fn find(step: &RouteTables, account: &Account, case: &Case) -> Found {
    let mut found = Found::default();
    for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
        for vpc in case.scope.touched_vpcs(here) {
            let items = if case.param("way", "swap") == "delete" {
                by_deleting(region, here, account, case, &vpc)
            } else {
                by_swapping(step, region, here, account, case, &vpc)
            };
            items.into_iter().for_each(|item| found.item(protected(item, here, &vpc)));
        }
        say(&mut found, region, here, case);
    }
    found
}

/// A protected tag on the VPC protects what is in it.
fn protected(item: Item, here: &Region, vpc: &str) -> Item {
    match here.vpcs.item(vpc) {
        Some(vpc) => item.tags(&vpc.tags),
        None => item,
    }
}

fn say(found: &mut Found, region: &str, here: &Region, case: &Case) {
    let subnets: Vec<&String> =
        here.subnets.items().map(|(id, _)| id).filter(|id| case.scope.has_subnet(here, id)).collect();
    let open = |id: &&&String| here.effective_table(id).is_some_and(|(_, table)| here.leads_out(table));
    match (subnets.iter().filter(open).count(), subnets.len()) {
        (_, 0) => {}
        (0, all) => {
            found.ok(Some(region), format!("no route leads out of the VPC from {}", count(all, "subnet")));
        }
        (open, all) => {
            found.find(
                Some(region),
                format!("routes lead out of the VPC from {open} of {}", count(all, "subnet")),
            );
        }
    }
    for (id, table) in here.route_tables.items().filter(|(_, table)| case.scope.has_vpc(here, &table.vpc)) {
        for gateway in &table.gateways {
            let text = format!("what comes in through {gateway} goes on by {id}, one way: nothing answers");
            found.ok(Some(region), text);
        }
    }
    if case.param("way", "swap") == "swap" {
        past_middleboxes(found, region, here, &subnets);
    }
}

/// Tables that lead to other subnets through a middlebox, and are swapped for their ways out.
fn past_middleboxes(found: &mut Found, region: &str, here: &Region, subnets: &[&String]) {
    let tables = subnets.iter().filter_map(|id| here.effective_table(id));
    let tables: BTreeMap<_, _> = tables.filter(|(_, table)| here.leads_out(table)).collect();
    for (id, table) in tables {
        let inside = |route: &&Route| !route.is_local() && here.stays_within(table, route);
        if let Some(route) = table.routes.iter().find(inside) {
            let (to, middlebox) = (&route.destination, &route.target);
            let text = format!("{id} leads to {to} through {middlebox}: its subnets get there past it");
            found.find(Some(region), text);
        }
    }
}

fn subnet_item(region: &str, here: &Region, id: &str, vpc: &str) -> Item {
    let at = Target::new(SUBNET, id).region(region).vpc(vpc);
    match here.subnets.item(id) {
        Some(subnet) => Item::new(at.named(&subnet.tags)).tags(&subnet.tags),
        None => Item::new(at),
    }
}

/// Subnets of a VPC that are in scope.
fn subnets<'a>(here: &'a Region, case: &'a Case, vpc: &'a str) -> impl Iterator<Item = &'a String> {
    let within = here.subnets.items().filter(move |(id, s)| s.vpc == vpc && case.scope.has_subnet(here, id));
    within.map(|(id, _)| id)
}

fn by_swapping(
    step: &RouteTables,
    region: &str,
    here: &Region,
    account: &Account,
    case: &Case,
    vpc: &str,
) -> Vec<Item> {
    let ours = here.vpcs.item(vpc).filter(|known| known.owner == account.id);
    let whole = ours.filter(|_| case.scope.has_vpc(here, vpc));
    let mut items = vec![];
    for id in subnets(here, case, vpc) {
        let item = subnet_item(region, here, id, vpc);
        let follows = step.state(&Look::new(&item.at, account, case)) == Now::Is(State::Served(By::Main));
        // One call for the main table switches all that follow it.
        if !(follows && whole.is_some()) {
            items.push(item);
        }
    }
    if let Some(known) = whole {
        let at = Target::new(MAIN, vpc).region(region).vpc(vpc).named(&known.tags);
        items.push(Item::new(at));
    }
    let changes = |item: &Item| match step.state(&Look::new(&item.at, account, case)) {
        Now::Is(now) => matches!(
            step.contain(&now, &Look::new(&item.at, account, case)),
            Verdict::Change(State::Served(By::Isolation))
        ),
        _ => false,
    };
    let reopened =
        isolation_table(here, vpc, case).is_some_and(|(_, table)| body(table) != super::Body::default());
    if items.iter().any(changes) || reopened {
        items.push(Item::created(Target::new(CREATED, vpc).region(region).vpc(vpc)));
    }
    items
}

fn by_deleting(region: &str, here: &Region, account: &Account, case: &Case, vpc: &str) -> Vec<Item> {
    let theirs =
        |id: &&String| here.subnets.item(id.as_str()).is_some_and(|subnet| subnet.owner != account.id);
    let mut items: Vec<Item> =
        subnets(here, case, vpc).filter(theirs).map(|id| subnet_item(region, here, id, vpc)).collect();
    let own = here.route_tables.items().filter(|(_, table)| table.vpc == vpc && table.owner == account.id);
    for (id, table) in own {
        let serves = subnets(here, case, vpc)
            .any(|subnet| here.effective_table(subnet).is_some_and(|(effective, _)| effective == id));
        if serves || (table.main && case.scope.has_vpc(here, vpc)) {
            items.extend(ways_out(region, here, id, table));
        }
    }
    items
}

/// Each route out of the VPC, each propagation; or the table itself where it has neither.
fn ways_out(region: &str, here: &Region, id: &str, table: &RouteTable) -> Vec<Item> {
    let single =
        table.routes.iter().filter(|r| r.is_made() || r.is_endpoint() || r.origin == "Advertisement");
    let mut items: Vec<Item> = single
        .filter(|route| !here.stays_within(table, route))
        .map(|route| Item {
            rank: fallback::rank_of_route(here, table, route),
            ..Item::new(routes::target(region, id, table, &route.destination)).tags(&table.tags)
        })
        .collect();
    for vgw in &table.propagating {
        let at = Target::new(PROPAGATION, format!("{id}/{vgw}")).region(region).vpc(&table.vpc);
        let item = Item::new(at.named(&table.tags)).tags(&table.tags);
        items.push(Item { rank: fallback::rank_of_propagation(here, table, vgw), ..item });
    }
    if items.is_empty() {
        let at = Target::new(TABLE, id).region(region).vpc(&table.vpc).named(&table.tags);
        items.push(Item::new(at).tags(&table.tags));
    }
    items
}
