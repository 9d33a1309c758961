//! What decides about principals and is not read from IAM: policies of resources, and sessions that are known.

use serde::{Deserialize, Serialize};

use super::Seen;

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
