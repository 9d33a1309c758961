//! The pull: stage by stage, read, rehearse, ask, cut, read again, compare.

mod again;
mod agreed;
mod finish;
mod stage;
mod stages;
mod unseen;

use std::collections::BTreeSet;
use std::time::Duration;

use stages::{merge, stages};
pub use unseen::Unseen;

use super::Stop;
use super::apply::{Carrier, Move, Outcome};
use super::change::Change;
use super::checks::Checks;
use super::confirm::{Granted, Operator};
use super::error::RunError;
use super::events::{Event, Listener};
use super::journal::Entry;
use super::plan::{Brief, Plan, Selected, StepPlan, Time};
use super::rehearse::{Rehearsal, read_and_rehearse};
use super::store::{ACCOUNT_AFTER, RunFolder, RunLog};
use super::verify::Difference;
use crate::access::lockout::Loss;
use crate::account::Account;
use crate::aws::Aws;
use crate::aws::ledger::{Phase, Tally};
use crate::collect::{self, Ask};
use crate::step::{BadState, StepId};
use crate::steps;

/// How often what appeared meanwhile is offered, so that a thief who makes keys in a loop does not
/// keep the responder in one.
const PASSES: usize = 3;

/// Everything a pull works with.
pub struct Pull<'a> {
    pub aws: &'a Aws,
    pub known: Account,
    pub brief: Brief,
    pub plan: Plan,
    /// Only these changes may be made in the first pass: a plan file's.
    pub agreed: Option<Plan>,
    pub log: &'a RunLog,
    pub folder: Option<&'a RunFolder>,
    pub operator: &'a dyn Operator,
    pub checks: Checks,
    pub listener: &'a dyn Listener,
    pub stop: &'a Stop,
    /// What could not be looked at so far.
    pub gaps: BTreeSet<Unseen>,
    /// What was said of the responder's rights, each once.
    pub lockout_said: BTreeSet<String>,
}

/// How a pull ended.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Changes and how each ended.
    pub ends: Vec<(Change, Outcome)>,
    pub skipped: Vec<StepId>,
    pub refused: usize,
    /// What could not be looked at, before a cut or after it, each once.
    pub gaps: usize,
    /// Has the run announced anything? Otherwise there is nothing to put back.
    pub began: bool,
    pub stale: usize,
    pub differences: Vec<Difference>,
    /// What the caller may not do, when the run stopped for that, by step.
    pub denied: BTreeSet<(StepId, String)>,
    pub calls: Tally,
    /// What the plan would have taken from the responder, when the run stopped for that.
    pub locked_out: Vec<Loss>,
    /// How long the plan said that what was cut takes.
    pub time: Time,
    /// Why it stopped early, when it did.
    pub stopped: Option<String>,
    /// Steps that it did not come to, because it stopped.
    pub not_begun: Vec<StepId>,
    /// Steps that are through: asked about, cut, or without anything to cut.
    pub through: BTreeSet<StepId>,
}

impl Summary {
    pub fn done(&self) -> usize {
        self.ends.iter().filter(|(_, outcome)| outcome.holds()).count()
    }

    pub fn not_done(&self) -> usize {
        self.ends.len() - self.done() + self.stale
    }
}

impl Pull<'_> {
    /// Runs every stage.
    ///
    /// # Errors
    /// When the journal or the run's folder cannot be written.
    pub async fn run(mut self) -> Result<Summary, RunError> {
        let mut summary = Summary::default();
        let mut before: Option<Account> = None;
        let mut after: Option<Account> = None;
        for stage in stages(&self.plan.selection.steps) {
            if self.stop.requested() {
                break;
            }
            let last = self.stage(&stage, &mut before, &mut summary).await?;
            merge(&mut after, last);
        }
        if let (Some(folder), Some(account)) = (self.folder, &after) {
            folder.save(ACCOUNT_AFTER, account)?;
        }
        let begun = |step: &StepId| {
            summary.through.contains(step) || summary.ends.iter().any(|(change, _)| change.step == *step)
        };
        let steps = self.plan.selection.steps.iter().map(|selected| selected.step);
        summary.not_begun = steps.filter(|step| !begun(step)).collect();
        summary.gaps = self.gaps.len();
        self.close(&mut summary)?;
        Ok(summary)
    }

    /// Records that the pull, or a round of a watch, ended by itself or was stopped.
    fn close(&self, summary: &mut Summary) -> Result<(), RunError> {
        summary.began = self.log.began();
        summary.stopped = self.stop.why();
        let why = summary.stopped.clone();
        let closed = Entry::Closed { complete: why.is_none(), why, planned: self.brief.next_change };
        self.log.append_synced(&closed).map_err(RunError::Journal)
    }

    /// Asks for one step and cuts it. Returns why the rest must be planned again, if it must.
    async fn step(
        &mut self,
        plan: &StepPlan,
        second_pass: bool,
        summary: &mut Summary,
    ) -> Result<Option<String>, RunError> {
        if plan.changes.is_empty() {
            return Ok(None);
        }
        match self.operator.cut(plan, second_pass).spend(plan) {
            Granted::Quit => {
                self.stop.request("quit");
                Ok(None)
            }
            Granted::Yes => {
                let all_done = self.carry(plan, summary).await;
                self.copy_still_written();
                Ok((!all_done).then(|| format!("{} did not go as planned", plan.step)))
            }
            Granted::No => {
                self.log.append_lazily(&Entry::Skipped { step: plan.step }).map_err(RunError::Journal)?;
                self.listener.event(&Event::Skipped { step: plan.step });
                summary.skipped.push(plan.step);
                Ok(Some(format!("{} was skipped", plan.step)))
            }
        }
    }

    /// Cuts one step. Returns whether all went as planned.
    async fn carry(&mut self, plan: &StepPlan, summary: &mut Summary) -> bool {
        self.carry_moves(plan, plan.changes.iter().map(Move::cut).collect(), summary).await
    }

    /// Carries out these moves of one step. Returns whether all went as planned.
    async fn carry_moves(&mut self, plan: &StepPlan, moves: Vec<Move>, summary: &mut Summary) -> bool {
        let Some(step) = steps::find(plan.step) else { return false };
        let case = self.brief.case(&plan.params, self.aws.names().clone());
        let (first, begun_ms) = (self.aws.ledger().len(), self.aws.clock().now_ms());
        let carrier = Carrier {
            aws: self.aws,
            step,
            case: &case,
            known: &self.known,
            phase: Phase::Apply,
            record: Some(self.log),
            stop: self.stop,
            listener: self.listener,
        };
        let mut all_done = true;
        for (moved, outcome) in carrier.carry(moves).await {
            let change = moved.change;
            all_done &= outcome.holds();
            self.listener.event(&Event::Cut { change: &change, outcome: &outcome });
            summary.ends.push((change, outcome));
        }
        let tally = self.aws.ledger().tally_since(first);
        let took = Duration::from_millis(self.aws.clock().now_ms().saturating_sub(begun_ms));
        let (calls, seconds) = (tally.total(), took.as_secs_f64());
        self.listener.event(&Event::StepDone { step: plan.step, calls, seconds });
        summary.calls.merge(&tally);
        summary.time = [summary.time, plan.time()].into_iter().sum();
        all_done
    }

    /// A copy that can no longer be written stops the run at the end of the step, and asks.
    fn copy_still_written(&self) {
        if let Some(why) = self.log.copy_lost()
            && !self.operator.go_on_without_copy(&why)
        {
            self.stop.request(&format!("the copy of the journal cannot be written: {why}"));
        }
    }

    fn ask(&self, steps: &[Selected]) -> Ask {
        let mut ask = self.brief.ask(&self.known.id, steps);
        self.ask_for_front(&mut ask, steps);
        self.ask_for_exposure(&mut ask, steps);
        ask
    }

    fn reading(&self, done: usize, all: usize) {
        self.listener.event(&Event::Reading { done, all, waiting: self.aws.waiting() });
    }

    async fn read(&self, steps: &[Selected]) -> Account {
        collect::read(self.aws, &self.known, &self.ask(steps), &|done, all| self.reading(done, all)).await
    }

    /// `None`: a stop was requested meanwhile.
    async fn read_and_rehearse(
        &mut self,
        steps: &[Selected],
    ) -> Result<Option<(Account, Rehearsal)>, BadState> {
        self.brief.names = self.aws.names().clone();
        let progress = |done, all| self.reading(done, all);
        let ask = self.ask(steps);
        let read = read_and_rehearse(self.aws, &self.known, &ask, steps, &self.brief, &progress);
        self.stop.unless_requested(read).await.transpose()
    }
}
