//! Who is who: principals, keys; trails and S3.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Cause, Gap, Seen, Tags};

/// Users, roles, groups and managed policies (`iam:GetAccountAuthorizationDetails`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Principals {
    pub users: BTreeMap<String, User>,
    pub roles: BTreeMap<String, Role>,
    pub groups: BTreeMap<String, IamGroup>,
    /// Customer managed policies, and AWS's own that somebody has: default version's document by ARN.
    pub policies: BTreeMap<String, String>,
    /// The versions of customer managed policies by ARN, of those that have had another one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, PolicyVersions>,
}

/// The versions of a customer managed policy: at most five, one of them the default.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyVersions {
    /// The id of the default version: `v3`.
    pub default: String,
    /// The documents of the other versions, by id.
    pub others: BTreeMap<String, String>,
}

impl Default for PolicyVersions {
    fn default() -> PolicyVersions {
        PolicyVersions { default: "v1".into(), others: BTreeMap::new() }
    }
}

impl PolicyVersions {
    /// The most versions that AWS keeps of a policy.
    pub const MOST: usize = 5;

    /// Returns how many versions there are.
    pub fn count(&self) -> usize {
        1 + self.others.len()
    }
}

/// Managed policies that AWS attaches to a user whose key it found in public.
///
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html>
const QUARANTINE: &str = ":aws:policy/AWSCompromisedKeyQuarantine";

impl Principals {
    /// Whether the ARN names a managed policy of AWS's own, in whatever partition.
    pub fn is_of_aws(policy: &str) -> bool {
        let partition = policy.split_once(":iam::aws:policy/").map(|(partition, _)| partition);
        partition.is_some_and(|partition| partition.starts_with("arn:"))
    }

    /// Users that carry AWS's quarantine policy (V1 to V3), themselves or by a group. Such a user
    /// is still dangerous: the policy denies a list of actions, not everything.
    pub fn quarantined(&self) -> BTreeSet<&str> {
        let marked = |attached: &BTreeSet<String>| {
            attached.iter().filter_map(|arn| arn.split_once(QUARANTINE)).any(|(partition, version)| {
                partition.starts_with("arn:") && matches!(version, "" | "V2" | "V3")
            })
        };
        let by_group =
            |user: &User| user.groups.iter().filter_map(|g| self.groups.get(g)).any(|g| marked(&g.attached));
        self.users
            .iter()
            .filter(|(_, user)| marked(&user.attached) || by_group(user))
            .map(|(name, _)| name.as_str())
            .collect()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct User {
    pub arn: String,
    pub path: String,
    pub groups: BTreeSet<String>,
    /// ARNs of the managed policies attached to the user itself.
    pub attached: BTreeSet<String>,
    /// Inline policies by name, JSON.
    pub inline: BTreeMap<String, String>,
    pub boundary: Option<String>,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Role {
    pub arn: String,
    pub path: String,
    pub trust: String,
    /// The ARNs of the instance profiles that hold it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub profiles: BTreeSet<String>,
    pub attached: BTreeSet<String>,
    pub inline: BTreeMap<String, String>,
    pub boundary: Option<String>,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IamGroup {
    pub arn: String,
    pub path: String,
    pub attached: BTreeSet<String>,
    pub inline: BTreeMap<String, String>,
}

/// A long-term access key (`iam:ListAccessKeys`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    pub user: String,
    /// `Active`, `Inactive` or `Expired`.
    pub status: String,
    /// Date, service and Region of the last use, when there was one.
    #[serde(default)]
    pub last_used: Option<String>,
}

/// A user's password or API key for one service (`iam:ListServiceSpecificCredentials`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceCredential {
    pub user: String,
    /// As AWS names it: `codecommit.amazonaws.com`.
    pub service: String,
    /// `Active`, `Inactive` or `Expired`.
    pub status: String,
}

/// A user's public SSH key, which `CodeCommit` takes (`iam:ListSSHPublicKeys`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SshKey {
    pub user: String,
    /// `Active` or `Inactive`.
    pub status: String,
}

/// A trust anchor of IAM Roles Anywhere: whoever has a certificate of its authority gets sessions of the roles
/// that let the service in (`rolesanywhere:ListTrustAnchors`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrustAnchor {
    pub name: String,
    /// A disabled one gives no new sessions.
    pub enabled: bool,
}

/// A user's row of the credential report. The report is up to four hours old.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportRow {
    pub password_enabled: bool,
    pub mfa_active: bool,
    /// For each active key: when it was made or rotated, as the report has it (RFC 3339).
    pub active_keys_since: Vec<String>,
    /// For each active key: the last use, as the report has it, or `N/A`.
    pub active_keys_last_used: Vec<String>,
    /// The services for which active keys were last used: `ses`.
    pub active_keys_last_used_for: BTreeSet<String>,
}

/// Flags of `iam:GetAccountSummary`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountSummary {
    pub root_mfa: bool,
    pub root_access_keys: bool,
    pub root_signing_certificates: bool,
}

/// A row of Trusted Advisor's check "Exposed Access Keys" with status `error`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExposedKey {
    pub user: String,
    /// Exposed, Potentially compromised, Suspected.
    pub fraud_type: String,
    pub case_id: String,
    pub location: String,
}

/// A trail in its home Region, with what says whether it really logs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trail {
    pub name: String,
    pub home_region: String,
    pub bucket: String,
    pub prefix: Option<String>,
    pub kms_key: Option<String>,
    /// The ARN of the role with which `CloudTrail` writes to `CloudWatch` Logs.
    pub log_role: Option<String>,
    pub multi_region: bool,
    pub validated: bool,
    pub global_events: bool,
    pub organization: bool,
    /// `IsLogging` of `GetTrailStatus`: a trail may exist and not log.
    pub logging: Seen<bool>,
    pub log_delivery_error: Option<String>,
    /// All management events, reads and writes, no source excluded.
    pub all_management_events: Seen<bool>,
}

/// The bucket of a trail, as far as it says who could delete the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogBucket {
    pub region: String,
    pub policy: Seen<Option<String>>,
    pub versioning: Seen<bool>,
    pub block: Seen<Option<PublicAccessBlock>>,
}

/// The four switches of S3 Block Public Access.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublicAccessBlock {
    pub block_public_acls: bool,
    pub ignore_public_acls: bool,
    pub block_public_policy: bool,
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    pub const ALL_ON: PublicAccessBlock = PublicAccessBlock {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

/// A bucket that is open to everybody, and by what; or one of which that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublicBucket {
    pub region: String,
    pub by_policy: bool,
    pub by_acl: bool,
    /// The policy as plain JSON, of a bucket that a policy opens; read only when asked for.
    pub policy: Seen<Option<String>>,
    /// Its own Block Public Access, of a bucket that a policy or an ACL opens; `None`: it has none.
    pub block: Seen<Option<PublicAccessBlock>>,
}

impl PublicBucket {
    /// Its own block, where it was read and there is one.
    pub fn own_block(&self) -> PublicAccessBlock {
        self.block.read().copied().flatten().unwrap_or_default()
    }

    /// Does its policy let everybody in, as far as its own block says?
    pub fn is_open_by_policy(&self) -> bool {
        self.by_policy && !self.own_block().restrict_public_buckets
    }

    /// Does its ACL let everybody in, as far as its own block says?
    pub fn is_open_by_acl(&self) -> bool {
        self.by_acl && !self.own_block().ignore_public_acls
    }

    /// Why it is not known whether the bucket is open.
    pub fn unread(&self) -> Option<&Gap> {
        let gap = self.policy.gap().filter(|gap| gap.cause != Cause::NotRead);
        gap.filter(|_| !self.by_policy && !self.by_acl)
    }
}
