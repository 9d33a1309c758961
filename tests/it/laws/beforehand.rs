//! What the caller may not do is known before anything is cut.

use std::collections::BTreeSet;

use unplug::account::{Leave, Rights};
use unplug::aws::ledger::Phase;
use unplug::aws::operations;
use unplug::engine::checks::Checks;
use unplug::engine::pull::Summary;
use unplug::sim::Simulation;
use unplug::steps::permissions;

use super::harness::{Process, each};
use super::seeds::{self, Once, Seed, seeds};

/// The rights to all that the seed's steps need, but one action.
fn all_but(seed: &Seed, action: &str) -> Checks {
    let steps: Vec<_> = seed.steps.iter().map(|selected| selected.step).collect();
    let all = permissions::apply(&steps).into_iter().chain(permissions::undo(&steps));
    let leave = |known: &str| if known == action { Leave::Denied } else { Leave::Allowed };
    Checks::new(BTreeSet::new(), Some(Rights(all.map(|known| (known.to_owned(), leave(known))).collect())))
}

fn wrote(process: &Process) -> bool {
    process.aws.ledger().calls().iter().any(|call| operations::mutates(&call.operation))
}

async fn pulled(seed: &Seed, action: &str, wants_a_way_back: bool) -> (Process, Summary) {
    let mut process = Process::start(&Simulation::new(seed.account.clone()));
    process.checks = all_but(seed, action);
    process.operator.wants_a_way_back = wants_a_way_back;
    let summary = process.pull(seed).await;
    (process, summary)
}

#[tokio::test]
async fn a_plan_that_the_caller_may_not_carry_out_is_not_begun_and_can_be_gone_on_with() {
    let mut tried = Once::default();
    each(seeds(), async |seed| {
        let process = Process::start(&Simulation::new(seed.account.clone()));
        process.pull(&seed).await;
        let steps: Vec<_> = seed.steps.iter().map(|selected| selected.step).collect();
        let applied = process.aws.ledger().actions(Phase::Apply);
        let read = process.aws.ledger().actions(Phase::Read);
        let actions = permissions::apply(&steps).into_iter();
        for action in actions.filter(|action| tried.first(&seed, applied.contains(*action), action)) {
            let (mut process, summary) = pulled(&seed, action, false).await;
            if !applied.contains(action) {
                // Declared, and no write needs it here: it does not stand in the way, unless reading
                // back does.
                let needless = summary.denied.is_empty() || read.contains(action);
                assert!(needless, "{}: {action} is not needed", seed.name);
                continue;
            }
            let denied: BTreeSet<&str> = summary.denied.iter().map(|(_, action)| action.as_str()).collect();
            if !summary.ends.is_empty() {
                // An earlier stage was cut before this one was planned.
                continue;
            }
            // Reads that a write makes may be denied too: then the action is not in the table twice.
            assert!(denied.contains(action), "{}: without {action}: {summary:?}", seed.name);
            assert!(!wrote(&process), "{}: cut without {action}", seed.name);
            assert!(summary.stopped.is_some_and(|why| why.contains(action)));
            process.checks = Checks::default();
            let resumed = process.resume().await;
            assert_eq!((resumed.not_done(), resumed.stopped), (0, None), "{}", seed.name);
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_way_back_it_is_asked_first() {
    let mut asked = 0;
    let mut tried = Once::default();
    each(seeds(), async |seed| {
        let probe = Process::start(&Simulation::new(seed.account.clone()));
        probe.pull(&seed).await;
        probe.restore().await;
        let steps: Vec<_> = seed.steps.iter().map(|selected| selected.step).collect();
        let undone = probe.aws.ledger().actions(Phase::Restore);
        let undo = permissions::undo(&steps).into_iter().filter(|action| undone.contains(*action));
        let apply = probe.aws.ledger().actions(Phase::Apply);
        // The seeds of several stages say nothing here: an earlier one is cut before it is asked.
        let one_stage = seed.steps.iter().all(|selected| selected.step.stage() == seed.step.stage());
        let mut others = undo.filter(|action| !apply.contains(*action) && one_stage);
        let Some(action) = others.find(|action| tried.first(&seed, true, action)) else { return };
        asked += 1;
        let (process, summary) = pulled(&seed, action, true).await;
        assert!(!wrote(&process) && summary.ends.is_empty(), "{}: cut without {action}", seed.name);
        assert!(summary.stopped.is_some());
        let (_, summary) = pulled(&seed, action, false).await;
        assert!(!summary.ends.is_empty() && summary.stopped.is_none(), "{}", seed.name);
    })
    .await;
    assert!(asked > 0 || seeds::only().is_some(), "no seed needs another right to put back than to cut");
}

/// An emulator that answers for every Region alike: what is cut "there" is cut here again.
#[tokio::test]
async fn an_endpoint_that_does_not_tell_regions_apart_is_not_cut() {
    let mut account = seeds::company();
    let here = account.regions["us-east-1"].clone();
    account.regions.insert("eu-west-1".into(), here);
    account.enabled_regions.read_mut().unwrap().insert("eu-west-1".into());
    let seed = seeds::seed("two Regions alike", 520, account, None);
    let process = Process::start(&Simulation::new(seed.account.clone()));
    let summary = process.pull(&seed).await;
    assert!(summary.ends.is_empty() && !wrote(&process), "{summary:?}");
    assert!(summary.stopped.as_ref().is_some_and(|why| why.contains("does not tell Regions apart")));
}
