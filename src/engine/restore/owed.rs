//! The changes that a run still has to put back.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use crate::aws::Clock;
use crate::engine::change::Change;
use crate::engine::journal::Journal;
use crate::engine::plan::Plan;
use crate::step::{BadState, StepId, Target};
use crate::steps;

use super::Back;

/// A change that has to be put back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Owed {
    #[serde(flatten)]
    pub change: Change,
    /// The journal has its intent. Without one it was never begun, unless the journal's end is
    /// lost: then what looks like ours is asked about.
    pub announced: bool,
    /// It is dealt with, and looked for again: AWS never answered the call that creates it, and may
    /// have taken it after the run had looked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Newer batches are put back first.
    #[serde(skip)]
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

/// Returns the changes that a run still has to put back, newest first. If the end of the journal may be
/// lost, they include the changes of the plan that have no intent.
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
        let again = returned.contains(&intent.number);
        if again
            && step.lens(&intent.target).creates(&intent.target).is_none_or(|name| names.contains_key(&name))
        {
            continue;
        }
        all.push(Owed { change: intent.worded(step)?, announced: true, again, batch });
    }
    let last = plan.and_then(Plan::last_change);
    for change in plan.filter(|_| !journal.end_known(last)).iter().flat_map(|p| unannounced(journal, p)) {
        if returned.contains(&change.number) {
            continue;
        }
        let batch = batches.of(change.step, change.rank);
        all.push(Owed { change: change.clone(), announced: false, again: false, batch });
    }
    all.sort_by_key(|owed| std::cmp::Reverse((owed.batch, owed.change.number)));
    Ok(all)
}

/// The plan's changes that the journal has no intent of, each target once: what was planned again has
/// another number, and the first plan has the state before the run.
pub fn unannounced<'a>(journal: &Journal, plan: &'a Plan) -> Vec<&'a Change> {
    let mut seen: BTreeSet<(StepId, &Target)> =
        journal.intents().map(|intent| (intent.step, &intent.target)).collect();
    plan.changes().filter(|change| seen.insert((change.step, &change.target))).collect()
}

/// Returns the changes that a run still owes after a restore. A change that stays on purpose is not
/// owed. A change that is only looked for again is left out, and so is a change without an intent that
/// was not looked at: nobody knows whether they are owed.
pub fn open<'a>(owed: &'a [Owed], ends: &[(Owed, Back)]) -> Vec<&'a Owed> {
    let end = |owed: &Owed| {
        ends.iter().find(|(ended, _)| ended.change.number == owed.change.number).map(|(_, back)| back)
    };
    let open = |owed: &&Owed| {
        end(owed)
            .map_or(owed.change.lasting.is_none() && owed.announced && !owed.again, |back| !back.settled())
    };
    owed.iter().filter(open).collect()
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
    use crate::engine::journal::{Chain, Entry};
    use crate::engine::plan::{FORMAT, Selection, StepPlan};

    const STEP: StepId = StepId(590);

    fn target() -> Target {
        Target::new("block-public-access", "eu-west-1").region("eu-west-1")
    }

    fn plan(number: u32) -> Plan {
        let change = Change::for_test(number, STEP.0, target(), json!("off"), json!("block-bidirectional"));
        let step = StepPlan {
            step: STEP,
            params: Default::default(),
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
            actors: Default::default(),
            made_at: "2026-01-01T03:00:00Z".into(),
            selection: Selection::default(),
            steps: vec![step],
            exposure: None,
            front: None,
            access: None,
            deployers: None,
            reading: Tally::default(),
        }
    }

    #[test]
    fn a_change_that_was_planned_again_is_owed_once() {
        let first = plan(1);
        let again = plan(7).steps.remove(0).changes.remove(0);
        let line = Chain::default().line("2026-01-01T03:00:01Z", &Entry::Intent(Box::new(again))).unwrap();
        let journal = Journal::parse(&line).unwrap();
        let owed = owed(&journal, Some(&first)).unwrap();
        assert_eq!(
            owed.iter().map(|owed| (owed.change.number, owed.announced)).collect::<Vec<_>>(),
            [(7, true)]
        );
    }
}
