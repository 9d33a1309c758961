//! Who calls, and from which credentials the caller's session was made.

use serde::{Deserialize, Serialize};

/// Who makes the calls (`sts:GetCallerIdentity`, and the role's path where it could be read).
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// The ARN as STS gives it: for a role session without the role's path.
    pub arn: String,
    pub user_id: String,
    /// The id of the access key that signs, when it is known: it is never cut.
    #[serde(default)]
    pub access_key: Option<String>,
    /// The credentials from which the session was made, as far as this machine knows them.
    #[serde(default, skip_serializing_if = "Chain::is_unknown")]
    pub chain: Chain,
}

impl Caller {
    /// The IAM user's name, when a user calls.
    pub fn user(&self) -> Option<&str> {
        self.arn.split_once(":user/").map(|(_, path)| path.rsplit('/').next().unwrap_or(path))
    }

    /// The role's name, when a role session calls.
    pub fn role(&self) -> Option<&str> {
        self.arn.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next())
    }

    /// Whether a session calls that a user made with `GetFederationToken`.
    pub fn is_federated_user(&self) -> bool {
        self.arn.contains(":federated-user/")
    }

    /// Root of the account: IAM policies do not bind it.
    pub fn is_root(&self) -> bool {
        self.arn.ends_with(":root")
    }
}

/// The credentials behind a session: each link made the next one.
///
/// A profile with `role_arn` and `source_profile` assumes the role with the credentials of the other
/// profile. Without those the session cannot be renewed, in a long pull or at the restore.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The first credentials first. The role that calls is the last, where a profile names it.
    pub links: Vec<Link>,
    /// Nothing stands before the first link. Otherwise what stands there is not known.
    pub whole: bool,
}

/// One link of a [`Chain`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Link {
    /// A long-term access key. `user`: its owner, if AWS names one of this account.
    Key { id: String, user: Option<String> },
    /// The ARN of a role that is assumed.
    Role(String),
    /// A role of IAM Identity Center: the account's id and the name of the permission set.
    PermissionSet { account: String, name: String },
}

impl Chain {
    /// Nothing at all is known.
    pub fn is_unknown(&self) -> bool {
        *self == Chain::default()
    }
}
