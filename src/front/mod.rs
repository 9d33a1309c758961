//! What visitors of this account's sites see: the maintenance page, and who shows it. Computed from the
//! account alone; no name is resolved and nobody is asked.

mod balancer;
mod eye;
mod names;
pub mod page;
pub mod prepared;
mod seen;
mod target;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Gap, Section};
use eye::Eye;
use names::PublicName;
pub use seen::{By, Seen};
pub use target::Target;

/// The sections that say which names there are and where they lead, besides [`crate::exposure::NEEDS`].
pub const NEEDS: &[Section] = &[
    Section::Zones,
    Section::Distributions,
    Section::EdgeFunctions,
    Section::PageBucket,
    Section::ListenerRules,
    Section::S3Block,
];

/// A public name, and what its visitors see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameSeen {
    /// Lower case, without a dot at its end.
    pub name: String,
    /// For how many seconds resolvers keep the name's answer. None: an alias, or DNS that is elsewhere.
    pub ttl: Option<i64>,
    /// `simple`, `weighted` …
    pub routing: &'static str,
    /// Is its DNS in a zone of this account?
    pub in_a_zone: bool,
    pub leads_to: Vec<Target>,
    pub seen: Seen,
}

/// What visitors see before and after a cut.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Front {
    /// Every public name, sorted.
    pub names: Vec<NameShift>,
    /// What could not be read, so that names may be missing.
    pub unread: Vec<String>,
}

/// A public name, and what its visitors see before and after a cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameShift {
    pub name: String,
    /// `simple`, `weighted` …: how Route 53 chooses among the name's records.
    pub routing: String,
    /// Is its DNS in a zone of this account?
    pub in_a_zone: bool,
    pub leads_to: Vec<Target>,
    pub leads_to_after: Vec<Target>,
    pub before: Seen,
    pub after: Seen,
    /// For how many seconds resolvers may keep the old answer, where the name's records change.
    pub kept_for: Option<i64>,
}

/// Every public name with what its visitors see, sorted by name.
pub fn of(account: &Account) -> Vec<NameSeen> {
    let eye = Eye::new(account);
    eye.names().into_iter().map(|name| seen_of(&eye, name)).collect()
}

fn seen_of(eye: &Eye<'_>, name: &PublicName) -> NameSeen {
    NameSeen {
        name: name.name.clone(),
        ttl: name.ttl,
        routing: name.routing,
        in_a_zone: !name.zones.is_empty(),
        leads_to: name.targets().into_iter().cloned().collect(),
        seen: eye.sees(name),
    }
}

/// What visitors of each name see before and after. A name that only one of the two accounts has leads
/// nowhere in the other.
pub fn shift(before: &Account, after: &Account) -> Front {
    let mut later: BTreeMap<String, NameSeen> =
        of(after).into_iter().map(|one| (one.name.clone(), one)).collect();
    let mut names: Vec<NameShift> = of(before)
        .into_iter()
        .map(|now| now_and_then(now.name.clone(), later.remove(&now.name), Some(now)))
        .collect();
    names.extend(later.into_values().map(|then| now_and_then(then.name.clone(), Some(then), None)));
    names.sort_by(|a, b| a.name.cmp(&b.name));
    Front { names, unread: unread(before) }
}

fn now_and_then(name: String, then: Option<NameSeen>, now: Option<NameSeen>) -> NameShift {
    let some = now.as_ref().or(then.as_ref());
    let (routing, in_a_zone) = some.map_or(("simple", false), |one| (one.routing, one.in_a_zone));
    let ttl = now.as_ref().and_then(|now| now.ttl);
    let split = |one: Option<NameSeen>| one.map_or((vec![], Seen::TimesOut), |one| (one.leads_to, one.seen));
    let ((leads_to, before), (leads_to_after, after)) = (split(now), split(then));
    let kept_for = ttl.filter(|_| leads_to != leads_to_after);
    NameShift {
        name,
        routing: routing.to_owned(),
        in_a_zone,
        leads_to,
        leads_to_after,
        before,
        after,
        kept_for,
    }
}

/// The sections with names, as far as they could not be read, in words.
pub fn unread(account: &Account) -> Vec<String> {
    let gaps = [Section::Zones, Section::Distributions].into_iter().flat_map(|section| {
        let words = move |gap: Gap| match gap.detail.split_once(": ") {
            // A zone of several.
            Some((zone, _)) if zone.starts_with("zone ") => format!("{zone}: {}", gap.cause.words()),
            _ => format!("{}: {}", section.title(), gap.cause.words()),
        };
        section.gaps(account).into_iter().map(move |(_, gap)| words(gap))
    });
    gaps.collect()
}
