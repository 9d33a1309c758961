use super::*;
use crate::account::ListenerRule;
use crate::sim::sample::{self, FRONT, PLAIN, REGION, SECURE, rule_arn};
use crate::step::{Now, Verdict};
use crate::steps::shared::testing::{case, changed, there_and_back, verdicts};

fn rules(account: &mut Account) -> &mut std::collections::BTreeMap<String, ListenerRule> {
    account.regions.get_mut(REGION).unwrap().listener_rules.read_mut().unwrap()
}

fn said(account: &Account, params: &[(&str, &str)]) -> Vec<String> {
    LoadBalancers.find(account, &case(params)).findings.into_iter().map(|finding| finding.text).collect()
}

#[tokio::test]
async fn every_listener_gets_the_page_and_gives_it_back() {
    there_and_back(&LoadBalancers, sample::with_services(), &case(&[])).await;
}

#[test]
fn rules_from_one_on_move_and_no_others() {
    let account = sample::with_services();
    assert_eq!(
        changed(&LoadBalancers, &account, &case(&[])),
        [format!("{SECURE}#2"), PLAIN.into(), SECURE.into()]
    );
    let (_, now, verdict) = verdicts(&LoadBalancers, &account, &case(&[])).remove(0);
    assert_eq!(now["priorities"], serde_json::json!({ rule_arn("1"): 1, rule_arn("2"): 2 }));
    let Verdict::Change(to) = verdict else { panic!("{verdict:?}") };
    assert_eq!(to["priorities"], serde_json::json!({ rule_arn("1"): 2, rule_arn("2"): 3 }));
}

#[test]
fn a_listener_whose_number_one_is_free_keeps_its_numbers() {
    let mut account = sample::with_services();
    rules(&mut account).get_mut(&rule_arn("1")).unwrap().priority = Some(9);
    assert_eq!(changed(&LoadBalancers, &account, &case(&[])), [PLAIN, SECURE]);
}

#[test]
fn a_page_of_another_run_is_left_alone() {
    let mut account = sample::with_services();
    let page = |account: &Account, case: &Case| {
        let found = verdicts(&LoadBalancers, account, case);
        let (_, _, verdict) = found.into_iter().find(|(at, ..)| at.id == PLAIN).unwrap();
        let Verdict::Change(to) = verdict else { panic!("{verdict:?}") };
        to
    };
    let body = page(&account, &case(&[]));
    let theirs = ListenerRule {
        priority: Some(1),
        conditions: serde_json::from_value(body["conditions"].clone()).unwrap(),
        actions: serde_json::from_value(body["actions"].clone()).unwrap(),
        ..rules(&mut account)[&format!("{}/0", PLAIN.replace(":listener/", ":listener-rule/"))].clone()
    };
    rules(&mut account).insert("arn:theirs".into(), theirs);
    assert_eq!(changed(&LoadBalancers, &account, &case(&[])), [format!("{SECURE}#2"), SECURE.into()]);
    assert!(said(&account, &[]).iter().any(|text| text.contains("already, by arn:theirs")));
    // With another page it is one more rule in the way.
    let mut other = case(&[]);
    other.scope.page = Some("<p>closed".into());
    assert!(changed(&LoadBalancers, &account, &other).contains(&format!("{PLAIN}#1")));
}

#[test]
fn what_shows_no_page_is_named() {
    let mut account = sample::with_services();
    let text = said(&account, &[]).join("\n");
    assert!(text.contains("bare (network), link (network)") || text.contains("link (network)"), "{text}");
    let balancers = account.regions.get_mut(REGION).unwrap().load_balancers.read_mut().unwrap();
    let front = balancers.get_mut(FRONT).unwrap();
    front.scheme = "internal".into();
    front.tags.insert("elbv2.k8s.aws/cluster".into(), "shop".into());
    assert_eq!(changed(&LoadBalancers, &account, &case(&[])), Vec::<String>::new());
    assert!(said(&account, &[]).iter().any(|text| text.contains("1 internal load balancer")));
    assert_eq!(changed(&LoadBalancers, &account, &case(&[("which", "all")])).len(), 3);
    assert!(said(&account, &[("which", "all")]).iter().any(|text| text.contains("cluster shop")));
}

#[test]
fn load_balancers_that_are_named_are_taken_alone() {
    let account = sample::with_services();
    let with = |names: &[&str]| {
        let mut case = case(&[]);
        case.params.insert(BALANCERS.into(), names.into());
        case
    };
    assert_eq!(changed(&LoadBalancers, &account, &with(&["front"])).len(), 3);
    assert_eq!(changed(&LoadBalancers, &account, &with(&[FRONT])).len(), 3);
    let found = LoadBalancers.find(&account, &with(&["frunt"]));
    assert!(found.items.is_empty());
    assert!(found.findings.iter().any(|finding| finding.text.contains("frunt")), "{:?}", found.findings);
}

#[test]
fn a_page_that_is_too_large_is_refused() {
    let mut case = case(&[]);
    case.scope.page = Some("x".repeat(1_025));
    for (at, _, verdict) in verdicts(&LoadBalancers, &sample::with_services(), &case) {
        if at.kind.starts_with("page") {
            assert!(matches!(verdict, Verdict::Refuse(why) if why.contains("1 too many")), "{at}");
        }
    }
}

#[test]
fn a_rule_that_took_the_number_meanwhile_holds_the_restore_back() {
    let account = sample::with_services();
    let mut then = account.clone();
    let case = case(&[]);
    let (at, before, _) = verdicts(&LoadBalancers, &account, &case).remove(0);
    for (id, number) in [("1", 2), ("2", 3), ("3", 1)] {
        rules(&mut then).get_mut(&rule_arn(id)).unwrap().priority = Some(number);
    }
    let step: &dyn Step = &LoadBalancers;
    let look = crate::step::Look::new(&at, &then, &case);
    let why = step.lens(&at).hold_back(&before, &look).unwrap();
    assert!(why.is_some_and(|why| why.contains(&rule_arn("3")) && why.contains("number 1")));
    assert!(matches!(step.lens(&at).state(&look), Now::Is(_)));
}
