//! The bucket that a run makes for its trail: versioned, no public access, a policy for that one trail.
//!
//! It is no `Made<R>`: the run chooses its name, so no id can be lost and nothing is looked for by tags;
//! it belongs to the account and not to a Region; and it is evidence, which nothing deletes.

use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration,
    PublicAccessBlockConfiguration, Tag, VersioningConfiguration,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::names::{arn, is_full, trail_name};
use super::{KEPT, NOTHING_DELETED};
use crate::account::{self, Account, Gap, PublicAccessBlock, Section};
use crate::aws::{Aws, AwsError};
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write, created};

pub(super) struct LogBucket;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BucketBody {
    /// In one canonical form, because AWS may send it back with other white space.
    policy: Option<String>,
    versioned: bool,
    /// All four switches of the bucket's public access block.
    blocked: bool,
}

impl Lens for LogBucket {
    /// `None`: there is no such bucket.
    type State = Option<BucketBody>;
    const KIND: &'static str = "log-bucket";
    const NEEDS: &'static [Section] = &[Section::LogBuckets];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.buckets.insert(at.id.clone());
    }

    fn state(&self, look: &Look<'_>) -> Now<Option<BucketBody>> {
        Now::of(&look.account.log_buckets, |buckets| match buckets.get(&look.at.id).map(body) {
            None => Now::Is(None),
            Some(Ok(body)) => Now::Is(Some(body)),
            Some(Err(gap)) => Now::Unknown(gap.clone()),
        })
    }

    fn contain(&self, now: &Option<BucketBody>, look: &Look<'_>) -> Verdict<Option<BucketBody>> {
        let policy = policy(look.account, look.at, &trail_name(look.case)).to_string();
        let wanted = Some(BucketBody { policy: Some(policy), versioned: true, blocked: true });
        if *now == wanted {
            return Verdict::Already;
        }
        match is_full(look.account, look.case) {
            Some(why) => Verdict::Refuse(why),
            None => Verdict::Lasting(wanted, KEPT.into()),
        }
    }

    /// Made, then blocked, then versioned; the policy comes last.
    fn passes(&self, from: &Option<BucketBody>, to: &Option<BucketBody>) -> Vec<Option<BucketBody>> {
        let Some(to) = to else { return vec![] };
        let bare = |blocked| BucketBody { policy: None, versioned: false, blocked };
        // A new bucket is blocked from the start, in accounts and emulators of today.
        let starts = from.clone().map_or_else(|| vec![bare(true), bare(false)], |from| vec![from]);
        let ways = starts.into_iter().flat_map(|start| {
            let blocked = BucketBody { blocked: to.blocked, ..start.clone() };
            let versioned = BucketBody { versioned: to.versioned, ..blocked.clone() };
            [start, blocked, versioned]
        });
        ways.map(Some).collect()
    }

    fn show(&self, state: &Option<BucketBody>) -> String {
        let Some(bucket) = state else { return "not there".into() };
        [
            if bucket.policy.is_some() { "with a policy" } else { "no policy" },
            if bucket.versioned { "versioned" } else { "not versioned" },
            if bucket.blocked { "no public access" } else { "public access possible" },
        ]
        .join(", ")
    }

    async fn write(&self, write: Write<'_, Option<BucketBody>>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let Some(to) = to else { return Err(StepError::State(NOTHING_DELETED.into())) };
        if from.is_none() {
            create(aws, at).await?;
        }
        let s3 = aws.s3(at.region_name());
        let block = PublicAccessBlockConfiguration::builder()
            .block_public_acls(to.blocked)
            .ignore_public_acls(to.blocked)
            .block_public_policy(to.blocked)
            .restrict_public_buckets(to.blocked)
            .build();
        s3.put_public_access_block().bucket(&at.id).public_access_block_configuration(block).send().await?;
        let status =
            if to.versioned { BucketVersioningStatus::Enabled } else { BucketVersioningStatus::Suspended };
        let versioning = VersioningConfiguration::builder().status(status).build();
        s3.put_bucket_versioning().bucket(&at.id).versioning_configuration(versioning).send().await?;
        if let Some(policy) = &to.policy {
            s3.put_bucket_policy().bucket(&at.id).policy(policy).send().await?;
        }
        Ok(())
    }
}

async fn create(aws: &Aws, at: &Target) -> Result<(), StepError> {
    // us-east-1 is what S3 means when no Region is given, and refuses to be named.
    let region = Some(at.region_name()).filter(|region| *region != "us-east-1");
    let made = CreateBucketConfiguration::builder()
        .set_location_constraint(region.map(BucketLocationConstraint::from))
        .set_tags(Some(tags(aws)?))
        .build();
    let create = aws.s3(at.region_name()).create_bucket().bucket(&at.id).create_bucket_configuration(made);
    match create.send().await.map_err(AwsError::from) {
        Ok(_) => {}
        // A crash came between creating and recording.
        Err(error) if error.is("BucketAlreadyOwnedByYou") => {}
        Err(error) => return Err(error.into()),
    }
    Ok(aws.created(LogBucket::KIND, &at.id)?)
}

/// Tags go with the call that creates: a crash leaves no bucket of nobody's.
pub(super) fn tags(aws: &Aws) -> Result<Vec<Tag>, StepError> {
    let tag = |(key, value): (&str, String)| Tag::builder().key(key).value(value).build();
    let tags = created::tags(aws, LogBucket::KIND).into_iter().map(tag).collect::<Result<_, _>>();
    tags.map_err(|error| StepError::State(error.to_string()))
}

/// Returns the policy that lets CloudTrail look and write, for this one trail.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html>
fn policy(account: &Account, at: &Target, trail: &str) -> Value {
    let bucket = format!("arn:{}:s3:::{}", account.partition(), at.id);
    let trail = arn(account, at.region_name(), trail);
    let logs = format!("{bucket}/AWSLogs/{}/*", account.id);
    let service = json!({ "Service": "cloudtrail.amazonaws.com" });
    let write = json!({ "s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": trail });
    json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "CloudTrailLooks", "Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl",
          "Resource": bucket, "Condition": { "StringEquals": { "aws:SourceArn": trail } } },
        { "Sid": "CloudTrailWrites", "Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
          "Resource": logs, "Condition": { "StringEquals": write } },
    ]})
}

fn body(bucket: &account::LogBucket) -> Result<BucketBody, &Gap> {
    let canonical = |text: &String| {
        serde_json::from_str(text).map_or_else(|_| text.clone(), |value: Value| value.to_string())
    };
    Ok(BucketBody {
        policy: bucket.policy.as_result()?.as_ref().map(canonical),
        versioned: *bucket.versioning.as_result()?,
        blocked: *bucket.block.as_result()? == Some(PublicAccessBlock::ALL_ON),
    })
}
