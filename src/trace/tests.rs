use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Chain, Event, Report, Suspect, Where};
use crate::account::{Cause, Events, Gap};

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SESSION: &str = "ASIAIOSFODNN7EXAMPLE";
const ME: &str = "123456789012";

fn user(name: &str, key: &str) -> Value {
    json!({
        "type": "IAMUser", "principalId": "AIDAJ45Q7YFFAREXAMPLE", "accountId": ME, "accessKeyId": key,
        "arn": format!("arn:aws:iam::{ME}:user/{name}"), "userName": name,
    })
}

/// The `userIdentity` of a role's session, as AWS documents it.
fn session(role: &str, name: &str, key: &str) -> Value {
    json!({
        "type": "AssumedRole", "principalId": format!("AROAIDPPEZS35WEXAMPLE:{name}"), "accountId": ME,
        "arn": format!("arn:aws:sts::{ME}:assumed-role/{role}/{name}"), "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role", "principalId": "AROAIDPPEZS35WEXAMPLE", "accountId": ME, "userName": role,
                "arn": format!("arn:aws:iam::{ME}:role/{role}"),
            },
            "attributes": { "mfaAuthenticated": "false", "creationDate": "2026-11-22T02:05:00Z" },
        },
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the callers build each value for this one event")]
fn event(minute: usize, call: &str, identity: Value, asked: Value, answered: Value) -> Value {
    let (service, name) = call.split_once(':').unwrap();
    let reads = ["Get", "List", "Describe"].iter().any(|word| name.starts_with(word));
    json!({
        "eventVersion": "1.08", "eventTime": format!("2026-11-22T02:{minute:02}:00Z"), "eventName": name,
        "eventSource": format!("{service}.amazonaws.com"), "awsRegion": "us-east-1", "readOnly": reads,
        "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.13.5", "eventID": format!("e-{minute}"),
        "recipientAccountId": ME, "userIdentity": identity, "requestParameters": asked,
        "responseElements": answered, "eventType": "AwsApiCall", "managementEvent": true,
    })
}

fn denied(mut event: Value, code: &str) -> Value {
    event["errorCode"] = code.into();
    event["responseElements"] = Value::Null;
    event
}

/// A thief's night: looks around, makes a user with a key, takes a role, starts instances with it.
fn night() -> Vec<Value> {
    let role = format!("arn:aws:iam::{ME}:role/deploy");
    let instances =
        json!({ "instancesSet": { "items": [{ "instanceId": "i-1" }, { "instanceId": "i-2" }] } });
    let trust = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999900001111:root"},"Action":"sts:AssumeRole"}}"#;
    let mut all = vec![
        event(
            0,
            "iam:CreateAccessKey",
            user("admin", "AKIAADMIN"),
            json!({ "userName": "ci" }),
            json!({ "accessKey": { "accessKeyId": KEY, "userName": "ci", "status": "Active" } }),
        ),
        event(1, "sts:GetCallerIdentity", user("ci", KEY), Value::Null, Value::Null),
        denied(event(2, "iam:ListUsers", user("ci", KEY), Value::Null, Value::Null), "AccessDenied"),
        event(
            3,
            "iam:CreateUser",
            user("ci", KEY),
            json!({ "userName": "support" }),
            json!({ "user": { "arn": format!("arn:aws:iam::{ME}:user/help/support"), "userName": "support" } }),
        ),
        event(
            4,
            "iam:CreateAccessKey",
            user("ci", KEY),
            json!({ "userName": "support" }),
            json!({ "accessKey": { "accessKeyId": "AKIASUPPORTEXAMPLE00", "userName": "support" } }),
        ),
        event(
            5,
            "sts:AssumeRole",
            user("ci", KEY),
            json!({ "roleArn": role, "roleSessionName": "night" }),
            json!({ "credentials": { "accessKeyId": SESSION, "expiration": "Nov 22, 2026, 3:05:00 AM" } }),
        ),
        event(
            6,
            "ec2:RunInstances",
            session("deploy", "night", SESSION),
            json!({ "instanceType": "p4d.24xlarge" }),
            instances,
        ),
        denied(
            event(7, "ec2:RunInstances", session("deploy", "night", SESSION), Value::Null, Value::Null),
            "Client.UnauthorizedOperation",
        ),
        event(
            8,
            "iam:CreateRole",
            user("support", "AKIASUPPORTEXAMPLE00"),
            json!({ "roleName": "OrgAudit", "assumeRolePolicyDocument": trust }),
            json!({ "role": { "arn": format!("arn:aws:iam::{ME}:role/OrgAudit") } }),
        ),
        event(9, "iam:ListRoles", user("admin", "AKIAADMIN"), Value::Null, Value::Null),
    ];
    all.reverse();
    all
}

fn named(suspects: &[Suspect]) -> BTreeSet<Suspect> {
    suspects.iter().cloned().collect()
}

fn report(records: Vec<Value>, suspects: &[Suspect]) -> Report {
    Report::of(&Events { records, ..Events::default() }, &named(suspects))
}

fn key(text: &str) -> Suspect {
    Suspect::key(text).unwrap()
}

#[test]
fn the_chain_follows_sessions_keys_users_and_roles() {
    let chain = Chain::of(&night(), &named(&[key(KEY)]));
    let found: Vec<&str> = chain.links.keys().map(Suspect::text).collect();
    assert_eq!(
        found,
        [
            "AKIAIOSFODNN7EXAMPLE",
            "AKIASUPPORTEXAMPLE00",
            "ASIAIOSFODNN7EXAMPLE",
            "arn:aws:iam::123456789012:role/OrgAudit",
            "arn:aws:iam::123456789012:user/help/support",
        ]
    );
    let from = |key: &Suspect| chain.links[key].from.clone().map(|from| from.to_string());
    assert_eq!(from(&key(SESSION)).as_deref(), Some(KEY));
    let role = Suspect::principal("arn:aws:iam::123456789012:role/OrgAudit").unwrap();
    assert_eq!(from(&role).as_deref(), Some("AKIASUPPORTEXAMPLE00"));
}

#[test]
fn a_report_says_what_was_made_did_and_denied_and_who_made_the_key() {
    let report = report(night(), &[key(KEY)]);
    let made: Vec<(&str, &str)> = report.made.iter().map(|made| (made.kind, &*made.id)).collect();
    assert_eq!(
        made,
        [
            ("user", "support"),
            ("access key", "AKIASUPPORTEXAMPLE00"),
            ("instance", "i-1"),
            ("instance", "i-2"),
            ("role", "OrgAudit"),
        ]
    );
    let offers: Vec<String> = report
        .made
        .iter()
        .filter_map(|m| m.offer.as_ref().map(|o| format!("{} {}", o.step, o.words())))
        .collect();
    assert_eq!(
        offers,
        [
            "600 --principal arn:aws:iam::123456789012:user/help/support",
            "100 --key AKIASUPPORTEXAMPLE00",
            "510 --instance i-1",
            "510 --instance i-2",
            "600 --principal arn:aws:iam::123456789012:role/OrgAudit",
        ]
    );
    assert_eq!(report.made[4].of.as_deref(), Some("trusts arn:aws:iam::999900001111:root"));
    let denied: Vec<&str> = report.denied.iter().map(|count| &*count.what).collect();
    assert_eq!(denied, ["iam:ListUsers", "ec2:RunInstances"]);
    assert_eq!((report.events, report.did.len(), report.read.len()), (8, 5, 1));
    let first = &report.credentials[0];
    assert_eq!((&*first.id, first.calls, first.writes, first.denied), (KEY, 5, 3, 1));
    assert_eq!(first.made_by.as_deref(), Some("arn:aws:iam::123456789012:user/admin"));
    assert_eq!(
        (report.first.as_deref(), report.last.as_deref()),
        (Some("2026-11-22T02:01:00Z"), Some("2026-11-22T02:08:00Z"))
    );
}

#[test]
fn evidence_holds_the_suspects_events_and_the_call_that_made_the_key() {
    let events = Events { records: night(), ..Events::default() };
    let evidence = Report::evidence(&events, &named(&[key(KEY)]));
    let ids: Vec<&str> = evidence.into_iter().map(|record| Event(record).id()).collect();
    assert_eq!(ids, ["e-8", "e-7", "e-6", "e-5", "e-4", "e-3", "e-2", "e-1", "e-0"]);
}

#[test]
fn a_role_is_traced_through_its_sessions_whoever_took_it() {
    let role = Suspect::principal("arn:aws:iam::123456789012:role/deploy").unwrap();
    let report = report(night(), &[role]);
    assert_eq!(report.events, 2, "the session's two calls; the key's own are not the role's");
    let made_by: Vec<Option<&str>> = report.credentials.iter().map(|c| c.made_by.as_deref()).collect();
    assert!(made_by.contains(&Some("arn:aws:iam::123456789012:user/ci")), "{made_by:?}");
    assert!(report.made.iter().all(|made| made.kind == "instance"), "{:?}", report.made);
}

#[test]
fn an_address_is_traced_by_its_events_alone() {
    let mut records = night();
    records[2]["sourceIPAddress"] = "203.0.113.50".into();
    let report = report(records, &[Suspect::address("203.0.113.50").unwrap()]);
    assert_eq!((report.events, report.addresses.len()), (1, 1));
}

#[test]
fn what_a_principal_did_before_the_suspect_opened_it_is_not_the_suspects() {
    let password = json!({ "userName": "old" });
    let records = vec![
        event(9, "ec2:RunInstances", user("old", "AKIAOLD0000000000000"), Value::Null, Value::Null),
        event(5, "iam:CreateLoginProfile", user("ci", KEY), password, Value::Null),
        event(
            2,
            "s3:CreateBucket",
            user("old", "AKIAOLD0000000000000"),
            json!({ "bucketName": "b" }),
            Value::Null,
        ),
    ];
    let report = report(records, &[key(KEY)]);
    let did: Vec<&str> = report.did.iter().map(|count| &*count.what).collect();
    assert_eq!(did, ["iam:CreateLoginProfile", "ec2:RunInstances"]);
}

#[test]
fn a_region_that_was_not_read_is_said() {
    let gap = Gap { cause: Cause::Denied, call: "cloudtrail:LookupEvents".into(), detail: "no".into() };
    let events = Events {
        unread: [("eu-west-1".to_owned(), gap)].into(),
        cut_short: [(KEY.to_owned(), "us-east-1".to_owned())].into(),
        ..Events::default()
    };
    let report = Report::of(&events, &named(&[key(KEY)]));
    assert_eq!(report.unseen.len(), 2, "{:?}", report.unseen);
    assert!(report.unseen[0].starts_with("eu-west-1: events not read: permission denied"));
}

#[test]
fn suspects_are_read_with_care() {
    for wrong in ["", "akia", "AKIA", "AKIA-1234567890123", "AROAIDPPEZS35WEXAMPLE"] {
        assert!(Suspect::key(wrong).is_err(), "{wrong}");
    }
    for right in ["user/ci", "user/a/b/ci", "role/deploy"] {
        assert!(Suspect::principal(&format!("arn:aws:iam::{ME}:{right}")).is_ok(), "{right}");
    }
    assert!(Suspect::principal(&format!("arn:aws:iam::{ME}:root")).is_ok());
    for wrong in [
        "ci",
        "arn:aws:s3:::bucket",
        "arn:aws:iam::123456789012:group/admins",
        "arn:aws:iam::123456789012:user/",
    ] {
        assert!(Suspect::principal(wrong).is_err(), "{wrong}");
    }
    assert!(Suspect::address("198.51.100.300").is_err());
    assert_eq!(Suspect::address("2001:DB8::0001").unwrap().text(), "2001:db8::1");
}

#[test]
fn lookups_take_the_attribute_that_finds_the_events() {
    let of =
        |suspect: Suspect| suspect.lookups().into_iter().map(|lookup| lookup.attribute).collect::<Vec<_>>();
    assert_eq!(of(key(KEY)), [Some(("AccessKeyId", KEY.to_owned()))]);
    let principal = |arn: &str| Suspect::principal(arn).unwrap();
    assert_eq!(of(principal("arn:aws:iam::1:user/a/ci")), [Some(("Username", "ci".to_owned()))]);
    assert_eq!(
        of(principal("arn:aws:sts::1:assumed-role/deploy/night")),
        [Some(("Username", "night".to_owned()))]
    );
    assert_eq!(
        of(principal("arn:aws:iam::1:role/x/deploy")),
        [Some(("ResourceName", "arn:aws:iam::1:role/x/deploy".to_owned()))]
    );
    assert_eq!(of(Suspect::address("198.51.100.7").unwrap()), [None]);
    assert_eq!(key(KEY).origin_lookups()[0].place, Where::Global);
    assert_eq!(key(SESSION).origin_lookups()[0].place, Where::Everywhere);
}

#[test]
fn what_is_to_be_deleted_is_offered_to_605_and_what_is_deleted_is_not() {
    let thief = user("anna", KEY);
    let asked = |minute, call: &str, asked: Value| event(minute, call, thief.clone(), asked, json!({}));
    let records = vec![
        asked(4, "logs:PutRetentionPolicy", json!({ "logGroupName": "trail", "retentionInDays": 1 })),
        asked(
            3,
            "secretsmanager:DeleteSecret",
            json!({ "secretId": "b", "forceDeleteWithoutRecovery": true }),
        ),
        asked(2, "secretsmanager:DeleteSecret", json!({ "secretId": "a", "recoveryWindowInDays": 7 })),
        asked(1, "kms:ScheduleKeyDeletion", json!({ "keyId": "k", "pendingWindowInDays": 7 })),
    ];
    let report = report(records, &[key(KEY)]);
    let made: BTreeSet<_> =
        report.made.iter().map(|made| (made.kind, &*made.id, made.offer.as_ref().map(|o| o.step))).collect();
    let wanted = [
        ("KMS key to be deleted", "k", Some(605)),
        ("log retention changed", "trail", None),
        ("secret deleted at once", "b", None),
        ("secret to be deleted", "a", Some(605)),
    ];
    assert_eq!(made, wanted.into());
}
