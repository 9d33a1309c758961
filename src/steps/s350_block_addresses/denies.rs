//! The rules of an ACL that deny the blocked addresses, and those that it needs besides.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::account::{Acl, AclEntry};
use crate::step::Reason;
use crate::steps::shared::acl_entries::{ALL, Call, deny, too_many};

/// The rules that deny every packet of one of the blocked CIDRs, by number. Other rules are somebody
/// else's, and may change meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Denies {
    pub(super) ingress: BTreeMap<i32, Deny>,
    pub(super) egress: BTreeMap<i32, Deny>,
}

/// A rule that denies every packet of a CIDR.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deny {
    pub(super) cidr: String,
    /// No rule before it allows packets of the CIDR: an ACL takes its rules by number, and the first
    /// that matches decides.
    pub(super) holds: bool,
}

fn net(cidr: &str) -> Option<IpNet> {
    cidr.parse().ok()
}

fn overlap(a: &str, b: &str) -> bool {
    let (Some(a), Some(b)) = (net(a), net(b)) else { return false };
    a.contains(&b) || b.contains(&a)
}

fn denies_all_of(entry: &AclEntry, cidr: &str) -> bool {
    let wide = || net(&entry.cidr).zip(net(cidr)).is_some_and(|(entry, cidr)| entry.contains(&cidr));
    !entry.allow && entry.protocol == ALL && wide()
}

/// The number of the first rule that allows packets of the CIDR.
fn first_allow(side: &BTreeMap<i32, AclEntry>, cidr: &str) -> Option<i32> {
    side.iter().find(|(_, entry)| entry.allow && overlap(&entry.cidr, cidr)).map(|(number, _)| *number)
}

/// Is a rule the deny of exactly this CIDR?
pub(super) fn is_deny(entry: &AclEntry, cidr: &str) -> bool {
    *entry == deny(cidr)
}

impl Denies {
    /// The denies of these CIDRs that an ACL has.
    pub fn of(acl: &Acl, cidrs: &BTreeSet<String>) -> Denies {
        let side = |side: &BTreeMap<i32, AclEntry>| {
            let blocked = side.iter().filter(|(_, entry)| cidrs.iter().any(|cidr| is_deny(entry, cidr)));
            let deny = |(number, entry): (&i32, &AclEntry)| {
                let holds = first_allow(side, &entry.cidr).is_none_or(|allow| *number < allow);
                (*number, Deny { cidr: entry.cidr.clone(), holds })
            };
            blocked.map(deny).collect()
        };
        Denies { ingress: side(&acl.ingress), egress: side(&acl.egress) }
    }

    /// With a deny of each CIDR, at the lowest free numbers, before the first rule that allows its packets.
    ///
    /// # Errors
    /// When there is no room: no free number, or more rules than AWS takes.
    pub fn denying(&self, acl: &Acl, cidrs: &BTreeSet<String>) -> Result<Denies, Reason> {
        let mut to = self.clone();
        for (side, mine, way) in
            [(&acl.ingress, &mut to.ingress, "inbound"), (&acl.egress, &mut to.egress, "outbound")]
        {
            let mut side = side.clone();
            for cidr in cidrs {
                let Some(allow) = first_allow(&side, cidr) else { continue };
                if side.range(..allow).any(|(_, entry)| denies_all_of(entry, cidr)) {
                    continue;
                }
                let free = (1..allow).find(|number| !side.contains_key(number)).ok_or_else(|| {
                    format!(
                        "no number is free before its {way} rule {allow}, which allows {cidr}: renumber it by hand"
                    )
                })?;
                side.insert(free, deny(cidr));
                mine.insert(free, Deny { cidr: cidr.clone(), holds: true });
            }
            if let Some(why) = too_many(&side, way) {
                return Err(why);
            }
        }
        Ok(to)
    }

    /// Every rule: is it egress, its number, itself.
    fn rules(&self) -> impl Iterator<Item = (bool, i32, &Deny)> {
        let ingress = self.ingress.iter().map(|(number, deny)| (false, *number, deny));
        ingress.chain(self.egress.iter().map(|(number, deny)| (true, *number, deny)))
    }

    fn has(&self, egress: bool, number: i32, cidr: &str) -> bool {
        let side = if egress { &self.egress } else { &self.ingress };
        side.get(&number).is_some_and(|deny| deny.cidr == cidr)
    }

    /// The calls that make these denies the others. New ones come before old ones go.
    pub fn calls(&self, to: &Denies) -> Vec<Call> {
        let new = to.rules().filter(|(egress, number, rule)| !self.has(*egress, *number, &rule.cidr));
        let gone = self.rules().filter(|(egress, number, rule)| !to.has(*egress, *number, &rule.cidr));
        let new = new.map(|(egress, number, rule)| Call::Create(egress, number, deny(&rule.cidr)));
        new.chain(gone.map(|(egress, number, _)| Call::Delete(egress, number))).collect()
    }

    /// The denies that those calls leave behind, but for the last.
    pub fn path(&self, to: &Denies) -> Vec<Denies> {
        let mut now = self.clone();
        let mut path = vec![];
        for call in self.calls(to) {
            match call {
                Call::Create(egress, number, entry) => {
                    let side = if egress { &to.egress } else { &to.ingress };
                    let holds = side.get(&number).is_none_or(|deny| deny.holds);
                    now.side(egress).insert(number, Deny { cidr: entry.cidr, holds });
                }
                Call::Delete(egress, number) => drop(now.side(egress).remove(&number)),
            }
            path.push(now.clone());
        }
        path.pop();
        path
    }

    fn side(&mut self, egress: bool) -> &mut BTreeMap<i32, Deny> {
        if egress { &mut self.egress } else { &mut self.ingress }
    }

    /// In a few words, for the diff.
    pub fn words(&self) -> String {
        let mut by_cidr: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (egress, number, deny) in self.rules() {
            let way = if egress { "out" } else { "in" };
            let late = if deny.holds { "" } else { ", after a rule that allows it" };
            by_cidr.entry(&deny.cidr).or_default().push(format!("{way} by rule {number}{late}"));
        }
        if by_cidr.is_empty() {
            return "denies none of them".into();
        }
        let one = |(cidr, ways): (&str, Vec<String>)| format!("{cidr} {}", ways.join(", "));
        format!("denies {}", by_cidr.into_iter().map(one).collect::<Vec<_>>().join("; "))
    }
}
