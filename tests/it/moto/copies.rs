//! The copy of the journal: whole, removed under the run's feet, and on a disk that is full.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::account::{compare, dump};
use super::binary::{ACCOUNT, Machine, Said};
use super::proxy::Proxy;
use super::server::{Copy, seeded};
use crate::prompts::terminal::Terminal;

const PULL: [&str; 7] = ["pull", "--steps", "505,510,520", "--regions", "us-east-1", "--copy-to", "copy"];
const SURE: [&str; 3] = ["--yes", "--account", ACCOUNT];

fn put_back(copy: &Copy, machine: &Machine, before: &super::account::Dump) {
    machine.sure(&["restore", "--latest"]).ends(0);
    compare(before, &dump(&copy.url(), &["us-east-1"]), &[]).unwrap();
}

/// The journal in the copy's folder, once it is there.
fn mirrored(machine: &Machine) -> PathBuf {
    let deadline = Instant::now() + super::proxy::PATIENCE;
    loop {
        let runs = fs::read_dir(machine.path("copy/runs")).into_iter().flatten().flatten();
        if let Some(journal) = runs.map(|run| run.path().join("journal.jsonl")).find(|path| path.exists()) {
            return journal;
        }
        assert!(Instant::now() < deadline, "no copy is made");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_copy_that_is_removed_is_said_and_the_run_goes_on() {
    let (copy, _) = seeded();
    let before = dump(&copy.url(), &["us-east-1"]);
    let proxy = Proxy::start(copy.port, Duration::from_millis(30), &[]);
    let machine = Machine::new(&proxy.url());
    let pull = machine.command(&[&PULL[..], &SURE].concat()).spawn().unwrap();
    fs::remove_file(mirrored(&machine)).unwrap();
    // moto lacks lists that 510 looks at: a gap.
    let said = Said::of(pull.wait_with_output().unwrap()).ends(4);
    assert!(
        said.err.contains("the copy of the journal is no longer written (its file was removed)"),
        "{}",
        said.err
    );
    put_back(&copy, &machine, &before);
}

/// The same command with a copy's folder that holds 8 KiB, or `None` where that cannot be had.
fn on_a_small_disk(command: &Command, machine: &Machine) -> Option<Command> {
    let may = Command::new("unshare").args(["-rm", "true"]).output();
    if !may.is_ok_and(|output| output.status.success()) {
        crate::not_run("`unshare -rm` makes no mount namespace here");
        return None;
    }
    fs::create_dir(machine.path("copy")).unwrap();
    let mut small = Command::new("unshare");
    small.args(["-rm", "sh", "-c", "mount -t tmpfs -o size=8k none copy && exec \"$0\" \"$@\""]);
    small.arg(command.get_program()).args(command.get_args());
    small.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    small.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    small.current_dir(machine.path(""));
    Some(small)
}

#[test]
fn a_full_disk_under_the_copy_is_asked_about_after_the_step() {
    let (copy, _) = seeded();
    let before = dump(&copy.url(), &["us-east-1"]);
    let machine = Machine::new(&copy.url());
    let Some(pull) = on_a_small_disk(&machine.command(&PULL), &machine) else { return };
    let mut terminal = Terminal::start(&pull, 120);
    terminal.answer("Type its id or alias to go on", ACCOUNT);
    terminal.answer("Cut 505", "all");
    terminal.answer("Cut 510", "yes");
    terminal.answer("Cut 520", "yes");
    let asked = terminal.answer("Go on with the local journal alone?", "no");
    assert!(asked.contains("The copy of the journal cannot be written: No space left on device"), "{asked}");
    let end = terminal.ends_with(3);
    assert!(end.contains("Stopped: the copy of the journal cannot be written"), "{end}");
    // What was cut is in the local journal, whole.
    put_back(&copy, &machine, &before);
}
