use std::time::Duration;

use aws_sdk_route53resolver::types::{Action, BlockResponse, FirewallDomainUpdateOperation as Update};

use crate::account::{
    Account, DnsAssociation, DnsDomainList, DnsFirewall, DnsRule, DnsRuleGroup, Section, Seen,
};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::sim::{Simulation, probe, probe::code, sample};

fn firewall() -> DnsFirewall {
    let rule = |list: &str, action: &str, response: Option<&str>| DnsRule {
        name: "rule".into(),
        domain_list: list.into(),
        action: action.into(),
        block_response: response.map(Into::into),
        ..DnsRule::default()
    };
    let group = |owner: &str, rules: Vec<(i32, DnsRule)>| DnsRuleGroup {
        name: "group".into(),
        owner: owner.into(),
        rules: rules.into_iter().collect(),
        tags: if owner == sample::ME { sample::tag("team", "web") } else { Default::default() },
    };
    let own = vec![
        (100, rule("rslvr-fdl-1", "ALLOW", None)),
        (200, rule("rslvr-fdl-aws-malware", "BLOCK", Some("NXDOMAIN"))),
    ];
    let association = |vpc: &str, group: &str, priority: i32, managed: Option<&str>| DnsAssociation {
        vpc: vpc.into(),
        priority,
        rule_group: group.into(),
        name: "on it".into(),
        mutation_protection: priority > 200,
        status: "COMPLETE".into(),
        managed_by: managed.map(Into::into),
    };
    DnsFirewall {
        rule_groups: [
            ("rslvr-frg-1".into(), group(sample::ME, own)),
            ("rslvr-frg-2".into(), group(sample::ME, vec![])),
            ("rslvr-frg-shared".into(), group(sample::OTHER, vec![])),
        ]
        .into(),
        domain_lists: [(
            "rslvr-fdl-1".into(),
            DnsDomainList {
                name: "ours".into(),
                domains: ["*.example.com.".into(), "example.com.".into()].into(),
                tags: sample::tag("team", "dns"),
            },
        )]
        .into(),
        associations: [
            association("vpc-1", "rslvr-frg-1", 201, None),
            association("vpc-1", "rslvr-frg-shared", 100, Some("Firewall Manager")),
        ]
        .into(),
        fail_open: ["vpc-1".into()].into(),
    }
}

fn account() -> Account {
    let mut account = sample::account();
    for region in account.regions.values_mut() {
        region.dns_firewall = Seen::Read(DnsFirewall::default());
    }
    account.regions.get_mut(sample::REGION).unwrap().dns_firewall = Seen::Read(firewall());
    account
}

async fn collected(aws: &Aws) -> DnsFirewall {
    probe::collected(aws, Section::DnsFirewall).await.dns_firewall.read().unwrap().clone()
}

#[tokio::test]
async fn collecting_a_simulated_account_gives_the_same_account() {
    for paged in [false, true] {
        let simulation = Simulation::new(account());
        if paged {
            simulation.one_item_a_page();
        }
        assert_eq!(collected(&Aws::simulated(simulation)).await, firewall());
    }
}

#[tokio::test]
async fn domains_show_seconds_later_and_with_a_dot() {
    let aws = Aws::simulated(Simulation::new(account()));
    let _phase = aws.enter(Phase::Apply);
    let dns = aws.resolver(sample::REGION);
    let update = |name: &str| {
        let update = dns.update_firewall_domains().firewall_domain_list_id("rslvr-fdl-1");
        update.operation(Update::Replace).domains(name).send()
    };
    assert_eq!(code(update("a b").await), "ValidationException");
    assert_eq!(code(update("*").await), "none");
    assert_eq!(code(update("*").await), "ConflictException");
    assert_eq!(collected(&aws).await.domain_lists["rslvr-fdl-1"].domains.len(), 2);
    aws.clock().wait(Duration::from_secs(3)).await;
    assert_eq!(collected(&aws).await.domain_lists["rslvr-fdl-1"].domains, ["*.".to_owned()].into());
    let delete = dns.delete_firewall_domain_list().firewall_domain_list_id("rslvr-fdl-1");
    assert_eq!(code(delete.send().await), "ConflictException");
}

#[tokio::test]
async fn a_rule_group_is_put_on_a_vpc_once_and_at_a_priority_of_its_own() {
    let aws = Aws::simulated(Simulation::new(account()));
    let _phase = aws.enter(Phase::Apply);
    let dns = aws.resolver(sample::REGION);
    let associate = |vpc: &str, group: &str, priority: i32| {
        let associate = dns.associate_firewall_rule_group().creator_request_id("1").name("unplug");
        associate.vpc_id(vpc).firewall_rule_group_id(group).priority(priority).send()
    };
    assert_eq!(code(associate("vpc-1", "rslvr-frg-2", 100).await), "ValidationException");
    assert_eq!(code(associate("vpc-1", "rslvr-frg-2", 201).await), "ConflictException");
    assert_eq!(code(associate("vpc-1", "rslvr-frg-1", 102).await), "ConflictException");
    assert_eq!(code(associate("vpc-2", "rslvr-frg-2", 101).await), "ResourceNotFoundException");
    assert_eq!(code(associate("vpc-1", "rslvr-frg-shared", 101).await), "AccessDeniedException");
    assert_eq!(code(associate("vpc-1", "rslvr-frg-9", 101).await), "ResourceNotFoundException");
    let made = associate("vpc-1", "rslvr-frg-2", 101).await.unwrap();
    let made = made.firewall_rule_group_association().unwrap().id().unwrap().to_owned();
    let disassociate =
        |id: &str| dns.disassociate_firewall_rule_group().firewall_rule_group_association_id(id).send();
    assert_eq!(code(disassociate(&made).await), "ConflictException", "still being made");
    aws.clock().wait(Duration::from_secs(3)).await;
    let status = |found: &DnsFirewall| {
        let mine = found.associations.iter().find(|a| a.rule_group == "rslvr-frg-2");
        mine.map(|a| a.status.clone())
    };
    assert_eq!(status(&collected(&aws).await).as_deref(), Some("COMPLETE"));
    let group = dns.delete_firewall_rule_group().firewall_rule_group_id("rslvr-frg-2");
    assert_eq!(code(group.clone().send().await), "ConflictException");
    assert_eq!(code(disassociate(&made).await), "none");
    assert_eq!(status(&collected(&aws).await).as_deref(), Some("DELETING"));
    aws.clock().wait(Duration::from_secs(3)).await;
    assert_eq!(status(&collected(&aws).await), None);
    assert_eq!(code(disassociate(&made).await), "ResourceNotFoundException");
    assert_eq!(code(group.send().await), "none");
}

#[tokio::test]
async fn a_rule_needs_a_response_and_a_list_that_shows() {
    let aws = Aws::simulated(Simulation::new(account()));
    let _phase = aws.enter(Phase::Apply);
    let dns = aws.resolver(sample::REGION);
    let list = dns.create_firewall_domain_list().creator_request_id("1").name("all").send().await.unwrap();
    let list = list.firewall_domain_list().unwrap().id().unwrap().to_owned();
    let rule = || {
        let rule = dns.create_firewall_rule().creator_request_id("1").firewall_rule_group_id("rslvr-frg-2");
        rule.firewall_domain_list_id(&list).priority(100).action(Action::Block).name("all")
    };
    let full = || rule().block_response(BlockResponse::Nodata).send();
    assert_eq!(code(full().await), "ResourceNotFoundException");
    aws.clock().wait(Duration::from_secs(2)).await;
    assert_eq!(code(rule().send().await), "ValidationException");
    assert_eq!(code(full().await), "none");
    assert_eq!(code(full().await), "ValidationException");
    let name = dns.create_firewall_rule_group().creator_request_id("1").name("a/b").send();
    assert_eq!(code(name.await), "ValidationException");
    let few = dns.list_firewall_configs().max_results(100).send();
    assert_eq!(code(few.await), "ValidationException");
}
