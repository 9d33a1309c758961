//! A route in a route table: one lens for every step that cuts by routes (530, 540, 550, 560, 580).
//!
//! ```text
//!   the table belongs to another account                  refused: only its owner can change it
//!   the table, or a subnet that it serves, is not in scope refused
//!   no subnet uses the table, or the route is a blackhole already, unless its gateway is deleted
//!   the route carries the path of a kept CIDR             refused
//!   the packets would take a wider route out instead      refused: that route first
//!   otherwise                                             cut
//! ```
//!
//! A main table counts as used: every new subnet follows it.

pub(in crate::steps) mod calls;
pub(in crate::steps) mod propagation;

use crate::account::{self, Region, RouteTable, Scope, Section};
use crate::step::{
    Item, Lens, Look, Now, Reach, Reason, StepError, StepId, Target, Verdict, Write, fallback, keep,
};

pub(in crate::steps) use propagation::Propagation;

/// The routes that one step cuts.
#[derive(Clone, Copy)]
pub(in crate::steps) struct Route {
    step: StepId,
    leads: fn(&str) -> bool,
    deletes: fn(&Look<'_>, &str) -> bool,
}

impl Route {
    /// The routes whose target the step cuts.
    pub(in crate::steps) const fn new(step: StepId, leads: fn(&str) -> bool) -> Route {
        Route { step, leads, deletes: |_, _| false }
    }

    /// The same where the step deletes some gateways too: every route to those goes first, because it
    /// would go on naming a gateway that comes back under another id.
    pub(in crate::steps) const fn deleting(self, deletes: fn(&Look<'_>, &str) -> bool) -> Route {
        Route { deletes, ..self }
    }

    /// The routes of all tables in scope.
    pub(in crate::steps) fn items<'a>(
        &'a self,
        region: &'a str,
        here: &'a Region,
        scope: &'a Scope,
    ) -> impl Iterator<Item = Item> + 'a {
        let led = |route: &&account::Route| (self.leads)(&route.target);
        tables(here, scope).flat_map(move |(id, table)| {
            table.made().filter(led).map(move |route| item(region, here, (id, table), route))
        })
    }

    /// Why a gateway must not be deleted: a route to it that stays.
    pub(in crate::steps) fn still_leads(&self, look: &Look<'_>, gateway: &str) -> Option<Reason> {
        let here = look.region()?;
        let led = here.route_tables.items().flat_map(|(id, table)| {
            table.made().filter(|route| route.target == gateway).map(move |route| (id, table, route))
        });
        led.into_iter().find_map(|(id, table, route)| {
            let to = &route.destination;
            let at = target(look.at.region_name(), id, table, to);
            let look = Look::new(&at, look.account, look.case);
            match self.contain(&Some(look.case.names.original(gateway)), &look) {
                Verdict::Refuse(why) => Some(format!("{id} leads to it for {to}: {why}")),
                _ => None,
            }
        })
    }

    /// What to do about routes that leave a table together. `after` is the state without them; `last`
    /// says that they go even from a table that serves nothing.
    fn verdict<S>(
        &self,
        look: &Look<'_>,
        leave: impl Fn(&account::Route) -> bool,
        (after, last): (S, bool),
    ) -> Verdict<S> {
        let (id, _) = look.at.parts();
        let Some((here, table)) = look.region().and_then(|here| Some((here, here.route_tables.item(id)?)))
        else {
            return Verdict::Refuse("its route table was not read".into());
        };
        if table.owner != look.account.id {
            let owner = &table.owner;
            return Verdict::Refuse(format!("its table belongs to {owner}: only the owner can change it"));
        }
        if let Some(subnet) = here.served_beyond(id, &look.case.scope) {
            return Verdict::Refuse(format!("{id} also serves {subnet}, which is not in scope"));
        }
        if !is_in_scope(here, id, table, &look.case.scope) {
            return Verdict::Refuse(format!("{id} is not in scope"));
        }
        if !serves(here, table) && !last {
            return Verdict::Already;
        }
        let detour = |route| fallback::detour(here, table, route, |other| (self.leads)(&other.target));
        let leaving = || table.routes.iter().filter(|route| leave(route) && !route.blackhole);
        let kept = kept(self.step, here, id, &look.case.scope, &leave);
        Verdict::unless(kept.or_else(|| leaving().find_map(detour)), after)
    }
}

impl Lens for Route {
    /// Where the route leads, under the id that the target had when the run began. `None`: no route.
    type State = Option<String>;
    const KIND: &'static str = "route";
    const REACH: Reach = Reach::Table;
    const NEEDS: &'static [Section] = &[Section::RouteTables];

    fn state(&self, look: &Look<'_>) -> Now<Option<String>> {
        let (id, to) = look.at.parts();
        let led = |table: &RouteTable| {
            let route = table.made().find(|route| route.destination == to);
            Now::Is(route.map(|route| look.case.names.original(&route.target)))
        };
        look.in_region(|here| Now::of_item(&here.route_tables, id, led))
    }

    fn contain(&self, now: &Option<String>, look: &Look<'_>) -> Verdict<Option<String>> {
        let (id, to) = look.at.parts();
        let table = look.region().and_then(|here| here.route_tables.item(id));
        let at_destination = |route: &&account::Route| route.destination == to;
        let Some(target) = now else {
            let other = table.and_then(|table| table.routes.iter().find(at_destination));
            return other.and_then(not_cut_alone).map_or(Verdict::Already, Verdict::Refuse);
        };
        let deleted = (self.deletes)(look, &look.case.names.current(target));
        let dead = table.and_then(|table| table.made().find(at_destination)).is_some_and(|r| r.blackhole);
        if dead && !deleted {
            return Verdict::Already;
        }
        let leave = |route: &account::Route| route.destination == to && route.is_made();
        self.verdict(look, leave, (None, deleted))
    }

    fn show(&self, state: &Option<String>) -> String {
        state.as_ref().map_or_else(|| "no route".into(), |target| format!("route to {target}"))
    }

    async fn write(&self, write: Write<'_, Option<String>>) -> Result<(), StepError> {
        calls::write(write.aws, write.at, write.to.as_deref()).await
    }
}

/// The tables of which the scope holds the VPC or a subnet that they serve, with their ids.
pub(in crate::steps) fn tables<'a>(
    here: &'a Region,
    scope: &'a Scope,
) -> impl Iterator<Item = (&'a String, &'a RouteTable)> {
    here.route_tables.items().filter(|(id, table)| is_in_scope(here, id, table, scope))
}

fn is_in_scope(here: &Region, id: &str, table: &RouteTable, scope: &Scope) -> bool {
    scope.has_vpc(here, &table.vpc)
        || here.served_by(id).into_iter().any(|subnet| scope.has_subnet(here, subnet))
}

/// The item of a route: a wider route has a lower rank.
pub(in crate::steps) fn item(
    region: &str,
    here: &Region,
    (id, table): (&String, &RouteTable),
    route: &account::Route,
) -> Item {
    let rank = fallback::rank_of_route(here, table, route);
    Item { rank, ..tagged(target(region, id, table, &route.destination), here, table) }
}

/// The target of a route: its id is the table's and the destination, `rtb-1/0.0.0.0/0`.
pub(in crate::steps) fn target(region: &str, table: &str, of: &RouteTable, destination: &str) -> Target {
    let at = Target::new(Route::KIND, format!("{table}/{destination}")).region(region);
    at.vpc(&of.vpc).named(&of.tags)
}

/// An item with the tags of its table and VPC: a protected tag on either protects it.
fn tagged(at: Target, here: &Region, table: &RouteTable) -> Item {
    let item = Item::new(at).tags(&table.tags);
    match here.vpcs.item(&table.vpc) {
        Some(vpc) => item.within(&vpc.tags),
        None => item,
    }
}

/// Refuses to cut routes that carry the path of a kept CIDR. A table that serves nothing carries none.
pub(in crate::steps) fn kept(
    step: StepId,
    here: &Region,
    table: &str,
    scope: &Scope,
    which: impl Fn(&account::Route) -> bool,
) -> Option<Reason> {
    let table = here.route_tables.item(table).filter(|table| serves(here, table))?;
    keep::carried(here, table, scope, which).map(|cidr| keep::refusal(step, cidr))
}

/// Does a subnet use the table, now or as soon as it is made? Yes where the subnets could not be read.
fn serves(here: &Region, table: &RouteTable) -> bool {
    table.main || !table.subnets.is_empty() || here.subnets.read().is_none()
}

/// Why a route is not deleted by itself, where something else made it.
fn not_cut_alone(route: &account::Route) -> Option<Reason> {
    if route.is_endpoint() {
        return Some(format!("it belongs to the gateway endpoint {}: 570 cuts it", route.target));
    }
    (route.origin == "Advertisement").then(|| {
        "a Route Server advertises it: it ends with the Route Server's propagation to this table".into()
    })
}

#[cfg(test)]
mod tests;
