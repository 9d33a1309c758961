use std::sync::Arc;

use super::*;
use crate::account::{Peer, Rule};
use crate::aws::AwsError;
use crate::aws::ledger::Phase;
use crate::sim::sample;
use crate::step::{Lens as _, Look, Names, Now, StepError, Target, Verdict, Write};
use crate::steps::shared::testing::{case, changed, collected, plan, simulated, there_and_back};
use body::GroupBody;
use group_ref::{GroupRef, Groups, isolated};

fn at(id: &str, vpc: &str) -> Target {
    Target::new(Interface::KIND, id).region(sample::REGION).vpc(vpc)
}

fn verdict(id: &str, vpc: &str, account: &Account, case: &Case) -> Verdict<Groups> {
    let Now::Is(now) = Interface.state(&Look::new(&at(id, vpc), account, case)) else {
        panic!("it is there")
    };
    Interface.contain(&now, &Look::new(&at(id, vpc), account, case))
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
    let (account, case) = (sample::account(), case(&[]));
    assert_eq!(
        changed(&SecurityGroups, &account, &case),
        ["vpc-1", "vpc-2", "eni-plain", "eni-shared", "eni-web"]
    );
    let Verdict::Refuse(why) = verdict("eni-theirs", "vpc-1", &account, &case) else { panic!("refused") };
    assert_eq!(why, format!("belongs to {}", sample::OTHER));
    let Verdict::Refuse(why) = verdict("eni-elb", "vpc-1", &account, &case) else { panic!("refused") };
    assert!(why.contains("load balancers could not be read"), "{why}");
    assert!(why.contains("elasticloadbalancing:SetSecurityGroups"), "{why}");
}

#[test]
fn groups_that_are_closed_by_content_are_already_enough() {
    let (mut account, case) = (sample::account(), case(&[]));
    let groups = account.regions.get_mut(sample::REGION).unwrap().groups.read_mut().unwrap();
    let ssh = groups.get_mut("sg-ssh").unwrap();
    ssh.ingress.clear();
    ssh.egress.clear();
    assert_eq!(verdict("eni-plain", "vpc-1", &account, &case), Verdict::Already);
    assert!(matches!(verdict("eni-web", "vpc-1", &account, &case), Verdict::Change(_)));
}

#[test]
fn two_steps_need_a_closed_acl_first() {
    let case = case(&[("way", "two-step")]);
    let Verdict::Refuse(why) = verdict("eni-web", "vpc-1", &sample::account(), &case) else {
        panic!("an open ACL")
    };
    assert!(why.contains("put 520 or 590 before 510"));
    assert!(matches!(verdict("eni-web", "vpc-1", &behind_acls(), &case), Verdict::Change(_)));
    let made: Vec<_> =
        plan(&SecurityGroups, &behind_acls(), &case).into_iter().map(|(at, ..)| at.kind).take(4).collect();
    assert_eq!(made, ["isolation-group", "flush-group", "isolation-group", "flush-group"]);
}

#[test]
fn a_write_in_two_steps_may_stop_in_the_open_group() {
    let before = Groups::from([GroupRef::Id("sg-1".into())]);
    let passes = Interface.passes(&before, &isolated());
    assert_eq!(passes, [Groups::from([GroupRef::Flush])]);
    assert_eq!(Interface.show(&passes[0]), "ALLOW ALL");
}

#[tokio::test]
async fn interfaces_go_there_and_back() {
    there_and_back(&SecurityGroups, sample::account(), &case(&[])).await;
}

#[tokio::test]
async fn interfaces_go_there_in_two_steps_and_back() {
    there_and_back(&SecurityGroups, behind_acls(), &case(&[("way", "two-step")])).await;
}

#[tokio::test]
async fn an_unrecorded_resource_of_a_crashed_run_is_adopted_and_corrected() {
    let (lost, case) = (case(&[]), case(&[]));
    let (simulation, aws) = simulated(sample::account(), &lost);
    let (lens, kind) = (Made(Group(Isolation)), "isolation-group/vpc-1");
    let at = Target::new("isolation-group", "vpc-1").region(sample::REGION).vpc("vpc-1");
    let _phase = aws.enter(Phase::Apply);
    let (none, closed) = (None, Some(GroupBody::default()));
    lens.write(Write::new(&aws, &at, &none, &closed, &Params::new())).await.unwrap();
    let id = lost.names.id(kind).unwrap();
    // The record is lost, and a thief has opened the group.
    simulation.meddle(|account| {
        let region = account.regions.get_mut(sample::REGION).unwrap();
        let any = Rule::all(Peer::Ipv4("0.0.0.0/0".into()));
        region.groups.read_mut().unwrap().get_mut(&id).unwrap().ingress.insert(any);
    });
    let aws = aws.for_run("run1", case.names.clone(), None);
    lens.write(Write::new(&aws, &at, &none, &closed, &Params::new())).await.unwrap();
    assert_eq!(case.names.id(kind), Some(id));
    let now = collected(&SecurityGroups, &aws).await;
    assert_eq!(lens.state(&Look::new(&at, &now, &case)), Now::Is(closed));
}

#[tokio::test]
async fn a_group_that_vanished_stops_the_restore_of_its_interface() {
    let (_, aws) = simulated(sample::account(), &case(&[]));
    let _phase = aws.enter(Phase::Restore);
    let to = Groups::from([GroupRef::Id("sg-gone".into()), GroupRef::Id("sg-web".into())]);
    let (at, from) = (at("eni-web", "vpc-1"), isolated());
    let error: StepError =
        Interface.write(Write::new(&aws, &at, &from, &to, &Params::new())).await.unwrap_err();
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
