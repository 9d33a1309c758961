//! `--keep-cidr`: which links carry the packets of a CIDR that the responder keeps.

use crate::account::Region;
use crate::step::{Case, keep};

/// Returns a kept CIDR that a link ending at this gateway may carry. For a virtual private gateway and a
/// transit gateway the route tables say so; for any other end nothing does, and each kept CIDR counts.
pub(super) fn kept<'c>(gateway: Option<&str>, here: &Region, case: &'c Case) -> Option<&'c str> {
    match gateway.filter(|gateway| gateway.starts_with("vgw-") || gateway.starts_with("tgw-")) {
        Some(gateway) => here
            .route_tables
            .items()
            .find_map(|(_, table)| keep::carried(here, table, &case.scope, |route| route.target == gateway)),
        None => case.scope.keep_cidrs.first().filter(|_| !case.scope.lose_my_path).map(String::as_str),
    }
}
