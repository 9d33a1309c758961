//! Does a cut still hold? Each change of a run against the account as it is now, and what has
//! appeared since that the run would cut too.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::change::Change;
use super::journal::Journal;
use super::plan::{Brief, Plan, Selected, StepPlan};
use super::rehearse::rehearse;
use super::restore::Owed;
use crate::account::{Account, Gap, Section};
use crate::aws::Aws;
use crate::collect;
use crate::step::{BadState, Look, Now, Step, StepId, Target};
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
    /// Between the two.
    Half(Shown),
    /// Neither.
    Changed(Shown),
    Vanished,
    Gap(Gap),
}

/// The state that a target has now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    pub now: Value,
    /// The state in words. Attacker-controlled: escape before printing.
    pub words: String,
}

impl Stand {
    /// Returns the state that somebody has given a target which is not as it was cut, where it can be
    /// cut again: it was read, and it is there.
    pub fn undone<'a>(&'a self, change: &'a Change) -> Option<&'a Value> {
        match self {
            Stand::AsBefore => Some(&change.before),
            Stand::Half(shown) | Stand::Changed(shown) => Some(&shown.now),
            Stand::Holds | Stand::Settling | Stand::Vanished | Stand::Gap(_) => None,
        }
    }
}

/// A run looked at again.
pub struct Held {
    /// Every change that was not put back, oldest first.
    pub stands: Vec<(Owed, Stand)>,
    /// New plans of the same steps: changes that appeared since the run, and gaps.
    pub since: Vec<StepPlan>,
    /// The changes that the run had not begun when it stopped.
    pub not_begun: Vec<StepPlan>,
    /// The changes that the operator skipped.
    pub skipped: Vec<StepPlan>,
    pub account: Account,
}

/// One round of a watch, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Round {
    pub at: Timestamp,
    pub changes: usize,
    /// Changes that are not as they were cut.
    pub broken: usize,
    pub appeared: usize,
    pub gaps: usize,
    /// Changes that were cut again after it, and those that could not be.
    pub cut_again: usize,
    pub failed: usize,
}

impl Round {
    /// Changes that came back, and those that have appeared.
    pub fn open(&self) -> usize {
        self.broken + self.appeared
    }
}

/// The facts about a run besides its changes.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// The changes that the run planned, by step and target.
    planned: BTreeSet<(StepId, Target)>,
    /// The steps that it got as far as planning.
    reached: BTreeSet<StepId>,
    skipped: BTreeSet<StepId>,
    /// It stopped before its end, and can be gone on with.
    stopped: bool,
}

impl Story {
    pub fn new(journal: &Journal, plan: Option<&Plan>) -> Story {
        let changes = plan.into_iter().flat_map(Plan::changes);
        Story {
            planned: changes.map(|change| (change.step, change.target.clone())).collect(),
            reached: plan.into_iter().flat_map(|plan| &plan.steps).map(|step| step.step).collect(),
            skipped: journal.skipped(),
            stopped: !journal.closed(),
        }
    }

    /// Also what another step of the stage then did without: it was planned again on what is there.
    fn is_skipped(&self, step: StepId, target: &Target) -> bool {
        let same_stage = |skipped: &StepId| skipped.stage() == step.stage();
        self.skipped.iter().any(same_stage) && self.planned.contains(&(step, target.clone()))
    }

    fn is_not_begun(&self, step: StepId, target: &Target) -> bool {
        self.stopped && (!self.reached.contains(&step) || self.planned.contains(&(step, target.clone())))
    }
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

    /// Changes that the run meant to make and had not begun.
    pub fn unbegun(&self) -> usize {
        self.not_begun.iter().map(|plan| plan.changes.len()).sum()
    }

    /// The round of a watch that found this.
    pub fn round(&self, at: Timestamp) -> Round {
        let (changes, broken, appeared, gaps) =
            (self.stands.len(), self.broken(), self.appeared(), self.gaps());
        Round { at, changes, broken, appeared, gaps, cut_again: 0, failed: 0 }
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
#[expect(clippy::too_many_arguments, reason = "each is another thing that is known of the run")]
pub async fn look(
    aws: &Aws,
    known: &Account,
    brief: &Brief,
    selected: &[Selected],
    mut owed: Vec<Owed>,
    story: &Story,
    besides: &[Section],
    progress: collect::Progress<'_>,
) -> Result<Held, BadState> {
    // What was put back and is only looked for again is no cut that could hold.
    owed.retain(|owed| !owed.again);
    owed.sort_by_key(|owed| owed.change.number);
    let mut ask = brief.ask(&known.id, selected);
    ask.sections.extend(besides);
    for owed in &owed {
        if let Some(step) = steps::find(owed.change.step) {
            // A step that the playbook has no longer, or a target outside of its scope.
            ask.sections.extend(step.lens(&owed.change.target).needs());
            step.ask(&mut ask, &known.id, &brief.case(&owed.change.params, brief.names.clone()));
        }
    }
    let account = collect::read(aws, known, &ask, progress).await;
    let mut stands = vec![];
    for owed in owed {
        let Some(step) = steps::find(owed.change.step) else { continue };
        let stand = stand(step, &owed, &account, brief)?;
        // Planned, and found as before: the plan below says that it was not begun.
        if owed.announced || stand != Stand::AsBefore {
            stands.push((owed, stand));
        }
    }
    let mut since = rehearse(&account, selected, brief).await?.steps;
    let cut: BTreeSet<(StepId, &Target)> =
        stands.iter().map(|(owed, _)| (owed.change.step, &owed.change.target)).collect();
    for plan in &mut since {
        plan.changes.retain(|change| !cut.contains(&(change.step, &change.target)));
    }
    let skipped = take(&mut since, |change| story.is_skipped(change.step, &change.target));
    let not_begun = take(&mut since, |change| story.is_not_begun(change.step, &change.target));
    Ok(Held { stands, since, not_begun, skipped, account })
}

/// Takes these changes out of the plans.
fn take(plans: &mut [StepPlan], which: impl Fn(&Change) -> bool) -> Vec<StepPlan> {
    let mut taken = vec![];
    for plan in plans {
        let (out, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut plan.changes).into_iter().partition(&which);
        plan.changes = rest;
        if !out.is_empty() {
            let selected = Selected { step: plan.step, params: plan.params.clone() };
            taken.push(StepPlan { changes: out, ..StepPlan::empty(&selected) });
        }
    }
    taken
}

fn stand(step: &dyn Step, owed: &Owed, account: &Account, brief: &Brief) -> Result<Stand, BadState> {
    let case = brief.case(&owed.change.params, brief.names.clone());
    let lens = step.lens(&owed.change.target);
    let (now, settled) = match lens.state(&Look::new(&owed.change.target, account, &case)) {
        Now::Is(now) => (now, true),
        Now::Settling(now) => (now, false),
        Now::Vanished => return Ok(Stand::Vanished),
        Now::Unknown(gap) => return Ok(Stand::Gap(gap)),
    };
    let shown = |now: Value| lens.show(&now).map(|words| Shown { now, words });
    let between = |from, to| lens.is_between(from, to, &now);
    Ok(if lens.arrived(&owed.change.after, &now) {
        if settled { Stand::Holds } else { Stand::Settling }
    } else if now == owed.change.before {
        Stand::AsBefore
    } else if between(&owed.change.before, &owed.change.after)?
        || between(&owed.change.after, &owed.change.before)?
    {
        Stand::Half(shown(now)?)
    } else {
        Stand::Changed(shown(now)?)
    })
}
