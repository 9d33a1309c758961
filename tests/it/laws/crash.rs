//! Law 4: the process may die at any call, before or after it takes effect, and again while it
//! restores; the account is put back all the same. A run of all seeds tries the first and the last call of each
//! operation; `UNPLUG_LAWS=530` tries every call of one step.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use unplug::account::Account;
use unplug::aws::faults::Moment;
use unplug::aws::operations;
use unplug::engine::journal::Journal;
use unplug::engine::restore::{Back, Owed};
use unplug::engine::store::MemoryDisk;
use unplug::engine::verify::differences;
use unplug::sim::Simulation;

use super::harness::{Process, each, not_put_back};
use super::seeds::{Seed, few, only, seeds};

/// What the next process may find on the disk: only what was synced, or all that was written.
fn survivors(disk: &MemoryDisk) -> Vec<Vec<u8>> {
    let (synced, all) = (disk.synced(), disk.all());
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

/// What a process leaves that dies at a call: the account behind the wire, and the disk.
pub(super) struct Wreck {
    /// The operation, and whether it took effect.
    at: (String, bool),
    pub(super) when: String,
    pub(super) simulation: Simulation,
    /// See [`survivors`].
    pub(super) disks: Vec<Vec<u8>>,
}

/// Runs `work` once and returns what it would leave, had it died at any of its calls: before the call
/// takes effect, and after. A moment that leaves what the moment before it leaves is left out: between
/// two writes a run only reads. Of the moments at the same operation it returns the first and the last, for
/// those between differ in how many targets of one kind are cut; all of them where `UNPLUG_LAWS` picks a step.
pub(super) async fn wrecks<T>(
    process: &Process,
    simulation: &Simulation,
    work: impl Future<Output = T>,
) -> Vec<Wreck> {
    let found = Arc::new(Mutex::new((0, None, vec![])));
    let (wrecks, behind, disk) = (found.clone(), simulation.clone(), process.disk.clone());
    let clock = process.aws.clock().clone();
    process.aws.faults().watch(move |moment: Moment<'_>| {
        let (writes, last, wrecks): &mut (_, _, Vec<Wreck>) = &mut wrecks.lock().unwrap();
        *writes += usize::from(moment.taken && operations::mutates(moment.operation));
        let now = (*writes, disk.synced().len(), disk.all().len(), clock.now_ms());
        if last.replace(now) != Some(now) {
            let at = (moment.operation.to_owned(), moment.taken);
            if only().is_none() {
                let alike: Vec<usize> = (0..wrecks.len()).filter(|n| wrecks[*n].at == at).collect();
                if let [_, last] = alike[..] {
                    wrecks.remove(last);
                }
            }
            wrecks.push(Wreck {
                at,
                when: format!("at call {}, {}, taken: {}", moment.number, moment.operation, moment.taken),
                simulation: behind.fork(),
                disks: survivors(&disk),
            });
        }
    });
    work.await;
    let wrecks = std::mem::take(&mut found.lock().unwrap().2);
    assert!(!wrecks.is_empty(), "a run of no calls");
    wrecks
}

#[tokio::test]
async fn law_4_a_pull_that_dies_anywhere_is_put_back() {
    Box::pin(each(seeds(), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        for Wreck { when, simulation, disks, .. } in
            Box::pin(wrecks(&process, &simulation, process.pull(&seed))).await
        {
            for bytes in disks {
                let (simulation, when) = (simulation.fork(), format!("{when}, {} bytes left", bytes.len()));
                let (process, ends) = restore_all(&simulation, bytes).await;
                for (owed, back) in &ends {
                    assert!(back.settled(), "{}: {} {back:?}, {when}", seed.name, owed.change.target);
                }
                assert_as_before(&seed, &seed.account, &simulation, &process, &ends, &when);
            }
        }
    }))
    .await;
}

#[tokio::test]
async fn law_4_a_restore_that_dies_anywhere_is_finished_by_the_next() {
    each(seeds(), async |seed| {
        let cut = Simulation::new(seed.account.clone());
        let pulled = Process::start(&cut);
        pulled.pull(&seed).await;
        let process = Process::with_journal(&cut, pulled.disk.all());
        for Wreck { when, simulation, disks, .. } in wrecks(&process, &cut, process.restore()).await {
            for bytes in disks {
                let (simulation, when) = (simulation.fork(), format!("in the restore {when}"));
                let (process, ends) = restore_all(&simulation, bytes).await;
                assert_as_before(&seed, &seed.account, &simulation, &process, &ends, &when);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn law_4_a_pull_that_dies_anywhere_can_go_on_and_is_put_back() {
    Box::pin(each(seeds(), async |seed| {
        let whole = Simulation::new(seed.account.clone());
        let undisturbed = Process::start(&whole);
        let wrecks = Box::pin(wrecks(&undisturbed, &whole, undisturbed.pull(&seed))).await;
        let cut = whole.account();
        for Wreck { when, simulation, disks, .. } in wrecks {
            let [bytes, ..] = &*disks else { continue };
            if Journal::parse(bytes).is_err() {
                continue;
            }
            let process = Process::with_journal(&simulation, bytes.clone());
            let summary = process.resume().await;
            for (change, outcome) in &summary.ends {
                assert!(outcome.holds(), "{}: {} {outcome:?}, {when}", seed.name, change.target);
            }
            // As if it had never died: a plan that finds nothing to cut could also be one that refuses.
            let differs =
                differences((&cut, &undisturbed.names()), (&simulation.account(), &process.names()));
            assert_eq!(differs, vec![], "{}: not cut as planned, {when}", seed.name);
            let ends = process.restore().await;
            assert_as_before(&seed, &seed.account, &simulation, &process, &ends, &when);
        }
    }))
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
        for n in few((2..=lines).collect(), 4) {
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
            for bytes in survivors(&full.disk) {
                let simulation = simulation.fork();
                let (process, ends) = restore_all(&simulation, bytes).await;
                assert_as_before(&seed, &seed.account, &simulation, &process, &ends, &when);
            }
        }
    })
    .await;
}
