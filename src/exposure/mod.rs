//! Exposure: what can get between the interfaces of an account and the world outside their VPCs.
//! Computed from the account alone; no packet is sent.
//!
//! ```text
//!               ┌─ subnet ──────────────┐
//!   peer ──▶ gateway ──▶ ACL in ──▶ groups in ──▶ interface
//!   peer ◀── gateway ◀── routes ◀── ACL out  ◀─── (groups: tracked)
//! ```
//!
//! A flow is a packet and its answer: the answer needs a route back, and an ACL that lets it out to
//! the client's ports. What is sent and cannot be answered (UDP can do without) is kept beside it.
//! A section that could not be read makes what depends on it "perhaps open", never "closed".

mod acls;
mod area;
mod balancers;
mod bugs;
mod doors;
mod forwarders;
mod groups;
mod hops;
mod inside;
mod inward;
mod links;
mod neighbors;
mod outward;
mod pass;
#[cfg(test)]
mod property;
mod reach;
mod routes;
mod rules;
mod services;
mod sets;
mod shift;
mod summary;
#[cfg(test)]
pub(crate) mod tests;
mod tracer;
mod transit;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

pub use doors::{Door, DoorKind, doors};
pub use hops::{Hop, HopVerdict, Trace, explain};
pub use neighbors::between;
pub use pass::{Doubt, Pass};
pub use reach::{Clients, Reach};
pub use sets::Family;
pub use shift::{Kept, Shift, shift};
pub use summary::{Count, Example, Summary, Tally, Unseen, summary, words};

use crate::account::{Account, Interface, Section};
use area::{Area, Net};

/// The sections that the answer depends on.
pub const NEEDS: &[Section] = &[
    Section::Vpcs,
    Section::Subnets,
    Section::Instances,
    Section::Interfaces,
    Section::Groups,
    Section::Acls,
    Section::RouteTables,
    Section::PrefixLists,
    Section::InternetGateways,
    Section::EgressGateways,
    Section::NatGateways,
    Section::VpnGateways,
    Section::ClientVpns,
    Section::TransitAttachments,
    Section::Peerings,
    Section::Endpoints,
    Section::EndpointServices,
    Section::ConnectEndpoints,
    Section::VpcBlock,
    Section::SerialConsole,
    Section::DnsFirewall,
    Section::LoadBalancers,
    Section::TargetGroups,
];

/// Who begins the flow: the peer outside, or the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    In,
    Out,
}

impl Direction {
    pub const BOTH: [Direction; 2] = [Direction::In, Direction::Out];

    pub fn other(self) -> Direction {
        match self {
            Direction::In => Direction::Out,
            Direction::Out => Direction::In,
        }
    }
}

/// Where the other end of a way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FarEnd {
    Internet,
    /// Another VPC, of this account or another's.
    Vpc,
    /// Behind a VPN, Direct Connect, or a transit gateway that leads further.
    OnPremises,
    /// A service behind an endpoint.
    Service,
}

/// The kind of resource that a way runs through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathKind {
    InternetGateway,
    EgressGateway,
    NatGateway,
    NatInstance,
    Peering,
    TransitGateway,
    VpnGateway,
    ClientVpn,
    LoadBalancer,
    /// An interface, gateway or Gateway Load Balancer endpoint.
    Endpoint,
    /// Consumers of an endpoint service of this account.
    EndpointService,
    /// Carrier gateway, local gateway, core network, VPC Lattice: where it leads is not known here.
    Other,
    /// The routes could not be read.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    pub kind: PathKind,
    pub id: String,
}

impl Path {
    pub fn new(kind: PathKind, id: impl Into<String>) -> Path {
        Path { kind, id: id.into() }
    }
}

/// One way between an interface and a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub place: FarEnd,
    pub direction: Direction,
    pub family: Family,
    pub path: Path,
    /// Flows: by the peer's address, the services asked for.
    pub open: Pass,
    /// Packets that arrive; of a finished way those that are not answered.
    pub sent: Pass,
}

impl Way {
    /// Keeps of what is sent only what is not answered.
    fn settled(mut self) -> Way {
        self.sent = self.sent.minus(&self.open);
        self
    }
}

/// The ways of every interface.
#[derive(Clone, Debug, Default)]
pub struct Exposure {
    /// By Region and id. Alike interfaces share their ways.
    pub interfaces: BTreeMap<(String, String), Rc<Vec<Way>>>,
    /// Sections that could not be read, by Region.
    pub gaps: Vec<(String, Section)>,
}

/// Returns the traffic that can pass between every interface and the outside.
pub fn of(account: &Account) -> Exposure {
    survey(&Net::new(account, true))
}

fn survey(net: &Net<'_>) -> Exposure {
    let mut exposure = Exposure::default();
    for area in net.areas.values() {
        let gaps = NEEDS.iter().filter(|section| section.gap_of(area.region).is_some());
        exposure.gaps.extend(gaps.map(|section| (area.name.to_owned(), *section)));
        let mut known = Known::new(net, area);
        for (id, interface) in area.region.interfaces.items().filter(|(_, i)| is_host(i)) {
            let ways = known.ways(interface);
            exposure.interfaces.insert((area.name.to_owned(), id.clone()), ways);
        }
    }
    exposure
}

/// Interfaces that only pass on what others send are no ends of a flow.
fn is_host(interface: &Interface) -> bool {
    !matches!(
        &*interface.kind,
        "nat_gateway" | "transit_gateway" | "gateway_load_balancer" | "gateway_load_balancer_endpoint"
    )
}

/// The addresses of an interface, each with whether the internet can send to it.
fn seats(interface: &Interface, family: Family) -> Vec<(u128, bool)> {
    let delegated = interface.prefixes.iter().filter_map(|prefix| sets::range(prefix));
    // Its first and its last address stand for a delegated prefix: groups and ACLs treat the others as
    // these, unless a rule cuts through the prefix.
    let delegated = delegated.filter(|(of, ..)| *of == family).flat_map(|(_, low, high)| [low, high]);
    match family {
        Family::Ipv4 => {
            let primary = interface.private_ip.iter().map(|ip| (ip, interface.public_ip.is_some()));
            let others = interface.secondary.iter().map(|(ip, public)| (ip, public.is_some()));
            primary
                .chain(others)
                .filter_map(|(ip, public)| Some((sets::number(family, ip)?, public)))
                .chain(delegated.map(|number| (number, false)))
                .collect()
        }
        Family::Ipv6 => {
            let internet = family.internet();
            let numbers = interface.ipv6.iter().filter_map(|ip| sets::number(family, ip));
            numbers.chain(delegated).map(|number| (number, internet.contains(number))).collect()
        }
    }
}

/// The properties that two alike addresses share.
#[derive(PartialEq, Eq, Hash)]
struct Class<'a> {
    subnet: &'a str,
    groups: &'a std::collections::BTreeSet<String>,
    family: Family,
    public: bool,
    /// Between which edges of everybody else's rules the address lies.
    slot: usize,
}

/// The ways of addresses seen before.
struct Known<'a, 'n> {
    net: &'a Net<'n>,
    area: &'a Area<'n>,
    edges: HashMap<(&'a str, Family), Vec<u128>>,
    ways: HashMap<Class<'a>, Rc<Vec<Way>>>,
    balancers: balancers::Balancers<'a, 'n>,
}

impl<'a, 'n> Known<'a, 'n> {
    fn new(net: &'a Net<'n>, area: &'a Area<'n>) -> Known<'a, 'n> {
        Known {
            net,
            area,
            edges: HashMap::new(),
            ways: HashMap::new(),
            balancers: balancers::Balancers::new(net, area),
        }
    }

    fn ways(&mut self, interface: &'a Interface) -> Rc<Vec<Way>> {
        let mut all: Vec<Rc<Vec<Way>>> = vec![];
        for family in Family::BOTH {
            for (address, public) in seats(interface, family) {
                all.push(self.seat(interface, family, address, public));
            }
        }
        let behind = self.balancers.ways(interface);
        match (&all[..], &behind[..]) {
            ([one], []) => one.clone(),
            _ => Rc::new(merged(all.iter().flat_map(|ways| ways.iter().cloned()).chain(behind))),
        }
    }

    fn seat(
        &mut self,
        interface: &'a Interface,
        family: Family,
        address: u128,
        public: bool,
    ) -> Rc<Vec<Way>> {
        let edges = self
            .edges
            .entry((&interface.subnet, family))
            .or_insert_with(|| links::edges(self.net, self.area, interface, family));
        let slot = edges.partition_point(|edge| *edge <= address);
        let class = Class { subnet: &interface.subnet, groups: &interface.groups, family, public, slot };
        if let Some(known) = self.ways.get(&class) {
            return known.clone();
        }
        let seat = Seat {
            vpc: &interface.vpc,
            subnet: &interface.subnet,
            groups: &interface.groups,
            family,
            address,
            public,
        };
        let ways = Rc::new(seat_ways(self.net, self.area, &seat));
        self.ways.insert(class, ways.clone());
        ways
    }
}

/// An address in a subnet, with the groups it is in.
#[derive(Clone, Copy)]
struct Seat<'a> {
    vpc: &'a str,
    subnet: &'a str,
    groups: &'a std::collections::BTreeSet<String>,
    family: Family,
    address: u128,
    /// The internet can send to it: a public address is mapped to it, or it is one.
    public: bool,
}

fn seat_ways(net: &Net<'_>, area: &Area<'_>, seat: &Seat<'_>) -> Vec<Way> {
    let mut ways = inward::ways(net, area, seat);
    ways.extend(outward::ways(net, area, seat));
    ways.extend(inside::to_endpoints(net, area, seat));
    merged(ways.into_iter())
}

/// Ways by the same path as one.
fn merged(ways: impl Iterator<Item = Way>) -> Vec<Way> {
    let mut by_path = BTreeMap::<(Direction, Family, FarEnd, Path), Way>::new();
    for way in ways {
        let key = (way.direction, way.family, way.place, way.path.clone());
        match by_path.get_mut(&key) {
            Some(known) => {
                known.open = known.open.or(&way.open);
                known.sent = known.sent.or(&way.sent);
            }
            None => {
                by_path.insert(key, way);
            }
        }
    }
    by_path
        .into_values()
        .filter(|way| !way.sent.is_empty() || !way.open.is_empty())
        .map(Way::settled)
        .collect()
}
