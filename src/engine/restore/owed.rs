//! What a run still owes.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::aws::Clock;
use crate::engine::journal::Journal;
use crate::engine::plan::Plan;
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
    /// Newer batches are put back first.
    pub(super) batch: usize,
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

/// What a run still owes, newest first. A run that did not end by itself may have lost the end of
/// its journal: then the plan's changes without an intent are looked at too.
///
/// # Errors
/// When a state is not one of its step's.
pub fn owed(journal: &Journal, plan: Option<&Plan>) -> Result<Vec<Owed>, BadState> {
    let returned = journal.returned();
    let mut all = vec![];
    let mut batches = Batches::default();
    for intent in journal.intents() {
        let batch = batches.of(intent.step, intent.rank);
        if returned.contains(&intent.change) {
            continue;
        }
        let Some(step) = steps::find(intent.step) else { continue };
        all.push(Owed {
            change: intent.change,
            step: intent.step,
            rank: intent.rank,
            target: intent.target.clone(),
            shown: (step.show(&intent.before)?, step.show(&intent.after)?),
            before: intent.before.clone(),
            after: intent.after.clone(),
            lasting: intent.lasting.clone(),
            params: intent.params.clone(),
            announced: true,
            batch,
        });
    }
    // By target: what was planned again has another number than in the plan that was stored first.
    let announced: BTreeSet<(StepId, &Target)> =
        journal.intents().map(|intent| (intent.step, &intent.target)).collect();
    for step in plan.filter(|_| !journal.closed()).iter().flat_map(|plan| &plan.steps) {
        for change in step.changes.iter().filter(|change| !announced.contains(&(change.step, &change.target)))
        {
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
                params: step.params.clone(),
                announced: false,
                batch,
            });
        }
    }
    all.sort_by_key(|owed| std::cmp::Reverse((owed.batch, owed.change)));
    Ok(all)
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
            before: json!({ "mode": "off" }),
            after: json!({ "mode": "block-bidirectional" }),
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
