//! CloudFront's distributions and functions. Access controls and invalidations are in
//! `cloudfront/controls.rs`. Global, and called in the partition's global Region.

mod controls;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudfront::operation::get_function::GetFunctionOutput;
use aws_sdk_cloudfront::types;
use futures::TryStreamExt as _;
use futures::stream::{self, StreamExt as _};

use super::{Ask, seen};
use crate::account::{
    Account, Behavior, Caching, DEFAULT_BEHAVIOR, Distribution, EdgeFunction, EdgeLambda, ErrorPage,
    Forwarded, GeoKind, GeoRestriction, Origin, OriginKind, Seen, Tags,
};
use crate::aws::{Aws, AwsError, Kind, lists, unless_gone};
pub(super) use controls::{access_controls, invalidations, origin_access_identities};
/// Calls at once, one or two for each distribution.
const AT_ONCE: usize = 8;
/// The largest page of both lists.
const PAGE: i32 = 100;

/// Reads distributions by id. Of each, two calls say what the list does not: elements that the SDK does not
/// know with the continuous deployment policy, and tags. A second read leaves them out: no state has them.
///
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListDistributions.html>
pub(super) async fn distributions(aws: &Aws, _: &Account, ask: &Ask) -> Seen<BTreeMap<String, Distribution>> {
    seen(read_distributions(aws, ask).await.map_err(without_endpoint))
}

async fn read_distributions(aws: &Aws, ask: &Ask) -> Result<BTreeMap<String, Distribution>, AwsError> {
    let list = aws.cloudfront().list_distributions().max_items(PAGE);
    let all: Vec<types::DistributionSummary> = lists::all(aws, list, Some).await?;
    let whole = stream::iter(all).map(async |summary| {
        let arn = summary.arn.clone();
        let (id, mut distribution) = distribution(summary);
        if ask.states_only {
            return Ok(Some((id, distribution)));
        }
        let (config, tags) = futures::join!(aws.distribution_config(&id), tags(aws, &arn));
        let (Some(config), Some(tags)) = (unless_gone(config)?, unless_gone(tags)?) else { return Ok(None) };
        distribution.continuous_policy =
            config.config.continuous_deployment_policy_id.filter(|id| !id.is_empty());
        let default = config.config.default_cache_behavior;
        distribution.logged = config.config.logging.is_some_and(|logging| logging.enabled)
            || default.is_some_and(|one| one.realtime_log_config_arn.is_some_and(|arn| !arn.is_empty()));
        distribution.unknown = config.unknown;
        distribution.tags = tags;
        Ok::<_, AwsError>(Some((id, distribution)))
    });
    let whole: Vec<_> = whole.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(whole.into_iter().flatten().collect())
}

/// A partition without CloudFront has no endpoint: its name does not resolve.
fn without_endpoint(mut error: AwsError) -> AwsError {
    if error.kind == Kind::NoAnswer && error.message.contains("dns error") {
        error.kind = Kind::NotSupported;
    }
    error
}

async fn tags(aws: &Aws, arn: &str) -> Result<Tags, AwsError> {
    let answer = aws.cloudfront().list_tags_for_resource().resource(arn).send().await?;
    let items = answer.tags.and_then(|tags| tags.items).unwrap_or_default();
    Ok(items.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())).collect())
}

/// A cache behavior, the default one or another: the SDK has two types with these members.
macro_rules! behavior {
    ($one:ident) => {
        Behavior {
            origin: $one.target_origin_id,
            functions: functions($one.function_associations),
            lambdas: lambdas($one.lambda_function_associations),
            signed: signed($one.trusted_signers.as_ref(), $one.trusted_key_groups.as_ref()),
            cache: caching!($one),
            request_policy: text($one.origin_request_policy_id),
            grpc: $one.grpc_config.is_some_and(|grpc| grpc.enabled),
            encrypts_fields: text($one.field_level_encryption_id),
        }
    };
}

/// What one caches by. Where it has a policy, AWS heeds nothing else.
macro_rules! caching {
    ($one:ident) => {
        match text($one.cache_policy_id) {
            Some(policy) => Caching { policy: Some(policy), ..Caching::default() },
            #[expect(deprecated, reason = "behaviors from before cache policies have nothing else")]
            None => Caching {
                policy: None,
                forwarded: $one.forwarded_values.map(forwarded),
                min_ttl: $one.min_ttl,
                default_ttl: $one.default_ttl,
                max_ttl: $one.max_ttl,
            },
        }
    };
}

fn distribution(summary: types::DistributionSummary) -> (String, Distribution) {
    let mut behaviors = BTreeMap::new();
    if let Some(default) = summary.default_cache_behavior {
        behaviors.insert(DEFAULT_BEHAVIOR.to_owned(), behavior!(default));
    }
    for other in summary.cache_behaviors.and_then(|all| all.items).unwrap_or_default() {
        behaviors.insert(other.path_pattern, behavior!(other));
    }
    let aliases = summary.aliases.and_then(|aliases| aliases.items).unwrap_or_default();
    let distribution = Distribution {
        domain: summary.domain_name,
        aliases: aliases.into_iter().collect(),
        enabled: summary.enabled,
        deployed: summary.status == "Deployed",
        comment: summary.comment,
        behaviors,
        origins: summary
            .origins
            .map(|origins| origins.items)
            .unwrap_or_default()
            .into_iter()
            .map(origin)
            .collect(),
        certificate: summary.viewer_certificate.and_then(certificate),
        web_acl: Some(summary.web_acl_id).filter(|id| !id.is_empty()),
        geo: summary.restrictions.and_then(|all| all.geo_restriction).map(geo).unwrap_or_default(),
        error_pages: error_pages(summary.custom_error_responses),
        staging: summary.staging,
        continuous_policy: None,
        multi_tenant: summary.connection_mode == Some(types::ConnectionMode::TenantOnly),
        logged: false,
        unknown: BTreeSet::new(),
        tags: Tags::new(),
    };
    (summary.id, distribution)
}

fn functions(all: Option<types::FunctionAssociations>) -> BTreeMap<String, String> {
    let all = all.and_then(|all| all.items).unwrap_or_default().into_iter();
    all.map(|one| (one.event_type.as_str().to_owned(), one.function_arn)).collect()
}

fn lambdas(all: Option<types::LambdaFunctionAssociations>) -> BTreeMap<String, EdgeLambda> {
    let all = all.and_then(|all| all.items).unwrap_or_default().into_iter();
    let lambda = |one: types::LambdaFunctionAssociation| {
        let body = one.include_body.unwrap_or_default();
        (one.event_type.as_str().to_owned(), EdgeLambda { arn: one.lambda_function_arn, body })
    };
    all.map(lambda).collect()
}

/// What a cache behavior without policies forwards.
pub(crate) fn forwarded(one: types::ForwardedValues) -> Forwarded {
    let (cookies, names) = one.cookies.map(|all| (all.forward, all.whitelisted_names)).unzip();
    Forwarded {
        query_string: one.query_string,
        query_keys: set(one.query_string_cache_keys.and_then(|all| all.items)),
        cookies: cookies.map(|forward| forward.as_str().to_owned()).unwrap_or_default(),
        cookie_names: set(names.flatten().and_then(|names| names.items)),
        headers: set(one.headers.and_then(|all| all.items)),
    }
}

fn set(items: Option<Vec<String>>) -> BTreeSet<String> {
    items.unwrap_or_default().into_iter().collect()
}

/// An id or a text, where it is given.
fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn signed(signers: Option<&types::TrustedSigners>, groups: Option<&types::TrustedKeyGroups>) -> bool {
    signers.is_some_and(|all| all.enabled) || groups.is_some_and(|all| all.enabled)
}

fn origin(origin: types::Origin) -> (String, Origin) {
    let kind = match (&origin.s3_origin_config, &origin.vpc_origin_config) {
        (Some(_), _) => OriginKind::S3,
        (None, Some(_)) => OriginKind::Vpc,
        (None, None) => OriginKind::Custom,
    };
    let access_control = origin.origin_access_control_id.filter(|id| !id.is_empty());
    (origin.id, Origin { domain: origin.domain_name, kind, access_control })
}

fn certificate(certificate: types::ViewerCertificate) -> Option<String> {
    certificate.acm_certificate_arn.or(certificate.iam_certificate_id).filter(|id| !id.is_empty())
}

/// From which countries a distribution answers.
pub(crate) fn geo(geo: types::GeoRestriction) -> GeoRestriction {
    let kind = match geo.restriction_type {
        types::GeoRestrictionType::Whitelist => GeoKind::Allowed,
        types::GeoRestrictionType::Blacklist => GeoKind::Blocked,
        _ => GeoKind::None,
    };
    GeoRestriction { kind, countries: geo.items.unwrap_or_default().into_iter().collect() }
}

fn error_pages(all: Option<types::CustomErrorResponses>) -> BTreeMap<String, ErrorPage> {
    let all = all.and_then(|all| all.items).unwrap_or_default().into_iter();
    all.map(|one| {
        let page = ErrorPage {
            path: text(one.response_page_path),
            status: text(one.response_code),
            min_ttl: one.error_caching_min_ttl,
        };
        (one.error_code.to_string(), page)
    })
    .collect()
}

/// Reads functions by name: which have a LIVE stage, and the code of those that unplug makes.
///
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListFunctions.html>
pub(super) async fn edge_functions(aws: &Aws, _: &Account, _: &Ask) -> Seen<BTreeMap<String, EdgeFunction>> {
    seen(read_functions(aws).await.map_err(without_endpoint))
}

async fn read_functions(aws: &Aws) -> Result<BTreeMap<String, EdgeFunction>, AwsError> {
    let list = |stage| {
        let list = aws.cloudfront().list_functions().max_items(PAGE).stage(stage);
        async move { lists::all::<_, _, Vec<_>>(aws, list, Some).await }
    };
    let (drafts, live) =
        futures::try_join!(list(types::FunctionStage::Development), list(types::FunctionStage::Live))?;
    let mut functions: BTreeMap<String, EdgeFunction> = drafts.into_iter().map(function).collect();
    for (name, one) in live.into_iter().map(function) {
        functions.entry(name).or_insert(one).published = true;
    }
    for (name, function) in functions.iter_mut().filter(|(name, _)| name.starts_with(EdgeFunction::OURS)) {
        function.draft = code(aws, name, types::FunctionStage::Development).await?;
        if function.published {
            function.live = code(aws, name, types::FunctionStage::Live).await?;
        }
    }
    // One that was deleted since it was listed has no code.
    functions.retain(|name, function| !name.starts_with(EdgeFunction::OURS) || function.draft.is_some());
    Ok(functions)
}

fn function(summary: types::FunctionSummary) -> (String, EdgeFunction) {
    let function = EdgeFunction {
        arn: summary.function_metadata.map(|known| known.function_arn).unwrap_or_default(),
        runtime: summary.function_config.map(|config| config.runtime.as_str().to_owned()).unwrap_or_default(),
        ..EdgeFunction::default()
    };
    (summary.name, function)
}

/// The code of one stage; `None` where the function has no such stage any more.
async fn code(aws: &Aws, name: &str, stage: types::FunctionStage) -> Result<Option<String>, AwsError> {
    let answer = aws.cloudfront().get_function().name(name).stage(stage).send().await;
    let code = unless_gone(answer)?.and_then(|answer: GetFunctionOutput| answer.function_code);
    Ok(code.map(|code| String::from_utf8_lossy(code.as_ref()).into_owned()))
}

#[cfg(test)]
mod tests;
