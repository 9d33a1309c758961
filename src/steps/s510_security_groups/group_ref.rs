//! How a state names security groups: those of the run by what they are for, others by their id.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::body::GroupBody;
use super::flush::Flush;
use super::group::Group;
use super::isolation::Isolation;
use crate::account::{Group as Known, Rule};
use crate::aws::Aws;
use crate::step::{Case, Reason, StepError, Target, created};
use crate::steps::shared::made;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum GroupRef {
    Id(String),
    /// The group without rules, but those for kept CIDRs, that this run created for the VPC.
    Isolation,
    /// The group with every rule that this run created for it.
    Flush,
}

/// The groups of a target.
pub(super) type Groups = BTreeSet<GroupRef>;

/// What the step gives to everything.
pub(super) fn isolated() -> Groups {
    [GroupRef::Isolation].into()
}

/// The groups with these ids, those of this run by name.
pub(super) fn group_refs(groups: &BTreeSet<String>, vpc: &str, case: &Case) -> Groups {
    let isolation = made::id::<Group<Isolation>>(&case.names, vpc);
    let flush = made::id::<Group<Flush>>(&case.names, vpc);
    let name = |id: &String| match Some(id) {
        id if id == isolation.as_ref() => GroupRef::Isolation,
        id if id == flush.as_ref() => GroupRef::Flush,
        _ => GroupRef::Id(id.clone()),
    };
    groups.iter().map(name).collect()
}

/// The ids of groups that a state names.
pub(super) fn ids(aws: &Aws, at: &Target, groups: &Groups) -> Result<Vec<String>, StepError> {
    let vpc = at.vpc.as_deref().unwrap_or_default();
    let made = |what: &str, id: Option<String>| {
        id.ok_or_else(|| StepError::State(format!("the {what} group of {vpc} was not created")))
    };
    let id = |group: &GroupRef| match group {
        GroupRef::Id(id) => Ok(id.clone()),
        GroupRef::Isolation => made("isolation", made::id::<Group<Isolation>>(aws.names(), vpc)),
        GroupRef::Flush => made("flush", made::id::<Group<Flush>>(aws.names(), vpc)),
    };
    groups.iter().map(id).collect()
}

pub(super) fn show(groups: &Groups) -> String {
    let word = |group: &GroupRef| match group {
        GroupRef::Id(id) => id.clone(),
        GroupRef::Isolation => "isolation".into(),
        GroupRef::Flush => "ALLOW ALL".into(),
    };
    groups.iter().map(word).collect::<Vec<String>>().join(", ")
}

/// Do these groups, taken together, let through what this run keeps open and nothing else?
pub(super) fn is_isolated(groups: &Groups, known: &BTreeMap<String, Known>, case: &Case) -> bool {
    let (wanted, mut have) = (GroupBody::of(&Isolation, case), GroupBody::default());
    let bare = |rule: &Rule| Rule { description: None, ..rule.clone() };
    for group in groups {
        match group {
            GroupRef::Id(id) => match known.get(id) {
                Some(group) => {
                    have.ingress.extend(group.ingress.iter().map(bare));
                    have.egress.extend(group.egress.iter().map(bare));
                }
                None => return false,
            },
            // Its rules are watched as a target of their own.
            GroupRef::Isolation => {
                have.ingress.extend(wanted.ingress.iter().cloned());
                have.egress.extend(wanted.egress.iter().cloned());
            }
            GroupRef::Flush => return false,
        }
    }
    have == wanted
}

/// Why a restore does not go back to these groups, where another run has made one of them.
pub(super) fn of_other_run(groups: &Groups, known: &BTreeMap<String, Known>, case: &Case) -> Option<Reason> {
    groups.iter().find_map(|group| match group {
        GroupRef::Id(id) => created::of_other_run(id, &known.get(id)?.tags, &case.run),
        GroupRef::Isolation | GroupRef::Flush => None,
    })
}
