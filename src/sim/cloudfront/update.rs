//! The change of a distribution: everything that AWS refuses, and then its way to the edges.

use std::collections::BTreeSet;

use aws_sdk_cloudfront::types;

use super::{DEPLOYED_AFTER_MS, Dispatch, deploy, etag, find, forms, gone};
use crate::account::{Behavior, Distribution};
use crate::aws::operations::cloudfront;
use crate::sim::route::{Cx, In, Out, Refused, Said, refuse};
use crate::sim::world::seen_mut;

/// Distributions that one function may serve.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
const MOST_DISTRIBUTIONS: usize = 100;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<cloudfront::UpdateDistribution>(update_distribution);
}

fn update_distribution(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::UpdateDistribution>,
) -> Said<cloudfront::UpdateDistribution> {
    let id = input.id().unwrap_or_default();
    let before = find(cx, id)?;
    let Some(version) = input.if_match() else {
        return Err(refuse("InvalidIfMatchVersion", "The If-Match version is missing or not valid."));
    };
    if version != etag(cx, id, before) {
        return Err(refuse(
            "PreconditionFailed",
            "The request failed because it didn't meet the preconditions.",
        ));
    }
    let config = input.distribution_config().ok_or_else(|| refuse("MissingBody", "The body is missing."))?;
    if config.caller_reference != forms::caller_reference(id) {
        return Err(refuse("IllegalUpdate", "The update contains modifications that are not allowed."));
    }
    quantities(config)?;
    error_pages(config)?;
    let mut after = before.clone();
    forms::apply(&mut after, config);
    check(cx, id, before, &after)?;
    let left: BTreeSet<String> = used(before).difference(&used(&after)).cloned().collect();
    let web_acl_left = before.web_acl.clone().filter(|arn| after.web_acl.as_ref() != Some(arn));
    let changed = after != *before;
    after.deployed = !changed && before.deployed;
    seen_mut(&mut cx.world.account.distributions)?.insert(id.to_owned(), after);
    if changed {
        cx.world.cloudfront.written(id);
        cx.world.cloudfront.leaving.entry(id.to_owned()).or_default().extend(left);
        deploy(cx, id);
    }
    if let Some(arn) = web_acl_left {
        let until = cx.world.now_ms + DEPLOYED_AFTER_MS;
        cx.world.wafv2.hold(&arn, until);
    }
    let one = find(cx, id)?;
    Ok(Out::<cloudfront::UpdateDistribution>::builder().e_tag(etag(cx, id, one)).build())
}

/// The ARNs of the functions that a distribution uses.
pub(super) fn used(one: &Distribution) -> BTreeSet<String> {
    one.behaviors.values().flat_map(|behavior| behavior.functions.values().cloned()).collect()
}

/// Each list says how many items it has.
fn quantities(config: &types::DistributionConfig) -> Result<(), Refused> {
    let mut all = vec![];
    if let Some(list) = config.aliases() {
        all.push((list.quantity, list.items().len()));
    }
    if let Some(list) = config.origins() {
        all.push((list.quantity, list.items.len()));
    }
    if let Some(list) = config.cache_behaviors() {
        all.push((list.quantity, list.items().len()));
    }
    if let Some(list) = config.custom_error_responses() {
        all.push((list.quantity, list.items().len()));
    }
    let others = config.cache_behaviors().map(types::CacheBehaviors::items).unwrap_or_default();
    let functions = config.default_cache_behavior().and_then(|one| one.function_associations());
    for list in functions.into_iter().chain(others.iter().filter_map(|one| one.function_associations())) {
        all.push((list.quantity, list.items().len()));
        let events: BTreeSet<&str> = list.items().iter().map(|one| one.event_type.as_str()).collect();
        if events.len() < list.items().len() {
            return Err(invalid("A cache behavior has more than one function for an event type."));
        }
    }
    let lambdas = config.default_cache_behavior().and_then(|one| one.lambda_function_associations());
    for list in lambdas.into_iter().chain(others.iter().filter_map(|one| one.lambda_function_associations()))
    {
        all.push((list.quantity, list.items().len()));
    }
    if all.iter().any(|(said, items)| usize::try_from(*said).ok() != Some(*items)) {
        return Err(refuse(
            "InconsistentQuantities",
            "The value of Quantity and the size of Items don't match.",
        ));
    }
    Ok(())
}

/// The errors for which CloudFront shows a page: and a page goes with a status.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html>
fn error_pages(config: &types::DistributionConfig) -> Result<(), Refused> {
    let all = config.custom_error_responses().map(types::CustomErrorResponses::items).unwrap_or_default();
    for one in all {
        if ![400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504].contains(&one.error_code) {
            return Err(refuse("InvalidErrorCode", "An error code that you specified is not valid."));
        }
        let given = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
        if given(one.response_page_path()) != given(one.response_code()) {
            return Err(refuse("InvalidResponseCode", "A response code that you specified is not valid."));
        }
    }
    Ok(())
}

fn invalid(why: &str) -> Refused {
    refuse("InvalidFunctionAssociation", why)
}

fn check(cx: &Cx<'_>, id: &str, before: &Distribution, after: &Distribution) -> Result<(), Refused> {
    if !cx.world.account.distributions.read().is_some_and(|all| all.contains_key(id)) {
        return Err(gone(id));
    }
    let known =
        |arn: &String| cx.world.account.edge_web_acls.read().is_none_or(|all| all.acls.contains_key(arn));
    if after.web_acl != before.web_acl && after.web_acl.as_ref().is_some_and(|arn| !known(arn)) {
        return Err(refuse("InvalidWebACLId", "A web ACL ID specified is not valid."));
    }
    // An origin group is no part of the picture: what was there before is one.
    let known = |origin: &String| {
        after.origins.contains_key(origin) || before.behaviors.values().any(|one| one.origin == *origin)
    };
    for origin in after.origins.values() {
        let controls = cx.world.account.access_controls.read();
        if let (Some(id), Some(known)) = (&origin.access_control, controls)
            && !known.contains_key(id)
            && !before.origins.values().any(|other| other.access_control.as_ref() == Some(id))
        {
            return Err(refuse("InvalidOriginAccessControl", "The origin access control is not valid."));
        }
    }
    for (path, behavior) in &after.behaviors {
        if !known(&behavior.origin) {
            return Err(refuse(
                "NoSuchOrigin",
                format!("No origin exists with the specified origin id of {path}."),
            ));
        }
        check_functions(cx, behavior)?;
    }
    for arn in used(after) {
        let others = cx.world.account.distributions.items().filter(|(other, _)| *other != id);
        let users = others.filter(|(_, one)| used(one).contains(&arn)).count();
        if users >= MOST_DISTRIBUTIONS {
            return Err(refuse(
                "TooManyDistributionsWithSingleFunctionARN",
                "The maximum number of distributions have been associated with the specified function.",
            ));
        }
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html>
fn check_functions(cx: &Cx<'_>, behavior: &Behavior) -> Result<(), Refused> {
    for (event, arn) in &behavior.functions {
        if !event.starts_with("viewer-") {
            return Err(invalid("CloudFront Functions run on viewer events only."));
        }
        if behavior.lambdas.keys().any(|event| event.starts_with("viewer-")) {
            return Err(invalid(
                "CloudFront Functions and Lambda@Edge cannot be combined in viewer events of a cache behavior.",
            ));
        }
        let functions = cx.world.account.edge_functions.read();
        let live = |all: &std::collections::BTreeMap<_, crate::account::EdgeFunction>| {
            all.values().any(|one| one.arn == *arn && one.published)
        };
        if functions.is_some_and(|all| !live(all)) {
            return Err(invalid("The function does not exist or is not published."));
        }
    }
    Ok(())
}
