//! 505: what runs, and what starts more of it.

use unplug::account::{Account, ContainerService, ScalingGroup};

use super::super::cut::{Cut, here};

/// An Auto Scaling group and an ECS service.
pub fn a_group_and_services(account: &mut Account) {
    let group = ScalingGroup {
        subnets: ["subnet-app".to_owned()].into(),
        desired: 1,
        max: 2,
        instances: ["i-app".to_owned()].into(),
        ..ScalingGroup::default()
    };
    let service = ContainerService {
        cluster: "arn:aws:ecs:eu-west-1:111111111111:cluster/main".into(),
        balanced: true,
        desired: 2,
        running: 1,
        subnets: ["subnet-app".to_owned()].into(),
    };
    let region = here(account);
    region.scaling_groups.read_mut().unwrap().insert("app".into(), group);
    let services = region.container_services.read_mut().unwrap();
    services.insert("arn:aws:ecs:eu-west-1:111111111111:service/main/search".into(), service);
}

pub fn instances_run(cut: &Cut) {
    let instances = |account: &Account| account.regions["eu-west-1"].instances.clone();
    assert_eq!(instances(&cut.before), instances(&cut.after));
    assert!(instances(&cut.after).items().all(|(_, instance)| instance.state == "running"));
}

pub fn only_groups_and_spot_fleets_are_held(cut: &Cut) {
    let after = &cut.after.regions["eu-west-1"];
    assert!(after.scaling_groups.item("app").unwrap().suspended.contains("Launch"));
    // The service wants one more than runs, and nothing holds it: it is printed.
    let (_, service) = after.container_services.items().next().unwrap();
    assert_eq!((service.desired, service.running), (2, 1));
    let said = cut.step.findings.iter().any(|finding| finding.text.contains("search"));
    assert!(said, "{:?}", cut.step.findings);
    assert_eq!(cut.step.changes.len(), 1, "the group alone: {:?}", cut.step.changes);
}
