//! The bucket that holds the maintenance page.
//!
//! It is no `Made<R>`: its name holds the account's id, so no id can be lost and nothing is looked for by tags,
//! and it belongs to the account and not to a Region.

use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, ObjectOwnership, OwnershipControls,
    OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag,
};
use aws_smithy_types::error::operation::BuildError;

use super::bucket_body::{Body, obstacle};
use super::page::delete_versions;
use crate::account::{Distribution, PageBucket, Section};
use crate::aws::{Aws, AwsError, unless_gone};
use crate::front::prepared;
use crate::step::{Lens, Look, Now, Reason, StepError, Target, Verdict, Write, created};

pub(super) struct Bucket;

/// The account whose bucket has this name: every call says that it must be the owner.
pub(super) fn owner(bucket: &str) -> &str {
    bucket.strip_prefix(PageBucket::OURS).unwrap_or(bucket)
}

/// The bucket as it was read, where there is one of its name.
pub(super) fn found<'a>(look: &Look<'a>) -> Option<&'a PageBucket> {
    look.account.page_bucket.read()?.as_ref()
}

impl Lens for Bucket {
    /// `None`: this account has no such bucket.
    type State = Option<Body>;
    const KIND: &'static str = "page-bucket";
    const NEEDS: &'static [Section] = &[Section::PageBucket];
    const DANGER_NEEDS: &'static [Section] = &[Section::Distributions];
    const STATES_ONLY: bool = true;
    const ID_SAYS_KIND: bool = true;

    fn state(&self, look: &Look<'_>) -> Now<Option<Body>> {
        Now::of(&look.account.page_bucket, |bucket| {
            Now::Is(bucket.as_ref().filter(|bucket| !bucket.foreign).map(Body::of))
        })
    }

    fn contain(&self, now: &Option<Body>, look: &Look<'_>) -> Verdict<Option<Body>> {
        let wanted = Some(Body::wanted(look.account));
        if let Some(why) = found(look).and_then(|bucket| obstacle(bucket, look.account)) {
            return Verdict::Refuse(why);
        }
        match now {
            now if *now == wanted => Verdict::Already,
            None => Verdict::Change(wanted),
            // A run that did not end has left it so, or somebody has opened it.
            Some(_) => Verdict::Lasting(wanted, "it was there, and not guarded: its guards stay on".into()),
        }
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        if look.account.distributions.read().is_none() {
            return Some("the distributions could not be read: one may still use it".into());
        }
        let mut all = look.account.distributions.items();
        let asks =
            |one: &Distribution| one.origins.values().any(|origin| prepared::is_origin(origin, look.account));
        if let Some((id, _)) = all.find(|(_, one)| asks(one)) {
            return Some(format!("{id} still has it among its origins"));
        }
        let bucket = found(look)?;
        let key = bucket.others.first().or_else(|| bucket.pages.keys().next())?;
        Some(format!(
            "it still holds {key}, which this restore has not deleted: look at it, and delete it by hand"
        ))
    }

    /// Made, then each guard; the policy comes last.
    fn passes(&self, from: &Option<Body>, to: &Option<Body>) -> Vec<Option<Body>> {
        let Some(to) = to else { return vec![] };
        let starts = from.clone().map_or_else(|| vec![Body::new(true), Body::new(false)], |from| vec![from]);
        starts.into_iter().flat_map(|start| start.way(to)).map(Some).collect()
    }

    fn show(&self, state: &Option<Body>) -> String {
        let Some(bucket) = state else { return "not there".into() };
        [
            if bucket.policy.is_some() { "CloudFront may read" } else { "no policy" },
            if bucket.blocked { "no public access" } else { "public access possible" },
            if bucket.enforced { "no access control lists" } else { "access control lists" },
            if bucket.encryption.is_some() { "encrypted" } else { "no default encryption" },
        ]
        .join(", ")
    }

    async fn write(&self, write: Write<'_, Option<Body>>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let Some(to) = to else { return Box::pin(delete(aws, at)).await };
        if from.is_none() {
            Box::pin(create(aws, at)).await?;
        }
        Box::pin(guard(aws, at, to)).await
    }
}

/// Makes the bucket. AWS answers 200 or `BucketAlreadyOwnedByYou` where a run has made it and ended before it
/// could go on, and `BucketAlreadyExists` where another account has the name.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
async fn create(aws: &Aws, at: &Target) -> Result<(), StepError> {
    // us-east-1 is what S3 means when no Region is given, and refuses to be named.
    let region = Some(at.region_name()).filter(|region| *region != "us-east-1");
    let tag = |(key, value): (&str, String)| Tag::builder().key(key).value(value).build();
    let tags = created::tags(aws, Bucket::KIND).into_iter().map(tag).collect::<Result<Vec<_>, _>>();
    let made = CreateBucketConfiguration::builder()
        .set_location_constraint(region.map(BucketLocationConstraint::from))
        .set_tags(Some(tags.map_err(|error| incomplete(&error))?))
        .build();
    let create = aws.s3(at.region_name()).create_bucket().bucket(&at.id).create_bucket_configuration(made);
    match create.send().await.map_err(AwsError::from) {
        Err(error) if !error.is("BucketAlreadyOwnedByYou") => Err(error.into()),
        _ => Ok(aws.created(Bucket::KIND, &at.id)?),
    }
}

async fn guard(aws: &Aws, at: &Target, to: &Body) -> Result<(), StepError> {
    let (s3, owner) = (aws.s3(at.region_name()), owner(&at.id));
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(to.blocked)
        .ignore_public_acls(to.blocked)
        .block_public_policy(to.blocked)
        .restrict_public_buckets(to.blocked)
        .build();
    let put = s3.put_public_access_block().bucket(&at.id).expected_bucket_owner(owner);
    put.public_access_block_configuration(block).send().await?;
    let ownership =
        if to.enforced { ObjectOwnership::BucketOwnerEnforced } else { ObjectOwnership::ObjectWriter };
    let rule = OwnershipControlsRule::builder().object_ownership(ownership).build();
    let rule = rule.map_err(|error| incomplete(&error))?;
    let controls = OwnershipControls::builder().rules(rule).build().map_err(|error| incomplete(&error))?;
    let put = s3.put_bucket_ownership_controls().bucket(&at.id).expected_bucket_owner(owner);
    put.ownership_controls(controls).send().await?;
    if let Some(algorithm) = &to.encryption {
        let default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::from(algorithm.as_str()))
            .build()
            .map_err(|error| incomplete(&error))?;
        let rule =
            ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default).build();
        let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build();
        let put = s3.put_bucket_encryption().bucket(&at.id).expected_bucket_owner(owner);
        let rules = rules.map_err(|error| incomplete(&error))?;
        put.server_side_encryption_configuration(rules).send().await?;
    }
    if let Some(policy) = &to.policy {
        let put = s3.put_bucket_policy().bucket(&at.id).expected_bucket_owner(owner);
        put.policy(policy).send().await?;
    }
    Ok(())
}

fn incomplete(error: &BuildError) -> StepError {
    StepError::State(error.to_string())
}

/// Deletes the bucket, and before it what versions have left of pages. S3 refuses while anything else is in it.
async fn delete(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let owner = owner(&at.id);
    delete_versions(aws, at.region_name(), &at.id, PageBucket::PAGES).await?;
    let answer = aws.s3(at.region_name()).delete_bucket().bucket(&at.id).expected_bucket_owner(owner).send();
    unless_gone(answer.await)?;
    Ok(())
}
