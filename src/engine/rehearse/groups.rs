//! Steps that can be rehearsed apart: what one of them changes, none of another group looks at.

use std::collections::BTreeSet;

use crate::account::{Account, Section};
use crate::engine::plan::Selected;
use crate::steps;

/// Sections that several steps read, and of which no step depends on another's change. Steps that share
/// only these are rehearsed in parallel. Step 210 changes which disks go with their instance, and no
/// other step looks at that.
pub const SHARED: &[Section] =
    &[Section::Vpcs, Section::Subnets, Section::Instances, Section::Volumes, Section::PrefixLists];

/// Steps that look at a section that one of them may change, in their order.
#[derive(Clone, Debug, Default)]
pub struct Group {
    pub steps: Vec<Selected>,
    /// All that they look at.
    pub needs: BTreeSet<Section>,
}

/// All steps in one group that looks at everything.
pub fn one_group(chosen: &[Selected]) -> Vec<Group> {
    vec![Group { steps: chosen.to_vec(), needs: Section::ALL.iter().copied().collect() }]
}

/// Sorts the steps into groups of which none looks at what another one changes.
pub fn groups(chosen: &[Selected]) -> Vec<Group> {
    let mut groups: Vec<Group> = vec![];
    for selected in chosen {
        let Some(step) = steps::find(selected.step) else { continue };
        let needs: BTreeSet<Section> = step.needs(&selected.params).iter().copied().collect();
        let tied = |group: &Group| group.needs.intersection(&needs).any(|s| !SHARED.contains(s));
        let (tied, apart): (Vec<Group>, _) = groups.into_iter().partition(tied);
        groups = apart;
        let mut group = Group { steps: vec![], needs };
        for other in tied {
            group.steps.extend(other.steps);
            group.needs.extend(other.needs);
        }
        group.steps.push(selected.clone());
        groups.push(group);
    }
    for group in &mut groups {
        // Joined groups come one after the other; the playbook's order holds.
        group.steps.sort_by_key(|step| chosen.iter().position(|other| other == step));
    }
    groups
}

impl Group {
    /// Looks at no Region, or at each alone, or at the account and its Regions together.
    pub fn reach(&self) -> Reach {
        let regional = self.needs.iter().filter(|section| section.regional()).count();
        match regional {
            0 => Reach::Account,
            all if all == self.needs.len() => Reach::Region,
            _ => Reach::Both,
        }
    }

    /// Is all of it read in this Region?
    pub fn ready(&self, account: &Account, region: &str) -> bool {
        let here = account.regions.get(region);
        here.is_some_and(|here| !self.needs.iter().any(|section| section.unread_in(here)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Account,
    Region,
    Both,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::StepId;

    fn grouped(ids: &[u16]) -> Vec<Vec<u16>> {
        let steps: Vec<Selected> =
            ids.iter().map(|id| Selected { step: StepId(*id), params: Default::default() }).collect();
        groups(&steps).iter().map(|group| group.steps.iter().map(|step| step.step.0).collect()).collect()
    }

    #[test]
    fn steps_that_look_at_what_another_may_change_stay_together_and_in_order() {
        assert_eq!(grouped(&[100, 200, 400, 610]), [vec![100], vec![200], vec![400], vec![610]]);
        // 520 looks at the interfaces that 510 changes, 525 at none.
        assert_eq!(grouped(&[510, 520, 525]), [vec![510, 520], vec![525]]);
        // 550 ties what has nothing in common without it.
        assert_eq!(grouped(&[530, 210, 520, 550]), [vec![210], vec![530, 520, 550]]);
    }
}
