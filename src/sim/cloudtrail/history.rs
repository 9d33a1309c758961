//! The event history: `LookupEvents`, newest first, fifty a page, one Region at a time.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey as Key};
use aws_smithy_types::DateTime;
use serde_json::Value;

use super::{deletions, role_changes};
use crate::account::{DeletionCalls, LastChange};
use crate::aws::operations::cloudtrail;
use crate::sim::recorded::SHOWN_AFTER_MS;
use crate::sim::route::{Cx, In, Out, Said, refuse};
use crate::sim::world::seen;

/// How far back the event history goes.
const DAYS: i64 = 90;
/// Events on a page, at the most.
const A_PAGE: i32 = 50;

pub(super) fn lookup_events(
    cx: &mut Cx<'_>,
    input: &In<cloudtrail::LookupEvents>,
) -> Said<cloudtrail::LookupEvents> {
    let attributes = input.lookup_attributes();
    if attributes.len() > 1 || attributes.iter().any(|attribute| attribute.attribute_value().is_empty()) {
        return Err(refuse(
            "InvalidLookupAttributesException",
            "one lookup attribute with a value, at the most",
        ));
    }
    if input.max_results().is_some_and(|most| !(1..=A_PAGE).contains(&most)) {
        return Err(refuse("InvalidMaxResultsException", "between 1 and 50 results"));
    }
    let seconds = |time: Option<&DateTime>| time.map(DateTime::secs);
    let (from, to) = (seconds(input.start_time()), seconds(input.end_time()));
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(refuse("InvalidTimeRangeException", "the start time is after the end time"));
    }
    let token = input.next_token();
    let known = |token: &str| cx.world.tokens_repeat || token.trim_end_matches('e').parse::<usize>().is_ok();
    if token.is_some_and(|token| !known(token)) {
        return Err(refuse("InvalidNextTokenException", "not a token of this lookup"));
    }
    let now = i64::try_from(cx.world.now_ms / 1_000).unwrap_or(i64::MAX);
    let from = from.unwrap_or(i64::MIN).max(now.saturating_sub(DAYS * 86_400));
    let to = to.unwrap_or(now).min(now);
    let mut events: Vec<(i64, Event)> = all(cx, attributes.first())?
        .iter()
        .filter(|record| record["awsRegion"] == cx.region)
        .filter_map(listed)
        .filter(|(at, event)| (from..=to).contains(at) && attributes.iter().all(|wanted| has(event, wanted)))
        .collect();
    events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let events = events.into_iter().map(|(_, event)| event).collect();
    let (page, next) = cx.page(events, token, Some(input.max_results().unwrap_or(A_PAGE)));
    Ok(Out::<cloudtrail::LookupEvents>::builder().set_events(Some(page)).set_next_token(next).build())
}

/// Every event that CloudTrail shows by now, those of the same second newest first. Where the account has its
/// calls of a name by themselves, its other events need not be known.
fn all(cx: &Cx<'_>, wanted: Option<&LookupAttribute>) -> Result<Vec<Value>, super::Refused> {
    let world = &*cx.world;
    let by_themselves = match wanted.map(|wanted| (wanted.attribute_key(), wanted.attribute_value())) {
        Some((Key::EventName, name)) if DeletionCalls::NAMES.contains(&name) => Some(deletions::records(cx)?),
        Some((Key::EventName, name)) if LastChange::NAMES.contains(&name) => role_changes::records(cx)?,
        _ => None,
    };
    let events = &world.account.events;
    let told = if by_themselves.is_some() { events.read() } else { Some(seen(events)?) };
    if let Some(gap) = told.and_then(|told| told.unread.get(cx.region)) {
        seen(&crate::account::Seen::<()>::Gap(gap.clone()))?;
    }
    let global = world.global_region();
    let shown =
        world.recorded.iter().rev().filter(|recorded| recorded.at_ms + SHOWN_AFTER_MS <= world.now_ms);
    let recorded = shown.map(|recorded| recorded.event(&world.account.id, global));
    let told = told.into_iter().flat_map(|told| &told.records).cloned();
    Ok(recorded.chain(told).chain(by_themselves.into_iter().flatten()).collect())
}

/// The record as the history lists it, with its time in seconds.
fn listed(record: &Value) -> Option<(i64, Event)> {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let at = record["eventTime"].as_str()?.parse::<jiff::Timestamp>().ok()?.as_second();
    let identity = &record["userIdentity"];
    let event = Event::builder()
        .event_time(DateTime::from_secs(at))
        .set_event_id(text(&record["eventID"]))
        .set_event_name(text(&record["eventName"]))
        .set_event_source(text(&record["eventSource"]))
        .set_read_only(record["readOnly"].as_bool().map(|read| read.to_string()))
        .set_access_key_id(text(&identity["accessKeyId"]))
        .set_username(username(identity))
        .set_resources(Some(resources(record)))
        .cloud_trail_event(record.to_string())
        .build();
    Some((at, event))
}

/// The user, the session, or `root`: what the attribute `Username` finds.
fn username(identity: &Value) -> Option<String> {
    let name = match identity["type"].as_str()? {
        "Root" => "root",
        "AssumedRole" | "FederatedUser" => identity["arn"].as_str()?.rsplit('/').next()?,
        _ => identity["userName"].as_str()?,
    };
    Some(name.to_owned())
}

/// The roles and users that a record refers to, by name and by ARN: what `ResourceName` finds.
fn resources(record: &Value) -> Vec<aws_sdk_cloudtrail::types::Resource> {
    let parameters = &record["requestParameters"];
    let resource = |kind: &str, name: &str| {
        aws_sdk_cloudtrail::types::Resource::builder().resource_type(kind).resource_name(name).build()
    };
    let named =
        [("roleArn", "AWS::IAM::Role"), ("roleName", "AWS::IAM::Role"), ("userName", "AWS::IAM::User")]
            .into_iter()
            .filter_map(|(member, kind)| Some(resource(kind, parameters[member].as_str()?)));
    let key = record["responseElements"]["credentials"]["accessKeyId"].as_str();
    let listed = record["resources"].as_array().into_iter().flatten();
    let listed = listed.filter_map(|one| Some(resource(one["type"].as_str()?, one["ARN"].as_str()?)));
    named.chain(key.map(|key| resource("AWS::IAM::AccessKey", key))).chain(listed).collect()
}

fn has(event: &Event, wanted: &LookupAttribute) -> bool {
    let value = Some(wanted.attribute_value());
    let resource = |of: fn(&aws_sdk_cloudtrail::types::Resource) -> Option<&str>| {
        event.resources().iter().any(|resource| of(resource) == value)
    };
    match wanted.attribute_key() {
        Key::AccessKeyId => event.access_key_id() == value,
        Key::EventId => event.event_id() == value,
        Key::EventName => event.event_name() == value,
        Key::EventSource => event.event_source() == value,
        Key::ReadOnly => event.read_only() == value,
        Key::ResourceName => resource(|resource| resource.resource_name()),
        Key::ResourceType => resource(|resource| resource.resource_type()),
        Key::Username => event.username() == value,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey as Key};
    use aws_smithy_types::DateTime;
    use serde_json::{Value, json};

    use crate::account::{Account, Caller, Events, Seen};
    use crate::aws::Aws;
    use crate::aws::ledger::Phase;
    use crate::sim::probe::code;
    use crate::sim::{Simulation, UserIdentity};

    fn record(number: usize, minute: usize, region: &str, key: &str) -> Value {
        json!({
            "eventID": format!("event-{number}"), "eventTime": format!("2026-11-22T02:{minute:02}:00Z"),
            "eventName": "CreateUser", "eventSource": "iam.amazonaws.com", "awsRegion": region, "readOnly": false,
            "userIdentity": { "type": "IAMUser", "userName": "ci", "accessKeyId": key },
        })
    }

    fn simulation(records: Vec<Value>) -> Simulation {
        let caller = Caller {
            arn: "arn:aws:iam::123456789012:user/oncall".into(),
            user_id: "AIDA".into(),
            ..Caller::default()
        };
        let mut account = Account::unread("123456789012", caller);
        account.events = Seen::Read(Events { records, ..Events::default() });
        account.access_keys = Seen::Read(Default::default());
        account.regions.insert("us-east-1".into(), crate::account::Region::empty());
        Simulation::new(account)
    }

    fn by(key: Key, value: &str) -> LookupAttribute {
        LookupAttribute::builder().attribute_key(key).attribute_value(value).build().unwrap()
    }

    #[tokio::test]
    async fn events_come_newest_first_fifty_a_page_of_one_region() {
        let mut records: Vec<Value> = (0..59).map(|n| record(n, n, "us-east-1", "AKIA1")).collect();
        records.push(record(99, 30, "eu-west-1", "AKIA1"));
        records.push(record(98, 30, "us-east-1", "AKIA2"));
        let aws = Aws::simulated(simulation(records));
        let client = aws.cloudtrail("us-east-1");
        let first = client.lookup_events().lookup_attributes(by(Key::AccessKeyId, "AKIA1"));
        let page = first.clone().send().await.unwrap();
        let ids =
            |events: &[Event]| events.iter().map(|e| e.event_id().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(page.events().len(), 50);
        assert_eq!(ids(page.events())[..2], ["event-58", "event-57"]);
        let rest = first.set_next_token(page.next_token).send().await.unwrap();
        assert_eq!((rest.events().len(), rest.next_token()), (9, None));
        let elsewhere = aws.cloudtrail("eu-west-1").lookup_events().send().await.unwrap();
        assert_eq!(ids(elsewhere.events()), ["event-99"]);
        let since = DateTime::from_secs(1_795_316_100); // 02:55
        let late = client.lookup_events().start_time(since).send().await.unwrap();
        assert_eq!(ids(late.events()), ["event-58", "event-57", "event-56", "event-55"]);
    }

    #[tokio::test]
    async fn a_lookup_refuses_what_cloudtrail_refuses() {
        let client = Aws::simulated(simulation(vec![])).cloudtrail("us-east-1");
        let two = client.lookup_events().lookup_attributes(by(Key::Username, "a"));
        let two = two.lookup_attributes(by(Key::AccessKeyId, "b")).send().await;
        assert_eq!(code(two), "InvalidLookupAttributesException");
        assert_eq!(code(client.lookup_events().max_results(51).send().await), "InvalidMaxResultsException");
        let (from, to) = (DateTime::from_secs(2), DateTime::from_secs(1));
        let back = client.lookup_events().start_time(from).end_time(to).send().await;
        assert_eq!(code(back), "InvalidTimeRangeException");
        assert_eq!(code(client.lookup_events().next_token("x").send().await), "InvalidNextTokenException");
    }

    #[tokio::test]
    async fn a_write_is_recorded_with_its_caller_and_shown_after_five_minutes() {
        let simulation = simulation(vec![]);
        let thief = UserIdentity {
            arn: "arn:aws:sts::123456789012:assumed-role/deploy/night".into(),
            id: "AROAEXAMPLE:night".into(),
            key: "ASIATHIEFEXAMPLE".into(),
            address: "198.51.100.7".into(),
            agent: "aws-cli/2".into(),
        };
        let aws = Aws::simulated(simulation.acting_as(thief.clone()));
        let _phase = aws.enter(Phase::Apply);
        let gone =
            aws.iam().update_access_key().user_name("ci").access_key_id("AKIA1").status("Active".into());
        assert_eq!(code(gone.send().await), "NoSuchEntity");
        aws.s3control("eu-west-1"); // Only the handle: no call, no event.
        let shown = async || {
            let found =
                aws.cloudtrail("us-east-1").lookup_events().lookup_attributes(by(Key::Username, "night"));
            found.send().await.unwrap().events.unwrap_or_default()
        };
        assert!(shown().await.is_empty(), "not shown yet");
        simulation.clock().pass(Duration::from_secs(300));
        let events = shown().await;
        let event: Value = serde_json::from_str(events[0].cloud_trail_event().unwrap()).unwrap();
        assert_eq!(vec![event.clone()], simulation.recorded());
        assert_eq!(event["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"], "deploy");
        assert_eq!(event["userIdentity"]["accessKeyId"], "ASIATHIEFEXAMPLE");
        assert_eq!(event["errorCode"], "NoSuchEntity");
        assert_eq!(event["sourceIPAddress"], "198.51.100.7");
        assert_eq!(
            event["requestParameters"],
            json!({ "userName": "ci", "accessKeyId": "AKIA1", "status": "Active" })
        );
        assert_eq!(
            (&event["eventSource"], &event["awsRegion"]),
            (&json!("iam.amazonaws.com"), &json!("us-east-1"))
        );
    }
}
