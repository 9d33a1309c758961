//! The records of calls that set deletions going, which the account has in short.

use serde_json::{Value, json};

use crate::account::DeletionCall;
use crate::sim::ec2::region;
use crate::sim::route::{Cx, Refused};
use crate::sim::world::seen;

/// The records of a Region.
pub(super) fn records(cx: &Cx<'_>) -> Result<Vec<Value>, Refused> {
    let calls = seen(&region(cx).deletion_calls)?;
    Ok((1..).zip(calls.last.values()).map(|(number, call)| record(cx, number, call)).collect())
}

fn record(cx: &Cx<'_>, number: u32, call: &DeletionCall) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": { "arn": call.by },
        "eventTime": call.at,
        "eventSource": source(&call.name),
        "eventName": call.name,
        "awsRegion": cx.region,
        "requestParameters": asked(call),
        "eventID": format!("52000000-0000-4000-8000-{number:012x}"),
        "readOnly": false,
        "recipientAccountId": cx.world.account.id,
    })
}

fn source(name: &str) -> &'static str {
    match name {
        "PutBucketLifecycle" => "s3.amazonaws.com",
        "PutRetentionPolicy" => "logs.amazonaws.com",
        "DeleteRecoveryPoint" | "UpdateRecoveryPointLifecycle" => "backup.amazonaws.com",
        _ => "rds.amazonaws.com",
    }
}

/// The parameters as CloudTrail names them.
fn asked(call: &DeletionCall) -> Value {
    let (vault, arn) = call.target.split_once('/').unwrap_or((&call.target, ""));
    match call.name.as_str() {
        "PutBucketLifecycle" => json!({ "bucketName": call.target }),
        "PutRetentionPolicy" => json!({ "logGroupName": call.target, "retentionInDays": call.days }),
        "UpdateRecoveryPointLifecycle" => json!({
            "backupVaultName": vault, "recoveryPointArn": arn, "lifecycle": { "deleteAfterDays": call.days },
        }),
        "DeleteRecoveryPoint" => json!({ "backupVaultName": vault, "recoveryPointArn": arn }),
        "ModifyDBInstance" => {
            json!({ "dBInstanceIdentifier": call.target, "backupRetentionPeriod": call.days })
        }
        "ModifyDBCluster" => {
            json!({ "dBClusterIdentifier": call.target, "backupRetentionPeriod": call.days })
        }
        _ => json!({ "dbiResourceId": call.target }),
    }
}
