//! The table of a facilitated drill: its injects, the looks, the notes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::deeds::{self, Trouble};
use super::looks;
use super::notes::Notes;
use crate::aws::Aws;
use crate::cli::confirm::{Aside, ask, decide};
use crate::cli::session::{CTRL_C, Session};
use crate::config::Config;
use crate::engine::Stop;
use crate::engine::events::Event;
use crate::engine::store::RunFolder;
use crate::engine::tabletop::{Left, Note, What};
use crate::failure::{Exit, Failure};
use crate::scenario::{Deed, Inject, Moment, Suspects};
use crate::sim::Simulation;
use crate::step::StepId;
use crate::view::{Line, Printer, Tone, paragraphs};

/// Asked after each decision.
const WHY: &str = "Why? (one line, or Enter)";
/// Where the room's answer to an inject's question is typed.
const ROOM: &str = "What does the room say? (one line, or Enter)";

/// What operator, listener and drill share.
pub struct Table {
    printer: Printer,
    stop: Stop,
    pub(super) simulation: Simulation,
    pub(super) folder: RunFolder,
    pub(super) config: Arc<Config>,
    pub(super) injects: Vec<Inject>,
    suspects: Suspects,
    notes: Mutex<Notes>,
    state: Mutex<State>,
}

/// What changes while the drill goes on.
struct State {
    /// The handle of the run, whose calls meet the injects' faults.
    aws: Aws,
    met: BTreeSet<usize>,
    trouble: Trouble,
    /// Steps of which a change is in effect.
    cut: BTreeSet<StepId>,
    /// The pull has ended: what is cut now is cut again.
    pulled: bool,
}

impl Table {
    /// # Errors
    /// When the notes cannot be written.
    pub fn begin(
        session: &Session,
        (aws, simulation): (&Aws, &Simulation),
        folder: &RunFolder,
        config: &Arc<Config>,
        (injects, suspects): (Vec<Inject>, Suspects),
    ) -> Result<Arc<Table>, Failure> {
        let notes = Notes::begin(folder, aws.clock())?;
        let state = State {
            aws: aws.clone(),
            met: BTreeSet::new(),
            trouble: Trouble::default(),
            cut: BTreeSet::new(),
            pulled: false,
        };
        let table = Table {
            printer: session.printer,
            stop: session.stop.clone(),
            simulation: simulation.clone(),
            folder: folder.clone(),
            config: config.clone(),
            injects,
            suspects,
            notes: Mutex::new(notes),
            state: Mutex::new(state),
        };
        table.measure("at the beginning");
        Ok(Arc::new(table))
    }

    /// Notes something. A drill goes on without its notes, and says so.
    pub fn note(&self, what: What) {
        let clock = self.simulation.clock();
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = notes.write(&clock, what) {
            let text = format!("The notes cannot be written: {error}. The hand-out will have them.");
            self.printer.err(&Line::toned(Tone::Alert, text));
        }
    }

    pub fn notes(&self) -> Vec<Note> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).all().to_vec()
    }

    /// Notes what is left open now.
    pub fn measure(&self, moment: &str) {
        let left = Left::of(&self.simulation.account(), self.simulation.clock().timestamp());
        self.note(What::Left { moment: moment.to_owned(), left });
    }

    /// Does AWS refuse the responder's key?
    pub fn is_revoked(&self) -> bool {
        self.state().trouble.revoked.is_some()
    }

    /// The user or role (ARN) that the inject which revoked the key names for going on.
    pub(super) fn break_glass(&self) -> Option<String> {
        match &self.injects.get(self.state().trouble.revoked?)?.does {
            Some(Deed::RevokeKey { break_glass }) => break_glass.clone(),
            _ => None,
        }
    }

    /// Goes on with another handle, whose calls AWS takes again.
    pub(super) fn hand_over(&self, aws: &Aws) {
        let mut state = self.state();
        state.aws = aws.clone();
        state.trouble.revoked = None;
        state.trouble.set(&state.aws, &self.injects);
    }

    /// Meets the injects of a moment, each once.
    pub fn at(&self, moment: Moment) {
        {
            let mut state = self.state();
            let State { aws, trouble, .. } = &mut *state;
            trouble.end(moment, aws, &self.injects);
        }
        for (number, inject) in self.injects.iter().enumerate().filter(|(_, inject)| inject.at == moment) {
            if self.is_interrupted() || !self.state().met.insert(number) {
                continue;
            }
            self.meet(number, inject);
        }
    }

    fn meet(&self, number: usize, inject: &Inject) {
        let done = inject.does.as_ref().map(|deed| self.carry_out(number, deed));
        let head = format!("Inject {} of {}, {}", number + 1, self.injects.len(), inject.at);
        self.printer.err(&Line::new());
        self.printer.err(&Line::toned(Tone::Bold, head));
        let said = |text: &str, tone| {
            paragraphs(text).into_iter().for_each(|text| self.printer.err(&Line::toned(tone, text)));
        };
        said(&inject.tell, Tone::Plain);
        let mut answer = String::new();
        if let Some(question) = &inject.ask {
            said(question, Tone::Warn);
            answer = self.ask(ROOM).unwrap_or_default();
        }
        self.note(What::Inject {
            number: number + 1,
            moment: inject.at.to_string(),
            told: inject.tell.clone(),
            asked: inject.ask.clone(),
            answer,
            done,
        });
    }

    /// Does to the simulation what an inject says. Returns it in words, for notes and hand-out.
    fn carry_out(&self, number: usize, deed: &Deed) -> String {
        if let Deed::RevertStep { step, by } = deed {
            return deeds::revert(self, StepId(*step), by);
        }
        let mut state = self.state();
        let State { aws, trouble, .. } = &mut *state;
        trouble.begin(number, deed);
        trouble.set(aws, &self.injects);
        deeds::words(deed)
    }

    /// Words that are no answer.
    pub fn aside(self: &Arc<Table>) -> Aside {
        let table = self.clone();
        Arc::new(move |typed| looks::asked(typed).map(|words| table.look(words)).is_some())
    }

    fn look(&self, words: &str) {
        let shown = if self.is_revoked() {
            let error = "AWS refuses this key: nothing can be looked at until another credential is there";
            Err(Failure::new(Exit::NoAccess, error))
        } else {
            looks::look(&self.simulation, &self.suspects, self.printer.size().columns, words)
        };
        self.note(What::Look { words: words.to_owned(), seen: shown.is_ok() });
        match shown {
            Ok(lines) => lines.iter().for_each(|line| self.printer.err(line)),
            Err(failure) => {
                self.printer.err(&Line::toned(Tone::Warn, failure.error));
                failure.hints.into_iter().for_each(|hint| self.printer.err(&Line::detail("hint", hint)));
            }
        }
    }

    /// A line from the room, which may look around first. Ctrl-C ends the drill.
    fn ask(&self, question: &str) -> Option<String> {
        loop {
            let answer = ask(self.printer, question);
            match answer.as_deref().map(looks::asked) {
                None => {
                    self.stop.request(CTRL_C);
                    return None;
                }
                Some(Some(words)) => self.look(words),
                Some(None) => return answer,
            }
        }
    }

    /// A question of the drill, with its reason. `None` when they pressed Ctrl-C.
    pub fn yes_or_no(&self, question: &str, default: bool) -> Option<bool> {
        let answer = decide(question, default, |question| self.ask(question))?;
        self.decided(question, if answer { "yes" } else { "no" });
        (!self.is_interrupted()).then_some(answer)
    }

    /// Asks why, and notes the decision.
    pub fn decided(&self, question: &str, answer: &str) {
        if self.is_interrupted() {
            return;
        }
        let why = ask(self.printer, WHY);
        if why.is_none() {
            self.stop.request(CTRL_C);
        }
        let (question, answer) = (question.to_owned(), answer.to_owned());
        self.note(What::Decision { question, answer, why: why.unwrap_or_default() });
    }

    pub fn is_interrupted(&self) -> bool {
        self.stop.why().is_some_and(|why| why == CTRL_C)
    }

    /// Hears what the engine does: notes the first change of each step, and meets the injects after it.
    pub fn heard(&self, event: &Event<'_>) {
        if self.state().pulled {
            return;
        }
        match event {
            // Nothing to ask about.
            Event::Planned { plan } if plan.changes.is_empty() => {
                self.at(Moment::Before(plan.step.0));
                self.at(Moment::After(plan.step.0));
            }
            Event::Cut { change, outcome } if outcome.holds() => {
                let is_first = self.state().cut.insert(change.step);
                if is_first {
                    self.note(What::Cut { step: change.step });
                }
            }
            // With a refused key nothing of it was done: it is asked about again.
            Event::StepDone { step, .. } if !self.is_revoked() => {
                self.measure(&format!("after {step}"));
                self.at(Moment::After(step.0));
            }
            Event::Skipped { step } => self.at(Moment::After(step.0)),
            _ => {}
        }
    }

    /// The pull has ended.
    pub fn pulled(&self) {
        self.state().pulled = true;
        self.at(Moment::AfterLastCut);
    }

    /// The injects that were not met, with their numbers from 1.
    pub fn unmet(&self) -> Vec<(usize, &Inject)> {
        let met = self.state().met.clone();
        let all = self.injects.iter().enumerate();
        all.filter(|(number, _)| !met.contains(number)).map(|(number, inject)| (number + 1, inject)).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
