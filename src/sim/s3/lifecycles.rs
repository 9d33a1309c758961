//! Lifecycle configurations of buckets, as far as the account has them: rules that delete something.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{
    ExpirationStatus, LifecycleExpiration, LifecycleRule as Told, LifecycleRuleFilter,
    NoncurrentVersionExpiration,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::super::iam::built;
use super::super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::super::world::{seen, seen_mut};
use super::buckets::check;
use crate::account::{BucketLifecycle, LifecycleRule};
use crate::aws::operations::s3;

/// Rules of one bucket, at the most.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-set-lifecycle-configuration-intro.html>
const MOST_RULES: usize = 1_000;

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on_with_body::<s3::GetBucketLifecycleConfiguration>(get_lifecycle, unknown_elements);
    dispatch.on::<s3::PutBucketLifecycleConfiguration>(put_lifecycle);
}

fn lifecycle<'w>(cx: &'w Cx<'_>, bucket: Option<&str>) -> Result<&'w BucketLifecycle, Refused> {
    let none = || refuse("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist");
    let all = seen(&cx.world.account.bucket_lifecycles)?;
    // One that hides is known by its name alone, and nobody knows its Region.
    if let Some(hidden @ crate::account::Seen::Gap(_)) = all.get(bucket.unwrap_or_default()) {
        return seen(hidden);
    }
    check(cx, bucket)?;
    all.get(bucket.unwrap_or_default()).map(seen).transpose()?.ok_or_else(none)
}

fn get_lifecycle(
    cx: &mut Cx<'_>,
    input: &In<s3::GetBucketLifecycleConfiguration>,
) -> Said<s3::GetBucketLifecycleConfiguration> {
    let rules = lifecycle(cx, input.bucket())?.rules.iter().map(told).collect::<Result<Vec<_>, _>>()?;
    Ok(Out::<s3::GetBucketLifecycleConfiguration>::builder().set_rules(Some(rules)).build())
}

/// The elements of a configuration that the SDK does not know, as AWS would send them.
fn unknown_elements(cx: &Cx<'_>, input: &In<s3::GetBucketLifecycleConfiguration>) -> Option<String> {
    let one = lifecycle(cx, input.bucket()).ok().filter(|one| !one.unknown.is_empty())?;
    let element = |path: &String| {
        let start: String = path.split('/').map(|name| format!("<{name}>")).collect();
        let end: String = path.split('/').rev().map(|name| format!("</{name}>")).collect();
        format!("{start}new{end}")
    };
    let elements: String = one.unknown.iter().map(element).collect();
    Some(format!("<LifecycleConfiguration>{elements}</LifecycleConfiguration>"))
}

fn told(rule: &LifecycleRule) -> Result<Told, Refused> {
    let date = rule.expires_on.as_deref().and_then(|date| DateTime::from_str(date, Format::DateTime).ok());
    let expires = (rule.expires_after_days.is_some() || date.is_some())
        .then(|| LifecycleExpiration::builder().set_days(rule.expires_after_days).set_date(date).build());
    let noncurrent = rule
        .noncurrent_after_days
        .map(|days| NoncurrentVersionExpiration::builder().noncurrent_days(days).build());
    built(
        Told::builder()
            .id(&rule.id)
            .status(if rule.on { ExpirationStatus::Enabled } else { ExpirationStatus::Disabled })
            .filter(LifecycleRuleFilter::builder().prefix(&rule.prefix).build())
            .set_expiration(expires)
            .set_noncurrent_version_expiration(noncurrent)
            .build(),
    )
}

/// The whole configuration is replaced: a rule that is not in the request is gone.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html>
fn put_lifecycle(
    cx: &mut Cx<'_>,
    input: &In<s3::PutBucketLifecycleConfiguration>,
) -> Said<s3::PutBucketLifecycleConfiguration> {
    check(cx, input.bucket())?;
    let asked = input.lifecycle_configuration().map(|all| all.rules()).unwrap_or_default();
    let ids: BTreeSet<&str> = asked.iter().filter_map(Told::id).collect();
    if asked.is_empty() || asked.len() > MOST_RULES || ids.len() != asked.len() {
        return Err(refuse("MalformedXML", "The XML you provided was not well-formed"));
    }
    let rules = asked.iter().map(rule).collect();
    let region = cx.region.to_owned();
    let all = seen_mut(&mut cx.world.account.bucket_lifecycles)?;
    let name = input.bucket().unwrap_or_default().to_owned();
    let unknown = BTreeSet::new();
    all.insert(name, crate::account::Seen::Read(BucketLifecycle { region, rules, unknown }));
    Ok(Out::<s3::PutBucketLifecycleConfiguration>::builder().build())
}

fn rule(told: &Told) -> LifecycleRule {
    let expiration = told.expiration();
    let date =
        expiration.and_then(LifecycleExpiration::date).and_then(|date| date.fmt(Format::DateTime).ok());
    LifecycleRule {
        id: told.id().unwrap_or_default().to_owned(),
        on: *told.status() == ExpirationStatus::Enabled,
        prefix: told.filter().and_then(LifecycleRuleFilter::prefix).unwrap_or_default().to_owned(),
        expires_after_days: expiration.and_then(LifecycleExpiration::days),
        expires_on: date,
        noncurrent_after_days: told.noncurrent_version_expiration().and_then(|one| one.noncurrent_days()),
    }
}
