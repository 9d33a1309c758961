//! 300: public names, what they point at, and who is paged when that is cut. Nothing is changed.

mod alarms;
mod points;

use std::collections::{BTreeMap, BTreeSet};

use crate::account::dns::host;
use crate::account::{Account, Record, Section, Zone};
use crate::collect::Ask;
use crate::step::{Case, Does, Found, Iam, Reversal, Spec, Step, StepId, count, first_few};
use points::Point;

pub struct DnsRecords;

/// Names that a line lists before it counts the others.
const LISTED: usize = 5;

static SPEC: Spec = Spec {
    id: StepId(300),
    slug: "dns-records",
    title: "Route 53: public names, what they point at, who is paged",
    needs: &[Section::Zones, Section::HealthChecks, Section::Canaries, Section::Interfaces],
    reversal: Reversal::Full,
    iam: Iam { apply: &[], undo: &[] },
    params: &[],
    does: Does::Looks,
    cuts: "nothing: it looks",
    leaves: "everything as it is; zones of other accounts and other DNS providers are not seen",
    breaks: "Nothing stops.",
    doc: include_str!("s300_dns_records/doc.md"),
};

impl Step for DnsRecords {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn ask(&self, ask: &mut Ask, _: &str, _: &Case) {
        ask.every_zone = true;
    }

    fn find(&self, account: &Account, _: &Case) -> Found {
        let mut found = Found::default();
        let zones: Vec<(&String, &Zone)> = account.zones.items().collect();
        if account.zones.read().is_some() {
            let (private, public): (Vec<_>, Vec<_>) = zones.iter().partition(|(_, zone)| zone.private);
            found.note(None, counted(&public));
            if !private.is_empty() {
                let text = format!(
                    "{} not looked into: they answer inside VPCs only",
                    count(private.len(), "private zone")
                );
                found.note(None, text);
            }
        }
        let points = points::of(account);
        for (point, names) in &points {
            found.note(None, format!("{}: {}", point.words(), first_few(names, LISTED)));
        }
        for (_, zone) in zones.iter().filter(|(_, zone)| !zone.private) {
            of_zone(&mut found, zone);
        }
        alarms::say(&mut found, account, &points);
        found
    }
}

/// How many zones and records there are, and how long resolvers keep the longest answer.
fn counted(public: &[&(&String, &Zone)]) -> String {
    let records = || public.iter().flat_map(|(_, zone)| zone.records.items().flat_map(|(_, sets)| sets));
    let mut text = format!("{}, {}", count(public.len(), "public zone"), count(records().count(), "record"));
    let longest = records().filter(|set| set.leads_visitors()).filter_map(|set| set.ttl).max();
    if let Some(ttl) = longest {
        text += &format!("; resolvers keep an answer for up to {ttl} seconds");
    }
    text
}

/// What a zone has that is not looked into, or that no step can change.
fn of_zone(found: &mut Found, zone: &Zone) {
    if let Some(service) = &zone.linked_service {
        found.note(None, format!("zone {}: made by {service}, which alone may change it", zone.host()));
    }
    let named = |wanted: &dyn Fn(&str, &Record) -> bool| -> BTreeSet<String> {
        let sets =
            zone.records.items().flat_map(|(name, sets)| sets.iter().map(move |set| (host(name), set)));
        sets.filter(|(name, set)| wanted(name, set)).map(|(name, _)| name).collect()
    };
    let delegated = named(&|name, set| set.kind == "NS" && name != zone.host());
    if !delegated.is_empty() {
        found.note(
            None,
            format!("delegated to other name servers, and not seen here: {}", first_few(&delegated, LISTED)),
        );
    }
    let policies = named(&|_, set| set.traffic_policy.is_some());
    if !policies.is_empty() {
        found.note(
            None,
            format!("records of a traffic policy, which 330 leaves: {}", first_few(&policies, LISTED)),
        );
    }
    let unknown = named(&|_, set| !set.unknown.is_empty());
    if !unknown.is_empty() {
        let text = format!(
            "records with members that unplug does not know, which 330 leaves: {}",
            first_few(&unknown, LISTED)
        );
        found.note(None, text);
    }
}

/// Names by what they point at.
type Points = BTreeMap<Point, BTreeSet<String>>;

#[cfg(test)]
mod tests;
