//! Network ACLs: stateless, the lowest number that matches decides.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>

use std::collections::BTreeMap;

use super::Direction;
use super::pass::Pass;
use super::rules;
use super::services::{self, Services};
use super::sets::{Family, Set, range};
use crate::account::{Acl, AclEntry};

/// What an ACL lets in and out, per family.
pub struct AclPass {
    ingress: [Pass; 2],
    egress: [Pass; 2],
}

impl AclPass {
    pub fn of(acl: &Acl) -> AclPass {
        let of = |direction| Family::BOTH.map(|family| pass(rules::entries(acl, direction), family));
        AclPass { ingress: of(Direction::In), egress: of(Direction::Out) }
    }

    pub fn ingress(&self, family: Family) -> &Pass {
        &self.ingress[family as usize]
    }

    pub fn egress(&self, family: Family) -> &Pass {
        &self.egress[family as usize]
    }
}

fn pass(entries: &BTreeMap<i32, AclEntry>, family: Family) -> Pass {
    let ordered: Vec<(u128, u128, Services, bool)> = rules::tried(entries)
        .into_iter()
        .filter_map(|entry| {
            let (of, low, high) = range(&entry.cidr)?;
            let services = services::of_entry(&entry.protocol, entry.ports, entry.icmp);
            (of == family).then_some((low, high, services, entry.allow))
        })
        .collect();
    let mut edges: Vec<u128> = ordered.iter().map(|entry| entry.0).collect();
    edges.extend(ordered.iter().filter_map(|entry| entry.1.checked_add(1)));
    edges.sort_unstable();
    edges.dedup();
    let mut boxes = vec![];
    for (n, &low) in edges.iter().enumerate() {
        let high = edges.get(n + 1).map_or(u128::MAX, |next| next - 1);
        let (mut decided, mut allowed) = (Set::default(), Set::default());
        for (_, _, services, allow) in ordered.iter().filter(|entry| entry.0 <= low && low <= entry.1) {
            if *allow {
                allowed = allowed.union(&services.minus(&decided));
                decided = decided.union(services);
            } else if rules::a_deny_decides() {
                decided = decided.union(services);
            }
        }
        boxes.push((low, high, allowed));
    }
    Pass::any_of(&boxes)
}

/// The entry that decides about one packet; `None` for the implicit deny at the end.
pub fn deciding(
    entries: &BTreeMap<i32, AclEntry>,
    family: Family,
    address: u128,
    service: u32,
) -> Option<(i32, &AclEntry)> {
    entries.iter().map(|(number, entry)| (*number, entry)).find(|(_, entry)| {
        range(&entry.cidr).is_some_and(|(of, low, high)| of == family && low <= address && address <= high)
            && services::of_entry(&entry.protocol, entry.ports, entry.icmp).contains(service)
    })
}
