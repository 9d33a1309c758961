//! `verify`: a cut that was just made holds; one that somebody undid does not.

use unplug::collect;
use unplug::engine::confirm::Answer;
use unplug::engine::hold::{self, Stand};
use unplug::engine::journal::Journal;
use unplug::engine::restore::owed;
use unplug::sim::Simulation;

use super::harness::{Process, brief, each};
use super::seeds::{Seed, seeds};

async fn held(process: &Process, seed: &Seed) -> hold::Held {
    let known = collect::identify(&process.aws).await.unwrap();
    let journal = Journal::parse(&process.disk.all()).unwrap();
    let brief = brief(seed, process.names(), journal.next_change());
    let owed = owed(&journal, process.plan_on_disk().as_ref()).unwrap();
    let plan = process.plan_on_disk();
    let story = hold::Story::new(&journal, plan.as_ref());
    hold::look(&process.aws, &known, &brief, &seed.steps, owed, &story, &[], &|_, _| {}).await.unwrap()
}

#[tokio::test]
async fn a_cut_holds_until_somebody_changes_it() {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        let first = held(&process, &seed).await;
        assert!(!first.stands.is_empty(), "{}: nothing to look at", seed.name);
        let open: Vec<_> = first.stands.iter().filter(|(_, stand)| *stand != Stand::Holds).collect();
        assert!(open.is_empty(), "{}: {open:?}", seed.name);
        assert_eq!(first.appeared(), 0, "{}", seed.name);
        for meddle in [seed.drift, seed.tamper].into_iter().flatten() {
            let fork = simulation.fork();
            fork.meddle(meddle);
            let later = Process::with_journal(&fork, process.disk.all());
            let after = held(&later, &seed).await;
            assert!(after.broken() + after.appeared() > 0, "{}: somebody opened it, unseen", seed.name);
        }
    })
    .await;
}

/// What was not begun when a pull was stopped, or skipped, is not somebody's doing.
#[tokio::test]
async fn a_change_that_a_stopped_pull_had_not_begun_is_neither_drift_nor_new() {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        for quits in [true, false] {
            let simulation = Simulation::new(seed.account.clone());
            let dir = tempfile::tempdir().unwrap();
            let mut process = Process::start(&simulation);
            process.folder = Some(unplug::engine::store::RunFolder::at(dir.path()));
            process.operator.declines = Some(if quits { Answer::Quit } else { Answer::Skip });
            process.pull(&seed).await;
            let held = held(&process, &seed).await;
            let said = (held.broken(), held.appeared(), held.stands.len());
            assert_eq!(said, (0, 0, 0), "{}: quits {quits}", seed.name);
            let skipped: usize = held.skipped.iter().map(|plan| plan.changes.len()).sum();
            assert_eq!(held.unbegun() > 0, quits, "{}", seed.name);
            assert_eq!(skipped > 0, !quits, "{}", seed.name);
        }
    })
    .await;
}
