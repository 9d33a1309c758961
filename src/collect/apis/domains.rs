//! Custom domains of API Gateway, and the APIs that they lead to.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_apigateway::types::{EndpointType, RoutingMode};
use aws_sdk_apigatewayv2::types as v2;
use futures::future::{try_join, try_join_all};

use super::super::{Ask, without_endpoint};
use crate::account::ApiDomain;
use crate::aws::{Aws, AwsError, lists, unless_gone};

/// Custom domains by name; a private one by its name and id, because several may have one name.
///
/// Both versions' calls are made: the first one alone lists edge-optimized and private domains, the second one
/// alone lists mappings to HTTP and WebSocket APIs.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html>
pub(crate) async fn api_domains(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, ApiDomain>, AwsError> {
    let (first, second) =
        try_join(first(aws, region), second(aws, region)).await.map_err(without_endpoint)?;
    // What both list is regional, or has its mappings by the first one's call.
    let mut all = first;
    for (name, domain) in second {
        let known = all.entry(name).or_default();
        known.apis.extend(domain.apis);
        known.rules |= domain.rules;
        if known.kind.is_empty() {
            known.kind = domain.kind;
        }
    }
    Ok(all)
}

async fn first(aws: &Aws, region: &str) -> Result<BTreeMap<String, ApiDomain>, AwsError> {
    let client = aws.apigateway(region);
    let listed: Vec<(String, Option<String>, ApiDomain)> =
        lists::all(aws, client.get_domain_names().limit(500), |domain| {
            let types = domain.endpoint_configuration.and_then(|one| one.types).unwrap_or_default();
            let kind = types.first().map_or("EDGE", EndpointType::as_str).to_owned();
            let rules = domain.routing_mode.is_some_and(|mode| mode != RoutingMode::BasePathMappingOnly);
            let found = ApiDomain { kind, rules, apis: BTreeSet::new() };
            Some((domain.domain_name?, domain.domain_name_id, found))
        })
        .await?;
    let with_mappings = listed.into_iter().map(async |(name, id, domain)| {
        // A regional domain's mappings come by the second version's call, those of several levels too.
        let apis = if domain.kind == "REGIONAL" {
            BTreeSet::new()
        } else {
            let list = client.get_base_path_mappings().domain_name(&name).set_domain_name_id(id.clone());
            let apis: Result<BTreeSet<String>, AwsError> =
                lists::all(aws, list.limit(500), |mapping| mapping.rest_api_id).await;
            unless_gone(apis)?.unwrap_or_default()
        };
        let key = id.filter(|_| domain.kind == "PRIVATE").map_or(name.clone(), |id| format!("{name}+{id}"));
        Ok::<_, AwsError>((key, ApiDomain { apis, ..domain }))
    });
    Ok(try_join_all(with_mappings).await?.into_iter().collect())
}

async fn second(aws: &Aws, region: &str) -> Result<BTreeMap<String, ApiDomain>, AwsError> {
    let client = aws.apigatewayv2(region);
    let listed: Vec<(String, ApiDomain)> = lists::all(aws, client.get_domain_names(), |domain| {
        let first = domain.domain_name_configurations.and_then(|all| all.into_iter().next());
        let kind = first.and_then(|one| one.endpoint_type).map(|kind| kind.as_str().to_owned());
        let rules = domain.routing_mode.is_some_and(|mode| mode != v2::RoutingMode::ApiMappingOnly);
        let found = ApiDomain { kind: kind.unwrap_or_default(), rules, apis: BTreeSet::new() };
        Some((domain.domain_name?, found))
    })
    .await?;
    let regional = listed.into_iter().filter(|(_, domain)| domain.kind == "REGIONAL");
    let with_mappings = regional.map(async |(name, domain)| {
        let apis: Result<BTreeSet<String>, AwsError> =
            lists::all(aws, client.get_api_mappings().domain_name(&name), |mapping| mapping.api_id).await;
        Ok::<_, AwsError>((name, ApiDomain { apis: unless_gone(apis)?.unwrap_or_default(), ..domain }))
    });
    Ok(try_join_all(with_mappings).await?.into_iter().collect())
}
