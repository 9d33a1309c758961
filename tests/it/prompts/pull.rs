//! A pull and a restore at a terminal, against moto.

use std::time::Duration;

use serde_json::{Value, json};

use super::terminal::{ENTER, Terminal};
use crate::moto::account::{boto, dump};
use crate::moto::binary::{ACCOUNT, Machine};
use crate::moto::cut::NO_SUPPORT;
use crate::moto::proxy::Proxy;
use crate::moto::server::{Copy, seeded};

const ALIAS: &str = "shop-prod";
const WHICH: &str = "Type its id or alias to go on";
const DRIFT: &str = "leave, put-back, quit [leave]";
const PULL: [&str; 3] = ["pull", "--steps", "610"];

/// An account behind a proxy that counts the writes, and a machine to type at.
struct Desk {
    copy: Copy,
    proxy: Proxy,
    machine: Machine,
}

fn desk() -> Desk {
    let (copy, _) = seeded();
    let proxy = Proxy::start(copy.port, Duration::ZERO, &[]);
    let machine = Machine::new(&proxy.url());
    Desk { copy, proxy, machine }
}

impl Desk {
    fn types(&self, words: &[&str]) -> Terminal {
        Terminal::start(&self.machine.command(words), 120)
    }

    fn writes(&self) -> usize {
        self.proxy.log().iter().filter(|seen| seen.write).count()
    }

    /// The account's block, as another client sees it.
    fn block(&self) -> Value {
        let dump = dump(&self.copy.url(), &["us-east-1"]);
        dump.json["s3_block"]["global"]["account"]["PublicAccessBlockConfiguration"].clone()
    }

    /// Cut, and then one switch turned off by somebody else.
    fn drifted(&self) -> Value {
        self.machine.sure(&PULL).ends(0);
        let code = format!(
            "client({:?}, 's3control').put_public_access_block(AccountId=ACCOUNT, \
             PublicAccessBlockConfiguration=dict(BlockPublicAcls=True, IgnorePublicAcls=True, \
             BlockPublicPolicy=True, RestrictPublicBuckets=False))",
            self.copy.url()
        );
        assert!(boto(&self.copy.url(), &code).status().unwrap().success());
        self.block()
    }
}

fn all_on() -> Value {
    json!({ "BlockPublicAcls": true, "IgnorePublicAcls": true,
            "BlockPublicPolicy": true, "RestrictPublicBuckets": true })
}

#[test]
fn another_id_than_the_accounts_changes_nothing() {
    for typed in ["999999999999", ENTER, "yes"] {
        let desk = desk();
        let mut terminal = desk.types(&PULL);
        let asked = terminal.answer(WHICH, typed);
        assert!(asked.contains(&format!("Pull the plug on account {ALIAS}")), "{asked}");
        assert!(asked.contains(ACCOUNT) && asked.contains("    you     "), "{asked}");
        let end = terminal.ends_with(5);
        assert!(end.contains("that is not this account. Nothing was changed."), "{end}");
        assert_eq!((desk.writes(), desk.machine.runs().len()), (0, 0));
    }
}

#[test]
fn ctrl_c_at_the_first_question_changes_nothing() {
    let desk = desk();
    let mut terminal = desk.types(&PULL);
    terminal.interrupt(WHICH);
    let end = terminal.ends_with(130);
    assert!(end.contains("Nothing was changed."), "{end}");
    assert_eq!((desk.writes(), desk.machine.runs().len()), (0, 0));
}

#[test]
fn ctrl_d_ends_a_question_as_ctrl_c_does() {
    let desk = desk();
    let mut terminal = desk.types(&PULL);
    terminal.ends_input(WHICH);
    assert!(terminal.ends_with(130).contains("Nothing was changed."));
    assert_eq!((desk.writes(), desk.machine.runs().len()), (0, 0));
    let mut terminal = desk.types(&PULL);
    terminal.answer(WHICH, ACCOUNT);
    terminal.ends_input("Cut 610 (");
    let end = terminal.ends_with(130);
    assert!(end.contains("NOT BEGUN: 1 step: 610"), "{end}");
    assert_eq!(desk.writes(), 0);
}

#[test]
fn everything_skipped_is_exit_3_without_a_write() {
    let desk = desk();
    let mut terminal = desk.types(&PULL);
    terminal.answer(WHICH, ACCOUNT);
    terminal.answer("Cut 610 (1 change)?", ENTER);
    let end = terminal.ends_with(3);
    assert!(end.contains("610 KEEP    skipped") && end.contains("1 step skipped"), "{end}");
    assert_eq!(desk.writes(), 0);
}

#[test]
fn the_alias_is_the_account_too_and_yes_cuts() {
    let desk = desk();
    let before = desk.block();
    let mut terminal = desk.types(&PULL);
    terminal.answer(WHICH, ALIAS);
    terminal.answer("Cut 610 (1 change)?", "yes");
    let end = terminal.ends_with(0);
    assert!(end.contains("Put back: unplug restore "), "{end}");
    assert_eq!(desk.block(), all_on());
    // The way back asks for the account as well, and nothing else.
    let mut terminal = desk.types(&["restore", "--latest"]);
    let asked = terminal.answer(WHICH, ACCOUNT);
    for said in ["what    1 change of 610 back as before", "opens   public buckets"] {
        assert!(asked.contains(said), "{said:?} is not in {asked}");
    }
    let end = terminal.ends_with(0);
    assert!(end.contains("610 BACK ") && end.contains(" owes nothing any more."), "{end}");
    assert_eq!(desk.block(), before);
}

#[test]
fn ctrl_c_at_a_question_says_how_to_go_on_and_back() {
    let desk = desk();
    let mut terminal = desk.types(&["pull", "--steps", "520,610", "--regions", "eu-west-1"]);
    terminal.answer(WHICH, ACCOUNT);
    terminal.answer("Cut 520 (", "yes");
    terminal.interrupt("Cut 610 (");
    let end = terminal.ends_with(130);
    let (_, run) = desk.machine.latest();
    for said in [format!("unplug resume {run}"), format!("unplug restore {run}")] {
        assert!(end.contains(&said), "{said} is not in {}", terminal.screen());
    }
    assert!(end.contains("NOT BEGUN: 1 step: 610"), "{end}");
    assert_ne!(desk.block(), all_on());
}

#[test]
fn drift_is_shown_and_left_unless_asked_otherwise() {
    let desk = desk();
    let theirs = desk.drifted();
    let mut terminal = desk.types(&["restore", "--latest"]);
    terminal.answer(WHICH, ACCOUNT);
    let asked = terminal.answer(DRIFT, ENTER);
    for said in ["was changed since the cut", "before ", "cut to ", "all four on", "now "] {
        assert!(asked.contains(said), "{said:?} is not in {asked}");
    }
    let end = terminal.ends_with(3);
    assert!(end.contains("610 DRIFT ") && end.contains("left as it is"), "{end}");
    let owed = end.split_once("1 change is still owed").unwrap().1;
    assert!(owed.contains("610 DRIFT ") && !owed.contains("still all four on"), "{owed}");
    assert_eq!(desk.block(), theirs);
}

#[test]
fn drift_is_put_back_when_asked() {
    let desk = desk();
    let before = desk.block();
    desk.drifted();
    let mut terminal = desk.types(&["restore", "--latest"]);
    terminal.answer(WHICH, ACCOUNT);
    // A word that is none of the three is asked again.
    terminal.answer(DRIFT, "undo");
    let told = terminal.answer(DRIFT, "put-back");
    assert!(told.contains("put-back: as before the cut"), "{told}");
    terminal.ends_with(0);
    assert_eq!(desk.block(), before);
}

#[test]
fn a_newer_run_that_holds_the_same_goes_first() {
    let desk = desk();
    let before = desk.block();
    let theirs = desk.drifted();
    let (_, first) = desk.machine.latest();
    desk.machine.sure(&PULL).ends(0);
    let (_, second) = desk.machine.latest();
    // Without a terminal the order is named.
    let order = format!("unplug restore {second}, then unplug restore {first}");
    let said = desk.machine.sure(&["restore", &first]).ends(2).err;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&order), "{said}");
    let both = "Put back all of them, newest first?";
    let mut terminal = desk.types(&["restore", &first]);
    let asked = terminal.answer(both, "no");
    assert!(asked.contains(&format!("run {second} is newer and holds 1 target too")), "{asked}");
    terminal.ends_with(5);
    assert_eq!(desk.block(), all_on());
    let mut terminal = desk.types(&["restore", &first]);
    terminal.answer(both, "yes");
    terminal.answer(WHICH, ACCOUNT);
    // The newer run has given back what it found, which the older one takes for drift.
    terminal.shows("610 BACK ");
    assert_eq!(desk.block(), theirs);
    terminal.answer(DRIFT, "put-back");
    terminal.ends_with(0);
    assert_eq!(desk.block(), before);
}

#[test]
fn a_newer_run_that_cannot_be_read_is_said() {
    let desk = desk();
    let before = desk.block();
    desk.machine.sure(&PULL).ends(0);
    let (run, id) = desk.machine.latest();
    let newer = run.with_file_name("99991231-000000-00000000");
    std::fs::create_dir(&newer).unwrap();
    std::fs::write(newer.join("journal.jsonl"), "no journal\n").unwrap();
    let mut terminal = desk.types(&["restore", &id]);
    let asked = terminal.answer("Go on without it?", "no");
    assert!(asked.contains("run 99991231-000000-00000000 is newer and cannot be read"), "{asked}");
    terminal.ends_with(5);
    assert_eq!(desk.block(), all_on());
    desk.machine.sure(&["restore", &id]).ends(0).says("is newer and cannot be read");
    assert_eq!(desk.block(), before);
}

#[test]
fn ctrl_c_at_a_drift_leaves_it_owed() {
    let desk = desk();
    let theirs = desk.drifted();
    let mut terminal = desk.types(&["restore", "--latest"]);
    terminal.answer(WHICH, ACCOUNT);
    terminal.interrupt(DRIFT);
    let end = terminal.ends_with(130);
    assert!(end.contains("still owed") && end.contains("Go on: unplug restore "), "{end}");
    assert_eq!(desk.block(), theirs);
}

#[test]
fn a_leaked_keys_id_is_typed_to_turn_it_on_again() {
    let (copy, seed) = seeded();
    let key = seed["keys"]["alice"][0].as_str().unwrap();
    let status = || dump(&copy.url(), &["us-east-1"]).json["keys"]["global"][key]["Status"].clone();
    let proxy = Proxy::start(copy.port, Duration::ZERO, &[NO_SUPPORT]);
    let machine = Machine::new(&proxy.url());
    machine.sure(&["pull", "--steps", "100", "--key", key]);
    assert_eq!(status(), "Inactive");
    let words = ["restore", "--latest", "--reactivate", key];
    for (typed, code, now) in [("yes", 5, "Inactive"), (key, 0, "Active")] {
        let mut terminal = Terminal::start(&machine.command(&words), 120);
        terminal.answer(WHICH, ACCOUNT);
        terminal.answer("Type its id to turn it on again", typed);
        terminal.ends_with(code);
        assert_eq!(status(), now);
    }
}
