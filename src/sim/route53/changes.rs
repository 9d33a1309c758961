//! Route 53: batches of changes. One is carried out as a whole or refused as a whole, with every reason.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use aws_sdk_route53::types::{Change, ChangeAction};

use super::{bare, change, no_zone};
use crate::account::{Record, Zone, dns};
use crate::aws::operations::route53;
use crate::collect::route53::record::record;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

/// How long a batch takes to be on every server. AWS says usually within 60 seconds.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html>
const IN_SYNC_AFTER_MS: u64 = 30_000;
/// How long a zone refuses the next batch. AWS gives no number.
const BUSY_FOR_MS: u64 = 1_000;
/// Sets in a batch, and characters in their values. UPSERT counts twice.
///
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html>
const MOST_SETS: usize = 1_000;
const MOST_CHARACTERS: usize = 32_000;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<route53::ChangeResourceRecordSets>(change_resource_record_sets);
}

type Records = BTreeMap<String, BTreeSet<Record>>;

fn change_resource_record_sets(
    cx: &mut Cx<'_>,
    input: &In<route53::ChangeResourceRecordSets>,
) -> Said<route53::ChangeResourceRecordSets> {
    let id = bare(input.hosted_zone_id(), "hostedzone/").to_owned();
    let now = cx.world.now_ms;
    let zone = seen(&cx.world.account.zones)?.get(&id).ok_or_else(|| no_zone(&id))?;
    if let Some(service) = &zone.linked_service {
        let why = format!("The resource hostedzone/{id} can only be managed through {service}");
        return Err(refuse("AccessDenied", why));
    }
    if cx.world.route53.busy_until.get(&id).is_some_and(|until| *until > now) {
        let why = "The request was rejected because Route 53 was still processing a prior request.";
        return Err(refuse("PriorRequestNotComplete", why));
    }
    let changes = input.change_batch().map(|batch| batch.changes()).unwrap_or_default();
    within_limits(changes)?;
    let records = changed(zone, changes)?;
    let zone = seen_mut(&mut cx.world.account.zones)?.get_mut(&id).ok_or_else(|| no_zone(&id))?;
    *seen_mut(&mut zone.records)? = records;
    cx.world.serial += 1;
    let change_id = format!("C{:019X}", 0x5100_0000_0000_0000_u64 + cx.world.serial);
    cx.world.route53.in_sync_at.insert(change_id.clone(), now + IN_SYNC_AFTER_MS);
    cx.world.route53.busy_until.insert(id, now + BUSY_FOR_MS);
    let info = change(cx, &change_id, now + IN_SYNC_AFTER_MS)?;
    Ok(Out::<route53::ChangeResourceRecordSets>::builder().change_info(info).build())
}

fn within_limits(changes: &[Change]) -> Result<(), Refused> {
    if changes.is_empty() {
        return Err(refuse("InvalidInput", "A change batch needs at least one change"));
    }
    let times = |change: &Change| if change.action() == &ChangeAction::Upsert { 2 } else { 1 };
    let characters = |change: &Change| {
        let values = change.resource_record_set().map(|set| set.resource_records()).unwrap_or_default();
        values.iter().map(|record| record.value().chars().count()).sum::<usize>() * times(change)
    };
    if changes.iter().map(times).sum::<usize>() > MOST_SETS {
        return Err(refuse(
            "InvalidChangeBatch",
            format!("Number of records limit of {MOST_SETS} exceeded."),
        ));
    }
    if changes.iter().map(characters).sum::<usize>() > MOST_CHARACTERS {
        let why = format!("Number of characters limit of {MOST_CHARACTERS} exceeded.");
        return Err(refuse("InvalidChangeBatch", why));
    }
    Ok(())
}

/// The records of a zone after a batch.
fn changed(zone: &Zone, changes: &[Change]) -> Result<Records, Refused> {
    let mut records = seen(&zone.records)?.clone();
    let mut wrong = vec![];
    let mut touched = BTreeSet::new();
    for change in changes {
        let Some(set) = change.resource_record_set() else { continue };
        let (name, record) = record(set.clone());
        let name = dns::absolute(&name);
        touched.insert(name.clone());
        if let Err(why) = apply(&mut records, change.action(), &name, record) {
            wrong.push(why);
        }
    }
    records.retain(|_, sets| !sets.is_empty());
    for name in &touched {
        wrong.extend(unfit(zone, name, &records));
    }
    if wrong.is_empty() {
        Ok(records)
    } else {
        Err(refuse("InvalidChangeBatch", format!("[{}]", wrong.join(", "))))
    }
}

fn apply(records: &mut Records, action: &ChangeAction, name: &str, new: Record) -> Result<(), String> {
    let sets = records.entry(name.to_owned()).or_default();
    let same = |old: &&Record| old.kind == new.kind && old.set == new.set;
    let old = sets.iter().find(same).cloned();
    let set = new.set.as_ref().map(|set| format!(", SetIdentifier='{set}'")).unwrap_or_default();
    let what = format!("resource record set [name='{name}', type='{}'{set}]", new.kind);
    match (action, old) {
        (ChangeAction::Delete, None) => Err(format!("Tried to delete {what} but it was not found")),
        // What the SDK does not know is not sent, and then the values do not match.
        (ChangeAction::Delete, Some(old)) if old != new => {
            Err(format!("Tried to delete {what} but the values provided do not match the current values"))
        }
        (ChangeAction::Delete, Some(old)) => {
            sets.remove(&old);
            Ok(())
        }
        (ChangeAction::Create, Some(_)) => Err(format!("Tried to create {what} but it already exists")),
        (_, old) => {
            if let Some(old) = old {
                sets.remove(&old);
            }
            sets.insert(new);
            Ok(())
        }
    }
}

/// What Route 53 refuses about the records of a name.
fn unfit(zone: &Zone, name: &str, records: &Records) -> Vec<String> {
    let mut wrong = vec![];
    if !zone.may_hold(&dns::host(name)) {
        wrong.push(format!("RRSet with DNS name {name} is not permitted in zone {}", zone.name));
    }
    let none = BTreeSet::new();
    let sets = records.get(name).unwrap_or(&none);
    if name == zone.name && !sets.iter().any(|set| set.kind == "NS") {
        wrong.push("A HostedZone must contain at least one NS record for the zone itself.".into());
    }
    if sets.iter().any(|set| set.kind == "CNAME") {
        if name == zone.name {
            wrong.push(format!(
                "RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {name}"
            ));
        } else if sets.iter().any(|set| set.kind != "CNAME") {
            wrong.push(format!(
                "RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records \
                 with the same DNS name in zone {}",
                zone.name
            ));
        }
    }
    for set in sets {
        let others = sets.iter().filter(|other| other.kind == set.kind && *other != set);
        let mixed = others.into_iter().any(|other| set.set.is_none() || other.routing() != set.routing());
        if mixed {
            wrong.push(format!(
                "RRSet with DNS name {name}, type {}, SetIdentifier {} cannot be created as other RRSets exist \
                 with the same name and type.",
                set.kind,
                set.set.as_deref().unwrap_or("null")
            ));
        }
        wrong.extend(unfit_value(name, set));
    }
    wrong
}

/// What Route 53 refuses about one set.
fn unfit_value(name: &str, set: &Record) -> Option<String> {
    let whole = set.alias.is_some() != (set.ttl.is_some() && !set.values.is_empty());
    if !whole && set.traffic_policy.is_none() {
        return Some(format!(
            "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or \
             TrafficPolicyInstanceId] for {name} {}",
            set.kind
        ));
    }
    let bad = set.values.iter().find(|value| match set.kind.as_str() {
        "A" => value.parse::<Ipv4Addr>().is_err(),
        "AAAA" => value.parse::<Ipv6Addr>().is_err(),
        _ => false,
    })?;
    Some(format!(
        "Invalid Resource Record: 'FATAL problem: {}RRDATAIllegalAddress' encountered with '{bad}'",
        set.kind
    ))
}
