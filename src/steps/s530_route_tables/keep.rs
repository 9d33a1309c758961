//! `--keep-cidr`: which tables carry the path of a CIDR that the responder wants to keep.

use ipnet::IpNet;

use super::State;
use crate::account::{Region, Route, RouteTable};
use crate::step::fallback::nets;
use crate::step::{Scope, Verdict};

pub(super) fn refuse(cidr: &str) -> Verdict<State> {
    Verdict::Refuse(format!(
        "530 cuts the path of {cidr} that --keep-cidr keeps: --lose-my-path cuts it all the same"
    ))
}

/// The kept CIDR whose path one of these routes of a table carries.
pub(super) fn path(
    here: &Region,
    table: &RouteTable,
    scope: &Scope,
    which: impl Fn(&Route) -> bool,
) -> Option<String> {
    if scope.lose_my_path {
        return None;
    }
    let local: Vec<IpNet> = table
        .routes
        .iter()
        .filter(|r| r.target == "local")
        .filter_map(|r| r.destination.parse().ok())
        .collect();
    let ways = table.routes.iter().filter(|route| route.target != "local" && !route.blackhole);
    let ways: Vec<IpNet> = ways
        .filter(|route| !route.is_endpoint() && which(route))
        .flat_map(|route| nets(here, route))
        .collect();
    let carried = |cidr: &&String| {
        cidr.parse::<IpNet>().is_ok_and(|kept| ways.iter().any(|way| leads(*way, kept, &local)))
    };
    scope.keep_cidrs.iter().find(carried).cloned()
}

/// Does any packet to the kept CIDR take this way? Not where a longer local route takes them all.
fn leads(way: IpNet, kept: IpNet, local: &[IpNet]) -> bool {
    let both = if way.contains(&kept) {
        kept
    } else if kept.contains(&way) {
        way
    } else {
        return false;
    };
    !local.iter().any(|local| local.contains(&both) && local.prefix_len() > way.prefix_len())
}
