//! The figures of a facilitated drill, from its journal and its notes: pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::{Left, Note, What};
use crate::engine::journal::{Done, Entry, Journal};
use crate::step::StepId;
use crate::steps;

/// How a drill went, in plain figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    /// From the beginning to the first change that cuts; `None`: nothing was cut.
    pub first_cut: Option<Took>,
    /// From the beginning to the last one of the pull.
    pub last_cut: Option<Took>,
    /// The pull went through every step. Otherwise it was stopped.
    pub complete: bool,
    /// Changes in effect that cut.
    pub cut: usize,
    /// Changes in effect that keep evidence.
    pub saved: usize,
    /// Changes that were begun, and are not in effect or not known to be.
    pub not_done: usize,
    pub skipped: BTreeSet<StepId>,
    /// Changes still owed after the last restore; `None`: nothing was put back.
    pub owed: Option<usize>,
    /// Injects that were met, of so many.
    pub injects: (usize, usize),
    pub looks: usize,
    /// Decisions, and those with a reason.
    pub decisions: (usize, usize),
    /// What was left open, moment by moment.
    pub left: Vec<(String, Left)>,
}

/// How long something took, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Took {
    /// On the drill's clock: what AWS takes, without the room's talk.
    pub drill_ms: u64,
    /// On the wall clock: what the room takes. `None`: the notes do not say.
    pub wall_ms: Option<u64>,
}

impl Score {
    /// Computes the figures. `injects`: how many the drill had.
    pub fn of(journal: &Journal, notes: &[Note], injects: usize) -> Score {
        let saving: BTreeMap<u32, bool> =
            journal.intents().map(|intent| (intent.number, saves(intent.step))).collect();
        let count = |wanted: bool| {
            let applied = journal.applied();
            saving.iter().filter(|(number, saves)| **saves == wanted && applied.contains(number)).count()
        };
        let (cut, saved) = (count(false), count(true));
        let pulled =
            journal.entries.iter().position(|entry| matches!(entry, Entry::Closed { complete: true, .. }));
        let complete = pulled.is_some();
        let until = pulled.unwrap_or(journal.entries.len());
        let cuts: Vec<u64> = journal.entries[..until]
            .iter()
            .zip(&journal.at_ms)
            .filter_map(|(entry, at_ms)| match entry {
                Entry::Outcome { change, result: Done::Applied, .. }
                    if saving.get(change) == Some(&false) =>
                {
                    Some(at_ms.saturating_sub(journal.first_at_ms))
                }
                _ => None,
            })
            .collect();
        let walls: Vec<u64> = notes.iter().filter_map(|note| since_begin(notes, note)).collect();
        let took = |drill_ms: Option<&u64>, wall_ms: Option<&u64>| {
            drill_ms.map(|drill_ms| Took { drill_ms: *drill_ms, wall_ms: wall_ms.copied() })
        };
        let owed = journal.entries.iter().rev().find_map(|entry| match entry {
            Entry::Restored { owed } => Some(*owed),
            _ => None,
        });
        let number = |of: fn(&What) -> bool| notes.iter().filter(|note| of(&note.what)).count();
        let met = number(|what| matches!(what, What::Inject { .. }));
        let decided = number(|what| matches!(what, What::Decision { .. }));
        let reasoned = number(|what| matches!(what, What::Decision { why, .. } if !why.is_empty()));
        Score {
            first_cut: took(cuts.first(), walls.first()),
            last_cut: took(cuts.last(), walls.last()),
            complete,
            cut,
            saved,
            not_done: saving.len() - cut - saved,
            skipped: journal.skipped(),
            owed,
            injects: (met, injects),
            looks: number(|what| matches!(what, What::Look { .. })),
            decisions: (decided, reasoned),
            left: notes.iter().filter_map(left).collect(),
        }
    }
}

fn saves(step: StepId) -> bool {
    steps::find(step).is_some_and(|step| step.spec().does.saves())
}

/// The wall time from the beginning to the note of a cut, in milliseconds.
fn since_begin(notes: &[Note], note: &Note) -> Option<u64> {
    let What::Cut { step } = note.what else { return None };
    let began = notes.iter().find(|note| note.what == What::Began)?;
    (!saves(step)).then(|| millis_between(began.wall, note.wall))
}

fn millis_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}

fn left(note: &Note) -> Option<(String, Left)> {
    match &note.what {
        What::Left { moment, left } => Some((moment.clone(), *left)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::report::Count;
    use crate::engine::change::Change;
    use crate::exposure::Tally;
    use crate::step::Target;

    /// A journal with these entries, each so many milliseconds after the first.
    fn recorded(entries: Vec<(u64, Entry)>) -> Journal {
        let mut bytes = vec![];
        let mut chain = crate::engine::journal::Chain::default();
        for (ms, entry) in entries {
            let at = Timestamp::from_millisecond(1_795_317_120_000 + i64::try_from(ms).unwrap()).unwrap();
            bytes.extend(chain.line(&at.to_string(), &entry).unwrap());
        }
        Journal::parse(&bytes).unwrap()
    }

    fn intent(number: u32, step: u16) -> Entry {
        let target = Target::new("subnet", format!("subnet-{number}"));
        let (before, after) = (serde_json::json!("open"), serde_json::json!("cut"));
        Entry::Intent(Box::new(Change::for_test(number, step, target, before, after)))
    }

    fn outcome(change: u32, result: Done) -> Entry {
        Entry::Outcome { change, result, error: None }
    }

    fn note(wall_s: i64, what: What) -> Note {
        let at = |second| Timestamp::from_second(second).unwrap();
        Note { drill: at(0), wall: at(1_000 + wall_s), what }
    }

    fn decision(why: &str) -> What {
        What::Decision { question: "Cut 400?".into(), answer: "yes".into(), why: why.into() }
    }

    #[test]
    fn the_figures_are_those_of_the_journal_and_the_notes() {
        let journal = recorded(vec![
            (0, intent(1, 200)),
            (1_000, outcome(1, Done::Applied)),
            (2_000, intent(2, 400)),
            (3_000, outcome(2, Done::Applied)),
            (4_000, intent(3, 520)),
            (4_000, intent(4, 520)),
            (9_000, outcome(3, Done::Applied)),
            (9_500, outcome(4, Done::NotApplied)),
            (9_600, Entry::Skipped { step: StepId(610) }),
            (9_700, Entry::Closed { complete: true, why: None, planned: 5 }),
            // A watch: what it cuts again is none of the pull.
            (60_000, Entry::Again { change: 3, from: serde_json::json!("open") }),
            (61_000, outcome(3, Done::Applied)),
            (70_000, Entry::Restored { owed: 1 }),
        ]);
        let tally = |open| Tally { open, unknown: 0 };
        let left = |open| Left { reached: tally(open), reaching: tally(0), acting: Some(Count::default()) };
        let inject = What::Inject {
            number: 1,
            moment: "before 520".into(),
            told: "x".into(),
            asked: None,
            answer: String::new(),
            done: None,
        };
        let notes = [
            note(0, What::Began),
            note(1, What::Left { moment: "at the beginning".into(), left: left(4) }),
            note(30, decision("")),
            note(31, What::Cut { step: StepId(200) }),
            note(60, decision("mail goes out")),
            note(61, What::Cut { step: StepId(400) }),
            note(62, inject),
            note(63, What::Look { words: "exposure".into(), seen: true }),
            note(300, What::Cut { step: StepId(520) }),
            note(301, What::Left { moment: "after 520".into(), left: left(1) }),
        ];
        let score = Score::of(&journal, &notes, 3);
        assert_eq!(score.first_cut, Some(Took { drill_ms: 3_000, wall_ms: Some(61_000) }), "200 saves");
        assert_eq!(score.last_cut, Some(Took { drill_ms: 9_000, wall_ms: Some(300_000) }));
        assert_eq!((score.cut, score.saved, score.not_done), (2, 1, 1));
        assert_eq!((score.complete, score.owed), (true, Some(1)));
        assert_eq!(score.skipped, [StepId(610)].into());
        assert_eq!((score.injects, score.looks, score.decisions), ((1, 3), 1, (2, 1)));
        let open: Vec<(&str, usize)> =
            score.left.iter().map(|(moment, left)| (moment.as_str(), left.reached.open)).collect();
        assert_eq!(open, [("at the beginning", 4), ("after 520", 1)]);
    }

    #[test]
    fn a_drill_without_a_cut_has_no_time_of_one() {
        let journal = recorded(vec![
            (0, Entry::Skipped { step: StepId(400) }),
            (5, Entry::Closed { complete: false, why: Some("quit".into()), planned: 1 }),
        ]);
        let score = Score::of(&journal, &[], 0);
        assert_eq!((score.first_cut, score.last_cut, score.owed), (None, None, None));
        assert!(!score.complete && score.left.is_empty());
    }

    #[test]
    fn a_note_is_a_line_that_is_read_back() {
        let noted = note(5, decision("it \"hurts\"\u{1b}[2J"));
        let line = serde_json::to_string(&noted).unwrap();
        assert!(!line.contains('\u{1b}') && !line.contains('\n'), "{line}");
        assert_eq!(serde_json::from_str::<Note>(&line).unwrap(), noted);
    }
}
