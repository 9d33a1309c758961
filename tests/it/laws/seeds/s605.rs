//! Seeds of 605: the drill's company, with keys and secrets in every state, and with rules that delete, of its own
//! and of a thief.

use serde_json::json;
use unplug::account::{
    Account, BucketLifecycle, Cause, DeletionCall, DeletionCalls, Gap, KmsKey, LifecycleRule, LogGroup,
    RecoveryPoint, Secret, Seen,
};

use super::{Seed, company, seed, with};

const DUE: &str = "2026-11-27T02:40:11Z";

fn key(state: &str) -> KmsKey {
    KmsKey { state: state.into(), description: "orders".into(), ..KmsKey::default() }
}

fn denied(call: &str) -> Gap {
    let detail = "AccessDenied: the policy of the resource denies it".to_owned();
    Gap { cause: Cause::Denied, call: call.into(), detail }
}

/// Keys by id: two are to be deleted, and their neighbours must stay as they are.
fn keys() -> Vec<(&'static str, KmsKey)> {
    let due = |state| KmsKey { deletion: Some(DUE.into()), ..key(state) };
    vec![
        ("1b5c7f0a-2d4e-4c61-9a38-0f1e2d3c4b5a", due("PendingDeletion")),
        (
            "mrk-4f7d1c2b3a495867a1b2c3d4e5f60718",
            KmsKey { days_after_replicas: Some(7), ..key("PendingReplicaDeletion") },
        ),
        ("2c6d801b-3e5f-4d72-8b49-102f3e4d5c6b", key("Enabled")),
        ("3d7e912c-4f60-4e83-9c5a-21304f5e6d7c", key("Disabled")),
        ("4e8fa23d-5071-4f94-8d6b-324150607e8d", key("PendingImport")),
        ("5f90b34e-6182-40a5-9e7c-435261718f9e", key("Unavailable")),
        ("60a1c45f-7293-41b6-8f8d-5463728290af", KmsKey { managed_by_aws: true, ..key("Enabled") }),
        (
            "71b2d560-83a4-42c7-909e-6574839301b0",
            KmsKey { material_expires: Some("2027-01-01T00:00:00Z".into()), ..key("Enabled") },
        ),
    ]
}

fn arn(account: &Account, name: &str) -> String {
    format!("arn:aws:secretsmanager:us-east-1:{}:secret:{name}-AbCdEf", account.id)
}

fn account() -> Account {
    let mut account = company();
    let secret = |name: &str, deleted: Option<&str>| {
        let tags = [("team".to_owned(), "shop".to_owned())].into();
        let deleted = deleted.map(str::to_owned);
        (arn(&account, name), Seen::Read(Secret { name: name.into(), deleted, tags, ..Secret::default() }))
    };
    let secrets = [
        secret("kc/shop/payment", Some(DUE)),
        secret("kc/shop/mail", None),
        secret("kc/warehouse", Some("2026-12-20T00:00:00Z")),
    ];
    let here = account.regions.get_mut("us-east-1").unwrap();
    here.secrets = Seen::Read(secrets.into());
    here.kms_keys =
        Seen::Read(keys().into_iter().map(|(id, key)| (id.to_owned(), Seen::Read(key))).collect());
    rules(&mut account);
    account
}

const REGION: &str = "us-east-1";
const THIEF: &str = "arn:aws:sts::444455556666:assumed-role/deploy/night";
const POINT: &str = "kc-backups/arn:aws:backup:us-east-1:444455556666:recovery-point:11111111";
const GOING: &str = "kc-backups/arn:aws:backup:us-east-1:444455556666:recovery-point:22222222";

fn rule(id: &str, on: bool) -> LifecycleRule {
    LifecycleRule { id: id.into(), on, expires_after_days: Some(1), ..LifecycleRule::default() }
}

fn lifecycle(rules: Vec<LifecycleRule>) -> BucketLifecycle {
    BucketLifecycle { region: REGION.into(), rules, ..BucketLifecycle::default() }
}

/// Lifecycles by bucket: of the first two the thief has set the rules.
fn lifecycles() -> Vec<(&'static str, BucketLifecycle)> {
    let old =
        LifecycleRule { noncurrent_after_days: Some(1), expires_after_days: None, ..rule("versions", true) };
    let date = Some("2026-11-30T00:00:00Z".to_owned());
    let dated = LifecycleRule { expires_on: date, expires_after_days: None, ..rule("dated", true) };
    let uploads = LifecycleRule { expires_after_days: None, prefix: "in/".into(), ..rule("uploads", true) };
    let unknown = ["Rule/NewThing".to_owned()].into();
    vec![
        ("kc-orders", lifecycle(vec![rule("gone", true), old, dated, rule("off", false), uploads.clone()])),
        ("kc-too-new", BucketLifecycle { unknown, ..lifecycle(vec![rule("gone", true)]) }),
        ("kc-archive", lifecycle(vec![rule("own", true)])),
        ("kc-uploads", lifecycle(vec![uploads])),
    ]
}

fn log_group(days: Option<i64>, created: &str) -> LogGroup {
    LogGroup { retention_days: days, created: Some(created.into()), class: None }
}

fn call(name: &str, target: &str, days: Option<i64>) -> (String, DeletionCall) {
    let (at, by) = ("2026-11-22T02:11:00Z".to_owned(), THIEF.to_owned());
    let key = DeletionCalls::key(name, target);
    (key, DeletionCall { name: name.into(), target: target.into(), at, by, days })
}

fn point(status: &str) -> Seen<RecoveryPoint> {
    Seen::Read(RecoveryPoint {
        resource: "arn:aws:dynamodb:us-east-1:444455556666:table/orders".into(),
        status: status.into(),
        delete_after_days: Some(120),
        cold_after_days: Some(30),
        delete_at: Some("2026-11-24T00:00:00Z".into()),
    })
}

/// Adds what deletes by a rule.
fn rules(account: &mut Account) {
    let buckets = lifecycles().into_iter().map(|(name, one)| (name.to_owned(), Seen::Read(one)));
    account.bucket_lifecycles = Seen::Read(buckets.collect());
    let here = account.regions.get_mut(REGION).unwrap();
    let delivery = LogGroup { class: Some("DELIVERY".into()), ..log_group(Some(2), "2026-03-01T00:00:00Z") };
    let groups = [
        ("/kc/shop", log_group(Some(1), "2026-03-01T00:00:00Z")),
        ("/kc/delivered", delivery),
        ("/kc/made-with-it", log_group(Some(3), "2026-11-22T02:10:00Z")),
        ("/kc/own", log_group(Some(30), "2026-03-01T00:00:00Z")),
        ("/kc/for-good", log_group(None, "2026-03-01T00:00:00Z")),
    ];
    here.log_groups = Seen::Read(groups.map(|(name, group)| (name.to_owned(), group)).into());
    let points = [(POINT, point("COMPLETED")), (GOING, point("DELETING"))];
    here.recovery_points = Seen::Read(points.map(|(id, point)| (id.to_owned(), point)).into());
    let calls = [
        call("PutBucketLifecycle", "kc-orders", None),
        call("PutBucketLifecycle", "kc-too-new", None),
        call("PutBucketLifecycle", "kc-uploads", None),
        call("PutRetentionPolicy", "/kc/shop", Some(1)),
        call("PutRetentionPolicy", "/kc/delivered", Some(2)),
        call("PutRetentionPolicy", "/kc/made-with-it", Some(3)),
        call("PutRetentionPolicy", "/kc/not-there", Some(1)),
        call("UpdateRecoveryPointLifecycle", POINT, Some(120)),
        call("UpdateRecoveryPointLifecycle", GOING, Some(120)),
        call(
            "DeleteRecoveryPoint",
            "kc-backups/arn:aws:backup:us-east-1:444455556666:recovery-point:3",
            None,
        ),
        call("ModifyDBInstance", "kc-orders", Some(0)),
        call("DeleteDBInstanceAutomatedBackup", "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ", None),
    ];
    here.deletion_calls = Seen::Read(DeletionCalls { last: calls.into(), ..DeletionCalls::default() });
}

/// A key, a secret, a bucket and a recovery point hide from the caller: gaps, and the rest goes on.
fn hidden() -> Account {
    let mut account = account();
    let hidden = arn(&account, "kc/hidden");
    let here = account.regions.get_mut("us-east-1").unwrap();
    let keys = here.kms_keys.read_mut().unwrap();
    keys.insert("82c3e671-94b5-43d8-81af-7685940a12c1".into(), Seen::Gap(denied("kms:DescribeKey")));
    let secrets = here.secrets.read_mut().unwrap();
    secrets.insert(hidden, Seen::Gap(denied("secretsmanager:DescribeSecret")));
    let points = here.recovery_points.read_mut().unwrap();
    points.insert(GOING.to_owned(), Seen::Gap(denied("backup:DescribeRecoveryPoint")));
    let buckets = account.bucket_lifecycles.read_mut().unwrap();
    buckets.insert("kc-hidden".into(), Seen::Gap(denied("s3:GetBucketLifecycleConfiguration")));
    account
}

pub fn seeds() -> Vec<Seed> {
    vec![
        seed("keys and secrets to be deleted", 605, account(), None),
        seed("a key and a secret that hide", 605, hidden(), None),
        with(seed("every lifecycle rule", 605, account(), None), "lifecycle", json!("all")),
    ]
}
