//! Cutting again: what somebody has undone since the cut, and what has appeared since.

use super::{Pull, Summary};
use crate::engine::apply::Move;
use crate::engine::confirm::Granted;
use crate::engine::error::RunError;
use crate::engine::events::Event;
use crate::engine::hold::Held;
use crate::engine::plan::{Selected, StepPlan};
use crate::engine::store::PLAN;

impl Pull<'_> {
    /// Cuts every change again that is not as it was cut, and the changes that have appeared since, step
    /// by step in the order of the run. The operator is asked about new changes only: the others were
    /// agreed to when they were first cut.
    ///
    /// # Errors
    /// When the journal or the run's folder cannot be written.
    pub(in crate::engine) async fn again(&mut self, held: &Held) -> Result<Summary, RunError> {
        let mut summary = Summary::default();
        let steps = self.plan.selection.steps.clone();
        self.record_plans(held)?;
        for selected in &steps {
            if self.stop.requested() {
                break;
            }
            let undone = undone(held, selected);
            let new = held.since.iter().find(|plan| plan.step == selected.step && !plan.changes.is_empty());
            let plan = new.cloned().unwrap_or_else(|| StepPlan::empty(selected));
            let mut moves = undone;
            if new.is_some() {
                self.listener.event(&Event::Planned { plan: &plan });
                match self.operator.cut(&plan, true).spend(&plan) {
                    Granted::Yes => moves.extend(plan.changes.iter().map(Move::cut)),
                    Granted::No => summary.skipped.push(plan.step),
                    Granted::Quit => self.stop.request("quit"),
                }
            }
            if !moves.is_empty() && !self.stop.requested() {
                self.carry_moves(&plan, moves, &mut summary).await;
            }
        }
        self.close(&mut summary)?;
        Ok(summary)
    }

    /// Adds the plans of new changes to the run's plan, on the disk before any of them is made.
    fn record_plans(&mut self, held: &Held) -> Result<(), RunError> {
        let new = held.since.iter().filter(|plan| !plan.changes.is_empty());
        self.plan.steps.extend(new.cloned());
        let last = self.plan.last_change().map_or(0, |last| last + 1);
        self.brief.next_change = self.brief.next_change.max(last);
        if let Some(folder) = self.folder {
            folder.save(PLAN, &self.plan)?;
        }
        Ok(())
    }
}

/// Returns the moves that give the targets of a step the state after the cut once more.
fn undone(held: &Held, selected: &Selected) -> Vec<Move> {
    let of_step = held.stands.iter().filter(|(owed, _)| owed.change.step == selected.step);
    of_step
        .filter_map(|(owed, stand)| {
            stand.undone(&owed.change).map(|now| Move::again(&owed.change, now.clone()))
        })
        .collect()
}
