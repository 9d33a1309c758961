use serde_json::json;

use super::*;
use crate::account::{Caller, Cause, Events, Gap, Principals, Seen};
use crate::collect;
use crate::sim::Simulation;

const REGION: &str = "us-east-1";

/// A call of IAM so many minutes after midnight.
fn record(name: &str, role: &str, minute: usize) -> Value {
    json!({
        "eventID": format!("{name}-{role}-{minute}"),
        "eventTime": format!("2026-11-20T{:02}:{:02}:00Z", minute / 60, minute % 60),
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "userIdentity": { "arn": "arn:aws:iam::111111111111:user/ci" },
        "requestParameters": { "roleName": role },
    })
}

fn change(name: &str, minute: usize) -> RoleChange {
    let event = record(name, "", minute);
    RoleChange {
        name: name.into(),
        at: Event(&event).time().to_owned(),
        by: "arn:aws:iam::111111111111:user/ci".into(),
    }
}

/// What is read of two roles where CloudTrail has these events, and how many lookups it took.
async fn read(events: Seen<Events>) -> (Seen<BTreeMap<String, Seen<LastChange>>>, usize) {
    let mut account = Account::unread("111111111111", Caller::default());
    account.enabled_regions = Seen::Read([REGION.to_owned()].into());
    account.principals = Seen::Read(Principals::default());
    account.regions.insert(REGION.into(), crate::account::Region::empty());
    account.events = events;
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let changes_of = RolesOf::new(|_| ["jobs", "web"].map(str::to_owned).into());
    let ask = Ask { sections: [Section::RoleChanges].into(), changes_of, ..Ask::default() };
    let read = collect::read(&aws, &account, &ask, &|_, _| {}).await.role_changes;
    (read, aws.ledger().calls().iter().filter(|call| call.operation == "cloudtrail:LookupEvents").count())
}

fn told(records: Vec<Value>) -> Seen<Events> {
    Seen::Read(Events { records, ..Events::default() })
}

#[test]
fn a_change_of_a_role_is_told_from_what_reads_it_what_was_refused_and_what_is_another_s() {
    let mut refused = record("UpdateAssumeRolePolicy", "web", 9);
    refused["errorCode"] = "AccessDenied".into();
    let mut assumed = record("AssumeRole", "web", 9);
    assumed["eventSource"] = "sts.amazonaws.com".into();
    for (record, changed) in [
        (record("UpdateAssumeRolePolicy", "web", 9), true),
        (record("PutRolePolicy", "web", 9), true),
        (record("GetRole", "web", 9), false),
        (record("PutRolePolicy", "other", 9), false),
        (refused, false),
        (assumed, false),
    ] {
        let mut told = Told::default();
        told.add(std::slice::from_ref(&record), &["web".to_owned()].into(), None);
        assert_eq!(told.newest.contains_key("web"), changed, "{record}");
    }
}

#[tokio::test]
async fn reads_above_a_change_do_not_hide_it() {
    let mut records: Vec<Value> = (60..1_000).map(|minute| record("GetRole", "web", minute)).collect();
    records.extend((1_000..1_300).map(|minute| record("PutRolePolicy", "other", minute)));
    records.push(record("UpdateAssumeRolePolicy", "web", 5));
    records.push(record("AttachRolePolicy", "web", 6));
    records.push(record("CreateRole", "web", 1));
    let (read, lookups) = read(told(records)).await;
    let of = |change| Seen::Read(LastChange { change, since: None });
    let expected =
        [("jobs".to_owned(), of(None)), ("web".to_owned(), of(Some(change("AttachRolePolicy", 6))))];
    assert_eq!(read, Seen::Read(expected.into()));
    // One of each name, and the five pages more of the policies.
    assert_eq!(lookups, LastChange::NAMES.len() + 5);
}

#[tokio::test]
async fn changes_that_fill_the_pages_leave_the_others_unknown_and_say_since_when() {
    let mut records: Vec<Value> =
        (100..=(100 + 50 * MOST_PAGES)).map(|minute| record("PutRolePolicy", "other", minute)).collect();
    records.push(record("PutRolePolicy", "web", 5));
    records.push(record("CreateRole", "jobs", 6));
    let (read, _) = read(told(records)).await;
    let since = Some(change("", 101).at);
    let of = |change| Seen::Read(LastChange { change, since: since.clone() });
    let expected = [("jobs".to_owned(), of(Some(change("CreateRole", 6)))), ("web".to_owned(), of(None))];
    assert_eq!(read, Seen::Read(expected.into()));
}

#[tokio::test]
async fn a_lookup_that_fails_is_a_gap() {
    let gap = Gap { cause: Cause::Denied, call: String::new(), detail: "no permission".into() };
    let (read, _) = read(Seen::Gap(gap)).await;
    assert_eq!(read.gap().unwrap().cause, Cause::Denied);
}
