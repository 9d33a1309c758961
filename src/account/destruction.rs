//! Keys and secrets, which AWS destroys after a waiting period when somebody asks for it; per Region.

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
