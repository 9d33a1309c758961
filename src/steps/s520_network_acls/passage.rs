//! `--keep-cidr` through a subnet: what stands in it and passes on packets of other subnets.
//!
//! ```text
//!   subnet of a host ─▶ NAT gateway's subnet ─▶ the kept CIDR
//!     to: kept CIDR       from: the host, so its ACL has to let the host's subnet through
//! ```
//!
//! The subnets of the hosts stay isolated: their own ACL lets the kept CIDR through and nothing else.

use std::collections::BTreeSet;

use crate::account::{Interface, Region};
use crate::step::{Case, Reason, keep};

use super::SPEC;

/// Does the interface pass on what is not addressed to it? A NAT gateway, an attachment of a transit
/// gateway, a firewall's endpoint, a NAT instance.
///
/// <https://docs.aws.amazon.com/vpc/latest/tgw/tgw-nacls.html>
fn passes_on(interface: &Interface) -> bool {
    let kinds = ["nat_gateway", "transit_gateway", "gateway_load_balancer_endpoint"];
    kinds.contains(&interface.kind.as_str()) || !interface.source_dest_check
}

/// Is a path to keep, and does it lead through this subnet for other subnets of its VPC?
pub(super) fn leads_through(here: &Region, case: &Case, subnet: &str) -> bool {
    let keeps = !case.scope.keep_cidrs.is_empty() && !case.scope.lose_my_path;
    keeps && here.interfaces.items().any(|(_, i)| i.subnet == subnet && passes_on(i))
}

/// The CIDRs of the subnets whose packets are passed on: those of the VPC that pass on nothing themselves.
pub(super) fn clients(here: &Region, case: &Case, vpc: &str) -> BTreeSet<String> {
    let subnets = here.subnets.items().filter(|(_, subnet)| subnet.vpc == vpc);
    let clients = subnets.filter(|(id, _)| !leads_through(here, case, id) && case.scope.has_subnet(here, id));
    clients.flat_map(|(_, subnet)| subnet.ipv6_cidr.iter().chain([&subnet.cidr])).cloned().collect()
}

/// Why a subnet that passes on packets keeps its ACL: to let subnets through that this run does not isolate
/// would leave it open to them.
pub(super) fn obstacle(here: &Region, case: &Case, subnet: &str) -> Option<Reason> {
    if !leads_through(here, case, subnet) {
        return None;
    }
    let vpc = &here.subnets.item(subnet)?.vpc;
    let mut others = here.subnets.items().filter(|(id, other)| other.vpc == *vpc && *id != subnet);
    let (other, _) = others.find(|(id, _)| !case.scope.has_subnet(here, id))?;
    let why = keep::refusal(SPEC.id, case.scope.keep_cidrs.first()?);
    Some(format!("{why} ({other}, which is not in scope, may get there through it)"))
}

/// Why an ACL is not edited that would keep a host out of what passes on its packets.
pub(super) fn of_hosts(here: &Region, case: &Case, subnets: &BTreeSet<String>) -> Option<Reason> {
    subnets.iter().find(|subnet| leads_through(here, case, subnet))?;
    Some(keep::refusal(SPEC.id, case.scope.keep_cidrs.first()?))
}
