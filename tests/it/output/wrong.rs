//! Wrong input: every answer says what is wrong, what to do, and nothing is cut.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;

use super::{drills, machine, recorded, run, whole, written};

/// Runs it, and compares all that was said.
macro_rules! answer {
    ($machine:expr, $code:expr, $name:expr, $words:expr) => {{
        let said = run(&$machine, &$words).ends($code);
        assert_snapshot!($name, whole(&$machine, &$words, &said));
    }};
}

#[test]
fn names_that_there_are_not() {
    let machine = machine();
    answer!(machine, 2, "no_such_playbook", ["plan", "pull-the-plig"]);
    answer!(machine, 2, "no_such_scenario", ["drill", "--scenario", "kettle"]);
    answer!(machine, 2, "no_such_step", ["steps", "511"]);
    answer!(machine, 2, "no_such_step_selected", ["plan", "--steps", "511,520"]);
    answer!(machine, 2, "no_step_at_all", ["plan", "--steps", "network"]);
    answer!(machine, 2, "no_such_verb", ["unplug"]);
    answer!(machine, 2, "no_such_run", ["show", "20200101"]);
}

#[test]
fn files_that_are_wrong() {
    let machine = machine();
    answer!(machine, 2, "no_such_snapshot", ["plan", "--from", "none.json"]);
    let file = written(&machine, "half.json", "{\"format\": 1, \"id\": ");
    answer!(machine, 2, "half_a_snapshot", ["plan", "--from", &file]);
    answer!(machine, 2, "no_such_playbook_file", ["playbooks", "none.toml"]);
    for (name, text) in [
        ("typo_step", "title = \"T\"\nabout = \"A\"\n\n[[step]]\nrun = 521\n"),
        ("typo_key", "title = \"T\"\nabout = \"A\"\n\n[[step]]\nrunn = 520\n"),
        (
            "typo_parameter",
            "title = \"T\"\nabout = \"A\"\n\n[[step]]\nrun = 510\nwith = { wai = \"direct\" }\n",
        ),
        ("no_toml", "title = \"T\nabout"),
    ] {
        let file = written(&machine, &format!("{name}.toml"), text);
        answer!(machine, 2, name, ["playbooks", &file]);
    }
    written(&machine, "unplug.toml", "[protectd]\ntags = []\n");
    answer!(machine, 2, "typo_in_the_configuration", ["config"]);
}

/// Each part in a line of its own: a line end inside a message would be shown as `\u{a}`.
#[test]
fn a_scenario_that_does_not_hold_together_is_told_line_by_line() {
    let machine = machine();
    let text = "title = \"x\"\nstory = \"x\"\nsuspects = { instances = [\"i-1\"] }\n[account]\nid = \"444455556666\"\n\
        enabled_regions.read = [\"us-east-1\"]\n\
        caller = { arn = \"arn:aws:iam::444455556666:root\", user_id = \"444455556666\" }\n\
        [account.regions.eu-west-1]\nvpcs.read.vpc-1 = { owner = \"444455556666\" }\n\
        subnets.read.subnet-1 = { vpc = \"vpc-2\" }\n";
    let file = written(&machine, "torn.toml", text);
    for words in [&["drill", "--auto", "--scenario", &file][..], &["plan", "--from", &file]] {
        let said = run(&machine, words).ends(2).says_not("u{a}");
        let lines: Vec<&str> = said.err.lines().map(str::trim).collect();
        for part in [
            "eu-west-1 is not among the enabled Regions",
            "eu-west-1 subnet-1 names the VPC \"vpc-2\", which is not there",
            "the suspect i-1 is not there",
        ] {
            assert!(lines.contains(&part), "{words:?}: {part:?} is not a line of\n{}", said.err);
        }
    }
}

#[test]
fn words_that_do_not_go_together() {
    let machine = machine();
    answer!(machine, 2, "yes_without_account", ["pull", "--yes"]);
    answer!(machine, 2, "irreversible_without_yes", ["pull", "--allow-irreversible"]);
    answer!(machine, 2, "restore_of_nothing", ["restore"]);
}

#[test]
fn nobody_to_be() {
    let machine = machine();
    answer!(machine, 7, "no_credentials", ["plan", "--region", "eu-west-1"]);
    answer!(machine, 7, "no_such_profile", ["pull", "--profile", "prod"]);
}

#[test]
fn nowhere_to_write() {
    let machine = machine();
    // A file where the folder should be: also root cannot write into it.
    fs::write(machine.state(), "").unwrap();
    answer!(machine, 1, "no_place_for_the_state", ["pull"]);
    answer!(machine, 1, "no_place_for_a_drill", ["drill", "--auto"]);
    let file = recorded(&machine);
    answer!(machine, 1, "no_place_for_the_plan", ["plan", "--from", &file, "--out", "none/plan.json"]);
}

#[test]
fn a_journal_that_was_edited() {
    let machine = machine();
    run(&machine, &["drill", "--auto"]).ends(0);
    let drill = drills(&machine).pop().unwrap();
    let id = drill.file_name().unwrap().to_str().unwrap().to_owned();
    let runs = machine.state().join("runs");
    fs::create_dir_all(&runs).unwrap();
    fs::set_permissions(&runs, PermissionsExt::from_mode(0o700)).unwrap();
    fs::rename(&drill, runs.join(&id)).unwrap();
    let journal = runs.join(&id).join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("Active", "Inactive", 1).replacen("active", "Active", 1)).unwrap();
    answer!(machine, 1, "edited_journal", ["show", &id]);
    answer!(machine, 4, "edited_journal_among_runs", ["runs"]);
}
