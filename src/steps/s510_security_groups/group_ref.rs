//! How a state names security groups: those of the run by what they are for, others by their id.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::body::GroupBody;
use super::flush::Flush;
use super::group::Group;
use super::isolation::Isolation;
use super::ready::Ready;
use crate::account::{Group as Known, Region, Rule};
use crate::aws::Aws;
use crate::step::{Case, Reason, StepError, Target, created};
use crate::steps::shared::{in_use, made, prepared};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum GroupRef {
    Id(String),
    /// The group without rules, but those for kept CIDRs, that this run created for the VPC.
    Isolation,
    /// The group with every rule that this run created for it.
    Flush,
    /// The group without rules that was prepared in the VPC, and that this run uses.
    Prepared,
}

/// The groups of a target.
pub(super) type Groups = BTreeSet<GroupRef>;

/// What the step gives to everything where nothing was prepared.
pub(super) fn isolated() -> Groups {
    [GroupRef::Isolation].into()
}

/// What the step gives to everything in a VPC.
pub(super) fn wanted(here: &Region, vpc: &str, account: &str, case: &Case) -> Groups {
    if takes_prepared(here, vpc, account, case) { [GroupRef::Prepared].into() } else { isolated() }
}

/// Are these groups what the step gives: to go there is to be cut?
pub(super) fn is_cut(groups: &Groups) -> bool {
    *groups == isolated() || *groups == [GroupRef::Prepared].into()
}

/// Does the run use the prepared group of a VPC? It lets nothing through: where a CIDR is kept, the run makes
/// one of its own, and a run that has made one stays with it.
pub(super) fn takes_prepared(here: &Region, vpc: &str, account: &str, case: &Case) -> bool {
    case.scope.keep_cidrs.is_empty()
        && made::id::<Group<Isolation>>(&case.names, vpc).is_none()
        && prepared::group(here, vpc, account, Some(&case.run)).is_some()
}

/// The groups with these ids, those of this run by name.
pub(super) fn group_refs(groups: &BTreeSet<String>, vpc: &str, case: &Case) -> Groups {
    let isolation = made::id::<Group<Isolation>>(&case.names, vpc);
    let flush = made::id::<Group<Flush>>(&case.names, vpc);
    let prepared = in_use::id::<Group<Ready>>(&case.names, vpc);
    let name = |id: &String| match Some(id) {
        id if id == isolation.as_ref() => GroupRef::Isolation,
        id if id == flush.as_ref() => GroupRef::Flush,
        id if id == prepared.as_ref() => GroupRef::Prepared,
        _ => GroupRef::Id(id.clone()),
    };
    groups.iter().map(name).collect()
}

/// The ids of groups that a state names.
pub(super) fn ids(aws: &Aws, at: &Target, groups: &Groups) -> Result<Vec<String>, StepError> {
    let vpc = at.vpc.as_deref().unwrap_or_default();
    let made = |what: &str, id: Option<String>| {
        id.ok_or_else(|| StepError::State(format!("the {what} group of {vpc} is not there to be used")))
    };
    let id = |group: &GroupRef| match group {
        GroupRef::Id(id) => Ok(id.clone()),
        GroupRef::Isolation => made("isolation", made::id::<Group<Isolation>>(aws.names(), vpc)),
        GroupRef::Flush => made("flush", made::id::<Group<Flush>>(aws.names(), vpc)),
        GroupRef::Prepared => made("prepared", in_use::id::<Group<Ready>>(aws.names(), vpc)),
    };
    groups.iter().map(id).collect()
}

pub(super) fn show(groups: &Groups) -> String {
    let word = |group: &GroupRef| match group {
        GroupRef::Id(id) => id.clone(),
        GroupRef::Isolation => "isolation".into(),
        GroupRef::Flush => "ALLOW ALL".into(),
        GroupRef::Prepared => "isolation, prepared".into(),
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
            // It has none. Watched too.
            GroupRef::Prepared => {}
        }
    }
    have == wanted
}

/// Why a restore does not go back to these groups, where another run has made one of them.
pub(super) fn of_other_run(groups: &Groups, known: &BTreeMap<String, Known>, case: &Case) -> Option<Reason> {
    groups.iter().find_map(|group| match group {
        // What is prepared is no run's own: a restore goes back to it.
        GroupRef::Id(id) => {
            let tags = &known.get(id)?.tags;
            created::of_other_run(id, tags, &case.run).filter(|_| !prepared::is_tagged(tags))
        }
        GroupRef::Isolation | GroupRef::Flush | GroupRef::Prepared => None,
    })
}
