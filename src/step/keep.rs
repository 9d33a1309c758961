//! `--keep-cidr`: which routes carry the packets to a CIDR that the responder keeps, and what a step
//! says that would cut them.
//!
//! ```text
//!   kept 10.8.0.0/14    ├──────────────────────┤
//!   10.8.0.0/13 → vgw   ├──┤        ├──────────┤──────…   carries these parts of it
//!   10.9.0.0/16 → tgw      ├────────┤                     carries this part
//! ```

use std::net::IpAddr;

use ipnet::IpNet;

use super::fallback::{nets, precedence};
use super::{Reason, Scope, StepId};
use crate::account::{Region, Route, RouteTable};

/// Says that a step leaves a target alone because it would cut the path of a kept CIDR.
pub fn refusal(step: StepId, cidr: &str) -> Reason {
    format!("{step} cuts the path of {cidr} that --keep-cidr keeps: --lose-my-path cuts it all the same")
}

/// Returns the first kept CIDR of which some packets take one of the routes that `which` names.
/// Returns none when the responder gave up the path with `--lose-my-path`.
pub fn carried<'s>(
    here: &Region,
    table: &RouteTable,
    scope: &'s Scope,
    which: impl Fn(&Route) -> bool,
) -> Option<&'s str> {
    let kept = scope.keep_cidrs.iter().filter(|_| !scope.lose_my_path);
    let takes = |kept: &&String| {
        let Some(kept) = net(kept) else { return false };
        let mut routes = table.routes.iter().filter(|route| leads_away(route) && which(route));
        routes.any(|route| takes(here, table, route, kept))
    };
    kept.into_iter().find(takes).map(String::as_str)
}

/// Returns a CIDR, or an address as a CIDR of its own.
pub fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// A local route stays in the VPC, a blackhole drops, a gateway endpoint leads to a service of AWS.
fn leads_away(route: &Route) -> bool {
    !route.is_local() && !route.blackhole && !route.is_endpoint()
}

/// Does a packet to the CIDR take the route, because no narrower one takes it first?
fn takes(here: &Region, table: &RouteTable, route: &Route, kept: IpNet) -> bool {
    let unread = is_unread(here, route);
    nets(here, route).into_iter().any(|net| {
        let Some(part) = common(net, kept) else { return false };
        let first = |other: &Route, of: IpNet| {
            // A local route takes its packets from every propagated one, and a list that could not be
            // read may hold the narrowest of all.
            let local = other.is_local() && (unread || route.origin == PROPAGATED);
            let narrower = of.prefix_len() > net.prefix_len();
            let wins = other.is_local() || precedence(other) < precedence(route);
            let before = of.prefix_len() == net.prefix_len() && wins;
            local || (!unread && (narrower || before))
        };
        let others = table.routes.iter().filter(|other| *other != route && !is_unread(here, other));
        let others = others.flat_map(|other| nets(here, other).into_iter().map(move |of| (other, of)));
        let taken: Vec<IpNet> = others.filter(|(other, of)| first(other, *of)).map(|(_, of)| of).collect();
        !IpNet::aggregate(&taken).iter().any(|taken| taken.contains(&part))
    })
}

const PROPAGATED: &str = "EnableVgwRoutePropagation";

fn is_unread(here: &Region, route: &Route) -> bool {
    route.destination.starts_with("pl-") && here.prefix_lists.item(&route.destination).is_none()
}

/// The addresses that two CIDRs have in common: one of the two, or none.
fn common(a: IpNet, b: IpNet) -> Option<IpNet> {
    if a.contains(&b) { Some(b) } else { b.contains(&a).then_some(a) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{PrefixList, Seen};
    use crate::sim::sample_network::{made_route, route};

    fn carries(routes: &[Route], keep: &str) -> bool {
        let table = RouteTable { routes: routes.iter().cloned().collect(), ..RouteTable::default() };
        let scope = Scope { keep_cidrs: [keep.to_owned()].into(), ..Scope::default() };
        let list = PrefixList { entries: ["198.51.100.0/24".to_owned()].into(), ..PrefixList::default() };
        let lists = Seen::Read([("pl-read".to_owned(), list)].into());
        let here = Region { prefix_lists: lists, ..Region::empty() };
        carried(&here, &table, &scope, |route| route.target == "vgw-1").is_some()
    }

    #[test]
    fn the_longest_route_is_the_path_of_a_kept_cidr() {
        let routes = [
            made_route("0.0.0.0/0", "igw-1"),
            made_route("10.0.0.0/8", "vgw-1"),
            made_route("10.1.0.0/16", "tgw-1"),
        ];
        assert!(carries(&routes, "10.2.0.0/24"));
        assert!(!carries(&routes, "10.1.2.0/24"), "the transit gateway carries it");
        assert!(!carries(&routes, "203.0.113.7"), "the internet gateway carries it");
        assert!(carries(&[made_route("::/0", "vgw-1")], "2001:db8::1"));
        assert!(!carries(&[made_route("::/0", "vgw-1")], "203.0.113.7/32"));
    }

    #[test]
    fn a_part_of_a_kept_cidr_is_a_path_of_its_own() {
        assert!(carries(
            &[made_route("10.0.0.0/16", "igw-1"), made_route("10.0.1.0/24", "vgw-1")],
            "10.0.0.0/16"
        ));
        let halves = [
            made_route("10.0.0.0/8", "vgw-1"),
            made_route("10.2.0.0/16", "tgw-1"),
            made_route("10.3.0.0/16", "tgw-1"),
        ];
        assert!(!carries(&halves, "10.2.0.0/15"), "two narrower routes take all of it");
        assert!(carries(&halves, "10.2.0.0/14"), "half of it is left");
        assert!(carries(&halves, "0.0.0.0/0"));
    }

    #[test]
    fn a_local_route_a_blackhole_and_an_endpoint_carry_nothing() {
        let local = route("10.0.0.0/16", "local", "CreateRouteTable");
        let propagated = route("10.0.1.0/24", "vgw-1", "EnableVgwRoutePropagation");
        assert!(!carries(&[local.clone(), propagated.clone()], "10.0.1.0/24"), "local comes first");
        assert!(carries(std::slice::from_ref(&propagated), "10.0.1.0/24"));
        assert!(
            !carries(&[propagated, made_route("10.0.1.0/24", "tgw-1")], "10.0.1.0/24"),
            "static comes first"
        );
        assert!(!carries(&[local, made_route("0.0.0.0/0", "vgw-1")], "10.0.9.0/24"));
        assert!(!carries(&[Route { blackhole: true, ..made_route("0.0.0.0/0", "vgw-1") }], "10.0.9.0/24"));
        let dead = Route { blackhole: true, ..made_route("10.0.9.0/24", "pcx-gone") };
        assert!(
            !carries(&[dead, made_route("0.0.0.0/0", "vgw-1")], "10.0.9.0/24"),
            "a narrower one drops them"
        );
    }

    #[test]
    fn a_list_that_could_not_be_read_may_hold_any_cidr_outside_the_vpc() {
        assert!(carries(&[made_route("pl-read", "vgw-1")], "198.51.100.7/32"));
        assert!(!carries(&[made_route("pl-read", "vgw-1")], "203.0.113.7/32"));
        let other = [made_route("pl-unread", "vgw-1"), made_route("198.51.100.0/24", "tgw-1")];
        assert!(carries(&other, "198.51.100.7/32"));
        let within = [made_route("pl-unread", "vgw-1"), route("10.0.0.0/16", "local", "CreateRouteTable")];
        assert!(!carries(&within, "10.0.1.0/24"));
    }

    #[test]
    fn a_path_that_was_given_up_is_not_kept() {
        let table = RouteTable { routes: [made_route("0.0.0.0/0", "vgw-1")].into(), ..RouteTable::default() };
        let keep_cidrs = ["10.0.0.0/16".to_owned()].into();
        let scope = Scope { keep_cidrs, lose_my_path: true, ..Scope::default() };
        assert_eq!(carried(&Region::empty(), &table, &scope, |_| true), None);
    }
}
