//! The named records of one zone. They are written in one batch, which Route 53 carries out as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ChangeStatus};
use aws_smithy_types::error::operation::BuildError;
use serde::{Deserialize, Serialize};

use super::wanted::{To, names, refused, visitors};
use super::words;
use crate::account::{Record, Section, dns};
use crate::aws::{Aws, AwsError};
use crate::collect::Ask;
use crate::collect::route53::{of_name, record};
use crate::step::{Lens, Look, Now, Reach, Reason, StepError, Target, Verdict, Write, count};

pub(super) struct ZoneRecords;

/// The records of each name, as a person writes it, that lead visitors somewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    names: BTreeMap<String, BTreeSet<Record>>,
}

/// Sets in a batch, and characters in their values, at most.
///
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html>
const MOST_SETS: usize = 1_000;
const MOST_CHARACTERS: usize = 32_000;
/// How often a batch is tried again that Route 53 refuses because a record has changed.
const TRIES: u32 = 3;
/// How long to wait until a batch is on every server of Route 53, and between two looks.
const IN_SYNC_WITHIN_MS: u64 = 60_000;
const LOOKS_EVERY: Duration = Duration::from_secs(5);
/// Names that a line shows.
const SHOWN: usize = 3;

impl Lens for ZoneRecords {
    type State = State;
    const KIND: &'static str = "zone-records";
    const NEEDS: &'static [Section] = &[Section::Zones];
    const REACH: Reach = Reach::Itself;

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.only_zones.get_or_insert_default().insert(at.id.clone());
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of_item(&look.account.zones, &look.at.id, |zone| {
            Now::of(&zone.records, |_| {
                let of_zone = |name: &String| {
                    look.account.public_zones_of(name).iter().any(|(id, _)| **id == look.at.id)
                };
                let names = names(&look.case.params).into_iter().filter(of_zone);
                Now::Is(State { names: names.map(|name| (name.clone(), visitors(zone, &name))).collect() })
            })
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Some(zone) = look.account.zones.item(&look.at.id) else {
            return Verdict::Refuse("the zone was not read".into());
        };
        let to = match To::of(&look.case.params, look.account) {
            Ok(to) => to,
            Err(why) => return Verdict::Refuse(why),
        };
        let all = names(&look.case.params);
        let mut after = now.clone();
        let mut stays: Vec<Reason> = vec![];
        for (name, records) in after.names.iter_mut().filter(|(_, records)| !records.is_empty()) {
            match refused(zone, name, &all, &to) {
                Some(why) => stays.push(format!("{name}: {why}")),
                None => *records = to.records(),
            }
        }
        if after == *now {
            return if stays.is_empty() { Verdict::Already } else { Verdict::Refuse(stays.join("; ")) };
        }
        Verdict::unless(too_large(now, &after), after)
    }

    fn show(&self, state: &State) -> String {
        let named = state.names.iter().filter(|(_, records)| !records.is_empty());
        let lines: Vec<String> = named.map(|(name, records)| format!("{name} {}", shown(records))).collect();
        match lines.len() {
            0 => "no record".into(),
            1..=SHOWN => lines.join("; "),
            more => format!("{}; and {}", lines[..SHOWN].join("; "), count(more - SHOWN, "more name")),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let mut tries = 0;
        loop {
            let changes = changes(aws, &at.id, from, to).await?;
            if changes.is_empty() {
                return Ok(());
            }
            let batch = ChangeBatch::builder().set_changes(Some(changes)).build().map_err(|e| unbuilt(&e))?;
            let call = aws.route53().change_resource_record_sets().hosted_zone_id(&at.id).change_batch(batch);
            match call.send().await.map_err(AwsError::from) {
                Ok(answer) => return in_sync(aws, answer.change_info.map(|info| info.id)).await,
                // A record has changed since it was read: what to send is worked out again.
                Err(error) if error.is("InvalidChangeBatch") && tries < TRIES => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn shown(records: &BTreeSet<Record>) -> String {
    let Some(first) = records.first() else { return "no record".into() };
    let alike = |record: &&Record| record.routing() == first.routing() && record.kind == first.kind;
    match records.iter().filter(alike).count() {
        1 => records.iter().map(words).collect::<Vec<_>>().join(", "),
        sets => format!("{} {} {}", sets, first.routing(), first.kind),
    }
}

/// What of one state another does not have, and the other way round: what a batch deletes and creates.
fn between<'a>(
    from: &'a BTreeSet<Record>,
    to: &'a BTreeSet<Record>,
) -> impl Iterator<Item = (ChangeAction, &'a Record)> {
    let gone = from.difference(to).map(|record| (ChangeAction::Delete, record));
    gone.chain(to.difference(from).map(|record| (ChangeAction::Create, record)))
}

fn too_large(now: &State, after: &State) -> Option<Reason> {
    let of_name = |(name, to): (&String, &'_ BTreeSet<Record>)| {
        between(&now.names[name], to).map(|(_, record)| characters(record)).collect::<Vec<_>>()
    };
    let all: Vec<usize> = after.names.iter().flat_map(of_name).collect();
    let (sets, characters) = (all.len(), all.iter().sum::<usize>());
    (sets > MOST_SETS || characters > MOST_CHARACTERS).then(|| {
        format!(
            "{sets} changes with {characters} characters: Route 53 takes {MOST_SETS} and {MOST_CHARACTERS} at once. \
             Name fewer names, and the others in another run"
        )
    })
}

fn characters(record: &Record) -> usize {
    record.values.iter().map(|value| value.chars().count()).sum()
}

/// The changes that lead from what is there now to the state wanted.
///
/// # Errors
/// That somebody else has changed a record: it is in neither of the two states.
async fn changes(aws: &Aws, zone: &str, from: &State, to: &State) -> Result<Vec<Change>, StepError> {
    let mut changes = vec![];
    for (name, wanted) in &to.names {
        let now: BTreeSet<Record> = of_name(aws, zone, name)
            .await?
            .into_iter()
            .map(|(_, record)| record)
            .filter(Record::leads_visitors)
            .collect();
        if now != *wanted && from.names.get(name) != Some(&now) {
            let why = format!("{name} has changed meanwhile, now {}: nothing was sent", shown(&now));
            return Err(StepError::State(why));
        }
        for (action, record) in between(&now, wanted) {
            let set = record::set(&dns::absolute(name), record).map_err(|error| unbuilt(&error))?;
            let change = Change::builder().action(action).resource_record_set(set).build();
            changes.push(change.map_err(|error| unbuilt(&error))?);
        }
    }
    Ok(changes)
}

fn unbuilt(error: &BuildError) -> StepError {
    StepError::State(format!("a record lacks a part that Route 53 takes: {error}"))
}

/// Waits until a batch is on every server of Route 53, or for as long as that usually takes. The batch is
/// accepted: whether it is everywhere yet decides nothing.
async fn in_sync(aws: &Aws, id: Option<String>) -> Result<(), StepError> {
    let Some(id) = id else { return Ok(()) };
    let began = aws.clock().now_ms();
    while aws.clock().now_ms().saturating_sub(began) < IN_SYNC_WITHIN_MS {
        let answer = aws.route53().get_change().id(&id).send().await.map_err(AwsError::from)?;
        if answer.change_info.is_none_or(|info| info.status == ChangeStatus::Insync) {
            break;
        }
        aws.clock().wait(LOOKS_EVERY).await;
    }
    Ok(())
}
