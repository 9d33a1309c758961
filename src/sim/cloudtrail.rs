//! CloudTrail: trails, their shadow copies in other Regions, and what it demands of a bucket.

mod deletions;
mod history;
mod role_changes;

use aws_sdk_cloudtrail::types::{self, EventSelector, ReadWriteType};
use serde_json::Value;

use super::World;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{Seen, Trail};
use crate::aws::operations::cloudtrail;

/// Trails per Region, shadow copies included. Not adjustable.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
const MOST_TRAILS: usize = 5;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<cloudtrail::DescribeTrails>(describe_trails);
    dispatch.on::<cloudtrail::GetTrailStatus>(get_trail_status);
    dispatch.on::<cloudtrail::LookupEvents>(history::lookup_events);
    dispatch.on::<cloudtrail::GetEventSelectors>(get_event_selectors);
    dispatch.on::<cloudtrail::CreateTrail>(create_trail);
    dispatch.on::<cloudtrail::UpdateTrail>(update_trail);
    dispatch.on::<cloudtrail::StartLogging>(start_logging);
}

/// A trail shows in its home Region, and where it logs there too.
fn shows(trail: &Trail, region: &str) -> bool {
    trail.home_region == region || trail.multi_region || trail.organization
}

fn describe_trails(
    cx: &mut Cx<'_>,
    input: &In<cloudtrail::DescribeTrails>,
) -> Said<cloudtrail::DescribeTrails> {
    let account = &cx.world.account;
    if let Some(gap) = account.trails_unread.get(cx.region) {
        seen(&Seen::<()>::Gap(gap.clone()))?;
    }
    let shadows = input.include_shadow_trails().unwrap_or(true);
    let wanted = input.trail_name_list();
    let list = seen(&account.trails)?
        .iter()
        .filter(|(_, trail)| shows(trail, cx.region) && (shadows || trail.home_region == cx.region))
        .filter(|(arn, trail)| {
            wanted.is_empty() || wanted.iter().any(|name| name == *arn || *name == trail.name)
        })
        .map(|(arn, trail)| {
            types::Trail::builder()
                .name(&trail.name)
                .trail_arn(arn)
                .home_region(&trail.home_region)
                .s3_bucket_name(&trail.bucket)
                .set_s3_key_prefix(trail.prefix.clone())
                .set_kms_key_id(trail.kms_key.clone())
                .set_cloud_watch_logs_role_arn(trail.log_role.clone())
                .is_multi_region_trail(trail.multi_region)
                .log_file_validation_enabled(trail.validated)
                .include_global_service_events(trail.global_events)
                .is_organization_trail(trail.organization)
                .set_has_custom_event_selectors(trail.all_management_events.read().map(|all| !all))
                .build()
        })
        .collect();
    Ok(Out::<cloudtrail::DescribeTrails>::builder().set_trail_list(Some(list)).build())
}

/// A trail by ARN or, in its own Region, by name.
fn find<'w>(
    world: &'w mut World,
    region: &str,
    name: Option<&str>,
) -> Result<(&'w str, &'w mut Trail), Refused> {
    let name = name.unwrap_or_default();
    seen_mut(&mut world.account.trails)?
        .iter_mut()
        .find(|(arn, trail)| shows(trail, region) && (*arn == name || trail.name == name))
        .map(|(arn, trail)| (arn.as_str(), trail))
        .ok_or_else(|| refuse("TrailNotFoundException", format!("Unknown trail: {name}")))
}

/// A trail that may be changed here: its own, at home.
fn find_own<'w>(world: &'w mut World, region: &str, name: Option<&str>) -> Result<&'w mut Trail, Refused> {
    let account = format!(":{}:trail/", world.account.id);
    let (arn, trail) = find(world, region, name)?;
    if !arn.contains(&account) {
        let words = "only the organization's management account may change this trail";
        return Err(refuse("NotOrganizationMasterAccountException", words));
    }
    if trail.home_region != region {
        let words = format!("Trail {arn} must be changed in its home region {}", trail.home_region);
        return Err(refuse("InvalidHomeRegionException", words));
    }
    Ok(trail)
}

fn get_trail_status(
    cx: &mut Cx<'_>,
    input: &In<cloudtrail::GetTrailStatus>,
) -> Said<cloudtrail::GetTrailStatus> {
    let (_, trail) = find(cx.world, cx.region, input.name())?;
    Ok(Out::<cloudtrail::GetTrailStatus>::builder()
        .is_logging(*seen(&trail.logging)?)
        .set_latest_delivery_error(trail.log_delivery_error.clone())
        .build())
}

fn get_event_selectors(
    cx: &mut Cx<'_>,
    input: &In<cloudtrail::GetEventSelectors>,
) -> Said<cloudtrail::GetEventSelectors> {
    let own = format!(":{}:trail/", cx.world.account.id);
    let (arn, trail) = find(cx.world, cx.region, input.trail_name())?;
    if !arn.contains(&own) {
        // The organization's: its selectors are shown in its own account alone.
        return Err(refuse("TrailNotFoundException", format!("Unknown trail: {arn}")));
    }
    let kind =
        if *seen(&trail.all_management_events)? { ReadWriteType::All } else { ReadWriteType::WriteOnly };
    Ok(Out::<cloudtrail::GetEventSelectors>::builder()
        .trail_arn(arn)
        .event_selectors(
            EventSelector::builder().read_write_type(kind).include_management_events(true).build(),
        )
        .build())
}

fn create_trail(cx: &mut Cx<'_>, input: &In<cloudtrail::CreateTrail>) -> Said<cloudtrail::CreateTrail> {
    let account = &cx.world.account;
    let name = input.name().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !(3..=128).contains(&name.len()) || !name.chars().all(allowed) {
        return Err(refuse("InvalidTrailNameException", format!("not a name of a trail: {name}")));
    }
    let here: Vec<&Trail> = seen(&account.trails)?.values().filter(|trail| shows(trail, cx.region)).collect();
    if here.iter().any(|trail| trail.name == name && trail.home_region == cx.region) {
        return Err(refuse("TrailAlreadyExistsException", format!("Trail {name} already exists")));
    }
    if here.len() >= MOST_TRAILS {
        return Err(refuse("MaximumNumberOfTrailsExceededException", "5 trails is the most in a Region"));
    }
    let arn = format!("arn:{}:cloudtrail:{}:{}:trail/{name}", account.partition(), cx.region, account.id);
    let bucket = input.s3_bucket_name().unwrap_or_default();
    check_bucket(cx.world, bucket, input.s3_key_prefix(), &arn)?;
    let trail = Trail {
        name: name.into(),
        home_region: cx.region.into(),
        bucket: bucket.into(),
        prefix: input.s3_key_prefix().map(Into::into),
        kms_key: input.kms_key_id().map(Into::into),
        log_role: input.cloud_watch_logs_role_arn().map(Into::into),
        // The API's defaults are not the console's.
        multi_region: input.is_multi_region_trail().unwrap_or(false),
        validated: input.enable_log_file_validation().unwrap_or(false),
        global_events: input.include_global_service_events().unwrap_or(true),
        organization: input.is_organization_trail().unwrap_or(false),
        // A trail made by API does not log until StartLogging.
        logging: Seen::Read(false),
        log_delivery_error: None,
        all_management_events: Seen::Read(true),
    };
    let output =
        Out::<cloudtrail::CreateTrail>::builder().name(name).trail_arn(&arn).s3_bucket_name(bucket).build();
    seen_mut(&mut cx.world.account.trails)?.insert(arn, trail);
    Ok(output)
}

/// CloudTrail looks at the bucket when a trail is made.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html>
fn check_bucket(world: &World, name: &str, prefix: Option<&str>, trail: &str) -> Result<(), Refused> {
    let Some(bucket) = seen(&world.account.log_buckets)?.get(name) else {
        let words = format!("S3 bucket {name} does not exist!");
        return Err(refuse("S3BucketDoesNotExistException", words));
    };
    // A bucket of another account, whose policy only that account can read: nothing speaks
    // against it here.
    let Seen::Read(policy) = &bucket.policy else { return Ok(()) };
    let in_effect = world.visible_at.get(&policy_mark(name)).is_none_or(|at| *at <= world.now_ms);
    let policy = policy.as_deref().and_then(|policy| serde_json::from_str(policy).ok()).unwrap_or_default();
    let (partition, account) = (world.account.partition(), &world.account.id);
    let prefix = prefix.map(|prefix| format!("{prefix}/")).unwrap_or_default();
    let arn = format!("arn:{partition}:s3:::{name}");
    let logs = format!("{arn}/{prefix}AWSLogs/{account}/*");
    let ok = allows(&policy, "s3:GetBucketAcl", &arn, trail) && allows(&policy, "s3:PutObject", &logs, trail);
    if ok && in_effect {
        return Ok(());
    }
    let words = format!("Incorrect S3 bucket policy is detected for bucket: {name}");
    Err(refuse("InsufficientS3BucketPolicyException", words))
}

/// The key under which the world keeps when a bucket's new policy reaches CloudTrail.
pub(super) fn policy_mark(bucket: &str) -> String {
    format!("policy of {bucket}")
}

fn allows(policy: &Value, action: &str, resource: &str, trail: &str) -> bool {
    let statements = policy.get("Statement").map(list).unwrap_or_default();
    statements.into_iter().any(|statement| {
        let has = |value: Option<&Value>, wanted: &str| {
            value.map(list).unwrap_or_default().iter().any(|v| v.as_str() == Some(wanted))
        };
        let service = statement.get("Principal").and_then(|principal| principal.get("Service"));
        let source = statement
            .get("Condition")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|condition| condition.values())
            .filter_map(|keys| keys.get("aws:SourceArn"))
            .all(|arn| has(Some(arn), trail));
        has(statement.get("Effect"), "Allow")
            && has(service, "cloudtrail.amazonaws.com")
            && has(statement.get("Action"), action)
            && has(statement.get("Resource"), resource)
            && source
    })
}

/// One value or a list of them: policies allow both.
fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |list| list.iter().collect())
}

fn update_trail(cx: &mut Cx<'_>, input: &In<cloudtrail::UpdateTrail>) -> Said<cloudtrail::UpdateTrail> {
    let (arn, _) = find(cx.world, cx.region, input.name())?;
    let arn = arn.to_owned();
    find_own(cx.world, cx.region, input.name())?;
    if let Some(bucket) = input.s3_bucket_name() {
        check_bucket(cx.world, bucket, input.s3_key_prefix(), &arn)?;
    }
    let trail = find_own(cx.world, cx.region, input.name())?;
    // What is left out stays as it is.
    trail.multi_region = input.is_multi_region_trail().unwrap_or(trail.multi_region);
    trail.validated = input.enable_log_file_validation().unwrap_or(trail.validated);
    trail.global_events = input.include_global_service_events().unwrap_or(trail.global_events);
    if let Some(bucket) = input.s3_bucket_name() {
        trail.bucket = bucket.into();
    }
    Ok(Out::<cloudtrail::UpdateTrail>::builder().trail_arn(arn).build())
}

fn start_logging(cx: &mut Cx<'_>, input: &In<cloudtrail::StartLogging>) -> Said<cloudtrail::StartLogging> {
    find_own(cx.world, cx.region, input.name())?.logging = Seen::Read(true);
    Ok(Out::<cloudtrail::StartLogging>::builder().build())
}

#[cfg(test)]
mod tests;
