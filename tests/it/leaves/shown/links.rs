//! 525, 540 and 580: what the other end, or the clock, opens again.

use std::time::Duration;

use unplug::account::{
    Account, DnsAssociation, DnsDomainList, DnsRule, DnsRuleGroup, EndpointConnection, Region,
};
use unplug::sim::Simulation;
use unplug::step::Names;

use super::super::cut::{Cut, here, world};
use super::{closed, later, open, with};
use crate::laws::harness::Process;
use crate::laws::seeds::{Seed, seed};

fn region(account: &Account) -> &Region {
    &account.regions["eu-west-1"]
}

/// A resolver elsewhere is an address like any other.
pub fn other_resolvers_are_reached(cut: &Cut) {
    let exposure = unplug::exposure::of(&cut.after);
    let ways = &exposure.interfaces[&("eu-west-1".to_owned(), "eni-web".to_owned())];
    let out = ways
        .iter()
        .find(|way| way.path.id == "igw-home" && way.direction == unplug::exposure::Direction::Out);
    let resolver = u128::from(u32::from_be_bytes([9, 9, 9, 9]));
    for (protocol, port) in [(17, 53), (6, 53), (6, 443), (6, 853)] {
        assert!(out.unwrap().open.lets(resolver, (protocol << 16) + port));
    }
}

/// Asked at 101, before the group of the run, which gets the next priority that is free.
pub fn a_group_asked_before_lets_names_through(cut: &Cut) {
    let cut = with(cut, |account| {
        let firewall = here(account).dns_firewall.read_mut().unwrap();
        let list =
            DnsDomainList { name: "all".into(), domains: ["*".to_owned()].into(), ..Default::default() };
        firewall.domain_lists.insert("rslvr-fdl-1".into(), list);
        let allow = DnsRule {
            name: "allow".into(),
            domain_list: "rslvr-fdl-1".into(),
            action: "ALLOW".into(),
            ..DnsRule::default()
        };
        let group = DnsRuleGroup {
            name: "central".into(),
            owner: "111111111111".into(),
            rules: [(1, allow)].into(),
            ..DnsRuleGroup::default()
        };
        firewall.rule_groups.insert("rslvr-frg-1".into(), group);
        firewall.associations.insert(DnsAssociation {
            vpc: "vpc-home".into(),
            priority: 101,
            rule_group: "rslvr-frg-1".into(),
            name: "central".into(),
            status: "COMPLETE".into(),
            ..DnsAssociation::default()
        });
    });
    open(&cut.left(None), "door resolver vpc-home");
    closed(&cut.left(None), "door resolver vpc-quiet");
}

pub fn a_vpc_that_fails_open_keeps_its_resolver(cut: &Cut) {
    let cut = with(cut, |account| {
        here(account).dns_firewall.read_mut().unwrap().fail_open.insert("vpc-home".into());
    });
    open(&cut.left(None), "door resolver vpc-home");
}

pub fn the_vpn_stays(cut: &Cut) {
    let (before, after) = (region(&cut.before), region(&cut.after));
    assert_eq!(before.vpn_connections, after.vpn_connections, "its tunnels are up");
    assert_eq!(before.vpn_gateways, after.vpn_gateways);
}

pub fn direct_connect_stays(cut: &Cut) {
    let after = region(&cut.after).virtual_interfaces.item("dxvif-ours").unwrap();
    assert_eq!((after.kind.as_str(), after.peers["dxpeer-1"].status.as_str()), ("private", "up"));
}

pub fn other_interfaces_stay_up(cut: &Cut) {
    let after = region(&cut.after);
    assert_eq!(after.virtual_interfaces.item("dxvif-ours").unwrap().peers["dxpeer-1"].status, "down");
    assert!(cut.refusal("dxvif-hosted").contains("222222222222"));
    assert_eq!(after.virtual_interfaces.item("dxvif-hosted").unwrap().peers["dxpeer-2"].status, "up");
    assert!(cut.refusal("dxvif-down").contains("down"));
    assert_eq!(after.virtual_interfaces.item("dxvif-down").unwrap().failover_test, None);
}

/// On the simulated clock: after 72 hours a plan finds the interface up again.
pub fn a_failover_test_ends_by_itself(cut: &Cut) {
    let steps = cut.selection.steps.clone();
    let seed = Seed { steps, ..seed("leaves", 540, world(), None) };
    let tested = |plan: &unplug::engine::rehearse::Rehearsal| {
        plan.steps[0].changes.iter().any(|change| change.target.id == "dxvif-ours")
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let process = Process::start(&Simulation::new(seed.account.clone()));
        process.pull(&seed).await;
        assert!(!tested(&process.plan(&seed, Names::default()).await), "it is down");
        process.aws.clock().wait(Duration::from_hours(71)).await;
        assert!(!tested(&process.plan(&seed, Names::default()).await), "it is down still");
        process.aws.clock().wait(Duration::from_hours(1)).await;
        assert!(tested(&process.plan(&seed, Names::default()).await), "it is up again");
    });
}

pub fn a_customer_connects_again(cut: &Cut) {
    let connect = |account: &mut Account| {
        let connection = EndpointConnection { owner: "222222222222".into(), state: "available".into() };
        let services = here(account).endpoint_services.read_mut().unwrap();
        let service = services.get_mut("vpce-svc-ours").unwrap();
        service.connections.insert("vpce-another".into(), connection);
    };
    closed(&cut.left(None), "in vpc vpce-svc-ours v4 eni-app");
    open(&later(cut, connect), "in vpc vpce-svc-ours v4 eni-app");
    // The cut changes no service: whether somebody has to accept is as it was.
    let open_to_all = with(cut, |account| {
        let services = here(account).endpoint_services.read_mut().unwrap();
        services.get_mut("vpce-svc-ours").unwrap().acceptance_required = false;
    });
    let after = region(&open_to_all.after).endpoint_services.item("vpce-svc-ours").unwrap();
    assert!(!after.acceptance_required);
}
