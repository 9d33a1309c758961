//! What a trace found, for a person who reads it in a minute.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Chain, Event, Made, Suspect, made};
use crate::account::Events;

/// What the suspects did, as far as CloudTrail's records show it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Whom somebody named.
    pub suspects: Vec<String>,
    pub since: Option<String>,
    /// Events of the suspects and of what came from them.
    pub events: usize,
    pub first: Option<String>,
    pub last: Option<String>,
    /// The suspects, and the credentials that came from them.
    pub credentials: Vec<Credential>,
    /// What they made or opened, oldest first.
    pub made: Vec<Made>,
    /// Calls that changed something.
    pub did: Vec<Count>,
    /// Calls that only read, by service.
    pub read: Vec<Count>,
    /// Calls that AWS denied.
    pub denied: Vec<Count>,
    /// Calls that failed for another reason.
    pub failed: Vec<Count>,
    /// Addresses and names of services, with the number of calls.
    pub addresses: BTreeMap<String, usize>,
    pub agents: BTreeMap<String, usize>,
    /// What was not looked at, in sentences.
    pub unseen: Vec<String>,
}

/// A suspect, or a credential that came from one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Credential {
    /// The key, the ARN or the address.
    pub id: String,
    /// Who signed with it: the ARN that the events show.
    pub who: Option<String>,
    /// Who made it: the suspect that it came from, or whoever made a suspect that was named.
    pub made_by: Option<String>,
    pub made_call: Option<String>,
    pub made_at: Option<String>,
    pub first: Option<String>,
    pub last: Option<String>,
    pub calls: usize,
    pub writes: usize,
    pub denied: usize,
}

/// Calls of one kind in one place, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// `iam:CreateUser`, or the service for calls that read.
    pub what: String,
    pub region: String,
    pub times: usize,
    pub first: String,
    pub last: String,
}

/// Counts by what and Region, in the order of their first time.
#[derive(Default)]
struct Counts(BTreeMap<(String, String), Count>);

impl Counts {
    fn add(&mut self, what: String, event: Event<'_>) {
        let (region, time) = (event.region().to_owned(), event.time().to_owned());
        let count = self.0.entry((what.clone(), region.clone())).or_insert_with(|| Count {
            what,
            region,
            times: 0,
            first: time.clone(),
            last: time.clone(),
        });
        count.times += 1;
        count.first = time.clone().min(std::mem::take(&mut count.first));
        count.last = time.max(std::mem::take(&mut count.last));
    }

    fn sorted(self) -> Vec<Count> {
        let mut all: Vec<Count> = self.0.into_values().collect();
        all.sort_by(|a, b| (&a.first, &a.what).cmp(&(&b.first, &b.what)));
        all
    }
}

impl Report {
    /// What these records show of the suspects.
    pub fn of(events: &Events, named: &BTreeSet<Suspect>) -> Report {
        let chain = Chain::of(&events.records, named);
        let mut report = Report {
            suspects: named.iter().map(ToString::to_string).collect(),
            since: events.since.clone(),
            ..Report::default()
        };
        let mut credentials: BTreeMap<&Suspect, Credential> =
            chain.links.keys().map(|suspect| (suspect, begin(suspect, &chain, &events.records))).collect();
        let (mut did, mut read, mut denied, mut failed) =
            (Counts::default(), Counts::default(), Counts::default(), Counts::default());
        for (number, record) in events.records.iter().enumerate() {
            let event = Event(record);
            let Some(suspect) = chain.whose(event) else { continue };
            report.events += 1;
            if let Some(address) = event.address() {
                *report.addresses.entry(address.to_owned()).or_default() += 1;
            }
            if let Some(agent) = event.agent() {
                *report.agents.entry(agent.to_owned()).or_default() += 1;
            }
            span(&mut report.first, &mut report.last, event.time());
            if event.denied() {
                denied.add(event.call(), event);
            } else if event.error().is_some() {
                failed.add(event.call(), event);
            } else if event.reads() {
                read.add(event.service().to_owned(), event);
            } else {
                did.add(event.call(), event);
                report.made.extend(made::of(event, number));
            }
            if let Some(credential) = credentials.get_mut(suspect) {
                credential.calls += 1;
                credential.writes += usize::from(!event.reads() && event.error().is_none());
                credential.denied += usize::from(event.denied());
                credential.who.get_or_insert_with(|| event.caller().to_owned());
                span(&mut credential.first, &mut credential.last, event.time());
            }
        }
        report.made.sort_by(|a, b| a.time.cmp(&b.time));
        (report.did, report.read) = (did.sorted(), read.sorted());
        (report.denied, report.failed) = (denied.sorted(), failed.sorted());
        report.credentials = credentials.into_values().collect();
        report.credentials.sort_by(|a, b| (&a.made_at, &a.id).cmp(&(&b.made_at, &b.id)));
        report.unseen = unseen(events, &chain);
        report
    }

    /// The events of the suspects and of what came from them, and those that made them: the evidence.
    pub fn evidence<'a>(events: &'a Events, named: &BTreeSet<Suspect>) -> Vec<&'a serde_json::Value> {
        let chain = Chain::of(&events.records, named);
        let made: BTreeSet<usize> = chain
            .links
            .iter()
            .filter_map(|(suspect, link)| link.event.or_else(|| origin(suspect, &events.records)))
            .collect();
        let all = events.records.iter().enumerate();
        all.filter(|(n, record)| made.contains(n) || chain.whose(Event(record)).is_some())
            .map(|(_, r)| r)
            .collect()
    }
}

/// A credential before its own events are counted.
fn begin(suspect: &Suspect, chain: &Chain, records: &[serde_json::Value]) -> Credential {
    let link = chain.links.get(suspect);
    let number = link.and_then(|link| link.event).or_else(|| origin(suspect, records));
    let event = number.and_then(|number| records.get(number)).map(Event);
    // A suspect that is a role has sessions that others took.
    let from = link.and_then(|link| link.from.as_ref());
    let own = from.filter(|from| event.is_none_or(|event| from.did(event)));
    Credential {
        id: suspect.to_string(),
        made_by: own.map(ToString::to_string).or_else(|| event.map(|event| event.caller().to_owned())),
        made_call: event.map(Event::call),
        made_at: event.map(|event| event.time().to_owned()),
        ..Credential::default()
    }
}

/// The record of the call that made a suspect.
fn origin(suspect: &Suspect, records: &[serde_json::Value]) -> Option<usize> {
    let makes = |record: &serde_json::Value| {
        let event = Event(record);
        if event.error().is_some() {
            return false;
        }
        let session =
            event.service() == "sts" && event.answered("credentials/accessKeyId") == Some(suspect.text());
        let offered = || {
            made::of(event, 0).into_iter().any(|made| {
                matches!(made.kind, "user" | "role" | "access key")
                    && made.offer.is_some_and(|o| o.value == suspect.text())
            })
        };
        session || offered()
    };
    records.iter().position(makes)
}

fn span(first: &mut Option<String>, last: &mut Option<String>, time: &str) {
    if first.as_deref().is_none_or(|known| time < known) {
        *first = Some(time.to_owned());
    }
    if last.as_deref().is_none_or(|known| time > known) {
        *last = Some(time.to_owned());
    }
}

/// What was not looked at, besides what no event history has.
fn unseen(events: &Events, chain: &Chain) -> Vec<String> {
    let regions = events
        .unread
        .iter()
        .map(|(region, gap)| format!("{region}: events not read: {} {}", gap.cause.words(), gap.detail));
    let short = events.cut_short.iter().map(|(whose, region)| {
        format!("{region}: {whose} has more events than were read; those read are the newest")
    });
    let dropped = &chain.dropped;
    let dropped = (!dropped.is_empty())
        .then(|| format!("{} more credentials came from the suspects and were not followed", dropped.len()));
    regions.chain(short).chain(dropped).collect()
}
