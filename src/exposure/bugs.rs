//! Faults that the property test seeds, one at a time, to see that it catches them. Outside the tests
//! there are none, and the question costs nothing. Only `rules.rs` asks.

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(test), allow(dead_code, reason = "only tests make one"))]
pub enum Bug {
    /// The last port of a range is left out.
    LastPort,
    /// A reply is looked for at the server's ports.
    ReturnPorts,
    /// TCP needs no reply.
    NoReturn,
    /// ACL entries are taken from the highest number down.
    AclOrder,
    /// A deny of an ACL does not hide the allows after it.
    AclDeny,
    /// Entries of the other direction are read.
    AclDirection,
    /// Only the first group of an interface counts.
    FirstGroup,
    /// References to groups are not followed.
    GroupReference,
    /// Egress rules are read as ingress rules.
    GroupDirection,
    /// IPv6 rules of groups are skipped.
    Ipv6Rule,
    /// Prefix lists of groups are skipped.
    PrefixList,
    /// The shortest prefix wins.
    ShortestPrefix,
    /// A blackhole gives way to the next best route.
    Blackhole,
    /// The main table serves also subnets that have their own.
    MainTable,
    /// A propagated route wins over a static one.
    Propagated,
    /// An interface without a public address is reached all the same.
    NoPublicAddress,
    /// The ACL of the NAT's subnet is not asked.
    NatAcl,
    /// A NAT gateway is left by hosts through any route of its subnet.
    NatRoute,
    /// A NAT instance forwards although it checks source and destination.
    SourceCheck,
    /// An exclusion for egress lets in.
    ExclusionMode,
    /// Block Public Access stops nothing at a NAT gateway.
    BlockAtNat,
    /// A load balancer's own groups are not asked.
    BalancerGroups,
    /// The far side of a peering is taken to have a route back.
    FarRoute,
    /// An egress-only gateway lets in.
    EgressOnlyIn,
}

#[cfg(test)]
impl Bug {
    pub const ALL: &[Bug] = &[
        Bug::LastPort,
        Bug::ReturnPorts,
        Bug::NoReturn,
        Bug::AclOrder,
        Bug::AclDeny,
        Bug::AclDirection,
        Bug::FirstGroup,
        Bug::GroupReference,
        Bug::GroupDirection,
        Bug::Ipv6Rule,
        Bug::PrefixList,
        Bug::ShortestPrefix,
        Bug::Blackhole,
        Bug::MainTable,
        Bug::Propagated,
        Bug::NoPublicAddress,
        Bug::NatAcl,
        Bug::NatRoute,
        Bug::SourceCheck,
        Bug::ExclusionMode,
        Bug::BlockAtNat,
        Bug::BalancerGroups,
        Bug::FarRoute,
        Bug::EgressOnlyIn,
    ];
}

#[cfg(test)]
thread_local! {
    pub static SEEDED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

#[cfg(test)]
pub fn bug(bug: Bug) -> bool {
    SEEDED.get() == Some(bug)
}

#[cfg(not(test))]
pub const fn bug(_: Bug) -> bool {
    false
}
