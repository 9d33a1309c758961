use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::account::{AlertRule, Caller, Cause, EventSource, Gap, Provisioned, Seen};
use crate::collect::{self, Ask};
use crate::step::{Look, Verdict};
use crate::steps::shared::testing::{self, changed, collected, simulated, there_and_back};

const REGION: &str = "eu-west-1";

fn arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:123456789012:function:{name}")
}

fn function(name: &str) -> Function {
    Function {
        arn: arn(name),
        role: "arn:aws:iam::123456789012:role/lambda".into(),
        tags: [("team".to_owned(), "shop".to_owned())].into(),
        ..Function::default()
    }
}

/// A function whose policy lets this service invoke it.
fn invoked_by(name: &str, service: &str) -> Function {
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "Service": service },
        "Action": "lambda:InvokeFunction",
        "Resource": arn(name),
    });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    Function { policies: [(String::new(), policy)].into(), ..function(name) }
}

fn source(name: &str, state: &str) -> EventSource {
    EventSource {
        function: arn(name),
        source: Some("arn:aws:sqs:eu-west-1:123456789012:orders".into()),
        state: state.into(),
    }
}

fn account(functions: Vec<Function>, sources: &[(&str, EventSource)]) -> Account {
    let caller = Caller { arn: "arn:aws:iam::123456789012:user/oncall".into(), ..Caller::default() };
    let mut account = Account::unread("123456789012", caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read([REGION.to_owned()].into());
    let functions: BTreeMap<_, _> =
        functions.into_iter().map(|one| (name_of(&one.arn).to_owned(), Seen::Read(one))).collect();
    let here = Region {
        functions: Seen::Read(functions),
        event_sources: Seen::Read(sources.iter().map(|(id, one)| ((*id).to_owned(), one.clone())).collect()),
        alert_rules: Seen::Read(BTreeMap::new()),
        ..Region::default()
    };
    account.regions.insert(REGION.into(), here);
    account
}

fn shop() -> Account {
    let orders = Function {
        reserved: Some(20),
        provisioned: [("live".to_owned(), Provisioned { executions: 5, status: "READY".into() })].into(),
        urls: [(String::new(), "NONE".to_owned()), ("live".to_owned(), "AWS_IAM".to_owned())].into(),
        ..function("orders")
    };
    let stopped = Function { reserved: Some(0), ..function("stopped") };
    let sources = [("uuid-1", source("orders", "Enabled")), ("uuid-2", source("plain", "Disabled"))];
    account(vec![orders, function("plain"), stopped], &sources)
}

/// The reason that each target is kept for.
fn refused(account: &Account, params: &[(&str, &str)]) -> Vec<(String, String)> {
    let verdicts = testing::verdicts(&Lambda, account, &testing::case(params)).into_iter();
    let why = |(at, _, verdict): (Target, _, _)| match verdict {
        Verdict::Refuse(why) => Some((at.id, why)),
        _ => None,
    };
    verdicts.filter_map(why).collect()
}

#[test]
fn sources_stop_before_what_is_provisioned_and_that_before_the_function() {
    assert_eq!(
        changed(&Lambda, &shop(), &testing::case(&[])),
        ["uuid-1", "orders/live", "orders", "orders", "plain"]
    );
}

#[tokio::test]
async fn each_function_gets_back_what_it_had() {
    there_and_back(&Lambda, shop(), &testing::case(&[])).await;
}

#[test]
fn what_carries_alerts_or_serves_the_account_goes_on_and_is_named() {
    let mut before = account(
        vec![
            function("pager"),
            invoked_by("shipper", "logs.eu-west-1.amazonaws.com"),
            invoked_by("judge", "config.amazonaws.com"),
            invoked_by("rotate", "secretsmanager.amazonaws.com"),
            invoked_by("thumbs", "s3.amazonaws.com"),
        ],
        &[("uuid-1", source("shipper", "Enabled"))],
    );
    let targets = [format!("{}:live", arn("pager")), "arn:aws:sns:eu-west-1:123456789012:thumbs".to_owned()];
    let rule = AlertRule {
        name: "findings".into(),
        about: ["aws.guardduty".to_owned()].into(),
        targets: targets.into(),
    };
    let here = before.regions.get_mut(REGION).unwrap();
    here.alert_rules = Seen::Read([("arn:rule/findings".to_owned(), rule)].into());
    let kept: BTreeMap<String, String> = refused(&before, &[]).into_iter().collect();
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["judge", "pager", "rotate", "shipper", "uuid-1"]);
    assert!(kept["pager"].contains("rule findings invokes it for aws.guardduty"), "{kept:?}");
    assert!(kept["uuid-1"].contains("CloudWatch Logs"), "{kept:?}");
    assert_eq!(changed(&Lambda, &before, &testing::case(&[])), ["thumbs"]);
    assert_eq!(refused(&before, &[("carriers", "cut")]), []);
}

#[test]
fn an_authorizer_is_known_by_the_condition_of_its_policy() {
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "Service": "apigateway.amazonaws.com" },
        "Action": "lambda:InvokeFunction",
        "Condition": { "ArnLike": { "AWS:SourceArn": "arn:aws:execute-api:eu-west-1:123456789012:a1/authorizers/x" } },
    });
    let policy = json!({ "Statement": statement }).to_string();
    let one = Function { policies: [("live".to_owned(), policy)].into(), ..function("who") };
    let kept = refused(&account(vec![one], &[]), &[]);
    assert!(kept.len() == 1 && kept[0].1.contains("whether a caller may call"), "{kept:?}");
    // One that denies lets nobody in.
    let denied = invoked_by("shipper", "logs.amazonaws.com");
    let policies = denied.policies.iter().map(|(of, text)| (of.clone(), text.replace("Allow", "Deny")));
    let denied = Function { policies: policies.collect(), ..denied };
    assert_eq!(refused(&account(vec![denied], &[]), &[]), []);
}

#[test]
fn what_reserved_concurrency_does_not_stop_is_refused_with_the_way_that_does() {
    let managed = Function { on_instances: true, ..function("managed") };
    let edge = Function { replica_of: Some(arn("head")), ..function("us-east-1.head") };
    let kept = refused(&account(vec![managed, edge], &[]), &[]);
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().any(|(_, why)| why.contains("put-function-scaling-config")), "{kept:?}");
    assert!(kept.iter().any(|(_, why)| why.contains("310 takes it off")), "{kept:?}");
}

#[test]
fn rules_that_were_not_read_are_said_and_no_function_passes_for_kept() {
    let mut before = account(vec![function("pager")], &[]);
    let gap = Gap { cause: Cause::Denied, call: "eventbridge:ListRules".into(), detail: "denied".into() };
    before.regions.get_mut(REGION).unwrap().alert_rules = Seen::Gap(gap);
    let found = Lambda.find(&before, &testing::case(&[]));
    assert!(found.findings.iter().any(|one| one.matters && one.text.contains("were not read")));
    assert_eq!(changed(&Lambda, &before, &testing::case(&[])), ["pager"]);
}

#[tokio::test]
async fn a_second_look_asks_for_its_function_only() {
    let before = shop();
    let (_, aws) = simulated(before.clone(), &testing::case(&[]));
    let mut ask = Ask { sections: [Section::Functions].into(), ..Ask::default() };
    Concurrency.narrow(&mut ask, &Target::new(Concurrency::KIND, "plain").region(REGION));
    let read = collect::read(&aws, &before, &ask, &|_, _| {}).await;
    assert_eq!(read.regions[REGION].functions.items().map(|(name, _)| name).collect::<Vec<_>>(), ["plain"]);
    assert!(aws.ledger().calls().iter().all(|call| call.operation != "lambda:ListFunctions"));
}

#[tokio::test]
async fn what_is_read_is_what_is_there() {
    let mut before = shop();
    let hidden = Gap { cause: Cause::Denied, call: "lambda:GetFunction".into(), detail: "denied".into() };
    let here = before.regions.get_mut(REGION).unwrap();
    here.functions.read_mut().unwrap().insert("hidden".into(), Seen::Gap(hidden));
    let (simulation, aws) = simulated(before.clone(), &testing::case(&[]));
    for one_a_page in [false, true] {
        if one_a_page {
            simulation.one_item_a_page();
        }
        let read = collected(&Lambda, &aws).await;
        let functions = read.regions[REGION].functions.read().unwrap();
        assert!(functions["hidden"].gap().is_some());
        assert_eq!(functions["orders"], *before.regions[REGION].functions.item("orders").unwrap());
        assert_eq!(read.regions[REGION].event_sources, before.regions[REGION].event_sources);
    }
    let at = Target::new(Concurrency::KIND, "hidden").region(REGION);
    let case = testing::case(&[]);
    assert!(matches!(Concurrency.state(&Look::new(&at, &before, &case)), crate::step::Now::Unknown(_)));
}
