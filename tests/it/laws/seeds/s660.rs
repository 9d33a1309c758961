//! Seeds of 660: functions with event sources, URLs, reserved and provisioned concurrency.

use serde_json::json;
use unplug::account::{Account, AlertRule, EventSource, Function, Provisioned, Seen};

use super::{Seed, company, seed, with};

const SOURCE: &str = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";

fn arn(account: &Account, name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:{}:function:{name}", account.id)
}

fn function(account: &Account, name: &str) -> (String, Seen<Function>) {
    let role = format!("arn:aws:iam::{}:role/{name}", account.id);
    let tags = [("team".to_owned(), "shop".to_owned())].into();
    (name.to_owned(), Seen::Read(Function { arn: arn(account, name), role, tags, ..Function::default() }))
}

/// A function in which something is set.
fn set(account: &Account, name: &str, change: impl FnOnce(&mut Function)) -> (String, Seen<Function>) {
    let (name, mut function) = function(account, name);
    change(function.read_mut().unwrap());
    (name, function)
}

fn account() -> Account {
    let mut account = company();
    let provisioned = |executions| Provisioned { executions, status: "READY".into() };
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "logs.amazonaws.com" },
            "Action": "lambda:InvokeFunction",
            "Resource": arn(&account, "kc-logs"),
        }],
    });
    let functions = [
        set(&account, "kc-orders", |one| {
            one.reserved = Some(20);
            one.provisioned = [("live".to_owned(), provisioned(5))].into();
            one.urls = [(String::new(), "NONE".to_owned()), ("live".to_owned(), "AWS_IAM".to_owned())].into();
        }),
        function(&account, "kc-thumbs"),
        set(&account, "kc-old", |one| one.reserved = Some(0)),
        set(&account, "kc-logs", |one| one.policies = [(String::new(), policy.to_string())].into()),
        function(&account, "kc-pager"),
    ];
    let source = |name: &str, state: &str| EventSource {
        function: arn(&account, name),
        source: Some(format!("arn:aws:sqs:us-east-1:{}:{name}", account.id)),
        state: state.into(),
    };
    let sources = [
        (SOURCE.to_owned(), source("kc-orders", "Enabled")),
        ("25f1ec82-6e46-4fc6-a592-9a56d0ae21d3".to_owned(), source("kc-thumbs", "Disabled")),
        ("3602fd93-7f57-40d7-b6a3-ab67e1bf32e4".to_owned(), source("kc-logs", "Enabled")),
    ];
    let rule = AlertRule {
        name: "kc-findings".into(),
        about: ["aws.guardduty".to_owned()].into(),
        targets: [arn(&account, "kc-pager")].into(),
    };
    let rules = [(format!("arn:aws:events:us-east-1:{}:rule/kc-findings", account.id), rule)];
    let here = account.regions.get_mut("us-east-1").unwrap();
    here.functions = Seen::Read(functions.into());
    here.event_sources = Seen::Read(sources.into());
    here.alert_rules = Seen::Read(rules.into());
    account
}

/// Somebody reserves something for a function that was stopped.
fn drift(account: &mut Account) {
    let here = account.regions.get_mut("us-east-1").unwrap();
    let function = here.functions.read_mut().unwrap().get_mut("kc-thumbs").unwrap();
    function.read_mut().unwrap().reserved = Some(7);
}

pub fn seeds() -> Vec<Seed> {
    vec![
        seed("functions", 660, account(), Some(drift)),
        with(seed("functions that carry alerts too", 660, account(), None), "carriers", "cut".into()),
    ]
}
