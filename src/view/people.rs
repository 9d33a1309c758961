//! Events for people.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::lines::{Line, Tone, Word};
use super::plan::{at_limits, fold, step as step_lines};
use super::printer::Printer;
use crate::engine::apply::{Failed, Outcome};
use crate::engine::events::{Event, Listener};
use crate::engine::pull::Summary;
use crate::engine::restore::{Back, Owed};
use crate::engine::verify::Difference;
use crate::step::{StepId, Target};

/// Prints events as lines; alike ones are folded when their step is over.
pub struct People {
    printer: Printer,
    details: bool,
    quiet: bool,
    bar: ProgressBar,
    pending: Mutex<Vec<(Target, Word, String, Option<String>)>>,
}

impl People {
    pub fn new(printer: Printer, details: bool, quiet: bool) -> People {
        // Progress goes to stderr, and only to a terminal.
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(10) };
        let bar = ProgressBar::with_draw_target(Some(1), target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos}/{len}") {
            bar.set_style(style);
        }
        People { printer, details, quiet, bar, pending: Mutex::default() }
    }

    /// Shows how far reading is.
    pub fn reading(&self, done: usize, all: usize) {
        self.bar.set_message("reading the account");
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
        if done == all {
            self.clear();
        }
    }

    /// Takes the progress line away before something else is printed.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
        self.bar.reset();
    }

    pub fn lines(&self, lines: &[Line]) {
        self.bar.suspend(|| lines.iter().for_each(|line| self.printer.out(line)));
    }

    fn pend(&self, target: &Target, word: Word, text: String, hint: Option<String>) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.push((target.clone(), word, text, hint));
    }

    /// Prints what a step did, folded.
    pub fn flush(&self, step: StepId) {
        let pending = std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        let mut words: Vec<Word> = vec![];
        for (_, word, ..) in &pending {
            if !words.contains(word) {
                words.push(*word);
            }
        }
        let mut lines = vec![];
        for word in words {
            let items =
                pending.iter().filter(|(_, w, ..)| *w == word).map(|(at, _, text, _)| (at, text.clone()));
            lines.extend(fold(items, self.details, |target, text| {
                Line::step(step, word, format!("{target}  {text}"))
            }));
        }
        let mut hints: Vec<&String> = pending.iter().filter_map(|(.., hint)| hint.as_ref()).collect();
        hints.dedup();
        lines.extend(hints.into_iter().map(|hint| Line::detail("allow", hint.clone())));
        self.lines(&lines);
    }
}

impl Listener for People {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Reading { done, all } => self.reading(*done, *all),
            Event::Planned { plan } => self.lines(&step_lines(plan, self.details)),
            Event::Writing { step, done, all } => {
                self.bar.set_message(format!("{step} writing"));
                self.bar.set_length(*all as u64);
                self.bar.set_position(*done as u64);
            }
            Event::Cut { change, outcome } => {
                let (word, text, hint) = cut(outcome, &change.shown);
                self.pend(&change.target, word, text, hint);
            }
            Event::StepDone { step, calls, seconds } => {
                self.clear();
                self.flush(*step);
                if !self.quiet {
                    let text = format!("{calls} calls, {}", at_limits(*seconds));
                    self.lines(&[Line::detail("done", text)]);
                }
            }
            Event::Skipped { step } => {
                self.lines(&[Line::step(*step, Word::Keep, "skipped: nothing of this step was cut")]);
            }
            Event::Stale { change, why } => {
                let text = format!("{}  {why}", change.target);
                self.lines(&[Line::step(change.step, Word::Drift, text)]);
            }
            Event::Replanning { why } => {
                self.lines(&[
                    Line::new(),
                    Line::toned(Tone::Dim, format!("{why}: the rest is planned again.")),
                ]);
            }
            Event::SecondPass { changes } => self.lines(&[
                Line::new(),
                Line::toned(
                    Tone::Warn,
                    format!("{changes} more to cut have appeared since the plan was made:"),
                ),
            ]),
            Event::Verified { stage, differences } => self.lines(&verified(*stage, differences)),
            Event::Returned { owed, back } => {
                let (word, text, hint) = returned(owed, back);
                self.pend(&owed.target, word, text, hint);
                self.flush(owed.step);
            }
            Event::Note { text } => self.lines(&[Line::toned(Tone::Warn, text.clone())]),
        }
    }
}

fn cut(outcome: &Outcome, shown: &(String, String)) -> (Word, String, Option<String>) {
    let arrow = format!("{} → {}", shown.0, shown.1);
    let hint = |failed: &Failed| failed.statement.clone();
    match outcome {
        Outcome::Done => (Word::Cut, arrow, None),
        Outcome::Already => (Word::Already, "somebody else has just done it".into(), None),
        Outcome::NotDone(failed) => (Word::Failed, failed.why.clone(), hint(failed)),
        Outcome::Half(failed) | Outcome::Unknown(failed) => (Word::Unknown, outcome.words(), hint(failed)),
        Outcome::Drifted { .. } | Outcome::Vanished => (Word::Drift, outcome.words(), None),
        Outcome::Gap(_) => (Word::Gap, outcome.words(), None),
        Outcome::Stopped => (Word::Keep, "not begun: the run was stopped".into(), None),
    }
}

/// A line for one change that was to be put back.
pub fn returned(owed: &Owed, back: &Back) -> (Word, String, Option<String>) {
    let arrow = format!("{} → {}", owed.shown.1, owed.shown.0);
    match back {
        Back::Returned => (Word::Back, arrow, None),
        Back::AsBefore => (Word::Ok, format!("as before: {}", owed.shown.0), None),
        Back::Kept(why) | Back::Held(why) => (Word::Keep, format!("stays {}: {why}", owed.shown.1), None),
        Back::Drifted { shown } => (
            Word::Drift,
            format!("was {}, cut to {}, now {shown}: left as it is", owed.shown.0, owed.shown.1),
            None,
        ),
        Back::Vanished => (Word::Drift, format!("is not there any more; it was {}", owed.shown.0), None),
        Back::Gap(gap) => (Word::Gap, format!("could not look: {} {}", gap.cause.words(), gap.detail), None),
        Back::Failed(failed) => (Word::Failed, failed.why.clone(), failed.statement.clone()),
        Back::Unknown(failed) => {
            (Word::Unknown, format!("not known whether it is back: {}", failed.why), failed.statement.clone())
        }
        Back::Stopped => (Word::Keep, "not begun: the restore was stopped".into(), None),
    }
}

fn verified(stage: u16, differences: &[Difference]) -> Vec<Line> {
    if differences.is_empty() {
        return vec![Line::new().and(Tone::Good, format!("{stage}xx read again: as predicted."))];
    }
    let mut lines = vec![Line::toned(
        Tone::Warn,
        format!("{stage}xx read again: {} differ from the prediction.", differences.len()),
    )];
    for difference in differences.iter().take(10) {
        let text =
            format!("{}: predicted {}, found {}", difference.path, difference.predicted, difference.found);
        lines.push(Line::detail("differs", text));
    }
    lines
}

/// The last lines of a pull.
pub fn summary(summary: &Summary, run: &str, drill: bool) -> Vec<Line> {
    let mut lines = vec![
        Line::new(),
        Line::new().and(Tone::Bold, "Cut: ").and(
            Tone::Plain,
            format!(
                "{} of {} changes; {} kept with a reason, {} steps skipped, {} could not be looked at.",
                summary.done(),
                summary.ends.len() + summary.stale,
                summary.refused,
                summary.skipped.len(),
                summary.gaps,
            ),
        ),
        Line::plain(format!("     {} calls, {}.", summary.calls.total(), at_limits(summary.seconds))),
    ];
    if summary.not_done() > 0 {
        let text =
            format!("     NOT DONE: {} changes; each is listed above with its reason.", summary.not_done());
        lines.push(Line::toned(Tone::Bad, text));
    }
    if let Some(why) = &summary.stopped {
        lines.push(Line::toned(Tone::Bad, format!("     Stopped: {why}.")));
        if !drill {
            lines.push(Line::plain(format!("     Go on:    unplug resume {run}")));
        }
    }
    if !drill {
        lines.push(Line::plain(format!("     Put back: unplug restore {run}")));
    }
    lines
}
