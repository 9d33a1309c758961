//! What decides about principals and is not read from IAM: policies of the Organization and of resources,
//! and sessions that are known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Seen;

/// The Organization's policies that bind this account.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Organization {
    pub id: String,
    /// The account is the management account: service and resource control policies do not bind it.
    pub management: bool,
    /// Service control policies by level, the root first, then each unit, the account last. Each level
    /// must allow. Empty: the policy type is not enabled.
    pub service_control: Vec<Level>,
    /// Resource control policies by level, likewise.
    pub resource_control: Vec<Level>,
}

/// What is attached to one level of the Organization: the root, a unit or the account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Level {
    /// The id of the root, the unit or the account.
    pub target: String,
    /// Policy documents by the policy's name.
    pub policies: BTreeMap<String, Seen<String>>,
}

/// A resource of the account that has a policy of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourcePolicy {
    /// The ARN of the resource.
    pub arn: String,
    /// `None`: the resource has no policy.
    pub policy: Seen<Option<String>>,
    /// AWS obeys the policy for principals of the account and for services only: a public policy of a bucket
    /// while `RestrictPublicBuckets` is on.
    #[serde(default)]
    pub own_account_only: bool,
}

/// A session of a role or a user that was made earlier and may still live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MadeSession {
    /// The ARN of the role or the user.
    pub principal: String,
    /// The session's name, for a role.
    pub name: Option<String>,
    /// When it was made (RFC 3339): `aws:TokenIssueTime`.
    pub issued: String,
    /// When it ends (RFC 3339).
    pub ends: String,
}
