//! Lifecycles of buckets, as far as they delete something.

use std::collections::BTreeMap;

use aws_sdk_s3::types;
use aws_smithy_types::date_time::Format;
use futures::future::join_all;

use super::{Ask, each_seen, s3, seen};
use crate::account::{Account, BucketLifecycle, LifecycleRule, Seen};
use crate::aws::{Aws, AwsError};

/// The lifecycles of the account's buckets by name, or of those that are asked for. Each takes a call.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html>
pub(super) async fn bucket_lifecycles(
    aws: &Aws,
    _: &Account,
    ask: &Ask,
) -> Seen<BTreeMap<String, Seen<BucketLifecycle>>> {
    seen(read(aws, ask).await)
}

async fn read(aws: &Aws, ask: &Ask) -> Result<BTreeMap<String, Seen<BucketLifecycle>>, AwsError> {
    let buckets: BTreeMap<String, String> = match &ask.only_lifecycles {
        Some(only) => only.iter().map(|(region, name)| (name.clone(), region.clone())).collect(),
        None => s3::buckets(aws).await?,
    };
    let lifecycles = buckets.into_iter().map(async |(name, region)| {
        let lifecycle = of_bucket(aws, &name, region).await;
        (name, lifecycle)
    });
    each_seen(join_all(lifecycles).await)
}

/// A bucket's lifecycle; `None`: it has none, or the bucket is gone.
async fn of_bucket(aws: &Aws, name: &str, region: String) -> Result<Option<BucketLifecycle>, AwsError> {
    let Some(whole) = aws.bucket_lifecycle(&region, name).await? else { return Ok(None) };
    let rules = whole.rules.iter().map(rule).collect();
    Ok(Some(BucketLifecycle { region, rules, unknown: whole.unknown }))
}

fn rule(rule: &types::LifecycleRule) -> LifecycleRule {
    let expiration = rule.expiration();
    LifecycleRule {
        id: rule.id().unwrap_or_default().to_owned(),
        on: *rule.status() == types::ExpirationStatus::Enabled,
        prefix: prefix(rule).unwrap_or_default().to_owned(),
        expires_after_days: expiration.and_then(types::LifecycleExpiration::days),
        expires_on: expiration.and_then(|one| one.date()).and_then(|date| date.fmt(Format::DateTime).ok()),
        // AWS takes no such element without its days.
        noncurrent_after_days: rule
            .noncurrent_version_expiration()
            .map(|one| one.noncurrent_days().unwrap_or_default()),
    }
}

/// What the keys begin with. Rules of the first version have it outside of their filter.
#[expect(deprecated, reason = "rules of the first version have it there")]
fn prefix(rule: &types::LifecycleRule) -> Option<&str> {
    let filter = rule.filter();
    let in_filter = filter.and_then(|filter| filter.prefix().or_else(|| filter.and()?.prefix()));
    in_filter.or_else(|| rule.prefix())
}
