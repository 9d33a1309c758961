//! The maintenance page's bucket: the one bucket here that has objects.

use std::collections::BTreeSet;

use aws_sdk_s3::operation::put_object::PutObjectInput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    DeleteMarkerEntry, ObjectOwnership, ObjectVersion, OwnershipControls, OwnershipControlsRule,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};

use super::super::iam::built;
use super::super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::super::world::{seen, seen_mut};
use super::buckets::check;
use crate::account::{Account, PageBucket, PageObject, PublicAccessBlock};
use crate::aws::operations::s3;
use crate::aws::partition;

/// The id of an object's version where the bucket keeps none, and of an older one here.
const CURRENT: &str = "null";
const OLDER: &str = "older";

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<s3::GetBucketOwnershipControls>(get_ownership);
    dispatch.on::<s3::PutBucketOwnershipControls>(put_ownership);
    dispatch.on::<s3::GetBucketEncryption>(get_encryption);
    dispatch.on::<s3::PutBucketEncryption>(put_encryption);
    dispatch.on::<s3::ListObjectVersions>(list_object_versions);
    dispatch.on::<s3::GetObject>(get_object);
    dispatch.on_copied::<s3::PutObject>(copy, put_object, |_, _| None);
    dispatch.on::<s3::DeleteObject>(delete_object);
    dispatch.on::<s3::DeleteBucket>(delete_bucket);
}

/// The bucket of this name, where it is this account's.
pub(super) fn own<'w>(account: &'w Account, name: &str) -> Option<&'w PageBucket> {
    let bucket = account.page_bucket.read()?.as_ref()?;
    (bucket.name == name && !bucket.foreign).then_some(bucket)
}

/// The bucket of a call; `None` where the call is about another sort of bucket.
pub(super) fn of<'w>(
    cx: &'w Cx<'_>,
    name: Option<&str>,
    owner: Option<&str>,
) -> Result<Option<&'w PageBucket>, Refused> {
    let name = name.unwrap_or_default();
    if !name.starts_with(PageBucket::OURS) {
        return Ok(None);
    }
    is_foreign(&cx.world.account, name)?;
    check(cx, Some(name))?;
    if owner.is_some_and(|owner| owner != cx.world.account.id) {
        return Err(refuse("AccessDenied", "Access Denied"));
    }
    Ok(own(&cx.world.account, name))
}

/// Refuses a bucket of another account, as S3 does where that lies in another Region.
pub(super) fn is_foreign(account: &Account, name: &str) -> Result<(), Refused> {
    let bucket = seen(&account.page_bucket)?.as_ref().filter(|bucket| bucket.name == name);
    if bucket.is_some_and(|bucket| bucket.foreign) {
        return Err(refuse("PermanentRedirect", "The bucket must be addressed using its own endpoint"));
    }
    Ok(())
}

fn bucket<'w>(cx: &'w Cx<'_>, name: Option<&str>, owner: Option<&str>) -> Result<&'w PageBucket, Refused> {
    of(cx, name, owner)?.ok_or_else(|| refuse("NoSuchBucket", "The specified bucket does not exist"))
}

/// The bucket, to change it: a call that came so far has found it.
pub(super) fn bucket_mut<'w>(cx: &'w mut Cx<'_>) -> Result<&'w mut PageBucket, Refused> {
    let bucket = seen_mut(&mut cx.world.account.page_bucket)?.as_mut();
    bucket.ok_or_else(|| refuse("NoSuchBucket", "The specified bucket does not exist"))
}

pub(super) fn create(cx: &mut Cx<'_>, name: &str) -> Result<(), Refused> {
    let region = cx.region.to_owned();
    let all = seen_mut(&mut cx.world.account.page_bucket)?;
    match all.as_ref().filter(|bucket| bucket.name == name) {
        Some(bucket) if bucket.foreign => {
            Err(refuse("BucketAlreadyExists", "The requested bucket name is not available."))
        }
        // Here, and only here, creating one's own bucket again succeeds.
        Some(_) if region == "us-east-1" => Ok(()),
        Some(_) => Err(refuse("BucketAlreadyOwnedByYou", "You already own this bucket.")),
        None => {
            // New buckets are blocked, without ACLs and encrypted from the start, since April 2023.
            *all = Some(PageBucket {
                name: name.to_owned(),
                domain: format!("{name}.s3.{region}.{}", partition::of(&region).domain()),
                region,
                block: Some(PublicAccessBlock::ALL_ON),
                enforced: true,
                encryption: Some("AES256".into()),
                ..PageBucket::default()
            });
            Ok(())
        }
    }
}

pub(super) fn put_policy(cx: &mut Cx<'_>, text: &str, is_public: bool) -> Result<(), Refused> {
    let bucket = bucket_mut(cx)?;
    if is_public && bucket.block.is_some_and(|block| block.block_public_policy) {
        let words = "public policies are prevented by the BlockPublicPolicy setting";
        return Err(refuse("AccessDenied", words));
    }
    let plain = serde_json::from_str::<serde_json::Value>(text);
    bucket.policy = Some(plain.map_or_else(|_| text.to_owned(), |policy| policy.to_string()));
    Ok(())
}

fn get_ownership(
    cx: &mut Cx<'_>,
    input: &In<s3::GetBucketOwnershipControls>,
) -> Said<s3::GetBucketOwnershipControls> {
    if !bucket(cx, input.bucket(), input.expected_bucket_owner())?.enforced {
        let words = "The bucket ownership controls were not found";
        return Err(refuse("OwnershipControlsNotFoundError", words));
    }
    let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerEnforced);
    let controls = OwnershipControls::builder().rules(built(rule.build())?).build();
    Ok(Out::<s3::GetBucketOwnershipControls>::builder().ownership_controls(built(controls)?).build())
}

fn put_ownership(
    cx: &mut Cx<'_>,
    input: &In<s3::PutBucketOwnershipControls>,
) -> Said<s3::PutBucketOwnershipControls> {
    bucket(cx, input.bucket(), input.expected_bucket_owner())?;
    let mut rules = input.ownership_controls().into_iter().flat_map(OwnershipControls::rules);
    let enforced = rules.any(|rule| rule.object_ownership == ObjectOwnership::BucketOwnerEnforced);
    bucket_mut(cx)?.enforced = enforced;
    Ok(Out::<s3::PutBucketOwnershipControls>::builder().build())
}

fn get_encryption(cx: &mut Cx<'_>, input: &In<s3::GetBucketEncryption>) -> Said<s3::GetBucketEncryption> {
    let Some(algorithm) = &bucket(cx, input.bucket(), input.expected_bucket_owner())?.encryption else {
        let words = "The server side encryption configuration was not found";
        return Err(refuse("ServerSideEncryptionConfigurationNotFoundError", words));
    };
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::from(algorithm.as_str()))
        .build();
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(built(default)?);
    let rules = ServerSideEncryptionConfiguration::builder().rules(rule.build()).build();
    Ok(Out::<s3::GetBucketEncryption>::builder().server_side_encryption_configuration(built(rules)?).build())
}

fn put_encryption(cx: &mut Cx<'_>, input: &In<s3::PutBucketEncryption>) -> Said<s3::PutBucketEncryption> {
    bucket(cx, input.bucket(), input.expected_bucket_owner())?;
    let rules = input.server_side_encryption_configuration().map(|all| all.rules()).unwrap_or_default();
    let default = rules.first().and_then(|rule| rule.apply_server_side_encryption_by_default());
    bucket_mut(cx)?.encryption = default.map(|default| default.sse_algorithm.as_str().to_owned());
    Ok(Out::<s3::PutBucketEncryption>::builder().build())
}

fn list_object_versions(cx: &mut Cx<'_>, input: &In<s3::ListObjectVersions>) -> Said<s3::ListObjectVersions> {
    let bucket = bucket(cx, input.bucket(), input.expected_bucket_owner())?;
    let version = |key: &String, id: &str, is_latest| {
        (
            key.clone(),
            id.to_owned(),
            ObjectVersion::builder().key(key).version_id(id).is_latest(is_latest).build(),
        )
    };
    let current = bucket.pages.keys().chain(&bucket.others).map(|key| version(key, CURRENT, true));
    let older = bucket.older.iter().map(|key| version(key, OLDER, false));
    let mut all: Vec<_> = current.chain(older).collect();
    all.retain(|(key, ..)| key.starts_with(input.prefix().unwrap_or_default()));
    all.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    let (page, next) = cx.page(all, input.key_marker(), input.max_keys());
    let versions: Vec<ObjectVersion> = page.into_iter().map(|(.., version)| version).collect();
    Ok(Out::<s3::ListObjectVersions>::builder()
        .is_truncated(next.is_some())
        .set_next_key_marker(next)
        .set_versions(Some(versions))
        .set_delete_markers(None::<Vec<DeleteMarkerEntry>>)
        .build())
}

fn get_object(cx: &mut Cx<'_>, input: &In<s3::GetObject>) -> Said<s3::GetObject> {
    let bucket = bucket(cx, input.bucket(), input.expected_bucket_owner())?;
    let page = bucket.pages.get(input.key().unwrap_or_default());
    let page = page.ok_or_else(|| refuse("NoSuchKey", "The specified key does not exist."))?;
    Ok(Out::<s3::GetObject>::builder()
        .content_length(i64::try_from(page.html.len()).unwrap_or(i64::MAX))
        .content_type(&page.content_type)
        .cache_control(&page.cache_control)
        .body(ByteStream::from(page.html.clone().into_bytes()))
        .build())
}

/// The input of a call that puts an object: what of it is looked at here.
fn copy(input: &In<s3::PutObject>) -> Option<In<s3::PutObject>> {
    let copy = PutObjectInput::builder()
        .set_bucket(input.bucket.clone())
        .set_key(input.key.clone())
        .set_content_type(input.content_type.clone())
        .set_cache_control(input.cache_control.clone())
        .set_expected_bucket_owner(input.expected_bucket_owner.clone())
        .body(ByteStream::from(input.body().bytes().unwrap_or_default().to_vec()));
    copy.build().ok()
}

fn put_object(cx: &mut Cx<'_>, input: &In<s3::PutObject>) -> Said<s3::PutObject> {
    bucket(cx, input.bucket(), input.expected_bucket_owner())?;
    let html = input.body().bytes().unwrap_or_default();
    let page = PageObject {
        html: String::from_utf8_lossy(html).into_owned(),
        content_type: input.content_type().unwrap_or("binary/octet-stream").to_owned(),
        cache_control: input.cache_control().unwrap_or_default().to_owned(),
    };
    let key = input.key().unwrap_or_default().to_owned();
    bucket_mut(cx)?.pages.insert(key, page);
    Ok(Out::<s3::PutObject>::builder().build())
}

/// What is not there is deleted all the same.
fn delete_object(cx: &mut Cx<'_>, input: &In<s3::DeleteObject>) -> Said<s3::DeleteObject> {
    bucket(cx, input.bucket(), input.expected_bucket_owner())?;
    let key = input.key().unwrap_or_default();
    let bucket = bucket_mut(cx)?;
    if input.version_id() == Some(OLDER) {
        bucket.older.remove(key);
    } else {
        bucket.pages.remove(key);
        bucket.others.remove(key);
    }
    Ok(Out::<s3::DeleteObject>::builder().build())
}

fn delete_bucket(cx: &mut Cx<'_>, input: &In<s3::DeleteBucket>) -> Said<s3::DeleteBucket> {
    let bucket = bucket(cx, input.bucket(), input.expected_bucket_owner())?;
    if !bucket.pages.is_empty()
        || [&bucket.older, &bucket.others].into_iter().any(|all: &BTreeSet<_>| !all.is_empty())
    {
        return Err(refuse("BucketNotEmpty", "The bucket you tried to delete is not empty"));
    }
    *seen_mut(&mut cx.world.account.page_bucket)? = None;
    Ok(Out::<s3::DeleteBucket>::builder().build())
}
