//! Files that unplug reads, writes and prints to: what is no plain file, what is full, what others may enter.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use crate::environment::{KEYS, Server, one_line, plan};
use crate::moto::binary::{Machine, Said};
use crate::prompts::terminal::Terminal;

fn run(machine: &Machine, words: &[&str]) -> Said {
    Said::of(machine.bare(words).output().unwrap())
}

#[test]
fn what_is_no_regular_file_is_refused_at_once_everywhere() {
    let machine = Machine::new("");
    let pipe = machine.path("pipe.toml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.to_str().unwrap();
    for words in [
        &["playbooks", pipe][..],
        &["playbooks", "/dev/zero"],
        &["plan", pipe, "--from", "kettle-and-crane"],
        &["plan", "--from", pipe],
        &["plan", "--from", "/dev/zero"],
        &["drill", "--auto", "--scenario", pipe],
        &["drill", "--auto", "--scenario", "/dev/zero"],
        &["drill", "--auto", "--from", pipe],
        &["pull", "--plan", pipe],
        &["pull", "--plan", "/dev/zero"],
    ] {
        let said = run(&machine, words).ends(2);
        assert!(
            one_line(&said.err).contains("it is a pipe or a device, and must be a regular file"),
            "{said:?}"
        );
    }
    fs::rename(pipe, machine.path("unplug.toml")).unwrap();
    run(&machine, &["config"]).ends(2).says("unplug.toml").says("a pipe or a device");
}

#[test]
fn a_file_that_nobody_wrote_by_hand_is_refused_at_once() {
    let machine = Machine::new("");
    let entries: String = (0..300_000).map(|n| format!("\"eni-{n}\",\n")).collect();
    fs::write(machine.path("unplug.toml"), format!("[protected]\nresources = [{entries}]\n")).unwrap();
    let said = run(&machine, &["config"]).ends(2);
    assert!(one_line(&said.err).contains("at most 1 MB are read"), "{said:?}");
    // What is allowed is read without delay.
    let entries: String = (0..70_000).map(|n| format!("\"i-{n}\",\n")).collect();
    fs::write(machine.path("unplug.toml"), format!("[protected]\nresources = [{entries}]\n")).unwrap();
    run(&machine, &["config", "--json"]).ends(0).says("unplug.toml:70001");
}

#[test]
fn output_to_a_full_device_is_no_success() {
    let machine = Machine::new("");
    for words in [
        &["steps"][..],
        &["steps", "--json"],
        &["--help"],
        &["--version"],
        &["man"],
        &["completions", "bash"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let said = Said::of(machine.bare(words).stdout(Stdio::from(full)).output().unwrap());
        assert_eq!(said.code, Some(1), "{words:?} {said:?}");
    }
    let full = File::options().write(true).open("/dev/full").unwrap();
    let said = Said::of(machine.bare(&["steps"]).stdout(Stdio::from(full)).output().unwrap());
    assert!(said.err.contains("not all of the output could be written"), "{said:?}");
    // A reader that has read enough is none of this.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(Said::of(machine.bare(&["steps"]).stdout(writer).output().unwrap()).code, Some(0));
}

#[test]
fn who_looks_writes_nothing() {
    let machine = Machine::new("");
    run(&machine, &["runs"]).ends(0).says("No run is recorded");
    run(&machine, &["show", "2026"]).ends(2);
    assert!(!machine.state().exists(), "nothing was made");
    fs::create_dir_all(machine.state().join("runs")).unwrap();
    let before = fs::read_dir(machine.state()).unwrap().count();
    let all: Vec<_> = (0..24).map(|_| machine.bare(&["runs"]).spawn().unwrap()).collect();
    for child in all {
        Said::of(child.wait_with_output().unwrap()).ends(0);
    }
    assert_eq!(fs::read_dir(machine.state()).unwrap().count(), before);
}

#[test]
fn a_state_folder_that_others_may_enter_is_warned_of() {
    let machine = Machine::new("");
    fs::create_dir_all(machine.state().join("runs")).unwrap();
    let open = |mode| fs::set_permissions(machine.state(), Permissions::from_mode(mode)).unwrap();
    open(0o777);
    let said = run(&machine, &["runs"]).ends(0);
    let text = one_line(&said.err);
    assert!(
        text.starts_with("warning: others can change what is in") && text.contains("chmod 700"),
        "{text}"
    );
    open(0o700);
    fs::set_permissions(machine.state().join("runs"), Permissions::from_mode(0o755)).unwrap();
    assert!(one_line(&run(&machine, &["runs"]).ends(0).err).starts_with("warning: others can read"));
    fs::set_permissions(machine.state().join("runs"), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(run(&machine, &["runs"]).ends(0).err, "");
}

#[test]
fn every_call_is_told_without_colours_and_as_it_ended() {
    let server = Server::start();
    let words = ["-v", "--endpoint-url", &server.url];
    let said = plan(&[], &words, &KEYS).ends(7);
    let said = said.says("answered call=\"sts:GetCallerIdentity\" error=\"AccessDenied\"");
    assert!(!said.err.contains('\u{1b}'), "{said:?}");
    let nowhere = ["-v", "--endpoint-url", "http://127.0.0.1:1"];
    let said = plan(&[], &nowhere, &[&KEYS[..], &[("AWS_MAX_ATTEMPTS", "1")]].concat()).ends(7);
    said.says("no answer call=\"sts:GetCallerIdentity\"").says_not("answered");
}

#[test]
fn the_manual_is_a_page_at_a_terminal_and_its_source_in_a_pipe() {
    let machine = Machine::new("");
    run(&machine, &["man"]).ends(0).says(".TH unplug 1");
    let mut command = machine.bare(&["man"]);
    command.env("MANPAGER", "cat").env("PAGER", "cat");
    let mut terminal = Terminal::start(&command, 100);
    let page = terminal.ends_with(0);
    assert!(page.contains("Pull the plug on an AWS account") && !page.contains(".TH"), "{page}");
}

#[test]
fn a_playbook_need_not_say_what_it_is_about() {
    let machine = Machine::new("");
    fs::write(machine.path("short.toml"), "title = \"Short\"\n\n[[step]]\nrun = 520\n").unwrap();
    run(&machine, &["playbooks", "./short.toml"]).ends(0).says("Short");
}

#[test]
fn contradictions_are_listed_line_by_line() {
    let machine = Machine::new("");
    let text =
        "title = \"T\"\nstory = \"S\"\nsuspects = [\"i-1\", \"i-2\"]\n[account]\nformat = 2\nid = \"1\"\n";
    fs::write(machine.path("x.toml"), text).unwrap();
    let said = run(&machine, &["drill", "--auto", "--scenario", "./x.toml"]).ends(2);
    assert!(!said.err.contains("\\u{a}"), "{said:?}");
}
