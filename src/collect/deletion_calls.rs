//! Calls of the last days that make AWS delete something later, and deletions of backups, of one Region.
//!
//! `LookupEvents` takes one name a call and two calls a second: these names take four seconds of a Region.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use std::time::Duration;

use futures::future::try_join_all;
use serde_json::Value;

use super::{Ask, events};
use crate::account::{DeletionCall, DeletionCalls};
use crate::aws::{Aws, AwsError};
use crate::trace::Event;

pub(super) const CHANGED_POINT: &str = "UpdateRecoveryPointLifecycle";

/// Pages of fifty events that are read of one name: ten seconds at AWS's two calls a second.
const MOST_PAGES: usize = 20;

/// Days that are read where nobody says how many.
const DAYS: u64 = 14;

pub(super) async fn deletion_calls(aws: &Aws, region: &str, ask: &Ask) -> Result<DeletionCalls, AwsError> {
    let read = try_join_all(DeletionCalls::NAMES.map(|name| of_name(aws, region, ask, name))).await?;
    let mut found = DeletionCalls::default();
    for (name, (calls, cut_short)) in DeletionCalls::NAMES.into_iter().zip(read) {
        if cut_short {
            found.cut_short.insert(name.to_owned());
        }
        for call in calls {
            // Newest first: an older call about the same target counts no longer.
            found.last.entry(DeletionCalls::key(name, &call.target)).or_insert(call);
        }
    }
    Ok(found)
}

/// The calls of one name that AWS did, newest first, and whether there were more.
pub(super) async fn of_name(
    aws: &Aws,
    region: &str,
    ask: &Ask,
    name: &str,
) -> Result<(Vec<DeletionCall>, bool), AwsError> {
    let days = ask.deletions_within_days.unwrap_or(DAYS);
    let now = Duration::from_millis(aws.clock().now_ms());
    let since = now.saturating_sub(Duration::from_secs(days * 86_400)).as_secs();
    let since = i64::try_from(since).ok().and_then(|since| jiff::Timestamp::from_second(since).ok());
    let since = since.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let (records, cut_short) = events::named(aws, region, name, Some(since), MOST_PAGES).await?;
    let events = records.iter().map(Event).filter(|event| event.name() == name);
    Ok((events.filter_map(call).collect(), cut_short))
}

/// The call of a record; none of one that AWS refused, or that sets no deletion going.
fn call(event: Event<'_>) -> Option<DeletionCall> {
    if event.error().is_some() {
        return None;
    }
    let days =
        |member: &str| event.0.pointer(&format!("/requestParameters/{member}")).and_then(Value::as_i64);
    let (target, days) = match event.name() {
        "PutBucketLifecycle" => (event.asked("bucketName")?.to_owned(), None),
        "PutRetentionPolicy" => (event.asked("logGroupName")?.to_owned(), days("retentionInDays")),
        CHANGED_POINT => (point(event)?, days("lifecycle/deleteAfterDays")),
        "DeleteRecoveryPoint" => (point(event)?, None),
        // Any other change of a database is none of its backups.
        "ModifyDBInstance" => {
            (event.asked("dBInstanceIdentifier")?.to_owned(), Some(days("backupRetentionPeriod")?))
        }
        "ModifyDBCluster" => {
            (event.asked("dBClusterIdentifier")?.to_owned(), Some(days("backupRetentionPeriod")?))
        }
        "DeleteDBInstanceAutomatedBackup" => {
            let named = event.asked("dbiResourceId").or_else(|| event.asked("dBInstanceAutomatedBackupsArn"));
            (named?.to_owned(), None)
        }
        _ => return None,
    };
    Some(DeletionCall {
        name: event.name().to_owned(),
        target,
        at: event.time().to_owned(),
        by: event.caller().to_owned(),
        days,
    })
}

/// `VAULT/ARN` of a recovery point.
fn point(event: Event<'_>) -> Option<String> {
    Some(format!("{}/{}", event.asked("backupVaultName")?, event.asked("recoveryPointArn")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(record: &Value) -> Option<(String, Option<i64>)> {
        call(Event(record)).map(|call| (call.target, call.days))
    }

    #[test]
    fn a_record_says_what_is_to_be_deleted_and_when() {
        let point = "arn:aws:ec2:eu-west-1::snapshot/snap-1";
        for (name, asked, target, days) in [
            ("PutBucketLifecycle", json!({ "bucketName": "b", "lifecycle": "" }), "b", None),
            ("PutRetentionPolicy", json!({ "logGroupName": "/g", "retentionInDays": 1 }), "/g", Some(1)),
            (
                "UpdateRecoveryPointLifecycle",
                json!({ "backupVaultName": "v", "recoveryPointArn": point, "lifecycle": { "deleteAfterDays": 3 } }),
                "v/arn:aws:ec2:eu-west-1::snapshot/snap-1",
                Some(3),
            ),
            (
                "ModifyDBInstance",
                json!({ "dBInstanceIdentifier": "d", "backupRetentionPeriod": 0 }),
                "d",
                Some(0),
            ),
            ("DeleteDBInstanceAutomatedBackup", json!({ "dbiResourceId": "db-1" }), "db-1", None),
        ] {
            let record = json!({ "eventName": name, "requestParameters": asked });
            assert_eq!(told(&record), Some((target.to_owned(), days)), "{name}");
            let refused =
                json!({ "eventName": name, "requestParameters": asked, "errorCode": "AccessDenied" });
            assert_eq!(told(&refused), None, "{name}");
        }
    }

    #[test]
    fn a_change_of_a_database_that_leaves_its_backups_is_none() {
        let asked = json!({ "dBInstanceIdentifier": "d", "masterUserPassword": "****" });
        assert_eq!(told(&json!({ "eventName": "ModifyDBInstance", "requestParameters": asked })), None);
    }
}
