//! The journal lost whole lines at its end. What the plan meant to cut and is found cut is the run's
//! until shown otherwise: a restore puts it back, and a resume records it first.

use unplug::engine::journal::Journal;
use unplug::engine::restore::left_over;
use unplug::engine::store::{ACCOUNT, RunFolder};
use unplug::sim::Simulation;

use super::harness::{Process, each, not_put_back};
use super::seeds::{Seed, few, seeds};

/// Whole journals that are left when the end is lost (see [`few`]); the first line is always there.
fn left(bytes: &[u8]) -> Vec<Vec<u8>> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let ends: Vec<usize> = ends.collect();
    few(ends[..ends.len() - 1].to_vec(), 4).into_iter().map(|end| bytes[..end].to_vec()).collect()
}

async fn pulled(seed: &Seed, folder: &RunFolder) -> (Simulation, Process) {
    let simulation = Simulation::new(seed.account.clone());
    let mut process = Process::start(&simulation);
    process.folder = Some(folder.clone());
    process.pull(seed).await;
    (simulation, process)
}

fn later(simulation: &Simulation, bytes: Vec<u8>, folder: &RunFolder) -> Process {
    let mut process = Process::with_journal(simulation, bytes);
    process.folder = Some(folder.clone());
    process
}

fn folder() -> (tempfile::TempDir, RunFolder) {
    let dir = tempfile::tempdir().unwrap();
    let folder = RunFolder::at(dir.path());
    (dir, folder)
}

#[tokio::test]
async fn a_restore_puts_back_what_the_journal_lost() {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let (_dir, folder) = folder();
        let (cut, process) = pulled(&seed, &folder).await;
        for bytes in left(&process.disk.all()) {
            let simulation = cut.fork();
            let lines = Journal::parse(&bytes).unwrap().entries.len();
            let process = later(&simulation, bytes, &folder);
            let ends = process.restore().await;
            for (owed, back) in &ends {
                assert!(back.settled(), "{}, {lines} lines: {} {back:?}", seed.name, owed.change.target);
            }
            let left = not_put_back(&seed.account, &simulation.account(), &process.names(), &ends);
            assert_eq!(left, vec![], "{}, {lines} lines left", seed.name);
        }
    })
    .await;
}

#[tokio::test]
async fn a_resume_records_what_the_journal_lost_and_a_restore_puts_it_back() {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let (_dir, kept) = folder();
        let (cut, process) = pulled(&seed, &kept).await;
        for bytes in left(&process.disk.all()) {
            let simulation = cut.fork();
            let lines = Journal::parse(&bytes).unwrap().entries.len();
            // A resume writes a plan of its own.
            let (_again, folder) = folder();
            folder.save("plan.json", &process.plan_on_disk().unwrap()).unwrap();
            let process = later(&simulation, bytes, &folder);
            process.resume().await;
            let process = later(&simulation, process.disk.all(), &folder);
            let ends = process.restore().await;
            let left = not_put_back(&seed.account, &simulation.account(), &process.names(), &ends);
            assert_eq!(left, vec![], "{}, {lines} lines left: {ends:?}", seed.name);
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_plan_the_account_before_the_run_tells_what_is_left() {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let (_dir, kept) = folder();
        let (cut, process) = pulled(&seed, &kept).await;
        let before = kept.load(ACCOUNT).unwrap();
        for bytes in left(&process.disk.all()) {
            let simulation = cut.fork();
            let journal = Journal::parse(&bytes).unwrap();
            assert!(!journal.end_known(None), "{}: a lost end looks like a whole journal", seed.name);
            let process = Process::with_journal(&simulation, bytes);
            let ends = process.restore().await;
            // Never less than what differs is told.
            let told = left_over(&before, &simulation.account(), &ends, &process.names()).differences;
            let real = not_put_back(&seed.account, &simulation.account(), &process.names(), &ends);
            assert!(real.is_empty() || !told.is_empty(), "{}: {real:?} is not told", seed.name);
        }
    })
    .await;
}

/// What the plan meant to cut and somebody else has changed is neither as before nor the run's.
#[tokio::test]
async fn a_change_that_the_journal_lost_and_somebody_changed_is_asked_about() {
    let mut asked = 0;
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let Some(drift) = seed.drift else { return };
        let (_dir, folder) = folder();
        let (simulation, process) = pulled(&seed, &folder).await;
        simulation.meddle(drift);
        let opened = left(&process.disk.all()).remove(0);
        let process = later(&simulation, opened, &folder);
        process.restore().await;
        asked += process.operator.drifts.lock().unwrap().len();
    })
    .await;
    assert!(asked > 0 || super::seeds::only().is_some(), "nothing was asked");
}
