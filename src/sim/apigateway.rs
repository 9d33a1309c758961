//! API Gateway's first version: REST APIs, their stages and deployments, custom domains.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_apigateway::types::{self, EndpointType, Op, PatchOperation};
use serde_json::json;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{RestApi, RestStage, Seen, Throttle};
use crate::aws::operations::apigateway;

/// One deployment in so many milliseconds.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const BETWEEN_DEPLOYMENTS_MS: u64 = 5_000;

/// What AWS says of a method's throttle that nobody has set.
const UNSET: Throttle = Throttle { burst: Some(-1), rate: Some(-1.0) };

/// What the account does not show.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    /// The policies of deployments that no stage serves, by API and id.
    deployments: BTreeMap<(String, String), Seen<Option<String>>>,
    /// When the last deployment was made, by Region.
    last_deployment: BTreeMap<String, u64>,
}

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<apigateway::CreateDeployment>(create_deployment);
    dispatch.on::<apigateway::DeleteDeployment>(delete_deployment);
    dispatch.on::<apigateway::GetAccount>(get_account);
    dispatch.on::<apigateway::GetBasePathMappings>(get_base_path_mappings);
    dispatch.on::<apigateway::GetDomainNames>(get_domain_names);
    dispatch.on::<apigateway::GetExport>(get_export);
    dispatch.on::<apigateway::GetRestApi>(get_rest_api);
    dispatch.on::<apigateway::GetRestApis>(get_rest_apis);
    dispatch.on::<apigateway::GetStage>(get_stage);
    dispatch.on::<apigateway::GetStages>(get_stages);
    dispatch.on::<apigateway::UpdateRestApi>(update_rest_api);
    dispatch.on::<apigateway::UpdateStage>(update_stage);
}

fn no_api(id: &str) -> Refused {
    refuse("NotFoundException", format!("Invalid API identifier specified {id}"))
}

fn no_stage() -> Refused {
    refuse("NotFoundException", "Invalid stage identifier specified")
}

fn api<'a>(cx: &'a Cx<'_>, id: Option<&str>) -> Result<&'a RestApi, Refused> {
    let id = id.unwrap_or_default();
    seen(seen(&region(cx).rest_apis)?.get(id).ok_or_else(|| no_api(id))?)
}

fn api_mut<'a>(cx: &'a mut Cx<'_>, id: Option<&str>) -> Result<&'a mut RestApi, Refused> {
    let id = id.unwrap_or_default();
    seen_mut(seen_mut(&mut cx.region_mut().rest_apis)?.get_mut(id).ok_or_else(|| no_api(id))?)
}

/// AWS escapes the quotes of a policy once more.
fn escaped(policy: Option<&String>) -> Option<String> {
    let text = json!(policy?).to_string();
    Some(text.trim_matches('"').to_owned())
}

fn endpoints(api: &RestApi) -> types::EndpointConfiguration {
    let kind = if api.private { EndpointType::Private } else { EndpointType::Regional };
    types::EndpointConfiguration::builder().types(kind).build()
}

fn tags(all: &crate::account::Tags) -> Option<HashMap<String, String>> {
    (!all.is_empty()).then(|| all.clone().into_iter().collect())
}

fn get_rest_apis(cx: &mut Cx<'_>, input: &In<apigateway::GetRestApis>) -> Said<apigateway::GetRestApis> {
    let all = seen(&region(cx).rest_apis)?.iter().map(|(id, api)| {
        let listed = types::RestApi::builder().id(id);
        match api.read() {
            Some(api) => listed
                .name(&api.name)
                .endpoint_configuration(endpoints(api))
                .disable_execute_api_endpoint(api.endpoint_off)
                .set_policy(escaped(api.policy.as_ref()))
                .set_tags(tags(&api.tags))
                .build(),
            None => listed.build(),
        }
    });
    let max = input.limit().unwrap_or(25).min(500);
    let (page, next) = cx.page(all.collect(), input.position(), Some(max));
    Ok(Out::<apigateway::GetRestApis>::builder().set_items(Some(page)).set_position(next).build())
}

fn get_rest_api(cx: &mut Cx<'_>, input: &In<apigateway::GetRestApi>) -> Said<apigateway::GetRestApi> {
    let api = api(cx, input.rest_api_id())?;
    Ok(Out::<apigateway::GetRestApi>::builder()
        .set_id(input.rest_api_id().map(Into::into))
        .name(&api.name)
        .endpoint_configuration(endpoints(api))
        .disable_execute_api_endpoint(api.endpoint_off)
        .set_policy(escaped(api.policy.as_ref()))
        .set_tags(tags(&api.tags))
        .build())
}

/// The policy is drafted: it has no effect before a deployment.
fn update_rest_api(
    cx: &mut Cx<'_>,
    input: &In<apigateway::UpdateRestApi>,
) -> Said<apigateway::UpdateRestApi> {
    for operation in input.patch_operations() {
        let (Some(Op::Replace), Some("/policy")) = (operation.op(), operation.path()) else {
            return Err(refuse("BadRequestException", "Invalid patch path"));
        };
        let text = operation.value().unwrap_or_default();
        if !text.is_empty() && serde_json::from_str::<serde_json::Value>(text).is_err() {
            return Err(refuse("BadRequestException", "Invalid policy document"));
        }
        api_mut(cx, input.rest_api_id())?.policy = Some(text.to_owned()).filter(|text| !text.is_empty());
    }
    let api = api(cx, input.rest_api_id())?;
    Ok(Out::<apigateway::UpdateRestApi>::builder()
        .set_id(input.rest_api_id().map(Into::into))
        .name(&api.name)
        .build())
}

fn settings(stage: &RestStage) -> HashMap<String, types::MethodSetting> {
    let setting = |throttle: &Throttle| {
        types::MethodSetting::builder()
            .set_throttling_burst_limit(throttle.burst)
            .set_throttling_rate_limit(throttle.rate)
            .build()
    };
    stage.throttles.iter().map(|(method, throttle)| (method.clone(), setting(throttle))).collect()
}

fn canary(stage: &RestStage) -> Option<types::CanarySettings> {
    stage.canary.then(|| types::CanarySettings::builder().percent_traffic(10.0).build())
}

fn get_stages(cx: &mut Cx<'_>, input: &In<apigateway::GetStages>) -> Said<apigateway::GetStages> {
    let stages = api(cx, input.rest_api_id())?.stages.iter().map(|(name, stage)| {
        types::Stage::builder()
            .stage_name(name)
            .deployment_id(&stage.deployment)
            .set_method_settings(Some(settings(stage)))
            .set_canary_settings(canary(stage))
            .set_tags(tags(&stage.tags))
            .build()
    });
    Ok(Out::<apigateway::GetStages>::builder().set_item(Some(stages.collect())).build())
}

fn get_stage(cx: &mut Cx<'_>, input: &In<apigateway::GetStage>) -> Said<apigateway::GetStage> {
    let name = input.stage_name().unwrap_or_default();
    let stage = api(cx, input.rest_api_id())?.stages.get(name).ok_or_else(no_stage)?;
    Ok(Out::<apigateway::GetStage>::builder()
        .stage_name(name)
        .deployment_id(&stage.deployment)
        .set_method_settings(Some(settings(stage)))
        .set_canary_settings(canary(stage))
        .set_tags(tags(&stage.tags))
        .build())
}

fn update_stage(cx: &mut Cx<'_>, input: &In<apigateway::UpdateStage>) -> Said<apigateway::UpdateStage> {
    let (id, name) = (input.rest_api_id().unwrap_or_default(), input.stage_name().unwrap_or_default());
    let mut stage = api(cx, Some(id))?.stages.get(name).ok_or_else(no_stage)?.clone();
    for operation in input.patch_operations() {
        if operation.path() == Some("/deploymentId") {
            deploy(cx, id, &mut stage, operation.value().unwrap_or_default())?;
        } else {
            set(&mut stage, operation)?;
        }
    }
    let answer = Out::<apigateway::UpdateStage>::builder()
        .stage_name(name)
        .deployment_id(&stage.deployment)
        .set_method_settings(Some(settings(&stage)));
    api_mut(cx, Some(id))?.stages.insert(name.to_owned(), stage);
    Ok(answer.build())
}

/// Points a stage to another deployment of its API.
fn deploy(cx: &mut Cx<'_>, api: &str, stage: &mut RestStage, deployment: &str) -> Result<(), Refused> {
    let all = &mut cx.world.apigateway.deployments;
    all.entry((api.to_owned(), stage.deployment.clone())).or_insert_with(|| stage.served_policy.clone());
    let Some(policy) = all.get(&(api.to_owned(), deployment.to_owned())) else {
        return Err(refuse("BadRequestException", "Invalid deployment identifier specified"));
    };
    stage.served_policy = policy.clone();
    deployment.clone_into(&mut stage.deployment);
    Ok(())
}

/// One operation on the settings of a method: `/*/*/throttling/rateLimit`.
fn set(stage: &mut RestStage, operation: &PatchOperation) -> Result<(), Refused> {
    let invalid = || refuse("BadRequestException", "Invalid method setting path");
    let path = operation.path().and_then(|path| path.strip_prefix('/')).unwrap_or_default();
    let value = operation.value().unwrap_or_default();
    match (operation.op(), path.split_once("/throttling/")) {
        (Some(Op::Remove), None) => drop(stage.throttles.remove(path).ok_or_else(invalid)?),
        (Some(Op::Replace), Some((method, member))) => {
            let throttle = stage.throttles.entry(method.to_owned()).or_insert(UNSET);
            match member {
                "burstLimit" => throttle.burst = Some(value.parse().map_err(|_| invalid())?),
                "rateLimit" => throttle.rate = Some(value.parse().map_err(|_| invalid())?),
                _ => return Err(invalid()),
            }
        }
        _ => return Err(invalid()),
    }
    Ok(())
}

/// A deployment holds what is drafted now.
fn create_deployment(
    cx: &mut Cx<'_>,
    input: &In<apigateway::CreateDeployment>,
) -> Said<apigateway::CreateDeployment> {
    let policy = api(cx, input.rest_api_id())?.policy.clone();
    let now = cx.world.now_ms;
    let last = cx.world.apigateway.last_deployment.get(cx.region);
    if last.is_some_and(|last| now < last + BETWEEN_DEPLOYMENTS_MS) {
        return Err(refuse("TooManyRequestsException", "Too Many Requests"));
    }
    cx.world.apigateway.last_deployment.insert(cx.region.to_owned(), now);
    let id = cx.new_id("deployment");
    let key = (input.rest_api_id().unwrap_or_default().to_owned(), id.clone());
    cx.world.apigateway.deployments.insert(key, Seen::Read(policy));
    Ok(Out::<apigateway::CreateDeployment>::builder()
        .id(id)
        .set_description(input.description().map(Into::into))
        .build())
}

fn delete_deployment(
    cx: &mut Cx<'_>,
    input: &In<apigateway::DeleteDeployment>,
) -> Said<apigateway::DeleteDeployment> {
    let id = input.deployment_id().unwrap_or_default();
    let api_id = input.rest_api_id().unwrap_or_default();
    if api(cx, Some(api_id))?.stages.values().any(|stage| stage.deployment == id) {
        let why = "Active stages pointing to this deployment must be moved or deleted";
        return Err(refuse("BadRequestException", why));
    }
    let gone = cx.world.apigateway.deployments.remove(&(api_id.to_owned(), id.to_owned()));
    gone.ok_or_else(|| refuse("NotFoundException", "Invalid Deployment identifier specified"))?;
    Ok(Out::<apigateway::DeleteDeployment>::builder().build())
}

/// The definition that a stage serves: of it, the policy alone.
fn get_export(cx: &mut Cx<'_>, input: &In<apigateway::GetExport>) -> Said<apigateway::GetExport> {
    let name = input.stage_name().unwrap_or_default();
    let stage = api(cx, input.rest_api_id())?.stages.get(name).ok_or_else(no_stage)?;
    let mut definition = json!({ "openapi": "3.0.1", "paths": {} });
    if let Some(policy) = seen(&stage.served_policy)? {
        let policy: serde_json::Value =
            serde_json::from_str(policy).map_err(|error| refuse("BadRequestException", error.to_string()))?;
        definition["x-amazon-apigateway-policy"] = policy;
    }
    Ok(Out::<apigateway::GetExport>::builder()
        .content_type("application/json")
        .body(definition.to_string().into_bytes().into())
        .build())
}

/// What an account lets through where nobody had it raised.
#[expect(clippy::unnecessary_wraps, reason = "every simulated operation may refuse")]
fn get_account(_: &mut Cx<'_>, _: &In<apigateway::GetAccount>) -> Said<apigateway::GetAccount> {
    let limit = types::ThrottleSettings::builder().burst_limit(5_000).rate_limit(10_000.0).build();
    Ok(Out::<apigateway::GetAccount>::builder().throttle_settings(limit).build())
}

fn get_domain_names(
    cx: &mut Cx<'_>,
    input: &In<apigateway::GetDomainNames>,
) -> Said<apigateway::GetDomainNames> {
    let all = seen(&region(cx).api_domains)?.iter().map(|(name, domain)| {
        let kind = types::EndpointConfiguration::builder().types(domain.kind.as_str().into()).build();
        // A private one is known by its name and its id.
        let (name, id) = name.split_once('+').map_or((name.as_str(), None), |(name, id)| (name, Some(id)));
        let mode = domain.rules.then_some(types::RoutingMode::RoutingRuleThenBasePathMapping);
        types::DomainName::builder()
            .domain_name(name)
            .set_domain_name_id(id.map(Into::into))
            .endpoint_configuration(kind)
            .set_routing_mode(mode)
            .build()
    });
    let (page, next) = cx.page(all.collect(), input.position(), input.limit());
    Ok(Out::<apigateway::GetDomainNames>::builder().set_items(Some(page)).set_position(next).build())
}

fn get_base_path_mappings(
    cx: &mut Cx<'_>,
    input: &In<apigateway::GetBasePathMappings>,
) -> Said<apigateway::GetBasePathMappings> {
    let name = input.domain_name().unwrap_or_default();
    let key = input.domain_name_id().map_or_else(|| name.to_owned(), |id| format!("{name}+{id}"));
    let domain = seen(&region(cx).api_domains)?
        .get(&key)
        .ok_or_else(|| refuse("NotFoundException", "Invalid domain name identifier specified"))?;
    let all = domain.apis.iter().map(|api| types::BasePathMapping::builder().rest_api_id(api).build());
    let (page, next) = cx.page(all.collect(), input.position(), input.limit());
    Ok(Out::<apigateway::GetBasePathMappings>::builder().set_items(Some(page)).set_position(next).build())
}
