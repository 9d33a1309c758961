//! `watch --reapply`: what somebody undoes is cut again, and a restore still returns to the state before
//! the first cut.

use unplug::account::Account;
use unplug::engine::hold::{Held, Stand};
use unplug::engine::restore::{Back, Owed};
use unplug::sim::Simulation;
use unplug::step::Names;

use super::crash::wrecks;
use super::harness::{Process, each, not_put_back};
use super::seeds::{Seed, seeds};

/// What undoes a cut of this seed, each with a word for it.
fn meddling(seed: &Seed) -> Vec<(&'static str, fn(&mut Account))> {
    [("drift", seed.drift), ("tamper", seed.tamper)]
        .into_iter()
        .filter_map(|(word, meddle)| meddle.map(|meddle| (word, meddle)))
        .collect()
}

/// The changes that are not as they were cut, and could be.
fn open(held: &Held) -> Vec<String> {
    let stands = held.stands.iter().filter(|(_, stand)| !matches!(stand, Stand::Holds | Stand::Vanished));
    let stands = stands.map(|(owed, stand)| format!("{} {stand:?}", owed.change.target));
    let new =
        held.since.iter().flat_map(|plan| &plan.changes).map(|change| format!("new: {}", change.target));
    stands.chain(new).collect()
}

/// After a restore the targets are as before the first cut: a target that is put back, and no other,
/// is looked at, because what else the meddling left is not the run's.
fn assert_restored(
    seed: &Seed,
    before: &Account,
    after: &Account,
    names: &Names,
    ends: &[(Owed, Back)],
    word: &str,
) {
    for (owed, back) in ends {
        let settled = back.settled() || matches!(back, Back::Vanished);
        assert!(settled, "{} {word}: {} {back:?}", seed.name, owed.change.target);
    }
    let of_run = |path: &str| ends.iter().any(|(owed, _)| path.contains(owed.change.target.id.as_str()));
    let mut meddled = before.clone();
    meddling(seed).iter().for_each(|(_, meddle)| meddle(&mut meddled));
    let foreign = not_put_back(before, &meddled, names, &[]);
    let left: Vec<_> = not_put_back(before, after, names, ends)
        .into_iter()
        .filter(|left| of_run(&left.path) && !foreign.iter().any(|other| other.path == left.path))
        .collect();
    assert_eq!(left, vec![], "{} {word}: not as before the first cut", seed.name);
}

#[tokio::test]
async fn what_somebody_undoes_is_cut_again_and_put_back_all_the_same() {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        for (word, meddle) in meddling(&seed) {
            let fork = simulation.fork();
            fork.meddle(meddle);
            let later = Process::with_journal(&fork, process.disk.all());
            let (found, summary) = later.watch_round().await;
            assert!(!open(&found).is_empty() || found.broken() > 0, "{} {word}: unseen", seed.name);
            assert_eq!(summary.not_done(), 0, "{} {word}: {:?}", seed.name, summary.ends);
            let (held, second) = later.watch_round().await;
            assert_eq!(open(&held), [""; 0], "{} {word}: still open", seed.name);
            assert!(second.ends.is_empty(), "{} {word}: nothing is left to cut again", seed.name);
            let ends = later.restore().await;
            assert_restored(&seed, &seed.account, &fork.account(), &later.names(), &ends, word);
        }
    })
    .await;
}

#[tokio::test]
async fn a_watch_that_dies_at_any_call_is_put_back() {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        for (word, meddle) in meddling(&seed) {
            let fork = simulation.fork();
            fork.meddle(meddle);
            let later = Process::with_journal(&fork, process.disk.all());
            for wreck in wrecks(&later, &fork, later.watch_round()).await {
                for bytes in wreck.disks {
                    let behind = wreck.simulation.fork();
                    let mut next = Process::with_journal(&behind, bytes);
                    // What somebody changed and the watch had not cut again yet is drift: this
                    // operator has it put back.
                    next.operator.puts_back = true;
                    let ends = next.restore().await;
                    let when = format!("{word}, died {}", wreck.when);
                    assert_restored(&seed, &seed.account, &behind.account(), &next.names(), &ends, &when);
                }
            }
        }
    })
    .await;
}
