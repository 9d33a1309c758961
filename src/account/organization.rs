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
    pub fn levels(&self, kind: &str) -> Seen<Vec<Level>> {
        match &self.tree {
            Seen::Read(tree) => tree.levels_of(kind),
            Seen::Gap(gap) => Seen::Gap(gap.clone()),
        }
    }

    /// A copy with what binds this account, and without the Organization's other units and accounts.
    #[must_use]
    pub fn binding(&self) -> Organization {
        let Seen::Read(tree) = &self.tree else { return self.clone() };
        let binds: BTreeSet<&String> =
            tree.attached.values().flat_map(BTreeMap::values).filter_map(Seen::read).flatten().collect();
        let policies = match &tree.policies {
            Seen::Read(all) => {
                let all = all.iter().filter(|(id, _)| binds.contains(id));
                Seen::Read(all.map(|(id, policy)| (id.clone(), policy.clone())).collect())
            }
            Seen::Gap(gap) => Seen::Gap(gap.clone()),
        };
        let tree = OrganizationTree {
            root: tree.root.clone(),
            policy_types: tree.policy_types.clone(),
            levels: tree.levels.clone(),
            attached: tree.attached.clone(),
            policies,
            ..OrganizationTree::default()
        };
        Organization {
            id: self.id.clone(),
            management_account: self.management_account.clone(),
            management: self.management,
            feature_set: self.feature_set.clone(),
            tree: Seen::Read(tree),
        }
    }

    /// An Organization of which nothing is known but these policies of one type: by level, the root first, each with
    /// its name and its document.
    #[must_use]
    pub fn of(kind: &str, levels: &[(&str, &[(&str, &str)])]) -> Organization {
        let mut tree = OrganizationTree {
            root: levels.first().map(|(root, _)| (*root).to_owned()).unwrap_or_default(),
            policy_types: [(kind.to_owned(), "ENABLED".to_owned())].into(),
            levels: levels.iter().map(|(level, _)| (*level).to_owned()).collect(),
            ..OrganizationTree::default()
        };
        let (mut attached, mut all) = (BTreeMap::new(), BTreeMap::new());
        for (level, policies) in levels {
            let id = |name: &str| format!("p-{level}-{name}");
            let ids = policies.iter().map(|(name, _)| id(name)).collect();
            attached.insert((*level).to_owned(), Seen::Read(ids));
            all.extend(policies.iter().map(|(name, text)| {
                let policy = OrganizationPolicy {
                    name: (*name).to_owned(),
                    kind: kind.to_owned(),
                    content: Seen::Read((*text).to_owned()),
                    ..OrganizationPolicy::default()
                };
                (id(name), policy)
            }));
        }
        tree.attached.insert(kind.to_owned(), attached);
        tree.policies = Seen::Read(all);
        Organization {
            id: "o-1".into(),
            feature_set: "ALL".into(),
            tree: Seen::Read(tree),
            ..Organization::default()
        }
    }

    /// Why it is not known which service and resource control policies bind this account; `None` where it is known,
    /// and for the management account, which none binds.
    pub fn unread(&self) -> Option<Gap> {
        if self.management {
            return None;
        }
        let gap = |kind| self.levels(kind).gap().cloned();
        gap(SERVICE_CONTROL).or_else(|| gap(RESOURCE_CONTROL))
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

    /// Whether a unit or account is the root or below it, as far as was read; `None` where that is not known.
    pub fn has(&self, target: &str) -> Option<bool> {
        if target == self.root || self.levels.iter().any(|level| level == target) {
            return Some(true);
        }
        let (units, accounts) = (self.units.read()?, self.accounts.read()?);
        Some(units.contains_key(target) || accounts.contains_key(target))
    }

    /// See [`Organization::levels`].
    fn levels_of(&self, kind: &str) -> Seen<Vec<Level>> {
        if !self.is_enabled(kind) {
            return Seen::Read(vec![]);
        }
        let Some(attached) = self.attached.get(kind) else { return Seen::default() };
        let mut levels = vec![];
        for target in &self.levels {
            match attached.get(target) {
                Some(Seen::Read(ids)) => {
                    let policies = ids.iter().map(|id| self.document(id)).collect();
                    levels.push(Level { target: target.clone(), policies });
                }
                Some(Seen::Gap(gap)) => return Seen::Gap(gap.clone()),
                None => return Seen::default(),
            }
        }
        Seen::Read(levels)
    }

    /// A policy's name with its id, and its document.
    fn document(&self, id: &str) -> (String, Seen<String>) {
        match self.policies.item(id) {
            Some(policy) => (format!("{} ({id})", policy.name), policy.content.clone()),
            None => (id.to_owned(), self.policies.gap().cloned().map_or_else(Seen::default, Seen::Gap)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A root, a unit with a deny, and the account.
    fn organization() -> Organization {
        let all = ("all", "ALLOW");
        Organization::of(
            SERVICE_CONTROL,
            &[("r-1", &[all]), ("ou-1", &[all, ("deny", "DENY")]), ("111111111111", &[all])],
        )
    }

    fn with(change: impl FnOnce(&mut OrganizationTree)) -> Organization {
        let mut organization = organization();
        organization.tree.read_mut().map(change).unwrap();
        organization
    }

    #[test]
    fn each_level_has_its_documents_and_a_type_that_is_off_has_no_level() {
        let organization = organization();
        let levels = organization.levels(SERVICE_CONTROL);
        let levels = levels.read().unwrap();
        assert_eq!(levels.iter().map(|level| level.policies.len()).collect::<Vec<_>>(), [1, 2, 1]);
        assert_eq!(levels[1].policies["deny (p-ou-1-deny)"], Seen::Read("DENY".to_owned()));
        assert_eq!(organization.levels(RESOURCE_CONTROL), Seen::Read(vec![]));
        assert_eq!(organization.unread(), None);
        assert_eq!(organization.binding().levels(SERVICE_CONTROL), organization.levels(SERVICE_CONTROL));
    }

    #[test]
    fn what_was_not_read_is_a_gap_and_not_no_policy() {
        let of_a_level = with(|tree| drop(tree.attached.get_mut(SERVICE_CONTROL).unwrap().remove("ou-1")));
        assert!(of_a_level.unread().is_some());
        let of_a_type = with(|tree| tree.attached.clear());
        assert!(of_a_type.levels(SERVICE_CONTROL).gap().is_some());
        assert!(Organization::default().unread().is_some());
        let management = Organization { management: true, ..Organization::default() };
        assert_eq!(management.unread(), None);
    }
}
