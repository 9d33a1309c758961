//! Carrying out changes: write each target, read back, and let only what was read decide.
//!
//! Serves the rehearsal, the pull, the resume and the restore; only the wire and the direction
//! differ.

mod settle;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::Stop;
use super::change::Change;
use super::events::{Event, Listener};
use crate::account::{Account, Gap};
use crate::aws::ledger::Phase;
use crate::aws::{Aws, AwsError, Kind};
use crate::collect::{self, Ask};
use crate::step::{Case, Look, Now, Step, StepError, Write};

/// Writes in flight per Region.
const AT_ONCE: usize = 16;

/// A change on its way, or on its way back.
#[derive(Clone, Debug)]
pub struct Move {
    pub change: Change,
    way: Way,
}

/// Where a move starts from, and where it goes.
#[derive(Clone, Debug)]
enum Way {
    /// From the state before to the state after.
    Cut,
    /// To the state after, from the state that somebody has given the target since the cut.
    Again(Value),
    /// To the state before, from the state that the account shows now.
    Back(Value),
}

impl Move {
    /// From the state before to the state after.
    pub fn cut(change: &Change) -> Move {
        Move { change: change.clone(), way: Way::Cut }
    }

    /// To the state after, once more: somebody has undone the cut, and the target is in this state.
    pub fn again(change: &Change, now: Value) -> Move {
        Move { change: change.clone(), way: Way::Again(now) }
    }

    /// Back to the state before, from the state that the account shows now.
    pub fn back(change: &Change, now: Value) -> Move {
        Move { change: change.clone(), way: Way::Back(now) }
    }

    pub fn from(&self) -> &Value {
        match &self.way {
            Way::Cut => &self.change.before,
            Way::Again(now) | Way::Back(now) => now,
        }
    }

    pub fn to(&self) -> &Value {
        if self.is_back() { &self.change.before } else { &self.change.after }
    }

    pub fn is_again(&self) -> bool {
        matches!(self.way, Way::Again(_))
    }

    fn is_back(&self) -> bool {
        matches!(self.way, Way::Back(_))
    }

    /// Moves of a lower rank go first. On the way back ranks turn around: what was created first goes
    /// last.
    pub fn rank(&self) -> u8 {
        if self.is_back() { u8::MAX - self.change.rank } else { self.change.rank }
    }
}

/// How a move ended, by what was read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Done,
    /// It was there before anything was written.
    Already,
    /// Nothing changed; why.
    NotDone(Failed),
    /// Between the two states; why.
    Half(Failed),
    /// Written and not seen: no answer, or a state that nobody asked for.
    Unknown(Failed),
    /// Somebody changed it since it was looked at: nothing was written.
    Drifted {
        now: Value,
        shown: String,
    },
    Vanished,
    /// Could not look, so nothing was written.
    Gap(Gap),
    /// The run was stopped before its turn.
    Stopped,
}

/// Why a write failed, for people and records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// AWS's words. Attacker-controlled: escape before printing.
    pub why: String,
    /// The policy statement to add, when the call was denied.
    pub statement: Option<String>,
}

impl From<&StepError> for Failed {
    fn from(error: &StepError) -> Failed {
        let why = match error.aws() {
            Some(aws) => match aws.denied_by() {
                Some(policy) => format!(
                    "{}: {}. {policy} denies it: another Allow does not help",
                    aws.operation,
                    aws.detail().trim_end_matches('.')
                ),
                None => format!("{}: {}", aws.operation, aws.detail()),
            },
            None => error.to_string(),
        };
        Failed { why, statement: error.aws().and_then(AwsError::statement) }
    }
}

impl Outcome {
    /// As asked for, by us or before us.
    pub fn holds(&self) -> bool {
        matches!(self, Outcome::Done | Outcome::Already)
    }

    /// A sentence for a person; attacker-controlled.
    pub fn words(&self) -> String {
        match self {
            Outcome::Done => "done".into(),
            Outcome::Already => "was so already".into(),
            Outcome::NotDone(failed) => failed.why.clone(),
            Outcome::Half(failed) => format!("half done: {}", failed.why),
            Outcome::Unknown(failed) => format!("not known whether it took effect: {}", failed.why),
            Outcome::Drifted { shown, .. } => format!("changed meanwhile, now {shown}"),
            Outcome::Vanished => "is not there any more".into(),
            Outcome::Gap(gap) => format!("could not look: {}", gap.cause.words()),
            Outcome::Stopped => "not begun".into(),
        }
    }
}

/// Where a run records what it does, before it does it.
pub trait Record: Send + Sync {
    /// Durable when it returns.
    fn announce(&self, phase: Phase, moved: &Move) -> Result<(), String>;
    fn ended(&self, phase: Phase, moved: &Move, outcome: &Outcome);
    /// Was this cut announced before, by a process that did not end it?
    fn announced(&self, phase: Phase, moved: &Move) -> bool;
}

/// Carries out the moves of one step.
pub struct Carrier<'a> {
    pub aws: &'a Aws,
    pub step: &'a dyn Step,
    pub case: &'a Case,
    /// The account's identity and enabled Regions.
    pub known: &'a Account,
    pub phase: Phase,
    /// `None`: a rehearsal.
    pub record: Option<&'a dyn Record>,
    pub stop: &'a Stop,
    pub listener: &'a dyn Listener,
}

impl Carrier<'_> {
    /// Carries out the moves, rank by rank, and says how each ended.
    pub async fn carry(&self, moves: Vec<Move>) -> Vec<(Move, Outcome)> {
        if moves.is_empty() {
            return vec![];
        }
        let Some(fresh) = self.stop.unless_requested(self.read(&moves)).await else {
            return moves.into_iter().map(|moved| (moved, Outcome::Stopped)).collect();
        };
        // Nothing more is begun: what could not be read may be what another write needs.
        if let Some(said) = super::checks::signed_out(&fresh) {
            self.stop.request(&signed_out(&said));
        }
        let (mut ready, mut ended) = (BTreeMap::<u8, Vec<Move>>::new(), vec![]);
        for moved in moves {
            match self.check(&moved, &fresh) {
                None => ready.entry(moved.rank()).or_default().push(moved),
                Some(outcome) => ended.push((moved, outcome)),
            }
        }
        let all = ready.values().map(Vec::len).sum();
        let done = AtomicUsize::new(0);
        for moves in ready.into_values() {
            let written = self.write_all(moves, &done, all).await;
            ended.extend(self.settle(written).await);
        }
        ended.sort_by_key(|(moved, _)| moved.change.number);
        ended
    }

    /// Looks before writing: the plan may be minutes old.
    fn check(&self, moved: &Move, fresh: &Account) -> Option<Outcome> {
        let lens = self.step.lens(&moved.change.target);
        match lens.state(&Look::new(&moved.change.target, fresh, self.case)) {
            // On its way there: the step sends nothing that is so already, and it is waited for.
            Now::Settling(now) if lens.arrived(moved.to(), &now) => None,
            Now::Is(now) | Now::Settling(now) => {
                if lens.arrived(moved.to(), &now) {
                    // What a dead process announced is written again: it may have made something
                    // and not recorded its id.
                    let unfinished = self.record.is_some_and(|record| record.announced(self.phase, moved));
                    (!unfinished).then_some(Outcome::Already)
                } else if now == *moved.from() || self.on_the_way(moved, &now) {
                    None
                } else {
                    let shown = lens.show(&now).unwrap_or_else(|error| error.to_string());
                    Some(Outcome::Drifted { now, shown })
                }
            }
            Now::Vanished => Some(Outcome::Vanished),
            Now::Unknown(gap) => Some(Outcome::Gap(gap)),
        }
    }

    fn on_the_way(&self, moved: &Move, now: &Value) -> bool {
        let lens = self.step.lens(&moved.change.target);
        let between = |from, to| lens.is_between(from, to, now).unwrap_or(false);
        between(moved.from(), moved.to()) || between(moved.to(), moved.from())
    }

    /// Writes each move, Regions in parallel, no more of one queue at once than the step allows. The
    /// result says what the call answered.
    async fn write_all(
        &self,
        moves: Vec<Move>,
        done: &AtomicUsize,
        all: usize,
    ) -> Vec<(Move, Option<Result<(), StepError>>)> {
        let _writing = self.aws.enter(self.phase);
        let queues: BTreeMap<String, Semaphore> = moves
            .iter()
            .filter_map(|moved| self.step.lens(&moved.change.target).queue(&moved.change.target))
            .map(|(name, most)| (name, Semaphore::new(most)))
            .collect();
        let queues = &queues;
        let mut regions = BTreeMap::<Option<String>, Vec<Move>>::new();
        for moved in moves {
            regions.entry(moved.change.target.region.clone()).or_default().push(moved);
        }
        let regions = regions.into_values().map(|moves| {
            futures::stream::iter(moves)
                .map(|moved| async move {
                    let queue = self
                        .step
                        .lens(&moved.change.target)
                        .queue(&moved.change.target)
                        .and_then(|(name, _)| queues.get(&name));
                    let turn = match queue {
                        Some(queue) => queue.acquire().await.ok(),
                        None => None,
                    };
                    let answer = self.write(&moved).await;
                    drop(turn);
                    let step = self.step.spec().id;
                    let done = done.fetch_add(1, Ordering::SeqCst) + 1;
                    self.listener.event(&Event::Writing { step, done, all });
                    (moved, answer)
                })
                .buffer_unordered(AT_ONCE)
                .collect::<Vec<_>>()
        });
        futures::future::join_all(regions).await.into_iter().flatten().collect()
    }

    /// Announces and writes one move. `None`: it was not begun.
    async fn write(&self, moved: &Move) -> Option<Result<(), StepError>> {
        if self.stop.requested() {
            return None;
        }
        if let Some(record) = self.record
            && let Err(error) = record.announce(self.phase, moved)
        {
            // What cannot be recorded is not done, and nothing after it either.
            self.stop.request(&error);
            return None;
        }
        Some(self.send(moved).await)
    }

    /// Writes one move that is announced. Credentials that AWS no longer takes end the run: every
    /// further call would fail, and the run could not be gone on with.
    async fn send(&self, moved: &Move) -> Result<(), StepError> {
        let Change { target, params, .. } = &moved.change;
        let write = Write { aws: self.aws, at: target, from: moved.from(), to: moved.to(), params };
        let answer = self.step.lens(target).write(write).await;
        if let Err(StepError::Aws(error)) = &answer
            && error.kind == Kind::Credentials
        {
            self.stop.request(&signed_out(&error.detail()));
        }
        answer
    }

    /// Reads what the step's states are made of, narrowed to the targets.
    async fn read(&self, moves: &[Move]) -> Account {
        let _reading = self.aws.enter(Phase::Read);
        let sections = moves.iter().flat_map(|moved| self.step.lens(&moved.change.target).needs());
        let mut ask = Ask { sections: sections.copied().collect(), ..Ask::default() };
        let regions: BTreeSet<String> = moves.iter().filter_map(|m| m.change.target.region.clone()).collect();
        if !regions.is_empty() {
            ask.regions = Some(regions);
        }
        self.step.ask(&mut ask, &self.known.id, self.case);
        for moved in moves {
            self.step.lens(&moved.change.target).narrow(&mut ask, &moved.change.target);
        }
        if moves.iter().any(|moved| moved.change.target.vpc.is_none()) {
            ask.vpcs = None;
        }
        collect::read(self.aws, self.known, &ask, &|_, _| {}).await
    }
}

/// Why a run stops whose credentials AWS no longer takes.
pub fn signed_out(said: &str) -> String {
    format!("AWS no longer takes these credentials ({said}): sign in again, then go on")
}
