//! Copies of data that other accounts can be let in to, and the blocks against it; per Region.

use std::collections::BTreeSet;

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
