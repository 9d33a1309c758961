//! S3: the account-level Block Public Access, and buckets open to everybody.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3control::types as control;
use futures::future::join_all;

use super::{Ask, seen};
use crate::account::{Account, PublicAccessBlock, PublicBucket, Seen};
use crate::aws::{Aws, AwsError, Kind, lists};

/// The account block, or `None` when it was never set: AWS answers that with an error.
pub(super) async fn account_block(aws: &Aws, known: &Account, _: &Ask) -> Seen<Option<PublicAccessBlock>> {
    let client = aws.s3control(aws.global_region());
    match client.get_public_access_block().account_id(&known.id).send().await.map_err(AwsError::from) {
        Ok(answer) => {
            let block = answer.public_access_block_configuration.as_ref().and_then(block);
            let lacking = || unusable("s3control:GetPublicAccessBlock", "it lacks one of the four switches");
            seen(block.map(Some).ok_or_else(lacking))
        }
        Err(error) if error.is("NoSuchPublicAccessBlockConfiguration") => Seen::Read(None),
        Err(error) => seen(Err(error)),
    }
}

fn unusable(operation: &str, why: &str) -> AwsError {
    AwsError::unusable(operation, why)
}

/// The four switches; `None` where the answer lacks one.
pub(super) fn block(block: &control::PublicAccessBlockConfiguration) -> Option<PublicAccessBlock> {
    Some(PublicAccessBlock {
        block_public_acls: block.block_public_acls?,
        ignore_public_acls: block.ignore_public_acls?,
        block_public_policy: block.block_public_policy?,
        restrict_public_buckets: block.restrict_public_buckets?,
    })
}

/// Buckets that a policy or an ACL opens to everybody, and those of which that could not be read: a
/// bucket may lie in a Region that has been disabled since. The section is a gap where no bucket
/// could be read.
pub(super) async fn public_buckets(
    aws: &Aws,
    _: &Account,
    ask: &Ask,
) -> Seen<BTreeMap<String, PublicBucket>> {
    if ask.only_buckets.as_ref().is_some_and(BTreeSet::is_empty) {
        return Seen::default();
    }
    seen(read_public_buckets(aws, ask).await)
}

/// The account's buckets by name, each with its Region.
///
/// # Errors
/// When they cannot be listed.
pub(super) async fn buckets(aws: &Aws) -> Result<BTreeMap<String, String>, AwsError> {
    let home = aws.global_region();
    // With a page size the answer names each bucket's Region.
    lists::all(aws, aws.s3(home).list_buckets().max_buckets(1_000), |bucket| {
        Some((bucket.name?, bucket.bucket_region.unwrap_or_else(|| home.to_owned())))
    })
    .await
}

async fn read_public_buckets(aws: &Aws, ask: &Ask) -> Result<BTreeMap<String, PublicBucket>, AwsError> {
    let mut buckets = buckets(aws).await?;
    buckets.retain(|name, _| ask.only_buckets.as_ref().is_none_or(|only| only.contains(name)));
    let looks = buckets.into_iter().map(async |(name, region)| {
        let found = look(aws, ask, &name, &region).await;
        (name, region, found)
    });
    let looked = join_all(looks).await;
    if looked.iter().all(|(_, _, found)| found.is_err())
        && let Some(error) = looked.iter().find_map(|(_, _, found)| found.as_ref().err())
    {
        return Err(error.clone());
    }
    let of_bucket = |(name, region, found): (String, String, Result<Option<PublicBucket>, AwsError>)| {
        let unread = |error: AwsError| PublicBucket {
            region,
            policy: Seen::Gap(error.gap()),
            ..PublicBucket::default()
        };
        Some((name, found.unwrap_or_else(|error| Some(unread(error)))?))
    };
    Ok(looked.into_iter().filter_map(of_bucket).collect())
}

async fn look(aws: &Aws, ask: &Ask, name: &str, region: &str) -> Result<Option<PublicBucket>, AwsError> {
    let s3 = aws.s3(region);
    let (status, acl) = futures::join!(
        s3.get_bucket_policy_status().bucket(name).send(),
        s3.get_bucket_acl().bucket(name).send()
    );
    let by_policy = match status.map_err(AwsError::from) {
        Ok(answer) => answer
            .policy_status
            .and_then(|status| status.is_public)
            .ok_or_else(|| unusable("s3:GetBucketPolicyStatus", "it does not say whether it is public"))?,
        // No policy, or the bucket has just been deleted.
        Err(error) if error.kind == Kind::Gone => false,
        Err(error) => return Err(error),
    };
    let by_acl = match acl.map_err(AwsError::from) {
        Ok(answer) => answer.grants.unwrap_or_default().iter().any(|grant| {
            grant.grantee().and_then(|g| g.uri()).is_some_and(|uri| {
                uri.ends_with("/global/AllUsers") || uri.ends_with("/global/AuthenticatedUsers")
            })
        }),
        Err(error) if error.kind == Kind::Gone => false,
        Err(error) => return Err(error),
    };
    let named = ask.only_buckets.is_some();
    let policy = if named || ask.every_bucket_policy || ask.bucket_policies && by_policy {
        match s3.get_bucket_policy().bucket(name).send().await.map_err(AwsError::from) {
            Ok(answer) => Seen::Read(answer.policy.map(plain)),
            Err(error) if error.is("NoSuchBucketPolicy") => Seen::Read(None),
            // Deleted since it was listed.
            Err(error) if error.is("NoSuchBucket") => return Ok(None),
            Err(error) => seen(Err(error)),
        }
    } else {
        Seen::default()
    };
    // Whether policy and ACL count is up to the bucket's own block too.
    let block = if named || by_policy || by_acl { seen(own_block(&s3, name).await) } else { Seen::default() };
    let region = region.to_owned();
    let told = named || by_policy || by_acl || ask.every_bucket_policy && policy != Seen::Read(None);
    Ok(told.then_some(PublicBucket { region, by_policy, by_acl, policy, block }))
}

/// The bucket's own block; `None`: it has none.
pub(super) async fn own_block(
    s3: &aws_sdk_s3::Client,
    name: &str,
) -> Result<Option<PublicAccessBlock>, AwsError> {
    match s3.get_public_access_block().bucket(name).send().await.map_err(AwsError::from) {
        Ok(answer) => {
            let lacking = || unusable("s3:GetPublicAccessBlock", "it lacks one of the four switches");
            let block = answer.public_access_block_configuration.and_then(|block| {
                Some(PublicAccessBlock {
                    block_public_acls: block.block_public_acls?,
                    ignore_public_acls: block.ignore_public_acls?,
                    block_public_policy: block.block_public_policy?,
                    restrict_public_buckets: block.restrict_public_buckets?,
                })
            });
            block.map(Some).ok_or_else(lacking)
        }
        Err(error) if error.is("NoSuchPublicAccessBlockConfiguration") => Ok(None),
        Err(error) => Err(error),
    }
}

/// The text without what says nothing: blanks, and the order of the keys. S3 keeps neither for sure.
pub(super) fn plain(policy: String) -> String {
    serde_json::from_str::<serde_json::Value>(&policy).map_or(policy, |policy| policy.to_string())
}
