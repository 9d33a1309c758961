//! Rehearsal of many interfaces: seconds and peak memory, each in a process of its own.

use std::process::Command;
use std::time::Instant;

use unplug::engine::plan::Selected;
use unplug::engine::rehearse::rehearse;

use super::{accounts, plans};

/// The word that makes this program a child.
pub const CHILD: &str = "rehearse";

/// The steps (none: all) and the number of interfaces (none: those of the large account).
const CASES: [(&str, &[u16], usize); 5] = [
    ("whole playbook, 300 users, 2,000 groups, 40 VPCs", &[], 0),
    ("step 510 alone, 1,000 interfaces", &[510], 1_000),
    ("step 510 alone, 10,000 interfaces", &[510], 10_000),
    ("505, 510, 520, 10,000 interfaces", &[505, 510, 520], 10_000),
    ("whole playbook, 10,000 interfaces", &[], 10_000),
];

pub fn print() {
    println!("rehearsal of the cut, and of putting it back\n");
    println!(
        "| what | changes | calls | seconds | of that the processor | peak memory | of that the account |"
    );
    println!("|---|---|---|---|---|---|---|");
    for case in 0..CASES.len() {
        let child =
            Command::new(std::env::current_exe().unwrap()).args([CHILD, &case.to_string()]).output().unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        print!("{}", String::from_utf8_lossy(&child.stdout));
    }
}

pub fn child(case: &str) {
    let (name, only, count) = CASES[case.parse::<usize>().unwrap()];
    let account = if count == 0 { accounts::large() } else { accounts::many_interfaces(count) };
    let steps: Vec<Selected> = plans::playbook()
        .into_iter()
        .filter(|selected| only.is_empty() || only.contains(&selected.step.0))
        .collect();
    let (before, busy) = (peak_mib(), processor_seconds());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let began = Instant::now();
    let rehearsal = runtime.block_on(rehearse(&account, &steps, &plans::brief())).unwrap();
    let (took, busy) = (began.elapsed(), processor_seconds() - busy);
    let changes: usize = rehearsal.steps.iter().map(|step| step.changes.len()).sum();
    let refused: usize = rehearsal.steps.iter().map(|step| step.refused.len()).sum();
    assert!(changes >= count, "{changes} changes, {refused} refused");
    let calls: u64 = rehearsal.steps.iter().map(|step| step.calls.total() + step.undo_calls.total()).sum();
    println!(
        "| {name} | {changes} | {calls} | {:.2} | {busy:.2} | {} MiB | {before} MiB |",
        took.as_secs_f64(),
        peak_mib()
    );
}

/// Of this process, all threads. On a busy machine it says more than what the wall says.
pub fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in brackets: the twelfth and thirteenth words, in hundredths.
    let words = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    words.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// `VmHWM` of this process: the most memory that it ever had.
pub fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1_024
}
