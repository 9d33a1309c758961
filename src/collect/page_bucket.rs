//! The bucket with the maintenance page: whose it is, what guards it, and what is in it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::types::{DeleteMarkerEntry, ObjectOwnership, ObjectVersion};

use super::{Ask, s3, seen};
use crate::account::{Account, PageBucket, PageObject, PublicAccessBlock, Seen};
use crate::aws::{Aws, AwsError, Kind, lists, partition, unless_gone};

/// The largest object that is read as a page, in bytes. Another one is none of ours.
const LARGEST: i64 = 1 << 20;
/// Keys a page of a list.
const PAGE: i32 = 1_000;
/// Pages of a list of versions, of pages alone.
const PAGES: usize = 20;
/// Keys of what is no page that are named.
const NAMED: usize = 5;

/// Reads the bucket of this account that has the name of the page's bucket; `None` where no account has one.
pub(super) async fn page_bucket(aws: &Aws, known: &Account, _: &Ask) -> Seen<Option<PageBucket>> {
    seen(Box::pin(read(aws, &known.id)).await)
}

async fn read(aws: &Aws, account: &str) -> Result<Option<PageBucket>, AwsError> {
    let name = PageBucket::name_of(account);
    // Boxed, as what follows: the futures of several calls together are large.
    let region = match Box::pin(whose(aws, account, &name)).await? {
        Whose::Nobodys => return Ok(None),
        Whose::Others => return Ok(Some(PageBucket { name, foreign: true, ..PageBucket::default() })),
        Whose::Ours(region) => region,
    };
    Box::pin(look(aws, account, name, region)).await
}

enum Whose {
    Nobodys,
    /// Another account's.
    Others,
    /// This account's, in this Region.
    Ours(String),
}

/// Asks whose bucket has a name. The list of this account's buckets decides. What is not in it may be new,
/// another account's, or not there: S3 answers 403 or 301 for a bucket of somebody else, and names its Region.
/// A 403 without a Region says nothing.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
async fn whose(aws: &Aws, account: &str, name: &str) -> Result<Whose, AwsError> {
    let home = aws.global_region();
    // With a page size the answer names each bucket's Region.
    let list = aws.s3(home).list_buckets().prefix(name).max_buckets(PAGE);
    let own: Vec<_> = lists::all(aws, list, Some).await?;
    let own = own.into_iter().find(|bucket| bucket.name() == Some(name));
    if let Some(region) = own.and_then(|bucket| bucket.bucket_region) {
        return Ok(Whose::Ours(region));
    }
    match aws.s3(home).head_bucket().bucket(name).expected_bucket_owner(account).send().await {
        Ok(answer) => Ok(Whose::Ours(answer.bucket_region.unwrap_or_else(|| home.to_owned()))),
        Err(error) => {
            let is_there = error.raw_response().is_some_and(|response| {
                let status = response.status().as_u16();
                status == 301 || status == 403 && response.headers().get("x-amz-bucket-region").is_some()
            });
            match AwsError::from(error) {
                error if error.kind == Kind::Gone => Ok(Whose::Nobodys),
                error if is_there || error.is("PermanentRedirect") => Ok(Whose::Others),
                error => Err(error),
            }
        }
    }
}

/// Looks at a bucket of this account; `None` where it was deleted a moment ago and still is in the list.
async fn look(
    aws: &Aws,
    account: &str,
    name: String,
    region: String,
) -> Result<Option<PageBucket>, AwsError> {
    let s3 = aws.s3(&region);
    let (policy, block, ownership, encryption, versions) = futures::join!(
        Box::pin(s3.get_bucket_policy().bucket(&name).expected_bucket_owner(account).send()),
        Box::pin(s3.get_public_access_block().bucket(&name).expected_bucket_owner(account).send()),
        Box::pin(s3.get_bucket_ownership_controls().bucket(&name).expected_bucket_owner(account).send()),
        Box::pin(s3.get_bucket_encryption().bucket(&name).expected_bucket_owner(account).send()),
        Box::pin(versions(aws, account, &name, &region)),
    );
    let Some(versions) = unless(versions, "NoSuchBucket")? else { return Ok(None) };
    let policy = unless(policy, "NoSuchBucketPolicy")?.and_then(|answer| answer.policy);
    let block = unless(block, "NoSuchPublicAccessBlockConfiguration")?;
    let block = block.and_then(|answer| answer.public_access_block_configuration);
    let ownership =
        unless(ownership, "OwnershipControlsNotFoundError")?.and_then(|all| all.ownership_controls);
    let mut rules = ownership.into_iter().flat_map(|all| all.rules);
    let encryption = unless(encryption, "ServerSideEncryptionConfigurationNotFoundError")?;
    let rules_of = encryption.and_then(|answer| answer.server_side_encryption_configuration);
    let default =
        rules_of.and_then(|all| all.rules.into_iter().next()?.apply_server_side_encryption_by_default);
    let mut pages = BTreeMap::new();
    for key in &versions.pages {
        if let Some(page) = Box::pin(page(aws, account, (&name, &region), key)).await? {
            pages.insert(key.clone(), page);
        }
    }
    Ok(Some(PageBucket {
        domain: format!("{name}.s3.{region}.{}", partition::of(&region).domain()),
        name,
        region,
        foreign: false,
        policy: policy.map(s3::plain),
        block: block.map(|block| PublicAccessBlock {
            block_public_acls: block.block_public_acls == Some(true),
            ignore_public_acls: block.ignore_public_acls == Some(true),
            block_public_policy: block.block_public_policy == Some(true),
            restrict_public_buckets: block.restrict_public_buckets == Some(true),
        }),
        enforced: rules.any(|rule| rule.object_ownership == ObjectOwnership::BucketOwnerEnforced),
        encryption: default.map(|default| default.sse_algorithm.as_str().to_owned()),
        pages,
        older: versions.older,
        others: versions.others,
    }))
}

/// The answer, or `None` where AWS says by this code that there is none.
fn unless<T, E: Into<AwsError>>(answer: Result<T, E>, code: &str) -> Result<Option<T>, AwsError> {
    match answer.map_err(Into::into) {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is(code) => Ok(None),
        // Deleted since it was listed: its versions are asked for besides, and say so.
        Err(error) if error.is("NoSuchBucket") => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is in the bucket, by key.
#[derive(Default)]
struct Versions {
    pages: BTreeSet<String>,
    older: BTreeSet<String>,
    others: BTreeSet<String>,
}

impl Versions {
    fn add(&mut self, key: Option<String>, is_current: bool) {
        let Some(key) = key else { return };
        if is_current {
            self.pages.insert(key)
        } else {
            self.older.insert(key)
        };
    }

    /// Adds a key of what is no page, unless enough are known.
    fn other(&mut self, key: Option<String>) {
        let key = key.filter(|key| !key.starts_with(PageBucket::PAGES) && self.others.len() < NAMED);
        self.others.extend(key);
    }
}

async fn versions(aws: &Aws, account: &str, name: &str, region: &str) -> Result<Versions, AwsError> {
    let mut found = Versions::default();
    let s3 = aws.s3(region);
    let list = s3.list_object_versions().bucket(name).expected_bucket_owner(account).max_keys(PAGE);
    let (mut key, mut version) = (None, None);
    for _ in 0..PAGES {
        let page = list.clone().prefix(PageBucket::PAGES);
        let page = page.set_key_marker(key.take()).set_version_id_marker(version.take()).send().await?;
        let all = page.versions.unwrap_or_default().into_iter();
        all.for_each(|one: ObjectVersion| found.add(one.key, one.is_latest == Some(true)));
        let all = page.delete_markers.unwrap_or_default().into_iter();
        all.for_each(|one: DeleteMarkerEntry| found.add(one.key, false));
        (key, version) = (page.next_key_marker, page.next_version_id_marker);
        if page.is_truncated != Some(true) {
            key = None;
            break;
        }
    }
    if key.is_some() {
        return Err(AwsError::unusable("s3:ListObjectVersions", "the page's bucket holds too many versions"));
    }
    // Others are only named: one page is enough to know that there are some.
    let page = list.send().await?;
    page.versions.unwrap_or_default().into_iter().for_each(|one: ObjectVersion| found.other(one.key));
    page.delete_markers
        .unwrap_or_default()
        .into_iter()
        .for_each(|one: DeleteMarkerEntry| found.other(one.key));
    Ok(found)
}

/// Reads one page; `None` where it was deleted since it was listed.
async fn page(
    aws: &Aws,
    account: &str,
    (name, region): (&str, &str),
    key: &str,
) -> Result<Option<PageObject>, AwsError> {
    let get = aws.s3(region).get_object().bucket(name).key(key).expected_bucket_owner(account);
    let Some(answer) = unless_gone(get.send().await)? else { return Ok(None) };
    let html = if answer.content_length.is_none_or(|length| length > LARGEST) {
        String::new()
    } else {
        let lost = |_| AwsError::unusable("s3:GetObject", "the page's object broke off");
        String::from_utf8_lossy(&answer.body.collect().await.map_err(lost)?.into_bytes()).into_owned()
    };
    Ok(Some(PageObject {
        html,
        content_type: answer.content_type.unwrap_or_default(),
        cache_control: answer.cache_control.unwrap_or_default(),
    }))
}
