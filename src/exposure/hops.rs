//! One interface, hop by hop: where a packet passes, which rule or route lets it through, which one
//! stops it. One packet stands for each way; where there is none, one of the internet's.

use serde::Serialize;

use super::area::{Area, Net};
use super::services::{self, TCP};
use super::sets::{Family, Set, in_words};
use super::tracer::Tracer;
use super::{Direction, FarEnd, PathKind, Seat, Way, seats, sets};
use crate::account::{Account, Interface};

/// What a hop does with the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HopVerdict {
    Passes,
    Stops,
    /// What decides could not be read.
    Unknown,
}

/// One place on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hop {
    pub verdict: HopVerdict,
    pub text: String,
}

/// The way of one packet and of its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trace {
    pub direction: Direction,
    pub family: Family,
    pub place: FarEnd,
    /// `tcp 443 from 10.0.1.5 to 203.0.113.1`.
    pub packet: String,
    pub hops: Vec<Hop>,
    /// All that this way lets through; nothing when it is closed.
    pub open: Option<String>,
}

/// An address that stands for the internet.
fn somebody(family: Family) -> u128 {
    let text = if family == Family::Ipv4 { "203.0.113.1" } else { "2001:db8:ffff::1" };
    sets::number(family, text).unwrap_or_default()
}

/// Explains one interface. `None` where the account does not tell of it.
pub fn explain(account: &Account, id: &str) -> Option<Vec<Trace>> {
    let net = Net::new(account, true);
    let area = net.areas.values().find(|area| area.region.interfaces.item(id).is_some())?;
    let interface = area.region.interfaces.item(id)?;
    let ways = super::Known::new(&net, area).ways(interface);
    let mut traces = vec![];
    for family in Family::BOTH {
        for direction in Direction::BOTH {
            let here: Vec<&Way> =
                ways.iter().filter(|w| w.family == family && w.direction == direction).collect();
            let Some(&(first, _)) = seats(interface, family).first() else { continue };
            for way in &here {
                let pass = if way.open.is_empty() { &way.sent } else { &way.open };
                let Some((peer, service)) = sample(family, pass) else { continue };
                let seat = sitting(&net, area, interface, way, peer, service).unwrap_or(first);
                let place = way.place;
                let open = (!way.open.is_empty()).then(|| super::words(way));
                traces.push(walk(
                    &net,
                    area,
                    interface,
                    seat,
                    Packet { direction, family, place, peer, service },
                    Some(way),
                    open,
                ));
            }
            if !here.iter().any(|way| way.place == FarEnd::Internet) {
                let packet = Packet {
                    direction,
                    family,
                    place: FarEnd::Internet,
                    peer: somebody(family),
                    service: asked_for(area, interface, direction),
                };
                traces.push(walk(&net, area, interface, first, packet, None, None));
            }
        }
    }
    Some(traces)
}

#[derive(Clone, Copy)]
struct Packet {
    direction: Direction,
    family: Family,
    place: FarEnd,
    peer: u128,
    service: u32,
}

/// One packet of those that pass: TCP before anything else, HTTPS before other ports.
fn sample(family: Family, pass: &super::Pass) -> Option<(u128, u32)> {
    let https = services::one(TCP, 443);
    let somebody = somebody(family);
    let (low, high, services) = pass
        .pieces()
        .iter()
        .find(|piece| piece.2.contains(https) && (piece.0..=piece.1).contains(&somebody))
        .or_else(|| pass.pieces().iter().find(|piece| piece.2.contains(https)))
        .or_else(|| pass.pieces().iter().find(|piece| piece.2.meets(&services::whole(TCP))))
        .or_else(|| pass.pieces().first())?;
    let tcp = services.intersect(&services::whole(TCP));
    let chosen = if tcp.is_empty() { services } else { &tcp };
    let service = if services.contains(https) { https } else { chosen.parts().first()?.0 };
    let peer = match (*low, *high) {
        (low, high) if (low..=high).contains(&somebody) => somebody,
        // Not the network's own address, where there is another.
        (low, high) if low < high => low + 1,
        (low, _) => low,
    };
    Some((peer, service))
}

/// The address of the interface that a way belongs to.
fn sitting(
    net: &Net<'_>,
    area: &Area<'_>,
    interface: &Interface,
    way: &Way,
    peer: u128,
    service: u32,
) -> Option<u128> {
    let own = seats(interface, way.family);
    own.iter()
        .map(|(address, public)| (*address, *public))
        .find(|(address, public)| {
            let (vpc, subnet, groups) = (&*interface.vpc, &*interface.subnet, &interface.groups);
            let seat = Seat { vpc, subnet, groups, family: way.family, address: *address, public: *public };
            super::seat_ways(net, area, &seat).iter().any(|other| {
                other.path == way.path && (other.open.lets(peer, service) || other.sent.lets(peer, service))
            })
        })
        .map(|(address, _)| address)
}

/// Returns the service to trace for a closed interface: the first port of its groups, or HTTPS.
fn asked_for(area: &Area<'_>, interface: &Interface, direction: Direction) -> u32 {
    let groups = interface.groups.iter().filter_map(|id| area.region.groups.item(id));
    let rules = groups.flat_map(|group| match direction {
        Direction::In => &group.ingress,
        Direction::Out => &group.egress,
    });
    let tcp = services::whole(TCP);
    let named = rules.map(|rule| services::of_rule(&rule.protocol, rule.ports).intersect(&tcp));
    named
        .filter(|ports| *ports != tcp)
        .find_map(|ports| Some(ports.parts().first()?.0))
        .unwrap_or(services::one(TCP, 443))
}

fn walk(
    net: &Net<'_>,
    area: &Area<'_>,
    interface: &Interface,
    address: u128,
    packet: Packet,
    way: Option<&Way>,
    open: Option<String>,
) -> Trace {
    let Packet { direction, family, place, peer, service } = packet;
    let ip = |number| {
        in_words(family, &Set::one(number, number), 1)
            .concat()
            .split('/')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let ends = match direction {
        Direction::In => (ip(peer), ip(address)),
        Direction::Out => (ip(address), ip(peer)),
    };
    let what = services::in_words(&Set::one(service, service), 1);
    let mut tracer = Tracer { net, area, interface, family, peer, service, hops: vec![] };
    let public = seats(interface, family).iter().any(|(own, public)| *own == address && *public);
    match (direction, way.map(|way| way.path.kind)) {
        (Direction::In, Some(PathKind::LoadBalancer | PathKind::EndpointService | PathKind::ClientVpn)) => {
            tracer.through(way);
        }
        (Direction::In, _) => tracer.inwards(way, address, public),
        (Direction::Out, Some(PathKind::Endpoint))
            if area
                .routes(&interface.vpc, &interface.subnet, family)
                .and_then(|r| r.at(peer))
                .is_none_or(|r| r.target == "local") =>
        {
            tracer.groups(&interface.groups, Direction::Out, None);
            tracer.acl(&interface.subnet, Direction::Out, Some(peer));
            let id = way.map_or("", |way| &*way.path.id);
            tracer.say(HopVerdict::Passes, format!("endpoint {id} takes it, by its groups and policy"));
        }
        (Direction::Out, _) => {
            tracer.groups(&interface.groups, Direction::Out, None);
            tracer.outwards(&interface.subnet, address, public, 0, false);
        }
    }
    let packet = format!("{what} from {} to {}", ends.0, ends.1);
    Trace { direction, family, place, packet, hops: tracer.hops, open }
}
