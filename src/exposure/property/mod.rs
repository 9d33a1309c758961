//! `exposure` against an independent walk of single packets, over random accounts.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::too_many_lines,
    clippy::wrong_self_convention,
    reason = "small numbers, and one case after the other"
)]

mod filters;
mod gateways;
mod inwards;
mod outwards;
mod packets;
mod random;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::dice::Dice;
use packets::{Ask, Fate, Route3, Walker};

use super::bugs::{Bug, SEEDED};
use super::sets::Family;
use super::{Direction, Exposure, FarEnd, PathKind, Way};
use crate::account::Account;

/// How often which way was walked to the end, both ways: there and back.
#[derive(Default)]
struct Tally {
    packets: usize,
    allowed: usize,
    by_kind: BTreeMap<(Direction, &'static str), usize>,
}

fn place(place: FarEnd) -> &'static str {
    match place {
        FarEnd::Internet => "internet",
        FarEnd::Vpc => "vpc",
        FarEnd::OnPremises => "on-premises",
        FarEnd::Service => "service",
    }
}

fn kind(kind: PathKind) -> &'static str {
    match kind {
        PathKind::InternetGateway => "internet-gateway",
        PathKind::EgressGateway => "egress-gateway",
        PathKind::NatGateway => "nat-gateway",
        PathKind::NatInstance => "nat-instance",
        PathKind::Peering => "peering",
        PathKind::TransitGateway => "transit-gateway",
        PathKind::VpnGateway => "vpn-gateway",
        PathKind::ClientVpn => "client-vpn",
        PathKind::LoadBalancer => "load-balancer",
        PathKind::Endpoint => "endpoint",
        PathKind::EndpointService => "endpoint-service",
        PathKind::Other => "other",
        PathKind::Unknown => "unknown",
    }
}

/// What the code under test says of one packet.
fn said(ways: &[Way], direction: Direction, peer: IpAddr, ask: Ask) -> Fate {
    let (family, number) = as_number(peer);
    let service = u32::from(ask.protocol) << 16 | u32::from(ask.port);
    let mut fate = Fate::default();
    for way in ways.iter().filter(|way| way.direction == direction && way.family == family) {
        let route: Route3 = (place(way.place), kind(way.path.kind), way.path.id.clone());
        if way.sent.lets(number, service) || way.open.lets(number, service) {
            fate.sent.insert(route.clone());
        }
        if way.open.lets(number, service) {
            fate.answered.insert(route);
        }
    }
    fate
}

fn as_number(ip: IpAddr) -> (Family, u128) {
    match ip {
        IpAddr::V4(ip) => (Family::Ipv4, u128::from(u32::from(ip))),
        IpAddr::V6(ip) => (Family::Ipv6, ip.into()),
    }
}

fn as_ip(family: Family, number: u128) -> IpAddr {
    match family {
        Family::Ipv4 => IpAddr::V4((number as u32).into()),
        Family::Ipv6 => IpAddr::V6(number.into()),
    }
}

/// Ways that few interfaces have.
const RARE: [PathKind; 5] = [
    PathKind::NatInstance,
    PathKind::EndpointService,
    PathKind::LoadBalancer,
    PathKind::ClientVpn,
    PathKind::EgressGateway,
];

/// Packets worth a look: at the edges of what rules say, and anywhere.
struct Draw {
    dice: Dice,
    peers: Vec<IpAddr>,
}

impl Draw {
    fn new(account: &Account, seed: u64) -> Draw {
        let region = account.regions.values().next().unwrap();
        let mut peers: Vec<IpAddr> = vec![];
        let mut cidrs: Vec<String> =
            random::CIDRS4.iter().chain(&random::CIDRS6).map(|c| (*c).to_owned()).collect();
        cidrs.extend(
            region
                .subnets
                .items()
                .flat_map(|(_, s)| std::iter::once(s.cidr.clone()).chain(s.ipv6_cidr.clone())),
        );
        cidrs.extend(region.prefix_lists.items().flat_map(|(_, list)| list.entries.clone()));
        for cidr in cidrs {
            let (family, low, high) = super::sets::range(&cidr).unwrap();
            let top = if family == Family::Ipv4 { u128::from(u32::MAX) } else { u128::MAX };
            for number in [low.saturating_sub(1), low, low + (high - low) / 3, high, high.saturating_add(1)] {
                peers.push(as_ip(family, number.min(top)));
            }
        }
        for (_, interface) in region.interfaces.items() {
            let texts = interface.private_ip.iter().chain(&interface.ipv6);
            peers.extend(texts.map(|ip| ip.parse::<IpAddr>().unwrap()));
        }
        for text in [
            "8.8.8.8",
            "54.1.2.3",
            "192.168.70.1",
            "192.168.7.9",
            "172.20.1.1",
            "2a00:1450::1",
            "64:ff9b::808:808",
            "64:ff9b::34d8:1",
            "64:ff9b::cb00:7105",
        ] {
            peers.push(text.parse().unwrap());
        }
        Draw { dice: Dice(seed ^ 0x5555), peers }
    }

    fn ask(&mut self, family: Family) -> Ask {
        let edges = [22, 80, 443, 1024, 3000, 3010, 53, 8080, 32768, 60999];
        match self.dice.below(20) {
            0..=10 => {
                let port = *self.dice.pick(&edges) + *self.dice.pick(&[0, 0, 0, 0, 1, -1]);
                Ask { protocol: 6, port: port as u16 }
            }
            11..=14 => Ask { protocol: 17, port: *self.dice.pick(&[53, 443, 3005, 65535, 0]) },
            15..=17 => {
                let kinds: [(u16, u16); 3] = if family == Family::Ipv4 {
                    [(8, 0), (3, 4), (8, 1)]
                } else {
                    [(128, 0), (1, 0), (128, 2)]
                };
                let (kind, code) = *self.dice.pick(&kinds);
                Ask { protocol: if family == Family::Ipv4 { 1 } else { 58 }, port: kind * 256 + code }
            }
            18 => Ask { protocol: 50, port: 0 },
            _ => Ask { protocol: 6, port: self.dice.roll() as u16 },
        }
    }

    fn packet(&mut self, ways: &[Way]) -> (Direction, IpAddr, Ask) {
        if !ways.is_empty() && self.dice.percent(75) {
            // Near the edges of what is said to be open, on either side of them.
            let rare = ways.iter().find(|way| RARE.contains(&way.path.kind) && !way.open.is_empty());
            let way = match rare {
                Some(way) if self.dice.percent(40) => way,
                _ => &ways[self.dice.below(ways.len())],
            };
            let pass = if self.dice.percent(96) && !way.open.is_empty() { &way.open } else { &way.sent };
            let pass = if pass.is_empty() { &way.open } else { pass };
            let (low, high, services) = &pass.pieces()[self.dice.below(pass.pieces().len())];
            let number = *self.dice.pick(&[
                *low,
                *low,
                *high,
                low + (high - low) / 2,
                low + (high - low) / 7 * 3,
                low.saturating_sub(1),
            ]);
            let (first, last) = services.parts()[self.dice.below(services.parts().len())];
            let service = *self.dice.pick(&[
                first,
                first,
                last,
                first + (last - first) / 2,
                last.saturating_add(1).min((256 << 16) - 1),
            ]);
            let mut ask = Ask { protocol: (service >> 16) as u8, port: service as u16 };
            if !matches!(ask.protocol, 1 | 6 | 17 | 50 | 58) {
                ask = self.ask(way.family);
            }
            return (way.direction, as_ip(way.family, number), ask);
        }
        let peer = *self.dice.pick(&self.peers.clone());
        let ask = self.ask(as_number(peer).0);
        (*self.dice.pick(&Direction::BOTH), peer, ask)
    }
}

/// Compares so many packets in one account. The first disagreement is an error.
fn compare(seed: u64, each: usize, tally: &mut Tally) -> Result<(), String> {
    let account = random::account(seed);
    let exposure: Exposure = super::of(&account);
    let walker = Walker::new(&account);
    let mut draw = Draw::new(&account, seed);
    for ((_, id), ways) in &exposure.interfaces {
        for _ in 0..each {
            let (direction, peer, ask) = draw.packet(ways);
            let found = match direction {
                Direction::In => walker.inwards(id, peer, ask),
                Direction::Out => walker.outwards(id, peer, ask),
            };
            let told = said(ways, direction, peer, ask);
            if found != told {
                return Err(format!(
                    "account {seed}, {id} {direction:?} {peer} {ask:?}\n found {found:?}\n  said {told:?}"
                ));
            }
            tally.packets += 1;
            tally.allowed += usize::from(!found.answered.is_empty());
            let kinds: BTreeSet<&'static str> = found.answered.iter().map(|route| route.1).collect();
            for kind in kinds {
                *tally.by_kind.entry((direction, kind)).or_default() += 1;
            }
        }
    }
    Ok(())
}

#[test]
fn no_packet_takes_a_way_that_is_not_told_and_none_is_told_that_it_does_not_take() {
    let mut tally = Tally::default();
    let mut seed = 0;
    while tally.packets < 100_000 || tally.by_kind.values().any(|count| *count < 1_000) {
        compare(seed, 60, &mut tally).unwrap_or_else(|error| panic!("{error}"));
        seed += 1;
        assert!(seed < 600, "kinds too rare: {:?}", tally.by_kind);
    }
    println!("{} packets, {} allowed, {seed} accounts: {:?}", tally.packets, tally.allowed, tally.by_kind);
    assert!(tally.allowed * 10 >= tally.packets * 3, "{} of {} allowed", tally.allowed, tally.packets);
    let (inwards, outwards): (Vec<&(Direction, &str)>, Vec<_>) =
        tally.by_kind.keys().partition(|key| key.0 == Direction::In);
    assert_eq!(inwards.len(), 8, "{inwards:?}");
    assert_eq!(outwards.len(), 9, "{outwards:?}");
}

#[test]
fn every_seeded_bug_is_caught() {
    for bug in Bug::ALL {
        SEEDED.set(Some(*bug));
        let caught = (0..60).any(|seed| compare(seed, 60, &mut Tally::default()).is_err());
        SEEDED.set(None);
        assert!(caught, "{bug:?} was not noticed");
    }
}
