//! Route 53: hosted zones with their records, and health checks. AWS takes five calls a second of an
//! account, all of Route 53 together.

pub(crate) mod record;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::operation::list_resource_record_sets::builders::ListResourceRecordSetsFluentBuilder;
use aws_sdk_route53::types;
use futures::StreamExt as _;

use super::{Ask, seen};
use crate::account::{Account, HealthCheck, Record, Seen, Zone, dns};
use crate::aws::{Aws, AwsError, lists};
use record::record;

/// Zones whose records are read at once.
const AT_ONCE: usize = 8;
/// The largest page of zones and of health checks, as a call takes it.
const PAGE: i32 = 100;
/// The largest page of records.
const RECORDS: i32 = 300;

/// Records by name.
type Records = BTreeMap<String, BTreeSet<Record>>;

/// Hosted zones by id. The records of a private zone are not read: the internet does not see them.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZones.html>
pub(super) async fn zones(aws: &Aws, _: &Account, ask: &Ask) -> Seen<BTreeMap<String, Zone>> {
    seen(read_zones(aws, ask).await)
}

async fn read_zones(aws: &Aws, ask: &Ask) -> Result<BTreeMap<String, Zone>, AwsError> {
    let mut zones: BTreeMap<String, Zone> =
        lists::all(aws, aws.route53().list_hosted_zones().max_items(PAGE), |one| Some(zone(one))).await?;
    let wanted = zones.iter().filter(|(id, zone)| !zone.private && ask.wants_records(id, zone));
    let wanted: Vec<(String, Zone)> = wanted.map(|(id, zone)| (id.clone(), zone.clone())).collect();
    let reads = futures::stream::iter(wanted).map(|(id, zone)| async move {
        let records = match &ask.only_zones {
            Some(_) if !ask.names.is_empty() => named(aws, &id, &zone, &ask.names).await,
            _ => records(aws, &id).await,
        };
        (id, records)
    });
    let read: Vec<_> = reads.buffer_unordered(AT_ONCE).collect().await;
    for (id, records) in read {
        match records {
            // Deleted since it was listed.
            Err(error) if error.is("NoSuchHostedZone") => drop(zones.remove(&id)),
            records => {
                if let Some(zone) = zones.get_mut(&id) {
                    zone.records = seen(records);
                }
            }
        }
    }
    Ok(zones)
}

impl Ask {
    /// Are the records of this zone asked for?
    fn wants_records(&self, id: &str, zone: &Zone) -> bool {
        if let Some(only) = &self.only_zones {
            return only.contains(id);
        }
        self.every_zone || self.names.is_empty() || self.names.iter().any(|name| zone.may_hold(name))
    }
}

fn zone(zone: types::HostedZone) -> (String, Zone) {
    let id = zone.id.trim_start_matches("/hostedzone/").to_owned();
    let service = zone.linked_service.map(|by| by.service_principal.or(by.description).unwrap_or_default());
    let value = Zone {
        name: zone.name,
        private: zone.config.is_some_and(|config| config.private_zone),
        linked_service: service,
        records: Seen::default(),
    };
    (id, value)
}

/// Every record of a zone.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html>
async fn records(aws: &Aws, zone: &str) -> Result<Records, AwsError> {
    let list = aws.route53().list_resource_record_sets().hosted_zone_id(zone).max_items(RECORDS);
    let all: Vec<(String, Record)> = lists::all(aws, list, |set| Some(kept(set))).await?;
    Ok(by_name(all))
}

/// The records of these names alone, of those that may be in the zone. A list begins at a name and ends
/// where another one follows.
async fn named(aws: &Aws, id: &str, zone: &Zone, names: &BTreeSet<String>) -> Result<Records, AwsError> {
    let mut found = vec![];
    for name in names.iter().filter(|name| zone.may_hold(name)) {
        found.extend(of_name(aws, id, name).await?);
    }
    Ok(by_name(found))
}

/// The records of one name.
///
/// # Errors
/// AWS's, and that the list has no end or repeats itself.
pub(crate) async fn of_name(aws: &Aws, zone: &str, name: &str) -> Result<Vec<(String, Record)>, AwsError> {
    let absolute = dns::absolute(name);
    let list = aws.route53().list_resource_record_sets().hosted_zone_id(zone).max_items(RECORDS);
    let mut pages = lists::Pages::new(aws, list.start_record_name(&absolute));
    let mut found = vec![];
    while let Some(page) = pages.next().await? {
        let sets = <ListResourceRecordSetsFluentBuilder as lists::List>::items(page);
        let sets = sets.map_err(|member| AwsError::unusable("route53:ListResourceRecordSets", member))?;
        let (own, others): (Vec<_>, Vec<_>) = sets.into_iter().map(kept).partition(|(of, _)| *of == absolute);
        found.extend(own);
        if !others.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// A set with its name, and with the names of its members that this version does not know.
fn kept((set, unknown): (types::ResourceRecordSet, BTreeSet<String>)) -> (String, Record) {
    let (name, record) = record(set);
    (name, Record { unknown, ..record })
}

fn by_name(all: Vec<(String, Record)>) -> Records {
    let mut records = Records::new();
    for (name, record) in all {
        records.entry(name).or_default().insert(record);
    }
    records
}

/// Route 53's health checks by id.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHealthChecks.html>
pub(super) async fn health_checks(aws: &Aws, _: &Account, _: &Ask) -> Seen<BTreeMap<String, HealthCheck>> {
    seen(lists::all(aws, aws.route53().list_health_checks().max_items(PAGE), health_check).await)
}

fn health_check(check: types::HealthCheck) -> Option<(String, HealthCheck)> {
    let config = check.health_check_config?;
    let value = HealthCheck {
        kind: config.r#type.as_str().to_owned(),
        host: config.fully_qualified_domain_name,
        address: config.ip_address,
        port: config.port,
        path: config.resource_path,
        disabled: config.disabled.unwrap_or_default(),
        inverted: config.inverted.unwrap_or_default(),
        children: config.child_health_checks.unwrap_or_default().into_iter().collect(),
        threshold: config.health_threshold,
        alarm: config.alarm_identifier.map(|alarm| (alarm.region.as_str().to_owned(), alarm.name)),
    };
    Some((check.id, value))
}
