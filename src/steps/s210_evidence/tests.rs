use std::collections::BTreeSet;

use super::*;
use crate::account::{Disk, InstanceAttributes, Seen, Volume};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::sim::{Simulation, sample};
use crate::step::{Lens, Names, Now, Params, Scope, Write};
use crate::steps::shared::testing;

fn case(names: &Names) -> Case {
    let scope = Scope { instances: ["i-1".to_owned()].into(), ..Scope::default() };
    Case { scope, names: names.clone(), ..testing::case(&[]) }
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

fn verdict<L: Lens>(lens: &L, id: &str, account: &Account) -> Verdict<L::State> {
    let (at, case) = (at(L::KIND, id), case(&Names::default()));
    let look = Look::new(&at, account, &case);
    let Now::Is(now) = lens.state(&look) else { panic!("{} of {id}", L::KIND) };
    lens.contain(&now, &look)
}

#[test]
fn the_price_is_said_first_and_so_is_what_is_not_known() {
    let found = Evidence.find(&account(), &case(&Names::default()));
    let price = &found.findings[1].text;
    assert!(price.starts_with("snapshots: 2 disks, 30 GiB: at most about USD 1.50 a month"), "{price}");
    assert!(price.ends_with("without 1 disk of unknown size"), "{price}");
    let kinds: Vec<&str> = found.items.iter().map(|item| item.at.kind.as_str()).collect();
    assert_eq!(kinds, [Protection::KIND, Disks::KIND, Snapshots::KIND, Console::KIND]);
}

#[test]
fn what_a_service_manages_and_what_is_spot_is_refused() {
    let mut account = account();
    assert!(matches!(verdict(&Protection, "i-2", &account), Verdict::Refuse(why) if why.contains("eks")));
    let here = account.regions.get_mut(sample::REGION).unwrap();
    here.instances.read_mut().unwrap().get_mut("i-1").unwrap().spot = true;
    assert!(matches!(verdict(&Protection, "i-1", &account), Verdict::Refuse(why) if why.contains("Spot")));
    assert!(matches!(verdict(&Disks, "i-1", &account), Verdict::Lasting(..)));
}

#[test]
fn an_instance_of_the_instance_store_keeps_its_shutdown_behavior() {
    let mut account = account();
    let here = account.regions.get_mut(sample::REGION).unwrap();
    here.instances.read_mut().unwrap().get_mut("i-1").unwrap().instance_store = true;
    let wished = protection::State { termination: true, shutdown: "terminate".into() };
    assert_eq!(verdict(&Protection, "i-1", &account), Verdict::Lasting(wished, KEPT.into()));
}

#[tokio::test]
async fn snapshots_are_made_once_and_never_deleted() {
    let simulation = Simulation::new(account());
    let names = Names::default();
    let aws = Aws::simulated(simulation.clone()).for_run("run1", names.clone(), None);
    let (at, params) = (at(Snapshots::KIND, "i-1"), Params::new());
    let (none, both) = (BTreeSet::new(), BTreeSet::from(["vol-1".to_owned(), "vol-2".to_owned()]));
    let _phase = aws.enter(Phase::Apply);
    // The second time as after a crash: nothing is made twice.
    for _ in 0..2 {
        Snapshots.write(Write::new(&aws, &at, &none, &both, &params)).await.unwrap();
        aws.clock().wait(std::time::Duration::from_secs(2)).await;
    }
    let here = simulation.account().regions.remove(sample::REGION).unwrap();
    assert_eq!(here.snapshots.items().count(), 2);
    assert!(names.id("snapshot/i-1/vol-2").is_some());
    let undo = Snapshots.write(Write::new(&aws, &at, &both, &none, &params)).await;
    assert!(undo.is_err(), "evidence is kept");
    let undo = Console.write(Write::new(&aws, &at, &true, &false, &params)).await;
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
