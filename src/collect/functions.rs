//! Functions of Lambda and their event sources.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::{EventSourceMappingConfiguration, FunctionConfiguration};
use futures::future::{join, join_all, join4};

use super::{Ask, each_seen, only_in, without_endpoint};
use crate::account::functions::{name_of, qualifier_of};
use crate::account::{EventSource, Function, Provisioned, Seen, Tags};
use crate::aws::{Aws, AwsError, lists, unless_gone};

/// Functions of a Region by name. A list says nothing of concurrency, URLs and policies, so each function
/// is asked for these: six calls, one more for each alias.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html>
pub(super) async fn functions(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Seen<Function>>, AwsError> {
    let names: Vec<String> = match only_in(ask.only_functions.as_ref(), region) {
        Some(names) => names.cloned().collect(),
        None => {
            let list = aws.lambda(region).list_functions();
            lists::all(aws, list, |one| one.function_name).await.map_err(without_endpoint)?
        }
    };
    let functions = names.into_iter().map(async |name| {
        let function = one(aws, region, &name, ask.states_only).await;
        (name, function)
    });
    each_seen(join_all(functions).await)
}

/// One function; `None` where it is gone. Without its policies where `states_only`: they are in no state.
async fn one(aws: &Aws, region: &str, name: &str, states_only: bool) -> Result<Option<Function>, AwsError> {
    let lambda = aws.lambda(region);
    let Some((arn, config, tags)) = configuration(aws, region, name).await? else { return Ok(None) };
    let urls = lists::all(aws, lambda.list_function_url_configs().function_name(name), |url| {
        Some((qualifier_of(&url.function_arn).to_owned(), url.auth_type.as_str().to_owned()))
    });
    let provisioned =
        lists::all(aws, lambda.list_provisioned_concurrency_configs().function_name(name), |one| {
            let status = one.status.map(|status| status.as_str().to_owned()).unwrap_or_default();
            let executions = one.requested_provisioned_concurrent_executions?;
            Some((qualifier_of(&one.function_arn?).to_owned(), Provisioned { executions, status }))
        });
    let policies =
        async { if states_only { Ok(BTreeMap::new()) } else { policies(aws, region, name).await } };
    // `GetFunction` has it too, but an emulator leaves out a 0 there, which is what this is about.
    let concurrency = lambda.get_function_concurrency().function_name(name).send();
    let parts = join4(urls, provisioned, policies, concurrency).await;
    // Deleted between the calls.
    let (Some(urls), Some(provisioned), Some(concurrency)) =
        (unless_gone(parts.0)?, unless_gone(parts.1)?, unless_gone(parts.3)?)
    else {
        return Ok(None);
    };
    Ok(Some(Function {
        arn,
        role: config.role.unwrap_or_default(),
        reserved: concurrency.reserved_concurrent_executions,
        provisioned,
        urls,
        policies: parts.2?,
        on_instances: config.capacity_provider_config.is_some(),
        replica_of: config.master_arn,
        tags,
    }))
}

/// The ARN of a function, its configuration and its tags; `None` where it is gone.
pub(super) async fn configuration(
    aws: &Aws,
    region: &str,
    name: &str,
) -> Result<Option<(String, FunctionConfiguration, Tags)>, AwsError> {
    let unusable = |why: &str| AwsError::unusable("lambda:GetFunction", why);
    let asked = aws.lambda(region).get_function().function_name(name);
    let Some(answer) = unless_gone(asked.send().await)? else { return Ok(None) };
    // Tags may protect a function: those that were not read are not "none".
    if let Some(error) = answer.tags_error {
        return Err(unusable(&format!("its tags could not be read: {}", error.error_code)));
    }
    let mut config = answer.configuration.ok_or_else(|| unusable("it lacks Configuration"))?;
    let arn = config.function_arn.take().ok_or_else(|| unusable("it lacks FunctionArn"))?;
    Ok(Some((arn, config, answer.tags.unwrap_or_default().into_iter().collect())))
}

/// The policies of a function and of its aliases. "Not found" is what AWS says of a function without one.
async fn policies(aws: &Aws, region: &str, name: &str) -> Result<BTreeMap<String, String>, AwsError> {
    let lambda = aws.lambda(region);
    let policy = async |qualifier: &str| -> Result<Option<(String, String)>, AwsError> {
        let call = lambda.get_policy().function_name(name);
        let call = if qualifier.is_empty() { call } else { call.qualifier(qualifier) };
        let policy = unless_gone(call.send().await)?.and_then(|answer| answer.policy);
        Ok(policy.map(|policy| (qualifier.to_owned(), policy)))
    };
    let aliases = lists::all(aws, lambda.list_aliases().function_name(name), |alias| alias.name);
    let (own, aliases): (_, Result<Vec<String>, AwsError>) = join(policy(""), aliases).await;
    let aliases = unless_gone(aliases)?.unwrap_or_default();
    let others = join_all(aliases.iter().map(|alias| policy(alias))).await;
    [own].into_iter().chain(others).filter_map(Result::transpose).collect()
}

/// Event source mappings of a Region by UUID.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html>
pub(super) async fn event_sources(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, EventSource>, AwsError> {
    let list = aws.lambda(region).list_event_source_mappings();
    lists::all(aws, list, event_source).await.map_err(without_endpoint)
}

fn event_source(mapping: EventSourceMappingConfiguration) -> Option<(String, EventSource)> {
    let source = EventSource {
        function: mapping.function_arn?,
        source: mapping.event_source_arn,
        state: mapping.state?,
    };
    Some((mapping.uuid?, source))
}

impl Ask {
    /// Narrows the functions that are read to this one, and those that were asked for already.
    pub fn only_function(&mut self, region: &str, arn_or_name: &str) {
        let this = (region.to_owned(), name_of(arn_or_name).to_owned());
        self.only_functions.get_or_insert_default().insert(this);
    }
}
