//! The states of every kind of target, as a journal holds them.

use unplug::sim::Simulation;
use unplug::step::Names;

use super::harness::{Process, each};
use super::seeds::seeds;

/// A restore has nothing but the text: each state is understood from it, those on the way too.
#[tokio::test]
async fn every_state_of_a_plan_survives_its_json() {
    each(seeds(), async |seed| {
        let process = Process::start(&Simulation::new(seed.account.clone()));
        let plan = process.plan(&seed, Names::default()).await;
        for change in plan.steps.iter().flat_map(|step| &step.changes) {
            let lens = unplug::steps::find(change.step).unwrap().lens(&change.target);
            let mut states = lens.passes(&change.before, &change.after).unwrap();
            states.extend([change.before.clone(), change.after.clone()]);
            for state in states {
                let text = serde_json::to_string(&state).unwrap();
                let again = serde_json::from_str(&text).unwrap();
                assert_eq!(state, again, "{}: {}", seed.name, change.target);
                assert!(!lens.show(&again).unwrap().is_empty(), "{}: {}", seed.name, change.target);
            }
        }
    })
    .await;
}
