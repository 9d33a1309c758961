//! Steps are rehearsed apart, each group on a copy of what it looks at: no plan may tell the difference.

use std::collections::{BTreeMap, BTreeSet};

use unplug::account::{Account, Region};
use unplug::engine::plan::{Selected, StepPlan};
use unplug::engine::rehearse::{Rehearsal, SHARED, rehearse, rehearse_in_one_piece};
use unplug::engine::verify::differences;
use unplug::sim::Simulation;
use unplug::step::{Names, Scope};
use unplug::steps::STEPS;

use super::harness::{Process, brief, each};
use super::seeds::{self, Seed, seeds};

/// The seed's own scope, and instances, interfaces or subnets alone by their tag.
fn scopes(seed: &Seed) -> Vec<Seed> {
    let tagged = |what: fn(&mut Region)| {
        let mut tagged = seed.clone();
        tagged.account.regions.values_mut().for_each(what);
        tagged.scope = Scope { tags: mark(), ..seed.scope.clone() };
        tagged
    };
    let instances = tagged(|here| {
        here.instances.read_mut().into_iter().flatten().for_each(|(_, one)| one.tags.extend(mark()));
    });
    let interfaces = tagged(|here| {
        here.interfaces.read_mut().into_iter().flatten().for_each(|(_, one)| one.tags.extend(mark()));
    });
    let subnets = tagged(|here| {
        here.subnets.read_mut().into_iter().flatten().for_each(|(_, one)| one.tags.extend(mark()));
    });
    vec![seed.clone(), instances, interfaces, subnets]
}

fn mark() -> BTreeMap<String, String> {
    [("law".to_owned(), "apart".to_owned())].into()
}

/// What differs between two plans; ids that AWS gives are left to the comparison of the accounts.
fn assert_alike(name: &str, apart: &Rehearsal, whole: &Rehearsal) {
    for (apart, whole) in apart.steps.iter().zip(&whole.steps) {
        let shown = |step: &StepPlan| {
            let changes: Vec<_> = step
                .changes
                .iter()
                .map(|c| (c.rank, c.before.clone(), c.shown.clone(), c.lasting.clone()))
                .collect();
            (changes, step.findings.clone(), step.refused.clone(), step.gaps.clone(), step.already.len())
        };
        assert_eq!(shown(apart), shown(whole), "{name}: {}", apart.step);
        assert_eq!(
            (&apart.calls, &apart.undo_calls),
            (&whole.calls, &whole.undo_calls),
            "{name}: {}",
            apart.step
        );
    }
    let left = differences((&whole.after, &whole.names), (&apart.after, &apart.names));
    assert_eq!(left, vec![], "{name}");
}

#[tokio::test]
async fn the_plan_rehearsed_in_slices_equals_the_plan_of_one_piece() {
    let alone = STEPS.iter().map(|step| seeds::seed("alone", step.spec().id.0, seeds::company(), None));
    let alone = alone.filter(|seed| seeds::only().is_none_or(|only| only == seed.step));
    each(seeds().into_iter().chain(alone).flat_map(|seed| scopes(&seed)), async |seed| {
        let brief = brief(&seed, Names::default(), 1);
        let whole = rehearse_in_one_piece(&seed.account, &seed.steps, &brief).await.unwrap();
        let apart = rehearse(&seed.account, &seed.steps, &brief).await.unwrap();
        assert_alike(seed.name, &apart, &whole);
    })
    .await;
}

/// Steps are rehearsed apart as if nobody changed these sections: no plan may tell the difference.
#[tokio::test]
async fn no_step_looks_at_what_another_step_changes_of_shared_sections() {
    let shared = SHARED.iter().copied().collect();
    let mut changed = BTreeSet::new();
    each(seeds(), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        let mut meddled = simulation.account().part(&shared, |_| true);
        if meddled.regions == seed.account.part(&shared, |_| true).regions {
            return;
        }
        changed.insert(seed.step.0);
        meddled.fill_from(seed.account.clone());
        for step in STEPS.iter().map(|step| step.spec()).filter(|spec| spec.id != seed.step) {
            let other = [Selected { step: step.id, params: Default::default() }];
            let plan = async |account: &Account| {
                let brief = brief(&seed, Names::default(), 1);
                rehearse(account, &other, &brief).await.unwrap().steps
            };
            assert_eq!(plan(&meddled).await, plan(&seed.account).await, "{}: {}", seed.name, step.id);
        }
    })
    .await;
    let expected = BTreeSet::from([210]);
    assert_eq!(
        changed,
        expected.into_iter().filter(|id| seeds::only().is_none_or(|only| only.0 == *id)).collect()
    );
}
