//! Names in an account are attacker-controlled: none of them reaches a terminal as it is.

use unplug::scenario;

use super::{machine, run, written};
use crate::moto::binary::Machine;

/// In JSON: a window title, a cleared screen, a C1 control, a turned direction, and lines that look
/// like unplug's own.
const FOREIGN: &str =
    r"x\u001b]0;owned\u0007\u001b[2J\u009b31m\u202egnp\u2066\r\n510 OK      nothing to cut\n\u0000\t";

/// The drill's account, in which names of users, tags and groups are hostile.
fn account(machine: &Machine) -> String {
    let account = scenario::load(scenario::DEFAULT).unwrap().account;
    let mut text = serde_json::to_string(&account).unwrap();
    // As parts of the text, so that what refers to a name still does.
    for name in ["kc-web", "kc-worker", "test-tanaka-2019", "kc-shop-images"] {
        assert!(text.contains(name), "{name}");
        text = text.replace(name, &format!("{name}{FOREIGN}"));
    }
    // The credential report has a line a user: a name cannot hold a line end there.
    let user = FOREIGN.replace(r"\r\n", "").replace(r"\n", "");
    text = text.replace("newsletter-smtp", &format!("newsletter-smtp{user}"));
    written(machine, "account.json", &text)
}

/// The sequences that the printer makes itself.
fn without_tones(text: &str) -> String {
    ["0", "1", "2", "7", "31", "32", "33", "35", "36"]
        .iter()
        .fold(text.to_owned(), |text, tone| text.replace(&format!("\u{1b}[{tone}m"), ""))
}

fn is_harmless(text: &str) {
    for line in text.split('\n') {
        let obeyed =
            |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!line.contains(obeyed), "{line:?}");
        assert!(!line.starts_with("510 OK      nothing to cut"), "a name made a line of its own");
    }
}

#[test]
fn foreign_names_are_shown_and_not_obeyed() {
    let machine = machine();
    let file = account(&machine);
    for words in [
        &["drill", "--auto", "--details", "--from", &file][..],
        &["drill", "--auto", "--json", "--from", &file],
        &["plan", "--from", &file],
        &["plan", "--from", &file, "--details"],
        &["plan", "--from", &file, "--details", "--details"],
        &["plan", "--from", &file, "--json"],
    ] {
        let said = run(&machine, words).ends(0);
        is_harmless(&said.out);
        is_harmless(&said.err);
        assert!(said.out.contains("]0;owned"), "{words:?} leaves them out");
    }
}

#[test]
fn colours_are_the_printers_own() {
    let machine = machine();
    let file = account(&machine);
    let mut command = machine.bare(&["drill", "--auto", "--details", "--from", &file]);
    // `bare` says never: the last one counts for nothing, so it is replaced.
    let words: Vec<_> =
        command.get_args().map(|word| word.to_str().unwrap().replace("never", "always")).collect();
    let program = command.get_program().to_owned();
    command = std::process::Command::new(program);
    command.args(words).env_clear().env("HOME", machine.path("")).current_dir(machine.path(""));
    let output = command.output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("\u{1b}[1m"), "no colour at all");
    is_harmless(&without_tones(&out));
    is_harmless(&without_tones(&String::from_utf8(output.stderr).unwrap()));
}
