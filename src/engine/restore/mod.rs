//! Putting back: the intents of a run, newest first, each by what the account says now.
//!
//! ```text
//! now = before            → nothing to do, noted
//! now = after             → ours: written back
//! now ∈ passes            → ours, half done: written back
//! anything else           → drift: shown, and asked
//! ```
//!
//! A restore never turns on what was off before, never removes what unplug did not make, and never
//! drops silently what has vanished meanwhile.

mod choice;
mod owed;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Stop;
use super::apply::{Carrier, Failed, Move, Outcome, Record};
use super::confirm::{DriftAnswer, Operator};
use super::events::{Event, Listener};
use super::plan::{Brief, Time};
use crate::account::collect::{self, Ask};
use crate::account::{Account, Gap};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::sim::Simulation;
use crate::step::{AnyStep, BadState, Names, Now, Reason};
use crate::steps;

pub use choice::Choice;
pub use owed::{Owed, let_settle, owed};

/// How putting back one change ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Back {
    /// Put back now.
    Returned,
    /// It was as before already.
    AsBefore,
    /// Left on purpose: the reason.
    Kept(Reason),
    /// Must not be put back now: the reason. It stays owed.
    Held(Reason),
    /// Somebody changed it; left as it is and still owed.
    Drifted {
        shown: String,
    },
    /// Not there any more. It stays owed, so that it is not forgotten.
    Vanished,
    /// Could not look.
    Gap(Gap),
    Failed(Failed),
    Unknown(Failed),
    Stopped,
}

impl Back {
    /// Nothing is owed any more.
    pub fn settled(&self) -> bool {
        matches!(self, Back::Returned | Back::AsBefore | Back::Kept(_))
    }
}

/// A target that is neither as before nor as cut.
pub struct Drift<'a> {
    pub owed: &'a Owed,
    pub now: &'a str,
}

/// Puts owed changes back.
pub struct Restorer<'a> {
    pub aws: &'a Aws,
    pub known: &'a Account,
    pub brief: &'a Brief,
    pub record: Option<&'a dyn Record>,
    pub operator: &'a dyn Operator,
    pub listener: &'a dyn Listener,
    pub stop: &'a Stop,
}

impl Restorer<'_> {
    /// Puts back what is owed and chosen, batch by batch, newest first.
    ///
    /// # Errors
    /// When a state is not one of its step's.
    pub async fn run(&self, owed: &[Owed], choice: &Choice) -> Result<Vec<(Owed, Back)>, BadState> {
        let mut batches = BTreeMap::<usize, Vec<&Owed>>::new();
        for owed in owed.iter().filter(|owed| choice.takes(owed)) {
            batches.entry(owed.batch).or_default().push(owed);
        }
        let mut all = vec![];
        for batch in batches.into_values().rev() {
            let Some(step) = batch.first().and_then(|owed| steps::find(owed.step)) else { continue };
            let ended = self.batch(step, &batch, choice).await?;
            for (owed, back) in &ended {
                self.listener.event(&Event::Returned { owed, back });
            }
            self.listener.event(&Event::BatchReturned { step: step.spec().id });
            all.extend(ended);
        }
        Ok(all)
    }

    async fn batch(
        &self,
        step: &dyn AnyStep,
        batch: &[&Owed],
        choice: &Choice,
    ) -> Result<Vec<(Owed, Back)>, BadState> {
        let params = batch.first().map(|owed| owed.params.clone()).unwrap_or_default();
        let case = self.brief.case(&params, self.aws.names().clone());
        let account = self.look(step, batch).await;
        let (mut moves, mut ended) = (vec![], vec![]);
        for owed in batch {
            match self.decide(step, owed, &account, &case, choice)? {
                Next::Write(from) => moves.push(Move {
                    number: owed.change,
                    rank: u8::MAX - owed.rank,
                    target: owed.target.clone(),
                    from,
                    to: owed.before.clone(),
                    lasting: None,
                    params: owed.params.clone(),
                }),
                Next::Ended(back) => {
                    self.note(owed, &back);
                    ended.push(((*owed).clone(), back));
                }
            }
        }
        let carrier = Carrier {
            aws: self.aws,
            step,
            case: &case,
            known: self.known,
            phase: Phase::Restore,
            record: self.record,
            stop: self.stop,
            listener: self.listener,
        };
        for (moved, outcome) in carrier.carry(moves).await {
            if let Some(owed) = batch.iter().find(|owed| owed.change == moved.number) {
                ended.push(((*owed).clone(), back(outcome)));
            }
        }
        ended.sort_by_key(|(owed, _)| owed.change);
        Ok(ended)
    }

    fn decide(
        &self,
        step: &dyn AnyStep,
        owed: &Owed,
        account: &Account,
        case: &crate::step::Case,
        choice: &Choice,
    ) -> Result<Next, BadState> {
        if self.stop.requested() {
            return Ok(Next::Ended(Back::Stopped));
        }
        let now = match step.state(&owed.target, account, case) {
            // On its way back already: nothing is sent, and it is waited for.
            Now::Settling(now) if now == owed.before => return Ok(Next::Write(now)),
            Now::Is(now) | Now::Settling(now) => now,
            Now::Vanished => return Ok(Next::Ended(Back::Vanished)),
            Now::Unknown(gap) => return Ok(Next::Ended(Back::Gap(gap))),
        };
        if now == owed.before {
            return Ok(Next::Ended(Back::AsBefore));
        }
        if let Some(why) = &owed.lasting
            && !choice.reactivate.contains(&owed.target.id)
        {
            return Ok(Next::Ended(Back::Kept(why.clone())));
        }
        if let Some(why) = step.hold_back(&owed.before, &owed.target, account, case)? {
            return Ok(Next::Ended(Back::Held(why)));
        }
        let ours = now == owed.after
            || step.passes(&owed.before, &owed.after)?.contains(&now)
            || step.passes(&owed.after, &owed.before)?.contains(&now);
        if ours && owed.announced {
            return Ok(Next::Write(now));
        }
        if !owed.announced && !ours {
            return Ok(Next::Ended(Back::AsBefore));
        }
        let shown = step.show(&now)?;
        Ok(match self.operator.drift(&Drift { owed, now: &shown }) {
            DriftAnswer::PutBack => Next::Write(now),
            DriftAnswer::Leave => Next::Ended(Back::Drifted { shown }),
            DriftAnswer::Quit => {
                self.stop.request("quit");
                Next::Ended(Back::Drifted { shown })
            }
        })
    }

    /// What needs no write is noted in the journal too, so that it is not owed for ever.
    fn note(&self, owed: &Owed, back: &Back) {
        if let (Some(record), Back::AsBefore) = (self.record, back) {
            let moved = Move {
                number: owed.change,
                rank: owed.rank,
                target: owed.target.clone(),
                from: owed.before.clone(),
                to: owed.before.clone(),
                lasting: None,
                params: owed.params.clone(),
            };
            record.ended(Phase::Restore, &moved, &Outcome::Already);
        }
    }

    /// Reads what the batch's states are made of.
    async fn look(&self, step: &dyn AnyStep, batch: &[&Owed]) -> Account {
        let targets: Vec<&Owed> = batch.to_vec();
        let mut ask = ask_for(&targets, self.brief);
        for owed in &targets {
            step.narrow(&mut ask, &owed.target);
        }
        if targets.iter().any(|owed| owed.target.vpc.is_none()) {
            ask.vpcs = None;
        }
        step.ask(&mut ask, &self.known.id, &self.brief.case(&targets[0].params, self.aws.names().clone()));
        collect::read(self.aws, self.known, &ask, &|_, _| {}).await
    }
}

/// The sections and Regions that the states of these changes are made of.
fn ask_for(owed: &[&Owed], brief: &Brief) -> Ask {
    let mut ask = Ask::default();
    for owed in owed {
        if let Some(step) = steps::find(owed.step) {
            ask.sections.extend(step.state_needs(&owed.target));
        }
    }
    let regions: BTreeSet<String> = owed.iter().filter_map(|owed| owed.target.region.clone()).collect();
    ask.regions = if regions.is_empty() { brief.scope.regions.clone() } else { Some(regions) };
    ask
}

enum Next {
    Write(Value),
    Ended(Back),
}

fn back(outcome: Outcome) -> Back {
    match outcome {
        Outcome::Done => Back::Returned,
        Outcome::Already => Back::AsBefore,
        Outcome::NotDone(failed) | Outcome::Half(failed) => Back::Failed(failed),
        Outcome::Unknown(failed) => Back::Unknown(failed),
        Outcome::Drifted { shown, .. } => Back::Drifted { shown },
        Outcome::Vanished => Back::Vanished,
        Outcome::Gap(gap) => Back::Gap(gap),
        Outcome::Stopped => Back::Stopped,
    }
}

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
        if let Some(step) = steps::find(one.step) {
            // More than the states: the simulation refuses what AWS refuses by all that the step needs.
            ask.sections.extend(step.spec().needs);
            step.ask(&mut ask, &known.id, &brief.case(&one.params, brief.names.clone()));
            step.narrow(&mut ask, &one.target);
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
        listener: &super::events::Silent,
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
    fn cut(&self, _: &super::plan::StepPlan, _: bool) -> super::confirm::Answer {
        super::confirm::Answer::Skip
    }

    fn drift(&self, _: &Drift<'_>) -> DriftAnswer {
        DriftAnswer::Leave
    }

    fn go_on_without_copy(&self, _: &str) -> bool {
        true
    }
}
