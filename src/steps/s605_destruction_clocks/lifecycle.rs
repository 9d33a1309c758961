//! The rules of a bucket's lifecycle that delete something. Their status becomes `Disabled`, and nothing else of
//! the configuration changes.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{BucketLifecycleConfiguration, ExpirationStatus, LifecycleRule as Rule};
use serde::{Deserialize, Serialize};

use super::clock::{NEVER, day};
use super::evidence;
use crate::account::{Account, BucketLifecycle, LifecycleRule, Section};
use crate::collect::Ask;
use crate::step::{
    Case, Found, Item, Lens, Look, Now, Reason, StepError, Target, Verdict, Write, agree, count, first_few,
};

pub(super) struct Lifecycle;

/// The call as CloudTrail names it.
const CALL: &str = "PutBucketLifecycle";

/// The enabled rules that delete something: what each deletes, by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    on: BTreeMap<String, String>,
}

impl Rules {
    fn of(lifecycle: &BucketLifecycle) -> Rules {
        let on = lifecycle.rules.iter().filter(|rule| rule.on && rule.destroys());
        Rules { on: on.map(|rule| (rule.id.clone(), words(rule))).collect() }
    }
}

/// `logs/: objects after 1 day, old versions after 1 day`.
fn words(rule: &LifecycleRule) -> String {
    let days = |days: i32| count(usize::try_from(days).unwrap_or(0), "day");
    let after = rule.expires_after_days.map(|after| format!("objects after {}", days(after)));
    let on = rule.expires_on.as_ref().map(|date| format!("objects on {}", day(date)));
    let old = rule.noncurrent_after_days.map(|after| format!("old versions after {}", days(after)));
    let what: Vec<String> = [after, on, old].into_iter().flatten().collect();
    let prefix = if rule.prefix.is_empty() { String::new() } else { format!("{}: ", rule.prefix) };
    format!("{prefix}{}", what.join(", "))
}

/// Adds the buckets whose lifecycle was set lately, or all of them, and says how many are left.
pub(super) fn find(account: &Account, case: &Case, found: &mut Found) {
    let chosen = evidence::LIFECYCLE.of(&case.params);
    let mut own = 0;
    for (bucket, lifecycle) in account.bucket_lifecycles.items() {
        let Some(lifecycle) = lifecycle.read().filter(|one| case.scope.has_region(&one.region)) else {
            continue;
        };
        let deletes = lifecycle.rules.iter().any(|rule| rule.on && rule.destroys());
        let calls = account.regions.get(&lifecycle.region).and_then(|here| here.deletion_calls.read());
        let call = calls.and_then(|calls| calls.about(CALL, bucket));
        if !evidence::chooses(chosen, call.is_some()) {
            own += usize::from(deletes);
            continue;
        }
        if let Some(call) = call.filter(|_| deletes) {
            let text = format!("the lifecycle of bucket {bucket} was set {}", evidence::when_and_who(call));
            found.note(Some(&lifecycle.region), text);
        }
        found.item(Item::new(Target::new(Lifecycle::KIND, bucket).region(&lifecycle.region)));
    }
    if own > 0 {
        let why = if chosen == evidence::LEAVE {
            "`lifecycle = \"leave\"` leaves all of them"
        } else {
            "nobody is seen to have set them lately (`lifecycle = \"all\"` disables them too)"
        };
        let deletes = agree(own, "bucket", "deletes", "delete");
        found.note(None, format!("{deletes} objects by lifecycle rules that stay: {why}"));
    }
}

impl Lens for Lifecycle {
    type State = Rules;
    const KIND: &'static str = "bucket-lifecycle";
    const NEEDS: &'static [Section] = &[Section::BucketLifecycles];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        let this = (at.region_name().to_owned(), at.id.clone());
        ask.only_lifecycles.get_or_insert_default().insert(this);
    }

    fn state(&self, look: &Look<'_>) -> Now<Rules> {
        Now::of_item(&look.account.bucket_lifecycles, &look.at.id, |lifecycle| {
            Now::of(lifecycle, |lifecycle| Now::Is(Rules::of(lifecycle)))
        })
    }

    fn contain(&self, now: &Rules, look: &Look<'_>) -> Verdict<Rules> {
        if now.on.is_empty() {
            return Verdict::Already;
        }
        let lifecycle = look.account.bucket_lifecycles.item(&look.at.id).and_then(|one| one.read());
        let unknown: Vec<&str> =
            lifecycle.into_iter().flat_map(|one| &one.unknown).map(String::as_str).collect();
        if !unknown.is_empty() {
            return Verdict::Refuse(too_new(&unknown));
        }
        Verdict::Lasting(Rules { on: BTreeMap::new() }, kept(now))
    }

    fn hold_back(&self, before: &Rules, _: &Look<'_>) -> Option<Reason> {
        (!before.on.is_empty()).then(|| kept(before))
    }

    fn show(&self, state: &Rules) -> String {
        let rules: Vec<String> = state.on.iter().map(|(id, words)| format!("rule {id} ({words})")).collect();
        match &rules[..] {
            [] => "no enabled rule deletes anything".into(),
            rules => format!("deletes by {}", first_few(rules, 3)),
        }
    }

    /// The call replaces the whole configuration: everything that was read is sent back.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html>
    async fn write(&self, write: Write<'_, Rules>) -> Result<(), StepError> {
        if !write.to.on.is_empty() {
            return Err(StepError::State(NEVER.into()));
        }
        let (region, bucket) = (write.at.region_name(), &write.at.id);
        let Some(whole) = write.aws.bucket_lifecycle(region, bucket).await? else { return Ok(()) };
        if !whole.unknown.is_empty() {
            let unknown: Vec<&str> = whole.unknown.iter().map(String::as_str).collect();
            return Err(StepError::State(too_new(&unknown)));
        }
        let rules = whole.rules.into_iter().map(|mut rule| {
            if destroys(&rule) {
                rule.status = ExpirationStatus::Disabled;
            }
            rule
        });
        let all = BucketLifecycleConfiguration::builder().set_rules(Some(rules.collect())).build();
        let all = all.map_err(|error| StepError::State(error.to_string()))?;
        let put = write.aws.s3(region).put_bucket_lifecycle_configuration().bucket(bucket);
        let put = put.set_transition_default_minimum_object_size(whole.least_size);
        put.lifecycle_configuration(all).send().await?;
        Ok(())
    }
}

/// As [`LifecycleRule::destroys`] has it.
fn destroys(rule: &Rule) -> bool {
    let expires = rule.expiration().is_some_and(|one| one.days().is_some() || one.date().is_some());
    expires || rule.noncurrent_version_expiration().is_some()
}

fn too_new(unknown: &[&str]) -> Reason {
    format!(
        "its configuration has settings that this version does not know and would lose: {}; disable its rules by \
         hand (S3 console, Management)",
        first_few(unknown, 3)
    )
}

fn kept(rules: &Rules) -> Reason {
    let ids: Vec<&str> = rules.on.keys().map(String::as_str).collect();
    format!("enable rules {} by hand if you want it (S3 console, Management): {NEVER}", first_few(&ids, 5))
}
