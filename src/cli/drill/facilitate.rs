//! A facilitated drill: who asks and who hears at the table, and its end.

use std::sync::Arc;

use super::table::Table;
use crate::cli::confirm::Prompts;
use crate::cli::session::{Session, failed};
use crate::engine::confirm::{Answer, DriftAnswer, Operator};
use crate::engine::events::{Event, Listener};
use crate::engine::plan::StepPlan;
use crate::engine::restore::{Drift, Owed};
use crate::engine::store::HANDOUT;
use crate::engine::tabletop::{Score, What};
use crate::failure::Failure;
use crate::scenario::{Moment, Question, Scenario};
use crate::view;
use crate::view::handout::Handout;
use crate::view::{Line, Tone, question};

/// Asks as [`Prompts`] does, and then why.
pub struct Facilitated {
    pub prompts: Prompts,
    pub table: Arc<Table>,
}

impl Operator for Facilitated {
    fn cut(&self, plan: &StepPlan, second_pass: bool) -> Answer {
        self.table.at(Moment::Before(plan.step.0));
        if self.table.is_interrupted() {
            return Answer::Quit;
        }
        let answer = self.prompts.cut(plan, second_pass);
        let word = match &answer {
            Answer::Cut(_) => "yes",
            Answer::Skip => "skip",
            Answer::Quit => "quit",
        };
        self.table.decided(&question::words(plan), word);
        // Ctrl-C at the reason takes the answer back.
        if self.table.is_interrupted() { Answer::Quit } else { answer }
    }

    fn drift(&self, drift: &Drift<'_>) -> DriftAnswer {
        let answer = self.prompts.drift(drift);
        let word = match answer {
            DriftAnswer::Leave => "leave",
            DriftAnswer::PutBack => "put back",
            DriftAnswer::Quit => "quit",
        };
        self.table.decided(&format!("{} was changed since the cut", drift.owed.change.target), word);
        answer
    }

    fn risk(&self, owed: &Owed, why: &str) -> bool {
        let answer = self.prompts.risk(owed, why);
        self.table.decided(&format!("Put {} back all the same?", owed.change.target), yes(answer));
        answer
    }

    fn go_on_without_copy(&self, why: &str) -> bool {
        self.prompts.go_on_without_copy(why)
    }

    fn cut_without_undo(&self, missing: &str) -> bool {
        let answer = self.prompts.cut_without_undo(missing);
        self.table.decided("Cut now, and somebody else restores?", yes(answer));
        answer
    }
}

fn yes(answer: bool) -> &'static str {
    if answer { "yes" } else { "no" }
}

/// Hears for the table what another listener shows.
pub struct Hearing {
    pub shows: Box<dyn Listener>,
    pub table: Arc<Table>,
}

impl Listener for Hearing {
    fn event(&self, event: &Event<'_>) {
        self.shows.event(event);
        self.table.heard(event);
    }

    fn reads_plans(&self) -> bool {
        self.shows.reads_plans()
    }
}

impl Table {
    /// Says what the facilitator should know before the beginning.
    pub fn welcome(&self, session: &Session, steps: &[u16]) {
        let text = "Facilitated: read aloud what stands here. Each answer is followed by \"Why?\"; look shows the \
                    account before you answer.";
        session.tell(&[Line::toned(Tone::Dim, text)]);
        for (number, inject) in self.injects.iter().enumerate() {
            if let Some(step) = inject.at.step().filter(|step| !steps.contains(step)) {
                let text =
                    format!("Inject {} waits for step {step}, which this drill does not have.", number + 1);
                session.tell(&[Line::toned(Tone::Warn, text)]);
            }
        }
    }

    /// Shows the score and writes the hand-out.
    ///
    /// # Errors
    /// When the journal cannot be read, or the hand-out not be written.
    pub fn close(
        &self,
        session: &Session,
        scenario: &Scenario,
        questions: &[&Question],
    ) -> Result<(), Failure> {
        self.measure("at the end");
        self.note(What::Ended);
        let journal = self.folder.journal().map_err(|error| failed(&error))?;
        let notes = self.notes();
        let score = Score::of(&journal, &notes, self.injects.len());
        let handout = Handout {
            scenario,
            run: &self.folder.id,
            account: &self.simulation.look(crate::account::Account::title),
            notes: &notes,
            score: &score,
            unmet: self.unmet(),
            questions,
        };
        self.folder.save_text(HANDOUT, &handout.markdown()).map_err(|error| failed(&error))?;
        let path = self.folder.path.join(HANDOUT);
        if session.json() {
            let event = serde_json::json!({ "event": "score", "score": score, "handout": path });
            session.printer.raw(&view::json::compact(&event));
        } else {
            session.out(&view::tabletop::lines(&score));
            session.out(&[Line::plain(format!("Hand-out: {}", path.display())).whole()]);
        }
        Ok(())
    }
}
