//! The public names of an account, and where each leads.

use std::collections::{BTreeMap, BTreeSet};

use super::target::{Hosts, Target};
use crate::account::dns::host;
use crate::account::{Account, Record, Zone};

/// How many records that point at records are followed. Resolvers give up at about as many.
const HOPS: usize = 16;

/// A name that visitors of this account's sites ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicName {
    /// Lower case, without a dot at its end; `*` of a wildcard.
    pub name: String,
    /// The ids of the zones that hold it. None: its DNS is elsewhere.
    pub zones: BTreeSet<String>,
    /// What resolvers keep an answer for, in seconds; an alias has its target's.
    pub ttl: Option<i64>,
    /// `simple`, `weighted` … how Route 53 chooses among its records.
    pub routing: &'static str,
    /// One of these sets is a visitor's answer, chosen by `routing`.
    pub sets: Vec<RecordSet>,
}

/// The targets of one record. A visitor tries them one after the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordSet {
    /// `A`, `AAAA`, `CNAME`.
    pub kind: String,
    pub targets: Vec<Target>,
}

impl PublicName {
    /// Every target, each once.
    pub fn targets(&self) -> BTreeSet<&Target> {
        self.sets.iter().flat_map(|set| &set.targets).collect()
    }
}

/// Returns the names of the public zones that lead visitors somewhere, and the names of distributions
/// whose DNS is not in a zone that was read, sorted.
pub fn names(account: &Account, hosts: &Hosts<'_>) -> Vec<PublicName> {
    let records = Records::new(account);
    let mut names = BTreeMap::<String, PublicName>::new();
    for (zone_id, zone) in public(account) {
        for (name, records_of) in zone.records.items() {
            let name = host(name);
            // `_dmarc`, `_acme-challenge`, `…._domainkey`: no browser asks for them.
            if name.split('.').any(|label| label.starts_with('_')) {
                continue;
            }
            let leading: Vec<&Record> = records_of.iter().filter(|record| leads(record)).collect();
            let Some(first) = leading.first() else { continue };
            let known = names
                .entry(name.clone())
                .or_insert_with(|| PublicName { name: name.clone(), ..Default::default() });
            known.zones.insert(zone_id.clone());
            known.ttl = known.ttl.max(leading.iter().filter_map(|record| record.ttl).max());
            known.routing = first.routing();
            for record in leading {
                known.sets.extend(records.sets(&name, record, hosts, HOPS));
            }
        }
    }
    for (id, distribution) in account.distributions.items() {
        for alias in &distribution.aliases {
            let alias = host(alias);
            names.entry(alias.clone()).or_insert_with(|| {
                // Who follows a CNAME from elsewhere comes to the distribution that has the alias.
                let elsewhere = || Target::Distribution(id.clone());
                let targets = vec![records.whether_unread(account, &alias).unwrap_or_else(elsewhere)];
                let sets = vec![RecordSet { kind: "elsewhere".into(), targets }];
                PublicName { name: alias.clone(), routing: "simple", sets, ..PublicName::default() }
            });
        }
    }
    names.into_values().collect()
}

fn public(account: &Account) -> impl Iterator<Item = (&String, &Zone)> {
    account.zones.items().filter(|(_, zone)| !zone.private)
}

/// Addresses and names, of those that a browser asks for. A record of type HTTPS only adds to them.
fn leads(record: &Record) -> bool {
    matches!(&*record.kind, "A" | "AAAA" | "CNAME")
}

/// The records of the public zones by name.
struct Records<'a> {
    by_name: BTreeMap<String, Vec<&'a Record>>,
    /// Zones that were not read.
    unread: Vec<String>,
}

impl<'a> Records<'a> {
    fn new(account: &'a Account) -> Records<'a> {
        let mut by_name = BTreeMap::<String, Vec<&Record>>::new();
        let mut unread = vec![];
        for (_, zone) in public(account) {
            if zone.records.read().is_none() {
                unread.push(zone.host());
            }
            for (name, records) in zone.records.items() {
                by_name.entry(host(name)).or_default().extend(records.iter().filter(|record| leads(record)));
            }
        }
        Records { by_name, unread }
    }

    /// The records that answer for a name: its own, else those of the nearest wildcard above it.
    fn answering(&self, name: &str) -> Option<&[&'a Record]> {
        if let Some(own) = self.by_name.get(name) {
            return Some(own);
        }
        let above = name.match_indices('.').map(|(dot, _)| &name[dot + 1..]);
        let mut wildcards = above.filter_map(|above| self.by_name.get(&format!("*.{above}")));
        wildcards.next().map(Vec::as_slice)
    }

    /// Where a record leads, through further records of these zones: those have several sets where Route 53
    /// chooses among them.
    fn sets(&self, name: &str, record: &Record, hosts: &Hosts<'_>, hops: usize) -> Vec<RecordSet> {
        let to = match (&record.alias, &*record.kind) {
            (Some(alias), _) => vec![host(&alias.name)],
            (None, "CNAME") => record.values.iter().map(|value| host(value)).collect(),
            _ => {
                let targets = record.values.iter().map(|value| hosts.address(value)).collect();
                return vec![RecordSet { kind: record.kind.clone(), targets }];
            }
        };
        to.iter().flat_map(|to| self.follow(name, &record.kind, to, hosts, hops)).collect()
    }

    fn follow(&self, name: &str, kind: &str, to: &str, hosts: &Hosts<'_>, hops: usize) -> Vec<RecordSet> {
        let leads_to = |target| vec![RecordSet { kind: kind.to_owned(), targets: vec![target] }];
        match self.answering(to).filter(|_| to != name) {
            Some(_) if hops == 0 => leads_to(Target::Host(to.to_owned())),
            Some(records) => {
                // An alias takes the records of its own type, a CNAME those of each.
                let taken =
                    |record: &&&Record| kind == "CNAME" || record.kind == kind || record.kind == "CNAME";
                records
                    .iter()
                    .filter(taken)
                    .flat_map(|record| self.sets(to, record, hosts, hops - 1))
                    .collect()
            }
            None => leads_to(self.of_unread_zone(to).unwrap_or_else(|| hosts.host(name, to))),
        }
    }

    /// The target of a name whose records may be in a zone that was not read.
    fn of_unread_zone(&self, name: &str) -> Option<Target> {
        let zone = self.unread.iter().find(|zone| below(name, zone))?;
        Some(Target::Unread(format!("the records of {zone} were not read")))
    }

    /// The target of a name that no record was read of, if that means nothing.
    fn whether_unread(&self, account: &Account, name: &str) -> Option<Target> {
        let all = || Target::Unread("hosted zones were not read".into());
        account.zones.gap().map(|_| all()).or_else(|| self.of_unread_zone(name))
    }
}

fn below(name: &str, zone: &str) -> bool {
    name == zone || name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'))
}
