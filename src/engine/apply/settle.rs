//! Reading back what was written until it has settled: only what is read decides.
//!
//! ```text
//! read back      the call said             verdict
//! as wanted      anything                  done
//! as before      refused, time may help    written again, for a while
//! as before      refused                   not done
//! as before      accepted, or no answer    unknown
//! on the way     anything                  written again at once, then half done
//! anything else  refused                   somebody else changed it: drift
//! anything else  accepted, or no answer    unknown
//! ```

use std::time::Duration;

use serde_json::Value;

use super::{Carrier, Failed, Move, Outcome};
use crate::account::{Account, Cause};
use crate::aws::Kind;
use crate::engine::events::Event;
use crate::step::{Look, Now, StepError};

/// How long to wait for a call without an answer, and for a state that waiting will not change.
const SHOWS_WITHIN: Duration = Duration::from_secs(20);
/// How long a write is sent again that AWS refuses because it cannot find something. EC2 is
/// consistent per host: one host shows a new group, another does not know it for some seconds.
///
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
const FOUND_WITHIN: Duration = Duration::from_secs(30);
/// How long a write is sent again that AWS refuses because it is at another change.
const FREE_WITHIN: Duration = Duration::from_secs(120);

/// A write that has not settled.
struct Open {
    moved: Move,
    error: Option<StepError>,
    /// Sent again because it was half done.
    finished: bool,
    written_ms: u64,
    /// When AWS first refused it for a reason that time may remove.
    refused_ms: Option<u64>,
}

enum Judged {
    Wait,
    /// Refused for a reason that time may remove.
    Again,
    Ended(Outcome),
}

impl Carrier<'_> {
    /// Reads back until every target has settled or its time is up.
    pub(super) async fn settle(
        &self,
        written: Vec<(Move, Option<Result<(), StepError>>)>,
    ) -> Vec<(Move, Outcome)> {
        let mut ended = vec![];
        let mut open = vec![];
        for (moved, answer) in written {
            match answer {
                None => ended.push((moved, Outcome::Stopped)),
                Some(answer) => {
                    let written_ms = self.aws.clock().now_ms();
                    let error = answer.err();
                    open.push(Open { moved, error, finished: false, written_ms, refused_ms: None });
                }
            }
        }
        let mut wait = Duration::from_millis(500);
        let (step, all) = (self.step.spec().id, open.len());
        while !open.is_empty() {
            let moves: Vec<Move> = open.iter().map(|open| open.moved.clone()).collect();
            let account = self.read(&moves).await;
            let now = self.aws.clock().now_ms();
            let mut still = vec![];
            for mut item in open {
                match self.judge(&item, &account, now) {
                    Judged::Wait => still.push(item),
                    Judged::Again if !self.stop.requested() => {
                        item.refused_ms.get_or_insert(now);
                        self.write_again(&mut item).await;
                        still.push(item);
                    }
                    // Half done may mean more open than before: it is finished at once.
                    Judged::Ended(Outcome::Half(_)) if !item.finished && !self.stop.requested() => {
                        item.finished = true;
                        self.write_again(&mut item).await;
                        still.push(item);
                    }
                    Judged::Again => {
                        let failed = failed(&item);
                        ended.push((item.moved, Outcome::NotDone(failed)));
                    }
                    Judged::Ended(outcome) => {
                        self.say_what_it_lacks(&item.moved, &outcome, &account);
                        ended.push((item.moved, outcome));
                    }
                }
            }
            open = still;
            self.listener.event(&Event::Waiting { step, done: all - open.len(), all });
            if !open.is_empty() {
                self.aws.clock().wait(wait).await;
                wait = (wait * 2).min(Duration::from_secs(10));
            }
        }
        if let Some(record) = self.record {
            for (moved, outcome) in &ended {
                record.ended(self.phase, moved, outcome);
            }
        }
        ended
    }

    /// Says what a target that is done lacks for good.
    fn say_what_it_lacks(&self, moved: &Move, outcome: &Outcome, account: &Account) {
        let (lens, target) = (self.step.lens(&moved.change.target), &moved.change.target);
        if let (Outcome::Done, Now::Is(now)) = (outcome, lens.state(&Look::new(target, account, self.case)))
            && let Some(lacks) = lens.lacks(moved.to(), &now)
        {
            let name = target.label.as_deref().unwrap_or(&target.id);
            self.listener.event(&Event::Note { text: format!("{} {name}: {lacks}", target.kind) });
        }
    }

    async fn write_again(&self, item: &mut Open) {
        let _writing = self.aws.enter(self.phase);
        item.error = self.send(&item.moved).await.err();
        item.written_ms = self.aws.clock().now_ms();
    }

    fn judge(&self, item: &Open, account: &Account, now_ms: u64) -> Judged {
        let ambiguous = item.error.as_ref().and_then(StepError::aws).is_some_and(|e| e.maybe_applied);
        let lens = self.step.lens(&item.moved.change.target);
        let now = lens.state(&Look::new(&item.moved.change.target, account, self.case));
        let deadline = match (&item.error, ambiguous) {
            (None, _) => self.patience(&item.moved, &now),
            (Some(_), true) => SHOWS_WITHIN,
            (Some(_), false) => Duration::ZERO,
        };
        let late = passed(item.written_ms, now_ms, deadline);
        match now {
            Now::Is(now) if lens.arrived(item.moved.to(), &now) => Judged::Ended(Outcome::Done),
            Now::Settling(now) if lens.arrived(item.moved.to(), &now) && late => {
                Judged::Ended(Outcome::Unknown(failed(item)))
            }
            _ if !late => Judged::Wait,
            Now::Is(now) | Now::Settling(now) if now == *item.moved.from() => {
                // A call without an answer may still be on its way inside AWS.
                if ambiguous || item.error.is_none() {
                    Judged::Ended(Outcome::Unknown(failed(item)))
                } else if worth_another(item, now_ms) {
                    Judged::Again
                } else {
                    Judged::Ended(Outcome::NotDone(failed(item)))
                }
            }
            Now::Is(now) | Now::Settling(now) if self.on_the_way(&item.moved, &now) => {
                if worth_another(item, now_ms) {
                    Judged::Again
                } else {
                    Judged::Ended(Outcome::Half(failed(item)))
                }
            }
            Now::Is(now) | Now::Settling(now) => {
                // AWS took nothing, and it is not as it was looked at: somebody else is at work.
                let refused = item.error.as_ref().and_then(StepError::aws).is_some() && !ambiguous;
                Judged::Ended(if refused {
                    let shown = lens.show(&now).unwrap_or_default();
                    Outcome::Drifted { now, shown }
                } else {
                    Outcome::Unknown(failed(item))
                })
            }
            Now::Vanished => Judged::Ended(Outcome::Vanished),
            Now::Unknown(gap) => Judged::Ended(Outcome::Unknown(Failed {
                why: format!("could not read back: {}", gap.cause.words()),
                statement: None,
            })),
        }
    }

    /// How long to wait for an accepted write: 20 s if the caller may not read, or if the target
    /// settled in a third state; the step's limit for that (90 s) while it shows the old state; otherwise the step's own limit.
    fn patience(&self, moved: &Move, now: &Now<Value>) -> Duration {
        let lens = self.step.lens(&moved.change.target);
        let in_full = lens.settles_within();
        match now {
            Now::Unknown(gap) if !matches!(gap.cause, Cause::Unreachable | Cause::Throttled) => SHOWS_WITHIN,
            Now::Is(now) if *now == *moved.from() => in_full.min(lens.moves_within()),
            Now::Is(now) if *now != *moved.to() => SHOWS_WITHIN,
            _ => in_full,
        }
    }
}

fn failed(item: &Open) -> Failed {
    match &item.error {
        Some(error) => Failed::from(error),
        None => Failed { why: "accepted, and not in effect in time".into(), statement: None },
    }
}

/// Was the write refused for a reason that time may remove, and not for too long? A refusal is an
/// answer: sending again is safe.
fn worth_another(item: &Open, now_ms: u64) -> bool {
    let Some(error) = item.error.as_ref().and_then(StepError::aws) else { return false };
    let within = match error.kind {
        Kind::Gone => FOUND_WITHIN,
        Kind::Conflict | Kind::Throttled => FREE_WITHIN,
        _ => return false,
    };
    !error.maybe_applied && !item.refused_ms.is_some_and(|since| passed(since, now_ms, within))
}

fn passed(since_ms: u64, now_ms: u64, within: Duration) -> bool {
    u128::from(now_ms.saturating_sub(since_ms)) >= within.as_millis()
}
