//! The AWS Organization that the account belongs to, as far as it binds the account.
//!
//! ```text
//!   root  r-0a1b                        policies of each type are attached at every level
//!    └─ unit  ou-0a1b-aaaaaaaa
//!        └─ this account
//! ```
//!
//! AWS tells a member account its Organization and the management account's id. Everything below the root is
//! told to the management account and to delegated administrators alone.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Gap, Seen, Tags};

/// The type of service control policies, as AWS writes it.
pub const SERVICE_CONTROL: &str = "SERVICE_CONTROL_POLICY";
/// The type of resource control policies.
pub const RESOURCE_CONTROL: &str = "RESOURCE_CONTROL_POLICY";
/// The type of declarative policies for EC2.
pub const DECLARATIVE_EC2: &str = "DECLARATIVE_POLICY_EC2";
/// The type of policies that set S3's account-level block.
pub const S3: &str = "S3_POLICY";

/// The policy types that are read and written. Of other types only [`OrganizationTree::policy_types`] tells.
pub const POLICY_TYPES: [&str; 4] = [SERVICE_CONTROL, RESOURCE_CONTROL, DECLARATIVE_EC2, S3];

/// What the names of policies and units begin with that unplug makes. A name proves nothing: anybody in the
/// management account can give it.
pub const MADE: &str = "unplug-";

/// The Organization that this account is in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Organization {
    /// `o-…`
    pub id: String,
    /// The id of the management account.
    pub management_account: String,
    /// This account is the management account: service and resource control policies do not bind it.
    pub management: bool,
    /// `ALL`, or `CONSOLIDATED_BILLING`: there are no policies then.
    pub feature_set: String,
    /// What AWS tells the management account and delegated administrators alone.
    pub tree: Seen<OrganizationTree>,
}

/// The root, its units and accounts, and the policies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrganizationTree {
    /// The id of the root: `r-…`
    pub root: String,
    /// The status of each policy type on the root, by name: `ENABLED`, `PENDING_ENABLE`, `PENDING_DISABLE`. A type
    /// that is not among them is not enabled.
    pub policy_types: BTreeMap<String, String>,
    /// The ids of the levels that bind this account: the root first, then each unit, this account last.
    pub levels: Vec<String>,
    /// The organizational units by id: all of them, or those of `levels` where nobody asked for more.
    pub units: Seen<BTreeMap<String, Unit>>,
    /// The accounts by id.
    pub accounts: Seen<BTreeMap<String, OrganizationAccount>>,
    /// The ids of the policies that are attached, by policy type and by level. Types that are not enabled have
    /// none.
    pub attached: BTreeMap<String, BTreeMap<String, Seen<BTreeSet<String>>>>,
    /// Every policy of [`POLICY_TYPES`] by id: `p-…`
    pub policies: Seen<BTreeMap<String, OrganizationPolicy>>,
    /// What AWS makes of all levels for this account, by policy type; `None`: no policy of the type binds it. AWS
    /// computes it for [`DECLARATIVE_EC2`] and [`S3`] and not for the two others.
    pub effective_policies: BTreeMap<String, Seen<Option<String>>>,
}

/// An organizational unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Unit {
    pub name: String,
    /// The id of the root or the unit that it is in.
    pub parent: String,
    /// Read of units whose names begin with [`MADE`].
    pub tags: Seen<Tags>,
}

/// An account of the Organization.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrganizationAccount {
    pub name: String,
    /// `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE` and the like.
    pub status: String,
    /// The id of the root or the unit that it is in.
    pub parent: String,
}

/// A policy of the Organization.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrganizationPolicy {
    pub name: String,
    pub description: String,
    /// Its policy type, as AWS writes it.
    pub kind: String,
    /// AWS made it, and nobody can change it: `FullAWSAccess`.
    pub aws_managed: bool,
    /// The document. Read of policies that are attached to one of the levels, and of those of unplug.
    pub content: Seen<String>,
    /// The ids of the roots, units and accounts that it is attached to. Read of policies whose names begin with
    /// [`MADE`].
    pub targets: Seen<BTreeSet<String>>,
    /// Read of policies whose names begin with [`MADE`].
    pub tags: Seen<Tags>,
}

/// What is attached to one level of the Organization: the root, a unit or the account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Level {
    /// The id of the root, the unit or the account.
    pub target: String,
    /// Policy documents by the policy's name and id.
    pub policies: BTreeMap<String, Seen<String>>,
}

impl Organization {
    /// The policies of a type by level, the root first, the account last. Empty where the type is not enabled. A gap
    /// where what is attached was not read.
    pub fn levels(&self, kind: &str) -> Result<Vec<Level>, &Gap> {
        self.tree.as_result()?.levels_of(kind)
    }

    /// Why it is not known which service and resource control policies bind this account; `None` where it is known,
    /// or none can.
    pub fn unread(&self) -> Option<&Gap> {
        if self.management {
            return None;
        }
        [SERVICE_CONTROL, RESOURCE_CONTROL].into_iter().find_map(|kind| self.levels(kind).err())
    }
}

impl OrganizationTree {
    /// Whether policies of this type can be attached and are in effect.
    pub fn is_enabled(&self, kind: &str) -> bool {
        self.policy_types.get(kind).is_some_and(|status| status == "ENABLED")
    }

    /// The id of the root or the unit that this account is in.
    pub fn parent(&self) -> Option<&str> {
        self.levels.iter().rev().nth(1).map(String::as_str)
    }

    /// See [`Organization::levels`].
    fn levels_of(&self, kind: &str) -> Result<Vec<Level>, &Gap> {
        let Some(attached) = self.attached.get(kind).filter(|_| self.is_enabled(kind)) else {
            return Ok(vec![]);
        };
        let level = |target: &String| {
            let Some(ids) = attached.get(target) else {
                return Ok(Level { target: target.clone(), ..Level::default() });
            };
            let policies = ids.as_result()?.iter().map(|id| self.document(id));
            Ok(Level { target: target.clone(), policies: policies.collect() })
        };
        self.levels.iter().map(level).collect()
    }

    /// A policy's name with its id, and its document.
    fn document(&self, id: &str) -> (String, Seen<String>) {
        match self.policies.item(id) {
            Some(policy) => (format!("{} ({id})", policy.name), policy.content.clone()),
            None => (id.to_owned(), self.policies.gap().cloned().map_or_else(Seen::default, Seen::Gap)),
        }
    }
}
