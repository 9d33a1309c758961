use crate::aws::Aws;
use crate::step::Params;
use std::sync::Arc;

use super::*;
use crate::account::{DnsAssociation, DnsDomainList};
use crate::aws::ledger::Phase;
use crate::collect::{Ask, identify, read};
use crate::sim::{Simulation, sample};
use crate::step::Scope;

fn case(names: &Names) -> Case {
    Case {
        run: "run1".into(),
        scope: Scope::default(),
        params: Params::new(),
        config: Arc::default(),
        names: names.clone(),
    }
}

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
    Target::new(VPC, id).region(sample::REGION).vpc(id)
}

fn verdict(account: &Account, id: &str) -> Verdict<State> {
    let case = case(&Names::default());
    DnsFirewall.contain(&State::Association(None), &Look::new(&vpc(id), account, &case))
}

fn placed(priority: i32) -> Verdict<State> {
    Verdict::Change(State::Association(Some(Place { priority, protected: false })))
}

async fn collected(aws: &Aws) -> Account {
    let known = identify(aws).await.unwrap();
    let ask = Ask { sections: SPEC.needs.iter().copied().collect(), ..Ask::default() };
    read(aws, &known, &ask, &|_, _| {}).await
}

/// The changes that a plan would hold, created resources first.
fn plan(account: &Account, case: &Case) -> Vec<(Target, State, State)> {
    let mut items = DnsFirewall.find(account, case).items;
    items.sort_by_key(|item| item.rank);
    let change = |item: Item| {
        let Now::Is(now) = DnsFirewall.state(&Look::new(&item.at, account, case)) else { return None };
        match DnsFirewall.contain(&now, &Look::new(&item.at, account, case)) {
            Verdict::Change(to) | Verdict::Lasting(to, _) => Some((item.at, now, to)),
            _ => None,
        }
    };
    items.into_iter().filter_map(change).collect()
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
    let texts: Vec<String> = DnsFirewall
        .find(&before, &case(&Names::default()))
        .findings
        .into_iter()
        .map(|finding| finding.text)
        .collect();
    assert!(texts.iter().any(|text| text.contains("rule group g1 lets names through")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("rule group shared lets names through")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("fail open")), "{texts:?}");
    assert_eq!(texts.iter().filter(|text| text.contains("asked first")).count(), 2, "500 comes after");
}

#[test]
fn rules_go_and_come_one_by_one() {
    let theirs = Rule { list: "l".into(), action: "ALLOW".into(), block_response: None, query_type: None };
    let tampered: Rules = [(1, theirs.clone()), (2, theirs)].into();
    let passes = |from: Option<&Rules>, to: Option<&Rules>| {
        let passes = DnsFirewall.passes(&State::Group(from.cloned()), &State::Group(to.cloned()));
        passes.iter().map(|state| DnsFirewall.show(state)).collect::<Vec<_>>()
    };
    assert_eq!(passes(Some(&tampered), Some(&block_all())), ["1 rule", "0 rules"]);
    assert_eq!(passes(None, Some(&block_all())), ["0 rules"]);
    assert_eq!(passes(Some(&block_all()), None), ["0 rules"]);
    let lists = DnsFirewall.passes(&State::List(None), &State::List(Some(every_name())));
    assert_eq!(lists, [State::List(Some(BTreeSet::new()))]);
}

#[test]
fn a_state_survives_its_json() {
    for state in [
        State::List(None),
        State::List(Some(every_name())),
        State::Group(None),
        State::Group(Some(block_all())),
        State::Association(None),
        State::Association(Some(Place { priority: 101, protected: true })),
    ] {
        let json = serde_json::to_value(&state).unwrap();
        assert_eq!(serde_json::from_value::<State>(json).unwrap(), state);
        assert!(!DnsFirewall.show(&state).is_empty());
    }
}

#[tokio::test]
async fn there_and_back() {
    let simulation = Simulation::new(account(|_| ()));
    let names = Names::default();
    let aws = Aws::simulated(simulation.clone()).for_run("run1", names.clone(), None);
    let case = case(&names);
    let before = collected(&aws).await;
    let changes = plan(&before, &case);
    assert_eq!(changes.len(), 3, "a list, a group, and one VPC of ours");
    {
        let _phase = aws.enter(Phase::Apply);
        for (at, from, to) in &changes {
            DnsFirewall.write(Write::new(&aws, at, from, to, &Params::new())).await.unwrap();
            aws.clock().wait(Duration::from_secs(5)).await;
            // Again, as after a timeout: nothing more happens.
            DnsFirewall.write(Write::new(&aws, at, from, to, &Params::new())).await.unwrap();
        }
    }
    let during = collected(&aws).await;
    for (at, _, to) in &changes {
        assert_eq!(DnsFirewall.state(&Look::new(at, &during, &case)), Now::Is(to.clone()));
    }
    assert!(plan(&during, &case).is_empty());
    let other = Case { run: "run2".into(), names: Names::default(), ..case.clone() };
    assert!(plan(&during, &other).is_empty(), "another run's is enough");
    let _phase = aws.enter(Phase::Restore);
    for (at, from, to) in changes.iter().rev() {
        DnsFirewall.write(Write::new(&aws, at, to, from, &Params::new())).await.unwrap();
        aws.clock().wait(Duration::from_secs(5)).await;
        DnsFirewall.write(Write::new(&aws, at, to, from, &Params::new())).await.unwrap();
    }
    assert_eq!(collected(&aws).await, before);
}

#[tokio::test]
async fn what_a_crash_left_unrecorded_is_adopted_and_filled_anew() {
    let tags =
        |role: &str| [("unplug:run".to_owned(), "run1".to_owned()), ("unplug:role".into(), role.into())];
    let simulation = Simulation::new(account(|firewall| {
        let left =
            DnsDomainList { name: "unplug-run1".into(), tags: tags(LIST).into(), ..list(&["good.example."]) };
        let rules = vec![(1, rule("rslvr-fdl-left", "ALLOW"))];
        firewall.domain_lists = [("rslvr-fdl-left".into(), left)].into();
        let left = DnsRuleGroup { name: "unplug-run1".into(), tags: tags(GROUP).into(), ..group(rules) };
        firewall.rule_groups = [("rslvr-frg-left".into(), left)].into();
    }));
    let names = Names::default();
    let aws = Aws::simulated(simulation.clone()).for_run("run1", names.clone(), None);
    let _phase = aws.enter(Phase::Apply);
    for (at, to) in [
        (Target::new(LIST, sample::REGION), State::List(Some(every_name()))),
        (Target::new(GROUP, sample::REGION), State::Group(Some(block_all()))),
    ] {
        let at = at.region(sample::REGION);
        DnsFirewall.write(Write::new(&aws, &at, &to, &to, &Params::new())).await.unwrap();
        aws.clock().wait(Duration::from_secs(5)).await;
        assert_eq!(DnsFirewall.state(&Look::new(&at, &collected(&aws).await, &case(&names))), Now::Is(to));
    }
    assert_eq!(names.id(&list_name(sample::REGION)).as_deref(), Some("rslvr-fdl-left"));
    assert_eq!(names.id(&group_name(sample::REGION)).as_deref(), Some("rslvr-frg-left"));
}
