//! What deletes by a rule: whose it is, and what a write of it changes.

use std::sync::{Arc, Mutex};

use super::*;
use crate::account::{BucketLifecycle, Database, DeletionCall, LifecycleRule, LogGroup, RecoveryPoint};
use crate::aws::scripted::{Script, scripted};

const THIEF: &str = "arn:aws:sts::123456789012:assumed-role/deploy/night";
const POINT: &str = "vault/arn:aws:backup:eu-west-1:123456789012:recovery-point:1";

fn rule(id: &str) -> LifecycleRule {
    LifecycleRule { id: id.into(), on: true, expires_after_days: Some(1), ..LifecycleRule::default() }
}

fn bucket(rules: Vec<LifecycleRule>) -> Seen<BucketLifecycle> {
    Seen::Read(BucketLifecycle { region: REGION.into(), rules, ..BucketLifecycle::default() })
}

fn group(days: Option<i64>, created: &str) -> LogGroup {
    LogGroup { retention_days: days, created: Some(created.into()), class: None }
}

fn call(name: &str, target: &str) -> (String, DeletionCall) {
    let (name, at) = (name.to_owned(), "2026-11-21T02:00:00Z".to_owned());
    let key = DeletionCalls::key(&name, target);
    // A lifecycle has its days in its rules.
    let days = (name != "PutBucketLifecycle").then_some(1);
    (key, DeletionCall { name, target: target.into(), at, by: THIEF.into(), days })
}

/// Two buckets, three log groups and a recovery point; the thief has set the first of each.
fn set_lately() -> Account {
    let mut account = account(&[], None);
    let uploads = LifecycleRule { expires_after_days: None, ..rule("uploads") };
    let buckets = [("orders", bucket(vec![rule("gone"), uploads])), ("archive", bucket(vec![rule("own")]))];
    account.bucket_lifecycles = Seen::Read(buckets.map(|(name, one)| (name.to_owned(), one)).into());
    let here = account.regions.get_mut(REGION).unwrap();
    let groups = [
        ("/shop", group(Some(1), "2026-03-01T00:00:00Z")),
        ("/new", group(Some(1), "2026-11-21T01:59:00Z")),
        ("/own", group(Some(3), "2026-03-01T00:00:00Z")),
    ];
    here.log_groups = Seen::Read(groups.map(|(name, one)| (name.to_owned(), one)).into());
    let point = RecoveryPoint {
        resource: "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1".into(),
        status: "COMPLETED".into(),
        delete_after_days: Some(1),
        cold_after_days: None,
        delete_at: Some("2026-11-23T00:00:00Z".into()),
    };
    here.recovery_points = Seen::Read([(POINT.to_owned(), Seen::Read(point))].into());
    let calls = [
        call("PutBucketLifecycle", "orders"),
        call("PutRetentionPolicy", "/shop"),
        call("PutRetentionPolicy", "/new"),
        call("UpdateRecoveryPointLifecycle", POINT),
    ];
    here.deletion_calls = Seen::Read(DeletionCalls { last: calls.into(), ..DeletionCalls::default() });
    account
}

#[test]
fn a_company_s_own_rules_are_left_unless_somebody_names_them() {
    let account = set_lately();
    let changed = |params: &[(&str, &str)]| changed(&DestructionClocks, &account, &testing::case(params));
    assert_eq!(changed(&[]), ["/shop", POINT, "orders"]);
    assert_eq!(changed(&[("lifecycle", "all"), ("retention", "leave")]), ["archive", "orders"]);
    assert_eq!(changed(&[("lifecycle", "leave"), ("retention", "leave")]), [""; 0]);
    let said = texts(&account).join("\n");
    for part in [
        "the lifecycle of bucket orders was set on 2026-11-21 by arn:aws:sts",
        "log group /shop keeps its events for 1 day: set on 2026-11-21",
        "1 bucket deletes objects by lifecycle rules that stay",
        "3 log groups keep their events for 7 days or less",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn where_nobody_knows_who_has_set_a_rule_it_is_left_and_said() {
    let mut account = set_lately();
    account.regions.get_mut(REGION).unwrap().deletion_calls = Seen::Gap(denied());
    assert_eq!(changed(&DestructionClocks, &account, &testing::case(&[])), [POINT]);
    let found = DestructionClocks.find(&account, &testing::case(&[]));
    let said = found.findings.iter().find(|finding| finding.matters).expect("it matters");
    assert!(said.text.starts_with("nobody knows who has set lifecycles and retentions lately"), "{said:?}");
    let all = testing::case(&[("lifecycle", "all"), ("retention", "leave")]);
    assert_eq!(changed(&DestructionClocks, &account, &all), ["archive", "orders"]);
}

#[test]
fn what_aws_does_not_take_is_refused_with_the_reason() {
    let mut account = set_lately();
    if let Some(Seen::Read(one)) = account.bucket_lifecycles.read_mut().unwrap().get_mut("orders") {
        one.unknown = ["Rule/NewThing".to_owned()].into();
    }
    let here = account.regions.get_mut(REGION).unwrap();
    here.log_groups.read_mut().unwrap().get_mut("/shop").unwrap().class = Some("DELIVERY".into());
    if let Some(Seen::Read(point)) = here.recovery_points.read_mut().unwrap().get_mut(POINT) {
        point.status = "DELETING".into();
    }
    let verdicts = testing::verdicts(&DestructionClocks, &account, &testing::case(&[]));
    let why: Vec<&str> = verdicts
        .iter()
        .filter_map(|(at, _, verdict)| match verdict {
            Verdict::Refuse(why) => Some(why.as_str()),
            Verdict::Already => None,
            other => panic!("{at}: {other:?}"),
        })
        .collect();
    assert!(why[0].contains("class DELIVERY") && why[1].contains("DELETING"), "{why:?}");
    assert!(why[2].contains("would lose: Rule/NewThing"), "{why:?}");
}

#[test]
fn backups_of_databases_are_named() {
    let mut account = account(&[], None);
    let here = account.regions.get_mut(REGION).unwrap();
    let off = Database { name: "orders".into(), backup_days: Some(0), ..Database::default() };
    let replica = Database { name: "copy".into(), ..off.clone() };
    let mut databases = BTreeMap::from([("arn:orders".to_owned(), off), ("arn:copy".to_owned(), replica)]);
    databases.get_mut("arn:copy").unwrap().traits.source = Some("orders".into());
    here.databases = Seen::Read(databases);
    let calls = [call("ModifyDBInstance", "orders"), call("DeleteDBInstanceAutomatedBackup", "db-GONE")];
    here.deletion_calls = Seen::Read(DeletionCalls { last: calls.into(), ..DeletionCalls::default() });
    let said = texts(&account).join("\n");
    for part in [
        "1 database has no automated backups: orders;",
        "the backups of database orders were set to be kept for 1 days on 2026-11-21 by",
        "automated backups of db-GONE were deleted on 2026-11-21 by",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[tokio::test]
async fn rules_stop_and_no_write_starts_them_again() {
    let case = testing::case(&[]);
    let before = set_lately();
    let (simulation, aws) = simulated(before.clone(), &case);
    for one_a_page in [false, true] {
        if one_a_page {
            simulation.one_item_a_page();
        }
        let read = collected(&DestructionClocks, &aws).await;
        assert_eq!(read.regions[REGION], before.regions[REGION]);
        assert_eq!(read.bucket_lifecycles, before.bucket_lifecycles);
    }
    let changes = testing::plan(&DestructionClocks, &before, &case);
    let step: &dyn Step = &DestructionClocks;
    let _phase = aws.enter(Phase::Apply);
    for (at, from, to) in &changes {
        for _ in 0..2 {
            step.lens(at).write(Write::new(&aws, at, from, to, &case.params)).await.expect("stopped");
        }
        let back = step.lens(at).write(Write::new(&aws, at, to, from, &case.params)).await;
        assert!(back.is_err_and(|error| error.to_string() == "unplug never schedules a deletion"), "{at}");
    }
    let after = collected(step, &aws).await;
    for (at, from, to) in &changes {
        let look = Look::new(at, &after, &case);
        assert_eq!(step.lens(at).state(&look), Now::Is(to.clone()), "{at}");
        let held = step.lens(at).hold_back(from, &look).unwrap();
        assert!(held.is_some_and(|why| why.ends_with("unplug never schedules a deletion")), "{at}");
    }
    let Some(Seen::Read(orders)) = after.bucket_lifecycles.item("orders") else { panic!("no lifecycle") };
    let on: Vec<(&str, bool)> = orders.rules.iter().map(|rule| (rule.id.as_str(), rule.on)).collect();
    assert_eq!(on, [("gone", false), ("uploads", true)], "what deletes nothing goes on");
}

/// A rule with everything that S3 knows, and a date as S3 writes it.
const WHOLE: &str = "<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule><ID>gone</ID>\
    <Filter><And><Prefix>a&amp;b/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag>\
    <ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter><Status>Enabled</Status>\
    <Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition>\
    <Expiration><Date>2026-12-01T00:00:00.000Z</Date></Expiration>\
    <NoncurrentVersionTransition><NoncurrentDays>30</NoncurrentDays><StorageClass>GLACIER</StorageClass>\
    </NoncurrentVersionTransition><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
    <NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration>\
    <AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>\
    </Rule><Rule><ID>old</ID><Prefix>logs/</Prefix><Status>Enabled</Status><Transition><Days>30</Days>\
    <StorageClass>GLACIER</StorageClass></Transition></Rule></LifecycleConfiguration>";

/// Disables the rules of a bucket whose configuration is this. Returns the request that replaces it.
async fn written(configuration: String) -> Result<String, String> {
    let sent: Arc<Mutex<Option<String>>> = Arc::default();
    let seen = sent.clone();
    let aws = scripted(move |asked| {
        if asked.text.starts_with("PUT") {
            *seen.lock().unwrap() = Some(asked.text.clone());
        }
        let least_size =
            ("x-amz-transition-default-minimum-object-size", "varies_by_storage_class".to_owned());
        Script::Says(200, vec![least_size], configuration.clone())
    });
    let at = Target::new(Lifecycle::KIND, "orders").region(REGION);
    let step: &dyn Step = &DestructionClocks;
    let (from, to) = (serde_json::json!({ "on": { "gone": "all" } }), serde_json::json!({ "on": {} }));
    let _phase = aws.enter(Phase::Apply);
    let write = step.lens(&at).write(Write::new(&aws, &at, &from, &to, &Params::default())).await;
    write.map_err(|error| error.to_string())?;
    Ok(sent.lock().unwrap().take().expect("a request"))
}

#[tokio::test]
async fn a_write_disables_what_deletes_and_sends_all_the_rest_back() {
    let sent = written(WHOLE.into()).await.unwrap();
    for part in [
        "x-amz-transition-default-minimum-object-size: varies_by_storage_class",
        "<ID>gone</ID>",
        "<Prefix>a&amp;b/</Prefix>",
        "<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan>",
        "<Date>2026-12-01T00:00:00Z</Date>",
        "<NewerNoncurrentVersions>2</NewerNoncurrentVersions>",
        "<DaysAfterInitiation>7</DaysAfterInitiation>",
        "<Prefix>logs/</Prefix>",
    ] {
        assert!(sent.contains(part), "{part} in {sent}");
    }
    let status = |word: &str| sent.matches(&format!("<Status>{word}</Status>")).count();
    assert_eq!((status("Disabled"), status("Enabled")), (1, 1), "{sent}");
}

#[tokio::test]
async fn a_configuration_with_something_new_is_not_written() {
    let new = WHOLE.replace("<ID>gone</ID>", "<ID>gone</ID><Undo>30</Undo>");
    let why = written(new).await.unwrap_err();
    assert!(why.contains("would lose: Rule/Undo"), "{why}");
}
