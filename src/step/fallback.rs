//! What happens to packets when their route goes: they take the next wider one, which may lead where
//! they did not go before. So a wider route goes first and comes back last, and one whose packets would
//! get out by a route that stays is not cut alone.
//!
//! ```text
//!   0.0.0.0/0       → igw        1
//!     10.0.0.0/8    → tgw        2
//!       10.1.0.0/16 → firewall   3
//! ```
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>

use ipnet::IpNet;

use super::Reason;
use super::ranges::is_public;
use crate::account::{Region, Route, RouteTable};

/// Routes have lower ranks; what must wait for all of them has this one.
pub const AFTER_ROUTES: u8 = 110;
/// Below those of a restore, which counts from the other end.
const DEEPEST: usize = 100;

/// What a destination stands for. A prefix list that was not read may hold anything.
pub fn nets(here: &Region, route: &Route) -> Vec<IpNet> {
    let all = |text: &str| text.parse::<IpNet>().ok();
    match (all(&route.destination), here.prefix_lists.item(&route.destination)) {
        (Some(net), _) => vec![net],
        (None, Some(list)) => list.entries.iter().filter_map(|entry| all(entry)).collect(),
        (None, None) => ["0.0.0.0/0", "::/0"].into_iter().filter_map(all).collect(),
    }
}

/// The rank of a route: how many others its packets could fall back to.
pub fn rank_of_route(here: &Region, table: &RouteTable, route: &Route) -> u8 {
    let depth = nets(here, route).into_iter().map(|net| behind(here, table, route, net).count()).max();
    rank(depth)
}

/// The rank of a propagation. Where its routes lie at several depths, that of the widest: AWS turns
/// all of them off at once, and the widest takes most.
pub fn rank_of_propagation(here: &Region, table: &RouteTable, gateway: &str) -> u8 {
    let routes = table.routes.iter().filter(|route| route.target == gateway && !route.is_made());
    let nets = routes.flat_map(|route| nets(here, route).into_iter().map(move |net| (route, net)));
    rank(nets.map(|(route, net)| behind(here, table, route, net).count()).min())
}

fn rank(depth: Option<usize>) -> u8 {
    u8::try_from(1 + depth.unwrap_or_default().min(DEEPEST)).unwrap_or(u8::MAX)
}

/// Why a route must not go alone: packets to public addresses would go out by another that stays.
/// `goes`: the routes that the step cuts too.
pub fn detour(
    here: &Region,
    table: &RouteTable,
    route: &Route,
    goes: impl Fn(&Route) -> bool,
) -> Option<Reason> {
    let other = nets(here, route).into_iter().filter(|net| is_public(*net)).find_map(|net| {
        let staying = behind(here, table, route, net).filter(|(other, _)| !goes(other));
        // Of the widest ones the narrowest takes over; one without a target drops them.
        let next = staying.max_by_key(|(other, wider)| (*wider, std::cmp::Reverse(precedence(other))));
        next.map(|(other, _)| other).filter(|other| !other.blackhole)
    })?;
    let (by, to) = (&other.destination, &other.target);
    Some(format!("its packets would take {by} to {to} instead: cut that first (530)"))
}

/// The routes that could take these packets once this one is gone, and how narrow each is.
fn behind<'a>(
    here: &'a Region,
    table: &'a RouteTable,
    route: &'a Route,
    net: IpNet,
) -> impl Iterator<Item = (&'a Route, u8)> {
    table.routes.iter().filter(|other| !other.is_local()).filter_map(move |other| {
        let wider =
            |wider: &IpNet| wider.contains(&net) && (*wider != net || precedence(other) > precedence(route));
        let narrowest = nets(here, other).into_iter().filter(wider).map(|net| net.prefix_len()).max()?;
        Some((other, narrowest))
    })
}

/// Of routes to the same addresses the lowest wins.
pub(super) fn precedence(route: &Route) -> u8 {
    match route.origin.as_str() {
        "CreateRoute" if !route.destination.starts_with("pl-") => 0,
        "CreateRoute" => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::sample_network::{made_route, route};

    fn table() -> RouteTable {
        let propagated = |to: &str| route(to, "vgw-1", "EnableVgwRoutePropagation");
        let routes = [
            route("10.0.0.0/16", "local", "CreateRouteTable"),
            made_route("0.0.0.0/0", "igw-1"),
            propagated("10.8.0.0/14"),
            made_route("10.8.0.0/14", "tgw-1"),
            made_route("10.8.1.0/24", "eni-1"),
            made_route("203.0.113.0/24", "tgw-1"),
            propagated("203.0.113.0/25"),
            Route { blackhole: true, ..made_route("203.0.113.0/26", "pcx-gone") },
            made_route("203.0.113.0/27", "pcx-1"),
        ];
        RouteTable {
            routes: routes.into(),
            propagating: ["vgw-1".to_owned()].into(),
            ..RouteTable::default()
        }
    }

    #[test]
    fn the_wider_goes_first_and_what_it_hides_before_it() {
        let (here, table) = (Region::empty(), table());
        let rank =
            |to: &str| rank_of_route(&here, &table, table.made().find(|r| r.destination == to).unwrap());
        let ranks = ["0.0.0.0/0", "10.8.0.0/14", "10.8.1.0/24", "203.0.113.0/24"].map(rank);
        assert_eq!(ranks, [1, 3, 4, 2]);
        assert_eq!(rank_of_propagation(&here, &table, "vgw-1"), 2);
    }

    #[test]
    fn public_packets_must_not_find_another_way_out() {
        let (here, table) = (Region::empty(), table());
        let find = |to: &str| table.made().find(|route| route.destination == to).unwrap();
        let to = |target: &'static str| move |route: &Route| route.target == target;
        let why = detour(&here, &table, find("203.0.113.0/24"), to("tgw-1"));
        assert_eq!(
            why.as_deref(),
            Some("its packets would take 0.0.0.0/0 to igw-1 instead: cut that first (530)")
        );
        assert_eq!(detour(&here, &table, find("10.8.0.0/14"), to("tgw-1")), None, "nobody delivers them");
        assert_eq!(detour(&here, &table, find("203.0.113.0/27"), to("pcx-1")), None, "dropped");
        assert_eq!(detour(&here, &table, find("0.0.0.0/0"), to("igw-1")), None);
        assert_eq!(detour(&here, &table, find("203.0.113.0/24"), |_| true), None, "all of them go");
    }
}
