//! AWS Backup: recovery points and when they are deleted.

use serde_json::{Value, json};

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::RecoveryPoint;
use crate::aws::plain::PlainOutput;
use crate::aws::plain::services::backup;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<backup::DescribeRecoveryPoint>(describe_recovery_point);
    dispatch.on::<backup::UpdateRecoveryPointLifecycle>(update_lifecycle);
}

/// `VAULT/ARN`, as the account knows it.
fn id(labels: &[String]) -> String {
    labels.join("/")
}

fn no_point() -> Refused {
    refuse("ResourceNotFoundException", "Recovery point does not exist")
}

fn describe_recovery_point(
    cx: &mut Cx<'_>,
    input: &In<backup::DescribeRecoveryPoint>,
) -> Said<backup::DescribeRecoveryPoint> {
    let id = id(&input.labels);
    let point = seen(seen(&region(cx).recovery_points)?.get(&id).ok_or_else(no_point)?)?;
    Ok(PlainOutput { body: as_told(&id, point) })
}

fn as_told(id: &str, point: &RecoveryPoint) -> Value {
    let (vault, arn) = id.split_once('/').unwrap_or((id, ""));
    let mut told = json!({
        "BackupVaultName": vault,
        "RecoveryPointArn": arn,
        "ResourceArn": point.resource,
        "Status": point.status,
        "Lifecycle": {},
        "CalculatedLifecycle": {},
    });
    if let Some(days) = point.delete_after_days {
        told["Lifecycle"]["DeleteAfterDays"] = days.into();
    }
    if let Some(days) = point.cold_after_days {
        told["Lifecycle"]["MoveToColdStorageAfterDays"] = days.into();
    }
    let date = point.delete_at.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    if let Some(date) = date {
        told["CalculatedLifecycle"]["DeleteAt"] = date.as_second().into();
    }
    told
}

/// -1 is never. A point that is being deleted takes no change.
///
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_UpdateRecoveryPointLifecycle.html>
fn update_lifecycle(
    cx: &mut Cx<'_>,
    input: &In<backup::UpdateRecoveryPointLifecycle>,
) -> Said<backup::UpdateRecoveryPointLifecycle> {
    let all = seen_mut(&mut cx.region_mut().recovery_points)?;
    let point = seen_mut(all.get_mut(&id(&input.labels)).ok_or_else(no_point)?)?;
    if !["COMPLETED", "AVAILABLE", "PARTIAL"].contains(&point.status.as_str()) {
        return Err(refuse("InvalidRequestException", "Recovery point is not in a state to be changed"));
    }
    let asked = |member: &str| input.body["Lifecycle"][member].as_i64();
    let (delete, cold) = (asked("DeleteAfterDays"), asked("MoveToColdStorageAfterDays"));
    if let (Some(delete @ 0..), Some(cold @ 0..)) = (delete, cold)
        && delete < cold + 90
    {
        let words = "DeleteAfterDays must be 90 days after MoveToColdStorageAfterDays";
        return Err(refuse("InvalidParameterValueException", words));
    }
    point.delete_after_days = delete.filter(|days| *days >= 0);
    point.cold_after_days = cold.filter(|days| *days >= 0);
    if point.delete_after_days.is_none() {
        point.delete_at = None;
    }
    Ok(PlainOutput { body: as_told(&id(&input.labels), point) })
}
