//! A facilitated drill at a terminal: injects, looks, reasons, score and hand-out.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use super::terminal::{ENTER, Terminal};
use crate::moto::binary::Machine;

const WHY: &str = "Why? (one line, or Enter)";
const ROOM: &str = "What does the room say? (one line, or Enter)";
const PUT_BACK: &str = "Put everything back now?";
const ANSWERS: &str = "Enter shows what good answers cover";
const BRING: &str = "Bring the credential of arn:aws:iam::444455556666:user/break-glass, and go on?";
const CUT_400: &str = "Cut 400 (";
const CUT_610: &str = "Cut 610 (";

/// Injects that do something, beside those of the scenario.
const INJECTS: &str = r#"
[[inject]]
at = "beginning"
tell = "The root address has another mail."
ask = "Who reads it?"

[[inject]]
at = "before 400"
until = "after 400"
tell = "The console is slow today."
does = { slow-aws = { each = "7s" } }

[[inject]]
at = "after 400"
tell = "Somebody writes: I have fixed the mail."
ask = "What was fixed?"
does = { revert-step = { step = 400, by = "arn:aws:iam::444455556666:user/tanaka" } }

[[inject]]
at = "before 610"
tell = "The security team turns off every key that it does not know."
does = { revoke-key = { break_glass = "arn:aws:iam::444455556666:user/break-glass" } }
"#;

fn machine() -> Machine {
    Machine::new("")
}

fn start(machine: &Machine, words: &[&str]) -> Terminal {
    Terminal::start(&machine.bare(&[&["drill", "--facilitate"], words].concat()), 120)
}

/// The folder of the only drill.
fn folder(machine: &Machine) -> PathBuf {
    let drills = fs::read_dir(machine.state().join("drills/runs")).unwrap();
    let mut drills: Vec<PathBuf> = drills.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(drills.len(), 1);
    drills.remove(0)
}

/// The notes of a kind, in their order.
fn noted(notes: &[Value], kind: &str) -> Vec<Value> {
    notes.iter().filter_map(|note| note["what"].get(kind).cloned()).collect()
}

#[test]
fn a_facilitated_drill_from_start_to_end() {
    let machine = machine();
    let file = machine.path("injects.toml");
    fs::write(&file, INJECTS).unwrap();
    let words = ["--steps", "400,610", "--inject", file.to_str().unwrap()];
    let mut terminal = start(&machine, &words);

    // An inject of the scenario waits for a step that this drill does not have.
    terminal.shows("Inject 2 waits for step 520, which this drill does not have.");
    terminal.shows("Inject 5 of 8, at the beginning");
    terminal.answer(ROOM, "anna does");

    // The scenario's own inject, then the one that makes AWS slow.
    terminal.shows("Inject 1 of 8, before 400");
    terminal.answer(ROOM, "we pause it");
    terminal.shows("Inject 6 of 8, before 400");

    let looked = terminal.answer(CUT_400, "look exposure");
    assert!(looked.contains("look, quit [skip]") || terminal.screen().contains("look, quit [skip]"));
    terminal.shows("reachable from");
    terminal.answer(CUT_400, "look access tanaka");
    terminal.answer(CUT_400, "look who");
    terminal.shows("Who has changed something since the drill began");
    terminal.answer(CUT_400, "look break-glass");
    terminal.shows("principals users break-glass");
    terminal.answer(CUT_400, "look around");
    terminal.shows("nothing here is called \"around\"");
    terminal.shows("look exposure [INTERFACE]");
    terminal.answer(CUT_400, "yes");
    terminal.answer(WHY, "mail goes out as <us>");
    terminal.shows("400 OK      done: ");
    terminal.shows("Inject 7 of 8, after 400");
    terminal.answer(ROOM, ENTER);

    // The next call is refused, and the run stops as it would on AWS.
    terminal.shows("Inject 8 of 8, before 610");
    terminal.answer(CUT_610, "look who");
    terminal.shows("AWS refuses this key");
    terminal.answer(CUT_610, "yes");
    terminal.answer(WHY, ENTER);
    terminal.shows("Stopped: AWS no longer takes these credentials (InvalidClientTokenId)");
    terminal.shows("AWS refuses the responder's key.");
    terminal.answer(BRING, ENTER);
    terminal.answer(WHY, "nobody else is awake");

    // What tanaka put back is planned and asked about again.
    terminal.answer(CUT_400, "yes");
    terminal.answer(WHY, "again");
    terminal.answer(CUT_610, "yes");
    terminal.answer(WHY, ENTER);

    terminal.shows("Inject 4 of 8, before the restore");
    terminal.answer(ROOM, "legal answers");
    terminal.answer(PUT_BACK, "look who arn:aws:iam::444455556666:user/tanaka");
    terminal.shows("Trace   ");
    terminal.answer(PUT_BACK, "yes");
    terminal.answer(WHY, "the shop");
    terminal.answer(ANSWERS, ENTER);
    let end = terminal.ends_with(0);
    let screen = terminal.screen();
    assert!(screen.contains("610 BACK ") && screen.contains("All is put back."), "{screen}");
    for said in [
        "Score\n",
        "first cut",
        "real time",
        "skipped      no step",
        "restored     yes: nothing is owed",
        "injects      6 of 8 met",
        "looks        7",
        "left open    at the beginning: ",
    ] {
        assert!(end.contains(said), "{said:?} is not in {end}");
    }

    let folder = folder(&machine);
    let page = fs::read_to_string(folder.join("handout.md")).unwrap();
    assert!(end.contains(&format!("Hand-out: {}", folder.join("handout.md").display())), "{end}");
    for part in [
        "# Kettle \\& Crane, Sunday, 03:12\n",
        "## Decisions and reasons",
        "| yes | mail goes out as \\<us\\> |\n",
        "- Asked: Who reads it?\n- The room: anna does\n",
        "In the simulation: each answer of AWS comes 7 s later",
        "In the simulation: arn:aws:iam::444455556666:user/tanaka put back ",
        "In the simulation: AWS refuses the responder's key",
        "### 2. before 520: not met",
        "| first cut | after ",
        "| after 610 | ",
        "## Questions, and what good answers cover",
        "Names, not roles",
    ] {
        assert!(page.contains(part), "{part:?} is not in\n{page}");
    }

    let text = fs::read_to_string(folder.join("notes.jsonl")).unwrap();
    let notes: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let decisions = noted(&notes, "decision");
    let answers: Vec<&str> = decisions.iter().map(|one| one["answer"].as_str().unwrap()).collect();
    assert_eq!(answers, ["yes", "yes", "yes", "yes", "yes", "yes"]);
    let whys: Vec<&str> = decisions.iter().map(|one| one["why"].as_str().unwrap()).collect();
    assert_eq!(whys, ["mail goes out as <us>", "", "nobody else is awake", "again", "", "the shop"]);
    let looks = noted(&notes, "look");
    let seen: Vec<bool> = looks.iter().map(|look| look["seen"].as_bool().unwrap()).collect();
    assert_eq!(seen, [true, true, true, true, false, false, true]);
    assert_eq!(notes.first().unwrap()["what"], "began");
    assert_eq!(notes.last().unwrap()["what"], "ended");

    // The slow answers passed on the drill's clock: 400 alone makes several calls, 7 s each.
    let at = |number: usize| -> jiff::Timestamp { notes[number]["drill"].as_str().unwrap().parse().unwrap() };
    let cut = notes.iter().position(|note| note["what"].get("cut").is_some()).unwrap();
    assert!(at(cut).as_second() - at(0).as_second() >= 14, "{} to {}", at(0), at(cut));
}

#[test]
fn an_account_of_ones_own_is_drilled_on_as_a_copy() {
    let machine = machine();
    let account = unplug::scenario::load("kettle-and-crane").unwrap().account;
    let file = machine.path("account.json");
    fs::write(&file, serde_json::to_string(&account).unwrap()).unwrap();
    let before = fs::read(&file).unwrap();
    let mut terminal = start(&machine, &["--from", file.to_str().unwrap(), "--steps", "610"]);
    terminal.answer(CUT_610, "yes");
    terminal.answer(WHY, ENTER);
    terminal.answer(PUT_BACK, "no");
    terminal.answer(WHY, "later");
    let end = terminal.ends_with(3);
    assert!(end.contains("restored     no: nothing was put back"), "{end}");
    assert!(end.contains("injects      0 of 0 met"), "the scenario's injects belong to its story: {end}");
    assert_eq!(fs::read(&file).unwrap(), before);
    let page = fs::read_to_string(folder(&machine).join("handout.md")).unwrap();
    assert!(page.starts_with("# A recorded account\n") && page.contains("| no | later |"), "{page}");
}

#[test]
fn a_facilitated_drill_needs_people() {
    let machine = machine();
    for (words, code, said) in [
        (&["drill", "--facilitate", "--auto"][..], 2, "a facilitated drill needs people who answer"),
        (&["drill", "--facilitate"], 5, "there is no terminal to answer at"),
        (&["drill", "--inject", "x.toml"], 2, "--facilitate"),
    ] {
        let output = machine.bare(words).stdin(Stdio::null()).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{error}");
        assert!(error.contains(said), "{error}");
    }
    assert!(!machine.state().join("drills").exists(), "nothing was begun");
}

#[test]
fn a_wrong_inject_is_named_with_its_place_before_anything_begins() {
    let machine = machine();
    let file = machine.path("injects.toml");
    fs::write(&file, "[[inject]]\nat = \"befor 610\"\ntell = \"x\"\n").unwrap();
    let mut terminal = start(&machine, &["--steps", "610", "--inject", file.to_str().unwrap()]);
    let end = terminal.ends_with(2);
    assert!(end.contains("injects.toml:2:6: there is no moment \"befor 610\""), "{end}");
    assert!(!machine.state().join("drills").exists(), "nothing was begun");
}

#[test]
fn ctrl_c_at_a_reason_ends_the_drill_and_the_hand_out_is_there() {
    let machine = machine();
    let mut terminal = start(&machine, &["--steps", "610"]);
    terminal.answer(CUT_610, "skip");
    terminal.interrupt(WHY);
    let end = terminal.ends_with(130);
    assert!(end.contains("Not put back.") && end.contains("Hand-out: "), "{end}");
    let page = fs::read_to_string(folder(&machine).join("handout.md")).unwrap();
    assert!(page.contains("| skip |  |"), "{page}");
}
