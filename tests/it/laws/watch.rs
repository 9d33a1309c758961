//! `watch --reapply`: what somebody undoes is cut again, and a restore still returns to the state before
//! the first cut.

use std::collections::BTreeSet;

use unplug::account::Account;
use unplug::engine::apply::Outcome;
use unplug::engine::hold::{Held, Stand};
use unplug::engine::restore::{Back, Owed};
use unplug::sim::Simulation;
use unplug::step::{Names, Target};

use super::crash::wrecks;
use super::harness::{Process, each, not_put_back};
use super::seeds::{Drift, Seed, seeds};

/// Seeds whose drift leaves a state that AWS takes no cut of, and why the target is closed all the same.
const REFUSED_BY_AWS: [(&str, &str); 2] = [
    ("side doors", "a connection that has failed cannot be rejected, and carries nothing"),
    (
        "public buckets, by their policies",
        "the account's block is on: AWS takes no public policy, and obeys none",
    ),
];

/// What undoes a cut of this seed, each with a word for it.
fn meddling(seed: &Seed) -> Vec<(&'static str, Drift)> {
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

/// The targets that a restore cannot put back because of what somebody did, were there no watch: a route
/// of theirs has taken the place of one that was cut.
async fn blocked_without_watch(meddled: &Simulation, bytes: Vec<u8>) -> BTreeSet<Target> {
    let mut process = Process::with_journal(&meddled.fork(), bytes);
    process.operator.puts_back = true;
    let ends = process.restore().await;
    ends.into_iter().filter(|(_, back)| !back.settled()).map(|(owed, _)| owed.change.target).collect()
}

/// After a restore the targets of the run are as before the first cut, but those that are `blocked`. What
/// else the meddling left is not the run's.
fn assert_restored(
    seed: &Seed,
    after: &Account,
    names: &Names,
    ends: &[(Owed, Back)],
    (word, blocked): (&str, &BTreeSet<Target>),
) {
    let mut restored = vec![];
    for (owed, back) in ends {
        if blocked.contains(&owed.change.target) {
            continue;
        }
        let settled = back.settled() || matches!(back, Back::Vanished);
        assert!(settled, "{} {word}: {} {back:?}", seed.name, owed.change.target);
        restored.push((owed.clone(), back.clone()));
    }
    let of_run = |path: &str| restored.iter().any(|(owed, _)| path.contains(owed.change.target.id.as_str()));
    let mut meddled = seed.account.clone();
    meddling(seed).iter().for_each(|(_, meddle)| meddle(&mut meddled));
    let foreign = not_put_back(&seed.account, &meddled, names, &[]);
    let left: Vec<_> = not_put_back(&seed.account, after, names, &restored)
        .into_iter()
        .filter(|left| of_run(&left.path) && !foreign.iter().any(|other| other.path == left.path))
        .collect();
    assert_eq!(left, vec![], "{} {word}: not as before the first cut", seed.name);
}

/// Pulls each seed, undoes the cut in each way, and tries a law on the account then and what is on the disk.
async fn each_undone(mut law: impl AsyncFnMut(&Seed, &'static str, Simulation, Vec<u8>)) {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        for (word, meddle) in meddling(&seed) {
            let fork = simulation.fork();
            fork.meddle(meddle);
            law(&seed, word, fork, process.disk.all()).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_somebody_undoes_is_cut_again_and_put_back_all_the_same() {
    each_undone(async |seed, word, fork, bytes| {
        let later = Process::with_journal(&fork, bytes);
        let (found, summary) = later.watch_round().await;
        assert!(!open(&found).is_empty() || found.broken() > 0, "{} {word}: unseen", seed.name);
        if word == "drift" && REFUSED_BY_AWS.iter().any(|(name, _)| *name == seed.name) {
            let refused = |(_, outcome): &(_, Outcome)| matches!(outcome, Outcome::NotDone(_));
            assert!(summary.ends.iter().any(refused), "{} {word}: AWS takes it by now", seed.name);
            return;
        }
        assert_eq!(summary.not_done(), 0, "{} {word}: {:?}", seed.name, summary.ends);
        let (held, second) = later.watch_round().await;
        assert_eq!(open(&held), [""; 0], "{} {word}: still open", seed.name);
        assert!(second.ends.is_empty(), "{} {word}: nothing is left to cut again", seed.name);
        let ends = later.restore().await;
        assert_restored(seed, &fork.account(), &later.names(), &ends, (word, &BTreeSet::new()));
    })
    .await;
}

#[tokio::test]
async fn a_watch_that_dies_at_any_call_is_put_back() {
    each_undone(async |seed, word, fork, bytes| {
        let blocked = blocked_without_watch(&fork, bytes.clone()).await;
        let later = Process::with_journal(&fork, bytes);
        for wreck in wrecks(&later, &fork, later.watch_round()).await {
            for bytes in wreck.disks {
                let behind = wreck.simulation.fork();
                let mut next = Process::with_journal(&behind, bytes);
                // What somebody changed and the watch had not cut again yet is drift: this operator has it
                // put back.
                next.operator.puts_back = true;
                let ends = next.restore().await;
                let when = format!("{word}, died {}", wreck.when);
                assert_restored(seed, &behind.account(), &next.names(), &ends, (&when, &blocked));
            }
        }
    })
    .await;
}
