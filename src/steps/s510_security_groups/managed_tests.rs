//! Load balancers, databases and endpoints as targets; the front; kept CIDRs; two steps behind 590.

use std::collections::BTreeMap;

use super::*;
use crate::account::{Exclusion, Seen, VpcBlock};
use crate::sim::sample;
use crate::step::{Look, Now, Scope, Target, Verdict};
use crate::steps::shared::testing::{self, case, plan, there_and_back, verdicts};
use body::GroupBody;

fn changed(account: &Account, case: &Case) -> Vec<String> {
    testing::changed(&SecurityGroups, account, case)
}

fn refusals(account: &Account, case: &Case) -> BTreeMap<String, String> {
    let refused = |(at, _, verdict): (Target, _, _)| match verdict {
        Verdict::Refuse(why) => Some((at.id, why)),
        _ => None,
    };
    verdicts(&SecurityGroups, account, case).into_iter().filter_map(refused).collect()
}

#[test]
fn what_a_service_manages_is_changed_through_it_and_its_interfaces_are_not_refused() {
    let (account, case) = (sample::with_services(), case(&[]));
    let ids = changed(&account, &case);
    for id in
        [sample::FRONT, sample::LINK, sample::ORDERS, sample::USERS, "eice-1", "vpce-ssm", "report", "resize"]
    {
        assert!(ids.contains(&id.to_owned()), "{id}: {ids:?}");
    }
    let refused = refusals(&account, &case);
    let kept: Vec<&str> = refused.keys().map(String::as_str).collect();
    assert_eq!(
        kept,
        [
            sample::INSPECT,
            sample::BARE,
            sample::STOPPED,
            "eni-cache",
            "eni-eks",
            "eni-eks-api",
            "eni-nat",
            "eni-theirs",
            "vpce-hidden"
        ]
    );
    assert!(refused[sample::BARE].contains("no security group"));
    assert!(refused[sample::STOPPED].contains("stopped"));
    assert_eq!(
        refused["eni-eks-api"],
        "managed by an EKS cluster: eks:UpdateClusterConfig changes its groups"
    );
    assert!(refused["eni-cache"].contains("elasticache:ModifyReplicationGroup"));
    let said: Vec<String> =
        SecurityGroups.find(&account, &case).findings.into_iter().map(|finding| finding.text).collect();
    assert!(said.iter().any(|text| text.contains("front (2)") && text.contains("users (2)")), "{said:?}");
}

#[test]
fn with_the_front_kept_load_balancers_stay_and_the_plan_says_so() {
    let (account, case) = (sample::with_services(), case(&[("front", "keep")]));
    let ids = changed(&account, &case);
    assert!(!ids.contains(&sample::FRONT.to_owned()) && ids.contains(&sample::ORDERS.to_owned()));
    assert!(!refusals(&account, &case).contains_key("eni-elb"));
    let found = SecurityGroups.find(&account, &case);
    let said = |finding: &crate::step::Finding| finding.text.contains("front (HTTP 80, HTTPS 443)");
    assert!(found.findings.iter().any(said), "{:?}", found.findings);
    assert!(SecurityGroups.effect(&case.params).leaves.contains("listener ports"));
    assert!(!SecurityGroups.effect(&Params::new()).leaves.contains("listener ports"));
}

#[test]
fn an_owner_is_cut_only_where_all_of_it_is_in_scope() {
    let account = sample::with_services();
    let mut case = case(&[]);
    case.scope = Scope { subnets: ["subnet-1a".to_owned()].into(), ..Scope::default() };
    let ids = changed(&account, &case);
    assert!(ids.contains(&sample::ORDERS.to_owned()), "its only interface is there: {ids:?}");
    assert!(ids.contains(&"eice-1".to_owned()) && !ids.contains(&sample::LINK.to_owned()));
    let refused = refusals(&account, &case);
    assert!(refused[sample::FRONT].contains("only 1 of its 2 interfaces"), "{refused:?}");
    assert!(refused[sample::USERS].contains("only 1 of its 2 interfaces"), "{refused:?}");
    case.scope = Scope { instances: ["i-1".to_owned()].into(), ..Scope::default() };
    let ids = changed(&account, &case);
    assert_eq!(ids, ["vpc-1", "eni-web"]);
    assert!(refusals(&account, &case).is_empty());
}

#[test]
fn what_could_not_be_read_is_unknown_and_its_interfaces_say_so() {
    let (mut account, case) = (sample::with_services(), case(&[]));
    let here = account.regions.get_mut(sample::REGION).unwrap();
    here.databases = Seen::default();
    let refused = refusals(&account, &case);
    assert!(refused["eni-orders"].contains("the databases could not be read"), "{refused:?}");
    let at = Target::new("database", sample::ORDERS).region(sample::REGION).vpc("vpc-1");
    let lens = (&SecurityGroups as &dyn Step).lens(&at);
    assert!(matches!(lens.state(&Look::new(&at, &account, &case)), Now::Unknown(_)));
}

#[tokio::test]
async fn through_the_services_there_and_back() {
    there_and_back(&SecurityGroups, sample::with_services(), &case(&[])).await;
}

#[tokio::test]
async fn kept_cidrs_there_and_back() {
    let mut case = case(&[]);
    case.scope.keep_cidrs = ["192.0.2.7/24".to_owned(), "2001:db8:ffff::/48".to_owned()].into();
    there_and_back(&SecurityGroups, sample::with_services(), &case).await;
}

#[test]
fn kept_cidrs_are_in_the_group_and_another_runs_closed_group_is_not_enough() {
    let mut case = case(&[]);
    case.scope.keep_cidrs = ["192.0.2.7/24".to_owned(), "2001:DB8:ffff::1".to_owned()].into();
    let mut account = sample::with_services();
    let (.., to) = plan(&SecurityGroups, &account, &case).into_iter().next().unwrap();
    let body: GroupBody = serde_json::from_value(to).unwrap();
    assert_eq!(body.words(), "isolation group, open to 192.0.2.0/24, 2001:db8:ffff::1/128");
    let groups = account.regions.get_mut(sample::REGION).unwrap().groups.read_mut().unwrap();
    let body = GroupBody::of(&Isolation, &case);
    for (id, rules) in [("sg-ssh", GroupBody::default()), ("sg-web", body)] {
        let group = groups.get_mut(id).unwrap();
        (group.ingress, group.egress) = (rules.ingress, rules.egress);
    }
    let ids = changed(&account, &case);
    assert!(ids.contains(&"eni-plain".to_owned()), "closed altogether: the responder has no path");
    assert!(!ids.contains(&sample::FRONT.to_owned()), "open to exactly what is kept");
    let found = SecurityGroups.find(&account, &case);
    assert!(found.findings.iter().any(|finding| finding.text.contains("--keep-cidr")));
}

#[test]
fn two_steps_are_done_behind_a_block_in_force_without_an_exclusion() {
    let case = case(&[("way", "two-step")]);
    let with = |block: VpcBlock| {
        let mut account = sample::with_services();
        account.regions.get_mut(sample::REGION).unwrap().vpc_block = Seen::Read(block);
        plan(&SecurityGroups, &account, &case).iter().any(|(at, ..)| at.id == "eni-web")
    };
    let block =
        |mode: &str, state: &str| VpcBlock { mode: mode.into(), state: state.into(), ..VpcBlock::default() };
    assert!(with(block("block-bidirectional", "update-complete")));
    assert!(!with(block("block-bidirectional", "update-in-progress")));
    assert!(!with(block("block-ingress", "update-complete")));
    let mut excluded = block("block-bidirectional", "update-complete");
    let hole = Exclusion {
        resource: "arn:aws:ec2:us-east-1:111111111111:vpc/vpc-1".into(),
        state: "create-complete".into(),
        ..Exclusion::default()
    };
    excluded.exclusions = [("vpcbpa-exclude-1".to_owned(), hole)].into();
    assert!(!with(excluded));
}
