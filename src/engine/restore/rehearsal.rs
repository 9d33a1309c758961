//! A restore on a copy of the account: what it would do.

use super::{Back, Choice, Drift, DriftAnswer, Operator, Owed, Restorer, ask_for};
use crate::account::Account;
use crate::aws::Aws;
use crate::collect;
use crate::engine::Stop;
use crate::engine::confirm::Answer;
use crate::engine::events::Silent;
use crate::engine::plan::{Brief, StepPlan, Time};
use crate::sim::Simulation;
use crate::step::{BadState, Names};
use crate::steps;

/// A rehearsed restore: how each change would end, and how long it takes.
pub struct RestorePlan {
    /// What was read for it.
    pub account: Account,
    pub ends: Vec<(Owed, Back)>,
    /// How long it takes.
    pub time: Time,
}

/// Runs the restore on a copy of the account first.
///
/// # Errors
/// When a state is not one of its step's.
pub async fn rehearse(
    aws: &Aws,
    known: &Account,
    brief: &Brief,
    owed: &[Owed],
    choice: &Choice,
) -> Result<RestorePlan, BadState> {
    let chosen: Vec<&Owed> = owed.iter().filter(|owed| choice.takes(owed)).collect();
    let mut ask = ask_for(&chosen, brief);
    for one in &chosen {
        if let Some(step) = steps::find(one.change.step) {
            // More than the states: the simulation refuses what AWS refuses by all that the step needs.
            ask.sections.extend(step.needs(&one.change.params));
            step.ask(&mut ask, &known.id, &brief.case(&one.change.params, brief.names.clone()));
            step.lens(&one.change.target).narrow(&mut ask, &one.change.target);
        }
    }
    ask.vpcs = None;
    let account = collect::read(aws, known, &ask, &|_, _| {}).await;
    let copy = Simulation::new(account.clone());
    let wire = Aws::simulated(copy).for_run(&brief.run, Names::new(brief.names.all()), None);
    let restorer = Restorer {
        aws: &wire,
        known: &account,
        brief,
        record: None,
        operator: &LeavesDrift,
        listener: &Silent,
        stop: &Stop::default(),
    };
    let begun_ms = wire.clock().now_ms();
    let ends = restorer.run(owed, choice).await?;
    let waits_ms = wire.clock().now_ms().saturating_sub(begun_ms);
    Ok(RestorePlan { account, ends, time: Time::of(&wire.ledger().tally_since(0), waits_ms) })
}

/// Leaves what drifted, cuts nothing: the operator of a rehearsal, and of `--yes`.
pub struct LeavesDrift;

impl Operator for LeavesDrift {
    fn cut(&self, _: &StepPlan, _: bool) -> Answer {
        Answer::Skip
    }

    fn drift(&self, _: &Drift<'_>) -> DriftAnswer {
        DriftAnswer::Leave
    }

    fn risk(&self, _: &Owed, _: &str) -> bool {
        false
    }

    fn go_on_without_copy(&self, _: &str) -> bool {
        true
    }
}
