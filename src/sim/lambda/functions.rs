//! Functions: the lists, one of them, and a change of its network, which takes a while.

use std::collections::BTreeSet;

use aws_sdk_lambda::types;

use super::super::ec2::region;
use super::super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::super::world::{seen, seen_mut};
use super::{networks, no_function};
use crate::account::functions::name_of;
use crate::account::{FunctionNetwork, Tags, VpcFunction};
use crate::aws::operations::lambda;

/// How long a function takes to change its network. AWS takes minutes.
const SETTLES_MS: u64 = 40_000;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<lambda::GetFunction>(get_function);
    dispatch.on::<lambda::GetFunctionConfiguration>(get_function_configuration);
    dispatch.on::<lambda::ListFunctions>(list_functions);
    dispatch.on::<lambda::UpdateFunctionConfiguration>(update_function_configuration);
}

/// The names of all functions: of those in a VPC, of the others, or of both as far as they are known.
fn names(cx: &Cx<'_>) -> Result<BTreeSet<String>, Refused> {
    let here = region(cx);
    if here.vpc_functions.read().is_none() {
        return Ok(seen(&here.functions)?.keys().cloned().collect());
    }
    let others = here.functions.items().map(|(name, _)| name);
    Ok(here.vpc_functions.items().map(|(name, _)| name).chain(others).cloned().collect())
}

/// The networks of a function that is in a VPC.
fn networked<'a>(cx: &'a Cx<'_>, name: &str) -> Option<&'a VpcFunction> {
    region(cx).vpc_functions.item(name)?.read()
}

fn networked_mut<'a>(cx: &'a mut Cx<'_>, name: &str) -> Result<&'a mut VpcFunction, Refused> {
    let missing = no_function(cx, name);
    seen_mut(seen_mut(&mut cx.region_mut().vpc_functions)?.get_mut(name).ok_or(missing)?)
}

fn answered(network: &FunctionNetwork) -> Option<types::VpcConfigResponse> {
    let list = |ids: &BTreeSet<String>| Some(ids.iter().cloned().collect());
    (!network.vpc.is_empty()).then(|| {
        types::VpcConfigResponse::builder()
            .vpc_id(&network.vpc)
            .set_subnet_ids(list(&network.subnets))
            .set_security_group_ids(list(&network.groups))
            .ipv6_allowed_for_dual_stack(network.ipv6)
            .build()
    })
}

/// One entry for each function, and with `ALL` one for each published version that is in a VPC. A list says
/// nothing of how the last change ended.
fn list_functions(cx: &mut Cx<'_>, input: &In<lambda::ListFunctions>) -> Said<lambda::ListFunctions> {
    let all = input.function_version() == Some(&types::FunctionVersion::All);
    let mut entries = vec![];
    for name in names(cx)? {
        let entry = |version: &str, network: Option<&FunctionNetwork>| {
            types::FunctionConfiguration::builder()
                .function_name(&name)
                .function_arn(format!("{}:{version}", networks::arn(cx, &name)))
                .version(version)
                .set_vpc_config(network.and_then(answered))
                .build()
        };
        let networked = networked(cx, &name);
        entries.push(entry("$LATEST", networked.map(|function| &function.network)));
        let versions = networked.into_iter().flat_map(|function| &function.versions).filter(|_| all);
        entries.extend(versions.map(|(version, network)| entry(version, Some(network))));
    }
    // A page of AWS's has 50 functions at the most.
    let max = input.max_items().unwrap_or(50).min(50);
    let (page, next) = cx.page(entries, input.marker(), Some(max));
    Ok(Out::<lambda::ListFunctions>::builder().set_functions(Some(page)).set_next_marker(next).build())
}

fn get_function(cx: &mut Cx<'_>, input: &In<lambda::GetFunction>) -> Said<lambda::GetFunction> {
    let name = name_of(input.function_name().unwrap_or_default());
    go_on(cx, name);
    if !names(cx)?.contains(name) {
        return Err(no_function(cx, name));
    }
    let config = types::FunctionConfiguration::builder().function_name(name);
    let mut config = config.last_update_status(types::LastUpdateStatus::Successful);
    let mut output = Out::<lambda::GetFunction>::builder();
    let (mut on_instances, mut tags) = (false, Tags::new());
    if let Some(function) = region(cx).vpc_functions.item(name) {
        let function = seen(function)?;
        config = config
            .function_arn(&function.arn)
            .last_update_status(function.update.as_str().into())
            .set_vpc_config(answered(&function.network));
        (on_instances, tags) = (function.on_instances, function.tags.clone());
    }
    if let Some(function) = region(cx).functions.item(name) {
        let function = seen(function)?;
        let reserved = function.reserved.map(|executions| {
            types::Concurrency::builder().reserved_concurrent_executions(executions).build()
        });
        output = output.set_concurrency(reserved);
        config = config
            .function_arn(&function.arn)
            .role(&function.role)
            .set_master_arn(function.replica_of.clone());
        (on_instances, tags) = (function.on_instances, function.tags.clone());
    }
    let provider = on_instances.then(|| {
        let arn = networks::arn(cx, name).replace(&format!(":function:{name}"), ":capacity-provider:own");
        let on = types::LambdaManagedInstancesCapacityProviderConfig::builder().capacity_provider_arn(arn);
        types::CapacityProviderConfig::builder()
            .set_lambda_managed_instances_capacity_provider_config(on.build().ok())
            .build()
    });
    let tags = (!tags.is_empty()).then(|| tags.into_iter().collect());
    Ok(output.configuration(config.set_capacity_provider_config(provider).build()).set_tags(tags).build())
}

fn get_function_configuration(
    cx: &mut Cx<'_>,
    input: &In<lambda::GetFunctionConfiguration>,
) -> Said<lambda::GetFunctionConfiguration> {
    let name = name_of(input.function_name().unwrap_or_default());
    go_on(cx, name);
    if !names(cx)?.contains(name) {
        return Err(no_function(cx, name));
    }
    let output = Out::<lambda::GetFunctionConfiguration>::builder();
    let output = output.function_name(name).function_arn(networks::arn(cx, name));
    Ok(match networked(cx, name) {
        Some(function) => output
            .last_update_status(function.update.as_str().into())
            .set_vpc_config(answered(&function.network))
            .build(),
        None => output.last_update_status(types::LastUpdateStatus::Successful).build(),
    })
}

/// A function takes one change after the other, and the next one only when the last is in effect.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
fn update_function_configuration(
    cx: &mut Cx<'_>,
    input: &In<lambda::UpdateFunctionConfiguration>,
) -> Said<lambda::UpdateFunctionConfiguration> {
    let invalid = |why: String| refuse("InvalidParameterValueException", why);
    let name = name_of(input.function_name().unwrap_or_default()).to_owned();
    let Some(function) = networked(cx, &name).cloned() else { return Err(no_function(cx, &name)) };
    if function.update == "InProgress" {
        let why = format!(
            "The operation cannot be performed at this time. An update is in progress for resource: {}",
            function.arn
        );
        return Err(refuse("ResourceConflictException", why));
    }
    let Some(wanted) = input.vpc_config() else { return Err(invalid("nothing is changed".into())) };
    let set = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<String>>();
    let network = FunctionNetwork {
        vpc: function.network.vpc.clone(),
        subnets: set(wanted.subnet_ids()),
        groups: set(wanted.security_group_ids()),
        ipv6: wanted.ipv6_allowed_for_dual_stack().unwrap_or_default(),
    };
    if network.subnets.is_empty() || network.groups.is_empty() {
        return Err(invalid("SubnetIds and SecurityIds must coexist or be both empty list.".into()));
    }
    let groups = seen(&region(cx).groups)?;
    let usable = |id: &String| cx.visible(id) && groups.get(id).is_some_and(|group| group.vpc == network.vpc);
    if let Some(id) = network.groups.iter().find(|id| !usable(id)) {
        return Err(invalid(format!(
            "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 Error Message: \
             The security group '{id}' does not exist"
        )));
    }
    let changed = networked_mut(cx, &name)?;
    changed.network = network.clone();
    "InProgress".clone_into(&mut changed.update);
    go_on(cx, &name);
    Ok(Out::<lambda::UpdateFunctionConfiguration>::builder()
        .function_name(&name)
        .function_arn(&function.arn)
        .set_vpc_config(answered(&network))
        .last_update_status(types::LastUpdateStatus::InProgress)
        .build())
}

/// A change that is under way, be it from before the account was read, is in effect some time later.
fn go_on(cx: &mut Cx<'_>, name: &str) {
    let id = (cx.region.to_owned(), name.to_owned());
    let under_way = networked(cx, name).is_some_and(|function| function.update == "InProgress");
    if under_way && cx.world.lambda.updating.insert(id) {
        cx.later(SETTLES_MS, name, settle);
    }
}

fn settle(cx: &mut Cx<'_>, name: &str) {
    cx.world.lambda.updating.remove(&(cx.region.to_owned(), name.to_owned()));
    let Ok(function) = networked_mut(cx, name) else { return };
    "Successful".clone_into(&mut function.update);
    let network = function.network.clone();
    networks::moved(cx, &network);
}
