//! Journals of every released version stay restorable: a fixture is added with each format, and none is
//! changed once its format is released. Nothing is released yet.

use std::path::Path;

use unplug::engine::journal::Journal;
use unplug::engine::restore::owed;

fn journal(name: &str) -> Journal {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/journals").join(name);
    Journal::parse(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_journal_of_format_1_is_read_and_every_state_is_understood() {
    let journal = journal("v1/drill.jsonl");
    assert!(journal.closed());
    let owed = owed(&journal, None).unwrap();
    assert_eq!(owed.len(), journal.intents().count());
    let steps: Vec<u16> = owed.iter().map(|owed| owed.change.step.0).collect();
    assert!(steps.is_sorted_by(|a, b| a >= b), "newest first");
    for step in [100, 200, 400, 505, 510, 520, 610] {
        assert!(steps.contains(&step), "the fixture has a change of step {step}");
    }
    assert!(!journal.names().is_empty(), "what the run created is known by name");
}

#[test]
fn a_journal_of_format_1_that_was_cut_off_owes_what_it_announced() {
    let journal = journal("v1/interrupted.jsonl");
    assert!(!journal.closed());
    assert_eq!(owed(&journal, None).unwrap().len(), journal.intents().count());
}
