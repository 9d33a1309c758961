//! What a run makes: deleted only when nothing uses it, found by its tags when AWS made it late.

use std::collections::BTreeSet;

use unplug::aws::faults::{Fault, When};
use unplug::engine::journal::Journal;
use unplug::engine::restore::{Back, owed};
use unplug::sim::Simulation;

use super::harness::{Process, not_put_back};
use super::seeds::{Seed, seeds};

const DENIED: Fault = Fault::Refuse { code: "AccessDenied", message: "not authorized to perform this" };

/// Calls that delete what a run has made, and those that take it out of use.
const MADE: [(&str, &[&str]); 4] = [
    ("ec2:DeleteSecurityGroup", &["ec2:ModifyNetworkInterfaceAttribute"]),
    ("ec2:DeleteNetworkAcl", &["ec2:ReplaceNetworkAclAssociation"]),
    ("ec2:DeleteRouteTable", &["ec2:ReplaceRouteTableAssociation", "ec2:DisassociateRouteTable"]),
    ("route53resolver:DeleteFirewallRuleGroup", &["route53resolver:DisassociateFirewallRuleGroup"]),
];

#[tokio::test]
async fn what_is_still_used_is_not_deleted_whatever_the_endpoint_allows() {
    let mut tried = BTreeSet::new();
    // In two steps a group is made besides that nothing uses any more: that one is deleted.
    let seeds = seeds().into_iter().filter(|seed| !seed.looks() && seed.steps.len() == 1);
    for seed in seeds {
        let cut = Simulation::new(seed.account.clone());
        let pulled = Process::start(&cut);
        pulled.pull(&seed).await;
        let probe = Process::with_journal(&cut.fork(), pulled.disk.all());
        probe.restore(&seed).await;
        let calls: BTreeSet<String> = probe.aws.ledger().calls().into_iter().map(|c| c.operation).collect();
        for (delete, swaps) in MADE.iter().filter(|(delete, _)| calls.contains(*delete)) {
            let swaps: Vec<_> = swaps.iter().filter(|swap| calls.contains(**swap)).collect();
            if swaps.is_empty() {
                continue;
            }
            let process = Process::with_journal(&cut.fork(), pulled.disk.all());
            for swap in swaps {
                let when = When::Operation { name: (*swap).to_owned(), times: usize::MAX };
                process.aws.faults().set(when, DENIED);
            }
            let ends = process.restore(&seed).await;
            let sent = process.aws.ledger().calls();
            assert!(sent.iter().all(|call| call.operation != *delete), "{}: {delete} was sent", seed.name);
            let held = |(_, back): &(_, Back)| matches!(back, Back::Held(why) if why.contains("still"));
            assert!(ends.iter().any(held), "{}: nothing says what still uses it: {ends:?}", seed.name);
            // Once it may, the next restore finishes.
            process.aws.faults().clear();
            let ends = process.restore(&seed).await;
            assert!(ends.iter().all(|(_, back)| back.settled()), "{}: {ends:?}", seed.name);
            tried.insert(*delete);
        }
    }
    assert!(tried.len() == MADE.len() || super::seeds::only().is_some(), "only {tried:?}");
}

/// Copies what a whole run makes at its first call into the account of a run that died before it.
fn lands(seed: &Seed, made: &Simulation, late: &Simulation) {
    let made = made.account();
    late.meddle(|account| {
        for (name, here) in &mut account.regions {
            let there = &made.regions[name];
            let add = here.acls.read_mut().zip(there.acls.read());
            if let Some((acls, made)) = add {
                let new = made.iter().filter(|(id, acl)| !acls.contains_key(*id) && !acl.tags.is_empty());
                let bare = new.map(|(id, acl)| {
                    let acl = unplug::account::Acl { subnets: Default::default(), ..acl.clone() };
                    (id.clone(), acl)
                });
                let bare: Vec<_> = bare.collect();
                acls.extend(bare);
            }
        }
    });
    let _ = seed;
}

#[tokio::test]
async fn a_create_that_lands_after_the_restore_is_found_by_the_next() {
    let seeds = seeds().into_iter().filter(|seed| seed.step.0 == 520 && seed.name == "network ACLs");
    for seed in seeds {
        let whole = Simulation::new(seed.account.clone());
        let probe = Process::start(&whole);
        probe.pull(&seed).await;
        let create = probe.aws.ledger().calls();
        let create = create.iter().position(|call| call.operation == "ec2:CreateNetworkAcl").unwrap() + 1;

        let late = Simulation::new(seed.account.clone());
        let dead = Process::start(&late);
        dead.aws.faults().set(When::Call(create), Fault::Die);
        tokio::select! {
            biased;
            () = dead.aws.faults().dead() => {}
            _ = dead.pull(&seed) => unreachable!("it died"),
        }
        let first = Process::with_journal(&late, dead.disk.all());
        first.restore(&seed).await;
        assert_eq!(late.account(), seed.account, "nothing is there yet");

        lands(&seed, &whole, &late);
        assert_ne!(late.account(), seed.account);
        let journal = Journal::parse(&first.disk.all()).unwrap();
        assert!(owed(&journal, None).unwrap().iter().all(|owed| owed.again), "looked for again");
        let next = Process::with_journal(&late, first.disk.all());
        let ends = next.restore(&seed).await;
        let left = not_put_back(&seed.account, &late.account(), &next.names(), &ends);
        assert_eq!(left, vec![], "{}: {ends:?}", seed.name);
    }
}

/// What may destroy evidence is put back only when that was agreed to.
#[tokio::test]
async fn a_group_with_an_unhealthy_host_is_let_go_only_when_that_is_agreed() {
    for seed in seeds().into_iter().filter(|seed| seed.name == "scaling groups") {
        let simulation = Simulation::new(seed.account.clone());
        let mut process = Process::start(&simulation);
        process.pull(&seed).await;
        simulation.meddle(|account| {
            for here in account.regions.values_mut() {
                for group in here.scaling_groups.read_mut().into_iter().flat_map(|groups| groups.values_mut())
                {
                    group.unhealthy = group.instances.clone();
                }
            }
        });
        let ends = process.restore(&seed).await;
        let held = |(_, back): &(_, Back)| matches!(back, Back::Held(why) if why.contains("unhealthy"));
        assert!(ends.iter().any(held), "{ends:?}");
        let resumed = process.aws.ledger().calls();
        let resumed = resumed.iter().filter(|call| call.operation == "autoscaling:ResumeProcesses").count();
        assert_eq!(resumed, 0);
        process.operator.takes_risks = true;
        let ends = process.restore(&seed).await;
        assert!(ends.iter().all(|(_, back)| back.settled()), "{ends:?}");
    }
}
