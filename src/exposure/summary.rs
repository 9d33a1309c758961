//! Exposure counted: how many interfaces, by which kind of way, with examples.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::doors::{Door, doors};
use super::services::in_words as services_in_words;
use super::sets::in_words as addresses_in_words;
use super::{Direction, Doubt, Exposure, FarEnd, PathKind, Way};
use crate::account::{Account, Section};

/// Examples kept of each kind of way.
const EXAMPLES: usize = 3;

/// Interfaces for which something is open, and those for which it may be: a section that decides it
/// could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    pub open: usize,
    pub unknown: usize,
}

/// One kind of way between interfaces and a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    pub direction: Direction,
    pub place: FarEnd,
    pub kind: PathKind,
    pub interfaces: Tally,
    /// Interfaces by gateway, endpoint, load balancer.
    pub paths: BTreeMap<String, usize>,
    pub examples: Vec<Example>,
}

/// One interface, and what is open for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub region: String,
    pub interface: String,
    /// `tcp 22, 443 from 0.0.0.0/0`.
    pub open: String,
}

/// What decides and cannot be seen, by the interfaces that it may close something for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Unseen {
    /// Route tables of transit gateways: which attachment reaches which.
    pub transit_tables: usize,
    /// Gateways, peerings, attachments and endpoints in a VPC that another account shares.
    pub owners: usize,
}

/// The exposure of an account in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Summary {
    /// Interfaces that were looked at.
    pub interfaces: usize,
    /// Interfaces that can be reached from a place (flows begun there).
    pub reached_from: BTreeMap<FarEnd, Tally>,
    /// Interfaces that can reach a place (flows begun here).
    pub reaching: BTreeMap<FarEnd, Tally>,
    /// Interfaces that packets reach which cannot be answered, and of which they leave so.
    pub unanswered_in: usize,
    pub unanswered_out: usize,
    pub ways: Vec<Count>,
    pub doors: Vec<Door>,
    /// Interfaces with ways that may be closed by what nobody looked at.
    pub unseen: Unseen,
    /// Sections that could not be read and on which the answer depends, with their Regions.
    pub gaps: BTreeMap<Section, BTreeSet<String>>,
}

/// Counts the exposure of an account.
pub fn summary(account: &Account, exposure: &Exposure) -> Summary {
    let mut summary = Summary { interfaces: exposure.interfaces.len(), ..Summary::default() };
    let mut counts = BTreeMap::<(Direction, FarEnd, PathKind), Count>::new();
    for ((region, id), ways) in &exposure.interfaces {
        let mut places = BTreeMap::<(Direction, FarEnd), bool>::new();
        let mut kinds = BTreeMap::<(Direction, FarEnd, PathKind), (bool, Vec<&Way>)>::new();
        let (mut unanswered, mut unseen) = ([false; 2], [false; 2]);
        for way in ways.iter() {
            if way.open.is_empty() {
                unanswered[way.direction as usize] |= way.place != FarEnd::Service;
                continue;
            }
            let doubt = way.open.doubt;
            let certain = !doubt.any();
            unseen[0] |= doubt.has(Doubt::TRANSIT_TABLES);
            unseen[1] |= doubt.has(Doubt::OWNERS);
            *places.entry((way.direction, way.place)).or_default() |= certain;
            let kind = kinds.entry((way.direction, way.place, way.path.kind)).or_default();
            kind.0 |= certain;
            kind.1.push(way);
        }
        for ((direction, place), certain) in places {
            let by_place = match direction {
                Direction::In => &mut summary.reached_from,
                Direction::Out => &mut summary.reaching,
            };
            by_place.entry(place).or_default().add(certain);
        }
        summary.unanswered_in += usize::from(unanswered[0]);
        summary.unanswered_out += usize::from(unanswered[1]);
        summary.unseen.transit_tables += usize::from(unseen[0]);
        summary.unseen.owners += usize::from(unseen[1]);
        for ((direction, place, kind), (certain, ways)) in kinds {
            let count = counts.entry((direction, place, kind)).or_insert_with(|| Count {
                direction,
                place,
                kind,
                interfaces: Tally::default(),
                paths: BTreeMap::new(),
                examples: vec![],
            });
            count.interfaces.add(certain);
            for path in ways.iter().map(|way| &way.path.id).collect::<BTreeSet<_>>() {
                match count.paths.get_mut(path) {
                    Some(known) => *known += 1,
                    None => drop(count.paths.insert(path.clone(), 1)),
                }
            }
            if count.examples.len() < EXAMPLES {
                let open = ways.first().map(|way| words(way)).unwrap_or_default();
                count.examples.push(Example { region: region.clone(), interface: id.clone(), open });
            }
        }
    }
    summary.ways = counts.into_values().collect();
    summary.doors = doors(account, exposure);
    for (region, section) in &exposure.gaps {
        summary.gaps.entry(*section).or_default().insert(region.clone());
    }
    summary
}

impl Tally {
    pub fn add(&mut self, certain: bool) {
        if certain { self.open += 1 } else { self.unknown += 1 }
    }

    pub fn all(self) -> usize {
        self.open + self.unknown
    }
}

/// `tcp 22, 443 from 0.0.0.0/0`: what a way lets through, shortly.
pub fn words(way: &Way) -> String {
    pass_in_words(way, &way.open)
}

pub fn pass_in_words(way: &Way, pass: &super::Pass) -> String {
    let peers = addresses_in_words(way.family, &pass.addresses(), 3).join(", ");
    let word = match way.direction {
        Direction::In => "from",
        Direction::Out => "to",
    };
    format!("{} {word} {peers}", services_in_words(&pass.services(), 4))
}
