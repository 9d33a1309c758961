//! AWS's rules about packets, each in one function. The rest of this room asks here, so that the property
//! test can break one rule at a time (`bugs.rs`) and no other file knows of it.

use std::collections::{BTreeMap, BTreeSet};

use super::Direction;
use super::bugs::{Bug, bug};
use crate::account::{Acl, AclEntry, Group, Interface, Peer, Route, Rule};

/// The last port that a rule takes in: a range includes both ends.
pub fn last_port(last: i32) -> i32 {
    if bug(Bug::LastPort) { last - 1 } else { last }
}

/// The ports that clients and NAT take on their side of a flow.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
pub fn client_ports() -> (u32, u32) {
    if bug(Bug::ReturnPorts) { (0, 1023) } else { (1024, 65535) }
}

/// TCP and UDP flow only where the reply comes back.
pub fn needs_reply() -> bool {
    !bug(Bug::NoReturn)
}

/// The entries of an ACL about packets of this direction.
pub fn entries(acl: &Acl, direction: Direction) -> &BTreeMap<i32, AclEntry> {
    let direction = if bug(Bug::AclDirection) { direction.other() } else { direction };
    match direction {
        Direction::In => &acl.ingress,
        Direction::Out => &acl.egress,
    }
}

/// The entries of an ACL in the order in which they are tried: the lowest number first.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>
pub fn tried(entries: &BTreeMap<i32, AclEntry>) -> Vec<&AclEntry> {
    if bug(Bug::AclOrder) { entries.values().rev().collect() } else { entries.values().collect() }
}

/// The first entry of an ACL that fits decides, also where it denies.
pub fn a_deny_decides() -> bool {
    !bug(Bug::AclDeny)
}

/// A packet into another subnet is filtered by that subnet's ACL too.
pub fn acl_of_a_forwarders_subnet_is_asked() -> bool {
    !bug(Bug::NatAcl)
}

/// All groups of an interface count: what one of them allows is allowed.
pub fn groups_that_count(groups: &BTreeSet<String>) -> impl Iterator<Item = &String> {
    groups.iter().take(if bug(Bug::FirstGroup) { 1 } else { groups.len() })
}

/// The rules of a group about packets of this direction.
pub fn rules(group: &Group, direction: Direction) -> &BTreeSet<Rule> {
    let direction = if bug(Bug::GroupDirection) { direction.other() } else { direction };
    match direction {
        Direction::In => &group.ingress,
        Direction::Out => &group.egress,
    }
}

/// A group's rule counts whatever its peer is: IPv4, IPv6, a prefix list or another group.
pub fn counts(peer: &Peer) -> bool {
    match peer {
        Peer::Ipv4(_) => true,
        Peer::Ipv6(_) => !bug(Bug::Ipv6Rule),
        Peer::PrefixList(_) => !bug(Bug::PrefixList),
        Peer::Group { .. } => !bug(Bug::GroupReference),
    }
}

/// A load balancer's own groups filter what it accepts and what it sends to its targets.
pub fn groups_of_balancers_filter() -> bool {
    !bug(Bug::BalancerGroups)
}

/// The table that serves a subnet: its own, else the main one of its VPC.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html>
pub fn serving<T>(own: Option<T>, main: Option<T>) -> Option<T> {
    own.filter(|_| !bug(Bug::MainTable)).or(main)
}

/// A blackhole route is chosen like any other, and drops what it is chosen for.
pub fn may_be_chosen(route: &Route) -> bool {
    !(route.blackhole && bug(Bug::Blackhole))
}

/// The narrowest route that fits an address is chosen.
pub fn longest_prefix_wins() -> bool {
    !bug(Bug::ShortestPrefix)
}

/// The origin of a route that a virtual private gateway has put into the table.
pub const PROPAGATED: &str = "EnableVgwRoutePropagation";

/// Returns the rank of a route. Among routes to the same destination the lowest rank is chosen: local,
/// static, of a prefix list, propagated.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>
pub fn rank(route: &Route) -> u8 {
    let propagated = if bug(Bug::Propagated) { 0 } else { 4 };
    match &*route.target {
        "local" => 1,
        _ if route.origin == PROPAGATED => propagated,
        _ if route.destination.starts_with("pl-") => 3,
        _ => 2,
    }
}

/// Through an internet gateway goes only what has a public address.
pub fn passes_internet_gateway(public: bool) -> bool {
    public || bug(Bug::NoPublicAddress)
}

/// An egress-only gateway lets nobody in.
pub fn egress_only_lets_in() -> bool {
    bug(Bug::EgressOnlyIn)
}

/// Traffic from a NAT gateway takes the routes of the gateway's own subnet.
pub fn nat_takes_its_subnets_routes() -> bool {
    !bug(Bug::NatRoute)
}

/// Does a host hand on packets that are not its own? Only without its source and destination check.
pub fn forwards(host: &Interface) -> bool {
    !host.source_dest_check || bug(Bug::SourceCheck)
}

/// Does an exclusion from Block Public Access also let in what begins outside?
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html>
pub fn lets_in(mode: &str) -> bool {
    mode == "allow-bidirectional" || bug(Bug::ExclusionMode)
}

/// Block Public Access stops also what a NAT gateway sends on.
pub fn is_blocked_too(outbound: bool) -> bool {
    !(outbound && bug(Bug::BlockAtNat))
}

/// Packets come over a peering or a transit gateway only from subnets with a route to it.
pub fn the_far_side_needs_a_route() -> bool {
    !bug(Bug::FarRoute)
}
