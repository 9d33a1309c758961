//! Does a cut still hold? Each change of a run against the account as it is now, and what has
//! appeared since that the run would cut too.

use std::collections::BTreeSet;

use serde::Serialize;

use super::plan::{Brief, Selected, StepPlan};
use super::rehearse::rehearse;
use super::restore::Owed;
use crate::account::collect;
use crate::account::{Account, Gap, Section};
use crate::aws::Aws;
use crate::step::{AnyStep, BadState, Now, Target};
use crate::steps;

/// How one change of a run stands now.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stand {
    Holds,
    /// Accepted by AWS, and not in effect yet.
    Settling,
    /// As it was before the cut: somebody put it back, or it never took effect.
    AsBefore,
    /// Between the two: what it is now, in words.
    Half(String),
    /// Neither: what it is now, in words.
    Changed(String),
    Vanished,
    Gap(Gap),
}

/// A run looked at again.
pub struct Held {
    /// Every change that was not put back, oldest first.
    pub stands: Vec<(Owed, Stand)>,
    /// What the same steps would cut now besides, and what they could not look at.
    pub since: Vec<StepPlan>,
    pub account: Account,
}

impl Held {
    /// Changes that are not as they were cut.
    pub fn broken(&self) -> usize {
        self.stands.iter().filter(|(_, stand)| !matches!(stand, Stand::Holds | Stand::Gap(_))).count()
    }

    /// Changes that have appeared since.
    pub fn appeared(&self) -> usize {
        self.since.iter().map(|plan| plan.changes.len()).sum()
    }

    /// Changes and sections that could not be looked at.
    pub fn gaps(&self) -> usize {
        let stands = self.stands.iter().filter(|(_, stand)| matches!(stand, Stand::Gap(_))).count();
        stands + self.since.iter().map(|plan| plan.gaps.len()).sum::<usize>()
    }
}

/// Reads the account again, other sections `besides`, judges every change that is still owed, and
/// rehearses the run's steps.
///
/// # Errors
/// When a state is not one of its step's.
pub async fn look(
    aws: &Aws,
    known: &Account,
    brief: &Brief,
    selected: &[Selected],
    mut owed: Vec<Owed>,
    besides: &[Section],
    progress: collect::Progress<'_>,
) -> Result<Held, BadState> {
    owed.sort_by_key(|owed| owed.change);
    let mut ask = brief.ask(&known.id, selected);
    ask.sections.extend(besides);
    for owed in &owed {
        if let Some(step) = steps::find(owed.step) {
            // A step that the playbook has no longer, or a target outside of its scope.
            ask.sections.extend(step.state_needs(&owed.target));
            step.ask(&mut ask, &known.id, &brief.case(&owed.params, brief.names.clone()));
        }
    }
    let account = collect::read(aws, known, &ask, progress).await;
    let mut stands = vec![];
    for owed in owed {
        let Some(step) = steps::find(owed.step) else { continue };
        let stand = stand(step, &owed, &account, brief)?;
        stands.push((owed, stand));
    }
    let mut since = rehearse(&account, selected, brief).await?.steps;
    let cut: BTreeSet<&Target> = stands.iter().map(|(owed, _)| &owed.target).collect();
    for plan in &mut since {
        plan.changes.retain(|change| !cut.contains(&change.target));
    }
    Ok(Held { stands, since, account })
}

fn stand(step: &dyn AnyStep, owed: &Owed, account: &Account, brief: &Brief) -> Result<Stand, BadState> {
    let case = brief.case(&owed.params, brief.names.clone());
    let (now, settled) = match step.state(&owed.target, account, &case) {
        Now::Is(now) => (now, true),
        Now::Settling(now) => (now, false),
        Now::Vanished => return Ok(Stand::Vanished),
        Now::Unknown(gap) => return Ok(Stand::Gap(gap)),
    };
    let between = |from, to| step.passes(from, to).map(|passes| passes.contains(&now));
    Ok(if now == owed.after {
        if settled { Stand::Holds } else { Stand::Settling }
    } else if now == owed.before {
        Stand::AsBefore
    } else if between(&owed.before, &owed.after)? || between(&owed.after, &owed.before)? {
        Stand::Half(step.show(&now)?)
    } else {
        Stand::Changed(step.show(&now)?)
    })
}
