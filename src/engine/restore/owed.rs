//! What a run still owes.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::aws::Clock;
use crate::engine::apply::Move;
use crate::engine::journal::Journal;
use crate::engine::plan::{Change, Plan};
use crate::step::{BadState, Params, Reason, StepId, Target};
use crate::steps;

/// A change that has to be put back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owed {
    pub change: u32,
    pub step: StepId,
    pub rank: u8,
    pub target: Target,
    pub before: Value,
    pub after: Value,
    /// The two states in words.
    pub shown: (String, String),
    pub lasting: Option<Reason>,
    pub params: Params,
    /// The journal has its intent. Without one it was never begun, unless the journal's end is
    /// lost: then what looks like ours is asked about.
    pub announced: bool,
    /// It is dealt with, and looked for again: AWS never answered the call that creates it, and may
    /// have taken it after the run had looked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Newer batches are put back first.
    pub(super) batch: usize,
}

impl Owed {
    /// The cut that it came from.
    pub(crate) fn cut(&self) -> Move {
        Move {
            number: self.change,
            rank: self.rank,
            target: self.target.clone(),
            from: self.before.clone(),
            to: self.after.clone(),
            lasting: self.lasting.clone(),
            params: self.params.clone(),
        }
    }
}

/// How long a call that was sent when the process died may take to show, after the last line of
/// the journal. EC2 shows a new resource to everybody within seconds, not at once.
const SHOWS_WITHIN_MS: u64 = 8_000;

/// Waits for what a process that died had sent and not seen answered. Looking earlier could find
/// nothing of a group that is about to appear, and leave it behind.
///
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
pub async fn let_settle(clock: &Clock, journal: &Journal) {
    let since = clock.now_ms().saturating_sub(journal.last_at_ms);
    if journal.in_flight() && since < SHOWS_WITHIN_MS {
        clock.wait(Duration::from_millis(SHOWS_WITHIN_MS - since)).await;
    }
}

/// What a run still owes, newest first. Where the end of its journal may be lost, the plan's changes
/// without an intent are among it.
///
/// # Errors
/// When a state is not one of its step's.
pub fn owed(journal: &Journal, plan: Option<&Plan>) -> Result<Vec<Owed>, BadState> {
    let (returned, names) = (journal.returned(), journal.names());
    let mut all = vec![];
    let mut batches = Batches::default();
    for intent in journal.intents() {
        let batch = batches.of(intent.step, intent.rank);
        let Some(step) = steps::find(intent.step) else { continue };
        let again = returned.contains(&intent.change);
        if again
            && step.lens(&intent.target).creates(&intent.target).is_none_or(|name| names.contains_key(&name))
        {
            continue;
        }
        all.push(Owed {
            change: intent.change,
            step: intent.step,
            rank: intent.rank,
            target: intent.target.clone(),
            shown: {
                let lens = step.lens(&intent.target);
                (lens.show(&intent.before)?, lens.show(&intent.after)?)
            },
            before: intent.before.clone(),
            after: intent.after.clone(),
            lasting: intent.lasting.clone(),
            params: intent.params.clone(),
            announced: true,
            again,
            batch,
        });
    }
    let last = plan.and_then(Plan::last_change);
    for (params, change) in
        plan.filter(|_| !journal.end_known(last)).iter().flat_map(|p| unannounced(journal, p))
    {
        if returned.contains(&change.number) {
            continue;
        }
        let batch = batches.of(change.step, change.rank);
        all.push(Owed {
            change: change.number,
            step: change.step,
            rank: change.rank,
            target: change.target.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
            shown: change.shown.clone(),
            lasting: change.lasting.clone(),
            params: params.clone(),
            announced: false,
            again: false,
            batch,
        });
    }
    all.sort_by_key(|owed| std::cmp::Reverse((owed.batch, owed.change)));
    Ok(all)
}

/// The plan's changes that the journal has no intent of, each target once: what was planned again has
/// another number, and the first plan has the state before the run.
pub fn unannounced<'a>(journal: &Journal, plan: &'a Plan) -> Vec<(&'a Params, &'a Change)> {
    let mut seen: BTreeSet<(StepId, &Target)> =
        journal.intents().map(|intent| (intent.step, &intent.target)).collect();
    let steps = plan.steps.iter();
    let all = steps.flat_map(|step| step.changes.iter().map(move |change| (&step.params, change)));
    all.filter(|(_, change)| seen.insert((change.step, &change.target))).collect()
}

/// Numbers runs of entries with the same step and rank.
#[derive(Default)]
struct Batches {
    last: Option<(StepId, u8)>,
    number: usize,
}

impl Batches {
    fn of(&mut self, step: StepId, rank: u8) -> usize {
        if self.last != Some((step, rank)) {
            self.last = Some((step, rank));
            self.number += 1;
        }
        self.number
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::ledger::Tally;
    use crate::engine::journal::{Chain, Entry, Intent};
    use crate::engine::plan::{Change, FORMAT, Selection, StepPlan};

    const STEP: StepId = StepId(590);

    fn target() -> Target {
        Target::new("block-public-access", "eu-west-1").region("eu-west-1")
    }

    fn plan(number: u32) -> Plan {
        let change = Change {
            number,
            step: STEP,
            rank: 1,
            target: target(),
            before: json!("off"),
            after: json!("block-bidirectional"),
            shown: ("off".into(), "blocked both ways".into()),
            lasting: None,
        };
        let step = StepPlan {
            step: STEP,
            params: Params::default(),
            findings: vec![],
            changes: vec![change],
            already: vec![],
            refused: vec![],
            gaps: vec![],
            calls: Tally::default(),
            undo_calls: Tally::default(),
            waits_ms: 0,
        };
        Plan {
            format: FORMAT,
            account: "111111111111".into(),
            alias: None,
            made_at: "2026-01-01T03:00:00Z".into(),
            selection: Selection::default(),
            steps: vec![step],
            exposure: None,
            reading: Tally::default(),
        }
    }

    #[test]
    fn what_was_planned_again_is_owed_once() {
        let first = plan(1);
        let again = plan(7).steps.remove(0).changes.remove(0);
        let intent = Intent {
            change: again.number,
            step: STEP,
            rank: 1,
            target: again.target,
            before: again.before,
            after: again.after,
            lasting: None,
            params: Params::default(),
        };
        let line = Chain::default().line("2026-01-01T03:00:01Z", &Entry::Intent(Box::new(intent))).unwrap();
        let journal = Journal::parse(&line).unwrap();
        let owed = owed(&journal, Some(&first)).unwrap();
        assert_eq!(owed.iter().map(|owed| (owed.change, owed.announced)).collect::<Vec<_>>(), [(7, true)]);
    }
}
