//! `--keep-cidr`: which links carry the packets of a CIDR that the responder keeps.

use super::STEP;
use crate::account::Region;
use crate::step::{Case, Reason, keep};

/// Refuses to cut a link that ends at this gateway and may carry a kept CIDR. For a virtual private
/// gateway and a transit gateway the route tables say so; for any other end nothing does, and each kept
/// CIDR counts.
pub(super) fn by_link(gateway: Option<&str>, here: &Region, case: &Case) -> Option<Reason> {
    let cidr = match gateway.filter(|gateway| gateway.starts_with("vgw-") || gateway.starts_with("tgw-")) {
        Some(gateway) => here
            .route_tables
            .items()
            .find_map(|(_, table)| keep::carried(here, table, &case.scope, |route| route.target == gateway)),
        None => case.scope.keep_cidrs.first().filter(|_| !case.scope.lose_my_path).map(String::as_str),
    };
    cidr.map(|cidr| keep::refusal(STEP, cidr))
}
