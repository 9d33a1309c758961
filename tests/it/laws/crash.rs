//! Law 4: the process may die at any call, before or after it takes effect, and again while it
//! restores; the account is put back all the same.

use std::collections::BTreeSet;

use unplug::account::Account;
use unplug::aws::faults::{Fault, When};
use unplug::aws::operations;
use unplug::engine::journal::Journal;
use unplug::engine::restore::{Back, Owed};
use unplug::engine::verify::differences;
use unplug::sim::Simulation;

use super::harness::{Process, each, not_put_back};
use super::seeds::{Seed, seeds};

/// Runs until it ends or dies.
async fn until_dead<T>(process: &Process, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = process.aws.faults().dead() => None,
        ended = work => Some(ended),
    }
}

/// What the next process may find on the disk: only what was synced, or all that was written.
fn survivors(process: &Process) -> Vec<Vec<u8>> {
    let (synced, all) = (process.disk.synced(), process.disk.all());
    if synced == all { vec![all] } else { vec![synced, all] }
}

async fn restore_all(simulation: &Simulation, bytes: Vec<u8>) -> (Process, Vec<(Owed, Back)>) {
    let process = Process::with_journal(simulation, bytes);
    // Nothing was announced before the first entry was synced: nothing to put back.
    let ends = if Journal::parse(&process.disk.all()).is_ok() { process.restore().await } else { vec![] };
    (process, ends)
}

fn assert_as_before(
    seed: &Seed,
    before: &Account,
    simulation: &Simulation,
    process: &Process,
    ends: &[(Owed, Back)],
    when: &str,
) {
    let names = Journal::parse(&process.disk.all()).map(|j| j.names()).unwrap_or_default();
    let names = unplug::step::Names::new(names);
    let left = not_put_back(before, &simulation.account(), &names, ends);
    assert_eq!(left, vec![], "{}: not as before when it died {when}", seed.name);
}

/// Every way to die at a call: before it takes effect, and for a write also after.
fn deaths(process: &Process) -> Vec<(usize, Fault)> {
    let calls = process.aws.ledger().calls();
    let each = calls.iter().enumerate().flat_map(|(at, call)| {
        let writes = operations::mutates(&call.operation);
        [Some((at + 1, Fault::Die)), writes.then_some((at + 1, Fault::TakenThenDie))]
    });
    each.flatten().collect()
}

#[tokio::test]
async fn law_4_a_pull_that_dies_anywhere_is_put_back() {
    each(seeds(), async |seed| {
        let probe = Process::start(&Simulation::new(seed.account.clone()));
        probe.pull(&seed).await;
        for (n, fault) in deaths(&probe) {
            let simulation = Simulation::new(seed.account.clone());
            let dead = Process::start(&simulation);
            dead.aws.faults().set(When::Call(n), fault);
            until_dead(&dead, dead.pull(&seed)).await;
            for bytes in survivors(&dead) {
                let simulation = simulation.fork();
                let when = format!("at call {n}, {fault:?}, {} bytes left", bytes.len());
                let (process, ends) = restore_all(&simulation, bytes).await;
                for (owed, back) in &ends {
                    assert!(back.settled(), "{}: {} {back:?}, {when}", seed.name, owed.change.target);
                }
                assert_as_before(&seed, &seed.account, &simulation, &process, &ends, &when);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn law_4_a_restore_that_dies_anywhere_is_finished_by_the_next() {
    each(seeds(), async |seed| {
        let cut = Simulation::new(seed.account.clone());
        let pulled = Process::start(&cut);
        pulled.pull(&seed).await;
        let probe = Process::with_journal(&cut.fork(), pulled.disk.all());
        probe.restore().await;
        for (n, fault) in deaths(&probe) {
            let simulation = cut.fork();
            let dead = Process::with_journal(&simulation, pulled.disk.all());
            dead.aws.faults().set(When::Call(n), fault);
            let first = until_dead(&dead, dead.restore()).await.unwrap_or_default();
            for bytes in survivors(&dead) {
                let simulation = simulation.fork();
                let when = format!("in the restore at call {n}, {fault:?}");
                let (process, ends) = restore_all(&simulation, bytes).await;
                let ends = [first.clone(), ends].concat();
                assert_as_before(&seed, &seed.account, &simulation, &process, &ends, &when);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn law_4_a_pull_that_dies_anywhere_can_go_on_and_is_put_back() {
    each(seeds(), async |seed| {
        let whole = Simulation::new(seed.account.clone());
        let probe = Process::start(&whole);
        probe.pull(&seed).await;
        let cut = whole.account();
        for (n, fault) in deaths(&probe) {
            let simulation = Simulation::new(seed.account.clone());
            let dead = Process::start(&simulation);
            dead.aws.faults().set(When::Call(n), fault);
            until_dead(&dead, dead.pull(&seed)).await;
            let bytes = dead.disk.synced();
            if Journal::parse(&bytes).is_err() {
                continue;
            }
            let process = Process::with_journal(&simulation, bytes);
            let summary = process.resume().await;
            let when = format!("at call {n}, {fault:?}");
            for (change, outcome) in &summary.ends {
                assert!(outcome.holds(), "{}: {} {outcome:?}, {when}", seed.name, change.target);
            }
            // As if it had never died: a plan that finds nothing to cut could also be one that refuses.
            let differs = differences((&cut, &probe.names()), (&simulation.account(), &process.names()));
            assert_eq!(differs, vec![], "{}: not cut as planned, {when}", seed.name);
            let ends = process.restore().await;
            assert_as_before(&seed, &seed.account, &simulation, &process, &ends, &when);
        }
    })
    .await;
}

#[tokio::test]
async fn law_4_the_last_line_may_be_cut_at_every_byte() {
    each(seeds(), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        let bytes = process.disk.all();
        let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        // Cut at every byte, what is left is one of few whole journals: each is restored from.
        let whole = |at: usize| Journal::parse(&bytes[..at]).unwrap().whole;
        let left: BTreeSet<usize> = (last..=bytes.len()).map(whole).collect();
        assert_eq!(left.len(), 2, "{}: without the last line and with it", seed.name);
        for whole in left {
            // With what AWS hides: what a gateway advertises is in no table while it is cut.
            let simulation = simulation.fork();
            let (process, ends) = restore_all(&simulation, bytes[..whole].to_vec()).await;
            assert_as_before(
                &seed,
                &seed.account,
                &simulation,
                &process,
                &ends,
                &format!("with {whole} bytes"),
            );
        }
    })
    .await;
}

/// What cannot be recorded is not done: the journal fails at its n-th line, for every n, and nothing
/// that it does not have was cut.
#[tokio::test]
async fn a_journal_that_fails_at_any_line_stops_the_cut_and_all_that_was_cut_is_put_back() {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let probe = Process::start(&Simulation::new(seed.account.clone()));
        probe.pull(&seed).await;
        let lines = Journal::parse(&probe.disk.all()).unwrap().entries.len();
        // The first line is written before there is an engine.
        for n in 2..=lines {
            let simulation = Simulation::new(seed.account.clone());
            let full = Process::start(&simulation);
            full.disk.fail_at(n);
            let when = format!("{}: the journal failed at line {n} of {lines}", seed.name);
            // The last line says that the pull ended: without it the run says that it failed.
            match full.try_pull(&seed).await {
                Ok(summary) => assert!(summary.stopped.is_some(), "{when}: went on"),
                Err(error) => assert!(error.to_string().contains("disk full"), "{when}: {error}"),
            }
            let announced = Journal::parse(&full.disk.all()).unwrap().intents().count();
            let writes = full.aws.ledger().calls();
            let wrote = writes.iter().any(|call| operations::mutates(&call.operation));
            assert!(announced > 0 || !wrote, "{when}: cut without a record");
            for bytes in survivors(&full) {
                let simulation = simulation.fork();
                let (process, ends) = restore_all(&simulation, bytes).await;
                assert_as_before(&seed, &seed.account, &simulation, &process, &ends, &when);
            }
        }
    })
    .await;
}
