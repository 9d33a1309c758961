//! The responder is never locked out: a plan that takes the rights for the calls that are left is refused.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::events::Event;
use super::plan::{Selected, StepPlan};
use super::pull::{Pull, Summary};
use super::rehearse::rehearse;
use crate::access::lockout::{Lockout, Loss, lockout};
use crate::account::Account;
use crate::config::Config;
use crate::step::{BadState, StepId};
use crate::steps;
use crate::steps::permissions;

/// What these plans would take from the caller, the credentials behind its session, and break-glass
/// principals, of the rights for the calls of `chosen`: to read, to cut, to put back. `None` where no
/// change is one of principals.
pub fn of(
    [before, after]: [&Account; 2],
    plans: &[StepPlan],
    chosen: &[Selected],
    config: &Config,
    now: Timestamp,
) -> Option<Lockout> {
    let acts = |plan: &StepPlan| !plan.changes.is_empty() && changes_principals(plan.step);
    if !plans.iter().any(acts) {
        return None;
    }
    let all: Vec<StepId> = chosen.iter().map(|selected| selected.step).collect();
    let mut actions: BTreeSet<&'static str> = permissions::read(&all);
    actions.extend(permissions::apply(&all));
    actions.extend(permissions::undo(&all));
    Some(lockout([before, after], now, &|arn| config.break_glass(arn), &actions))
}

/// Do the step's writes change users, roles or their credentials?
pub fn changes_principals(step: StepId) -> bool {
    steps::find(step).is_some_and(|step| step.spec().iam.changes_principals())
}

/// `role responder could no longer do iam:PutRolePolicy and 12 more (unplug calls with its session): …`
pub fn sentence(loss: &Loss) -> String {
    let Loss { who, whose, what, because } = loss;
    format!("{who} could no longer {what}: {because}. It is yours: {whose}")
}

impl Pull<'_> {
    /// Rehearses the later steps that change principals, on what was read for the first ones: what locks the
    /// responder out is refused before anything is cut.
    pub(super) async fn look_ahead(
        &mut self,
        account: &Account,
        chosen: &[Selected],
        summary: &mut Summary,
    ) -> Result<(), BadState> {
        let later = |one: &&Selected| changes_principals(one.step) && !chosen.contains(one);
        let later: Vec<Selected> = self.plan.selection.steps.iter().filter(later).cloned().collect();
        if later.is_empty() || account.principals.gap().is_some() || self.stop.requested() {
            return Ok(());
        }
        let ahead = rehearse(account, &later, &self.brief).await?;
        self.refuse_lockout(account, &ahead.after, &ahead.steps, summary);
        Ok(())
    }

    /// Stops the run where these plans would lock the responder out.
    pub(super) fn refuse_lockout(
        &mut self,
        before: &Account,
        after: &Account,
        plans: &[StepPlan],
        summary: &mut Summary,
    ) {
        let now = self.aws.clock().timestamp();
        let chosen = &self.plan.selection.steps;
        let Some(found) = of([before, after], plans, chosen, &self.brief.config, now) else { return };
        if let Some(first) = found.losses.first() {
            self.stop.request(&format!("this plan would lock you out: {}", sentence(first)));
            summary.locked_out.extend(found.losses);
            return;
        }
        let text = format!(
            "you and break-glass principals keep the rights for what is left of this run, as far as could be \
             read; not taken into account: {}",
            found.unread.join(", ")
        );
        if self.lockout_said.insert(text.clone()) {
            self.listener.event(&Event::Note { text });
        }
    }
}
