//! Law 4: the process may die at any call, before or after it takes effect, and again while it
//! restores; the account is put back all the same.

use unplug::account::Account;
use unplug::aws::faults::{Fault, When};
use unplug::engine::journal::Journal;
use unplug::engine::restore::{Back, Owed};
use unplug::sim::Simulation;

use super::harness::{Process, not_put_back};
use super::seeds::{Seed, seeds};

/// Runs until it ends or dies.
async fn until_dead<T>(process: &Process, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = process.aws.faults().dead() => None,
        ended = work => Some(ended),
    }
}

/// What the next process finds on the disk: only what was synced, or all that was written.
fn survives(process: &Process, unsynced_too: bool) -> Vec<u8> {
    if unsynced_too { process.disk.all() } else { process.disk.synced() }
}

async fn restore_all(simulation: &Simulation, seed: &Seed, bytes: Vec<u8>) -> (Process, Vec<(Owed, Back)>) {
    let process = Process::with_journal(simulation, bytes);
    // Nothing was announced before the first entry was synced: nothing to put back.
    let ends = if Journal::parse(&process.disk.all()).is_ok() { process.restore(seed).await } else { vec![] };
    (process, ends)
}

fn assert_as_before(seed: &Seed, before: &Account, simulation: &Simulation, process: &Process, ends: &[(Owed, Back)], when: &str) {
    let names = Journal::parse(&process.disk.all()).map(|j| j.names()).unwrap_or_default();
    let names = unplug::step::Names::new(names);
    let left = not_put_back(before, &simulation.account(), &names, ends);
    assert_eq!(left, vec![], "{}: not as before when it died {when}", seed.name);
}

async fn calls_of_a_pull(seed: &Seed) -> usize {
    let process = Process::start(&Simulation::new(seed.account.clone()));
    process.pull(seed).await;
    process.aws.ledger().len()
}

#[tokio::test]
async fn law_4_a_pull_that_dies_anywhere_is_put_back() {
    for seed in seeds() {
        let all = calls_of_a_pull(&seed).await;
        for n in 1..=all {
            for fault in [Fault::Die, Fault::TakenThenDie] {
                for unsynced_too in [false, true] {
                    let simulation = Simulation::new(seed.account.clone());
                    let before = simulation.account();
                    let process = Process::start(&simulation);
                    process.aws.faults().set(When::Call(n), fault);
                    until_dead(&process, process.pull(&seed)).await;
                    let bytes = survives(&process, unsynced_too);
                    let (process, ends) = restore_all(&simulation, &seed, bytes).await;
                    let when = format!("at call {n} of {all}, {fault:?}, unsynced {unsynced_too}");
                    for (owed, back) in &ends {
                        assert!(back.settled(), "{}: {} {back:?}, {when}", seed.name, owed.target);
                    }
                    assert_as_before(&seed, &before, &simulation, &process, &ends, &when);
                }
            }
        }
    }
}

#[tokio::test]
async fn law_4_a_restore_that_dies_anywhere_is_finished_by_the_next() {
    for seed in seeds() {
        let simulation = Simulation::new(seed.account.clone());
        let pulled = Process::start(&simulation);
        pulled.pull(&seed).await;
        let probe = Process::with_journal(&Simulation::new(simulation.account()), pulled.disk.all());
        probe.restore(&seed).await;
        let all = probe.aws.ledger().len();
        for n in 1..=all {
            for fault in [Fault::Die, Fault::TakenThenDie] {
                for unsynced_too in [false, true] {
                    let simulation = Simulation::new(seed.account.clone());
                    let before = simulation.account();
                    let process = Process::start(&simulation);
                    process.pull(&seed).await;
                    let process = Process::with_journal(&simulation, process.disk.all());
                    process.aws.faults().set(When::Call(n), fault);
                    let first = until_dead(&process, process.restore(&seed)).await.unwrap_or_default();
                    let (process, ends) = restore_all(&simulation, &seed, survives(&process, unsynced_too)).await;
                    let when = format!("in the restore at call {n} of {all}, {fault:?}");
                    assert_as_before(&seed, &before, &simulation, &process, &[first, ends].concat(), &when);
                }
            }
        }
    }
}

#[tokio::test]
async fn law_4_a_pull_that_dies_anywhere_can_go_on_and_is_put_back() {
    for seed in seeds() {
        let whole = Simulation::new(seed.account.clone());
        Process::start(&whole).pull(&seed).await;
        let all = calls_of_a_pull(&seed).await;
        for n in 1..=all {
            for fault in [Fault::Die, Fault::TakenThenDie] {
                let simulation = Simulation::new(seed.account.clone());
                let before = simulation.account();
                let process = Process::start(&simulation);
                process.aws.faults().set(When::Call(n), fault);
                until_dead(&process, process.pull(&seed)).await;
                let bytes = process.disk.synced();
                if Journal::parse(&bytes).is_err() {
                    continue;
                }
                let process = Process::with_journal(&simulation, bytes);
                let summary = process.resume(&seed).await;
                let when = format!("at call {n} of {all}, {fault:?}");
                for (change, outcome) in &summary.ends {
                    assert!(outcome.holds(), "{}: {} {outcome:?}, {when}", seed.name, change.target);
                }
                let again = process.plan(&seed, process.names()).await;
                let open: usize = again.steps.iter().map(|step| step.changes.len()).sum();
                assert_eq!(open, 0, "{}: not cut as planned, {when}", seed.name);
                let ends = process.restore(&seed).await;
                assert_as_before(&seed, &before, &simulation, &process, &ends, &when);
            }
        }
    }
}

#[tokio::test]
async fn law_4_the_last_line_may_be_cut_at_every_byte() {
    for seed in seeds() {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        let bytes = process.disk.all();
        let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        let cut = simulation.account();
        for at in last..=bytes.len() {
            let simulation = Simulation::new(cut.clone());
            let whole = Journal::parse(&bytes[..at]).unwrap().whole;
            let (process, ends) = restore_all(&simulation, &seed, bytes[..whole].to_vec()).await;
            assert_as_before(&seed, &seed.account, &simulation, &process, &ends, &format!("with {at} bytes"));
        }
    }
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_stops_the_cut() {
    for seed in seeds() {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        let known = simulation.account();
        process.disk.fail();
        let pulled = std::panic::AssertUnwindSafe(process.pull(&seed));
        let ended = futures::FutureExt::catch_unwind(pulled).await;
        assert!(ended.is_err(), "{}: the first entry could not be written", seed.name);
        assert_eq!(known, simulation.account(), "{}: cut without a record", seed.name);
    }
}
