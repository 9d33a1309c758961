//! `--keep-cidr`: which targets of 550 carry the packets of a CIDR that the responder keeps.

use super::STEP;
use crate::account::{Address, Region, Route};
use crate::step::{Case, Reason, Scope, keep};
use crate::steps::shared::route;

/// Refuses to detach a gateway that carries a kept CIDR of IPv6.
pub(super) fn ipv6(here: &Region, vpc: &str, case: &Case, which: impl Fn(&Route) -> bool) -> Option<Reason> {
    let scope = of_family(&case.scope, true);
    let mut tables = here.route_tables.items().filter(|(_, table)| table.vpc == vpc);
    tables.find_map(|(id, _)| route::kept(STEP, here, id, &scope, &which))
}

/// Refuses to take an Elastic IP address off an interface whose subnet answers a kept CIDR by an
/// internet gateway, or by a middlebox in front of one.
pub(super) fn by_address(here: &Region, address: &Address, case: &Case) -> Option<Reason> {
    let interface = here.interfaces.item(address.interface.as_ref()?)?;
    let Some((_, table)) = here.effective_table(&interface.subnet) else {
        // Whether the table leads there is not known: it may.
        let kept = of_family(&case.scope, false);
        let cidr = kept.keep_cidrs.first().filter(|_| !kept.lose_my_path);
        return cidr.map(|cidr| keep::refusal(STEP, cidr));
    };
    let to_internet = |route: &Route| ["igw-", "vpce-", "eni-"].iter().any(|to| route.target.starts_with(to));
    let scope = of_family(&case.scope, false);
    keep::carried(here, table, &scope, to_internet).map(|cidr| keep::refusal(STEP, cidr))
}

/// The scope with the kept CIDRs of one family.
fn of_family(scope: &Scope, ipv6: bool) -> Scope {
    let mut scope = scope.clone();
    scope.keep_cidrs.retain(|cidr| cidr.contains(':') == ipv6);
    scope
}
