//! All that a permission set is made of, as it is saved before it is deleted.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::assignments::between;
use super::gone;
use crate::account::{Assignment, PermissionSet, SetParts};
use crate::step::{Now, count, created};

/// A permission set and who is assigned it in this account. Other accounts have no part in it: a set that they
/// have is not deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    pub name: String,
    /// The inline policy, byte for byte.
    pub policy: Option<String>,
    pub parts: SetParts,
    /// Those who get in by it.
    pub assigned: BTreeSet<Assignment>,
    /// Those whom the run has found to be in the directory no more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub gone: BTreeSet<Assignment>,
    /// This account has the set's latest version.
    pub latest: bool,
}

impl Body {
    /// The set as it was read; not known where a part of it was not.
    pub fn of(set: &PermissionSet, gone: BTreeSet<Assignment>) -> Now<Option<Box<Body>>> {
        Now::of(&set.parts, |parts| {
            Now::of(&set.assignments, |assigned| {
                let parts = SetParts { tags: created::given_again(&parts.tags), ..parts.clone() };
                Now::Is(Some(Box::new(Body {
                    name: set.name.clone(),
                    policy: set.policy.clone(),
                    parts,
                    assigned: assigned - &gone,
                    gone,
                    latest: set.latest_here == Some(true),
                })))
            })
        })
    }

    /// The set as `CreatePermissionSet` makes it: nothing that is written by calls of its own.
    fn bare(&self) -> Body {
        let parts = SetParts {
            managed: BTreeSet::new(),
            customer: BTreeSet::new(),
            boundary: None,
            ..self.parts.clone()
        };
        Body { parts, policy: None, assigned: BTreeSet::new(), latest: false, ..self.clone() }
    }

    /// The set with nobody assigned.
    fn unassigned(&self) -> Body {
        Body { assigned: BTreeSet::new(), latest: false, ..self.clone() }
    }

    /// The states between a set that was made just now and this one with nobody assigned: policies of AWS, policies
    /// of the account, inline policy, boundary. [`super::making`] writes them in this order.
    fn while_made(&self) -> Vec<Body> {
        let mut now = self.bare();
        let mut passed = vec![now.clone()];
        for arn in &self.parts.managed {
            now.parts.managed.insert(arn.clone());
            passed.push(now.clone());
        }
        for policy in &self.parts.customer {
            now.parts.customer.insert(policy.clone());
            passed.push(now.clone());
        }
        if self.policy.is_some() {
            now.policy.clone_from(&self.policy);
            passed.push(now.clone());
        }
        passed.push(self.unassigned());
        passed
    }

    /// The states in which writes stop between this one and no such set, either way. Whether the account has the
    /// latest version is AWS's doing.
    pub fn passes(&self) -> Vec<Body> {
        let nobody = BTreeSet::new();
        let assigned = between(&self.assigned, &nobody).into_iter();
        let assigned = assigned.chain(between(&nobody, &self.assigned)).chain([self.assigned.clone()]);
        let assigned = assigned.map(|assigned| Body { assigned, ..self.clone() });
        let versions = |body: Body| [true, false].map(|latest| Body { latest, ..body.clone() });
        self.while_made().into_iter().chain(assigned).flat_map(versions).collect()
    }

    /// Is this the other set, in the same version or a newer one? Whoever is gone is not assigned again.
    pub fn is_at(&self, to: &Body) -> bool {
        let (assigned, gone) = (&to.assigned - &self.gone, self.gone.clone());
        *self == Body { latest: self.latest, assigned, gone, ..to.clone() } && (self.latest || !to.latest)
    }

    /// May writes between the whole set and no such set, either way, have stopped here? Some of its policies and
    /// of its assignments may have failed, whichever they are; nobody is assigned while the inline policy or the
    /// boundary is missing.
    pub fn is_part_of(&self, whole: &Body) -> bool {
        let (is, was) = (&self.parts, &whole.parts);
        let limited = self.policy == whole.policy && is.boundary == was.boundary;
        let without = |body: &Body| Body { gone: BTreeSet::new(), ..body.bare() };
        without(self) == without(whole)
            && is.managed.is_subset(&was.managed)
            && is.customer.is_subset(&was.customer)
            && (self.policy.is_none() || self.policy == whole.policy)
            && (is.boundary.is_none() || is.boundary == was.boundary)
            && self.assigned.is_subset(&whole.assigned)
            && (limited || self.assigned.is_empty())
    }

    pub fn show(&self) -> String {
        let policies = self.parts.managed.len() + self.parts.customer.len();
        let inline = if self.policy.is_some() { ", an inline policy" } else { "" };
        let boundary = if self.parts.boundary.is_some() { ", a boundary" } else { "" };
        let gone = if self.gone.is_empty() {
            String::new()
        } else {
            format!("; not in the directory any more: {}", gone::words(&self.gone))
        };
        let groups = self.assigned.iter().filter(|one| one.kind == "GROUP").count();
        format!(
            "a set with {}{inline}{boundary}; {} and {} assigned{gone}",
            if policies == 1 { "1 policy".into() } else { format!("{policies} policies") },
            count(self.assigned.len() - groups, "user"),
            count(groups, "group")
        )
    }
}
