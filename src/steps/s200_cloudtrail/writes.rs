//! The calls of step 200.

use std::time::Duration;

use aws_sdk_cloudtrail::types::Tag;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration,
    PublicAccessBlockConfiguration, Tag as S3Tag, VersioningConfiguration,
};

use super::{BUCKET, BucketState, TRAIL, TrailState, WISHED};
use crate::aws::{Aws, AwsError};
use crate::step::{StepError, Target, created};

/// How long CloudTrail may go on seeing a new bucket without its policy.
const POLICY_WITHIN_MS: u64 = 60_000;

pub(super) async fn complete(aws: &Aws, at: &Target, from: &TrailState) -> Result<(), StepError> {
    let client = aws.cloudtrail(at.region_name());
    if (TrailState { logging: true, ..*from }) != WISHED {
        update(aws, at, None).await?;
    }
    if !from.logging {
        client.start_logging().name(&at.id).send().await?;
    }
    Ok(())
}

/// Sets the three flags, and the bucket of the run's own trail. Prefix and key stay as they are.
async fn update(aws: &Aws, at: &Target, bucket: Option<&str>) -> Result<Option<String>, StepError> {
    let update = aws.cloudtrail(at.region_name()).update_trail().name(&at.id);
    let update = update.set_s3_bucket_name(bucket.map(str::to_owned));
    let update = update.is_multi_region_trail(true).enable_log_file_validation(true);
    Ok(update.include_global_service_events(true).send().await?.trail_arn)
}

/// Tags go with the call that creates: a crash leaves no bucket of nobody's.
pub(super) fn bucket_tags(aws: &Aws) -> Result<Vec<S3Tag>, StepError> {
    let tag = |(key, value): (&str, String)| S3Tag::builder().key(key).value(value).build();
    let tags = created::tags(aws, BUCKET).into_iter().map(tag).collect::<Result<_, _>>();
    tags.map_err(|error| StepError::State(error.to_string()))
}

pub(super) fn trail_tags(aws: &Aws) -> Result<Vec<Tag>, StepError> {
    let tag = |(key, value): (&str, String)| Tag::builder().key(key).value(value).build();
    let tags = created::tags(aws, TRAIL).into_iter().map(tag).collect::<Result<_, _>>();
    tags.map_err(|error| StepError::State(error.to_string()))
}

pub(super) async fn make_bucket(
    aws: &Aws,
    at: &Target,
    exists: bool,
    to: &BucketState,
) -> Result<(), StepError> {
    let s3 = aws.s3(at.region_name());
    if !exists {
        // us-east-1 is what S3 means when no Region is given, and refuses to be named.
        let region = Some(at.region_name()).filter(|region| *region != "us-east-1");
        let made = CreateBucketConfiguration::builder()
            .set_location_constraint(region.map(BucketLocationConstraint::from))
            .set_tags(Some(bucket_tags(aws)?))
            .build();
        let create = s3.create_bucket().bucket(&at.id).create_bucket_configuration(made).send().await;
        match create.map_err(AwsError::from) {
            Ok(_) => {}
            // A crash came between creating and recording.
            Err(error) if error.is("BucketAlreadyOwnedByYou") => {}
            Err(error) => return Err(error.into()),
        }
        aws.created(BUCKET, &at.id)?;
    }
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

pub(super) async fn make_trail(
    aws: &Aws,
    at: &Target,
    bucket: &str,
    own_bucket: bool,
) -> Result<(), StepError> {
    let client = aws.cloudtrail(at.region_name());
    let create = client
        .create_trail()
        .name(&at.id)
        .s3_bucket_name(bucket)
        .is_multi_region_trail(true)
        .include_global_service_events(true)
        .enable_log_file_validation(true)
        .set_tags_list(Some(trail_tags(aws)?));
    let deadline = aws.clock().now_ms() + POLICY_WITHIN_MS;
    let arn = loop {
        match create.clone().send().await.map_err(AwsError::from) {
            Ok(made) => break made.trail_arn,
            // A crash came between creating and recording, or before it was started.
            Err(error) if error.is("TrailAlreadyExistsException") => {
                break update(aws, at, Some(bucket)).await?;
            }
            // The bucket's policy is seconds old. A refusal is an answer: sending again is safe.
            Err(error)
                if own_bucket
                    && error.is("InsufficientS3BucketPolicyException")
                    && aws.clock().now_ms() < deadline =>
            {
                aws.clock().wait(Duration::from_secs(3)).await;
            }
            Err(error) => return Err(error.into()),
        }
    };
    aws.created(TRAIL, arn.as_deref().unwrap_or(&at.id))?;
    client.start_logging().name(&at.id).send().await?;
    Ok(())
}
