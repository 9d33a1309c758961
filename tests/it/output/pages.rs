//! What is read when all goes well.

use std::fs;
use std::process::Command;

use insta::assert_snapshot;

use super::{drills, here, machine, recorded, run, settled, whole, with};
use crate::prompts::terminal::Terminal;

#[test]
fn a_drill() {
    let machine = machine();
    let words = ["drill", "--auto"];
    let said = run(&machine, &words);
    assert_snapshot!(whole(&machine, &words, &said));
}

/// A drill with a thief, in the words of the leaked key's drill.
const THIEF: [&str; 6] = ["drill", "--scenario", "leaked-key", "--playbook", "leaked-key", "--auto"];

/// What came of the thief's moves is read without scrolling, in colour or without.
#[test]
fn what_came_of_a_thief_fits_a_screen_at_every_width() {
    let machine = machine();
    for (columns, most) in [("80", 48), ("100", 38), ("140", 30)] {
        let said = |output: std::process::Output| {
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8(output.stdout).unwrap();
            let from = text.find("After the cut").expect("it is told");
            text[from..text.find("Putting back").unwrap()].to_owned()
        };
        let plain = said(here(&machine, &THIEF).env("COLUMNS", columns).output().unwrap());
        assert!(!plain.contains('\u{1b}'));
        let rows = plain.lines().count();
        assert!(rows <= most, "{rows} rows at {columns} columns\n{plain}");
        let columns: usize = columns.parse().unwrap();
        for row in plain.lines() {
            // An ARN may stand out.
            let long = row.split(' ').any(|word| word.chars().count() + 12 > columns);
            assert!(long || row.chars().count() <= columns, "{columns}: {row}");
        }
    }
}

/// What the key of the shipped drill can do, and which statement of the cut ends each power.
#[test]
fn access_of_one_user() {
    let machine = machine();
    let words = ["access", "ci-deploy", "--from", "kettle-and-crane", "--after"];
    let said = run(&machine, &words);
    assert_snapshot!(whole(&machine, &words, &said));
}

#[test]
fn a_drill_is_recorded_like_a_run() {
    let machine = machine();
    run(&machine, &["drill", "--auto", "-q"]).ends(0);
    // The drills have a folder of their own: `runs` of the real ones does not show them.
    let words = ["runs"];
    assert_snapshot!("no_runs", whole(&machine, &words, &run(&machine, &words)));
    let drill = drills(&machine).pop().unwrap();
    let drill = drill.file_name().unwrap().to_str().unwrap();
    let (state, drills) = (machine.state(), machine.path("drills"));
    fs::rename(state.join("drills"), &drills).unwrap();
    fs::remove_dir_all(&state).unwrap();
    fs::rename(&drills, &state).unwrap();
    let notes = ["show", drill, "--drift-notes"];
    for (name, words) in [("runs", &["runs"][..]), ("show", &["show", drill]), ("drift_notes", &notes)] {
        assert_snapshot!(name, whole(&machine, words, &run(&machine, words)));
    }
}

#[test]
fn a_plan_needs_no_credentials_and_no_network() {
    let machine = machine();
    let file = recorded(&machine);
    let words = ["plan", "--from", &file];
    assert_snapshot!("plan", whole(&machine, &words, &run(&machine, &words)));
    let words = ["plan", "--from", &file, "--json"];
    let said = run(&machine, &words).ends(0);
    let plan = with(said.json(), "made_at", "NOW");
    assert_snapshot!("plan_json", settled(&machine, &serde_json::to_string_pretty(&plan).unwrap()));
}

#[test]
fn a_way_out_is_explained_hop_by_hop() {
    let machine = machine();
    let behind_nat = "eni-033e6d7377e844c4d";
    for (name, words) in [
        ("exposure", &["exposure", "--from", "kettle-and-crane"][..]),
        ("exposure_of_one", &["exposure", "--from", "kettle-and-crane", behind_nat]),
    ] {
        assert_snapshot!(name, whole(&machine, words, &run(&machine, words)));
    }
}

#[test]
fn a_trace_says_what_a_key_did_at_the_width_of_the_terminal() {
    let machine = machine();
    let words = ["trace", "--from", "kettle-and-crane", "--key", "AKIAKCDEPLOY7EXAMPLE"];
    for columns in ["80", "100", "140"] {
        let output = here(&machine, &words).env("COLUMNS", columns).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        // The last line names a folder whose name nobody can guess.
        let of_folder = |line: &&str| line.contains("kept in") || line.contains("traces/runs/");
        let rows: Vec<&str> = text.lines().filter(|line| !of_folder(line)).collect();
        assert_snapshot!(format!("trace_{columns}"), rows.join("\n"));
    }
    let traces = machine.state().join("traces/runs");
    let folder = fs::read_dir(traces).unwrap().next().unwrap().unwrap().path();
    let evidence = fs::read_to_string(folder.join("evidence/cloudtrail-events.jsonl")).unwrap();
    assert_eq!(evidence.lines().count(), 19, "{evidence}");
}

#[test]
fn pages_that_need_nothing() {
    let machine = machine();
    for (name, words) in [
        ("steps", &["steps"][..]),
        ("step_520", &["steps", "520"]),
        ("playbooks", &["playbooks"]),
        ("playbook", &["playbooks", "pull-the-plug"]),
        ("policy", &["policy"]),
        ("config", &["config"]),
        ("help", &["--help"]),
        ("help_pull", &["pull", "--help"]),
    ] {
        let said = run(&machine, words).ends(0);
        assert_snapshot!(name, whole(&machine, words, &said));
    }
}

#[test]
fn output_that_a_device_does_not_take_is_no_success() {
    let machine = machine();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = here(&machine, &["steps"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("could be written"));
}

#[test]
fn columns_say_how_wide_a_page_is() {
    let machine = machine();
    let output = here(&machine, &["steps", "520"]).env("COLUMNS", "60").output().unwrap();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let long = line.split(' ').any(|word| word.chars().count() + 12 > 60);
        assert!(long || line.chars().count() <= 60, "{line}");
    }
}

#[test]
fn plan_and_drill_say_the_same_time() {
    let machine = machine();
    let file = recorded(&machine);
    let said = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        let at = text.find("about ").expect("a time");
        text[at..].split_once(" minutes").expect("minutes").0.to_owned()
    };
    let plan = run(&machine, &["plan", "--from", &file]).ends(0);
    let drill = run(&machine, &["drill", "--from", &file, "--auto"]).ends(0);
    let end = &drill.out[drill.out.find("On AWS it takes").expect("it is said")..];
    assert_eq!(said(&plan.out), said(end));
}

#[test]
fn lines_fit_the_terminal() {
    for columns in [80, 120] {
        let machine = machine();
        let file = recorded(&machine);
        for words in [&["drill", "--auto"][..], &THIEF, &["plan", "--from", &file], &["steps", "520"]] {
            let mut terminal = Terminal::start(&machine.bare(words), columns);
            terminal.ends_with(0);
            for line in terminal.screen().lines() {
                // A word that fits on no line, an ARN or a URL, may stand out.
                let long = line.split(' ').any(|word| word.chars().count() + 12 > usize::from(columns));
                assert!(long || line.chars().count() <= usize::from(columns), "{columns}: {line}");
            }
        }
    }
}

#[test]
fn a_drill_needs_no_network_at_all() {
    let may = Command::new("unshare").args(["-rn", "true"]).output();
    if !may.is_ok_and(|output| output.status.success()) {
        crate::not_run("`unshare -rn` makes no network namespace here");
        return;
    }
    let machine = machine();
    let drill = machine.bare(&["drill", "--auto"]);
    let mut alone = Command::new("unshare");
    alone.arg("-rn").arg(drill.get_program()).args(drill.get_args()).current_dir(machine.path(""));
    let path = std::env::var_os("PATH").unwrap_or_default();
    alone.env_clear().env("PATH", path).env("HOME", machine.path(""));
    let output = alone.output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("All that may come back is back"), "{out}");
}
