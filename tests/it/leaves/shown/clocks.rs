//! What step 605 leaves of deletions.

use unplug::access::facts::Facts;
use unplug::access::powers::Power;
use unplug::access::survey;
use unplug::account::{
    Account, BucketLifecycle, DeletionCall, DeletionCalls, KmsKey, LifecycleRule, RecoveryPoint, Secret, Seen,
};

use super::super::cut::{Cut, REGION, here};
use super::principals::principals;

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:pay-AbCdEf";
const POINT: &str = "vault/arn:aws:backup:eu-west-1:111111111111:recovery-point:1";

/// Deletions of every kind, some of them of the company itself.
pub fn clocks(account: &mut Account) {
    principals(account);
    let due = "2026-11-29T00:00:00Z";
    let key = |state: &str, due: Option<&str>| {
        Seen::Read(KmsKey { state: state.into(), deletion: due.map(str::to_owned), ..KmsKey::default() })
    };
    let keys = [("due", key("PendingDeletion", Some(due))), ("off", key("Disabled", None))];
    let secret = Secret { name: "pay".into(), deleted: Some(due.into()), ..Secret::default() };
    let rule = LifecycleRule {
        id: "gone".into(),
        on: true,
        expires_after_days: Some(1),
        ..LifecycleRule::default()
    };
    let lifecycle = || {
        let (region, rules) = (REGION.to_owned(), vec![rule.clone()]);
        Seen::Read(BucketLifecycle { region, rules, ..BucketLifecycle::default() })
    };
    let buckets = [("new".to_owned(), lifecycle()), ("own".to_owned(), lifecycle())];
    account.bucket_lifecycles = Seen::Read(buckets.into());
    let call = |name: &str, target: &str| {
        let at = "2026-11-22T02:00:00Z".to_owned();
        let call = DeletionCall { name: name.into(), target: target.into(), at, ..DeletionCall::default() };
        (DeletionCalls::key(name, target), call)
    };
    let here = here(account);
    here.kms_keys = Seen::Read(keys.map(|(id, key)| (id.to_owned(), key)).into());
    here.secrets = Seen::Read([(SECRET.to_owned(), Seen::Read(secret))].into());
    let point =
        RecoveryPoint { status: "DELETING".into(), delete_after_days: Some(1), ..RecoveryPoint::default() };
    here.recovery_points = Seen::Read([(POINT.to_owned(), Seen::Read(point))].into());
    let last = [call("PutBucketLifecycle", "new"), call("UpdateRecoveryPointLifecycle", POINT)].into();
    here.deletion_calls = Seen::Read(DeletionCalls { last, ..DeletionCalls::default() });
}

fn key_state<'a>(cut: &'a Cut, id: &str) -> &'a str {
    let keys = &cut.after.regions[REGION].kms_keys;
    &keys.item(id).and_then(|key| key.read()).expect("the key").state
}

pub fn a_kept_key_is_disabled(cut: &Cut) {
    assert_eq!(key_state(cut, "due"), "Disabled");
}

pub fn a_disabled_key_stays_so(cut: &Cut) {
    assert_eq!(key_state(cut, "off"), "Disabled");
}

/// Has somebody this power, sure or perhaps?
fn has(cut: &Cut, name: &str, power: Power) -> bool {
    let report = survey(&Facts::of(&cut.after, "2026-11-22T03:12:00Z".parse().unwrap())).unwrap();
    !report.find(name).expect("a principal").answer(power).unwrap().sure.is_no()
}

pub fn a_kept_secret_is_read_by_whoever_may(cut: &Cut) {
    let secret = cut.after.regions[REGION].secrets.item(SECRET).and_then(|one| one.read()).unwrap();
    assert_eq!(secret.deleted, None);
    assert!(has(cut, "ben", Power::ReadSecrets));
}

pub fn whoever_may_schedules_again(cut: &Cut) {
    assert!(has(cut, "ben", Power::Everything));
}

pub fn an_older_rule_goes_on(cut: &Cut) {
    let on = |bucket: &str| {
        let lifecycle = cut.after.bucket_lifecycles.item(bucket).and_then(|one| one.read()).unwrap();
        lifecycle.rules[0].on
    };
    assert!(!on("new") && on("own"));
}

pub fn a_point_that_is_being_deleted_is_refused(cut: &Cut) {
    assert!(cut.refusal(POINT).contains("DELETING"));
}
