//! A drill at a terminal: every answer does what it says.

use super::terminal::{ENTER, Terminal};
use crate::moto::binary::Machine;

const PUT_BACK: &str = "Put everything back now?";
const WATCH: &str = "Watch for 10 minutes, and cut again what he undoes?";
const ANSWERS: &str = "Enter shows what good answers cover";

struct Drill {
    terminal: Terminal,
    // Its folder goes when it is dropped.
    _machine: Machine,
}

fn drill(words: &[&str]) -> Drill {
    let machine = Machine::new("");
    let terminal = Terminal::start(&machine.bare(&[&["drill"], words].concat()), 120);
    Drill { terminal, _machine: machine }
}

/// How the question about a step begins.
fn cut(step: u16) -> String {
    let verb = if step / 100 == 2 || step == 605 { "Save" } else { "Cut" };
    format!("{verb} {step} (")
}

/// Skips every step before this one.
fn up_to(terminal: &mut Terminal, step: u16) {
    for before in [100, 110, 200, 210, 310, 320, 400, 410, 505, 510, 520]
        .into_iter()
        .take_while(|before| *before < step)
    {
        terminal.answer(&cut(before), "skip");
    }
}

#[test]
fn every_answer_does_what_it_says() {
    let mut drill = drill(&[]);
    let terminal = &mut drill.terminal;
    terminal.shows("A simulated account: nothing leaves this machine.");
    // Enter alone is No.
    terminal.answer(&cut(100), ENTER);
    terminal.shows("100 KEEP    skipped: nothing of this step was cut");
    // The rest is planned again, and the next one is asked.
    terminal.answer(&cut(110), "skip");
    terminal.answer(&cut(200), "yes");
    terminal.shows("200 OK      done: 1 of 1 change");
    for step in [210, 310, 320, 400] {
        terminal.answer(&cut(step), "skip");
    }
    terminal.shows("400 KEEP    skipped: nothing of this step was cut");
    terminal.answer(&cut(410), "skip");
    // All: 510 to 590 are of the same stage, each is shown, and Enter cuts it.
    terminal.answer(&cut(505), "all");
    for step in [510, 520, 525, 530, 540, 560, 570, 580, 590] {
        let shown = terminal.answer(&cut(step), ENTER);
        assert!(shown.contains(&format!("{step} CUT ")) && shown.contains("    back    "), "{shown}");
        terminal.shows(&format!("{step} OK      done: "));
    }
    // 6xx is not of that stage: here Enter means no again.
    terminal.answer(&cut(600), ENTER);
    terminal.answer(&cut(605), ENTER);
    terminal.answer(&cut(610), ENTER);
    terminal.shows("610 KEEP    skipped");
    for step in [615, 620, 660, 670] {
        terminal.answer(&cut(step), ENTER);
    }
    terminal.shows("14 steps skipped");
    terminal.answer(PUT_BACK, ENTER);
    terminal.answer(ANSWERS, ENTER);
    let end = terminal.ends_with(0);
    let screen = terminal.screen();
    assert!(screen.contains("520 BACK ") && screen.contains("505 BACK "), "{screen}");
    assert!(screen.contains("is back; ") && screen.contains("on purpose: see STAY above"), "{screen}");
    let end = format!("{}{end}", &screen[screen.find(PUT_BACK).unwrap_or_default()..]);
    assert!(!end.contains("100 BACK") && !end.contains("400 BACK") && !end.contains("610 BACK"), "{end}");
}

#[test]
fn details_shows_every_change_and_asks_again() {
    let mut drill = drill(&[]);
    let terminal = &mut drill.terminal;
    up_to(terminal, 510);
    let folded = terminal.answer(&cut(510), "details");
    assert!(folded.contains("19 interfaces") && !folded.contains("(kc-bastion)"), "{folded}");
    let each = terminal.answer(&cut(510), "q");
    assert_eq!(each.matches("(kc-bastion)").count(), 2, "{each}");
    assert!(!each.contains("19 interfaces"), "{each}");
    terminal.answer(PUT_BACK, ENTER);
    terminal.answer(ANSWERS, ENTER);
    terminal.ends();
}

#[test]
fn an_unknown_word_is_explained_and_asked_again() {
    let mut drill = drill(&[]);
    let terminal = &mut drill.terminal;
    terminal.answer(&cut(100), "ja");
    terminal.shows("yes: cut this step. all: this one, and then Enter means yes for the rest of 1xx.");
    // Capitals and blanks are no other words.
    terminal.answer(&cut(100), " YES ");
    terminal.answer(&cut(110), "skip");
    terminal.shows("1xx read again: as predicted.");
    terminal.answer(&cut(200), "quit");
    // A slip is no answer.
    terminal.answer(PUT_BACK, "yse");
    terminal.answer(PUT_BACK, "yes");
    terminal.answer(ANSWERS, ENTER);
    terminal.ends();
}

#[test]
fn quit_cuts_nothing_more_and_offers_to_put_back() {
    let mut drill = drill(&[]);
    let terminal = &mut drill.terminal;
    up_to(terminal, 400);
    terminal.answer(&cut(400), "y");
    terminal.answer(&cut(410), "skip");
    terminal.answer(&cut(505), "quit");
    let said = terminal.answer(PUT_BACK, ENTER);
    assert!(said.contains("Stopped: quit"), "{said}");
    terminal.answer(ANSWERS, ENTER);
    terminal.ends_with(0);
    let screen = terminal.screen();
    assert!(screen.contains("400 BACK ") && screen.contains("All is put back"), "{screen}");
    assert!(!screen.contains("510 CUT") && !screen.contains("505 BACK"), "{screen}");
}

#[test]
fn a_restore_that_leaves_something_is_no_success() {
    let mut drill = drill(&[]);
    let terminal = &mut drill.terminal;
    terminal.answer(&cut(100), "yes");
    terminal.answer(&cut(110), "skip");
    terminal.answer(&cut(200), "quit");
    terminal.answer(PUT_BACK, "no");
    // What there is to talk about is asked all the same, and no answer stands under its question.
    let talk = terminal.answer(ANSWERS, ENTER);
    assert!(talk.contains("Not put back.") && !talk.contains("BACK"), "{talk}");
    assert!(
        talk.contains("who must know that the shop goes dark") && !talk.contains("Names, not roles"),
        "{talk}"
    );
    let end = terminal.ends_with(3);
    assert!(end.contains("Names, not roles"), "{end}");
}

#[test]
fn ctrl_c_at_the_last_question_ends_too() {
    let mut drill = drill(&[]);
    drill.terminal.answer(&cut(100), "quit");
    drill.terminal.interrupt(PUT_BACK);
    let end = drill.terminal.ends_with(130);
    assert!(end.contains("Not put back."), "{end}");
}

#[test]
fn ctrl_c_at_a_question_puts_nothing_back_unasked() {
    // Many times: the signal and the prompt race each other.
    for _ in 0..10 {
        let mut drill = drill(&[]);
        let terminal = &mut drill.terminal;
        up_to(terminal, 400);
        terminal.answer(&cut(400), "yes");
        terminal.answer(&cut(410), "skip");
        terminal.interrupt(&cut(505));
        let end = terminal.ends_with(130);
        assert!(!end.contains("BACK ") && end.contains("Not put back."), "{}", terminal.screen());
        assert!(!end.contains("505 "), "{end}");
    }
}

#[test]
fn auto_asks_nothing_at_a_terminal() {
    let mut drill = drill(&["--auto"]);
    let end = drill.terminal.ends_with(0);
    assert!(end.contains("is back; ") && !end.contains("yes, all, skip"), "{end}");
}

#[test]
fn no_progress_line_stands_above_a_question() {
    let machine = Machine::new("");
    let mut command = machine.bare(&["drill"]);
    command.env("TERM", "xterm-256color");
    let mut terminal = Terminal::start(&command, 120);
    for step in [100, 110, 200, 210, 310, 320, 400, 410] {
        let screen = terminal.answer(&cut(step), "yes");
        let above = screen.lines().rev().nth(1).unwrap();
        assert!(above.contains("    back    "), "{above:?} stands above the question\n{screen}");
    }
    terminal.answer(&cut(505), "quit");
    terminal.answer(PUT_BACK, ENTER);
    terminal.answer(ANSWERS, ENTER);
    terminal.ends_with(0);
}

#[test]
fn a_question_says_its_place_what_breaks_and_the_way_back_right_above_the_prompt() {
    let mut drill = drill(&[]);
    let terminal = &mut drill.terminal;
    up_to(terminal, 520);
    let screen = terminal.answer(&cut(520), "quit");
    let above: Vec<&str> = screen.lines().rev().skip(1).take(4).collect();
    let [back, breaks, what, heading] = above[..] else { panic!("{screen}") };
    assert_eq!(heading, "520 network-acls  step 15 of 35");
    assert!(what.starts_with("    what    15 changes in 3 Regions, 1 kept; about "), "{what}");
    assert!(breaks.contains("your way in"), "{breaks}");
    assert_eq!(back, "    back    by a restore, all of it");
    terminal.answer(PUT_BACK, "no");
    terminal.answer(ANSWERS, ENTER);
    terminal.ends();
}

#[test]
fn a_drill_of_one_host_asks_about_one_host() {
    let mut drill = drill(&["quarantine-instance", "--auto"]);
    let end = drill.terminal.ends_with(0);
    assert!(end.contains("The host is cut and its neighbours sell on"), "{end}");
    assert!(!end.contains("the shop goes dark"), "{end}");
    assert!(end.contains("Recorded: unplug show drill-20261122-"), "{end}");
}

/// A drill with a thief in it, cut up to its last step.
fn with_thief() -> Drill {
    let mut drill = drill(&["--scenario", "leaked-key", "--playbook", "leaked-key", "--steps", "600,100"]);
    drill.terminal.answer(&cut(600), "yes");
    drill.terminal.answer(&cut(100), "all");
    drill
}

#[test]
fn a_thief_is_watched_once_that_is_agreed() {
    let mut drill = with_thief();
    let terminal = &mut drill.terminal;
    let before = terminal.answer(WATCH, ENTER);
    assert!(before.contains("Cut: 6 of 6 changes"), "{before}");
    let told = terminal.answer(PUT_BACK, ENTER);
    assert!(told.contains("After the cut") && told.contains("cut again"), "{told}");
    assert!(told.contains("the thief can read secrets, send mail, with function ll-booking"), "{told}");
    assert!(told.contains("identities that can act: "), "{told}");
    terminal.answer(ANSWERS, ENTER);
    terminal.ends_with(0);
}

#[test]
fn a_thief_who_is_only_watched_goes_on() {
    let mut drill = with_thief();
    let terminal = &mut drill.terminal;
    terminal.answer(WATCH, "no");
    let told = terminal.answer(PUT_BACK, "no");
    assert!(told.contains("; nothing is cut") && told.contains("1 of 6 changes hold"), "{told}");
    assert!(told.contains("make users"), "he can do what he could: {told}");
    terminal.answer(ANSWERS, ENTER);
    terminal.ends_with(3);
}

#[test]
fn ctrl_c_at_the_question_about_a_thief_ends_the_drill() {
    let mut drill = with_thief();
    drill.terminal.interrupt(WATCH);
    let end = drill.terminal.ends_with(130);
    assert!(end.contains("Not put back."), "{end}");
}
