//! Lambda: concurrency, URLs and policies of functions; `functions.rs` has the functions, `networks.rs` their
//! interfaces, `sources.rs` the event source mappings.

mod functions;
mod networks;
mod sources;

use std::collections::BTreeSet;

use aws_sdk_lambda::types;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::functions::{name_of, qualified};
use crate::account::{Function, Provisioned};
use crate::aws::operations::lambda;

/// How long provisioned concurrency is being allocated. AWS takes minutes.
const ALLOCATED_AFTER_MS: u64 = 60_000;
/// What a Region's functions may run at once, where nobody has raised it, and what of it no function may
/// reserve. <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>
const CONCURRENCY: i32 = 1_000;
const UNRESERVED: i32 = 100;

/// What AWS does by itself, by Region and id.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    /// Provisioned concurrency that is being allocated.
    allocating: BTreeSet<(String, String)>,
    /// Event source mappings that are being enabled or disabled.
    moving: BTreeSet<(String, String)>,
    /// Functions that are changing their network.
    updating: BTreeSet<(String, String)>,
    interfaces: networks::Hidden,
}

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<lambda::DeleteFunctionConcurrency>(delete_function_concurrency);
    dispatch.on::<lambda::DeleteProvisionedConcurrencyConfig>(delete_provisioned_concurrency_config);
    dispatch.on::<lambda::GetFunctionConcurrency>(get_function_concurrency);
    dispatch.on::<lambda::GetPolicy>(get_policy);
    dispatch.on::<lambda::ListAliases>(list_aliases);
    dispatch.on::<lambda::ListFunctionUrlConfigs>(list_function_url_configs);
    dispatch.on::<lambda::ListProvisionedConcurrencyConfigs>(list_provisioned_concurrency_configs);
    dispatch.on::<lambda::PutFunctionConcurrency>(put_function_concurrency);
    dispatch.on::<lambda::PutProvisionedConcurrencyConfig>(put_provisioned_concurrency_config);
    dispatch.on::<lambda::UpdateFunctionUrlConfig>(update_function_url_config);
    functions::register(dispatch);
    sources::register(dispatch);
}

fn no_function(cx: &Cx<'_>, name: &str) -> Refused {
    refuse("ResourceNotFoundException", format!("Function not found: {}", networks::arn(cx, name)))
}

fn function<'a>(cx: &'a Cx<'_>, name: Option<&str>) -> Result<(&'a str, &'a Function), Refused> {
    let name = name_of(name.unwrap_or_default());
    let found = seen(&region(cx).functions)?.get_key_value(name).ok_or_else(|| no_function(cx, name))?;
    Ok((found.0, seen(found.1)?))
}

fn function_mut<'a>(cx: &'a mut Cx<'_>, name: Option<&str>) -> Result<&'a mut Function, Refused> {
    let name = name_of(name.unwrap_or_default());
    let missing = no_function(cx, name);
    seen_mut(seen_mut(&mut cx.region_mut().functions)?.get_mut(name).ok_or(missing)?)
}

fn get_function_concurrency(
    cx: &mut Cx<'_>,
    input: &In<lambda::GetFunctionConcurrency>,
) -> Said<lambda::GetFunctionConcurrency> {
    let (_, function) = function(cx, input.function_name())?;
    let output = Out::<lambda::GetFunctionConcurrency>::builder();
    Ok(output.set_reserved_concurrent_executions(function.reserved).build())
}

fn get_policy(cx: &mut Cx<'_>, input: &In<lambda::GetPolicy>) -> Said<lambda::GetPolicy> {
    let (_, function) = function(cx, input.function_name())?;
    let policy = function
        .policies
        .get(input.qualifier().unwrap_or_default())
        .ok_or_else(|| refuse("ResourceNotFoundException", "The resource you requested does not exist."))?;
    Ok(Out::<lambda::GetPolicy>::builder().policy(policy).build())
}

/// The aliases that the account knows of: those that have something.
fn list_aliases(cx: &mut Cx<'_>, input: &In<lambda::ListAliases>) -> Said<lambda::ListAliases> {
    let (_, function) = function(cx, input.function_name())?;
    let version = |name: &str| name.chars().all(|c| c.is_ascii_digit());
    let names = function.policies.keys().chain(function.urls.keys()).chain(function.provisioned.keys());
    let names: BTreeSet<&String> = names.filter(|name| !name.is_empty() && !version(name)).collect();
    let alias = |name: &String| {
        types::AliasConfiguration::builder().name(name).alias_arn(qualified(&function.arn, name)).build()
    };
    let aliases = names.into_iter().map(alias).collect();
    let (page, next) = cx.page(aliases, input.marker(), input.max_items());
    Ok(Out::<lambda::ListAliases>::builder().set_aliases(Some(page)).set_next_marker(next).build())
}

/// The address of a function's URL, which stays the same for as long as it exists.
fn address(cx: &Cx<'_>, name: &str, qualifier: &str) -> String {
    let letters = name.chars().chain(qualifier.chars()).filter(char::is_ascii_alphanumeric);
    let id: String = letters.chain(std::iter::repeat('x')).take(32).collect::<String>().to_ascii_lowercase();
    format!("https://{id}.lambda-url.{}.on.aws/", cx.region)
}

fn list_function_url_configs(
    cx: &mut Cx<'_>,
    input: &In<lambda::ListFunctionUrlConfigs>,
) -> Said<lambda::ListFunctionUrlConfigs> {
    let (name, function) = function(cx, input.function_name())?;
    let urls = function.urls.iter().map(|(qualifier, auth)| {
        types::FunctionUrlConfig::builder()
            .function_arn(qualified(&function.arn, qualifier))
            .function_url(address(cx, name, qualifier))
            .auth_type(auth.as_str().into())
            .creation_time("2026-01-01T00:00:00.000000000Z")
            .last_modified_time("2026-01-01T00:00:00.000000000Z")
            .build()
            .map_err(|error| refuse("ServiceException", error.to_string()))
    });
    let urls = urls.collect::<Result<Vec<_>, _>>()?;
    let (page, next) = cx.page(urls, input.marker(), input.max_items());
    let output = Out::<lambda::ListFunctionUrlConfigs>::builder();
    let output = output.set_function_url_configs(Some(page)).set_next_marker(next);
    output.build().map_err(|error| refuse("ServiceException", error.to_string()))
}

/// What the request does not name, its CORS and how it answers, stays as it is.
fn update_function_url_config(
    cx: &mut Cx<'_>,
    input: &In<lambda::UpdateFunctionUrlConfig>,
) -> Said<lambda::UpdateFunctionUrlConfig> {
    let qualifier = input.qualifier().unwrap_or_default().to_owned();
    let Some(auth) = input.auth_type().cloned() else {
        return Err(refuse("InvalidParameterValueException", "nothing is changed"));
    };
    let changed = function_mut(cx, input.function_name())?;
    let Some(url) = changed.urls.get_mut(&qualifier) else {
        return Err(refuse("ResourceNotFoundException", "The resource you requested does not exist."));
    };
    auth.as_str().clone_into(url);
    let arn = qualified(&changed.arn, &qualifier);
    let address = address(cx, name_of(input.function_name().unwrap_or_default()), &qualifier);
    Out::<lambda::UpdateFunctionUrlConfig>::builder()
        .function_arn(arn)
        .function_url(address)
        .auth_type(auth)
        .creation_time("2026-01-01T00:00:00.000000000Z")
        .last_modified_time("2026-01-02T00:00:00.000000000Z")
        .build()
        .map_err(|error| refuse("ServiceException", error.to_string()))
}

fn put_function_concurrency(
    cx: &mut Cx<'_>,
    input: &In<lambda::PutFunctionConcurrency>,
) -> Said<lambda::PutFunctionConcurrency> {
    let wanted = input.reserved_concurrent_executions().unwrap_or_default();
    let (name, changed) = function(cx, input.function_name())?;
    let name = name.to_owned();
    let provisioned: i32 = changed.provisioned.values().map(|one| one.executions).sum();
    if wanted < provisioned {
        let why = format!(
            "Specified ReservedConcurrentExecutions for function is less than the {provisioned} provisioned"
        );
        return Err(refuse("InvalidParameterValueException", why));
    }
    let others = seen(&region(cx).functions)?.iter().filter(|(other, _)| **other != name);
    let others: i32 = others.filter_map(|(_, one)| one.read()?.reserved).sum();
    if wanted > 0 && CONCURRENCY - others - wanted < UNRESERVED {
        let why = "Specified ReservedConcurrentExecutions for function decreases account's \
                   UnreservedConcurrentExecution below its minimum value of [100].";
        return Err(refuse("InvalidParameterValueException", why));
    }
    function_mut(cx, Some(&name))?.reserved = Some(wanted);
    Ok(Out::<lambda::PutFunctionConcurrency>::builder().reserved_concurrent_executions(wanted).build())
}

fn delete_function_concurrency(
    cx: &mut Cx<'_>,
    input: &In<lambda::DeleteFunctionConcurrency>,
) -> Said<lambda::DeleteFunctionConcurrency> {
    function_mut(cx, input.function_name())?.reserved = None;
    Ok(Out::<lambda::DeleteFunctionConcurrency>::builder().build())
}

/// Provisioned concurrency that was being allocated when the account was read is ready some time later.
fn go_on_allocating(cx: &mut Cx<'_>, name: &str, function: &Function) {
    for (qualifier, one) in &function.provisioned {
        let id = (cx.region.to_owned(), format!("{name}:{qualifier}"));
        if one.status == "IN_PROGRESS" && !cx.world.lambda.allocating.contains(&id) {
            allocate(cx, name, qualifier);
        }
    }
}

fn allocate(cx: &mut Cx<'_>, name: &str, qualifier: &str) {
    let id = format!("{name}:{qualifier}");
    cx.world.lambda.allocating.insert((cx.region.to_owned(), id.clone()));
    cx.later(ALLOCATED_AFTER_MS, &id, |cx, id| {
        cx.world.lambda.allocating.remove(&(cx.region.to_owned(), id.to_owned()));
        let Some((name, qualifier)) = id.split_once(':') else { return };
        if let Ok(function) = function_mut(cx, Some(name))
            && let Some(one) = function.provisioned.get_mut(qualifier)
        {
            "READY".clone_into(&mut one.status);
        }
    });
}

fn list_provisioned_concurrency_configs(
    cx: &mut Cx<'_>,
    input: &In<lambda::ListProvisionedConcurrencyConfigs>,
) -> Said<lambda::ListProvisionedConcurrencyConfigs> {
    let (name, function) = function(cx, input.function_name())?;
    let (name, function) = (name.to_owned(), function.clone());
    go_on_allocating(cx, &name, &function);
    let item = |(qualifier, one): (&String, &Provisioned)| {
        types::ProvisionedConcurrencyConfigListItem::builder()
            .function_arn(qualified(&function.arn, qualifier))
            .requested_provisioned_concurrent_executions(one.executions)
            .status(one.status.as_str().into())
            .build()
    };
    let items = function.provisioned.iter().map(item).collect();
    let (page, next) = cx.page(items, input.marker(), input.max_items());
    Ok(Out::<lambda::ListProvisionedConcurrencyConfigs>::builder()
        .set_provisioned_concurrency_configs(Some(page))
        .set_next_marker(next)
        .build())
}

fn put_provisioned_concurrency_config(
    cx: &mut Cx<'_>,
    input: &In<lambda::PutProvisionedConcurrencyConfig>,
) -> Said<lambda::PutProvisionedConcurrencyConfig> {
    let executions = input.provisioned_concurrent_executions().unwrap_or_default();
    let qualifier = input.qualifier().unwrap_or_default().to_owned();
    let (name, before) = function(cx, input.function_name())?;
    let name = name.to_owned();
    let others = before.provisioned.iter().filter(|(other, _)| **other != qualifier);
    let others: i32 = others.map(|(_, one)| one.executions).sum();
    if before.reserved.is_some_and(|reserved| others + executions > reserved) {
        let why = "Requested Provisioned Concurrency should not be greater than the \
                   reservedConcurrentExecution for function";
        return Err(refuse("InvalidParameterValueException", why));
    }
    let status = "IN_PROGRESS".to_owned();
    let one = Provisioned { executions, status };
    function_mut(cx, Some(&name))?.provisioned.insert(qualifier.clone(), one);
    allocate(cx, &name, &qualifier);
    Ok(Out::<lambda::PutProvisionedConcurrencyConfig>::builder()
        .requested_provisioned_concurrent_executions(executions)
        .status(types::ProvisionedConcurrencyStatusEnum::InProgress)
        .build())
}

/// Deleting what is not there is no error: AWS's page lists "not found" for the function alone.
fn delete_provisioned_concurrency_config(
    cx: &mut Cx<'_>,
    input: &In<lambda::DeleteProvisionedConcurrencyConfig>,
) -> Said<lambda::DeleteProvisionedConcurrencyConfig> {
    let qualifier = input.qualifier().unwrap_or_default().to_owned();
    function_mut(cx, input.function_name())?.provisioned.remove(&qualifier);
    Ok(Out::<lambda::DeleteProvisionedConcurrencyConfig>::builder().build())
}
