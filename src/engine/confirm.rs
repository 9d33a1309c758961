//! A confirmation is a value: one step of one plan, made in one place and spent once.

use super::plan::StepPlan;
use super::restore::Drift;
use crate::step::StepId;

/// The permission to cut one step as it was shown.
#[derive(Debug)]
pub struct Confirmed {
    step: StepId,
    hash: Option<String>,
}

impl Confirmed {
    /// Only `cli/confirm` and tests may say that a person, or `--yes`, has agreed.
    pub fn by_operator(plan: &StepPlan) -> Confirmed {
        Confirmed { step: plan.step, hash: plan.hash() }
    }

    fn fits(&self, plan: &StepPlan) -> bool {
        self.step == plan.step && self.hash.is_some() && self.hash == plan.hash()
    }
}

/// The answer to "cut this step?".
#[derive(Debug)]
pub enum Answer {
    Cut(Confirmed),
    Skip,
    Quit,
}

impl Answer {
    /// Spends the confirmation. One for another plan is as good as none.
    pub(super) fn spend(self, plan: &StepPlan) -> Granted {
        match self {
            Answer::Cut(confirmed) if confirmed.fits(plan) => Granted::Yes,
            Answer::Cut(_) | Answer::Skip => Granted::No,
            Answer::Quit => Granted::Quit,
        }
    }
}

pub(super) enum Granted {
    Yes,
    No,
    Quit,
}

/// What to do with a target that somebody changed since the cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftAnswer {
    Leave,
    PutBack,
    Quit,
}

/// Asks the operator. Implemented by prompts, by `--yes`, and by tests.
pub trait Operator: Send + Sync {
    fn cut(&self, plan: &StepPlan, second_pass: bool) -> Answer;
    fn drift(&self, drift: &Drift<'_>) -> DriftAnswer;
    /// The copy of the journal can no longer be written. Go on with the local one?
    fn go_on_without_copy(&self, why: &str) -> bool;
    /// The caller may cut and may not put back: these actions are missing. Cut now, and somebody
    /// else restores?
    fn cut_without_undo(&self, _missing: &str) -> bool {
        true
    }
}
