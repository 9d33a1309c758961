//! Seed of 525: a VPC that nothing filters, one with rule groups of others, one that is shared.

use super::{Seed, seed};
use unplug::account::{
    Account, Caller, DnsAssociation, DnsDomainList, DnsFirewall, DnsRule, DnsRuleGroup, Region, Seen, Tags,
    Vpc,
};

const ME: &str = "111111111111";
const OTHER: &str = "222222222222";

fn name(text: &str) -> Tags {
    [("Name".to_owned(), text.to_owned())].into()
}

fn vpc(owner: &str, text: &str, ipv6: &[&str]) -> Vpc {
    Vpc {
        owner: owner.into(),
        cidrs: ["10.0.0.0/16".to_owned()].into(),
        ipv6_cidrs: ipv6.iter().map(ToString::to_string).collect(),
        tags: name(text),
        ..Vpc::default()
    }
}

fn account(firewall: DnsFirewall) -> Account {
    let caller = Caller { arn: format!("arn:aws:iam::{ME}:user/oncall"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(["us-east-1".to_owned()].into());
    let vpcs = [
        ("vpc-1".to_owned(), vpc(ME, "web", &["2001:db8::/56"])),
        ("vpc-2".to_owned(), vpc(ME, "batch", &[])),
        ("vpc-shared".to_owned(), vpc(OTHER, "shared", &[])),
    ];
    let region =
        Region { vpcs: Seen::Read(vpcs.into()), dns_firewall: Seen::Read(firewall), ..Region::empty() };
    account.regions.insert("us-east-1".into(), region);
    account
}

fn firewall(account: &mut Account) -> &mut DnsFirewall {
    account.regions.get_mut("us-east-1").unwrap().dns_firewall.read_mut().unwrap()
}

/// A customer's group that blocks some names, one of Firewall Manager before it, and fail open.
fn guarded() -> DnsFirewall {
    let rule = DnsRule {
        name: "bad".into(),
        domain_list: "rslvr-fdl-bad".into(),
        action: "BLOCK".into(),
        block_response: Some("NODATA".into()),
        ..DnsRule::default()
    };
    let group = DnsRuleGroup {
        name: "bad names".into(),
        owner: ME.into(),
        rules: [(100, rule)].into(),
        tags: name("bad names"),
    };
    let shared = DnsRuleGroup { name: "theirs".into(), owner: OTHER.into(), ..DnsRuleGroup::default() };
    let on = |group: &str, priority: i32, managed: Option<&str>| DnsAssociation {
        vpc: "vpc-1".into(),
        priority,
        rule_group: group.into(),
        name: "on it".into(),
        mutation_protection: managed.is_some(),
        status: "COMPLETE".into(),
        managed_by: managed.map(Into::into),
    };
    let list =
        DnsDomainList { name: "bad".into(), domains: ["bad.example.".to_owned()].into(), tags: Tags::new() };
    DnsFirewall {
        rule_groups: [("rslvr-frg-bad".into(), group), ("rslvr-frg-theirs".into(), shared)].into(),
        domain_lists: [("rslvr-fdl-bad".into(), list)].into(),
        associations: [on("rslvr-frg-theirs", 99, Some("Firewall Manager")), on("rslvr-frg-bad", 101, None)]
            .into(),
        fail_open: ["vpc-1".into()].into(),
    }
}

/// Somebody moves the run's group to another place.
fn moved(account: &mut Account) {
    let firewall = firewall(account);
    let made: Vec<DnsAssociation> =
        firewall.associations.iter().filter(|a| a.name.starts_with("unplug-")).cloned().collect();
    for found in made {
        firewall.associations.remove(&found);
        firewall.associations.insert(DnsAssociation { priority: 9_000, ..found });
    }
}

/// A thief lets every name through again: an empty list, and a rule before the rule.
fn opened(account: &mut Account) {
    let firewall = firewall(account);
    for list in firewall.domain_lists.values_mut().filter(|list| list.tags.contains_key("unplug:run")) {
        list.domains = ["nothing.example.".to_owned()].into();
    }
    for group in firewall.rule_groups.values_mut().filter(|group| group.tags.contains_key("unplug:run")) {
        let rule = DnsRule {
            name: "let me".into(),
            domain_list: "rslvr-fdl-aws-botnet".into(),
            action: "ALLOW".into(),
            ..DnsRule::default()
        };
        group.rules.insert(1, rule);
    }
}

/// The seeds of step 525: one, because reading a firewall takes many calls.
pub fn seeds() -> Vec<Seed> {
    let mut guarded =
        seed("DNS, nothing filtered and filtered by others", 525, account(guarded()), Some(moved));
    guarded.tamper = Some(opened);
    vec![guarded]
}
