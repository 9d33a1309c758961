//! Buckets whose objects S3 copies to other buckets.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketReplication.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::types::ReplicationRuleStatus;
use futures::StreamExt as _;

use super::{Ask, each_seen, s3, seen};
use crate::account::{Account, Replication, ReplicationRule, Seen};
use crate::aws::{Aws, AwsError, unless_gone};

/// Buckets asked for at once.
const AT_ONCE: usize = 20;

/// Buckets with a rule that is on, and those that could not be read.
pub(super) async fn bucket_replications(
    aws: &Aws,
    _: &Account,
    _: &Ask,
) -> Seen<BTreeMap<String, Seen<Replication>>> {
    seen(all(aws).await)
}

async fn all(aws: &Aws) -> Result<BTreeMap<String, Seen<Replication>>, AwsError> {
    let buckets = s3::buckets(aws).await?;
    let own: &BTreeSet<String> = &buckets.keys().cloned().collect();
    let each = futures::stream::iter(buckets).map(async |(name, region): (String, String)| {
        let found = of_bucket(aws, &name, region, own).await;
        (name, found)
    });
    each_seen(each.buffer_unordered(AT_ONCE).collect().await)
}

async fn of_bucket(
    aws: &Aws,
    name: &str,
    region: String,
    own: &BTreeSet<String>,
) -> Result<Option<Replication>, AwsError> {
    let answer = unless_gone(aws.s3(&region).get_bucket_replication().bucket(name).send().await)?;
    let configuration = answer.and_then(|answer| answer.replication_configuration);
    let all = configuration.map(|configuration| configuration.rules).unwrap_or_default();
    let on = all.into_iter().filter(|rule| rule.status == ReplicationRuleStatus::Enabled);
    let rule = |rule: aws_sdk_s3::types::ReplicationRule| {
        let to = rule.destination?;
        let bucket = to.bucket.rsplit(':').next().unwrap_or_default().to_owned();
        let is_own = own.contains(&bucket);
        Some(ReplicationRule { id: rule.id.unwrap_or_default(), account: to.account, is_own, bucket })
    };
    let rules: Vec<ReplicationRule> = on.filter_map(rule).collect();
    Ok((!rules.is_empty()).then_some(Replication { region, rules }))
}
