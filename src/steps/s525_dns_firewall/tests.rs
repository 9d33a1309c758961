use super::*;
use crate::account::{DnsAssociation, DnsDomainList, DnsFirewall as Firewall, DnsRule, DnsRuleGroup, Seen};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::sim::sample;
use crate::step::{Look, Now, Params, Verdict, Write};
use crate::steps::shared::made::{Resource, name};
use crate::steps::shared::testing::{case, collected, plan, simulated, there_and_back};
use association::Slot;
use list::every_name;
use rules::block_all;

fn account(change: impl FnOnce(&mut Firewall)) -> Account {
    let mut account = sample::account();
    for region in account.regions.values_mut() {
        region.dns_firewall = Seen::Read(Firewall::default());
    }
    change(account.regions.get_mut(sample::REGION).unwrap().dns_firewall.read_mut().unwrap());
    account
}

fn rule(list: &str, action: &str) -> DnsRule {
    DnsRule {
        name: "rule".into(),
        domain_list: list.into(),
        action: action.into(),
        block_response: (action == "BLOCK").then(|| "NXDOMAIN".to_owned()),
        ..DnsRule::default()
    }
}

fn list(domains: &[&str]) -> DnsDomainList {
    DnsDomainList { domains: domains.iter().map(ToString::to_string).collect(), ..DnsDomainList::default() }
}

fn group(rules: Vec<(i32, DnsRule)>) -> DnsRuleGroup {
    DnsRuleGroup { owner: sample::ME.into(), rules: rules.into_iter().collect(), ..DnsRuleGroup::default() }
}

fn on_vpc(group: &str, priority: i32) -> DnsAssociation {
    DnsAssociation {
        vpc: "vpc-1".into(),
        priority,
        rule_group: group.into(),
        name: "on it".into(),
        status: "COMPLETE".into(),
        ..DnsAssociation::default()
    }
}

fn vpc(id: &str) -> Target {
    Target::new(Association::KIND, id).region(sample::REGION).vpc(id)
}

fn verdict(account: &Account, id: &str) -> Verdict<Option<Slot>> {
    Association.contain(&None, &Look::new(&vpc(id), account, &case(&[])))
}

fn placed(priority: i32) -> Verdict<Option<Slot>> {
    Verdict::Change(Some(Slot { priority, protected: false }))
}

#[test]
fn the_group_goes_where_it_is_asked_first() {
    assert_eq!(verdict(&account(|_| ()), "vpc-1"), placed(101));
    let taken = account(|firewall| {
        firewall.associations = [on_vpc("g1", 101), on_vpc("g2", 102), on_vpc("g3", 9_000)].into();
    });
    assert_eq!(verdict(&taken, "vpc-1"), placed(103));
    let why = format!("shared from {}: only its owner can filter its DNS", sample::OTHER);
    assert_eq!(verdict(&taken, "vpc-2"), Verdict::Refuse(why));
}

#[test]
fn a_vpc_whose_first_deciding_rule_blocks_every_name_is_already_cut() {
    let with = |first: DnsRule, domains: &[&str]| {
        account(|firewall| {
            firewall.domain_lists =
                [("all".into(), list(domains)), ("bad".into(), list(&["bad.example."]))].into();
            firewall.rule_groups = [
                ("first".into(), group(vec![(10, first.clone())])),
                ("last".into(), group(vec![(20, rule("bad", "BLOCK")), (30, rule("all", "BLOCK"))])),
            ]
            .into();
            firewall.associations = [on_vpc("first", 200), on_vpc("last", 300)].into();
        })
    };
    let already = |account: &Account| verdict(account, "vpc-1") == Verdict::Already;
    assert!(already(&with(rule("bad", "BLOCK"), &["*."])), "what is not blocked there goes on");
    assert!(already(&with(rule("bad", "BLOCK"), &["*"])));
    assert!(!already(&with(rule("bad", "ALLOW"), &["*."])));
    let mut managed = with(rule("bad", "ALLOW"), &["*."]);
    let region = managed.regions.get_mut(sample::REGION).unwrap();
    region.dns_firewall.read_mut().unwrap().associations = [on_vpc("first", 99), on_vpc("last", 300)].into();
    assert!(already(&managed), "nothing can come before the first");
    assert!(!already(&with(rule("bad", "ALERT"), &["*."])), "an alert lets it through");
    assert!(!already(&with(rule("bad", "BLOCK"), &["*.com."])));
    let typed = DnsRule { query_type: Some("A".into()), ..rule("all", "BLOCK") };
    assert!(already(&with(typed, &["*."])), "the last one still blocks the other types");
}

#[test]
fn what_lets_names_through_before_is_said() {
    let before = account(|firewall| {
        firewall.domain_lists = [("some".into(), list(&["example.com."]))].into();
        firewall.rule_groups = [("g1".into(), group(vec![(10, rule("some", "ALLOW"))]))].into();
        firewall.associations = [on_vpc("g1", 101), on_vpc("shared", 99), on_vpc("g1", 500)].into();
        firewall.fail_open = ["vpc-1".to_owned()].into();
    });
    let texts: Vec<String> =
        DnsFirewall.find(&before, &case(&[])).findings.into_iter().map(|finding| finding.text).collect();
    assert!(texts.iter().any(|text| text.contains("rule group g1 lets names through")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("rule group shared lets names through")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("fail open")), "{texts:?}");
    assert_eq!(texts.iter().filter(|text| text.contains("asked first")).count(), 2, "500 comes after");
}

#[tokio::test]
async fn it_goes_there_and_back() {
    there_and_back(&DnsFirewall, account(|_| ()), &case(&[])).await;
}

#[tokio::test]
async fn the_group_of_another_run_is_enough() {
    let case_one = case(&[]);
    let (_, aws) = simulated(account(|_| ()), &case_one);
    let before = collected(&DnsFirewall, &aws).await;
    let changes = plan(&DnsFirewall, &before, &case_one);
    assert_eq!(changes.len(), 3, "a list, a group, and one VPC of ours");
    let _phase = aws.enter(Phase::Apply);
    for (at, from, to) in &changes {
        let lens = (&DnsFirewall as &dyn Step).lens(at);
        lens.write(Write::new(&aws, at, from, to, &Params::new())).await.unwrap();
        aws.clock().wait(std::time::Duration::from_secs(5)).await;
    }
    let other = Case { run: "run2".into(), ..case(&[]) };
    assert!(plan(&DnsFirewall, &collected(&DnsFirewall, &aws).await, &other).is_empty());
}

#[tokio::test]
async fn an_unrecorded_resource_of_a_crashed_run_is_adopted_and_filled_anew() {
    let tags =
        |role: &str| [("unplug:run".to_owned(), "run1".to_owned()), ("unplug:role".into(), role.into())];
    let left = account(|firewall| {
        let left = DnsDomainList {
            name: "unplug-run1".into(),
            tags: tags(List::KIND).into(),
            ..list(&["good.example."])
        };
        let rules = vec![(1, rule("rslvr-fdl-left", "ALLOW"))];
        firewall.domain_lists = [("rslvr-fdl-left".into(), left)].into();
        let left =
            DnsRuleGroup { name: "unplug-run1".into(), tags: tags(Group::KIND).into(), ..group(rules) };
        firewall.rule_groups = [("rslvr-frg-left".into(), left)].into();
    });
    let case = case(&[]);
    let (_, aws) = simulated(left, &case);
    let _phase = aws.enter(Phase::Apply);
    adopted(List, every_name(), "rslvr-fdl-left", &aws, &case).await;
    adopted(Group, block_all(), "rslvr-frg-left", &aws, &case).await;
}

async fn adopted<R: Resource>(made: R, to: R::Body, id: &str, aws: &Aws, case: &Case) {
    let (made, to) = (Made(made), Some(to));
    let at = Target::new(R::KIND, sample::REGION).region(sample::REGION);
    made.write(Write::new(aws, &at, &to, &to, &Params::new())).await.unwrap();
    aws.clock().wait(std::time::Duration::from_secs(5)).await;
    let now = collected(&DnsFirewall, aws).await;
    assert_eq!(made.state(&Look::new(&at, &now, case)), Now::Is(to));
    assert_eq!(case.names.id(&name::<R>(sample::REGION)).as_deref(), Some(id));
}
