//! Buckets: those that hold a trail's logs, and those open to everybody.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{
    Bucket, BucketVersioningStatus, Destination, Grant, Grantee, Permission, PolicyStatus,
    PublicAccessBlockConfiguration, ReplicationConfiguration, ReplicationRule, ReplicationRuleStatus, Type,
};
use serde_json::Value;

use super::super::cloudtrail::policy_mark;
use super::super::iam::built;
use super::super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::super::world::{seen, seen_any, seen_mut};
use super::page_bucket;
use crate::account::{Account, Cause, LogBucket, PageBucket, PublicAccessBlock, PublicBucket, Seen};
use crate::aws::operations::s3;

/// How long CloudTrail goes on seeing a bucket's old policy.
const POLICY_MS: u64 = 4_000;

const EVERYBODY: &str = "http://acs.amazonaws.com/groups/global/AllUsers";

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<s3::ListBuckets>(list_buckets);
    dispatch.on::<s3::HeadBucket>(head_bucket);
    dispatch.on::<s3::GetBucketPolicy>(get_bucket_policy);
    dispatch.on::<s3::GetBucketPolicyStatus>(get_bucket_policy_status);
    dispatch.on::<s3::GetBucketAcl>(get_bucket_acl);
    dispatch.on::<s3::GetBucketReplication>(get_bucket_replication);
    dispatch.on::<s3::GetBucketVersioning>(get_bucket_versioning);
    dispatch.on::<s3::GetPublicAccessBlock>(get_public_access_block);
    dispatch.on::<s3::CreateBucket>(create_bucket);
    dispatch.on::<s3::PutBucketPolicy>(put_bucket_policy);
    dispatch.on::<s3::PutBucketVersioning>(put_bucket_versioning);
    dispatch.on::<s3::PutPublicAccessBlock>(put_public_access_block);
}

/// The Region of a bucket that exists.
fn region_of<'w>(account: &'w Account, name: &str) -> Option<&'w str> {
    let log = account.log_buckets.item(name).map(|bucket| bucket.region.as_str());
    let log = log.or_else(|| page_bucket::own(account, name).map(|bucket| bucket.region.as_str()));
    let public = account.public_buckets.item(name).map(|bucket| bucket.region.as_str());
    let ruled = || account.bucket_lifecycles.item(name)?.read().map(|one| one.region.as_str());
    let replicated = || account.bucket_replications.item(name)?.read().map(|one| one.region.as_str());
    log.or(public).or_else(ruled).or_else(replicated)
}

/// S3 answers for a bucket in its own Region only.
pub(super) fn check(cx: &Cx<'_>, name: Option<&str>) -> Result<(), Refused> {
    match region_of(&cx.world.account, name.unwrap_or_default()) {
        None => Err(refuse("NoSuchBucket", "The specified bucket does not exist")),
        Some(region) if region != cx.region => {
            let words = "The bucket you are attempting to access must be addressed using its own endpoint";
            Err(refuse("PermanentRedirect", words))
        }
        Some(_) => Ok(()),
    }
}

/// Whether a bucket is open is not known of all: of some the question fails.
fn readable(cx: &Cx<'_>, name: Option<&str>) -> Result<(), Refused> {
    let all = &cx.world.account.public_buckets;
    let unread = all.gap().filter(|gap| gap.cause != Cause::NotRead);
    let bucket = all.item(name.unwrap_or_default());
    match unread.or_else(|| bucket.and_then(PublicBucket::unread)) {
        Some(gap) => seen(&Seen::<()>::Gap(gap.clone())).map(drop),
        None => Ok(()),
    }
}

/// What is known of a log bucket; a bucket that is only known to be public has no policy of ours.
fn log_bucket<'w>(cx: &'w Cx<'_>, name: Option<&str>) -> Result<Option<&'w LogBucket>, Refused> {
    check(cx, name)?;
    Ok(cx.world.account.log_buckets.item(name.unwrap_or_default()))
}

fn log_bucket_mut<'w>(cx: &'w mut Cx<'_>, name: Option<&str>) -> Result<&'w mut LogBucket, Refused> {
    check(cx, name)?;
    seen_mut(&mut cx.world.account.log_buckets)?
        .get_mut(name.unwrap_or_default())
        .ok_or_else(|| refuse("AccessDenied", "not a log bucket: the simulation knows no more of it"))
}

fn list_buckets(cx: &mut Cx<'_>, input: &In<s3::ListBuckets>) -> Said<s3::ListBuckets> {
    let account = &cx.world.account;
    let of_the_page = input.prefix().is_some_and(|prefix| prefix.starts_with(PageBucket::OURS));
    let mut names: BTreeMap<&str, &str> = if of_the_page {
        seen(&account.page_bucket)?;
        BTreeMap::new()
    } else if account.public_buckets.is_not_read() && account.bucket_lifecycles.read().is_some() {
        BTreeMap::new()
    } else {
        let gaps = [account.public_buckets.gap(), account.bucket_replications.gap()];
        let none = account.public_buckets.items().next().is_none();
        seen_any(&gaps, none && account.bucket_replications.items().next().is_none())?;
        account.public_buckets.items().map(|(n, b)| (n.as_str(), b.region.as_str())).collect()
    };
    for (name, lifecycle) in account.bucket_lifecycles.items().filter(|_| !of_the_page) {
        let region = lifecycle.read().map(|one| one.region.as_str());
        names.entry(name).or_insert_with(|| region.unwrap_or_else(|| cx.world.global_region()));
    }
    let page = account.page_bucket.read().and_then(Option::as_ref).filter(|bucket| !bucket.foreign);
    names.extend(page.map(|bucket| (bucket.name.as_str(), bucket.region.as_str())));
    // A log bucket whose policy cannot be read is another account's: not in this account's list.
    let own = account.log_buckets.items().filter(|(_, bucket)| bucket.policy.read().is_some());
    names.extend(own.map(|(name, bucket)| (name.as_str(), bucket.region.as_str())));
    let replicated = account.bucket_replications.items();
    names.extend(replicated.filter_map(|(name, one)| Some((name.as_str(), one.read()?.region.as_str()))));
    // Without a page size AWS names no Region and sends everything at once.
    let paged = input.max_buckets().is_some();
    let all = names
        .into_iter()
        .filter(|(name, _)| input.prefix().is_none_or(|prefix| name.starts_with(prefix)))
        .map(|(name, region)| {
            Bucket::builder().name(name).set_bucket_region(paged.then(|| region.to_owned())).build()
        })
        .collect::<Vec<_>>();
    let (page, next) =
        if paged { cx.page(all, input.continuation_token(), input.max_buckets()) } else { (all, None) };
    Ok(Out::<s3::ListBuckets>::builder().set_buckets(Some(page)).set_continuation_token(next).build())
}

/// Answers from every Region: AWS redirects to the bucket's own with a header that names it, which
/// a simulated answer does not carry.
fn head_bucket(cx: &mut Cx<'_>, input: &In<s3::HeadBucket>) -> Said<s3::HeadBucket> {
    let account = &cx.world.account;
    let name = input.bucket().unwrap_or_default();
    if name.starts_with(PageBucket::OURS) {
        page_bucket::is_foreign(account, name)?;
    } else if region_of(account, name).is_none() {
        seen(&account.log_buckets)?;
    }
    match region_of(account, name) {
        Some(region) => Ok(Out::<s3::HeadBucket>::builder().bucket_region(region).build()),
        None => Err(refuse("NotFound", "")),
    }
}

fn get_bucket_policy(cx: &mut Cx<'_>, input: &In<s3::GetBucketPolicy>) -> Said<s3::GetBucketPolicy> {
    if let Some(bucket) = page_bucket::of(cx, input.bucket(), input.expected_bucket_owner())? {
        let none = || refuse("NoSuchBucketPolicy", "The bucket policy does not exist");
        let policy = bucket.policy.as_ref().ok_or_else(none)?;
        return Ok(Out::<s3::GetBucketPolicy>::builder().policy(policy).build());
    }
    let log = log_bucket(cx, input.bucket())?.map(|bucket| &bucket.policy);
    let public = cx.world.account.public_buckets.item(input.bucket().unwrap_or_default());
    let policy = log.or(public.map(|bucket| &bucket.policy));
    match policy.map(seen).transpose()?.and_then(Option::as_ref) {
        Some(text) => Ok(Out::<s3::GetBucketPolicy>::builder().policy(text).build()),
        None => Err(refuse("NoSuchBucketPolicy", "The bucket policy does not exist")),
    }
}

fn get_bucket_policy_status(
    cx: &mut Cx<'_>,
    input: &In<s3::GetBucketPolicyStatus>,
) -> Said<s3::GetBucketPolicyStatus> {
    readable(cx, input.bucket())?;
    let bucket = log_bucket(cx, input.bucket())?;
    let has = bucket.is_some_and(|bucket| matches!(&bucket.policy, Seen::Read(Some(_))));
    let public = cx
        .world
        .account
        .public_buckets
        .item(input.bucket().unwrap_or_default())
        .is_some_and(|bucket| bucket.by_policy);
    if !has && !public {
        return Err(refuse("NoSuchBucketPolicy", "The bucket policy does not exist"));
    }
    Ok(Out::<s3::GetBucketPolicyStatus>::builder()
        .policy_status(PolicyStatus::builder().is_public(public).build())
        .build())
}

fn get_bucket_acl(cx: &mut Cx<'_>, input: &In<s3::GetBucketAcl>) -> Said<s3::GetBucketAcl> {
    readable(cx, input.bucket())?;
    check(cx, input.bucket())?;
    let owner = Grantee::builder().r#type(Type::CanonicalUser).id("owner").build();
    let mut output = Out::<s3::GetBucketAcl>::builder()
        .grants(Grant::builder().grantee(built(owner)?).permission(Permission::FullControl).build());
    let bucket = cx.world.account.public_buckets.item(input.bucket().unwrap_or_default());
    if bucket.is_some_and(|bucket| bucket.by_acl) {
        let all = Grantee::builder().r#type(Type::Group).uri(EVERYBODY).build();
        output = output.grants(Grant::builder().grantee(built(all)?).permission(Permission::Read).build());
    }
    Ok(output.build())
}

fn get_bucket_replication(
    cx: &mut Cx<'_>,
    input: &In<s3::GetBucketReplication>,
) -> Said<s3::GetBucketReplication> {
    check(cx, input.bucket())?;
    let all = seen(&cx.world.account.bucket_replications)?;
    let Some(replication) = all.get(input.bucket().unwrap_or_default()) else {
        let words = "The replication configuration was not found";
        return Err(refuse("ReplicationConfigurationNotFoundError", words));
    };
    let mut configuration = ReplicationConfiguration::builder().role("arn:aws:iam::111111111111:role/copy");
    for rule in &seen(replication)?.rules {
        let to = Destination::builder().bucket(format!("arn:aws:s3:::{}", rule.bucket));
        let rule = ReplicationRule::builder()
            .id(&rule.id)
            .status(ReplicationRuleStatus::Enabled)
            .destination(built(to.set_account(rule.account.clone()).build())?);
        configuration = configuration.rules(built(rule.build())?);
    }
    let configuration = built(configuration.build())?;
    Ok(Out::<s3::GetBucketReplication>::builder().replication_configuration(configuration).build())
}

fn get_bucket_versioning(
    cx: &mut Cx<'_>,
    input: &In<s3::GetBucketVersioning>,
) -> Said<s3::GetBucketVersioning> {
    let bucket = log_bucket(cx, input.bucket())?;
    let on = bucket.map(|bucket| seen(&bucket.versioning)).transpose()?.copied().unwrap_or(false);
    // A bucket that never had versioning answers without a status.
    Ok(Out::<s3::GetBucketVersioning>::builder()
        .set_status(on.then_some(BucketVersioningStatus::Enabled))
        .build())
}

fn get_public_access_block(
    cx: &mut Cx<'_>,
    input: &In<s3::GetPublicAccessBlock>,
) -> Said<s3::GetPublicAccessBlock> {
    let block = match page_bucket::of(cx, input.bucket(), input.expected_bucket_owner())? {
        Some(page) => page.block,
        None => {
            let log = log_bucket(cx, input.bucket())?.map(|bucket| &bucket.block);
            let public = cx.world.account.public_buckets.item(input.bucket().unwrap_or_default());
            // Of a bucket whose block nobody tells of, there is none.
            let public = public.map(|bucket| &bucket.block).filter(|block| !block.is_not_read());
            log.or(public).map(seen).transpose()?.copied().flatten()
        }
    };
    let Some(switches) = block else {
        return Err(refuse(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        ));
    };
    let configuration = PublicAccessBlockConfiguration::builder()
        .block_public_acls(switches.block_public_acls)
        .ignore_public_acls(switches.ignore_public_acls)
        .block_public_policy(switches.block_public_policy)
        .restrict_public_buckets(switches.restrict_public_buckets)
        .build();
    Ok(Out::<s3::GetPublicAccessBlock>::builder().public_access_block_configuration(configuration).build())
}

fn create_bucket(cx: &mut Cx<'_>, input: &In<s3::CreateBucket>) -> Said<s3::CreateBucket> {
    let name = input.bucket().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !(3..=63).contains(&name.len())
        || !name.chars().all(allowed)
        || !ends(name.chars().next())
        || !ends(name.chars().last())
    {
        return Err(refuse("InvalidBucketName", "The specified bucket is not valid."));
    }
    let wanted = input.create_bucket_configuration().and_then(|c| c.location_constraint());
    match wanted.map(aws_sdk_s3::types::BucketLocationConstraint::as_str) {
        // us-east-1 is the one Region that is no location constraint.
        Some("us-east-1") => return Err(refuse("InvalidLocationConstraint", "us-east-1 is not valid")),
        Some(region) if region == cx.region => {}
        None if cx.region == "us-east-1" => {}
        _ => {
            let words = "The location constraint is incompatible for the region specific endpoint";
            return Err(refuse("IllegalLocationConstraintException", words));
        }
    }
    if name.starts_with(PageBucket::OURS) {
        page_bucket::create(cx, name)?;
        return Ok(Out::<s3::CreateBucket>::builder().location(format!("/{name}")).build());
    }
    let owned = cx.world.account.log_buckets.item(name).map(|bucket| bucket.policy.read().is_some());
    match owned.or_else(|| cx.world.account.public_buckets.item(name).map(|_| true)) {
        // Here, and only here, creating one's own bucket again succeeds.
        Some(true) if cx.region == "us-east-1" => {}
        Some(true) => return Err(refuse("BucketAlreadyOwnedByYou", "You already own this bucket.")),
        Some(false) => return Err(refuse("BucketAlreadyExists", "The requested name is not available.")),
        None => {
            let bucket = LogBucket {
                region: cx.region.to_owned(),
                policy: Seen::Read(None),
                versioning: Seen::Read(false),
                // New buckets are blocked from the start, since April 2023.
                block: Seen::Read(Some(PublicAccessBlock::ALL_ON)),
            };
            seen_mut(&mut cx.world.account.log_buckets)?.insert(name.to_owned(), bucket);
        }
    }
    Ok(Out::<s3::CreateBucket>::builder().location(format!("/{name}")).build())
}

fn put_bucket_policy(cx: &mut Cx<'_>, input: &In<s3::PutBucketPolicy>) -> Said<s3::PutBucketPolicy> {
    let text = input.policy().unwrap_or_default();
    let Ok(document) = serde_json::from_str::<Value>(text) else {
        return Err(refuse("MalformedPolicy", "This policy contains invalid Json"));
    };
    check(cx, input.bucket())?;
    if page_bucket::of(cx, input.bucket(), input.expected_bucket_owner())?.is_some() {
        page_bucket::put_policy(cx, text, is_public(&document))?;
        return Ok(Out::<s3::PutBucketPolicy>::builder().build());
    }
    let name = input.bucket().unwrap_or_default();
    let in_effect = cx.world.now_ms + POLICY_MS;
    let account = &mut cx.world.account;
    let blocks = |block: Option<PublicAccessBlock>| block.is_some_and(|block| block.block_public_policy);
    let own = account.log_buckets.item(name).and_then(|bucket| bucket.block.read().copied().flatten());
    let own = own.or_else(|| account.public_buckets.item(name).map(PublicBucket::own_block));
    if (blocks(own) || blocks(account.s3_block.read().copied().flatten())) && is_public(&document) {
        let words = "public policies are prevented by the BlockPublicPolicy setting";
        return Err(refuse("AccessDenied", words));
    }
    let wanted = Seen::Read(Some(text.to_owned()));
    let mut known = false;
    if let Some(bucket) = account.public_buckets.read_mut().and_then(|all| all.get_mut(name)) {
        bucket.policy.clone_from(&wanted);
        bucket.by_policy = is_public(&document);
        known = true;
    }
    match log_bucket_mut(cx, input.bucket()) {
        Ok(bucket) if bucket.policy != wanted => {
            bucket.policy = wanted;
            cx.world.visible_at.insert(policy_mark(name), in_effect);
        }
        Err(error) if !known => return Err(error),
        Ok(_) | Err(_) => {}
    }
    Ok(Out::<s3::PutBucketPolicy>::builder().build())
}

/// Allows something to everybody, without a condition. What a Deny takes away again does not count.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
fn is_public(policy: &Value) -> bool {
    let statements =
        policy.get("Statement").map(|all| all.as_array().map_or(std::slice::from_ref(all), Vec::as_slice));
    statements.into_iter().flatten().any(|statement| {
        let principal = statement.get("Principal");
        let everybody = |value: Option<&Value>| value.and_then(Value::as_str) == Some("*");
        statement.get("Effect").and_then(Value::as_str) == Some("Allow")
            && statement.get("Condition").is_none()
            && (everybody(principal) || everybody(principal.and_then(|p| p.get("AWS"))))
    })
}

fn put_bucket_versioning(
    cx: &mut Cx<'_>,
    input: &In<s3::PutBucketVersioning>,
) -> Said<s3::PutBucketVersioning> {
    let status = input.versioning_configuration().and_then(|configuration| configuration.status());
    log_bucket_mut(cx, input.bucket())?.versioning =
        Seen::Read(status == Some(&BucketVersioningStatus::Enabled));
    Ok(Out::<s3::PutBucketVersioning>::builder().build())
}

fn put_public_access_block(
    cx: &mut Cx<'_>,
    input: &In<s3::PutPublicAccessBlock>,
) -> Said<s3::PutPublicAccessBlock> {
    // A switch that is left out is off.
    let wanted = input.public_access_block_configuration().map_or_else(PublicAccessBlock::default, |b| {
        PublicAccessBlock {
            block_public_acls: b.block_public_acls.unwrap_or(false),
            ignore_public_acls: b.ignore_public_acls.unwrap_or(false),
            block_public_policy: b.block_public_policy.unwrap_or(false),
            restrict_public_buckets: b.restrict_public_buckets.unwrap_or(false),
        }
    });
    if page_bucket::of(cx, input.bucket(), input.expected_bucket_owner())?.is_some() {
        page_bucket::bucket_mut(cx)?.block = Some(wanted);
    } else {
        log_bucket_mut(cx, input.bucket())?.block = Seen::Read(Some(wanted));
    }
    Ok(Out::<s3::PutPublicAccessBlock>::builder().build())
}
