//! Events for people.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::exposure::shift as shift_lines;
use super::fold::{Alike, FEW, NEVER, Row, fold_by, list};
use super::front::details as front_lines;
use super::lines::{Line, Tone, Word};
use super::plan::{Depth, step as step_lines};
use super::printer::Printer;
use super::value::short;
use super::{agree, count};
use crate::engine::apply::{Failed, Outcome};
use crate::engine::change::Change;
use crate::engine::events::{Event, Listener};
use crate::engine::pull::Unseen;
use crate::engine::restore::{Back, Owed};
use crate::engine::verify::Difference;
use crate::step::{StepId, Target};

/// A line that waits for its step to end.
struct Queued {
    target: Target,
    word: Word,
    remark: Remark,
}

/// A remark on one target: what it was, what it became or why not, and how to put it right.
pub struct Remark {
    pub was: Option<String>,
    pub text: String,
    pub hint: Option<String>,
}

impl Remark {
    fn only(text: impl Into<String>) -> Remark {
        Remark { was: None, text: text.into(), hint: None }
    }

    fn failed(text: impl Into<String>, failed: &Failed) -> Remark {
        Remark { was: None, text: text.into(), hint: failed.statement.clone() }
    }

    fn arrow(from: &str, to: &str) -> Remark {
        Remark { was: Some(from.to_owned()), text: to.to_owned(), hint: None }
    }
}

/// Prints events as lines; alike ones are folded when their step is over.
pub struct People {
    printer: Printer,
    details: bool,
    quiet: bool,
    bar: Mutex<Option<ProgressBar>>,
    queued: Mutex<Vec<Queued>>,
}

impl People {
    pub fn new(printer: Printer, details: bool, quiet: bool) -> People {
        People { printer, details, quiet, bar: Mutex::default(), queued: Mutex::default() }
    }

    /// Shows how far reading is.
    pub fn reading(&self, done: usize, all: usize, waiting: Option<&str>) {
        let what = waiting.map_or_else(String::new, |call| format!(", {call}"));
        self.progress(&format!("reading the account{what}"), done, all);
    }

    /// Shows how many calls a trace has made: how many it takes is not known beforehand.
    pub fn tracing(&self, calls: usize, waiting: Option<&str>) {
        let what = waiting.map_or_else(String::new, |call| format!(", {call}"));
        self.progress(&format!("calls made to read CloudTrail's events{what}"), calls, calls + 1);
    }

    /// Progress goes to stderr, only to a terminal, and away when it is complete.
    fn progress(&self, what: &str, done: usize, all: usize) {
        if self.quiet || done == all {
            return self.clear();
        }
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr_with_hz(10));
            let style = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg}");
            style.map_or(bar.clone(), |style| bar.with_style(style))
        });
        bar.set_message(what.to_owned());
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    }

    /// Takes the progress line away before something else is printed.
    pub fn clear(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }

    pub fn lines(&self, lines: &[Line]) {
        self.clear();
        lines.iter().for_each(|line| self.printer.out(line));
    }

    fn queue(&self, target: &Target, (word, remark): (Word, Remark)) {
        let queued = Queued { target: target.clone(), word, remark };
        self.queued.lock().unwrap_or_else(PoisonError::into_inner).push(queued);
    }

    /// Prints what a step cut: the plan has listed its changes, so what went as planned is counted,
    /// and what did not is shown.
    fn flush_cuts(&self, step: StepId, calls: u64) {
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        let all = queued.len();
        let as_planned = Word::of(step);
        let done = queued.iter().filter(|queued| queued.word == as_planned).count();
        if !self.details {
            queued.retain(|queued| queued.word != as_planned);
        }
        drop(queued);
        self.flush(step);
        let calls = if self.details { format!("; {calls} calls") } else { String::new() };
        let text = format!("done: {done} of {}{calls}", count(all, "change"));
        self.lines(&[Line::step(step, if done == all { Word::Ok } else { Word::Find }, text)]);
    }

    /// Prints what a step did, folded.
    pub fn flush(&self, step: StepId) {
        let queued = std::mem::take(&mut *self.queued.lock().unwrap_or_else(PoisonError::into_inner));
        let items: Vec<_> = queued.iter().map(|p| (&p.target, p.word, &p.remark)).collect();
        self.lines(&lines_for(step, &items, self.details));
    }
}

/// Lines for remarks on the targets of a step, with alike ones folded and each hint once at the end.
pub fn lines_for(step: StepId, items: &[(&Target, Word, &Remark)], details: bool) -> Vec<Line> {
    let mut words: Vec<Word> = vec![];
    for (_, word, _) in items {
        if !words.contains(word) {
            words.push(*word);
        }
    }
    let mut lines = vec![];
    for word in words {
        let of_word = items.iter().filter(|(_, w, _)| *w == word);
        let items = of_word.map(|(target, _, remark)| Row {
            step,
            target,
            was: remark.was.as_deref(),
            text: remark.text.clone(),
        });
        // What stays as it is has its reason to be read, not each name.
        let most = match word {
            _ if details => NEVER,
            Word::Keep | Word::Stay | Word::Already => 1,
            _ => FEW,
        };
        let alike = if word == Word::Back { Alike::Past } else { Alike::Future };
        lines.extend(fold_by(alike, items, most, |target, text| {
            Line::step(step, word, format!("{target}  {text}"))
        }));
    }
    let mut hints: Vec<&String> = items.iter().filter_map(|(.., remark)| remark.hint.as_ref()).collect();
    hints.sort_unstable();
    hints.dedup();
    lines.extend(hints.into_iter().map(|hint| Line::detail("allow", hint.clone()).whole()));
    lines
}

impl Listener for People {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Reading { done, all, waiting } => self.reading(*done, *all, waiting.as_deref()),
            Event::Front { front } => self.lines(&front_lines(front)),
            Event::Exposure { shift } => self.lines(&shift_lines(shift)),
            Event::Planned { plan } => {
                self.lines(&step_lines(plan, if self.details { Depth::Each } else { Depth::Full }));
            }
            Event::Writing { step, done, all } => self.progress(&format!("{step} writing"), *done, *all),
            Event::Waiting { step, done, all } => {
                self.progress(&format!("{step} waiting until it is in effect"), *done, *all);
            }
            Event::Cut { change, outcome } => {
                self.queue(&change.target, cut_remark(outcome, change));
            }
            Event::StepDone { step, calls, .. } => {
                self.clear();
                self.flush_cuts(*step, *calls);
            }
            Event::Skipped { step } => {
                let done = if Word::of(*step) == Word::Save { "saved" } else { "cut" };
                let text = format!("skipped: nothing of this step was {done}");
                self.lines(&[Line::step(*step, Word::Keep, text)]);
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
                    format!("{} appeared since the plan was made:", agree(*changes, "change", "has", "have")),
                ),
            ]),
            Event::Verified { stage, differences, unread } => {
                self.lines(&verified(*stage, differences, unread));
            }
            Event::Returned { owed, back } => {
                self.queue(&owed.change.target, return_remark(owed, back));
            }
            Event::BatchReturned { step } => {
                self.clear();
                self.flush(*step);
            }
            Event::Note { text } => self.lines(&[Line::toned(Tone::Warn, text.clone())]),
        }
    }
}

fn cut_remark(outcome: &Outcome, change: &Change) -> (Word, Remark) {
    match outcome {
        Outcome::Done => (Word::of(change.step), Remark::arrow(&change.shown.0, &change.shown.1)),
        Outcome::Already => (Word::Already, Remark::only("somebody else has just done it")),
        Outcome::NotDone(failed) => (Word::Failed, Remark::failed(failed.why.clone(), failed)),
        Outcome::Half(failed) | Outcome::Unknown(failed) => {
            (Word::Unknown, Remark::failed(outcome.words(), failed))
        }
        Outcome::Drifted { .. } | Outcome::Vanished => (Word::Drift, Remark::only(outcome.words())),
        Outcome::Gap(_) => (Word::Gap, Remark::only(outcome.words())),
        Outcome::Stopped => (Word::Keep, Remark::only("not begun: the run was stopped")),
    }
}

/// The remark on one change that was to be put back.
pub fn return_remark(owed: &Owed, back: &Back) -> (Word, Remark) {
    let (before, after) = (&owed.change.shown.0, &owed.change.shown.1);
    match back {
        Back::Returned => (Word::Back, Remark::arrow(after, before)),
        Back::AsBefore => (Word::Ok, Remark::only(format!("as before: {before}"))),
        Back::Kept(why) if Word::of(owed.change.step) == Word::Save => {
            (Word::Stay, Remark::only(why.clone()))
        }
        Back::Kept(why) => (Word::Stay, Remark::only(format!("as cut: {why}"))),
        Back::Held(why) => (Word::Keep, Remark::only(format!("not put back now, and owed: {why}"))),
        Back::Drifted { shown, why } => {
            let why = why.as_ref().map(|why| format!("; {why}")).unwrap_or_default();
            (
                Word::Drift,
                Remark::only(format!("was {before}, cut to {after}, now {shown}: left as it is{why}")),
            )
        }
        Back::Vanished => (Word::Drift, Remark::only(format!("is not there any more; it was {before}"))),
        Back::Gap(gap) => {
            (Word::Gap, Remark::only(format!("could not look: {} {}", gap.cause.words(), gap.detail)))
        }
        Back::Failed(failed) => (Word::Failed, Remark::failed(failed.why.clone(), failed)),
        Back::Unknown(failed) => {
            (Word::Unknown, Remark::failed(format!("not known whether it is back: {}", failed.why), failed))
        }
        Back::Stopped => (Word::Keep, Remark::only("not begun: the restore was stopped")),
    }
}

fn verified(stage: u16, differences: &[Difference], unread: &BTreeSet<Unseen>) -> Vec<Line> {
    let mut lines = unseen(unread);
    match (differences.len(), unread.is_empty()) {
        (0, true) => {
            lines.push(Line::new().and(Tone::Good, format!("{stage}xx read again: as predicted.")));
        }
        (0, false) => {
            let text = format!(
                "{stage}xx read again: {} could not be looked at, so what was cut there is not proven; the \
                 rest is as predicted.",
                count(unread.len(), "section")
            );
            lines.push(Line::toned(Tone::Warn, text));
        }
        (n, _) => {
            let text = agree(n, "value", "differs", "differ");
            let text = format!("{stage}xx read again: {text} from the prediction.");
            lines.push(Line::toned(Tone::Warn, text));
        }
    }
    for difference in differences.iter().take(10) {
        let (predicted, found) = (short(&difference.predicted), short(&difference.found));
        let text = format!("{}: predicted {predicted}, found {found}", difference.path);
        lines.push(Line::detail("differs", text));
    }
    if differences.len() > 10 {
        lines.push(Line::detail("", format!("and {} more", differences.len() - 10)));
    }
    lines
}

/// What could not be read after the cut, the same in several Regions once.
fn unseen(unread: &BTreeSet<Unseen>) -> Vec<Line> {
    const NOT_ALL: &str = "something";
    let mut by_what = BTreeMap::<(StepId, (&str, &str)), Vec<&str>>::new();
    for unseen in unread {
        let what = unseen.section.map_or((NOT_ALL, &*unseen.detail), |section| (section.title(), ""));
        by_what.entry((unseen.step, what)).or_default().extend(unseen.region.as_deref());
    }
    let line = |((step, (what, detail)), mut regions): ((StepId, (&str, &str)), Vec<&str>)| {
        regions.sort_unstable();
        regions.dedup();
        let place = if regions.is_empty() { String::new() } else { format!(" in {}", list(&regions, 4)) };
        let why = if detail.is_empty() { String::new() } else { format!(": {detail}") };
        Line::step(step, Word::Gap, format!("{what}{place} could not be read after the cut{why}"))
    };
    by_what.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Section;

    #[test]
    fn a_section_unread_in_many_regions_is_one_line_of_a_step() {
        let unseen = |step: u16, region: &str| Unseen {
            step: StepId(step),
            section: Some(Section::Subnets),
            region: Some(region.into()),
            detail: String::new(),
        };
        let regions = ["a-1", "b-1", "c-1", "d-1", "e-1", "f-1"];
        let unread = regions.iter().flat_map(|region| [unseen(510, region), unseen(520, region)]).collect();
        let lines: Vec<String> = verified(5, &[], &unread).iter().map(Line::text).collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        for (line, step) in lines.iter().zip(["510", "520"]) {
            let begin = format!("{step} GAP     ");
            assert!(line.starts_with(&begin), "{line}");
            assert!(
                line.ends_with(" in a-1, b-1, c-1, d-1, … 2 more could not be read after the cut"),
                "{line}"
            );
        }
        assert!(lines[2].contains("12 sections could not be looked at"), "{lines:?}");
    }
}
