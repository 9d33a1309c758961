//! What AWS destroys later because somebody asked for it: keys and secrets after a waiting period, objects of
//! S3, log events and backups when they reach an age.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Tags;

/// A KMS key (`kms:DescribeKey`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KmsKey {
    /// `Enabled`, `Disabled`, `PendingDeletion`, `PendingReplicaDeletion`, `PendingImport`, `Unavailable` …
    pub state: String,
    pub description: String,
    /// Made and managed by a service of AWS: nobody can schedule its deletion.
    pub managed_by_aws: bool,
    /// When AWS deletes it; `None` where nobody has asked for it, or where it waits for its replicas.
    pub deletion: Option<String>,
    /// Days from the deletion of the last replica to its own: of a multi-Region primary key that waits for
    /// its replicas.
    pub days_after_replicas: Option<i32>,
    /// When imported key material expires.
    pub material_expires: Option<String>,
}

/// A secret of Secrets Manager (`secretsmanager:DescribeSecret`), never its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Secret {
    pub name: String,
    /// AWS's `DeletedDate`; `None` where no deletion is scheduled.
    pub deleted: Option<String>,
    /// The service of AWS that manages it.
    pub owner: Option<String>,
    pub tags: Tags,
}

/// The lifecycle configuration of a bucket of S3 (`s3:GetBucketLifecycleConfiguration`), as far as it deletes
/// something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BucketLifecycle {
    pub region: String,
    pub rules: Vec<LifecycleRule>,
    /// Paths of elements that the SDK does not know: a write would lose them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub unknown: BTreeSet<String>,
}

/// A rule of a bucket's lifecycle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LifecycleRule {
    pub id: String,
    /// Is its status `Enabled`?
    pub on: bool,
    /// What the keys of its objects begin with; empty: nothing narrows it, or only tags and sizes do.
    pub prefix: String,
    /// Days after which it expires current versions.
    pub expires_after_days: Option<i32>,
    /// The date on which it expires current versions (RFC 3339).
    pub expires_on: Option<String>,
    /// Days after which it deletes noncurrent versions for good.
    pub noncurrent_after_days: Option<i32>,
}

impl LifecycleRule {
    /// Does it expire objects or delete versions? Removing lone delete markers and parts of uploads that were
    /// never completed takes no object away.
    pub fn destroys(&self) -> bool {
        self.expires_after_days.is_some() || self.expires_on.is_some() || self.noncurrent_after_days.is_some()
    }
}

/// A log group of CloudWatch Logs (`logs:DescribeLogGroups`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogGroup {
    /// Days after which its events are deleted; `None`: never.
    pub retention_days: Option<i64>,
    /// When it was made (RFC 3339).
    pub created: Option<String>,
    /// Its class, where it is not `STANDARD`: the retention of `DELIVERY` is AWS's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

/// A recovery point of AWS Backup whose lifecycle somebody has changed (`backup:DescribeRecoveryPoint`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecoveryPoint {
    /// The ARN of what it is a copy of.
    pub resource: String,
    /// `COMPLETED`, `AVAILABLE`, `DELETING` …
    pub status: String,
    /// Days after its creation until AWS deletes it; `None`: never.
    pub delete_after_days: Option<i64>,
    /// Days after its creation until it moves to cold storage; `None`: never.
    pub cold_after_days: Option<i64>,
    /// AWS's date of its deletion (RFC 3339).
    pub delete_at: Option<String>,
}

/// Calls that make AWS delete something later, and deletions of backups, as CloudTrail recorded them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeletionCalls {
    /// The last call of each name about each target, by [`DeletionCalls::key`].
    pub last: BTreeMap<String, DeletionCall>,
    /// Names of calls of which there were more than are read.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub cut_short: BTreeSet<String>,
}

/// One of these calls; none of those that AWS refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeletionCall {
    /// As CloudTrail names it: `PutBucketLifecycle`.
    pub name: String,
    /// A bucket, a log group, `VAULT/ARN` of a recovery point, a database's name.
    pub target: String,
    /// When it was made (RFC 3339, to the second).
    pub at: String,
    /// Who made it: an ARN, or the name of a service of AWS.
    pub by: String,
    /// The retention that it asked for, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
}

impl DeletionCalls {
    /// The names of the calls, as CloudTrail has them. S3 records `PutBucketLifecycleConfiguration` under the name of
    /// the older call.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html>
    pub const NAMES: [&'static str; 7] = [
        "DeleteDBInstanceAutomatedBackup",
        "DeleteRecoveryPoint",
        "ModifyDBCluster",
        "ModifyDBInstance",
        "PutBucketLifecycle",
        "PutRetentionPolicy",
        "UpdateRecoveryPointLifecycle",
    ];

    /// The key of a call about a target.
    pub fn key(name: &str, target: &str) -> String {
        format!("{name} {target}")
    }

    /// The last call of this name about a target.
    pub fn about(&self, name: &str, target: &str) -> Option<&DeletionCall> {
        self.last.get(&Self::key(name, target))
    }

    /// The last calls of this name, each about another target.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a DeletionCall> {
        self.last.values().filter(move |call| call.name == name)
    }
}
