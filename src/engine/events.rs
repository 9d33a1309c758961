//! What the engine says while it works. `view/` shows it; nothing else prints.

use std::collections::BTreeSet;

use serde::Serialize;

use super::apply::Outcome;
use super::change::Change;
use super::plan::StepPlan;
use super::pull::Unseen;
use super::restore::{Back, Owed};
use super::verify::Difference;
use crate::exposure::Shift;
use crate::front::Front;
use crate::step::StepId;

/// Something that happened, as it happens.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event<'a> {
    /// Sections read, of sections asked for.
    Reading {
        done: usize,
        all: usize,
        /// The call that AWS has left without an answer the longest, when that is long.
        waiting: Option<String>,
    },
    /// The plan of one step, before the question.
    Planned {
        plan: &'a StepPlan,
    },
    /// What can get in and out before and after a stage that cuts networks, before its first question.
    Exposure {
        shift: &'a Shift,
    },
    /// What visitors of public names see before and after a stage with steps of the front door, before its
    /// first question.
    Front {
        front: &'a Front,
    },
    /// Changes written, of changes to write.
    Writing {
        step: StepId,
        done: usize,
        all: usize,
    },
    /// Changes seen to be in effect or given up, of changes written.
    Waiting {
        step: StepId,
        done: usize,
        all: usize,
    },
    /// How one change ended.
    Cut {
        change: &'a Change,
        outcome: &'a Outcome,
    },
    /// The step is over: so many calls were made for it, in so many seconds on the run's clock.
    StepDone {
        step: StepId,
        calls: u64,
        seconds: f64,
    },
    Skipped {
        step: StepId,
    },
    /// A change of a plan file that no longer fits the account.
    Stale {
        change: &'a Change,
        why: &'a str,
    },
    /// The remaining steps are planned again because something did not go as planned.
    Replanning {
        why: &'a str,
    },
    /// What is there and not cut: it appeared since the plan was made.
    SecondPass {
        changes: usize,
    },
    /// The account was read again after a stage: what is not as predicted, and what could not be read.
    Verified {
        stage: u16,
        differences: &'a [Difference],
        unread: &'a BTreeSet<Unseen>,
    },
    /// The restore of one change.
    Returned {
        owed: &'a Owed,
        back: &'a Back,
    },
    /// All of a step's changes of one kind were dealt with.
    BatchReturned {
        step: StepId,
    },
    /// Something a person should know that is not about one target.
    Note {
        text: String,
    },
}

/// Takes events as they happen.
pub trait Listener: Send + Sync {
    fn event(&self, event: &Event<'_>);

    /// Is anybody there to read a plan? Exposure is read and computed only then.
    fn reads_plans(&self) -> bool {
        true
    }
}

/// Takes nothing: for rehearsals.
pub struct Silent;

impl Listener for Silent {
    fn event(&self, _: &Event<'_>) {}

    fn reads_plans(&self) -> bool {
        false
    }
}
