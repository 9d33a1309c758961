use crate::aws::Aws;
use std::sync::Arc;

use super::*;
use crate::account::{Peer, Rule};
use crate::aws::AwsError;
use crate::aws::ledger::Phase;
use crate::collect::{Ask, identify, read};
use crate::sim::{Simulation, sample};
use crate::step::Item;
use crate::step::Names;

pub(super) fn case(names: &Names, way: &str) -> Case {
    Case {
        run: "run1".into(),
        scope: crate::step::Scope::default(),
        params: [("way".to_owned(), way.into())].into(),
        config: Arc::default(),
        names: names.clone(),
    }
}

pub(super) async fn collected(aws: &Aws) -> Account {
    let known = identify(aws).await.unwrap();
    let ask = Ask { sections: SPEC.needs.iter().copied().collect(), ..Ask::default() };
    read(aws, &known, &ask, &|_, _| {}).await
}

fn at(id: &str, vpc: &str) -> Target {
    Target::new("interface", id).region(sample::REGION).vpc(vpc)
}

fn verdict(id: &str, vpc: &str, account: &Account, case: &Case) -> Verdict<State> {
    let Now::Is(now) = SecurityGroups.state(&Look::new(&at(id, vpc), account, case)) else {
        panic!("it is there")
    };
    SecurityGroups.contain(&now, &Look::new(&at(id, vpc), account, case))
}

/// The changes that a plan would hold, created resources first.
pub(super) fn plan(account: &Account, case: &Case) -> Vec<(Target, State, State)> {
    let mut items = SecurityGroups.find(account, case).items;
    items.sort_by_key(|item| item.rank);
    let change = |item: Item| {
        let Now::Is(now) = SecurityGroups.state(&Look::new(&item.at, account, case)) else { return None };
        match SecurityGroups.contain(&now, &Look::new(&item.at, account, case)) {
            Verdict::Change(to) | Verdict::Lasting(to, _) => Some((item.at, now, to)),
            _ => None,
        }
    };
    items.into_iter().filter_map(change).collect()
}

/// The sample behind ACLs that deny all.
fn behind_acls() -> Account {
    let mut account = sample::account();
    let acls = account.regions.get_mut(sample::REGION).unwrap().acls.read_mut().unwrap();
    for acl in acls.values_mut() {
        acl.ingress.clear();
        acl.egress.clear();
    }
    account
}

#[test]
fn what_ec2_can_change_is_changed_and_the_rest_says_whose_it_is() {
    let (account, case) = (sample::account(), case(&Names::default(), "direct"));
    let changed: Vec<String> = plan(&account, &case).into_iter().map(|(at, ..)| at.id).collect();
    assert_eq!(changed, ["vpc-1", "vpc-2", "eni-plain", "eni-shared", "eni-web"]);
    let Verdict::Refuse(why) = verdict("eni-theirs", "vpc-1", &account, &case) else { panic!("refused") };
    assert_eq!(why, format!("belongs to {}", sample::OTHER));
    let Verdict::Refuse(why) = verdict("eni-elb", "vpc-1", &account, &case) else { panic!("refused") };
    assert!(why.contains("load balancers could not be read"), "{why}");
    assert!(why.contains("elasticloadbalancing:SetSecurityGroups"), "{why}");
}

#[test]
fn groups_that_are_closed_by_content_are_already_enough() {
    let (mut account, case) = (sample::account(), case(&Names::default(), "direct"));
    let groups = account.regions.get_mut(sample::REGION).unwrap().groups.read_mut().unwrap();
    let ssh = groups.get_mut("sg-ssh").unwrap();
    ssh.ingress.clear();
    ssh.egress.clear();
    assert_eq!(verdict("eni-plain", "vpc-1", &account, &case), Verdict::Already);
    assert!(matches!(verdict("eni-web", "vpc-1", &account, &case), Verdict::Change(_)));
}

#[test]
fn two_steps_need_a_closed_acl_first() {
    let case = case(&Names::default(), "two-step");
    let Verdict::Refuse(why) = verdict("eni-web", "vpc-1", &sample::account(), &case) else {
        panic!("an open ACL")
    };
    assert!(why.contains("put 520 or 590 before 510"));
    assert!(matches!(verdict("eni-web", "vpc-1", &behind_acls(), &case), Verdict::Change(_)));
    let made: Vec<_> = plan(&behind_acls(), &case).into_iter().map(|(at, ..)| at.kind).take(4).collect();
    assert_eq!(made, [ISOLATION, FLUSH, ISOLATION, FLUSH]);
}

#[test]
fn a_write_may_stop_in_the_open_group_and_in_a_new_groups_own_rules() {
    let interface = |groups: &[GroupRef]| State::Interface(groups.iter().cloned().collect());
    let before = interface(&[GroupRef::Id("sg-1".into())]);
    let passes = SecurityGroups.passes(&before, &interface(&[GroupRef::Isolation]));
    assert_eq!(passes, [interface(&[GroupRef::Flush])]);
    assert_eq!(SecurityGroups.show(&passes[0]), "ALLOW ALL");
    let new = SecurityGroups.passes(&State::Group(None), &State::Group(Some(Body::default())));
    assert_eq!(new.len(), 3, "IPv4, IPv4 and IPv6, IPv6");
    let flush = SecurityGroups
        .passes(&State::Group(None), &State::Group(Some(wanted(FLUSH, &case(&Names::default(), "direct")))));
    assert!(flush.iter().all(|state| SecurityGroups.show(state).contains("rules in")), "{flush:?}");
}

#[test]
fn a_state_survives_its_json() {
    for state in [
        State::Group(None),
        State::Group(Some(wanted(FLUSH, &case(&Names::default(), "direct")))),
        State::Interface([GroupRef::Isolation, GroupRef::Flush, GroupRef::Id("sg-1".into())].into()),
    ] {
        let json = serde_json::to_value(&state).unwrap();
        assert_eq!(serde_json::from_value::<State>(json).unwrap(), state);
    }
}

pub(super) async fn there_and_back(account: Account, way: &str) {
    there_and_back_as(account, &case(&Names::default(), way)).await;
}

pub(super) async fn there_and_back_as(account: Account, case: &Case) {
    let simulation = Simulation::new(account);
    let aws = Aws::simulated(simulation.clone()).for_run("run1", case.names.clone(), None);
    let settled = std::time::Duration::from_secs(90);
    let before = collected(&aws).await;
    let changes = plan(&before, case);
    assert!(changes.iter().any(|(at, ..)| at.kind == "interface"));
    {
        let _phase = aws.enter(Phase::Apply);
        for (at, from, to) in &changes {
            SecurityGroups.write(Write::new(&aws, at, from, to, &case.params)).await.unwrap();
            SecurityGroups.write(Write::new(&aws, at, from, to, &case.params)).await.unwrap();
        }
    }
    aws.clock().wait(settled).await;
    let during = collected(&aws).await;
    for (at, _, to) in &changes {
        assert_eq!(SecurityGroups.state(&Look::new(at, &during, case)), Now::Is(to.clone()), "{at}");
    }
    assert!(plan(&during, case).is_empty());
    let _phase = aws.enter(Phase::Restore);
    for (at, from, to) in changes.iter().rev() {
        if matches!(from, State::Group(_)) {
            aws.clock().wait(settled).await;
        }
        SecurityGroups.write(Write::new(&aws, at, to, from, &case.params)).await.unwrap();
    }
    assert_eq!(collected(&aws).await, before);
}

#[tokio::test]
async fn direct_there_and_back() {
    there_and_back(sample::account(), "direct").await;
}

#[tokio::test]
async fn two_steps_there_and_back() {
    there_and_back(behind_acls(), "two-step").await;
}

#[tokio::test]
async fn what_a_crash_left_unrecorded_is_adopted_and_corrected() {
    let simulation = Simulation::new(sample::account());
    let names = Names::default();
    let aws = Aws::simulated(simulation.clone()).for_run("run1", names.clone(), None);
    let at = Target::new(ISOLATION, "vpc-1").region(sample::REGION).vpc("vpc-1");
    let _phase = aws.enter(Phase::Apply);
    let (none, closed) = (State::Group(None), State::Group(Some(Body::default())));
    SecurityGroups.write(Write::new(&aws, &at, &none, &closed, &Params::new())).await.unwrap();
    let id = names.id("isolation-group/vpc-1").unwrap();
    // The record is lost, and a thief has opened the group.
    simulation.meddle(|account| {
        let region = account.regions.get_mut(sample::REGION).unwrap();
        let any = Rule::all(Peer::Ipv4("0.0.0.0/0".into()));
        region.groups.read_mut().unwrap().get_mut(&id).unwrap().ingress.insert(any);
    });
    let names = Names::default();
    let aws = aws.for_run("run1", names.clone(), None);
    SecurityGroups.write(Write::new(&aws, &at, &none, &closed, &Params::new())).await.unwrap();
    assert_eq!(names.id("isolation-group/vpc-1"), Some(id));
    let state = SecurityGroups.state(&Look::new(&at, &collected(&aws).await, &case(&names, "direct")));
    assert_eq!(state, Now::Is(closed));
}

#[tokio::test]
async fn a_group_that_vanished_stops_the_restore_of_its_interface() {
    let simulation = Simulation::new(sample::account());
    let aws = Aws::simulated(simulation).for_run("run1", Names::default(), None);
    let _phase = aws.enter(Phase::Restore);
    let to = State::Interface([GroupRef::Id("sg-gone".into()), GroupRef::Id("sg-web".into())].into());
    let from = State::Interface([GroupRef::Isolation].into());
    let result =
        SecurityGroups.write(Write::new(&aws, &at("eni-web", "vpc-1"), &from, &to, &Params::new())).await;
    let error: StepError = result.unwrap_err();
    assert!(error.aws().is_some_and(|error: &AwsError| error.is("InvalidGroup.NotFound")));
}

#[tokio::test]
async fn a_rehearsal_of_505_520_and_510_finds_nothing_that_aws_refuses() {
    use crate::engine::plan::{Brief, Selected};
    use crate::engine::rehearse::rehearse;
    let account = sample::account();
    let params: Params = [("way".to_owned(), "two-step".into())].into();
    let selected = |number| Selected { step: StepId(number), params: params.clone() };
    let brief = Brief {
        run: "run1".into(),
        scope: crate::step::Scope::default(),
        config: Arc::default(),
        names: Names::default(),
        next_change: 1,
    };
    let chosen = [selected(505), selected(520), selected(510)];
    let rehearsal = rehearse(&account, &chosen, &brief).await.unwrap();
    let refused: Vec<_> = rehearsal.steps.iter().flat_map(|plan| &plan.refused).collect();
    assert!(refused.iter().all(|refused| !refused.why.contains("AWS would refuse")), "{refused:#?}");
    let changes: Vec<_> = rehearsal.steps.iter().map(|plan| plan.changes.len()).collect();
    // 510: eni-shared lies behind the other account's open ACL, so two steps are refused there.
    assert_eq!(changes, [1, 3, 4]);
    let again = Brief { names: rehearsal.names.clone(), next_change: 100, ..brief };
    let second = rehearse(&rehearsal.after, &chosen, &again).await.unwrap();
    assert!(second.steps.iter().all(|plan| plan.changes.is_empty()));
}
