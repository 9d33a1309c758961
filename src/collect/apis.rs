//! APIs of API Gateway: REST APIs by its first version's calls, HTTP and WebSocket APIs by the second's.

pub(super) mod domains;
mod drafts;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_apigateway::types::{EndpointConfiguration, EndpointType, MethodSetting, Stage};
use aws_sdk_apigatewayv2::types as v2;
use futures::future::{join_all, try_join_all};

use super::{Ask, each_seen, only_in, seen, without_endpoint};
use crate::account::{ApiStage, HttpApi, RestApi, RestStage, RouteSettings, Seen, Throttle};
use crate::aws::{Aws, AwsError, lists, unless_gone};

/// An API with what a list says of it, or its failure.
type Listed<T> = (String, Result<Option<T>, AwsError>);

/// REST APIs of a Region by id. A list says nothing of stages, so each API is asked for its own.
///
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetRestApis.html>
pub(super) async fn rest_apis(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Seen<RestApi>>, AwsError> {
    let client = aws.apigateway(region);
    let listed: Vec<Listed<RestApi>> = if let Some(ids) = only_in(ask.only_apis.as_ref(), region) {
        let one = async |id: &String| {
            let answer = unless_gone(client.get_rest_api().rest_api_id(id).send().await);
            let api = answer.map(|found| {
                let api = found?;
                let off = api.disable_execute_api_endpoint;
                Some(rest_api(api.name, api.endpoint_configuration, off, api.policy, api.tags))
            });
            (id.clone(), api)
        };
        join_all(ids.map(one)).await
    } else {
        let one = |api: aws_sdk_apigateway::types::RestApi| {
            let off = api.disable_execute_api_endpoint;
            let read = rest_api(api.name, api.endpoint_configuration, off, api.policy, api.tags);
            Some((api.id?, Ok(Some(read))))
        };
        lists::all(aws, client.get_rest_apis().limit(500), one).await.map_err(without_endpoint)?
    };
    let with_stages = listed.into_iter().map(async |(id, api)| {
        let api = match api {
            Ok(Some(api)) => rest_stages(aws, region, ask, &id).await.map(|stages| {
                // Deleted between the calls.
                Some(RestApi { stages: stages?, ..api })
            }),
            other => other,
        };
        (id, api)
    });
    each_seen(join_all(with_stages).await)
}

/// A REST API without its stages. A list and a single answer have different types for it.
fn rest_api(
    name: Option<String>,
    endpoints: Option<EndpointConfiguration>,
    endpoint_off: bool,
    policy: Option<String>,
    tags: Option<HashMap<String, String>>,
) -> RestApi {
    RestApi {
        name: name.unwrap_or_default(),
        private: endpoints.is_some_and(|one| one.types().contains(&EndpointType::Private)),
        endpoint_off,
        // A policy that was taken away is an empty text.
        policy: policy.filter(|text| !text.is_empty()).map(unescaped),
        tags: tags.unwrap_or_default().into_iter().collect(),
        stages: BTreeMap::new(),
    }
}

/// The text of a policy. API Gateway answers it with each quote escaped, as within a JSON string.
pub(crate) fn unescaped(text: String) -> String {
    serde_json::from_str(&format!("\"{text}\"")).unwrap_or(text)
}

/// The stages of a REST API, which come in one answer; `None` where the API is gone.
///
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetStages.html>
async fn rest_stages(
    aws: &Aws,
    region: &str,
    ask: &Ask,
    id: &str,
) -> Result<Option<BTreeMap<String, RestStage>>, AwsError> {
    let client = aws.apigateway(region);
    let Some(answer) = unless_gone(client.get_stages().rest_api_id(id).send().await)? else {
        return Ok(None);
    };
    let stages = answer.item.unwrap_or_default().into_iter().map(async |stage: Stage| {
        let lacks = |member| AwsError::unusable("apigateway:GetStages", &format!("a stage lacks {member}"));
        let name = stage.stage_name.ok_or_else(|| lacks("stageName"))?;
        let served_policy = if ask.served_policies {
            seen(drafts::served_policy(aws, region, id, &name).await)
        } else {
            Seen::default()
        };
        let read = RestStage {
            deployment: stage.deployment_id.ok_or_else(|| lacks("deploymentId"))?,
            canary: stage.canary_settings.is_some(),
            throttles: throttles(stage.method_settings.as_ref()),
            served_policy,
            tags: stage.tags.unwrap_or_default().into_iter().collect(),
        };
        Ok::<_, AwsError>((name, read))
    });
    Ok(Some(try_join_all(stages).await?.into_iter().collect()))
}

/// The throttles of a stage's methods.
pub(crate) fn throttles(settings: Option<&HashMap<String, MethodSetting>>) -> BTreeMap<String, Throttle> {
    let all = settings.into_iter().flatten();
    let throttle = |one: &MethodSetting| Throttle::new(one.throttling_burst_limit, one.throttling_rate_limit);
    all.map(|(method, one)| (method.clone(), throttle(one))).collect()
}

/// HTTP and WebSocket APIs of a Region by id.
///
/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html>
pub(super) async fn http_apis(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Seen<HttpApi>>, AwsError> {
    let client = aws.apigatewayv2(region);
    let listed: Vec<Listed<HttpApi>> = if let Some(ids) = only_in(ask.only_apis.as_ref(), region) {
        let one = async |id: &String| {
            let answer = unless_gone(client.get_api().api_id(id).send().await);
            let api = answer.map(|found| {
                let api = found?;
                let (off, managed) = (api.disable_execute_api_endpoint, api.api_gateway_managed);
                Some(http_api(api.name, api.protocol_type, off, managed, api.tags))
            });
            (id.clone(), api)
        };
        join_all(ids.map(one)).await
    } else {
        let one = |api: v2::Api| {
            let (off, managed) = (api.disable_execute_api_endpoint, api.api_gateway_managed);
            Some((api.api_id?, Ok(Some(http_api(api.name, api.protocol_type, off, managed, api.tags)))))
        };
        lists::all(aws, client.get_apis(), one).await.map_err(without_endpoint)?
    };
    let with_stages = listed.into_iter().map(async |(id, api)| {
        let api = match api {
            Ok(Some(api)) => with_api_stages(aws, region, ask, (&id, api)).await,
            other => other,
        };
        (id, api)
    });
    each_seen(join_all(with_stages).await)
}

/// An HTTP or WebSocket API without its stages.
fn http_api(
    name: Option<String>,
    protocol: Option<v2::ProtocolType>,
    endpoint_off: Option<bool>,
    managed: Option<bool>,
    tags: Option<HashMap<String, String>>,
) -> HttpApi {
    HttpApi {
        name: name.unwrap_or_default(),
        protocol: protocol.map(|one| one.as_str().to_owned()).unwrap_or_default(),
        endpoint_off: endpoint_off.unwrap_or_default(),
        managed: managed.unwrap_or_default(),
        tags: tags.unwrap_or_default().into_iter().collect(),
        stages: BTreeMap::new(),
    }
}

async fn with_api_stages(
    aws: &Aws,
    region: &str,
    ask: &Ask,
    (id, api): (&str, HttpApi),
) -> Result<Option<HttpApi>, AwsError> {
    let list = aws.apigatewayv2(region).get_stages().api_id(id);
    let stages: Result<BTreeMap<String, ApiStage>, AwsError> = lists::all(aws, list, |stage| {
        let read = ApiStage {
            managed: stage.api_gateway_managed.unwrap_or_default(),
            auto_deploy: stage.auto_deploy.unwrap_or_default(),
            default: stage.default_route_settings.as_ref().map(route_settings).unwrap_or_default(),
            routes: routes(stage.route_settings.as_ref()),
            published: Seen::default(),
            tags: stage.tags.unwrap_or_default().into_iter().collect(),
        };
        Some((stage.stage_name?, read))
    })
    .await;
    let Some(mut stages) = unless_gone(stages)? else { return Ok(None) };
    // AWS exports no WebSocket API.
    if api.protocol == "HTTP" && (ask.drafts || ask.only_apis.is_none()) {
        drafts::compare(aws, region, id, &mut stages).await;
    }
    Ok(Some(HttpApi { stages, ..api }))
}

/// The settings of single routes.
pub(crate) fn routes(all: Option<&HashMap<String, v2::RouteSettings>>) -> BTreeMap<String, RouteSettings> {
    let all = all.into_iter().flatten();
    all.map(|(key, settings)| (key.clone(), route_settings(settings))).collect()
}

/// The settings of one route.
pub(crate) fn route_settings(one: &v2::RouteSettings) -> RouteSettings {
    RouteSettings {
        throttle: Throttle { burst: one.throttling_burst_limit, rate: one.throttling_rate_limit },
        metrics: one.detailed_metrics_enabled,
        trace: one.data_trace_enabled,
        logging: one.logging_level.as_ref().map(|level| level.as_str().to_owned()),
    }
}

impl Ask {
    /// Narrows the APIs that are read to this one, and those that were asked for already.
    pub fn only_api(&mut self, region: &str, id: &str) {
        self.only_apis.get_or_insert_default().insert((region.to_owned(), id.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_with_and_without_escaped_quotes() {
        let plain = r#"{"Version":"2012-10-17"}"#;
        assert_eq!(unescaped(r#"{\"Version\":\"2012-10-17\"}"#.into()), plain);
        assert_eq!(unescaped(plain.into()), plain);
    }
}
