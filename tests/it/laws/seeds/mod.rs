//! The accounts that the laws run on: a new step adds a file with data here, and no test code.

pub mod kept;
mod s110;
mod s120;
mod s190;
mod s210;
mod s305;
mod s310;
mod s320;
mod s330;
mod s340;
mod s350;
mod s350_fronts;
mod s410;
mod s500;
mod s502;
mod s505;
mod s510;
mod s510_owners;
mod s520;
mod s525;
mod s530;
mod s540;
mod s550;
mod s560;
mod s570;
mod s580;
mod s590;
mod s600;
mod s605;
mod s615;
mod s620;
pub mod s630;
mod s640;
mod s650;
mod s660;
mod s670;
mod s690;
pub mod s700;
mod spine;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use unplug::account::{Account, Seen};
use unplug::engine::plan::{Selected, Selection};
use unplug::scenario;
use unplug::step::{Does, Params, Scope, Step, StepId};

/// Changes the account behind unplug's back, after the cut.
pub type Drift = fn(&mut Account);

/// Steps to run on an account.
#[derive(Clone)]
pub struct Seed {
    pub name: &'static str,
    /// The step that this seed is for; others may stand before it because it needs them.
    pub step: StepId,
    pub account: Account,
    pub steps: Vec<Selected>,
    pub scope: Scope,
    /// What somebody else does to a target after the cut, and that target.
    pub drift: Option<Drift>,
    /// What a thief does to what the run made, to get through again.
    pub tamper: Option<Drift>,
}

impl Seed {
    /// Does its step only look? Then there is nothing to cut or to put back.
    pub fn looks(&self) -> bool {
        let params = self.steps.iter().find(|one| one.step == self.step).map(|one| one.params.clone());
        let does = |step: &dyn Step| step.effect(&params.unwrap_or_default()).does;
        unplug::steps::find(self.step).is_some_and(|step| does(step) == Does::Looks)
    }

    pub fn selection(&self) -> Selection {
        Selection {
            playbook: "test".into(),
            steps: self.steps.clone(),
            scope: self.scope.clone(),
            ..Selection::default()
        }
    }
}

/// One Region of the drill's company: every kind of thing, few of each. The laws that try every
/// call take the square of its size.
pub fn company() -> Account {
    static COMPANY: LazyLock<Account> = LazyLock::new(|| {
        let mut account = scenario::load(scenario::DEFAULT).unwrap().account;
        account.regions.retain(|name, _| name == "us-east-1");
        account.enabled_regions = Seen::Read(["us-east-1".to_owned()].into());
        account
    });
    COMPANY.clone()
}

pub fn seed(name: &'static str, step: u16, account: Account, drift: Option<Drift>) -> Seed {
    Seed {
        name,
        step: StepId(step),
        account,
        steps: vec![Selected { step: StepId(step), params: Params::default() }],
        scope: Scope::default(),
        drift,
        tamper: None,
    }
}

pub fn with(mut seed: Seed, name: &str, value: serde_json::Value) -> Seed {
    for step in seed.steps.iter_mut().filter(|selected| selected.step == seed.step) {
        step.params = BTreeMap::from([(name.to_owned(), value.clone())]);
    }
    seed
}

/// For whoever writes a step: `UNPLUG_LAWS=530` runs the laws for that step alone.
pub fn only() -> Option<StepId> {
    std::env::var("UNPLUG_LAWS").ok().and_then(|step| step.parse().ok()).map(StepId)
}

/// Of these moments so many, spread evenly, with the first and the last. Where `UNPLUG_LAWS` picks a step all
/// of them: a run of every seed would take the square of their sizes.
pub fn few<T>(all: Vec<T>, most: usize) -> Vec<T> {
    if only().is_some() || all.len() <= most {
        return all;
    }
    let last = all.len() - 1;
    let picked: BTreeSet<usize> = (0..most).map(|n| n * last / (most - 1)).collect();
    (0..).zip(all).filter(|(at, _)| picked.contains(at)).map(|(_, one)| one).collect()
}

/// What has been tried of each step: its seeds make the same calls, in other accounts.
#[derive(Default)]
pub struct Once(BTreeSet<(StepId, bool, String)>);

impl Once {
    /// Is this the first seed of its step that has this word, in this case? Always, where `UNPLUG_LAWS` picks a
    /// step.
    pub fn first(&mut self, seed: &Seed, case: bool, word: &str) -> bool {
        self.0.insert((seed.step, case, word.to_owned())) || only().is_some()
    }
}

/// Every seed. Each registered step has at least one.
pub fn seeds() -> Vec<Seed> {
    let all = [
        s110::seeds(),
        s120::seeds(),
        s190::seeds(),
        s210::seeds(),
        s305::seeds(),
        s310::seeds(),
        s320::seeds(),
        s330::seeds(),
        s340::seeds(),
        s350::seeds(),
        s350_fronts::seeds(),
        s410::seeds(),
        s500::seeds(),
        s502::seeds(),
        s505::seeds(),
        s510::seeds(),
        s520::seeds(),
        s525::seeds(),
        s530::seeds(),
        s540::seeds(),
        s550::seeds(),
        s560::seeds(),
        s570::seeds(),
        s580::seeds(),
        s590::seeds(),
        s600::seeds(),
        s605::seeds(),
        s615::seeds(),
        s620::seeds(),
        s630::seeds(),
        s640::seeds(),
        s650::seeds(),
        s660::seeds(),
        s670::seeds(),
        s690::seeds(),
        s700::seeds(),
        spine::seeds(),
    ]
    .concat();
    all.into_iter().filter(|seed| only().is_none_or(|step| step == seed.step)).collect()
}
