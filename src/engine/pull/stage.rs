//! One stage of a pull.
//!
//! ```text
//! read, rehearse ─→ ask and cut, step by step ─→ read again, compare ─→ anything new? ─→ the end
//!       ↑                    │ skipped, refused, failed                     │ at most twice
//!       └────────────────────┴──────────────────────────────────────────────┘
//! ```

use super::agreed::hold_to;
use super::stages::merge;
use super::{PASSES, Pull, Summary, Unseen};
use crate::account::Account;
use crate::engine::change::Change;
use crate::engine::checks::{actions_in_words, regions_alike};
use crate::engine::error::RunError;
use crate::engine::events::Event;
use crate::engine::plan::{Selected, StepPlan};
use crate::engine::rehearse::{Rehearsal, rehearse};
use crate::engine::store::{ACCOUNT, PLAN};
use crate::engine::verify::compared;
use crate::pipelines::Deployers;

/// A stage under way.
struct Stage<'a> {
    chosen: &'a [Selected],
    /// The steps that are still to be asked about.
    remaining: Vec<Selected>,
    /// The account as it was last read.
    account: Account,
    /// The plan that was made of it.
    rehearsal: Rehearsal,
    /// 1: what was there. From 2 on: what has appeared since.
    pass: usize,
}

impl Pull<'_> {
    /// Carries out a stage. Adds the account as it was read first to `before`, which is on the disk
    /// before anything is cut. Returns the account as it was read last.
    pub(super) async fn stage(
        &mut self,
        chosen: &[Selected],
        before: &mut Option<Account>,
        summary: &mut Summary,
    ) -> Result<Account, RunError> {
        let Some(mut stage) = self.begin(chosen, before, summary).await? else {
            return Ok(self.known.identity());
        };
        while !self.stop.requested() {
            let again = self.cut_remaining(&mut stage, summary).await?;
            if self.stop.requested() {
                break;
            }
            match again {
                Some(why) if !stage.remaining.is_empty() => {
                    self.plan_again(&mut stage, &why, summary).await?;
                }
                again => {
                    if !self.look_again(&mut stage, again.is_none(), summary).await? {
                        break;
                    }
                }
            }
        }
        Ok(stage.account)
    }

    /// Reads and plans. Returns `None` where a stop was requested meanwhile.
    async fn begin<'a>(
        &mut self,
        chosen: &'a [Selected],
        before: &mut Option<Account>,
        summary: &mut Summary,
    ) -> Result<Option<Stage<'a>>, RunError> {
        let Some((account, mut rehearsal)) = self.read_and_rehearse(chosen).await? else {
            return Ok(None);
        };
        merge(before, account.clone());
        if let (Some(folder), Some(before)) = (self.folder, &before) {
            folder.save(ACCOUNT, before)?;
        }
        self.still_signed_in(&account);
        if let Some(why) = regions_alike(&account) {
            self.stop.request(&why);
        }
        for text in self.checks.notes(self.aws, &account, &rehearsal.steps) {
            self.listener.event(&Event::Note { text });
        }
        self.plan.deployers = Deployers::of(&account).or(self.plan.deployers.take());
        self.adopt_plan(&account, &mut rehearsal, true, summary)?;
        self.look_ahead(&account, chosen, summary).await?;
        self.show_front(&account, &rehearsal, chosen);
        self.show_exposure(&account, &rehearsal, chosen);
        if !self.stop.requested() {
            // Refusals count once: a second plan finds the same again.
            summary.refused += rehearsal.steps.iter().map(|step| step.refused.len()).sum::<usize>();
        }
        Ok(Some(Stage { chosen, remaining: chosen.to_vec(), account, rehearsal, pass: 1 }))
    }

    /// Asks about the remaining steps and cuts them, until one does not go as planned. Returns why the
    /// rest must be planned again, if it must.
    async fn cut_remaining(
        &mut self,
        stage: &mut Stage<'_>,
        summary: &mut Summary,
    ) -> Result<Option<String>, RunError> {
        while !stage.remaining.is_empty() {
            let selected = stage.remaining.remove(0);
            let plan = stage.rehearsal.steps.iter().find(|plan| plan.step == selected.step);
            let Some(plan) = plan.cloned() else { continue };
            if stage.pass == 1 || !plan.changes.is_empty() {
                self.listener.event(&Event::Planned { plan: &plan });
            }
            let again = self.step(&plan, stage.pass > 1, summary).await?;
            if self.stop.requested() {
                return Ok(again);
            }
            summary.through.insert(plan.step);
            if again.is_some() {
                return Ok(again);
            }
        }
        Ok(None)
    }

    /// Reads and plans the remaining steps again.
    async fn plan_again(
        &mut self,
        stage: &mut Stage<'_>,
        why: &str,
        summary: &mut Summary,
    ) -> Result<(), RunError> {
        self.listener.event(&Event::Replanning { why });
        let Some(again) = self.read_and_rehearse(&stage.remaining).await? else { return Ok(()) };
        (stage.account, stage.rehearsal) = again;
        self.adopt_plan(&stage.account, &mut stage.rehearsal, stage.pass == 1, summary)
    }

    /// Reads what the stage cut. Where all went as planned, compares it with the rehearsal. Returns
    /// whether something has appeared that a second pass offers.
    async fn look_again(
        &mut self,
        stage: &mut Stage<'_>,
        as_planned: bool,
        summary: &mut Summary,
    ) -> Result<bool, RunError> {
        let Some(found) = self.stop.unless_requested(self.read(stage.chosen)).await else {
            return Ok(false);
        };
        self.still_signed_in(&found);
        let unread = self.gaps_in(&found, stage.chosen);
        self.gaps.extend(unread.iter().cloned());
        if as_planned {
            let expected = (&stage.rehearsal.after, &stage.rehearsal.names);
            let differences = compared(expected, (&found, self.aws.names())).differences;
            let number = stage.chosen[0].step.stage();
            self.listener.event(&Event::Verified {
                stage: number,
                differences: &differences,
                unread: &unread,
            });
            summary.differences.extend(differences);
        }
        stage.account = found;
        if self.stop.requested() {
            return Ok(false);
        }
        let steps: Vec<Selected> =
            stage.chosen.iter().filter(|s| !summary.skipped.contains(&s.step)).cloned().collect();
        self.agreed = None;
        self.brief.names = self.aws.names().clone();
        stage.rehearsal = rehearse(&stage.account, &steps, &self.brief).await?;
        self.adopt_plan(&stage.account, &mut stage.rehearsal, false, summary)?;
        let tried = |c: &Change| summary.ends.iter().any(|(old, _)| old.target == c.target);
        for plan in &mut stage.rehearsal.steps {
            plan.changes.retain(|change| !tried(change));
        }
        let new = stage.rehearsal.steps.iter().map(|plan| plan.changes.len()).sum();
        if new == 0 || stage.pass == PASSES {
            return Ok(false);
        }
        self.listener.event(&Event::SecondPass { changes: new });
        stage.remaining = steps;
        stage.pass += 1;
        Ok(true)
    }

    /// Holds a plan to what was agreed, checks the rights that it takes, and stores it in the run's
    /// folder before any of it is done.
    fn adopt_plan(
        &mut self,
        account: &Account,
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
        self.refuse_lockout(account, &rehearsal.after, &rehearsal.steps, summary);
        self.check_rights(&rehearsal.steps, summary);
        self.plan.steps.extend_from_slice(&rehearsal.steps);
        if let Some(folder) = self.folder {
            folder.save(PLAN, &self.plan)?;
        }
        Ok(())
    }

    /// Stops the run where the caller lacks what the cut needs. Asks where only the way back is missing.
    fn check_rights(&mut self, plans: &[StepPlan], summary: &mut Summary) {
        let lacking = self.checks.lacking(plans);
        if !lacking.apply.is_empty() {
            self.stop.request(&format!(
                "these credentials may not make the plan's calls: {}",
                actions_in_words(&lacking.apply)
            ));
            summary.denied.extend(lacking.apply);
            return;
        }
        let undo = self.checks.not_asked(&lacking.undo);
        if !undo.is_empty() && !self.operator.cut_without_undo(&actions_in_words(&undo)) {
            self.stop.request("these credentials may not put back what they cut");
        }
    }
}
