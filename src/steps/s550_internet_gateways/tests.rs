use super::*;
use crate::account::{Address, NatAddress, NatGateway};
use crate::sim::sample::REGION;
use crate::sim::sample_network::{account, set};
use crate::step::{Scope, Verdict};
use crate::steps::shared::testing::{self, verdicts};

fn case(way: &str, scope: Scope) -> Case {
    Case { scope, ..testing::case(&[("way", way)]) }
}

fn told(account: &Account, case: &Case) -> Vec<String> {
    let told = |(at, _, verdict)| {
        let verdict = match verdict {
            Verdict::Change(to) | Verdict::Lasting(to, _) => {
                (&InternetGateways as &dyn Step).lens(&at).show(&to).unwrap()
            }
            Verdict::Already => "already".into(),
            Verdict::Refuse(why) => why,
        };
        format!("{}: {verdict}", at.id)
    };
    verdicts(&InternetGateways, account, case).into_iter().map(told).collect()
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
            "rtb-own/::/0: no route",
            "eipalloc-1: not associated",
            "eipalloc-nat: 111111111111 manages eni-nat: AWS refuses to take its address off",
            "eipalloc-nlb: nlb manages the address",
            "vpc-2: shared from 222222222222: only its owner can detach its gateway",
            "igw-1: AWS refuses: 2 public addresses mapped; 590 and 530 hold it",
            "eigw-1: none",
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

#[test]
fn addresses_of_a_regional_nat_gateway_are_named_and_hold_the_gateway() {
    let mut account = account();
    let here = account.regions.get_mut(REGION).unwrap();
    let address = NatAddress {
        allocation: Some("eipalloc-rnat".into()),
        public_ip: Some("203.0.113.30".into()),
        ..NatAddress::default()
    };
    let regional = NatGateway {
        vpc: "vpc-1".into(),
        state: "available".into(),
        connectivity: "public".into(),
        availability: "regional".into(),
        addresses: [address].into(),
        ..NatGateway::default()
    };
    here.nat_gateways.read_mut().unwrap().insert("nat-regional".into(), regional);
    let managed =
        Address { public_ip: "203.0.113.30".into(), managed_by: Some("rnat".into()), ..Address::default() };
    here.addresses.read_mut().unwrap().insert("eipalloc-rnat".into(), managed);
    let told = told(&account, &case("unmap", Scope::default()));
    let why = "eipalloc-rnat: a regional NAT gateway manages the address: 560 cuts the routes to it";
    assert!(told.contains(&why.into()), "{told:?}");
    assert!(told.contains(&"igw-1: AWS refuses: 3 public addresses mapped; 590 and 530 hold it".into()));
}

#[test]
fn the_path_of_a_kept_cidr_is_not_cut() {
    let keeping = |cidr: &str| Scope { keep_cidrs: set(&[cidr]), ..Scope::default() };
    let why = |cidr: &str| {
        format!("550 cuts the path of {cidr} that --keep-cidr keeps: --lose-my-path cuts it all the same")
    };
    let lines = told(&account(), &case("unmap", keeping("192.0.2.7/32")));
    assert!(lines.contains(&format!("eipalloc-1: {}", why("192.0.2.7/32"))), "{lines:?}");
    assert!(lines.contains(&"eigw-1: none".into()), "IPv6 alone");
    let lines = told(&account(), &case("unmap", keeping("2001:db8:9::/48")));
    assert!(lines.contains(&"eipalloc-1: not associated".into()), "an Elastic IP address is of IPv4");
    for target in ["eigw-1: rtb-own leads to it for ::/0", "rtb-own/::/0"] {
        assert!(lines.contains(&format!("{target}: {}", why("2001:db8:9::/48"))), "{lines:?}");
    }
    let lost = Scope { lose_my_path: true, ..keeping("192.0.2.7/32") };
    assert!(told(&account(), &case("unmap", lost)).contains(&"eipalloc-1: not associated".into()));
}
