//! What an interrupted run had begun: finished by a resume.

use std::collections::BTreeSet;

use super::{Pull, Summary};
use crate::aws::ledger::Phase;
use crate::collect;
use crate::engine::apply::{Move, Outcome, Record as _};
use crate::engine::change::Change;
use crate::engine::confirm::Granted;
use crate::engine::error::RunError;
use crate::engine::events::Event;
use crate::engine::journal::Journal;
use crate::engine::plan::{Selected, StepPlan};
use crate::engine::restore::{self, Owed};
use crate::step::{BadState, Look, Now};
use crate::steps;

impl Pull<'_> {
    /// Records what the plan meant to cut and is found cut, and of which the journal lost the intent:
    /// it is this run's until shown otherwise, and only what the journal has is put back. Returns the
    /// changes that are found half done.
    ///
    /// # Errors
    /// When a state is not one of its step's, or the journal cannot be written.
    async fn recover(&self, journal: &Journal) -> Result<Vec<Change>, RunError> {
        let plan = &self.plan;
        let owed = restore::owed(journal, Some(plan))?;
        let all: Vec<&Owed> = owed.iter().collect();
        for text in restore::adopt(self.aws, &self.known, &self.brief, &all).await? {
            self.listener.event(&Event::Note { text });
        }
        let lost: Vec<&Owed> = owed.iter().filter(|owed| !owed.announced).collect();
        if lost.is_empty() {
            return Ok(vec![]);
        }
        let selected: BTreeSet<_> = lost.iter().map(|owed| owed.change.step).collect();
        let steps: Vec<Selected> =
            plan.selection.steps.iter().filter(|s| selected.contains(&s.step)).cloned().collect();
        let account =
            collect::read(self.aws, &self.known, &self.brief.ask(&self.known.id, &steps), &|_, _| {}).await;
        let mut half = vec![];
        // Oldest first, as they were cut.
        for owed in lost.into_iter().rev() {
            let Some(step) = steps::find(owed.change.step) else { continue };
            let case = self.brief.case(&owed.change.params, self.aws.names().clone());
            let (Now::Is(now) | Now::Settling(now)) =
                step.lens(&owed.change.target).state(&Look::new(&owed.change.target, &account, &case))
            else {
                continue;
            };
            if now == owed.change.before || !restore::is_ours(step, owed, &now)? {
                continue;
            }
            let moved = Move::cut(&owed.change);
            self.log.announce(Phase::Apply, &moved).map_err(RunError::Journal)?;
            if now == owed.change.after {
                self.log.ended(Phase::Apply, &moved, &Outcome::Done);
            } else {
                half.push(owed.change.clone());
            }
        }
        Ok(half)
    }

    /// Finishes what an interrupted run had announced and not ended.
    ///
    /// # Errors
    /// When a state in the journal is not one of its step's.
    pub async fn finish(&mut self, journal: &Journal) -> Result<Summary, RunError> {
        let mut summary = Summary::default();
        let applied = journal.applied();
        let half = self.recover(journal).await?;
        let begun = journal.intents().filter(|intent| !applied.contains(&intent.number));
        let open: Vec<_> = begun.chain(&half).collect();
        let mut batches: Vec<Vec<&Change>> = vec![];
        for intent in open {
            match batches.last_mut() {
                Some(batch) if batch[0].step == intent.step => batch.push(intent),
                _ => batches.push(vec![intent]),
            }
        }
        for batch in batches {
            let Some(step) = steps::find(batch[0].step) else { continue };
            let selected = Selected { step: batch[0].step, params: batch[0].params.clone() };
            let changes = batch.iter().map(|change| change.worded(step)).collect::<Result<_, BadState>>()?;
            let plan = StepPlan { changes, ..StepPlan::empty(&selected) };
            self.listener.event(&Event::Planned { plan: &plan });
            match self.operator.cut(&plan, false).spend(&plan) {
                Granted::Yes => {
                    self.carry(&plan, &mut summary).await;
                }
                Granted::No => summary.skipped.push(plan.step),
                Granted::Quit => self.stop.request("quit"),
            }
        }
        Ok(summary)
    }
}
