//! Seeds of 505: an instance that stands by, a Spot fleet, what is registered by hand.

use std::collections::BTreeMap;

use serde_json::json;
use unplug::account::{
    Account, BackendTarget, ContainerService, Instance, Interface, Region, ScalingGroup, SpotFleet, Subnet,
    TargetGroup, Vpc,
};
use unplug::step::Scope;

use super::s520::{account, map, set};
use super::{Seed, seed, with};

const REGION: &str = "us-east-1";
const WEB: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/web/1";
const HAND: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/hand/2";
const BY_IP: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/by-ip/3";

fn target(id: &str, port: i32) -> BackendTarget {
    BackendTarget { id: id.into(), port: Some(port), zone: None }
}

fn target_group(kind: &str, targets: &[BackendTarget]) -> TargetGroup {
    TargetGroup {
        name: kind.into(),
        vpc: "vpc-1".into(),
        protocol: "HTTP".into(),
        port: Some(80),
        kind: kind.into(),
        targets: targets.iter().cloned().collect(),
        ..TargetGroup::default()
    }
}

/// A group of two whose minimum is two, a fleet, an ECS service, and targets of each kind.
fn here() -> Region {
    let instance = Instance {
        vpc: "vpc-1".into(),
        subnet: "subnet-a".into(),
        state: "running".into(),
        kind: "m7i.large".into(),
        ..Instance::default()
    };
    let interface = Interface {
        vpc: "vpc-1".into(),
        subnet: "subnet-a".into(),
        owner: "111111111111".into(),
        kind: "interface".into(),
        instance: Some("i-1".into()),
        private_ip: Some("10.0.1.5".into()),
        source_dest_check: true,
        ..Interface::default()
    };
    let group = ScalingGroup {
        subnets: set(&["subnet-a"]),
        desired: 2,
        min: 2,
        max: 4,
        instances: set(&["i-1", "i-2"]),
        target_groups: set(&[WEB]),
        tags: [("eks:cluster-name", "shop"), ("eks:nodegroup-name", "web")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..ScalingGroup::default()
    };
    let fleet = |kind: &str| SpotFleet {
        state: "active".into(),
        target_capacity: 5,
        on_demand: 1,
        kind: kind.into(),
        excess_capacity: "default".into(),
        subnets: set(&["subnet-a"]),
        ..SpotFleet::default()
    };
    let service = ContainerService {
        cluster: "arn:aws:ecs:us-east-1:111111111111:cluster/shop".into(),
        balanced: true,
        desired: 3,
        running: 3,
        subnets: set(&["subnet-a"]),
    };
    Region {
        vpcs: map([(
            "vpc-1",
            Vpc { owner: "111111111111".into(), cidrs: set(&["10.0.0.0/16"]), ..Vpc::default() },
        )]),
        subnets: map([(
            "subnet-a",
            Subnet {
                vpc: "vpc-1".into(),
                owner: "111111111111".into(),
                zone: "us-east-1a".into(),
                cidr: "10.0.1.0/24".into(),
                ..Subnet::default()
            },
        )]),
        instances: map([("i-1", instance.clone()), ("i-2", instance)]),
        interfaces: map([("eni-1", interface)]),
        scaling_groups: map([("web", group)]),
        target_groups: map([
            (WEB, target_group("instance", &[target("i-1", 80), target("i-2", 80)])),
            (HAND, target_group("instance", &[target("i-1", 8080), target("i-1", 8081)])),
            (BY_IP, target_group("ip", &[target("10.0.1.5", 80), target("10.0.1.9", 80)])),
        ]),
        container_services: map([("arn:aws:ecs:us-east-1:111111111111:service/shop/web", service)]),
        spot_fleets: map([("sfr-1", fleet("maintain")), ("sfr-2", fleet("request"))]),
        ..Region::empty()
    }
}

fn registered_again(account: &mut Account) {
    let groups: &mut BTreeMap<_, _> =
        account.regions.get_mut(REGION).unwrap().target_groups.read_mut().unwrap();
    groups.get_mut(HAND).unwrap().targets.insert(target("i-1", 9090));
}

/// The seeds of 505 besides the company's.
pub fn seeds() -> Vec<Seed> {
    let one = Scope { instances: set(&["i-1"]), ..Scope::default() };
    let mut alone = seed("an instance stands by", 505, account(here()), Some(registered_again));
    alone.scope = one.clone();
    let mut standby = with(seed("standby by name", 505, account(here()), None), "way", json!("standby"));
    standby.scope = one;
    vec![seed("groups and fleets", 505, account(here()), None), alone, standby]
}
