//! CloudTrail's event history of the suspects and of what came from them, in every Region.
//!
//! `LookupEvents` takes one attribute a call and two calls a second for each account and Region. Without
//! a suspect no call is made.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::operation::lookup_events::builders::LookupEventsFluentBuilder;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use futures::future::join_all;
use serde_json::Value;

use super::Ask;
use super::readers::Work;
use crate::account::{Account, Events, Gap, Section, Seen};
use crate::aws::lists::{List, Pages};
use crate::aws::{Aws, AwsError};
use crate::trace::{Chain, Lookup, Suspect, Where};

/// Whose events to read, and how many of them.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub suspects: BTreeSet<Suspect>,
    /// Besides, those of keys that AWS found exposed and of users in quarantine.
    pub of_exposed: bool,
    /// From when on; `None`: as far as CloudTrail goes back.
    pub since: Option<jiff::Timestamp>,
    /// Pages of one lookup in one Region, at the most; `None`: all.
    pub most_pages: Option<usize>,
}

/// Is everything read that says whose events to read?
pub(super) fn ready(ask: &Ask, account: &Account) -> bool {
    let unread = |section: Section, open: bool| ask.sections.contains(&section) && open;
    !(ask.history.of_exposed
        && (unread(Section::Principals, account.principals.is_not_read())
            || unread(Section::AccessKeys, account.access_keys.is_not_read())
            || unread(Section::ExposedKeys, account.exposed_keys.is_not_read())))
}

/// The keys of this account that AWS found exposed, or whose user is in quarantine.
pub fn exposed(account: &Account) -> BTreeSet<Suspect> {
    let quarantined = account.principals.read().map(|all| all.quarantined()).unwrap_or_default();
    let of_users = account.access_keys.items().filter(|(_, key)| quarantined.contains(&*key.user));
    let ids = account.exposed_keys.items().map(|(id, _)| id).chain(of_users.map(|(id, _)| id));
    ids.map(|id| Suspect::Key(id.to_owned())).collect()
}

/// Reads the events of the suspects, as far as the account shows them by now.
pub(super) fn of_suspects<'a>(aws: &'a Aws, known: &'a Account, ask: &'a Ask, account: &Account) -> Work<'a> {
    let mut suspects = ask.history.suspects.clone();
    if ask.history.of_exposed {
        suspects.extend(exposed(account));
    }
    Box::pin(async move {
        let events = read(aws, known, &ask.history, suspects, &|_| {}).await;
        (None, Box::new(move |account: &mut Account| account.events = Seen::Read(events)) as Box<_>)
    })
}

/// Is told of each suspect whose events are about to be read.
pub type Follows<'a> = &'a (dyn Fn(&BTreeSet<Suspect>) + Send + Sync);

/// Reads the events of these suspects, then of what came from them, until nothing new comes.
pub async fn read(
    aws: &Aws,
    known: &Account,
    history: &History,
    suspects: BTreeSet<Suspect>,
    follows: Follows<'_>,
) -> Events {
    let mut events = Events {
        of: Some(suspects.iter().map(ToString::to_string).collect()),
        since: history.since.map(|since| since.to_string()),
        ..Events::default()
    };
    let regions = regions(aws, known);
    let mut lookups: BTreeMap<Lookup, Suspect> = BTreeMap::new();
    for suspect in &suspects {
        let all = suspect.lookups().into_iter().chain(suspect.origin_lookups());
        lookups.extend(all.map(|lookup| (lookup, suspect.clone())));
    }
    let mut followed = suspects.clone();
    let mut new = suspects.clone();
    let mut seen_ids = BTreeSet::new();
    while !lookups.is_empty() {
        follows(&new);
        let calls = lookups.iter().flat_map(|(lookup, suspect)| {
            let there = regions
                .iter()
                .filter(|region| lookup.place == Where::Everywhere || *region == aws.global_region());
            there.map(|region| one(aws, region, lookup, suspect, history))
        });
        for (region, suspect, read) in join_all(calls).await {
            events.records.extend(read.records.into_iter().filter(|record| {
                let id = record["eventID"].as_str().unwrap_or_default();
                id.is_empty() || seen_ids.insert(id.to_owned())
            }));
            if read.cut_short {
                events.cut_short.insert((suspect.to_string(), region.clone()));
            }
            if let Some(gap) = read.gap {
                events.unread.entry(region).or_insert(gap);
            }
        }
        // Newest first, as CloudTrail lists them.
        events.records.sort_by(|a, b| time(b).cmp(time(a)));
        let chain = Chain::of(&events.records, &suspects);
        new = chain.links.keys().filter(|suspect| followed.insert((*suspect).clone())).cloned().collect();
        lookups =
            new.iter().flat_map(|s| s.lookups().into_iter().map(|lookup| (lookup, s.clone()))).collect();
    }
    events
}

/// Every enabled Region, whatever the scope: a thief goes where nobody looks.
pub fn regions(aws: &Aws, known: &Account) -> BTreeSet<String> {
    let home = || [aws.home_region(), aws.global_region().to_owned()].into();
    known.enabled_regions.read().filter(|regions| !regions.is_empty()).cloned().unwrap_or_else(home)
}

fn time(record: &Value) -> &str {
    record["eventTime"].as_str().unwrap_or_default()
}

/// What one lookup found in one Region.
#[derive(Default)]
struct Read {
    records: Vec<Value>,
    cut_short: bool,
    gap: Option<Gap>,
    failed: Option<AwsError>,
}

async fn one(
    aws: &Aws,
    region: &str,
    lookup: &Lookup,
    suspect: &Suspect,
    history: &History,
) -> (String, Suspect, Read) {
    let attribute = lookup.attribute.as_ref().map(|(key, value)| (*key, value.as_str()));
    // An address is no attribute: everything is read, and the suspect's is kept.
    let keep = |record: &Value| attribute.is_some() || suspect.did(crate::trace::Event(record));
    let read = look_up(aws, region, attribute, (history.since, history.most_pages), &keep).await;
    (region.to_owned(), suspect.clone(), read)
}

/// Reads the calls that wrote in a Region since a time, newest first, and no more than so many pages.
/// CloudTrail shows a call about five minutes after it was made.
///
/// # Errors
/// When a page could not be read: what came before it is not returned.
pub async fn writes(
    aws: &Aws,
    region: &str,
    since: jiff::Timestamp,
    most_pages: usize,
) -> Result<Vec<Value>, Gap> {
    let attribute = Some(("ReadOnly", "false"));
    let read = look_up(aws, region, attribute, (Some(since), Some(most_pages)), &|_| true).await;
    match read.gap {
        Some(gap) => Err(gap),
        None => Ok(read.records),
    }
}

/// Reads the calls of one name in a Region, newest first, since a time or as far as CloudTrail goes back, and whether
/// there were more than so many pages.
///
/// # Errors
/// When a page could not be read: what came before it is not returned.
pub(super) async fn named(
    aws: &Aws,
    region: &str,
    name: &str,
    since: Option<jiff::Timestamp>,
    most_pages: usize,
) -> Result<(Vec<Value>, bool), AwsError> {
    let attribute = Some(("EventName", name));
    let read = look_up(aws, region, attribute, (since, Some(most_pages)), &|_| true).await;
    match read.failed {
        Some(error) => Err(error),
        None => Ok((read.records, read.cut_short)),
    }
}

/// Looks events up by one attribute, or all of them, from a time on, and keeps some.
async fn look_up(
    aws: &Aws,
    region: &str,
    attribute: Option<(&str, &str)>,
    (since, most_pages): (Option<jiff::Timestamp>, Option<usize>),
    keep: &(dyn Fn(&Value) -> bool + Sync),
) -> Read {
    let mut call = aws.cloudtrail(region).lookup_events().max_results(50);
    if let Some(since) = since {
        call = call.start_time(DateTime::from_secs(since.as_second()));
    }
    if let Some((key, value)) = attribute {
        let attribute =
            LookupAttribute::builder().attribute_key(LookupAttributeKey::from(key)).attribute_value(value);
        match attribute.build() {
            Ok(attribute) => call = call.lookup_attributes(attribute),
            Err(error) => {
                let error = AwsError::unusable("cloudtrail:LookupEvents", &error.to_string());
                return Read { gap: Some(error.gap()), failed: Some(error), ..Read::default() };
            }
        }
    }
    let mut read = Read::default();
    let mut pages = Pages::new(aws, call);
    let mut number = 0;
    loop {
        if most_pages.is_some_and(|most| number >= most) {
            read.cut_short = pages.more();
            break;
        }
        match pages.next().await.and_then(|page| page.map(records).transpose()) {
            Ok(Some(records)) => {
                number += 1;
                read.records.extend(records.into_iter().filter(|record| keep(record)));
            }
            Ok(None) => break,
            Err(error) => {
                tracing::info!(call = error.operation, code = error.code, region, "not read to the end");
                let mut gap = error.gap();
                if let Some(last) = read.records.last() {
                    gap.detail = format!("{}; read back to {}", gap.detail, time(last));
                }
                (read.gap, read.failed) = (Some(gap), Some(error));
                break;
            }
        }
    }
    read
}

type Page = <LookupEventsFluentBuilder as List>::Page;

/// The records of a page, without the tokens of sessions.
fn records(page: Page) -> Result<Vec<Value>, AwsError> {
    let unusable = |why: &str| AwsError::unusable("cloudtrail:LookupEvents", why);
    let items = LookupEventsFluentBuilder::items(page)
        .map_err(|member| unusable(&format!("an event lacks {member}")))?;
    let record = |event: aws_sdk_cloudtrail::types::Event| {
        let text = event.cloud_trail_event.unwrap_or_default();
        let mut record: Value = serde_json::from_str(&text)
            .map_err(|error| unusable(&format!("an event is no JSON: {error}")))?;
        without_tokens(&mut record);
        Ok(record)
    };
    items.into_iter().map(record).collect()
}

/// Takes out session tokens: the rest of a session's credentials is never in a record, but half a
/// credential is no evidence.
fn without_tokens(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("sessionToken");
            members.values_mut().for_each(without_tokens);
        }
        Value::Array(items) => items.iter_mut().for_each(without_tokens),
        _ => {}
    }
}
