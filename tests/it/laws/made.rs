//! What a run makes: deleted only when nothing uses it, found by its tags when AWS made it late.

use std::collections::BTreeSet;

use unplug::account::{Acl, Group, Peer, RouteTable, Rule, Tags};
use unplug::aws::faults::{Fault, When};
use unplug::engine::journal::Journal;
use unplug::engine::restore::{Back, owed};
use unplug::sim::Simulation;
use unplug::step::Names;
use unplug::step::created::RUN;

use super::harness::{Process, brief, each, each_pure, not_put_back};
use super::seeds::seeds;

const DENIED: Fault = Fault::Refuse { code: "AccessDenied", message: "not authorized to perform this" };

/// Calls that delete what a run has made, and those that take it out of use.
const MADE: [(&str, &[&str]); 9] = [
    ("cloudfront:DeleteFunction", &["cloudfront:UpdateDistribution"]),
    ("s3:DeleteBucket", &["s3:DeleteObject"]),
    ("ec2:DeleteSecurityGroup", &["ec2:ModifyNetworkInterfaceAttribute"]),
    ("ec2:DeleteNetworkAcl", &["ec2:ReplaceNetworkAclAssociation"]),
    ("ec2:DeleteRouteTable", &["ec2:ReplaceRouteTableAssociation", "ec2:DisassociateRouteTable"]),
    ("organizations:DeletePolicy", &["organizations:DetachPolicy"]),
    ("route53resolver:DeleteFirewallRuleGroup", &["route53resolver:DisassociateFirewallRuleGroup"]),
    ("wafv2:DeleteIPSet", &["wafv2:UpdateWebACL", "wafv2:DeleteWebACL"]),
    ("wafv2:DeleteWebACL", &["wafv2:DisassociateWebACL", "cloudfront:UpdateDistribution"]),
];

#[tokio::test]
async fn a_resource_in_use_is_not_deleted_whatever_the_endpoint_allows() {
    let mut tried = BTreeSet::new();
    // In two steps a group is made besides that nothing uses any more: that one is deleted.
    let seeds = seeds().into_iter().filter(|seed| !seed.looks() && seed.steps.len() == 1);
    each(seeds, async |seed| {
        let cut = Simulation::new(seed.account.clone());
        let pulled = Process::start(&cut);
        pulled.pull(&seed).await;
        let probe = Process::with_journal(&cut.fork(), pulled.disk.all());
        probe.restore().await;
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
            let ends = process.restore().await;
            let sent = process.aws.ledger().calls();
            assert!(sent.iter().all(|call| call.operation != *delete), "{}: {delete} was sent", seed.name);
            let held = |(_, back): &(_, Back)| matches!(back, Back::Held(why) if why.contains("still"));
            assert!(ends.iter().any(held), "{}: nothing says what still uses it: {ends:?}", seed.name);
            // Once it may, the next restore finishes.
            process.aws.faults().clear();
            let ends = process.restore().await;
            assert!(ends.iter().all(|(_, back)| back.settled()), "{}: {ends:?}", seed.name);
            tried.insert(*delete);
        }
    })
    .await;
    assert!(tried.len() == MADE.len() || super::seeds::only().is_some(), "only {tried:?}");
}

/// What is made for a VPC or a Region gets its id from AWS. What has an id that the run chooses, as a
/// bucket, is found by that.
#[test]
fn what_a_step_makes_has_a_name_in_the_journal() {
    let mut wrong = vec![];
    each_pure(seeds(), |seed| {
        for chosen in &seed.steps {
            let step = unplug::steps::find(chosen.step).unwrap();
            let case = brief(&seed, Names::default(), 1).case(&chosen.params, Names::default());
            let found = step.find(&seed.account, &case).items;
            for at in found.into_iter().filter(|item| item.created).map(|item| item.at) {
                let place = [at.vpc.as_ref(), at.region.as_ref()];
                if place.contains(&Some(&at.id)) && step.lens(&at).creates(&at).is_none() {
                    wrong.push(format!("{}: {} {at}", seed.name, at.kind));
                }
            }
        }
    });
    assert_eq!(wrong, Vec::<String>::new(), "a crash between create and record would lose these");
}

/// Copies what a whole run makes at its first call into the account of a run that died before it: nothing
/// uses it yet, and of a group only the rule is there that AWS gives every new one.
fn lands(made: &Simulation, late: &Simulation) {
    let made = made.account();
    let is_made = |tags: &Tags| tags.contains_key(RUN);
    late.meddle(|account| {
        for (name, here) in &mut account.regions {
            let there = &made.regions[name];
            let acls = there.acls.items().filter(|(_, acl)| is_made(&acl.tags));
            let acls = acls.map(|(id, acl)| (id.clone(), Acl { subnets: [].into(), ..acl.clone() }));
            here.acls.read_mut().unwrap().extend(acls);
            let egress = [Rule::all(Peer::Ipv4("0.0.0.0/0".into()))];
            let groups = there.groups.items().filter(|(_, group)| is_made(&group.tags));
            let groups = groups.map(|(id, group)| {
                (id.clone(), Group { ingress: [].into(), egress: egress.clone().into(), ..group.clone() })
            });
            here.groups.read_mut().unwrap().extend(groups);
            let tables = there.route_tables.items().filter(|(_, table)| is_made(&table.tags));
            let tables = tables.map(|(id, table)| {
                (id.clone(), RouteTable { main: false, subnets: [].into(), ..table.clone() })
            });
            here.route_tables.read_mut().unwrap().extend(tables);
        }
    });
}

#[tokio::test]
async fn a_create_that_lands_after_the_restore_is_found_by_the_next() {
    let kinds = [
        ("network ACLs", "ec2:CreateNetworkAcl"),
        ("groups of one subnet", "ec2:CreateSecurityGroup"),
        ("route tables", "ec2:CreateRouteTable"),
    ];
    let mut tried = 0;
    for (name, operation) in kinds {
        let Some(seed) = seeds().into_iter().find(|seed| seed.name == name) else { continue };
        let whole = Simulation::new(seed.account.clone());
        let probe = Process::start(&whole);
        probe.pull(&seed).await;
        let create = probe.aws.ledger().calls();
        let create = create.iter().position(|call| call.operation == operation).unwrap() + 1;

        let late = Simulation::new(seed.account.clone());
        let dead = Process::start(&late);
        dead.aws.faults().set(When::Call(create), Fault::Die);
        tokio::select! {
            biased;
            () = dead.aws.faults().dead() => {}
            _ = dead.pull(&seed) => unreachable!("it died"),
        }
        let first = Process::with_journal(&late, dead.disk.all());
        first.restore().await;
        assert_eq!(late.account(), seed.account, "{name}: nothing is there yet");

        lands(&whole, &late);
        assert_ne!(late.account(), seed.account, "{name}");
        let journal = Journal::parse(&first.disk.all()).unwrap();
        assert!(owed(&journal, None).unwrap().iter().all(|owed| owed.again), "{name}: looked for again");
        let next = Process::with_journal(&late, first.disk.all());
        let ends = next.restore().await;
        let left = not_put_back(&seed.account, &late.account(), &next.names(), &ends);
        assert_eq!(left, vec![], "{name}: {ends:?}");
        tried += 1;
    }
    assert!(tried == kinds.len() || super::seeds::only().is_some());
}

/// What two runs at once leave: the group of each is on what both have cut. Neither finds what it has
/// left; it is said whose the other group is, and what was before comes back when that is agreed to.
#[tokio::test]
async fn what_two_runs_have_cut_at_once_is_drift_that_says_how_it_ends() {
    const THEIRS: &str = "sg-0ben";
    let names = ["groups of one subnet", "load balancers' groups", "databases' and endpoints' groups"];
    let mut kinds = BTreeSet::new();
    each(seeds().into_iter().filter(|seed| names.contains(&seed.name)), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let mut process = Process::start(&simulation);
        process.pull(&seed).await;
        simulation.meddle(|account| {
            for here in account.regions.values_mut() {
                let is_made = |(_, group): &(&String, &Group)| group.tags.contains_key(RUN);
                let Some((ours, group)) = here.groups.items().find(is_made) else { continue };
                let (ours, mut theirs) = (ours.clone(), group.clone());
                theirs.tags.insert(RUN.into(), "run-of-ben".into());
                here.groups.read_mut().unwrap().insert(THEIRS.into(), theirs);
                let both = |groups: &mut BTreeSet<String>| {
                    if groups.contains(&ours) {
                        groups.insert(THEIRS.into());
                    }
                };
                here.interfaces.read_mut().unwrap().values_mut().for_each(|item| both(&mut item.groups));
                here.endpoints.read_mut().unwrap().values_mut().for_each(|item| both(&mut item.groups));
                here.load_balancers.read_mut().unwrap().values_mut().for_each(|item| both(&mut item.groups));
                here.databases.read_mut().unwrap().values_mut().for_each(|item| both(&mut item.groups));
            }
        });
        let ends = process.restore().await;
        for (owed, back) in ends.iter().filter(|(_, back)| !back.settled() && !matches!(back, Back::Held(_)))
        {
            let Back::Drifted { why: Some(why), .. } = back else {
                panic!("{}: {back:?}", owed.change.target)
            };
            assert!(why.starts_with("run run-of-ben has cut it too, by sg-0ben"), "{why}");
            assert!(
                why.contains("restore run-1 without --yes") && why.contains("restore run-of-ben"),
                "{why}"
            );
            kinds.insert(owed.change.target.kind.clone());
        }
        process.operator.puts_back = true;
        let ends = process.restore().await;
        assert!(ends.iter().all(|(_, back)| back.settled()), "{}: {ends:?}", seed.name);
        simulation.meddle(|account| {
            for here in account.regions.values_mut() {
                here.groups.read_mut().unwrap().remove(THEIRS);
            }
        });
        let left = not_put_back(&seed.account, &simulation.account(), &process.names(), &ends);
        assert_eq!(left, vec![], "{}", seed.name);
    })
    .await;
    assert!(kinds.len() > 3 || super::seeds::only().is_some(), "only {kinds:?}");
}

/// What may destroy evidence is put back only when that was agreed to.
#[tokio::test]
async fn a_group_with_an_unhealthy_host_is_let_go_only_when_that_is_agreed() {
    each(seeds().into_iter().filter(|seed| seed.name == "scaling groups"), async |seed| {
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
        let ends = process.restore().await;
        let held = |(_, back): &(_, Back)| matches!(back, Back::Held(why) if why.contains("unhealthy"));
        assert!(ends.iter().any(held), "{ends:?}");
        let resumed = process.aws.ledger().calls();
        let resumed = resumed.iter().filter(|call| call.operation == "autoscaling:ResumeProcesses").count();
        assert_eq!(resumed, 0);
        process.operator.takes_risks = true;
        let ends = process.restore().await;
        assert!(ends.iter().all(|(_, back)| back.settled()), "{ends:?}");
    })
    .await;
}
