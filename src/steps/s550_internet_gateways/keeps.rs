//! `--keep-cidr`: which targets of 550 carry the packets of a CIDR that the responder keeps.

use super::SPEC;
use crate::account::{Address, Region, Route, RouteTable};
use crate::step::{Case, Reason, Scope, keep};

fn refusal(cidr: &str) -> Reason {
    keep::refusal(SPEC.id, cidr)
}

/// Refuses to cut one route of a table that serves a subnet.
pub(super) fn by_table(
    here: &Region,
    table: &str,
    case: &Case,
    which: impl Fn(&Route) -> bool,
) -> Option<Reason> {
    let known = here.route_tables.item(table).filter(|_| !here.served_by(table).is_empty())?;
    keep::carried(here, known, &case.scope, which).map(refusal)
}

/// Refuses to cut a gateway that a table leads to which serves a subnet of the VPC.
pub(super) fn through(
    here: &Region,
    vpc: &str,
    case: &Case,
    which: impl Fn(&Route) -> bool,
) -> Option<Reason> {
    serving(here, vpc).find_map(|table| keep::carried(here, table, &case.scope, &which)).map(refusal)
}

/// The same for the kept CIDRs of IPv6 alone.
pub(super) fn ipv6(here: &Region, vpc: &str, case: &Case, which: impl Fn(&Route) -> bool) -> Option<Reason> {
    let scope = of_family(&case.scope, true);
    serving(here, vpc).find_map(|table| keep::carried(here, table, &scope, &which).map(refusal))
}

/// Refuses to take an Elastic IP address off an interface whose subnet answers a kept CIDR by an
/// internet gateway, or by a middlebox in front of one.
pub(super) fn by_address(here: &Region, address: &Address, case: &Case) -> Option<Reason> {
    let interface = here.interfaces.item(address.interface.as_ref()?)?;
    let Some((_, table)) = here.effective_table(&interface.subnet) else {
        // Whether the table leads there is not known: it may.
        let kept = of_family(&case.scope, false);
        return kept.keep_cidrs.first().filter(|_| !kept.lose_my_path).map(|cidr| refusal(cidr));
    };
    let to_internet = |route: &Route| ["igw-", "vpce-", "eni-"].iter().any(|to| route.target.starts_with(to));
    let scope = of_family(&case.scope, false);
    keep::carried(here, table, &scope, to_internet).map(refusal)
}

fn serving<'a>(here: &'a Region, vpc: &'a str) -> impl Iterator<Item = &'a RouteTable> {
    let of_vpc = here.route_tables.items().filter(move |(_, table)| table.vpc == vpc);
    of_vpc.filter(|(id, _)| !here.served_by(id).is_empty()).map(|(_, table)| table)
}

/// The scope with the kept CIDRs of one family.
fn of_family(scope: &Scope, ipv6: bool) -> Scope {
    let mut scope = scope.clone();
    scope.keep_cidrs.retain(|cidr| cidr.contains(':') == ipv6);
    scope
}
