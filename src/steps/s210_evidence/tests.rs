use crate::aws::Aws;
use crate::step::Params;
use std::sync::Arc;

use super::*;
use crate::account::{Disk, InstanceAttributes, Volume};
use crate::aws::ledger::Phase;
use crate::sim::{Simulation, sample};
use crate::step::{Names, Scope};

fn case(names: &Names) -> Case {
    Case {
        run: "run1".into(),
        scope: Scope { instances: ["i-1".to_owned()].into(), ..Scope::default() },
        params: Params::new(),
        config: Arc::default(),
        names: names.clone(),
    }
}

fn account() -> Account {
    let mut account = sample::account();
    let here = account.regions.get_mut(sample::REGION).unwrap();
    let attributes =
        InstanceAttributes { termination_protection: false, shutdown_behavior: "terminate".into() };
    let both = ["i-1", "i-2"].map(|id| (id.to_owned(), attributes.clone()));
    here.instance_attributes = Seen::Read(both.into());
    here.snapshots = Seen::Read(BTreeMap::new());
    here.volumes = Seen::Read([("vol-1".to_owned(), Volume { gib: 30, encrypted: true })].into());
    let disk = Disk { volume: "vol-2".into(), delete_on_termination: true };
    here.instances.read_mut().unwrap().get_mut("i-1").unwrap().disks.insert("/dev/xvdb".into(), disk);
    account
}

fn at(kind: &str, id: &str) -> Target {
    Target::new(kind, id).region(sample::REGION).vpc("vpc-1")
}

fn verdict(kind: &str, id: &str, account: &Account) -> Verdict<State> {
    let case = case(&Names::default());
    let Now::Is(now) = Evidence.state(&Look::new(&at(kind, id), account, &case)) else {
        panic!("{kind} of {id}")
    };
    Evidence.contain(&now, &Look::new(&at(kind, id), account, &case))
}

#[test]
fn the_price_is_said_first_and_so_is_what_is_not_known() {
    let found = Evidence.find(&account(), &case(&Names::default()));
    let price = &found.findings[1].text;
    assert!(price.starts_with("snapshots: 2 disks, 30 GiB: at most about USD 1.50 a month"), "{price}");
    assert!(price.ends_with("without 1 disk of unknown size"), "{price}");
    let kinds: Vec<&str> = found.items.iter().map(|item| item.at.kind.as_str()).collect();
    assert_eq!(kinds, [PROTECTION, DISKS, SNAPSHOTS, CONSOLE]);
}

#[test]
fn what_a_service_manages_and_what_is_spot_is_refused() {
    let mut account = account();
    assert!(matches!(verdict(PROTECTION, "i-2", &account), Verdict::Refuse(why) if why.contains("eks")));
    let here = account.regions.get_mut(sample::REGION).unwrap();
    here.instances.read_mut().unwrap().get_mut("i-1").unwrap().spot = true;
    assert!(matches!(verdict(PROTECTION, "i-1", &account), Verdict::Refuse(why) if why.contains("Spot")));
    assert!(matches!(verdict(DISKS, "i-1", &account), Verdict::Lasting(..)));
}

#[test]
fn an_instance_of_the_instance_store_keeps_its_shutdown_behavior() {
    let mut account = account();
    let here = account.regions.get_mut(sample::REGION).unwrap();
    here.instances.read_mut().unwrap().get_mut("i-1").unwrap().instance_store = true;
    let wished = State::Protection { termination: true, shutdown: "terminate".into() };
    assert_eq!(verdict(PROTECTION, "i-1", &account), Verdict::Lasting(wished, KEPT.into()));
}

#[tokio::test]
async fn each_is_written_once_and_counts_as_done() {
    let simulation = Simulation::new(account());
    let names = Names::default();
    let aws = Aws::simulated(simulation.clone()).for_run("run1", names.clone(), None);
    let case = case(&names);
    let _phase = aws.enter(Phase::Apply);
    for item in Evidence.find(&simulation.account(), &case).items {
        let account = simulation.account();
        let Now::Is(now) = Evidence.state(&Look::new(&item.at, &account, &case)) else {
            panic!("{}", item.at.kind)
        };
        let Verdict::Lasting(to, _) = Evidence.contain(&now, &Look::new(&item.at, &account, &case)) else {
            panic!("open")
        };
        Evidence.write(Write::new(&aws, &item.at, &now, &to, &Params::new())).await.unwrap();
        assert_eq!(Evidence.state(&Look::new(&item.at, &simulation.account(), &case)), Now::Is(to));
    }
    let here = simulation.account().regions.remove(sample::REGION).unwrap();
    assert_eq!(here.snapshots.items().count(), 2);
    assert!(names.id("snapshot/i-1/vol-2").is_some() && names.id("console/i-1").is_some());
    // Written again after a crash: nothing is made twice.
    aws.clock().wait(std::time::Duration::from_secs(2)).await;
    let (at, both) =
        (at(SNAPSHOTS, "i-1"), State::Snapshots(["vol-1".to_owned(), "vol-2".to_owned()].into()));
    Evidence
        .write(Write::new(&aws, &at, &State::Snapshots(BTreeSet::new()), &both, &Params::new()))
        .await
        .unwrap();
    let here = simulation.account().regions.remove(sample::REGION).unwrap();
    assert_eq!(here.snapshots.items().count(), 2);
    let undo = Evidence
        .write(Write::new(&aws, &at, &both, &State::Snapshots(BTreeSet::new()), &Params::new()))
        .await;
    assert!(undo.is_err(), "evidence is kept");
}

#[test]
fn instances_are_counted_by_type_the_most_frequent_first() {
    let machine = |kind: &str| Instance { kind: kind.into(), ..Instance::default() };
    let all: Vec<(String, Instance)> = ["m7i.large", "p5.48xlarge", "p5.48xlarge", "c7g.large"]
        .iter()
        .enumerate()
        .map(|(index, kind)| (format!("i-{index}"), machine(kind)))
        .collect();
    let all: Vec<(&String, &Instance)> = all.iter().map(|(id, instance)| (id, instance)).collect();
    assert_eq!(kinds_of_machine(&all), "4 instances: 2 p5.48xlarge, 1 c7g.large, 1 m7i.large");
    assert_eq!(kinds_of_machine(&all[..1]), "1 instance: 1 m7i.large");
    let found = Evidence.find(&account(), &case(&Names::default()));
    assert!(found.findings.iter().any(|finding| finding.text == "1 instance: 1 m7i.large"));
}
