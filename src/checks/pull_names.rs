//! Resolvers let go of public names quickly.

use std::collections::BTreeMap;

use crate::account::{Section, dns};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "pull-names",
    group: Group::Pull,
    title: "Resolvers keep answers for public names at most 5 minutes",
    severity: Severity::Medium,
    why: "A name that is led to the maintenance page keeps its old answer in resolvers for as long as its \
          time to live says. It must be low before the incident.",
    fix: "Route 53 console, Hosted zones, the record, TTL 300; or aws route53 change-resource-record-sets",
    needs: &[Section::Zones],
    also: &[],
    mirrors: &[],
    look,
};

/// Seconds.
const MOST: i64 = 300;

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut slow = BTreeMap::<String, i64>::new();
    let mut names = 0;
    for records in facts.public_records(answer) {
        for (name, sets) in records {
            let ttls = sets.iter().filter(|set| set.leads_visitors()).filter_map(|set| set.ttl);
            names += 1;
            // Names below one of DNS's own (certificate validation, DKIM) lead nobody.
            if let Some(ttl) = ttls.max().filter(|ttl| *ttl > MOST && !name.starts_with('_')) {
                slow.insert(dns::host(name), ttl);
            }
        }
    }
    for (name, ttl) in &slow {
        answer.fail(name, None, format!("{name}: resolvers keep its answer for {ttl} seconds"));
    }
    if slow.len() > 1
        && let Some((name, ttl)) = slow.iter().max_by_key(|(_, ttl)| **ttl)
    {
        answer.headline = format!(
            "{} names keep their answer for longer than {MOST} seconds, {name} for {ttl}",
            slow.len()
        );
    }
    answer.said = format!("{names} names looked at");
}
