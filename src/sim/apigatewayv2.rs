//! API Gateway's second version: HTTP and WebSocket APIs, their stages, mappings of custom domains.

use std::collections::HashMap;

use aws_sdk_apigatewayv2::types;
use serde_json::json;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{ApiStage, HttpApi, RouteSettings, Seen, Tags, Throttle};
use crate::aws::operations::apigatewayv2;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<apigatewayv2::DeleteRouteSettings>(delete_route_settings);
    dispatch.on::<apigatewayv2::ExportApi>(export_api);
    dispatch.on::<apigatewayv2::GetApi>(get_api);
    dispatch.on::<apigatewayv2::GetApiMappings>(get_api_mappings);
    dispatch.on::<apigatewayv2::GetApis>(get_apis);
    dispatch.on::<apigatewayv2::GetDomainNames>(get_domain_names);
    dispatch.on::<apigatewayv2::GetStage>(get_stage);
    dispatch.on::<apigatewayv2::GetStages>(get_stages);
    dispatch.on::<apigatewayv2::UpdateApi>(update_api);
    dispatch.on::<apigatewayv2::UpdateStage>(update_stage);
}

fn no_api(id: &str) -> Refused {
    refuse("NotFoundException", format!("Invalid API identifier specified {id}"))
}

fn no_stage() -> Refused {
    refuse("NotFoundException", "Invalid stage identifier specified")
}

fn api<'a>(cx: &'a Cx<'_>, id: Option<&str>) -> Result<&'a HttpApi, Refused> {
    let id = id.unwrap_or_default();
    seen(seen(&region(cx).http_apis)?.get(id).ok_or_else(|| no_api(id))?)
}

fn api_mut<'a>(cx: &'a mut Cx<'_>, id: Option<&str>) -> Result<&'a mut HttpApi, Refused> {
    let id = id.unwrap_or_default();
    seen_mut(seen_mut(&mut cx.region_mut().http_apis)?.get_mut(id).ok_or_else(|| no_api(id))?)
}

/// A number of items a page, as text.
fn most(max: Option<&str>) -> Option<i32> {
    max.and_then(|max| max.parse().ok())
}

fn tags(all: &Tags) -> HashMap<String, String> {
    all.clone().into_iter().collect()
}

fn get_apis(cx: &mut Cx<'_>, input: &In<apigatewayv2::GetApis>) -> Said<apigatewayv2::GetApis> {
    let all = seen(&region(cx).http_apis)?.iter().map(|(id, api)| {
        let listed = types::Api::builder().api_id(id);
        match api.read() {
            Some(api) => listed
                .name(&api.name)
                .protocol_type(api.protocol.as_str().into())
                .disable_execute_api_endpoint(api.endpoint_off)
                .set_api_gateway_managed(api.managed.then_some(true))
                .set_tags(Some(tags(&api.tags)))
                .build(),
            None => listed.protocol_type(types::ProtocolType::Http).build(),
        }
    });
    let (page, next) = cx.page(all.collect(), input.next_token(), most(input.max_results()));
    Ok(Out::<apigatewayv2::GetApis>::builder().set_items(Some(page)).set_next_token(next).build())
}

fn get_api(cx: &mut Cx<'_>, input: &In<apigatewayv2::GetApi>) -> Said<apigatewayv2::GetApi> {
    let api = api(cx, input.api_id())?;
    Ok(Out::<apigatewayv2::GetApi>::builder()
        .set_api_id(input.api_id().map(Into::into))
        .name(&api.name)
        .protocol_type(api.protocol.as_str().into())
        .disable_execute_api_endpoint(api.endpoint_off)
        .set_api_gateway_managed(api.managed.then_some(true))
        .set_tags(Some(tags(&api.tags)))
        .build())
}

fn route_settings(one: &RouteSettings) -> types::RouteSettings {
    types::RouteSettings::builder()
        .set_throttling_burst_limit(one.throttle.burst)
        .set_throttling_rate_limit(one.throttle.rate)
        .set_detailed_metrics_enabled(one.metrics)
        .set_data_trace_enabled(one.trace)
        .set_logging_level(one.logging.as_deref().map(Into::into))
        .build()
}

fn routes(stage: &ApiStage) -> HashMap<String, types::RouteSettings> {
    stage.routes.iter().map(|(key, one)| (key.clone(), route_settings(one))).collect()
}

fn get_stages(cx: &mut Cx<'_>, input: &In<apigatewayv2::GetStages>) -> Said<apigatewayv2::GetStages> {
    let all = api(cx, input.api_id())?.stages.iter().map(|(name, stage)| {
        types::Stage::builder()
            .stage_name(name)
            .set_api_gateway_managed(stage.managed.then_some(true))
            .auto_deploy(stage.auto_deploy)
            .default_route_settings(route_settings(&stage.default))
            .set_route_settings(Some(routes(stage)))
            .set_tags(Some(tags(&stage.tags)))
            .build()
    });
    let (page, next) = cx.page(all.collect(), input.next_token(), most(input.max_results()));
    Ok(Out::<apigatewayv2::GetStages>::builder().set_items(Some(page)).set_next_token(next).build())
}

fn get_stage(cx: &mut Cx<'_>, input: &In<apigatewayv2::GetStage>) -> Said<apigatewayv2::GetStage> {
    let name = input.stage_name().unwrap_or_default();
    let stage = api(cx, input.api_id())?.stages.get(name).ok_or_else(no_stage)?;
    Ok(Out::<apigatewayv2::GetStage>::builder()
        .stage_name(name)
        .set_api_gateway_managed(stage.managed.then_some(true))
        .auto_deploy(stage.auto_deploy)
        .default_route_settings(route_settings(&stage.default))
        .set_route_settings(Some(routes(stage)))
        .set_tags(Some(tags(&stage.tags)))
        .build())
}

/// The default settings are replaced as a whole, and each route that is named.
fn update_stage(cx: &mut Cx<'_>, input: &In<apigatewayv2::UpdateStage>) -> Said<apigatewayv2::UpdateStage> {
    let name = input.stage_name().unwrap_or_default();
    let api = api_mut(cx, input.api_id())?;
    let http = api.protocol == "HTTP";
    let managed = api.managed;
    let stage = api.stages.get_mut(name).ok_or_else(no_stage)?;
    if managed || stage.managed {
        return Err(refuse("BadRequestException", "Cannot update a resource managed by API Gateway"));
    }
    let all = input.route_settings().into_iter().flatten().map(|(_, one)| one);
    if http && all.chain(input.default_route_settings()).any(|one| one.logging_level().is_some()) {
        let why = "Execution logs are not supported on protocolType HTTP";
        return Err(refuse("BadRequestException", why));
    }
    let set = |one: &types::RouteSettings| RouteSettings {
        throttle: Throttle { burst: one.throttling_burst_limit(), rate: one.throttling_rate_limit() },
        metrics: one.detailed_metrics_enabled(),
        trace: one.data_trace_enabled(),
        logging: one.logging_level().map(|level| level.as_str().to_owned()),
    };
    if let Some(default) = input.default_route_settings() {
        stage.default = set(default);
    }
    for (key, one) in input.route_settings().into_iter().flatten() {
        stage.routes.insert(key.clone(), set(one));
    }
    Ok(Out::<apigatewayv2::UpdateStage>::builder()
        .stage_name(name)
        .default_route_settings(route_settings(&stage.default))
        .set_route_settings(Some(routes(stage)))
        .build())
}

fn delete_route_settings(
    cx: &mut Cx<'_>,
    input: &In<apigatewayv2::DeleteRouteSettings>,
) -> Said<apigatewayv2::DeleteRouteSettings> {
    let stage = api_mut(cx, input.api_id())?.stages.get_mut(input.stage_name().unwrap_or_default());
    let gone = stage.ok_or_else(no_stage)?.routes.remove(input.route_key().unwrap_or_default());
    gone.ok_or_else(|| refuse("NotFoundException", "Unable to find route settings by key"))?;
    Ok(Out::<apigatewayv2::DeleteRouteSettings>::builder().build())
}

/// Stages that deploy by themselves serve what is drafted from then on.
fn update_api(cx: &mut Cx<'_>, input: &In<apigatewayv2::UpdateApi>) -> Said<apigatewayv2::UpdateApi> {
    let api = api_mut(cx, input.api_id())?;
    if api.managed {
        return Err(refuse("BadRequestException", "Cannot update a resource managed by API Gateway"));
    }
    if let Some(off) = input.disable_execute_api_endpoint() {
        api.endpoint_off = off;
    }
    for stage in api.stages.values_mut().filter(|stage| stage.auto_deploy) {
        if stage.published.read().is_some() {
            stage.published = Seen::Read(true);
        }
    }
    Ok(Out::<apigatewayv2::UpdateApi>::builder()
        .set_api_id(input.api_id().map(Into::into))
        .disable_execute_api_endpoint(api.endpoint_off)
        .build())
}

/// The definition that a stage serves, or that is drafted. They differ in one path where the draft is not
/// published.
fn export_api(cx: &mut Cx<'_>, input: &In<apigatewayv2::ExportApi>) -> Said<apigatewayv2::ExportApi> {
    let api = api(cx, input.api_id())?;
    if api.protocol != "HTTP" {
        return Err(refuse("BadRequestException", "Export is supported for HTTP APIs only"));
    }
    let published = match input.stage_name() {
        Some(name) => *seen(&api.stages.get(name).ok_or_else(no_stage)?.published)?,
        None => true,
    };
    let paths = if published { json!({ "/new": {} }) } else { json!({}) };
    let stage = input.stage_name().unwrap_or_default();
    let servers = json!([{ "url": "https://a.example/{basePath}", "variables": { "basePath": stage } }]);
    let definition = json!({ "openapi": "3.0.1", "info": {}, "servers": servers, "paths": paths });
    Ok(Out::<apigatewayv2::ExportApi>::builder().body(definition.to_string().into_bytes().into()).build())
}

fn get_domain_names(
    cx: &mut Cx<'_>,
    input: &In<apigatewayv2::GetDomainNames>,
) -> Said<apigatewayv2::GetDomainNames> {
    let public = seen(&region(cx).api_domains)?.iter().filter(|(_, domain)| domain.kind != "PRIVATE");
    let all = public.map(|(name, domain)| {
        let kind = types::DomainNameConfiguration::builder().endpoint_type(domain.kind.as_str().into());
        let mode = domain.rules.then_some(types::RoutingMode::RoutingRuleThenApiMapping);
        types::DomainName::builder()
            .domain_name(name)
            .domain_name_configurations(kind.build())
            .set_routing_mode(mode)
            .build()
    });
    let (page, next) = cx.page(all.collect(), input.next_token(), most(input.max_results()));
    Ok(Out::<apigatewayv2::GetDomainNames>::builder().set_items(Some(page)).set_next_token(next).build())
}

fn get_api_mappings(
    cx: &mut Cx<'_>,
    input: &In<apigatewayv2::GetApiMappings>,
) -> Said<apigatewayv2::GetApiMappings> {
    let domain = seen(&region(cx).api_domains)?
        .get(input.domain_name().unwrap_or_default())
        .ok_or_else(|| refuse("NotFoundException", "Invalid domain name identifier specified"))?;
    let all = domain.apis.iter().map(|api| types::ApiMapping::builder().api_id(api).stage("live").build());
    let (page, next) = cx.page(all.collect(), input.next_token(), most(input.max_results()));
    Ok(Out::<apigatewayv2::GetApiMappings>::builder().set_items(Some(page)).set_next_token(next).build())
}
