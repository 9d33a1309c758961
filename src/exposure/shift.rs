//! What a cut changes: exposure before and after, and flows that may live on.
//!
//! Groups look at a flow when it begins. One that is tracked goes on after they have changed, until it
//! ends or idles out; ACLs, routes and Block Public Access stop it at once.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::area::{Area, Net};
use super::pass::Pass;
use super::services::{self, Services, TCP, UDP};
use super::sets::{Family, Set};
use super::summary::{Summary, summary};
use super::{Direction, Exposure, Path, PathKind, Way, survey};
use crate::account::{Account, Peer};

const EXAMPLES: usize = 3;

/// Exposure before and after a cut.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shift {
    pub before: Summary,
    pub after: Summary,
    /// Interfaces that were open and no longer are, also not for flows that are there.
    pub surely_cut: usize,
    /// Interfaces whose established flows may live on, although new ones are stopped.
    pub keeping: usize,
    /// By which ways.
    pub kept: Vec<Kept>,
}

/// A way that is closed for new flows, and by which tracked ones may go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    pub path: Path,
    pub interfaces: usize,
    /// AWS tracks every flow on this way, whatever the rules were: opening the groups for a moment does
    /// not untrack it.
    pub always_tracked: bool,
    pub examples: Vec<String>,
}

/// Compares an account before and after a cut. `flushed`: an interface whose groups changed was for a
/// moment in one that allows everything, which ends what AWS does not always track.
pub fn shift(before: &Account, after: &Account, flushed: bool) -> Shift {
    let (net, later) = (Net::new(before, true), Net::new(after, true));
    let (first, last) = (survey(&net), survey(&later));
    // What would pass if groups did not look: all that can stop a flow that is tracked.
    let tracked = survey(&Net::new(after, false));
    let mut shift =
        Shift { before: summary(before, &first), after: summary(after, &last), ..Shift::default() };
    let mut kept = BTreeMap::<Path, Kept>::new();
    for (key, ways) in &first.interfaces {
        let Some(area) = net.areas.get(&*key.0) else { continue };
        let mut living = BTreeSet::new();
        let (mut was_open, mut is_open) = (false, false);
        for way in ways.iter().filter(|way| !way.open.is_empty()) {
            was_open = true;
            let Some(on) = alike(&tracked, key, way).map(|on| way.open.and(on)).filter(|on| !on.is_empty())
            else {
                continue;
            };
            let new = alike(&last, key, way).cloned().unwrap_or_default();
            is_open |= !new.is_empty();
            let always = always_tracked(area, &way.path);
            let on = on.minus(&new);
            let on = match always {
                true => on,
                false if flushed && regrouped(before, after, key) => continue,
                false => without_untracked(area, &key.1, way, &on),
            };
            if !on.is_empty() && living.insert(&way.path) {
                let entry = kept.entry(way.path.clone()).or_insert_with(|| Kept {
                    path: way.path.clone(),
                    interfaces: 0,
                    always_tracked: always,
                    examples: vec![],
                });
                entry.interfaces += 1;
                if entry.examples.len() < EXAMPLES {
                    entry.examples.push(key.1.clone());
                }
            }
        }
        shift.keeping += usize::from(!living.is_empty());
        shift.surely_cut += usize::from(was_open && !is_open && living.is_empty());
    }
    shift.kept = kept.into_values().collect();
    shift
}

/// Was the interface put into other groups, by its own account?
fn regrouped(before: &Account, after: &Account, (region, id): &(String, String)) -> bool {
    let of = |account: &'_ Account| {
        let interface = account.regions.get(region)?.interfaces.item(id)?;
        interface.managed_by.is_none().then(|| interface.groups.clone())
    };
    of(before).is_some_and(|groups| of(after).is_some_and(|now| now != groups))
}

/// Returns the traffic that passes by the same way in another survey.
fn alike<'a>(survey: &'a Exposure, key: &(String, String), way: &Way) -> Option<&'a Pass> {
    let same = |other: &&Way| {
        (other.direction, other.family, other.place) == (way.direction, way.family, way.place)
            && other.path == way.path
    };
    survey.interfaces.get(key)?.iter().find(same).map(|other| &other.open)
}

/// Flows that AWS tracks whatever the rules say.
fn always_tracked(area: &Area<'_>, path: &Path) -> bool {
    let region = area.region;
    match path.kind {
        PathKind::NatGateway | PathKind::EgressGateway | PathKind::EndpointService => true,
        PathKind::LoadBalancer => region.load_balancers.item(&path.id).is_none_or(|lb| lb.kind == "network"),
        PathKind::Endpoint => {
            let endpoint = region.endpoints.item(&path.id);
            endpoint.is_none_or(|e| e.kind == "Interface" || e.service.ends_with(".dynamodb"))
        }
        _ => false,
    }
}

/// A flow is untracked where a rule lets in everybody, and one in the other direction lets all ports
/// out to everybody. It ends with the rule.
fn without_untracked(area: &Area<'_>, interface: &str, way: &Way, pass: &Pass) -> Pass {
    let Some(interface) = area.region.interfaces.item(interface) else { return pass.clone() };
    let everybody = |direction: Direction| -> Services {
        let groups = interface.groups.iter().filter_map(|id| area.region.groups.item(id));
        let rules = groups.flat_map(|group| match direction {
            Direction::In => &group.ingress,
            Direction::Out => &group.egress,
        });
        let open = rules.filter(|rule| match (&rule.peer, way.family) {
            (Peer::Ipv4(cidr), Family::Ipv4) => cidr == "0.0.0.0/0",
            (Peer::Ipv6(cidr), Family::Ipv6) => cidr == "::/0",
            _ => false,
        });
        let services: Vec<Services> =
            open.map(|rule| services::of_rule(&rule.protocol, rule.ports)).collect();
        Set::of(services.iter().flat_map(|services| services.parts()).copied().collect())
    };
    let (there, back) = (everybody(way.direction), everybody(way.direction.other()));
    let untracked = [TCP, UDP].map(services::whole).into_iter().filter(|all| all.minus(&back).is_empty());
    let untracked = untracked.fold(Services::default(), |known, all| known.union(&all.intersect(&there)));
    pass.only(&services::all().minus(&untracked))
}
