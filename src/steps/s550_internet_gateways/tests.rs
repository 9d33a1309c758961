use std::sync::Arc;

use super::*;
use crate::sim::sample::REGION;
use crate::sim::sample_network::{account, set};
use crate::step::{Names, Scope};

fn case(way: &str, scope: Scope) -> Case {
    Case {
        run: "run1".into(),
        scope,
        params: [("way".to_owned(), way.into())].into(),
        config: Arc::default(),
        names: Names::default(),
    }
}

fn told(account: &Account, case: &Case) -> Vec<String> {
    let mut items = InternetGateways.find(account, case).items;
    items.sort_by(|a, b| (a.rank, &a.at).cmp(&(b.rank, &b.at)));
    let told = |item: crate::step::Item| {
        let Now::Is(now) = InternetGateways.state(&item.at, account, case) else { panic!("it is there") };
        let verdict = match InternetGateways.contain(&now, &item.at, account, case) {
            Verdict::Change(to) | Verdict::Lasting(to, _) => InternetGateways.show(&to),
            Verdict::Already => "already".into(),
            Verdict::Refuse(why) => why,
        };
        format!("{}: {verdict}", item.at.id)
    };
    items.into_iter().map(told).collect()
}

#[test]
fn a_gateway_that_aws_would_not_let_go_is_kept_with_the_count() {
    let account = account();
    let case = case("detach", Scope::default());
    assert_eq!(
        told(&account, &case),
        [
            "vpc-2: shared from 222222222222: only its owner can detach its gateway",
            "igw-1: AWS refuses: 3 public addresses mapped; 590 and 530 hold it",
        ]
    );
    let findings = InternetGateways.find(&account, &case).findings;
    assert!(
        findings[1]
            .text
            .contains("eigw-1 lets vpc-1 out by IPv6 and cannot be detached; 530 and 590 hold it")
    );
}

#[test]
fn unmapping_takes_off_what_is_the_accounts_own_and_counts_what_stays() {
    // 203.0.113.5 was assigned by AWS itself; the NAT gateway and the load balancer are services'.
    assert_eq!(
        told(&account(), &case("unmap", Scope::default())),
        [
            "eipalloc-1: not associated",
            "eipalloc-nat: 111111111111 manages eni-nat: AWS refuses to take its address off",
            "eipalloc-nlb: nlb manages the address",
            "rtb-own/::/0: no route",
            "vpc-2: shared from 222222222222: only its owner can detach its gateway",
            "eigw-1: none",
            "igw-1: AWS refuses: 2 public addresses mapped; 590 and 530 hold it",
        ]
    );
}

#[test]
fn where_every_address_can_be_taken_off_the_gateway_goes_after_them() {
    let mut account = account();
    let interfaces = account.regions.get_mut(REGION).unwrap().interfaces.read_mut().unwrap();
    interfaces.get_mut("eni-web").unwrap().public_ip = None;
    interfaces.get_mut("eni-nat").unwrap().public_ip = None;
    assert!(told(&account, &case("unmap", Scope::default())).contains(&"igw-1: detached".into()));
    let told = told(&account, &case("detach", Scope::default()));
    assert!(told.iter().any(|line| line.contains("1 public address mapped")), "{told:?}");
}

#[test]
fn a_part_of_a_vpc_does_not_lose_the_gateway_of_all() {
    let scope = Scope { subnets: set(&["subnet-1a"]), ..Scope::default() };
    let told = told(&account(), &case("unmap", scope));
    assert!(
        told.contains(&"igw-1: only a part of vpc-1 is in scope, and it serves all of it".into()),
        "{told:?}"
    );
    assert!(!told.iter().any(|line| line.starts_with("eigw-1")));
}
