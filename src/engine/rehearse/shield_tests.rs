use std::sync::Arc;

use super::*;
use crate::account::{Cause, Seen};
use crate::engine::plan::{Brief, StepPlan};
use crate::engine::rehearse::rehearse;
use crate::scenario;
use crate::step::{Names, Scope, StepId};
use crate::steps::STEPS;

/// The web server of the drill's company.
const HOST: &str = "i-0ca8cc994f08b7f4e";
const REGION: &str = "eu-west-1";

fn protecting(id: &str) -> Config {
    let mut config = Config::default();
    config.protected.resources.push(id.into());
    config.places.insert(format!("protected.resources: {id}"), "/x/unplug.toml:3".into());
    config
}

async fn planned(account: &Account, config: Config, step: u16) -> StepPlan {
    let chosen = [Selected { step: StepId(step), params: Default::default() }];
    let brief = Brief {
        run: "run".into(),
        scope: Scope::default(),
        config: Arc::new(config),
        names: Names::default(),
        next_change: 1,
    };
    rehearse(account, &chosen, &brief).await.unwrap().steps.remove(0)
}

fn company() -> Account {
    scenario::load(scenario::DEFAULT).unwrap().account
}

#[test]
fn the_steps_of_the_network_from_510_on_and_700_cut_paths() {
    let cut_paths = STEPS.iter().map(|step| step.spec()).filter(|spec| spec.does.cuts_paths());
    let cut_paths: Vec<u16> = cut_paths.map(|spec| spec.id.0).collect();
    assert_eq!(cut_paths, [510, 520, 525, 530, 540, 550, 560, 570, 580, 590, 700]);
}

#[tokio::test]
async fn no_cut_reaches_a_protected_host() {
    let account = company();
    let here = &account.regions[REGION];
    let host = here.instances.item(HOST).unwrap();
    let mine: BTreeSet<&String> = here
        .interfaces
        .items()
        .filter(|(_, interface)| interface.instance.as_deref() == Some(HOST))
        .map(|(id, _)| id)
        .collect();
    let (table, _) = here.effective_table(&host.subnet).unwrap();
    assert!(!mine.is_empty());
    for step in [510, 520, 525, 530, 540, 550, 560, 570, 580, 590, 700] {
        let plan = planned(&account, protecting(HOST), step).await;
        for change in plan.changes.iter().filter(|c| c.target.region.as_deref() == Some(REGION)) {
            let at = &change.target;
            assert!(!mine.contains(&at.id), "{step}: {at}");
            assert!(at.id != host.subnet && at.id != HOST, "{step}: {at}");
            assert!(at.kind != "route" || at.parts().0 != table, "{step}: {at}");
            let whole = ["internet-gateway", "main-table", "endpoint-policy", "dns-firewall", "vpn-gateway"];
            let is_whole = whole.contains(&at.kind.as_str()) && at.vpc.as_ref() == Some(&host.vpc);
            assert!(!is_whole && at.kind != "block-public-access", "{step}: {at}");
        }
        let kept = plan.refused.iter().filter(|kept| kept.why.contains(HOST)).collect::<Vec<_>>();
        let without = planned(&account, Config::default(), step).await;
        assert!(plan.changes.len() + plan.refused.len() <= without.changes.len() + without.refused.len());
        if [510, 520, 590].contains(&step) {
            assert!(!kept.is_empty(), "{step}");
        }
        for kept in kept {
            assert!(kept.why.ends_with("(/x/unplug.toml:3)"), "{step}: {}", kept.why);
        }
        // Other Regions are cut as if nothing were protected.
        let elsewhere = |plan: &StepPlan| {
            plan.changes.iter().filter(|c| c.target.region.as_deref() != Some(REGION)).count()
        };
        assert_eq!(elsewhere(&plan), elsewhere(&without), "{step}");
    }
}

#[tokio::test]
async fn a_resource_whose_targets_are_all_kept_is_not_made() {
    let account = company();
    let vpc = account.regions[REGION].instances.item(HOST).unwrap().vpc.clone();
    let plan = planned(&account, protecting(&vpc), 520).await;
    let in_vpc = |target: &Target| target.vpc.as_ref() == Some(&vpc);
    assert!(plan.changes.iter().all(|change| !in_vpc(&change.target)), "{:?}", plan.changes);
    assert!(plan.refused.iter().any(|kept| in_vpc(&kept.target) && kept.why.contains(&vpc)));
}

#[tokio::test]
async fn where_the_protected_things_could_not_be_read_nothing_around_them_is_cut() {
    let mut account = company();
    let gap = Gap { cause: Cause::Denied, call: "ec2:DescribeInstances".into(), detail: String::new() };
    account.regions.get_mut(REGION).unwrap().instances = Seen::Gap(gap);
    let plan = planned(&account, protecting(HOST), 590).await;
    let cut: Vec<_> = plan.changes.iter().filter_map(|change| change.target.region.as_deref()).collect();
    assert!(!cut.contains(&REGION) && cut.contains(&"us-east-1"), "{cut:?}");
    assert!(plan.gaps.iter().any(|gap| gap.region.as_deref() == Some(REGION)));
}
