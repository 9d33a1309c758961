//! Whom a run shuts out, and the names of what it makes for that.
//!
//! A name holds a hash of what is blocked: another run that blocks the same finds what the first one made, and
//! a run that blocks others makes its own.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::account::{IpSet, Matches};
use crate::step::{Case, count};

/// Addresses and countries that the operator names.
pub(super) struct Block {
    pub(super) cidrs: BTreeSet<String>,
    pub(super) countries: BTreeSet<String>,
}

fn hash<'a>(parts: impl IntoIterator<Item = &'a String>) -> String {
    let text = parts.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

impl Block {
    /// What this run blocks; `None` where nothing is named.
    pub(super) fn of(case: &Case) -> Option<Block> {
        let (cidrs, countries) = (case.scope.block_cidrs.clone(), case.scope.block_countries.clone());
        (!cidrs.is_empty() || !countries.is_empty()).then_some(Block { cidrs, countries })
    }

    /// The name of the rule, and of the web ACL that is made where there is none.
    pub(super) fn name(&self) -> String {
        format!("{}{}", IpSet::OURS, hash(self.cidrs.iter().chain(&self.countries)))
    }

    /// The IP sets by name: one holds addresses of one version only.
    pub(super) fn sets(&self) -> Vec<(String, IpSet)> {
        let (v6, v4): (BTreeSet<_>, BTreeSet<_>) =
            self.cidrs.iter().cloned().partition(|cidr| cidr.contains(':'));
        let versions = [("v4", false, v4), ("v6", true, v6)];
        let used = versions.into_iter().filter(|(_, _, addresses)| !addresses.is_empty());
        used.map(|(version, ipv6, addresses)| {
            (format!("{}{version}-{}", IpSet::OURS, hash(&addresses)), IpSet { ipv6, addresses })
        })
        .collect()
    }

    /// Which requests the rule takes.
    pub(super) fn matches(&self) -> Matches {
        let mut all: Vec<Matches> = self.sets().into_iter().map(|(name, _)| Matches::IpSet(name)).collect();
        if !self.countries.is_empty() {
            all.push(Matches::Countries(self.countries.clone()));
        }
        if all.len() == 1 { all.remove(0) } else { Matches::AnyOf(all) }
    }

    /// The capacity units that the rule uses: one for each IP set, one for the countries.
    pub(super) fn units(&self) -> i64 {
        let parts = self.sets().len() + usize::from(!self.countries.is_empty());
        i64::try_from(parts).unwrap_or(i64::MAX)
    }
}

/// Which requests a rule takes, for the diff.
pub(super) fn words(matches: &Matches) -> String {
    match matches {
        Matches::IpSet(name) => format!("the addresses in {name}"),
        Matches::Countries(countries) => {
            let codes = countries.iter().cloned().collect::<Vec<_>>().join(" ");
            let noun = if countries.len() == 1 { "the country" } else { "the countries" };
            format!("{noun} {codes}")
        }
        Matches::AnyOf(all) => all.iter().map(words).collect::<Vec<_>>().join(", "),
        Matches::Other(text) => text.clone(),
    }
}

/// The addresses of an IP set, for the diff.
pub(super) fn set_words(set: &IpSet) -> String {
    let some: Vec<&str> = set.addresses.iter().take(3).map(String::as_str).collect();
    match set.addresses.len() {
        0 => "holds no address".into(),
        all if all == some.len() => format!("holds {}", some.join(", ")),
        all => format!("holds {}, and {} more", some.join(", "), count(all - some.len(), "network")),
    }
}
