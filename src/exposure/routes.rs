//! Route tables: the most specific route decides; of two alike local, then static, then prefix
//! lists, then propagated. A route whose target is gone drops what it matches.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>

use std::collections::BTreeMap;

use super::pass::Doubt;
use super::rules;
use super::sets::{Addresses, Family, Set, range};
use crate::account::{PrefixList, Route, RouteTable, Section, Seen};

/// A route table of one family, ready to be asked.
pub struct Routes<'a> {
    pieces: Vec<(u128, u128, &'a Route)>,
    /// Targets with the addresses that go there; those of prefix lists that could not be read may be
    /// any.
    targets: Vec<(&'a str, Addresses, Doubt)>,
}

impl<'a> Routes<'a> {
    pub fn of(
        table: &'a RouteTable,
        family: Family,
        lists: &Seen<BTreeMap<String, PrefixList>>,
    ) -> Routes<'a> {
        let mut entries: Vec<(u128, u128, u8, &Route)> = vec![];
        let mut vague = vec![];
        for route in &table.routes {
            if !rules::may_be_chosen(route) {
                continue;
            }
            if !route.destination.starts_with("pl-") {
                entries.extend(
                    of_family(&route.destination, family).map(|(l, h)| (l, h, rules::rank(route), route)),
                );
                continue;
            }
            match lists.item(&route.destination) {
                Some(list) => {
                    let cidrs = list.entries.iter().filter_map(|cidr| of_family(cidr, family));
                    entries.extend(cidrs.map(|(low, high)| (low, high, rules::rank(route), route)));
                }
                None if route.blackhole => {}
                None => vague.push((&*route.target, family.all(), Doubt::of(Section::PrefixLists))),
            }
        }
        let local: Vec<(u128, u128)> =
            entries.iter().filter(|e| e.3.target == "local").map(|e| (e.0, e.1)).collect();
        // A local route wins over propagated ones, also more specific ones.
        entries.retain(|e| {
            e.3.origin != rules::PROPAGATED || !local.iter().any(|(low, high)| *low <= e.0 && e.1 <= *high)
        });
        let pieces = longest_prefix(entries);
        let mut by_target = BTreeMap::<&str, Vec<(u128, u128)>>::new();
        for (low, high, route) in pieces.iter().filter(|piece| !piece.2.blackhole) {
            by_target.entry(&route.target).or_default().push((*low, *high));
        }
        let mut targets: Vec<_> =
            by_target.into_iter().map(|(target, parts)| (target, Set::of(parts), Doubt::NONE)).collect();
        targets.extend(vague);
        Routes { pieces, targets }
    }

    /// The route that a packet to this address takes; it may be a blackhole.
    pub fn at(&self, address: u128) -> Option<&'a Route> {
        let at = self.pieces.partition_point(|piece| piece.1 < address);
        self.pieces.get(at).filter(|piece| piece.0 <= address).map(|piece| piece.2)
    }

    /// Does a packet to this address go there?
    pub fn leads(&self, address: u128, target: &str) -> bool {
        self.at(address).is_some_and(|route| !route.blackhole && route.target == target)
    }

    pub fn targets(&self) -> impl Iterator<Item = &(&'a str, Addresses, Doubt)> {
        self.targets.iter().filter(|(target, ..)| *target != "local")
    }

    /// The addresses for which a packet goes to one of the targets that are asked for.
    pub fn to(&self, wanted: impl Fn(&str) -> bool) -> (Addresses, Doubt) {
        let mut all = (Addresses::default(), Doubt::NONE);
        for (_, addresses, doubt) in self.targets.iter().filter(|(target, ..)| wanted(target)) {
            all = (all.0.union(addresses), all.1.and(*doubt));
        }
        all
    }

    /// Where a piece begins.
    pub fn edges(&self) -> impl Iterator<Item = u128> {
        self.pieces.iter().flat_map(|piece| [Some(piece.0), piece.1.checked_add(1)]).flatten()
    }
}

fn of_family(cidr: &str, family: Family) -> Option<(u128, u128)> {
    range(cidr).filter(|(of, ..)| *of == family).map(|(_, low, high)| (low, high))
}

/// ```text
///  0.0.0.0/0   ────────────────────────────  → igw
///  10.0.0.0/8        ──────────              → tgw
///  10.1.0.0/16          ──                   → local
///  decided     ━igw━━┿tgw┿━l┿tg┿━━━━━igw━━━
/// ```
fn longest_prefix<'a>(mut entries: Vec<(u128, u128, u8, &'a Route)>) -> Vec<(u128, u128, &'a Route)> {
    // CIDRs lie within each other or apart. The wider first, so that the narrower lies on top of it.
    entries.sort_by(|a, b| (a.0, b.1, a.2).cmp(&(b.0, a.1, b.2)));
    entries.dedup_by(|later, first| (later.0, later.1) == (first.0, first.1));
    let mut pieces = vec![];
    let mut emit = |low: u128, high: u128, route: &'a Route| {
        if low <= high {
            pieces.push((low, high, route));
        }
    };
    if !rules::longest_prefix_wins() {
        let mut end = None;
        for (low, high, _, route) in entries {
            if end.is_none_or(|end| low > end) {
                emit(low, high, route);
                end = Some(high);
            }
        }
        return pieces;
    }
    let mut open: Vec<(u128, &Route)> = vec![];
    let mut from = Some(0);
    for (low, high, _, route) in entries {
        while let Some((end, outer)) = open.pop_if(|(end, _)| *end < low) {
            if let Some(start) = from {
                emit(start, end, outer);
                from = Some(start.max(end + 1));
            }
        }
        if let (Some(start), Some((_, outer)), Some(before)) = (from, open.last(), low.checked_sub(1)) {
            emit(start, before, outer);
        }
        from = Some(low);
        open.push((high, route));
    }
    while let Some((end, outer)) = open.pop() {
        if let Some(start) = from.filter(|start| *start <= end) {
            emit(start, end, outer);
            from = end.checked_add(1);
        }
    }
    pieces
}
