//! Which run `restore --latest` takes, and what a restore says at its end.

use serde_json::json;

use super::super::which;
use super::*;
use crate::account::Caller;
use crate::engine::change::Change;
use crate::engine::journal::{Chain, Done, Entry, FORMAT};
use crate::engine::plan::{Selected, Selection, Time};
use crate::engine::store::PLAN;
use crate::step::{Params, StepId, Target};

const MINE: &str = "111111111111";

fn opened(run: &str, account: &str) -> Entry {
    Entry::Opened(Box::new(Opened {
        format: FORMAT,
        run: run.into(),
        version: "test".into(),
        account: account.into(),
        alias: None,
        caller: Caller::default(),
        actors: Default::default(),
        playbook: "test".into(),
        selection: Selection::default(),
    }))
}

fn intent() -> Entry {
    let target = Target::new("block-public-access", "eu-west-1").region("eu-west-1");
    let change = Change::for_test(1, 590, target, json!("off"), json!("block-bidirectional"));
    Entry::Intent(Box::new(change))
}

fn outcome(result: Done) -> Entry {
    Entry::Outcome { change: 1, result, error: None }
}

const CLOSED: Entry = Entry::Closed { complete: true, why: None, planned: 2 };

#[expect(clippy::disallowed_methods, reason = "a test lays out the files of a run")]
fn run(store: &Store, id: &str, entries: &[Entry]) {
    let folder = store.create_run(id).unwrap();
    let mut chain = Chain::default();
    let lines = entries.iter().map(|entry| chain.line("2026-01-01T03:00:00Z", entry).unwrap());
    std::fs::write(folder.path.join(JOURNAL), lines.collect::<Vec<_>>().concat()).unwrap();
}

fn latest(store: &Store) -> Result<String, Failure> {
    which::latest(store, Some(MINE), still_owes).map(|folder| folder.id)
}

#[test]
fn the_latest_run_is_the_newest_that_owes_something() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (cut, failed) = ("20260101-010000-00000001", "20260101-020000-00000002");
    run(&store, cut, &[opened(cut, MINE), intent(), outcome(Done::Applied), CLOSED]);
    run(&store, failed, &[opened(failed, MINE), intent(), outcome(Done::NotApplied), CLOSED]);
    let empty = "20260101-030000-00000003";
    run(&store, empty, &[opened(empty, MINE), CLOSED]);
    let other = "20260101-040000-00000004";
    run(&store, other, &[opened(other, "222222222222"), intent(), outcome(Done::Applied), CLOSED]);
    // It died before its first line: nothing was sent.
    store.create_run("20260101-050000-00000005").unwrap();
    assert_eq!(latest(&store).unwrap(), cut);

    // What was made ready is no debt, though it is newer and stands.
    let ready = "20260101-060000-00000006";
    let Entry::Opened(mut made) = opened(ready, MINE) else { panic!("an opened run") };
    made.selection.steps = vec![Selected { step: StepId(120), params: Params::default() }];
    let made = Entry::Opened(made);
    run(&store, ready, &[made, intent(), outcome(Done::Applied), CLOSED]);
    assert_eq!(latest(&store).unwrap(), cut);

    // Where nothing is owed, it is the newest, which says so for itself.
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    run(&store, empty, &[opened(empty, MINE), CLOSED]);
    assert_eq!(latest(&store).unwrap(), empty);
}

type Breaks = fn(&std::path::Path);

#[test]
#[expect(clippy::disallowed_methods, reason = "a test breaks the files of a run")]
fn a_run_without_a_readable_journal_of_its_own_is_named_and_no_older_one_taken() {
    let id = "20260101-020000-00000002";
    let breaks: [(&str, Breaks); 4] = [
        ("missing", |journal| std::fs::remove_file(journal).unwrap()),
        ("empty", |journal| std::fs::write(journal, b"").unwrap()),
        ("a folder", |journal| {
            std::fs::remove_file(journal).unwrap();
            std::fs::create_dir(journal).unwrap();
        }),
        ("another run's", |journal| {
            let other = journal.parent().unwrap().with_file_name("20260101-010000-00000001");
            std::fs::copy(other.join(JOURNAL), journal).unwrap();
        }),
    ];
    for (how, break_it) in breaks {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let older = "20260101-010000-00000001";
        run(&store, older, &[opened(older, MINE), intent(), outcome(Done::Applied), CLOSED]);
        run(&store, id, &[opened(id, MINE), intent(), outcome(Done::Applied), CLOSED]);
        let folder = store.run(id).unwrap();
        std::fs::write(folder.path.join(PLAN), b"{}").unwrap();
        break_it(&folder.path.join(JOURNAL));
        assert!(store.runs().unwrap().iter().any(|run| run.id == id), "{how}: it is listed");
        let refused = latest(&store).unwrap_err();
        assert!(refused.error.contains(id), "{how}: {}", refused.error);
        assert_ne!(refused.exit, Exit::Done, "{how}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test lays out the files of a run")]
fn a_copy_may_have_any_name_but_that_of_another_run() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let id = "20260101-010000-00000001";
    run(&store, id, &[opened(id, MINE), CLOSED]);
    let path = store.run(id).unwrap().path;
    let named = |name: &str| {
        let moved = dir.path().join(name);
        std::fs::create_dir(&moved).unwrap();
        std::fs::copy(path.join(JOURNAL), moved.join(JOURNAL)).unwrap();
        RunFolder::copied(&moved).and_then(|folder| folder.journal().map(|_| folder.id))
    };
    assert_eq!(named("from-the-stick").unwrap(), id);
    assert!(matches!(named("20260101-090000-00000009"), Err(StoreError::Foreign { of, .. }) if of == id));
}

fn owing(number: u32, lasting: Option<&str>) -> Owed {
    let target = Target::new("block-public-access", format!("region-{number}")).region("eu-west-1");
    let mut chain = Chain::default();
    let change = Change::for_test(number, 590, target, json!("off"), json!("block-bidirectional"));
    let entry = Entry::Intent(Box::new(Change { lasting: lasting.map(Into::into), ..change }));
    let line = chain.line("2026-01-01T03:00:00Z", &entry).unwrap();
    restore::owed(&Journal::parse(&line).unwrap(), None).unwrap().remove(0)
}

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(Line::text).collect()
}

#[test]
fn changes_still_owed_after_a_restore_are_shown_as_they_are_now() {
    let (stopped, drifted) = (owing(1, None), owing(2, None));
    let ends = [(stopped, Back::Stopped), (drifted, Back::Drifted { shown: "half".into(), why: None })];
    let owed: Vec<Owed> = ends.iter().map(|(owed, _)| owed.clone()).collect();
    let open = restore::open(&owed, &ends);
    let said = texts(&still(&open, &ends, "R"));
    assert_eq!(said[0], "2 changes are still owed: unplug restore R");
    assert!(said[1].starts_with("590 CUT     eu-west-1  ") && said[1].contains("still "), "{said:?}");
    assert!(said[2].starts_with("590 DRIFT   eu-west-1  "), "{said:?}");
    assert!(said[2].contains("now half: left as it is") && !said[2].contains("still"), "{said:?}");
}

#[test]
fn the_question_of_a_restore_says_what_comes_back_and_what_opens() {
    let ends = [
        (owing(1, None), Back::Returned),
        (owing(2, None), Back::Returned),
        (owing(3, None), Back::Drifted { shown: "half".into(), why: None }),
        (owing(4, Some("on purpose")), Back::Kept("on purpose".into())),
    ];
    let said = texts(&about_it("R", &ends, Time { seconds: 3.0, waiting: 0.0 }));
    assert_eq!(said[0], "    run     R");
    assert_eq!(said[1], "    what    2 changes of 590 back as before; about 3 seconds");
    assert_eq!(said[2], "    asks    1 target somebody changed since the cut");
    assert!(
        said[3].starts_with("    opens   sites") && said[3].ends_with("; to an intruder as well"),
        "{said:?}"
    );
}
