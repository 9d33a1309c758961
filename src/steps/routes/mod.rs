//! A route in a table as a target: what 540 and 580 have in common.

use ipnet::IpNet;

use crate::account::{Account, Region, Route, RouteTable, Seen};
use crate::aws::Aws;
use crate::step::routes;
use crate::step::{Case, Item, Now, Scope, StepError, StepId, Target, Verdict, fallback};

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
    if let Some(cidr) = kept(table, &case.scope, &led) {
        return Verdict::Refuse(keeps(step, &cidr));
    }
    let detour = |route| fallback::detour(here, table, route, |other| leads(&other.target));
    match table.routes.iter().filter(|route| led(route) && !route.blackhole).find_map(detour) {
        Some(why) => Verdict::Refuse(why),
        None => Verdict::Change(after),
    }
}

/// Why a path of the responder is not cut.
pub(super) fn keeps(step: StepId, cidr: &str) -> String {
    format!("{step} cuts the path of {cidr} that --keep-cidr keeps: --lose-my-path cuts it all the same")
}

/// A kept CIDR whose path one of these routes is, unless the responder gave it up.
pub(super) fn kept(table: &RouteTable, scope: &Scope, led: impl Fn(&Route) -> bool) -> Option<String> {
    if scope.lose_my_path {
        return None;
    }
    scope.keep_cidrs.iter().find(|cidr| path(table, cidr).any(&led)).cloned()
}

/// The routes that packets to a CIDR take: the longest that holds it, those within it, and those to
/// a prefix list, whose entries are not looked up.
fn path<'a>(table: &'a RouteTable, cidr: &str) -> impl Iterator<Item = &'a Route> {
    let wanted = net(cidr);
    let longest = table
        .routes
        .iter()
        .filter_map(|route| net(&route.destination))
        .filter(|net| wanted.is_some_and(|wanted| net.contains(&wanted)))
        .max_by_key(IpNet::prefix_len);
    table.routes.iter().filter(move |route| match (net(&route.destination), wanted) {
        (Some(net), Some(wanted)) => Some(net) == longest || wanted.contains(&net),
        // Neither a CIDR: whether it holds this one is not known.
        _ => true,
    })
}

/// A CIDR, or an address alone.
pub(super) fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from))
}

/// Deletes the route, or makes it again.
pub(super) async fn write(aws: &Aws, at: &Target, to: Option<&str>) -> Result<(), StepError> {
    match to {
        None => routes::delete(aws, at).await,
        Some(target) => routes::create(aws, at, target).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(routes: &[(&str, &str)]) -> RouteTable {
        let routes = routes.iter().map(|(destination, target)| Route {
            destination: (*destination).into(),
            target: (*target).into(),
            origin: BY_HAND.into(),
            blackhole: false,
        });
        RouteTable { routes: routes.collect(), ..RouteTable::default() }
    }

    fn carries(routes: &[(&str, &str)], keep: &str) -> bool {
        let scope = Scope { keep_cidrs: [keep.to_owned()].into(), ..Scope::default() };
        kept(&table(routes), &scope, |route| route.target == "vgw-1").is_some()
    }

    #[test]
    fn the_longest_route_is_the_path_of_a_kept_cidr() {
        let routes = [("0.0.0.0/0", "igw-1"), ("10.0.0.0/8", "vgw-1"), ("10.1.0.0/16", "tgw-1")];
        assert!(carries(&routes, "10.2.0.0/24"));
        assert!(!carries(&routes, "10.1.2.0/24"), "the transit gateway carries it");
        assert!(!carries(&routes, "203.0.113.7"), "the internet gateway carries it");
        assert!(carries(&[("::/0", "vgw-1")], "2001:db8::1"));
        assert!(!carries(&[("::/0", "vgw-1")], "203.0.113.7/32"));
    }

    #[test]
    fn a_part_of_a_kept_cidr_and_a_prefix_list_count() {
        assert!(carries(&[("10.0.0.0/16", "igw-1"), ("10.0.1.0/24", "vgw-1")], "10.0.0.0/16"));
        assert!(carries(&[("pl-1", "vgw-1")], "10.0.0.0/16"));
        let scope =
            Scope { keep_cidrs: ["10.0.0.0/16".to_owned()].into(), lose_my_path: true, ..Scope::default() };
        assert_eq!(kept(&table(&[("pl-1", "vgw-1")]), &scope, |_| true), None);
    }
}
