//! Finds the subnets in scope and the tables that serve them, or their routes out with `way = "delete"`.

use std::collections::BTreeMap;

use super::closed::ClosedTable;
use super::deletes;
use super::isolation::{IsolationTable, TableBody};
use super::main_table::MainTable;
use super::subnet::{Served, Subnet};
use crate::account::{Account, Region, Route, RouteTable};
use crate::step::{Case, Found, Item, Lens, Look, Now, Target, Verdict, count};
use crate::steps::shared::made::Made;
use crate::steps::shared::route::{self, propagation};

pub(super) fn find(account: &Account, case: &Case) -> Found {
    let mut found = Found::default();
    for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
        for vpc in case.scope.touched_vpcs(here) {
            let view = VpcView { region, here, account, case, vpc: &vpc };
            let items = if deletes(&case.params) { view.by_deleting() } else { view.by_swapping() };
            items.into_iter().for_each(|item| found.item(item));
        }
        say(&mut found, region, here, case);
    }
    found
}

fn say(found: &mut Found, region: &str, here: &Region, case: &Case) {
    let subnets: Vec<&String> =
        here.subnets.items().map(|(id, _)| id).filter(|id| case.scope.has_subnet(here, id)).collect();
    let open = |id: &&&String| here.effective_table(id).is_some_and(|(_, table)| here.leads_out(table));
    match (subnets.iter().filter(open).count(), subnets.len()) {
        (_, 0) => {}
        (0, all) => {
            found.fine(Some(region), format!("no route leads out of the VPC from {}", count(all, "subnet")));
        }
        (open, all) => {
            found.note(
                Some(region),
                format!("routes lead out of the VPC from {open} of {}", count(all, "subnet")),
            );
        }
    }
    for (id, table) in here.route_tables.items().filter(|(_, table)| case.scope.has_vpc(here, &table.vpc)) {
        for gateway in &table.gateways {
            let text = format!("what comes in through {gateway} goes on by {id}, one way: nothing answers");
            found.fine(Some(region), text);
        }
    }
    if !deletes(&case.params) {
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
            found.note(Some(region), text);
        }
    }
}

/// A VPC that the step looks at.
#[derive(Clone, Copy)]
struct VpcView<'a> {
    region: &'a str,
    here: &'a Region,
    account: &'a Account,
    case: &'a Case,
    vpc: &'a str,
}

impl<'a> VpcView<'a> {
    fn at(self, kind: &str, id: &str) -> Target {
        Target::new(kind, id).region(self.region).vpc(self.vpc)
    }

    /// An item with the VPC's tags: a protected tag on the VPC protects what is in it.
    fn protected(self, item: Item) -> Item {
        match self.here.vpcs.item(self.vpc) {
            Some(vpc) => item.within(&vpc.tags),
            None => item,
        }
    }

    /// The subnets of the VPC that are in scope.
    fn subnets(self) -> impl Iterator<Item = &'a String> {
        let own = self.here.subnets.items().filter(move |(_, subnet)| subnet.vpc == self.vpc);
        own.map(|(id, _)| id).filter(move |id| self.case.scope.has_subnet(self.here, id))
    }

    fn subnet(self, id: &str) -> Item {
        let at = self.at(Subnet::KIND, id);
        self.protected(match self.here.subnets.item(id) {
            Some(subnet) => Item::new(at.named(&subnet.tags)).tags(&subnet.tags),
            None => Item::new(at),
        })
    }

    /// Does the lens change the target?
    fn changes<L: Lens>(self, lens: &L, at: &Target) -> bool {
        let look = Look::new(at, self.account, self.case);
        let Now::Is(now) = lens.state(&look) else { return false };
        matches!(lens.contain(&now, &look), Verdict::Change(_) | Verdict::Lasting(..))
    }

    fn by_swapping(self) -> Vec<Item> {
        let VpcView { here, account, case, vpc, .. } = self;
        let ours = here.vpcs.item(vpc).filter(|known| known.owner == account.id);
        let whole = ours.filter(|_| case.scope.has_vpc(here, vpc));
        let (mut items, mut swaps) = (vec![], false);
        for id in self.subnets() {
            let item = self.subnet(id);
            let follows = Subnet.state(&Look::new(&item.at, account, case)) == Now::Is(Served::Main);
            // One call for the main table switches all that follow it.
            if !(follows && whole.is_some()) {
                swaps |= self.changes(&Subnet, &item.at);
                items.push(item);
            }
        }
        if let Some(known) = whole {
            let at = self.at(MainTable::KIND, vpc).named(&known.tags);
            swaps |= self.changes(&MainTable, &at);
            items.push(self.protected(Item::new(at)));
        }
        let made = self.at(Made::<IsolationTable>::KIND, vpc);
        let isolation = Made(IsolationTable).state(&Look::new(&made, account, case));
        let reopened = matches!(isolation, Now::Is(Some(body)) if body != TableBody::default());
        if swaps || reopened {
            items.push(self.protected(Item::created(made)));
        }
        items
    }

    fn by_deleting(self) -> Vec<Item> {
        let VpcView { here, account, case, vpc, .. } = self;
        let theirs =
            |id: &&String| here.subnets.item(id.as_str()).is_some_and(|subnet| subnet.owner != account.id);
        let mut items: Vec<Item> = self.subnets().filter(theirs).map(|id| self.subnet(id)).collect();
        let own = route::tables(here, &case.scope).filter(|(_, t)| t.vpc == vpc && t.owner == account.id);
        for (id, table) in own.filter(|(id, table)| table.main || !here.served_by(id).is_empty()) {
            items.extend(self.ways_out(id, table));
        }
        items
    }

    /// Each route out of the VPC, each propagation; or the table itself where it has neither.
    fn ways_out(self, id: &String, table: &RouteTable) -> Vec<Item> {
        let VpcView { region, here, .. } = self;
        let single =
            table.routes.iter().filter(|r| r.is_made() || r.is_endpoint() || r.origin == "Advertisement");
        let out = single.filter(|route| !here.stays_within(table, route));
        let mut items: Vec<Item> = out.map(|each| route::item(region, here, (id, table), each)).collect();
        let gateways = table.propagating.iter();
        items.extend(gateways.map(|gateway| propagation::item(region, here, (id, table), gateway)));
        if items.is_empty() {
            let at = self.at(ClosedTable::KIND, id).named(&table.tags);
            items.push(self.protected(Item::new(at).tags(&table.tags)));
        }
        items
    }
}
