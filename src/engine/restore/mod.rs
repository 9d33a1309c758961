//! Putting back: the intents of a run, newest first, each by what the account says now.
//!
//! ```text
//! now = before            → nothing to do, noted
//! now = after             → ours: written back
//! now ∈ passes            → ours, half done: written back
//! anything else           → drift: shown, and asked
//! ```
//!
//! Where the end of the journal may be lost, the plan's changes without an intent are decided alike:
//! what the run meant to cut and is found cut is the run's until shown otherwise. Its intent is
//! recorded before it is put back.
//!
//! A restore never turns on what was off before, never removes what unplug did not make, and never
//! drops silently what has vanished meanwhile.

mod choice;
mod left;
mod owed;
mod recover;
mod rehearsal;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Stop;
use super::apply::{Carrier, Failed, Move, Outcome, Record};
use super::confirm::{DriftAnswer, Operator};
use super::events::{Event, Listener};
use super::plan::Brief;
use super::strangers::cut_by_another_too;
use crate::account::{Account, Actor, Gap};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::collect::{self, Ask};
use crate::step::{BadState, Case, Look, Now, Reason, Step, Target};
use crate::steps;

pub use choice::Choice;
pub use left::left_over;
pub use owed::{Owed, let_settle, open, owed};
pub use recover::unanswered;
pub(super) use recover::{adopt, is_ours};
pub use rehearsal::{LeavesDrift, RestorePlan, rehearse};

/// Why a target cannot be put back with the credentials that there are: another account holds it.
fn missing(actor: Actor, at: &Target, known: &Account) -> Option<Reason> {
    let holder = at.account.as_deref()?;
    (known.holder(actor) != holder).then(|| {
        format!("account {holder} holds it: bring the credentials of the actor {actor} ({})", actor.how())
    })
}

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
        /// What another run has to do with it, and how it ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Reason>,
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
    /// What another run has to do with it, and how it ends.
    pub why: Option<&'a str>,
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
        let chosen: Vec<&Owed> = owed.iter().filter(|owed| choice.takes(owed)).collect();
        for note in adopt(self.aws, self.known, self.brief, &chosen).await? {
            self.listener.event(&Event::Note { text: note });
        }
        let mut all: Vec<(Owed, Back)> = vec![];
        for batch in batches.into_values().rev() {
            let Some(step) = batch.first().and_then(|owed| steps::find(owed.change.step)) else { continue };
            let moved = all.iter().any(|(_, back)| *back == Back::Returned);
            let ended = self.batch(step, &batch, choice, moved).await?;
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
        step: &dyn Step,
        batch: &[&Owed],
        choice: &Choice,
        moved: bool,
    ) -> Result<Vec<(Owed, Back)>, BadState> {
        let params = batch.first().map(|owed| owed.change.params.clone()).unwrap_or_default();
        let case = self.brief.case(&params, self.aws.names().clone());
        // After a stop nothing is decided by what was read.
        let look = self.stop.unless_requested(self.look(step, batch)).await;
        let mut account = look.unwrap_or_else(|| self.known.identity());
        // What used it was put back a moment ago: a list of EC2's may be older than that.
        let used = |account: &Account| {
            let look = |at| step.lens(at).used_by(&Look::new(at, account, &case));
            batch.iter().any(|owed| look(&owed.change.target).is_some())
        };
        for pause in [1, 2, 4, 8].map(Duration::from_secs) {
            if !moved || self.stop.requested() || !used(&account) {
                break;
            }
            self.aws.clock().wait(pause).await;
            account = self.look(step, batch).await;
        }
        let (mut moves, mut ended) = (vec![], vec![]);
        for owed in batch {
            match self.decide(step, owed, &account, &case, choice)? {
                Next::Write(now) => moves.push(Move::back(&owed.change, now)),
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
            if let Some(owed) = batch.iter().find(|owed| owed.change.number == moved.change.number) {
                ended.push(((*owed).clone(), outcome.into()));
            }
        }
        ended.sort_by_key(|(owed, _)| owed.change.number);
        Ok(ended)
    }

    fn decide(
        &self,
        step: &dyn Step,
        owed: &Owed,
        account: &Account,
        case: &Case,
        choice: &Choice,
    ) -> Result<Next, BadState> {
        let kept =
            owed.change.lasting.as_ref().filter(|_| !choice.reactivate.contains(&owed.change.target.id));
        if self.stop.requested() {
            // What stays on purpose would not have been put back either.
            return Ok(Next::Ended(kept.map_or(Back::Stopped, |why| Back::Kept(why.clone()))));
        }
        let (lens, look) = (step.lens(&owed.change.target), Look::new(&owed.change.target, account, case));
        if let Some(why) = lens.actor().and_then(|actor| missing(actor, &owed.change.target, self.known)) {
            return Ok(Next::Ended(Back::Held(why)));
        }
        let now = match lens.state(&look) {
            // On its way back already: nothing is sent, and it is waited for.
            Now::Settling(now) if lens.arrived(&owed.change.before, &now) => return Ok(Next::Write(now)),
            Now::Is(now) | Now::Settling(now) => now,
            Now::Vanished => return Ok(Next::Ended(Back::Vanished)),
            Now::Unknown(gap) => return Ok(Next::Ended(Back::Gap(gap))),
        };
        if lens.arrived(&owed.change.before, &now) {
            return Ok(Next::Ended(Back::AsBefore));
        }
        if let Some(why) = kept {
            return Ok(Next::Ended(Back::Kept(why.clone())));
        }
        let held = lens.hold_back(&owed.change.before, &look)?;
        if let Some(why) = held.or_else(|| lens.used_by(&look)) {
            return Ok(Next::Ended(Back::Held(why)));
        }
        let next = if is_ours(step, owed, &now)? {
            if !self.recorded(owed) {
                return Ok(Next::Ended(Back::Stopped));
            }
            Next::Write(now)
        } else {
            let shown = lens.show(&now)?;
            let why = cut_by_another_too(&now, &owed.change.before, account, &self.brief.run);
            match self.operator.drift(&Drift { owed, now: &shown, why: why.as_deref() }) {
                DriftAnswer::PutBack => Next::Write(now),
                DriftAnswer::Leave => Next::Ended(Back::Drifted { shown, why }),
                DriftAnswer::Quit => {
                    self.stop.request("quit");
                    Next::Ended(Back::Drifted { shown, why })
                }
            }
        };
        if let Next::Write(_) = &next
            && let Some(why) = lens.danger(&owed.change.before, &look)?
            && !self.operator.risk(owed, &why)
        {
            return Ok(Next::Ended(Back::Held(why)));
        }
        Ok(next)
    }

    /// Records the intent of a change that the journal lost, before it is put back. Returns whether
    /// the journal has it.
    fn recorded(&self, owed: &Owed) -> bool {
        let Some(record) = self.record.filter(|_| !owed.announced) else { return true };
        match record.announce(Phase::Apply, &Move::cut(&owed.change)) {
            Ok(()) => true,
            Err(error) => {
                self.stop.request(&error);
                false
            }
        }
    }

    /// What needs no write is noted in the journal too, so that it is not owed for ever.
    fn note(&self, owed: &Owed, back: &Back) {
        if let (Some(record), Back::AsBefore, false) = (self.record, back, owed.again) {
            let moved = Move::back(&owed.change, owed.change.before.clone());
            record.ended(Phase::Restore, &moved, &Outcome::Already);
        }
    }

    /// Reads what the batch's states are made of.
    async fn look(&self, step: &dyn Step, batch: &[&Owed]) -> Account {
        let targets: Vec<&Owed> = batch.to_vec();
        let mut ask = ask_for(&targets, self.brief);
        for owed in &targets {
            let lens = step.lens(&owed.change.target);
            lens.narrow(&mut ask, &owed.change.target);
            ask.sections.extend(lens.danger_needs());
        }
        if targets.iter().any(|owed| owed.change.target.vpc.is_none()) {
            ask.vpcs = None;
        }
        step.ask(
            &mut ask,
            &self.known.id,
            &self.brief.case(&targets[0].change.params, self.aws.names().clone()),
        );
        collect::read(self.aws, self.known, &ask, &|_, _| {}).await
    }
}

/// The sections and Regions that the states of these changes are made of.
fn ask_for(owed: &[&Owed], brief: &Brief) -> Ask {
    let mut ask = Ask::default();
    for owed in owed {
        if let Some(step) = steps::find(owed.change.step) {
            ask.sections.extend(step.lens(&owed.change.target).needs());
        }
    }
    let regions: BTreeSet<String> =
        owed.iter().filter_map(|owed| owed.change.target.region.clone()).collect();
    ask.regions = if regions.is_empty() { brief.scope.regions.clone() } else { Some(regions) };
    ask
}

enum Next {
    Write(Value),
    Ended(Back),
}

impl From<Outcome> for Back {
    fn from(outcome: Outcome) -> Back {
        match outcome {
            Outcome::Done => Back::Returned,
            Outcome::Already => Back::AsBefore,
            Outcome::NotDone(failed) | Outcome::Half(failed) => Back::Failed(failed),
            Outcome::Unknown(failed) => Back::Unknown(failed),
            Outcome::Drifted { shown, .. } => Back::Drifted { shown, why: None },
            Outcome::Vanished => Back::Vanished,
            Outcome::Gap(gap) => Back::Gap(gap),
            Outcome::Stopped => Back::Stopped,
        }
    }
}
