//! Origin access controls, origin access identities and invalidations.

use aws_sdk_cloudfront::types;
use aws_smithy_types::DateTime;

use super::{Dispatch, MOST_ITEMS, built, find};
use crate::account::AccessControl;
use crate::aws::operations::cloudfront;
use crate::sim::route::{Cx, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

/// How long an invalidation takes.
const COMPLETED_AFTER_MS: u64 = 60_000;
/// Invalidations with a wildcard that one distribution takes at a time, and access controls of an account.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html>
const MOST_INVALIDATIONS: usize = 15;
const MOST_CONTROLS: usize = 100;
/// When each was made: 2024-01-01, in seconds.
const MADE: i64 = 1_704_067_200;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<cloudfront::ListOriginAccessControls>(list_access_controls);
    dispatch.on::<cloudfront::ListCloudFrontOriginAccessIdentities>(list_access_identities);
    dispatch.on::<cloudfront::GetOriginAccessControl>(get_access_control);
    dispatch.on::<cloudfront::CreateOriginAccessControl>(create_access_control);
    dispatch.on::<cloudfront::DeleteOriginAccessControl>(delete_access_control);
    dispatch.on::<cloudfront::ListInvalidations>(list_invalidations);
    dispatch.on::<cloudfront::CreateInvalidation>(create_invalidation);
}

fn list_access_controls(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::ListOriginAccessControls>,
) -> Said<cloudfront::ListOriginAccessControls> {
    let summary = |(id, one): (&String, &AccessControl)| {
        let summary = types::OriginAccessControlSummary::builder()
            .id(id)
            .name(&one.name)
            .description(&one.description)
            .signing_behavior(one.signing.as_str().into())
            .signing_protocol(one.protocol.as_str().into())
            .origin_access_control_origin_type(one.kind.as_str().into());
        built(summary.build())
    };
    let all = seen(&cx.world.account.access_controls)?.iter().map(summary).collect::<Result<Vec<_>, _>>()?;
    let list = page_of!(cx, input, all, OriginAccessControlList);
    Ok(Out::<cloudfront::ListOriginAccessControls>::builder().origin_access_control_list(list).build())
}

fn list_access_identities(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::ListCloudFrontOriginAccessIdentities>,
) -> Said<cloudfront::ListCloudFrontOriginAccessIdentities> {
    let summary = |id: &String| {
        let summary = types::CloudFrontOriginAccessIdentitySummary::builder().id(id).comment("");
        built(summary.s3_canonical_user_id(format!("{id:0>64}")).build())
    };
    let all = seen(&cx.world.account.origin_access_identities)?;
    let all = all.iter().map(summary).collect::<Result<Vec<_>, _>>()?;
    let list = page_of!(cx, input, all, CloudFrontOriginAccessIdentityList);
    let output = Out::<cloudfront::ListCloudFrontOriginAccessIdentities>::builder();
    Ok(output.cloud_front_origin_access_identity_list(list).build())
}

fn control<'a>(cx: &'a Cx<'_>, id: &str) -> Result<&'a AccessControl, Refused> {
    let all = seen(&cx.world.account.access_controls)?;
    all.get(id).ok_or_else(|| refuse("NoSuchOriginAccessControl", "The access control does not exist."))
}

fn whole(id: &str, one: &AccessControl) -> Result<types::OriginAccessControl, Refused> {
    let config = types::OriginAccessControlConfig::builder()
        .name(&one.name)
        .description(&one.description)
        .signing_behavior(one.signing.as_str().into())
        .signing_protocol(one.protocol.as_str().into())
        .origin_access_control_origin_type(one.kind.as_str().into());
    let config = built(config.build())?;
    built(types::OriginAccessControl::builder().id(id).origin_access_control_config(config).build())
}

/// The version of an access control.
fn version(cx: &Cx<'_>, id: &str, one: &AccessControl) -> String {
    cx.world.cloudfront.etag(&format!("control/{id}"), &format!("{one:?}"))
}

fn get_access_control(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::GetOriginAccessControl>,
) -> Said<cloudfront::GetOriginAccessControl> {
    let id = input.id().unwrap_or_default();
    let one = control(cx, id)?;
    Ok(Out::<cloudfront::GetOriginAccessControl>::builder()
        .origin_access_control(whole(id, one)?)
        .e_tag(version(cx, id, one))
        .build())
}

fn create_access_control(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::CreateOriginAccessControl>,
) -> Said<cloudfront::CreateOriginAccessControl> {
    let config = input.origin_access_control_config();
    let config = config.ok_or_else(|| refuse("InvalidArgument", "The configuration is missing."))?;
    let one = AccessControl {
        name: config.name.clone(),
        description: config.description.clone().unwrap_or_default(),
        signing: config.signing_behavior.as_str().to_owned(),
        protocol: config.signing_protocol.as_str().to_owned(),
        kind: config.origin_access_control_origin_type.as_str().to_owned(),
    };
    let all = seen(&cx.world.account.access_controls)?;
    if all.values().any(|other| other.name == one.name) {
        let words = "An origin access control with this name already exists.";
        return Err(refuse("OriginAccessControlAlreadyExists", words));
    }
    if all.len() >= MOST_CONTROLS {
        let words = "The number of origin access controls would exceed the quota.";
        return Err(refuse("TooManyOriginAccessControls", words));
    }
    let id = cx.new_id("E");
    seen_mut(&mut cx.world.account.access_controls)?.insert(id.clone(), one.clone());
    Ok(Out::<cloudfront::CreateOriginAccessControl>::builder()
        .origin_access_control(whole(&id, &one)?)
        .e_tag(version(cx, &id, &one))
        .build())
}

fn delete_access_control(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::DeleteOriginAccessControl>,
) -> Said<cloudfront::DeleteOriginAccessControl> {
    let id = input.id().unwrap_or_default();
    let one = control(cx, id)?;
    match input.if_match() {
        None => return Err(refuse("InvalidIfMatchVersion", "The If-Match version is missing or not valid.")),
        Some(given) if given != version(cx, id, one) => {
            let words = "The request failed because it didn't meet the preconditions.";
            return Err(refuse("PreconditionFailed", words));
        }
        Some(_) => {}
    }
    let uses = |control: &Option<String>| control.as_deref() == Some(id);
    let mut all = cx.world.account.distributions.items().flat_map(|(_, one)| one.origins.values());
    if all.any(|origin| uses(&origin.access_control)) {
        let words =
            "Cannot delete the origin access control because it's in use by one or more distributions.";
        return Err(refuse("OriginAccessControlInUse", words));
    }
    seen_mut(&mut cx.world.account.access_controls)?.remove(id);
    Ok(Out::<cloudfront::DeleteOriginAccessControl>::builder().build())
}

/// Brings an invalidation to its end after a while.
fn end(cx: &mut Cx<'_>, distribution: &str, id: &str) {
    if !cx.world.cloudfront.ending.insert(id.to_owned()) {
        return;
    }
    cx.later(COMPLETED_AFTER_MS, &format!("{distribution}/{id}"), |cx, both| {
        let (distribution, id) = both.split_once('/').unwrap_or_default();
        if let Ok(all) = seen_mut(&mut cx.world.account.invalidations)
            && let Some(completed) = all.get_mut(distribution).and_then(|all| all.get_mut(id))
        {
            *completed = true;
        }
    });
}

fn list_invalidations(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::ListInvalidations>,
) -> Said<cloudfront::ListInvalidations> {
    let distribution = input.distribution_id().unwrap_or_default();
    find(cx, distribution)?;
    let all = seen(&cx.world.account.invalidations)?.get(distribution).cloned().unwrap_or_default();
    for id in all.iter().filter(|(_, completed)| !**completed).map(|(id, _)| id) {
        end(cx, distribution, id);
    }
    let summary = |(id, completed): (String, bool)| {
        let status = if completed { "Completed" } else { "InProgress" };
        let summary = types::InvalidationSummary::builder().id(id).status(status);
        built(summary.create_time(DateTime::from_secs(MADE)).build())
    };
    let all = all.into_iter().map(summary).collect::<Result<Vec<_>, _>>()?;
    let list = page_of!(cx, input, all, InvalidationList);
    Ok(Out::<cloudfront::ListInvalidations>::builder().invalidation_list(list).build())
}

/// The same reference makes the same invalidation once.
///
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_InvalidationBatch.html>
fn create_invalidation(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::CreateInvalidation>,
) -> Said<cloudfront::CreateInvalidation> {
    let distribution = input.distribution_id().unwrap_or_default().to_owned();
    find(cx, &distribution)?;
    let batch = input.invalidation_batch();
    let batch = batch.ok_or_else(|| refuse("MissingBody", "The body is missing."))?.clone();
    let paths = batch.paths.as_ref().map(|paths| (paths.quantity, paths.items().len()));
    if paths.is_none_or(|(said, has)| has == 0 || usize::try_from(said).ok() != Some(has)) {
        let words = "The value of Quantity and the size of Items don't match.";
        return Err(refuse("InconsistentQuantities", words));
    }
    let key = (distribution.clone(), batch.caller_reference.clone());
    let id = match cx.world.cloudfront.invalidations.get(&key).cloned() {
        Some(id) => id,
        None => {
            let all = seen(&cx.world.account.invalidations)?.get(&distribution);
            let open = all.map_or(0, |all| all.values().filter(|completed| !**completed).count());
            if open >= MOST_INVALIDATIONS {
                let words = "You have exceeded the maximum number of allowable InProgress invalidations.";
                return Err(refuse("TooManyInvalidationsInProgress", words));
            }
            let id = cx.new_id("I");
            let all = seen_mut(&mut cx.world.account.invalidations)?;
            all.entry(distribution.clone()).or_default().insert(id.clone(), false);
            cx.world.cloudfront.invalidations.insert(key, id.clone());
            end(cx, &distribution, &id);
            id
        }
    };
    let made = types::Invalidation::builder()
        .id(id)
        .status("InProgress")
        .create_time(DateTime::from_secs(MADE))
        .invalidation_batch(batch);
    Ok(Out::<cloudfront::CreateInvalidation>::builder().invalidation(built(made.build())?).build())
}
