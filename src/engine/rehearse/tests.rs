use super::*;
use crate::account::{Acl, DnsAssociation, Group, RouteTable};
use crate::engine::verify::differences;
use crate::playbook;
use crate::scenario;
use crate::sim::{Simulation, sample};
use crate::step::StepId;

fn company() -> Account {
    scenario::load(scenario::DEFAULT).unwrap().account
}

fn steps_of(name: &str) -> Vec<Selected> {
    let entries = playbook::load(name).unwrap().select(&[], &[]).unwrap();
    entries.into_iter().map(|entry| Selected { step: entry.step, params: entry.params }).collect()
}

fn every_step() -> Vec<Selected> {
    steps::STEPS.iter().map(|step| Selected { step: step.spec().id, params: Default::default() }).collect()
}

fn brief() -> Brief {
    Brief {
        run: "test".into(),
        scope: Default::default(),
        config: Default::default(),
        names: Names::default(),
        next_change: 1,
    }
}

/// What a plan says, in the order of the targets; ids that AWS gives and counts of polls left out.
fn said(rehearsal: &Rehearsal) -> Vec<(StepId, [Vec<String>; 3])> {
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    let plans = rehearsal.steps.iter().map(|plan| {
        let changes = plan.changes.iter().map(|change| {
            format!(
                "{} {} {} {:?} {:?}",
                change.rank, change.target, change.before, change.shown, change.lasting
            )
        });
        let refused = plan.refused.iter().map(|refused| format!("{} {}", refused.target, refused.why));
        let findings = plan.findings.iter().map(|finding| format!("{finding:?}"));
        (plan.step, [changes.collect(), refused.collect(), findings.collect()].map(sorted))
    });
    plans.collect()
}

#[tokio::test]
async fn the_plan_rehearsed_in_slices_equals_the_plan_of_one_piece() {
    let account = company();
    let of_instances =
        every_step().into_iter().rev().filter(|s| [StepId(210), StepId(520)].contains(&s.step));
    let cases =
        [steps_of("pull-the-plug"), steps_of("network-fast"), every_step(), of_instances.collect::<Vec<_>>()];
    for chosen in cases {
        let one = rehearse_in_one_piece(&account, &chosen, &brief()).await.unwrap();
        let apart = rehearse(&account, &chosen, &brief()).await.unwrap();
        assert_eq!(said(&apart), said(&one));
        let left = differences((&one.after, &one.names), (&apart.after, &apart.names));
        assert_eq!(left, vec![]);
        assert!(apart.steps.iter().any(|plan| !plan.changes.is_empty()));
    }
}

#[tokio::test]
async fn the_plan_begun_during_the_read_equals_the_plan_after_it() {
    for one_a_page in [false, true] {
        let simulation = Simulation::new(company());
        if one_a_page {
            simulation.one_item_a_page();
        }
        let aws = Aws::simulated(simulation);
        let known = collect::identify(&aws).await.unwrap();
        let chosen = steps_of("pull-the-plug");
        let ask = brief().ask(&known.id, &chosen);
        let (account, early) =
            read_and_rehearse(&aws, &known, &ask, &chosen, &brief(), &|_, _| {}).await.unwrap();
        let late = rehearse(&account, &chosen, &brief()).await.unwrap();
        assert_eq!(early.steps, late.steps);
        assert_eq!(early.after, late.after);
        assert_eq!(early.names.all(), late.names.all());
    }
}

#[tokio::test]
async fn a_part_begins_before_all_is_read_and_never_before_what_it_looks_at() {
    let account = company();
    let chosen = steps_of("pull-the-plug");
    let mut rehearsing = Rehearsing::new(&chosen, &brief());
    let mut so_far = account.identity();
    let region = account.regions.keys().next().unwrap();
    so_far.regions.insert(region.clone(), Default::default());
    rehearsing.section_read(&so_far, region);
    assert!(rehearsing.begun.is_empty(), "nothing is read");
    let ses = [Section::Ses].into();
    so_far.regions.insert(region.clone(), account.regions[region].part(&ses));
    rehearsing.section_read(&so_far, region);
    let begun: Vec<_> =
        rehearsing.begun.keys().map(|(at, _)| rehearsing.groups[*at].steps[0].step.0).collect();
    assert_eq!(begun, [400], "400 looks at SES alone");
}

/// An account that had its quotas raised and uses them: each VPC has as much as AWS allows by default.
fn full(mut account: Account) -> Account {
    let me = account.id.clone();
    for here in account.regions.values_mut() {
        let own: Vec<String> =
            here.vpcs.items().filter(|(_, vpc)| vpc.owner == me).map(|(id, _)| id.clone()).collect();
        for vpc in &own {
            let of_vpc = |n: usize, kind: &str| format!("{kind}-{vpc}-{n}");
            for n in 0..200 {
                let table = RouteTable { vpc: vpc.clone(), owner: me.clone(), ..RouteTable::default() };
                let acl = Acl { vpc: vpc.clone(), owner: me.clone(), ..Acl::default() };
                here.route_tables.read_mut().unwrap().insert(of_vpc(n, "rtb"), table);
                here.acls.read_mut().unwrap().insert(of_vpc(n, "acl"), acl);
            }
            let firewall = here.dns_firewall.read_mut().unwrap();
            let taken = firewall.associations.iter().filter(|a| a.vpc == *vpc).count();
            for n in taken..5 {
                firewall.associations.insert(DnsAssociation {
                    vpc: vpc.clone(),
                    priority: 5_000 + i32::try_from(n).unwrap(),
                    rule_group: of_vpc(n, "rslvr-frg"),
                    status: "COMPLETE".into(),
                    ..DnsAssociation::default()
                });
            }
        }
        for n in 0..if own.is_empty() { 0 } else { 2_500 } {
            let (name, vpc) = (format!("group {n}"), own[0].clone());
            let group = Group { name, vpc, owner: me.clone(), ..Group::default() };
            here.groups.read_mut().unwrap().insert(format!("sg-full-{n}"), group);
        }
    }
    account
}

#[tokio::test]
async fn a_default_quota_is_said_and_removes_no_change() {
    let steps = [510, 520, 525, 530].map(|id| Selected { step: StepId(id), params: Default::default() });
    let plain = rehearse(&company(), &steps, &brief()).await.unwrap();
    let full = rehearse(&full(company()), &steps, &brief()).await.unwrap();
    let said = [
        "security groups: 25",
        "network ACLs of vpc-",
        "DNS Firewall rule groups of vpc-",
        "route tables of vpc-",
    ];
    for ((plain, full), said) in plain.steps.iter().zip(&full.steps).zip(said) {
        let targets = |plan: &StepPlan| plan.changes.iter().map(|c| c.target.clone()).collect::<Vec<_>>();
        assert!(!targets(plain).is_empty() && targets(full) == targets(plain), "{}", plain.step);
        let found =
            |finding: &&Finding| finding.text.contains(said) && finding.text.contains("default quota");
        assert!(!plain.findings.iter().any(|finding| found(&finding)), "{}", plain.step);
        assert!(full.findings.iter().any(|finding| found(&finding)), "{}: {:?}", plain.step, full.findings);
    }
}

#[tokio::test]
async fn a_busy_database_is_planned() {
    for (status, planned) in [
        ("available", true),
        ("storage-optimization", true),
        ("backing-up", true),
        ("rebooting", true),
        ("incompatible-network", false),
    ] {
        let mut account = sample::with_services();
        let here = account.regions.get_mut(sample::REGION).unwrap();
        for database in here.databases.read_mut().unwrap().values_mut().filter(|d| d.name == "orders") {
            database.status = status.into();
        }
        let steps = [Selected { step: StepId(510), params: Default::default() }];
        let plan = rehearse(&account, &steps, &brief()).await.unwrap();
        let changes = plan.steps[0].changes.iter().any(|change| change.target.id.ends_with(":db:orders"));
        assert_eq!(changes, planned, "{status}: {:?}", plan.steps[0].refused);
    }
}
