//! CloudFront Functions: a DEVELOPMENT stage, and a LIVE one once it is published.

use aws_sdk_cloudfront::types;
use aws_smithy_types::{Blob, DateTime};

use super::update::used;
use super::{Dispatch, MOST_ITEMS, built};
use crate::account::EdgeFunction;
use crate::aws::operations::cloudfront;
use crate::sim::route::{Cx, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

/// The largest code, in bytes, and the most functions of an account.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
const LARGEST: usize = 10 * 1024;
const MOST: usize = 100;
/// When each was made: 2024-01-01, in seconds.
const MADE: i64 = 1_704_067_200;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<cloudfront::ListFunctions>(list_functions);
    dispatch.on::<cloudfront::DescribeFunction>(describe_function);
    dispatch.on::<cloudfront::GetFunction>(get_function);
    dispatch.on::<cloudfront::CreateFunction>(create_function);
    dispatch.on::<cloudfront::UpdateFunction>(update_function);
    dispatch.on::<cloudfront::PublishFunction>(publish_function);
    dispatch.on::<cloudfront::DeleteFunction>(delete_function);
}

fn find<'a>(cx: &'a Cx<'_>, name: &str) -> Result<&'a EdgeFunction, Refused> {
    seen(&cx.world.account.edge_functions)?
        .get(name)
        .ok_or_else(|| refuse("NoSuchFunctionExists", "The specified function does not exist."))
}

fn find_mut<'a>(cx: &'a mut Cx<'_>, name: &str) -> Result<&'a mut EdgeFunction, Refused> {
    seen_mut(&mut cx.world.account.edge_functions)?
        .get_mut(name)
        .ok_or_else(|| refuse("NoSuchFunctionExists", "The specified function does not exist."))
}

/// The version of a stage.
fn etag(cx: &Cx<'_>, name: &str, code: Option<&String>) -> String {
    cx.world.cloudfront.etag(&format!("function/{name}"), code.map_or("", String::as_str))
}

/// The version of the DEVELOPMENT stage, which every write has to name.
fn check_version(cx: &Cx<'_>, name: &str, version: Option<&str>) -> Result<(), Refused> {
    let function = find(cx, name)?;
    match version {
        None => Err(refuse("InvalidIfMatchVersion", "The If-Match version is missing or not valid.")),
        Some(version) if version != etag(cx, name, function.draft.as_ref()) => Err(refuse(
            "PreconditionFailed",
            "The request failed because it didn't meet the preconditions in one or more request-header fields.",
        )),
        Some(_) => Ok(()),
    }
}

fn summary(
    name: &str,
    one: &EdgeFunction,
    stage: &types::FunctionStage,
) -> Result<types::FunctionSummary, Refused> {
    let metadata = types::FunctionMetadata::builder()
        .function_arn(&one.arn)
        .stage(stage.clone())
        .last_modified_time(DateTime::from_secs(MADE));
    let config = types::FunctionConfig::builder()
        .comment("")
        .runtime(types::FunctionRuntime::from(one.runtime.as_str()));
    let summary = types::FunctionSummary::builder()
        .name(name)
        .status(if one.published { "DEPLOYED" } else { "UNPUBLISHED" })
        .function_config(built(config.build())?)
        .function_metadata(built(metadata.build())?);
    built(summary.build())
}

fn list_functions(cx: &mut Cx<'_>, input: &In<cloudfront::ListFunctions>) -> Said<cloudfront::ListFunctions> {
    let stage = input.stage().cloned().unwrap_or(types::FunctionStage::Development);
    let all = seen(&cx.world.account.edge_functions)?.iter();
    let of_stage = all.filter(|(_, one)| stage != types::FunctionStage::Live || one.published);
    let all = of_stage.map(|(name, one)| summary(name, one, &stage)).collect::<Result<Vec<_>, _>>()?;
    let max = input.max_items().unwrap_or(MOST_ITEMS).min(MOST_ITEMS);
    let (page, next) = cx.page(all, input.marker(), Some(max));
    let list = types::FunctionList::builder()
        .set_next_marker(next)
        .max_items(max)
        .quantity(i32::try_from(page.len()).unwrap_or(i32::MAX))
        .set_items((!page.is_empty()).then_some(page));
    Ok(Out::<cloudfront::ListFunctions>::builder().function_list(built(list.build())?).build())
}

/// One function in a stage; DEVELOPMENT where none is named.
fn staged<'a>(
    cx: &'a Cx<'_>,
    name: &str,
    stage: Option<&types::FunctionStage>,
) -> Result<(&'a EdgeFunction, Option<&'a String>, types::FunctionStage), Refused> {
    let one = find(cx, name)?;
    match stage {
        Some(types::FunctionStage::Live) if !one.published => {
            Err(refuse("NoSuchFunctionExists", "The specified function does not exist."))
        }
        Some(types::FunctionStage::Live) => Ok((one, one.live.as_ref(), types::FunctionStage::Live)),
        _ => Ok((one, one.draft.as_ref(), types::FunctionStage::Development)),
    }
}

fn describe_function(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::DescribeFunction>,
) -> Said<cloudfront::DescribeFunction> {
    let name = input.name().unwrap_or_default();
    let (one, code, stage) = staged(cx, name, input.stage())?;
    Ok(Out::<cloudfront::DescribeFunction>::builder()
        .function_summary(summary(name, one, &stage)?)
        .e_tag(etag(cx, name, code))
        .build())
}

fn get_function(cx: &mut Cx<'_>, input: &In<cloudfront::GetFunction>) -> Said<cloudfront::GetFunction> {
    let name = input.name().unwrap_or_default();
    let (_, code, _) = staged(cx, name, input.stage())?;
    Ok(Out::<cloudfront::GetFunction>::builder()
        .function_code(Blob::new(code.cloned().unwrap_or_default()))
        .e_tag(etag(cx, name, code))
        .content_type("application/octet-stream")
        .build())
}

/// The code of a request, as text.
fn code(code: Option<&Blob>) -> Result<String, Refused> {
    let code = code.map(Blob::as_ref).unwrap_or_default();
    if code.len() > LARGEST {
        return Err(refuse("FunctionSizeLimitExceeded", "The function is too large."));
    }
    Ok(String::from_utf8_lossy(code).into_owned())
}

fn create_function(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::CreateFunction>,
) -> Said<cloudfront::CreateFunction> {
    let name = input.name().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        return Err(refuse("InvalidArgument", "The function's name is not valid."));
    }
    let config =
        input.function_config().ok_or_else(|| refuse("InvalidArgument", "FunctionConfig is missing."))?;
    let draft = code(input.function_code())?;
    let account = &cx.world.account;
    let arn = format!("arn:{}:cloudfront::{}:function/{name}", account.partition(), account.id);
    let all = seen_mut(&mut cx.world.account.edge_functions)?;
    if all.contains_key(name) {
        return Err(refuse(
            "FunctionAlreadyExists",
            "A function with the same name already exists in this Amazon Web Services account.",
        ));
    }
    if all.len() >= MOST {
        return Err(refuse("TooManyFunctions", "You have reached the maximum number of functions."));
    }
    let runtime = config.runtime.as_str().to_owned();
    let one = EdgeFunction { arn, runtime, draft: Some(draft), ..EdgeFunction::default() };
    let shown = summary(name, &one, &types::FunctionStage::Development)?;
    all.insert(name.to_owned(), one.clone());
    cx.world.cloudfront.written(&format!("function/{name}"));
    Ok(Out::<cloudfront::CreateFunction>::builder()
        .function_summary(shown)
        .e_tag(etag(cx, name, one.draft.as_ref()))
        .build())
}

fn update_function(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::UpdateFunction>,
) -> Said<cloudfront::UpdateFunction> {
    let name = input.name().unwrap_or_default();
    check_version(cx, name, input.if_match())?;
    let draft = code(input.function_code())?;
    let one = find_mut(cx, name)?;
    one.draft = Some(draft);
    if let Some(config) = input.function_config() {
        config.runtime.as_str().clone_into(&mut one.runtime);
    }
    let one = one.clone();
    cx.world.cloudfront.written(&format!("function/{name}"));
    Ok(Out::<cloudfront::UpdateFunction>::builder()
        .function_summary(summary(name, &one, &types::FunctionStage::Development)?)
        .e_tag(etag(cx, name, one.draft.as_ref()))
        .build())
}

fn publish_function(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::PublishFunction>,
) -> Said<cloudfront::PublishFunction> {
    let name = input.name().unwrap_or_default();
    check_version(cx, name, input.if_match())?;
    let one = find_mut(cx, name)?;
    one.published = true;
    one.live.clone_from(&one.draft);
    let shown = summary(name, one, &types::FunctionStage::Live)?;
    Ok(Out::<cloudfront::PublishFunction>::builder().function_summary(shown).build())
}

fn delete_function(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::DeleteFunction>,
) -> Said<cloudfront::DeleteFunction> {
    let name = input.name().unwrap_or_default();
    check_version(cx, name, input.if_match())?;
    let arn = find(cx, name)?.arn.clone();
    let is_used = cx.world.account.distributions.items().any(|(_, one)| used(one).contains(&arn))
        || cx.world.cloudfront.leaving.values().any(|leaving| leaving.contains(&arn));
    if is_used {
        return Err(refuse(
            "FunctionInUse",
            "Cannot delete the function because it's attached to one or more cache behaviors.",
        ));
    }
    seen_mut(&mut cx.world.account.edge_functions)?.remove(name);
    cx.world.cloudfront.written(&format!("function/{name}"));
    Ok(Out::<cloudfront::DeleteFunction>::builder().build())
}
