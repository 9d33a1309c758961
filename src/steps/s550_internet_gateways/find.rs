//! What 550 looks at.

use super::attachment::{Attachment, mapped, nat_addresses};
use super::egress::Egress;
use super::mapping::Mapping;
use super::unmaps;
use super::vpc::ClosedVpc;
use crate::account::{Account, Address, Region, Vpc};
use crate::step::{Case, Found, Item, Lens as _, Target, count, fallback};
use crate::steps::shared::route;

pub(super) fn find(account: &Account, case: &Case) -> Found {
    let mut found = Found::default();
    for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
        let unmap = unmaps(&case.params);
        for vpc in case.scope.touched_vpcs(here) {
            let Some(known) = here.vpcs.item(&vpc) else { continue };
            let mut items = gateways(region, here, &vpc);
            if known.owner != account.id {
                if items.is_empty() {
                    items.push(Item::new(Target::new(ClosedVpc::KIND, &vpc).region(region).vpc(&vpc)));
                }
                items.into_iter().for_each(|item| found.item(item));
                continue;
            }
            say(&mut found, region, here, &vpc, unmap);
            if unmap && case.scope.has_vpc(here, &vpc) {
                items.extend(egress(region, here, case, &vpc));
            }
            if items.is_empty() {
                items.push(Item::new(
                    Target::new(ClosedVpc::KIND, &vpc).region(region).vpc(&vpc).named(&known.tags),
                ));
            }
            if unmap {
                items.extend(addresses(region, here, case, &vpc));
            }
            items.into_iter().for_each(|item| found.item(protected(item, known)));
        }
    }
    found
}

/// A protected tag on the VPC protects what is in it.
fn protected(item: Item, vpc: &Vpc) -> Item {
    item.within(&vpc.tags)
}

fn say(found: &mut Found, region: &str, here: &Region, vpc: &str, unmap: bool) {
    let attached = here.internet_gateways.items().filter(|(_, g)| g.vpc.as_deref() == Some(vpc));
    let mapped = count(mapped(here, vpc).len(), "public address");
    for (id, _) in attached {
        found.note(Some(region), format!("{id} joins {vpc} to the internet, {mapped} mapped"));
    }
    for (id, _) in here.egress_gateways.items().filter(|(_, gateway)| gateway.vpc == vpc && !unmap) {
        found.note(
            Some(region),
            format!("{id} lets {vpc} out by IPv6 and cannot be detached; 530 and 590 hold it"),
        );
    }
}

/// Written last: what is mapped, and the routes, go first.
fn last(at: Target) -> Item {
    Item { rank: fallback::AFTER_ROUTES, ..Item::new(at) }
}

fn gateways(region: &str, here: &Region, vpc: &str) -> Vec<Item> {
    let attached = here.internet_gateways.items().filter(|(_, g)| g.vpc.as_deref() == Some(vpc));
    attached
        .map(|(id, gateway)| {
            let at = Target::new(Attachment::KIND, id).region(region).vpc(vpc).named(&gateway.tags);
            last(at).tags(&gateway.tags)
        })
        .collect()
}

/// Egress-only gateways, and the routes to them: those go first, and come back last.
fn egress(region: &str, here: &Region, case: &Case, vpc: &str) -> Vec<Item> {
    let mut items = vec![];
    for (id, gateway) in here.egress_gateways.items().filter(|(_, gateway)| gateway.vpc == vpc) {
        let at = Target::new(Egress::KIND, id).region(region).vpc(vpc).named(&gateway.tags);
        items.push(last(at).tags(&gateway.tags));
        for (table, of) in route::tables(here, &case.scope) {
            let led = of.made().filter(|route| route.target == *id);
            items.extend(led.map(|led| route::item(region, here, (table, of), led)));
        }
    }
    items
}

fn addresses(region: &str, here: &Region, case: &Case, vpc: &str) -> Vec<Item> {
    let mut items = vec![];
    for (id, address) in here.addresses.items() {
        let interface = address.interface.as_ref().and_then(|id| here.interfaces.item(id));
        let Some(interface) = interface.filter(|i| i.vpc == vpc && case.scope.has_interface(here, i)) else {
            continue;
        };
        let at = Target::new(Mapping::KIND, id).region(region).vpc(vpc).label(Some(&address.public_ip));
        items.push(Item::new(at).tags(&address.tags).tags(&interface.tags));
    }
    if case.scope.has_vpc(here, vpc) {
        items.extend(of_regional_nat(region, here, vpc));
    }
    items
}

/// Addresses of regional NAT gateways that lead to no interface which AWS shows. They are refused by name.
fn of_regional_nat<'a>(region: &'a str, here: &'a Region, vpc: &'a str) -> impl Iterator<Item = Item> + 'a {
    let allocations = nat_addresses(here, vpc).filter_map(|address| address.allocation.as_ref());
    let known = allocations.filter_map(|id| Some((id, here.addresses.item(id)?)));
    let shown = |address: &Address| {
        address.interface.as_ref().is_some_and(|interface| here.interfaces.item(interface).is_some())
    };
    known.filter(move |(_, address)| address.managed_by.is_some() && !shown(address)).map(
        move |(id, address)| {
            let at = Target::new(Mapping::KIND, id).region(region).vpc(vpc).label(Some(&address.public_ip));
            Item::new(at).tags(&address.tags)
        },
    )
}
