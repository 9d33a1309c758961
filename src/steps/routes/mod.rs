//! A route in a table as a target: what 540 and 580 have in common.

use crate::account::{Account, Region, Route, RouteTable, Seen};
use crate::aws::Aws;
use crate::step::routes;
use crate::step::{Case, Item, Now, Scope, StepError, StepId, Target, Verdict, fallback, keep};

pub(super) use crate::step::routes::KIND;

/// The origin of a route that was made by hand, and can be deleted by itself.
const BY_HAND: &str = "CreateRoute";

/// The routes of tables in scope that were made by hand and lead where the step looks.
pub(super) fn items<'a>(
    region: &'a str,
    here: &'a Region,
    scope: &'a Scope,
    leads: fn(&str) -> bool,
) -> impl Iterator<Item = Item> + 'a {
    let tables = here.route_tables.items().filter(|(_, table)| scope.has_vpc(here, &table.vpc));
    tables.flat_map(move |(id, table)| {
        let routes = table.routes.iter().filter(move |r| r.origin == BY_HAND && leads(&r.target));
        routes.map(move |route| {
            let at = Target::new(KIND, format!("{id}/{}", route.destination)).region(region);
            let item = tagged(Item::new(at.vpc(&table.vpc).label(Some(&route.target))), here, table);
            Item { rank: fallback::rank_of_route(here, table, route), ..item }
        })
    })
}

/// The item with the tags of the table and of its VPC.
pub(super) fn tagged(item: Item, here: &Region, table: &RouteTable) -> Item {
    let item = item.tags(&table.tags);
    match here.vpcs.item(&table.vpc) {
        Some(vpc) => item.tags(&vpc.tags),
        None => item,
    }
}

/// The table of a target, or why there is none.
pub(super) fn table<'a, S>(at: &Target, account: &'a Account) -> Result<&'a RouteTable, Now<S>> {
    match account.regions.get(at.region_name()).map(|here| &here.route_tables) {
        None => Err(Now::Vanished),
        Some(Seen::Gap(gap)) => Err(Now::Unknown(gap.clone())),
        Some(Seen::Read(tables)) => tables.get(at.parts().0).ok_or(Now::Vanished),
    }
}

/// Where the route leads; `None` where there is none.
pub(super) fn target(table: &RouteTable, at: &Target) -> Option<String> {
    let destination = at.parts().1;
    let route = table.routes.iter().find(|r| r.origin == BY_HAND && r.destination == destination);
    route.map(|route| route.target.clone())
}

/// Does any subnet or gateway use the table? The main one serves subnets without one of their own.
pub(super) fn serves(here: &Region, table: &RouteTable) -> bool {
    let own = |subnet: &String| here.route_tables.items().any(|(_, other)| other.subnets.contains(subnet));
    let follows = || here.subnets.items().any(|(id, subnet)| subnet.vpc == table.vpc && !own(id));
    !table.subnets.is_empty() || !table.gateways.is_empty() || (table.main && follows())
}

/// What to do about a route or a propagation in a table: `after` is the state without it. `leads`: to
/// what targets the step cuts routes.
pub(super) fn contain<S>(
    (step, leads): (StepId, fn(&str) -> bool),
    at: &Target,
    account: &Account,
    case: &Case,
    led: impl Fn(&Route) -> bool,
    after: S,
) -> Verdict<S> {
    let table = table::<S>(at, account).ok().zip(account.regions.get(at.region_name()));
    let Some((table, here)) = table else {
        return Verdict::Refuse("its route table was not read".into());
    };
    if table.owner != account.id {
        let owner = &table.owner;
        return Verdict::Refuse(format!("its table belongs to {owner}: only the owner can change it"));
    }
    if !serves(here, table) {
        return Verdict::Already;
    }
    if let Some(cidr) = kept(here, table, &case.scope, &led) {
        return Verdict::Refuse(keeps(step, &cidr));
    }
    let detour = |route| fallback::detour(here, table, route, |other| leads(&other.target));
    match table.routes.iter().filter(|route| led(route) && !route.blackhole).find_map(detour) {
        Some(why) => Verdict::Refuse(why),
        None => Verdict::Change(after),
    }
}

pub(super) use crate::step::keep::refusal as keeps;

/// A kept CIDR of which some packets take one of these routes, unless the responder gave it up.
pub(super) fn kept(
    here: &Region,
    table: &RouteTable,
    scope: &Scope,
    led: impl Fn(&Route) -> bool,
) -> Option<String> {
    keep::carried(here, table, scope, led).map(str::to_owned)
}

/// Deletes the route, or makes it again.
pub(super) async fn write(aws: &Aws, at: &Target, to: Option<&str>) -> Result<(), StepError> {
    match to {
        None => routes::delete(aws, at).await,
        Some(target) => routes::create(aws, at, target).await,
    }
}
