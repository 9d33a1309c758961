//! What other accounts can be let in to, by whom it is shared or by its own policy, and the blocks against it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Tags;

/// A snapshot of EBS or RDS or an image, and with whom it is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SharedCopy {
    pub name: String,
    /// The volume, the database or the instance that it was made of.
    pub of: String,
    pub encrypted: bool,
    /// Accounts by id, `all` for everybody, organizations and their units by ARN.
    pub shared_with: BTreeSet<String>,
    pub tags: Tags,
}

/// The grantee that is everybody.
pub const EVERYBODY: &str = "all";

/// What EC2 refuses to share with everybody, in one Region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SharingBlocks {
    /// `unblocked`, `block-new-sharing` or `block-all-sharing`.
    pub snapshots: SharingBlock,
    /// `unblocked` or `block-new-sharing`.
    pub images: SharingBlock,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SharingBlock {
    pub state: String,
    /// `account` or `declarative-policy`.
    pub managed_by: String,
}

impl Default for SharingBlock {
    /// As AWS has it where nobody set it.
    fn default() -> SharingBlock {
        SharingBlock { state: "unblocked".into(), managed_by: "account".into() }
    }
}

/// A queue, a topic, a secret or a key, and the policy that is attached to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeldPolicy {
    pub name: String,
    /// Its text as AWS has it; `None`: it has no policy.
    pub policy: Option<String>,
    pub tags: Tags,
}

/// A grant of a KMS key (`kms:ListGrants`): it lets somebody use the key, whatever the key's policy says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyGrant {
    /// The ARN of a user or role, an account's root, or the name of a service of AWS.
    pub grantee: String,
    /// `Decrypt`, `GenerateDataKey` …
    pub operations: BTreeSet<String>,
}

/// A resource share of AWS RAM that this account owns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResourceShare {
    pub name: String,
    /// Accounts by id; organizations, units, roles and users by ARN; services by name. Those that have still to
    /// accept an invitation count.
    pub with: BTreeMap<String, Sharer>,
    /// The resources in it, by ARN.
    pub resources: BTreeSet<String>,
    /// RAM made it of a resource's own policy: nobody can change it in RAM.
    pub from_policy: bool,
    pub tags: Tags,
}

/// Somebody with whom a resource share is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sharer {
    /// Outside the organization of this account, by what RAM says; true where RAM does not say.
    pub external: bool,
    /// RAM is taking it away.
    pub leaving: bool,
}

/// The replication of a bucket to other buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Replication {
    pub region: String,
    /// Rules that are on.
    pub rules: Vec<ReplicationRule>,
}

/// A rule of a bucket's replication.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReplicationRule {
    pub id: String,
    /// The name of the bucket that the copies go to.
    pub bucket: String,
    /// The account that owns that bucket, where the rule names it.
    pub account: Option<String>,
    /// Is that bucket one of this account's?
    pub is_own: bool,
}
