use std::sync::Arc;

use super::*;
use crate::aws::ledger::Phase;
use crate::sim::{Simulation, sample};
use crate::step::{Names, Scope};

fn case(vpc: Option<&str>) -> Case {
    Case {
        run: "run1".into(),
        scope: Scope { vpcs: vpc.map(|vpc| [vpc.to_owned()].into()), ..Scope::default() },
        params: Params::new(),
        config: Arc::default(),
        names: Names::default(),
    }
}

fn set(names: &[&str]) -> State {
    State::Processes(names.iter().map(ToString::to_string).collect())
}

fn at() -> Target {
    Target::new("scaling-group", "web").region(sample::REGION)
}

#[test]
fn what_was_suspended_before_stays_and_a_held_group_is_already_held() {
    let (account, case) = (sample::account(), case(None));
    let Verdict::Change(State::Processes(held)) =
        HoldScaling.contain(&set(&["AddToLoadBalancer"]), &Look::new(&at(), &account, &case))
    else {
        panic!("it is not held")
    };
    assert_eq!(held.len(), 9);
    assert_eq!(
        HoldScaling.contain(&State::Processes(held), &Look::new(&at(), &account, &case)),
        Verdict::Already
    );
}

#[test]
fn a_group_is_in_scope_by_the_vpc_of_its_subnets() {
    let found = |vpc| HoldScaling.find(&sample::account(), &case(vpc));
    assert_eq!(found(Some("vpc-1")).items.len(), 1);
    assert_eq!(found(Some("vpc-2")).items.len(), 0);
    assert_eq!(found(None).findings.len(), 1);
    assert_eq!(found(None).items[0].tags.len(), 2, "its own and its VPC's");
}

#[test]
fn a_person_reads_it() {
    assert_eq!(HoldScaling.show(&set(&[])), "nothing suspended");
    assert_eq!(HoldScaling.show(&set(&HELD)), "held: all that launches or terminates");
    assert_eq!(HoldScaling.show(&set(&["Launch"])), "suspended: Launch");
}

#[test]
fn only_a_write_in_both_directions_stops_in_between() {
    assert_eq!(HoldScaling.passes(&set(&["Launch"]), &set(&HELD)), []);
    let passes = HoldScaling.passes(&set(&["Launch"]), &set(&["Terminate"]));
    assert_eq!(passes, [set(&["Launch", "Terminate"])]);
}

#[tokio::test]
async fn there_and_back() {
    let simulation = Simulation::new(sample::account());
    let aws = Aws::simulated(simulation.clone()).for_run("run1", Names::default(), None);
    let case = case(None);
    let Now::Is(before) = HoldScaling.state(&Look::new(&at(), &simulation.account(), &case)) else {
        panic!("there")
    };
    assert_eq!(before, set(&["AZRebalance"]));
    let Verdict::Change(after) =
        HoldScaling.contain(&before, &Look::new(&at(), &simulation.account(), &case))
    else {
        panic!("it is not held")
    };
    let _phase = aws.enter(Phase::Apply);
    HoldScaling.write(Write::new(&aws, &at(), &before, &after, &Params::new())).await.unwrap();
    assert_eq!(HoldScaling.state(&Look::new(&at(), &simulation.account(), &case)), Now::Is(after.clone()));
    // Nothing to do is no call: an empty list would mean every process.
    HoldScaling.write(Write::new(&aws, &at(), &after, &after, &Params::new())).await.unwrap();
    HoldScaling.write(Write::new(&aws, &at(), &after, &before, &Params::new())).await.unwrap();
    assert_eq!(simulation.account(), sample::account());
    assert_eq!(aws.ledger().len(), 2);
}

#[test]
fn a_group_that_would_terminate_a_host_is_asked_about_before_it_is_let_go() {
    let mut account = sample::account();
    let before = set(&["AZRebalance"]);
    let danger = |account: &Account, before: &State| {
        HoldScaling.danger(before, &Look::new(&at(), account, &case(None)))
    };
    let here = |account: &mut Account| account.regions.remove(sample::REGION).unwrap();
    assert_eq!(danger(&account, &before), None, "all are healthy");

    let mut sick = account.clone();
    let mut region = here(&mut sick);
    region.scaling_groups.read_mut().unwrap().get_mut("web").unwrap().unhealthy = ["i-1".to_owned()].into();
    sick.regions.insert(sample::REGION.into(), region);
    assert!(danger(&sick, &before).is_some_and(|why| why.contains("i-1 of group web")));
    // What was suspended before stays so, and nothing is terminated.
    assert_eq!(danger(&sick, &set(&["Terminate"])), None);

    let mut stopped = account.clone();
    let mut region = here(&mut stopped);
    region.instances.read_mut().unwrap().get_mut("i-1").unwrap().state = "stopped".into();
    stopped.regions.insert(sample::REGION.into(), region);
    assert!(danger(&stopped, &before).is_some());

    let mut region = here(&mut account);
    region.instances = Seen::default();
    account.regions.insert(sample::REGION.into(), region);
    assert!(danger(&account, &before).is_some_and(|why| why.contains("could not be read")));
}
