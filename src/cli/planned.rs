//! `pull --plan FILE --yes`: a yes to the file, and to nothing else.

use crate::engine::confirm::{Answer, DriftAnswer, Operator};
use crate::engine::plan::StepPlan;
use crate::engine::restore::{Drift, Owed};
use crate::view::{Line, Printer, Word};

/// Answers as another operator does, and cuts nothing that the plan file does not hold: what is read in a second
/// pass nobody has seen beforehand.
pub struct OnlyPlanned {
    pub operator: Box<dyn Operator>,
    pub printer: Printer,
}

impl Operator for OnlyPlanned {
    fn cut(&self, plan: &StepPlan, second_pass: bool) -> Answer {
        if second_pass {
            let text = "not as the plan file has it, and not cut: make a new plan for it";
            self.printer.err(&Line::step(plan.step, Word::Keep, text));
            return Answer::Skip;
        }
        self.operator.cut(plan, second_pass)
    }

    fn drift(&self, drift: &Drift<'_>) -> DriftAnswer {
        self.operator.drift(drift)
    }

    fn risk(&self, owed: &Owed, why: &str) -> bool {
        self.operator.risk(owed, why)
    }

    fn go_on_without_copy(&self, why: &str) -> bool {
        self.operator.go_on_without_copy(why)
    }

    fn cut_without_undo(&self, missing: &str) -> bool {
        self.operator.cut_without_undo(missing)
    }
}
