//! IAM Identity Center: instances, their permission sets, and who is assigned them in this account.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Account, Gap, Seen, Tags};

/// The beginning of the names of the roles that Identity Center makes: `AWSReservedSSO_SET_0123456789abcdef`.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html>
const ROLE: &str = "AWSReservedSSO_";

/// The name under which a role of Identity Center holds the inline policy of its permission set.
pub const INLINE: &str = "AwsSSOInlinePolicy";

/// The instances of IAM Identity Center that the account sees, in whatever Region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentityCenter {
    /// By ARN. One that is replicated to several Regions stands here once.
    pub instances: BTreeMap<String, SignInInstance>,
    /// Regions whose instances could not be listed, although others could.
    pub unread: BTreeMap<String, Gap>,
}

/// One instance (`sso:ListInstances`).
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_InstanceMetadata.html>
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInInstance {
    /// The account that owns it: the Organization's management account, or this one.
    pub owner: String,
    /// The Region in which its permission sets and assignments are written.
    pub primary_region: String,
    /// The other Regions that it is replicated to.
    pub replicas: BTreeSet<String>,
    /// The id of its identity store.
    pub store: String,
    /// The user id of the caller; `None` where the caller has no session of Identity Center, or where the
    /// identity store has no user of the session's name.
    pub caller: Seen<Option<String>>,
    /// Permission sets by `INSTANCE/SET`, the last two parts of their ARN: those that are provisioned to this
    /// account, or all of them where assignments were asked for.
    pub permission_sets: Seen<BTreeMap<String, Seen<PermissionSet>>>,
}

/// One permission set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PermissionSet {
    pub name: String,
    /// The inline policy as AWS gives it; a set has one at the most.
    pub policy: Option<String>,
    /// Whether the set's latest version is in this account; `None` where it is not provisioned to it.
    pub latest_here: Option<bool>,
    /// Whether the set's latest version is in an account, by the ids of all accounts that it is provisioned to.
    /// Read where somebody asked.
    pub accounts: Seen<BTreeMap<String, bool>>,
    /// Who is assigned it in this account. Read where somebody asked.
    pub assignments: Seen<BTreeSet<Assignment>>,
    /// What it is made of besides. Read where somebody asked.
    pub parts: Seen<SetParts>,
}

/// What a permission set is made of besides its name and its inline policy: all that making it again takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SetParts {
    pub description: Option<String>,
    /// How long a session of its role lasts, as ISO 8601 has it: `PT1H`.
    pub session_duration: Option<String>,
    pub relay_state: Option<String>,
    pub tags: Tags,
    /// ARNs of policies of AWS.
    pub managed: BTreeSet<String>,
    /// Policies that each account has, or has not, by name.
    pub customer: BTreeSet<PolicyReference>,
    pub boundary: Option<SetBoundary>,
}

/// A customer managed policy, which AWS looks up in each account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyReference {
    /// `/` where it has none.
    pub path: String,
    pub name: String,
}

impl PolicyReference {
    /// Returns the ARN of the policy in an account.
    pub fn arn(&self, partition: &str, account: &str) -> String {
        format!("arn:{partition}:iam::{account}:policy{}{}", self.path, self.name)
    }
}

/// The permissions boundary of a set's roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetBoundary {
    /// The ARN of a policy of AWS.
    Managed(String),
    Customer(PolicyReference),
}

/// A user or group of the identity store that is assigned a permission set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// `USER` or `GROUP`.
    pub kind: String,
    /// The id in the identity store.
    pub id: String,
}

impl IdentityCenter {
    /// Returns a permission set with its instance, by `INSTANCE/SET`; `None` where it is not among those that
    /// were read.
    pub fn permission_set(&self, id: &str) -> Option<(&SignInInstance, &Seen<PermissionSet>)> {
        self.instances.values().find_map(|instance| Some((instance, instance.permission_sets.item(id)?)))
    }
}

/// Returns the name of the permission set that a role of Identity Center is made for; `None` for other roles.
pub fn set_of(role: &str) -> Option<&str> {
    role.strip_prefix(ROLE)?.rsplit_once('_').map(|(set, _)| set)
}

impl Account {
    /// Returns the roles that Identity Center has made for a permission set in this account, by name. Two
    /// instances may each have a set of the name.
    pub fn roles_of_set<'a>(&'a self, set: &'a str) -> impl Iterator<Item = (&'a String, &'a super::Role)> {
        let roles = self.principals.read().into_iter().flat_map(|all| &all.roles);
        roles.filter(move |(name, _)| set_of(name) == Some(set))
    }

    /// Returns the permission set whose role calls, and the user's name, which is the name of the session;
    /// `None` where the caller has no session of Identity Center in this account.
    pub fn sign_in(&self) -> Option<(&str, &str)> {
        let arn = &self.caller.arn;
        if arn.split(':').nth(4) != Some(&self.id) {
            return None;
        }
        let session = arn.split_once(":assumed-role/")?.1.split_once('/')?.1;
        Some((set_of(self.caller.role()?)?, session))
    }

    /// Returns the user ids of the caller in the identity stores where it was found.
    pub fn sign_in_ids(&self) -> Vec<String> {
        let instances = self.identity_center.read().into_iter().flat_map(|center| center.instances.values());
        instances.filter_map(|instance| instance.caller.read()?.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Caller;

    #[test]
    fn a_sign_in_is_told_by_the_name_of_the_role() {
        let sign_in = |arn: &str| {
            let caller = Caller { arn: arn.into(), ..Caller::default() };
            let account = Account::unread("111111111111", caller);
            account.sign_in().map(|(set, user)| (set.to_owned(), user.to_owned()))
        };
        let of = |set: &str, user: &str| Some((set.to_owned(), user.to_owned()));
        let role = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO";
        assert_eq!(
            sign_in(&format!("{role}_Ops_On_Call_0a1b/me@x.example")),
            of("Ops_On_Call", "me@x.example")
        );
        assert_eq!(sign_in(&format!("{role}/me")), None);
        assert_eq!(sign_in("arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_Ops_0a1b/me"), None);
        assert_eq!(sign_in("arn:aws:sts::111111111111:assumed-role/ops/me"), None);
        assert_eq!(sign_in("arn:aws:iam::111111111111:user/me"), None);
    }
}
