//! Route 53: zones, their records, health checks. Changes of records are in `route53/changes.rs`.

mod changes;

use std::collections::BTreeMap;

use aws_sdk_route53::types;
use aws_smithy_types::DateTime;

use super::iam::built;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::seen;
use crate::account::{HealthCheck, Record, Zone, dns};
use crate::aws::operations::route53;
use crate::collect::route53::record;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<route53::ListHostedZones>(list_hosted_zones);
    dispatch.on_with_body::<route53::ListResourceRecordSets>(list_resource_record_sets, unknown_members);
    dispatch.on::<route53::ListHealthChecks>(list_health_checks);
    dispatch.on::<route53::GetChange>(get_change);
    changes::register(dispatch);
}

/// What AWS does not show.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    /// When a batch is on every server, by its id.
    in_sync_at: BTreeMap<String, u64>,
    /// Until when a zone is at its last batch and refuses another.
    busy_until: BTreeMap<String, u64>,
}

/// The least and the most items that a page may have.
fn check_size(max: Option<i32>) -> Result<(), Refused> {
    match max {
        Some(..1) => Err(refuse("InvalidInput", "MaxItems must be at least 1")),
        _ => Ok(()),
    }
}

fn no_zone(id: &str) -> Refused {
    refuse("NoSuchHostedZone", format!("No hosted zone found with ID: {id}"))
}

/// The id of a zone, whichever way it is given.
fn bare<'a>(id: Option<&'a str>, prefix: &str) -> &'a str {
    let id = id.unwrap_or_default().trim_start_matches('/');
    id.strip_prefix(prefix).unwrap_or(id)
}

fn list_hosted_zones(
    cx: &mut Cx<'_>,
    input: &In<route53::ListHostedZones>,
) -> Said<route53::ListHostedZones> {
    check_size(input.max_items())?;
    let zones = seen(&cx.world.account.zones)?.iter().map(|(id, found)| zone(id, found));
    let zones = zones.collect::<Result<Vec<_>, _>>()?;
    let (page, next) = cx.page(zones, input.marker(), input.max_items().or(Some(100)));
    built(
        Out::<route53::ListHostedZones>::builder()
            .set_hosted_zones(Some(page))
            .marker(input.marker().unwrap_or_default())
            .max_items(input.max_items().unwrap_or(100))
            .is_truncated(next.is_some())
            .set_next_marker(next)
            .build(),
    )
}

fn zone(id: &str, zone: &Zone) -> Result<types::HostedZone, Refused> {
    let service =
        zone.linked_service.as_ref().map(|by| types::LinkedService::builder().service_principal(by).build());
    let count = zone.records.items().map(|(_, sets)| sets.len()).sum::<usize>();
    built(
        types::HostedZone::builder()
            .id(format!("/hostedzone/{id}"))
            .name(&zone.name)
            .caller_reference(id)
            .config(types::HostedZoneConfig::builder().private_zone(zone.private).build())
            .resource_record_set_count(i64::try_from(count).unwrap_or_default())
            .set_linked_service(service)
            .build(),
    )
}

/// Where a set stands in a zone's list: by the labels of its name from the last to the first, then by type,
/// then by identifier.
type Place = (Vec<String>, String, String);

fn place(name: &str, kind: &str, set: &str) -> Place {
    let labels = name.trim_end_matches('.').rsplit('.').map(str::to_owned).collect();
    (labels, kind.to_owned(), set.to_owned())
}

fn place_of(name: &str, record: &Record) -> Place {
    place(name, &record.kind, record.set.as_deref().unwrap_or_default())
}

/// A page of records, and where the next one begins.
type Page<'a> = (Vec<(&'a String, &'a Record)>, Option<(&'a String, &'a Record)>);

fn page<'a>(cx: &'a Cx<'_>, input: &In<route53::ListResourceRecordSets>) -> Result<Page<'a>, Refused> {
    check_size(input.max_items())?;
    let id = bare(input.hosted_zone_id(), "hostedzone/");
    let zone = seen(&cx.world.account.zones)?.get(id).ok_or_else(|| no_zone(id))?;
    let records = seen(&zone.records)?;
    let mut all: Vec<(&String, &Record)> =
        records.iter().flat_map(|(name, sets)| sets.iter().map(move |set| (name, set))).collect();
    all.sort_by_cached_key(|(name, record)| place_of(name, record));
    let kind = input.start_record_type().map(types::RrType::as_str);
    if kind.is_some() && input.start_record_name().is_none() {
        return Err(refuse("InvalidInput", "StartRecordType needs StartRecordName"));
    }
    let from = input.start_record_name().map(|name| {
        let set = input.start_record_identifier().unwrap_or_default();
        place(&dns::absolute(name), kind.unwrap_or_default(), set)
    });
    let start = from.map_or(0, |from| all.partition_point(|(name, record)| place_of(name, record) < from));
    let end = (start + usize::try_from(size(cx, input)).unwrap_or(1)).min(all.len());
    Ok((all[start..end].to_vec(), all.get(end).copied()))
}

fn size(cx: &Cx<'_>, input: &In<route53::ListResourceRecordSets>) -> i32 {
    if cx.world.one_item_a_page { 1 } else { input.max_items().unwrap_or(300).min(300) }
}

fn list_resource_record_sets(
    cx: &mut Cx<'_>,
    input: &In<route53::ListResourceRecordSets>,
) -> Said<route53::ListResourceRecordSets> {
    let (sets, next) = page(cx, input)?;
    let sets = sets.iter().map(|(name, found)| built(record::set(name, found)));
    built(
        Out::<route53::ListResourceRecordSets>::builder()
            .set_resource_record_sets(Some(sets.collect::<Result<Vec<_>, _>>()?))
            .max_items(size(cx, input))
            .is_truncated(next.is_some())
            .set_next_record_name(next.map(|(name, _)| name.clone()))
            .set_next_record_type(next.map(|(_, record)| record.kind.as_str().into()))
            .set_next_record_identifier(next.and_then(|(_, record)| record.set.clone()))
            .build(),
    )
}

/// The body of a page some of whose sets have members that the SDK does not know.
fn unknown_members(cx: &Cx<'_>, input: &In<route53::ListResourceRecordSets>) -> Option<String> {
    let (sets, _) = page(cx, input).ok()?;
    if sets.iter().all(|(_, set)| set.unknown.is_empty()) {
        return None;
    }
    let element = |path: &String| {
        let names: Vec<&str> = path.split('/').collect();
        let open: String = names.iter().map(|name| format!("<{name}>")).collect();
        let close: String = names.iter().rev().map(|name| format!("</{name}>")).collect();
        format!("{open}new{close}")
    };
    let of_set = |set: &Record| set.unknown.iter().map(element).collect::<String>();
    let sets = sets.iter().map(|(_, set)| format!("<ResourceRecordSet>{}</ResourceRecordSet>", of_set(set)));
    Some(format!("<ResourceRecordSets>{}</ResourceRecordSets>", sets.collect::<String>()))
}

fn list_health_checks(
    cx: &mut Cx<'_>,
    input: &In<route53::ListHealthChecks>,
) -> Said<route53::ListHealthChecks> {
    check_size(input.max_items())?;
    let checks = seen(&cx.world.account.health_checks)?.iter().map(|(id, found)| health_check(id, found));
    let checks = checks.collect::<Result<Vec<_>, _>>()?;
    let (page, next) = cx.page(checks, input.marker(), input.max_items().or(Some(100)));
    built(
        Out::<route53::ListHealthChecks>::builder()
            .set_health_checks(Some(page))
            .marker(input.marker().unwrap_or_default())
            .max_items(input.max_items().unwrap_or(100))
            .is_truncated(next.is_some())
            .set_next_marker(next)
            .build(),
    )
}

fn health_check(id: &str, check: &HealthCheck) -> Result<types::HealthCheck, Refused> {
    let alarm = check.alarm.as_ref().map(|(region, name)| {
        built(types::AlarmIdentifier::builder().region(region.as_str().into()).name(name).build())
    });
    let children = Some(check.children.iter().cloned().collect()).filter(|all: &Vec<String>| !all.is_empty());
    let config = types::HealthCheckConfig::builder()
        .r#type(check.kind.as_str().into())
        .set_fully_qualified_domain_name(check.host.clone())
        .set_ip_address(check.address.clone())
        .set_port(check.port)
        .set_resource_path(check.path.clone())
        .disabled(check.disabled)
        .inverted(check.inverted)
        .set_child_health_checks(children)
        .set_health_threshold(check.threshold)
        .set_alarm_identifier(alarm.transpose()?)
        .build();
    built(
        types::HealthCheck::builder()
            .id(id)
            .caller_reference(id)
            .health_check_config(built(config)?)
            .health_check_version(1)
            .build(),
    )
}

fn get_change(cx: &mut Cx<'_>, input: &In<route53::GetChange>) -> Said<route53::GetChange> {
    let id = bare(input.id(), "change/");
    let at = cx.world.route53.in_sync_at.get(id).copied();
    let at = at.ok_or_else(|| refuse("NoSuchChange", format!("A change with id {id} does not exist")))?;
    Ok(Out::<route53::GetChange>::builder().change_info(change(cx, id, at)?).build())
}

/// A batch, and whether it is on every server.
fn change(cx: &Cx<'_>, id: &str, in_sync_at: u64) -> Result<types::ChangeInfo, Refused> {
    let synced = in_sync_at <= cx.world.now_ms;
    built(
        types::ChangeInfo::builder()
            .id(format!("/change/{id}"))
            .status(if synced { types::ChangeStatus::Insync } else { types::ChangeStatus::Pending })
            .submitted_at(DateTime::from_millis(i64::try_from(cx.world.now_ms).unwrap_or_default()))
            .build(),
    )
}

#[cfg(test)]
mod tests;
