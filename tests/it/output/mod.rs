//! Whole outputs, as snapshots: what a person reads, and what a wrong input is answered with.
//!
//! A change of the words shows here: `INSTA_UPDATE=always cargo test --test it output::` writes
//! them, and the diff is read before it is committed.

mod checks;
mod hostile;
mod names;
mod pages;
mod schema;
mod wrong;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use unplug::scenario;

use crate::moto::binary::{Machine, Said};

/// A machine without credentials and without an endpoint.
fn machine() -> Machine {
    Machine::new("")
}

fn run(machine: &Machine, words: &[&str]) -> Said {
    Said::of(here(machine, words).output().expect("the binary runs"))
}

/// Files are named from the home folder: a longer name of it would wrap the lines elsewhere.
fn here(machine: &Machine, words: &[&str]) -> Command {
    let bare = machine.bare(words);
    let home = home(machine);
    let mut command = Command::new(bare.get_program());
    command.args(bare.get_args().map(|word| word.to_str().unwrap().replace(&home, "")));
    command.env_clear().envs(bare.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(&home).stdin(Stdio::null());
    command
}

fn home(machine: &Machine) -> String {
    format!("{}/", machine.path("").to_str().unwrap().trim_end_matches('/'))
}

/// The account of the shipped drill, recorded in a file.
fn recorded(machine: &Machine) -> String {
    let account = scenario::load(scenario::DEFAULT).unwrap().account;
    written(machine, "account.json", &serde_json::to_string(&account).unwrap())
}

fn written(machine: &Machine, name: &str, text: &str) -> String {
    let path = machine.path(name);
    fs::write(path, text).unwrap();
    name.to_owned()
}

/// The folders of the drills on this machine.
fn drills(machine: &Machine) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(machine.state().join("drills/runs")) else { return vec![] };
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Command, exit code and all that was said, without what differs from run to run.
fn whole(machine: &Machine, words: &[&str], said: &Said) -> String {
    let code = said.code.map_or("none".into(), |code| code.to_string());
    let mut text = format!("$ unplug {}\n{}", words.join(" "), said.out);
    if !said.err.is_empty() {
        text.push_str(&format!("--- stderr\n{}", said.err));
    }
    text.push_str(&format!("--- exit {code}\n"));
    settled(machine, &text)
}

/// Without the ids of runs and the hashes of lines.
fn settled(machine: &Machine, text: &str) -> String {
    // The configuration is looked for from where the command is run, and named in full.
    let mut text = text.replace(&home(machine), "HOME/");
    for run in drills(machine).iter().chain(&machine.runs()) {
        text = text.replace(run.file_name().unwrap().to_str().unwrap(), "RUN");
    }
    let hash = |word: &&str| word.len() == 64 && word.bytes().all(|c| c.is_ascii_hexdigit());
    let hashes: Vec<String> = text.split_whitespace().filter(hash).map(ToOwned::to_owned).collect();
    for hash in hashes {
        text = text.replace(&hash, "HASH");
    }
    text
}

/// The same JSON with another value at a key of its top level.
fn with(mut value: Value, key: &str, to: &str) -> Value {
    value[key] = to.into();
    value
}
