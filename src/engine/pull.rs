//! The pull: stage by stage, read, rehearse, ask, cut, read again, compare.

mod agreed;
mod finish;
mod stages;
mod unseen;

use std::collections::BTreeSet;
use std::time::Duration;

use agreed::hold_to;
use stages::{merge, stages};
pub use unseen::Unseen;

use super::Stop;
use super::apply::{Carrier, Move, Outcome};
use super::change::Change;
use super::checks::{Checks, named, regions_alike};
use super::confirm::{Granted, Operator};
use super::error::RunError;
use super::events::{Event, Listener};
use super::journal::Entry;
use super::plan::{Brief, Plan, Selected, StepPlan, Time};
use super::rehearse::{Rehearsal, read_and_rehearse, rehearse};
use super::store::{ACCOUNT, ACCOUNT_AFTER, PLAN, RunFolder, RunLog};
use super::verify::{Difference, compared};
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
        summary.stopped = self.stop.why();
        let begun = |step: &StepId| {
            summary.through.contains(step) || summary.ends.iter().any(|(change, _)| change.step == *step)
        };
        let steps = self.plan.selection.steps.iter().map(|selected| selected.step);
        summary.not_begun = steps.filter(|step| !begun(step)).collect();
        summary.began = self.log.began();
        summary.gaps = self.gaps.len();
        let complete = summary.stopped.is_none();
        self.log
            .append_synced(&Entry::Closed {
                complete,
                why: summary.stopped.clone(),
                planned: self.brief.next_change,
            })
            .map_err(RunError::Journal)?;
        Ok(summary)
    }

    /// One stage: adds the account as it was read before it to `before`, which is on the disk before
    /// anything is cut, and returns the account as it was read after it.
    async fn stage(
        &mut self,
        stage: &[Selected],
        before: &mut Option<Account>,
        summary: &mut Summary,
    ) -> Result<Account, RunError> {
        let Some((first, mut rehearsal)) = self.read_and_rehearse(stage).await? else {
            return Ok(self.known.identity());
        };
        merge(before, first.clone());
        if let (Some(folder), Some(before)) = (self.folder, &before) {
            folder.save(ACCOUNT, before)?;
        }
        self.still_signed_in(&first);
        if let Some(why) = regions_alike(&first) {
            self.stop.request(&why);
        }
        for text in self.checks.notes(self.aws, &first, &rehearsal.steps) {
            self.listener.event(&Event::Note { text });
        }
        self.planned(&mut rehearsal, true, summary)?;
        let mut account = first;
        self.show_exposure(&account, &rehearsal, stage);
        let mut remaining = stage.to_vec();
        let mut pass = 1;
        let mut noted = false;
        loop {
            if self.stop.requested() {
                return Ok(account);
            }
            if !noted {
                // Refusals count once: a second plan finds the same again.
                summary.refused += rehearsal.steps.iter().map(|step| step.refused.len()).sum::<usize>();
                noted = true;
            }
            let mut again = None;
            while let Some(selected) = remaining.first().cloned() {
                remaining.remove(0);
                let Some(plan) = rehearsal.steps.iter().find(|plan| plan.step == selected.step).cloned()
                else {
                    continue;
                };
                if pass == 1 || !plan.changes.is_empty() {
                    self.listener.event(&Event::Planned { plan: &plan });
                }
                again = self.step(&plan, pass > 1, summary).await?;
                if self.stop.requested() {
                    break;
                }
                summary.through.insert(plan.step);
                if again.is_some() {
                    break;
                }
            }
            if self.stop.requested() {
                return Ok(account);
            }
            if let (Some(why), false) = (&again, remaining.is_empty()) {
                self.listener.event(&Event::Replanning { why });
                let Some(again) = self.read_and_rehearse(&remaining).await? else {
                    return Ok(account);
                };
                (account, rehearsal) = again;
                self.planned(&mut rehearsal, pass == 1, summary)?;
                continue;
            }
            // The stage is through: look again, compare, and offer what has appeared.
            let Some(found) = self.stop.unless_requested(self.read(stage)).await else {
                return Ok(account);
            };
            self.still_signed_in(&found);
            let unread = self.gaps_in(&found, stage);
            self.gaps.extend(unread.iter().cloned());
            if again.is_none() {
                let expected = (&rehearsal.after, &rehearsal.names);
                let differences = compared(expected, (&found, self.aws.names())).differences;
                let stage = stage[0].step.stage();
                self.listener.event(&Event::Verified { stage, differences: &differences, unread: &unread });
                summary.differences.extend(differences);
            }
            if self.stop.requested() {
                return Ok(found);
            }
            let steps: Vec<Selected> =
                stage.iter().filter(|s| !summary.skipped.contains(&s.step)).cloned().collect();
            self.agreed = None;
            self.brief.names = self.aws.names().clone();
            rehearsal = rehearse(&found, &steps, &self.brief).await?;
            self.planned(&mut rehearsal, false, summary)?;
            let tried = |c: &Change| summary.ends.iter().any(|(old, _)| old.target == c.target);
            for plan in &mut rehearsal.steps {
                plan.changes.retain(|change| !tried(change));
            }
            let new = rehearsal.steps.iter().map(|plan| plan.changes.len()).sum();
            if new == 0 || pass == PASSES {
                return Ok(found);
            }
            self.listener.event(&Event::SecondPass { changes: new });
            remaining = steps;
            account = found;
            pass += 1;
        }
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
        for (moved, outcome) in carrier.carry(plan.changes.iter().map(Move::cut).collect()).await {
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

    /// Stops before the question when the caller lacks what the cut needs; asks when only the way
    /// back is missing.
    fn may(&mut self, plans: &[StepPlan], summary: &mut Summary) {
        let lacking = self.checks.lacking(plans);
        if !lacking.apply.is_empty() {
            self.stop.request(&format!(
                "these credentials may not make the plan's calls: {}",
                named(&lacking.apply)
            ));
            summary.denied.extend(lacking.apply);
            return;
        }
        let undo = self.checks.not_asked(&lacking.undo);
        if !undo.is_empty() && !self.operator.cut_without_undo(&named(&undo)) {
            self.stop.request("these credentials may not put back what they cut");
        }
    }

    fn ask(&self, steps: &[Selected]) -> Ask {
        let mut ask = self.brief.ask(&self.known.id, steps);
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

    /// Holds a rehearsal to what was agreed, and writes it into the run's folder before any of it is
    /// done.
    fn planned(
        &mut self,
        rehearsal: &mut Rehearsal,
        first_pass: bool,
        summary: &mut Summary,
    ) -> Result<(), RunError> {
        let numbers = rehearsal.steps.iter().flat_map(|step| &step.changes).map(|change| change.number);
        self.brief.next_change = numbers.max().map_or(self.brief.next_change, |last| last + 1);
        if let Some(agreed) = self.agreed.as_ref().filter(|_| first_pass) {
            for plan in &mut rehearsal.steps {
                summary.stale += hold_to(agreed, plan, self.listener);
            }
        }
        let gaps =
            rehearsal.steps.iter().flat_map(|step| step.gaps.iter().map(|gap| Unseen::new(step.step, gap)));
        self.gaps.extend(gaps);
        self.may(&rehearsal.steps, summary);
        self.plan.steps.extend_from_slice(&rehearsal.steps);
        if let Some(folder) = self.folder {
            folder.save(PLAN, &self.plan)?;
        }
        Ok(())
    }
}
