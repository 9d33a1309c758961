//! A distribution in the forms of the SDK, and back.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudfront::types;
use aws_smithy_types::DateTime;

use super::built;
use crate::account::{
    Behavior, Caching, DEFAULT_BEHAVIOR, Distribution, EdgeLambda, ErrorPage, Forwarded, GeoKind,
    GeoRestriction, Origin, OriginKind,
};
use crate::sim::route::{Cx, Refused};

/// When each was last written: 2024-01-01, in seconds.
const WRITTEN: i64 = 1_704_067_200;

pub(super) fn arn(cx: &Cx<'_>, id: &str) -> String {
    let account = &cx.world.account;
    format!("arn:{}:cloudfront::{}:distribution/{id}", account.partition(), account.id)
}

/// What the caller chose when the distribution was made. Nobody can change it.
pub(super) fn caller_reference(id: &str) -> String {
    format!("made-{id}")
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A list of CloudFront that is not given where it is empty.
fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

pub(super) fn summary(
    cx: &Cx<'_>,
    id: &str,
    one: &Distribution,
    etag: &str,
) -> Result<types::DistributionSummary, Refused> {
    let config = config(id, one)?;
    let summary = types::DistributionSummary::builder()
        .id(id)
        .arn(arn(cx, id))
        .e_tag(etag)
        .status(if one.deployed { "Deployed" } else { "InProgress" })
        .last_modified_time(DateTime::from_secs(WRITTEN))
        .domain_name(&one.domain)
        .set_aliases(config.aliases)
        .set_origins(config.origins)
        .set_default_cache_behavior(config.default_cache_behavior)
        .set_cache_behaviors(config.cache_behaviors)
        .set_custom_error_responses(config.custom_error_responses)
        .comment(&one.comment)
        .price_class(types::PriceClass::PriceClassAll)
        .enabled(one.enabled)
        .set_viewer_certificate(config.viewer_certificate)
        .set_restrictions(config.restrictions)
        .web_acl_id(one.web_acl.clone().unwrap_or_default())
        .http_version(types::HttpVersion::Http2)
        .is_ipv6_enabled(true)
        .staging(one.staging)
        .set_connection_mode(config.connection_mode);
    built(summary.build())
}

pub(super) fn config(id: &str, one: &Distribution) -> Result<types::DistributionConfig, Refused> {
    let aliases: Vec<String> = one.aliases.iter().cloned().collect();
    let aliases = types::Aliases::builder().quantity(number(aliases.len())).set_items(some(aliases)).build();
    let origins = one.origins.iter().map(origin).collect::<Result<Vec<_>, _>>()?;
    let origins = types::Origins::builder().quantity(number(origins.len())).set_items(Some(origins)).build();
    let others = one.behaviors.iter().filter(|(path, _)| *path != DEFAULT_BEHAVIOR);
    let others = others.map(|(path, behavior)| other(path, behavior)).collect::<Result<Vec<_>, _>>()?;
    let others =
        types::CacheBehaviors::builder().quantity(number(others.len())).set_items(some(others)).build();
    let default = one.behaviors.get(DEFAULT_BEHAVIOR).cloned().unwrap_or_default();
    let mode =
        if one.multi_tenant { types::ConnectionMode::TenantOnly } else { types::ConnectionMode::Direct };
    let config = types::DistributionConfig::builder()
        .caller_reference(caller_reference(id))
        .aliases(built(aliases)?)
        .default_root_object("")
        .origins(built(origins)?)
        .default_cache_behavior(self::default(&default)?)
        .cache_behaviors(built(others)?)
        .custom_error_responses(error_pages(&one.error_pages)?)
        .comment(&one.comment)
        .price_class(types::PriceClass::PriceClassAll)
        .enabled(one.enabled)
        .viewer_certificate(certificate(one.certificate.as_deref()))
        .restrictions(types::Restrictions::builder().geo_restriction(geo(&one.geo)?).build())
        .web_acl_id(one.web_acl.clone().unwrap_or_default())
        .http_version(types::HttpVersion::Http2)
        .is_ipv6_enabled(true)
        .continuous_deployment_policy_id(one.continuous_policy.clone().unwrap_or_default())
        .staging(one.staging)
        .set_logging(one.logged.then(logging))
        .connection_mode(mode);
    built(config.build())
}

/// Access logs into a bucket, which nothing here reads.
fn logging() -> types::LoggingConfig {
    types::LoggingConfig::builder()
        .enabled(true)
        .include_cookies(false)
        .bucket("logs.s3.amazonaws.com")
        .prefix("cloudfront/")
        .build()
}

/// Fills a builder of the default cache behavior or of another: the SDK has two types with these members.
macro_rules! filled {
    ($builder:expr, $one:ident) => {{
        #[expect(deprecated, reason = "behaviors from before cache policies have nothing else")]
        let behavior = $builder
            .target_origin_id(&$one.origin)
            .trusted_key_groups(key_groups($one.signed)?)
            .viewer_protocol_policy(types::ViewerProtocolPolicy::RedirectToHttps)
            .function_associations(functions($one)?)
            .lambda_function_associations(lambdas($one)?)
            .set_cache_policy_id($one.cache.policy.clone())
            .set_forwarded_values($one.cache.forwarded.as_ref().map(forwarded).transpose()?)
            .set_min_ttl($one.cache.min_ttl)
            .set_default_ttl($one.cache.default_ttl)
            .set_max_ttl($one.cache.max_ttl)
            .set_origin_request_policy_id($one.request_policy.clone())
            .grpc_config(built(types::GrpcConfig::builder().enabled($one.grpc).build())?)
            .field_level_encryption_id($one.encrypts_fields.clone().unwrap_or_default());
        built(behavior.build())
    }};
}

fn default(one: &Behavior) -> Result<types::DefaultCacheBehavior, Refused> {
    filled!(types::DefaultCacheBehavior::builder(), one)
}

fn other(path: &str, one: &Behavior) -> Result<types::CacheBehavior, Refused> {
    filled!(types::CacheBehavior::builder().path_pattern(path), one)
}

fn forwarded(one: &Forwarded) -> Result<types::ForwardedValues, Refused> {
    let names: Vec<String> = one.cookie_names.iter().cloned().collect();
    let names = types::CookieNames::builder().quantity(number(names.len())).set_items(some(names)).build();
    let cookies = types::CookiePreference::builder()
        .forward(one.cookies.as_str().into())
        .whitelisted_names(built(names)?)
        .build();
    let headers: Vec<String> = one.headers.iter().cloned().collect();
    let headers = types::Headers::builder().quantity(number(headers.len())).set_items(some(headers)).build();
    let keys: Vec<String> = one.query_keys.iter().cloned().collect();
    let keys =
        types::QueryStringCacheKeys::builder().quantity(number(keys.len())).set_items(some(keys)).build();
    let values = types::ForwardedValues::builder()
        .query_string(one.query_string)
        .cookies(built(cookies)?)
        .headers(built(headers)?)
        .query_string_cache_keys(built(keys)?);
    built(values.build())
}

fn key_groups(signed: bool) -> Result<types::TrustedKeyGroups, Refused> {
    let groups = signed.then(|| vec!["keys-of-the-shop".to_owned()]);
    let quantity = i32::from(signed);
    built(types::TrustedKeyGroups::builder().enabled(signed).quantity(quantity).set_items(groups).build())
}

fn functions(one: &Behavior) -> Result<types::FunctionAssociations, Refused> {
    let all = one.functions.iter().map(|(event, arn)| {
        let event = types::EventType::from(event.as_str());
        built(types::FunctionAssociation::builder().function_arn(arn).event_type(event).build())
    });
    let all = all.collect::<Result<Vec<_>, _>>()?;
    built(types::FunctionAssociations::builder().quantity(number(all.len())).set_items(some(all)).build())
}

fn lambdas(one: &Behavior) -> Result<types::LambdaFunctionAssociations, Refused> {
    let all = one.lambdas.iter().map(|(event, lambda)| {
        let association = types::LambdaFunctionAssociation::builder()
            .lambda_function_arn(&lambda.arn)
            .event_type(types::EventType::from(event.as_str()))
            .include_body(lambda.body);
        built(association.build())
    });
    let all = all.collect::<Result<Vec<_>, _>>()?;
    let quantity = number(all.len());
    built(types::LambdaFunctionAssociations::builder().quantity(quantity).set_items(some(all)).build())
}

fn origin((id, one): (&String, &Origin)) -> Result<types::Origin, Refused> {
    let origin = types::Origin::builder()
        .id(id)
        .domain_name(&one.domain)
        .origin_path("")
        .origin_access_control_id(one.access_control.clone().unwrap_or_default());
    let origin = match one.kind {
        OriginKind::S3 => {
            origin.s3_origin_config(types::S3OriginConfig::builder().origin_access_identity("").build())
        }
        OriginKind::Vpc => {
            let vpc = types::VpcOriginConfig::builder().vpc_origin_id(format!("vo_{id}"));
            origin.vpc_origin_config(built(vpc.build())?)
        }
        OriginKind::Custom => {
            let custom = types::CustomOriginConfig::builder()
                .http_port(80)
                .https_port(443)
                .origin_protocol_policy(types::OriginProtocolPolicy::HttpsOnly);
            origin.custom_origin_config(built(custom.build())?)
        }
    };
    built(origin.build())
}

fn certificate(id: Option<&str>) -> types::ViewerCertificate {
    let certificate = types::ViewerCertificate::builder().cloud_front_default_certificate(id.is_none());
    match id {
        Some(arn) if arn.starts_with("arn:") => certificate.acm_certificate_arn(arn).build(),
        Some(id) => certificate.iam_certificate_id(id).build(),
        None => certificate.build(),
    }
}

fn geo(one: &GeoRestriction) -> Result<types::GeoRestriction, Refused> {
    let kind = match one.kind {
        GeoKind::None => types::GeoRestrictionType::None,
        GeoKind::Allowed => types::GeoRestrictionType::Whitelist,
        GeoKind::Blocked => types::GeoRestrictionType::Blacklist,
    };
    let countries: Vec<String> = one.countries.iter().cloned().collect();
    let geo = types::GeoRestriction::builder().restriction_type(kind).quantity(number(countries.len()));
    built(geo.set_items(some(countries)).build())
}

fn error_pages(all: &BTreeMap<String, ErrorPage>) -> Result<types::CustomErrorResponses, Refused> {
    let all = all.iter().map(|(code, page)| {
        let response = types::CustomErrorResponse::builder()
            .error_code(code.parse().unwrap_or_default())
            .response_page_path(page.path.clone().unwrap_or_default())
            .response_code(page.status.clone().unwrap_or_default())
            .set_error_caching_min_ttl(page.min_ttl);
        built(response.build())
    });
    let all = all.collect::<Result<Vec<_>, _>>()?;
    built(types::CustomErrorResponses::builder().quantity(number(all.len())).set_items(some(all)).build())
}

/// Takes over what a configuration says of a distribution. Everything is replaced, so what the SDK does not
/// know is gone.
pub(super) fn apply(one: &mut Distribution, config: &types::DistributionConfig) {
    one.aliases = config.aliases().map(|all| all.items().iter().cloned().collect()).unwrap_or_default();
    one.enabled = config.enabled;
    one.comment.clone_from(&config.comment);
    one.behaviors = behaviors(config);
    one.origins = config.origins().map(|all| all.items.iter().map(origin_of).collect()).unwrap_or_default();
    one.certificate = config.viewer_certificate().and_then(|certificate| {
        certificate.acm_certificate_arn.clone().or_else(|| certificate.iam_certificate_id.clone())
    });
    one.web_acl = text(config.web_acl_id());
    one.geo = config.restrictions().and_then(|all| all.geo_restriction()).map(geo_of).unwrap_or_default();
    let pages = config.custom_error_responses().map(types::CustomErrorResponses::items).unwrap_or_default();
    one.error_pages = pages
        .iter()
        .map(|page| {
            let page_of = ErrorPage {
                path: text(page.response_page_path()),
                status: text(page.response_code()),
                min_ttl: page.error_caching_min_ttl,
            };
            (page.error_code.to_string(), page_of)
        })
        .collect();
    one.continuous_policy = text(config.continuous_deployment_policy_id());
    one.unknown.clear();
}

fn text(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A cache behavior of the SDK's two types.
macro_rules! behavior_of {
    ($one:ident) => {{
        #[expect(deprecated, reason = "behaviors from before cache policies have nothing else")]
        let older = ($one.forwarded_values(), $one.min_ttl(), $one.default_ttl(), $one.max_ttl());
        let policy = text($one.cache_policy_id());
        let cache = if policy.is_some() {
            Caching { policy, ..Caching::default() }
        } else {
            let (forwarded, min_ttl, default_ttl, max_ttl) = older;
            Caching { policy, forwarded: forwarded.map(forwarded_of), min_ttl, default_ttl, max_ttl }
        };
        Behavior {
            origin: $one.target_origin_id.clone(),
            functions: functions_of($one.function_associations()),
            lambdas: lambdas_of($one.lambda_function_associations()),
            signed: $one.trusted_key_groups().is_some_and(|groups| groups.enabled),
            cache,
            request_policy: text($one.origin_request_policy_id()),
            grpc: $one.grpc_config().is_some_and(|grpc| grpc.enabled),
            encrypts_fields: text($one.field_level_encryption_id()),
        }
    }};
}

/// The cache behaviors of a configuration by path.
pub(super) fn behaviors(config: &types::DistributionConfig) -> BTreeMap<String, Behavior> {
    let mut all = BTreeMap::new();
    if let Some(one) = config.default_cache_behavior() {
        all.insert(DEFAULT_BEHAVIOR.to_owned(), behavior_of!(one));
    }
    for one in config.cache_behaviors().map(types::CacheBehaviors::items).unwrap_or_default() {
        all.insert(one.path_pattern.clone(), behavior_of!(one));
    }
    all
}

fn functions_of(all: Option<&types::FunctionAssociations>) -> BTreeMap<String, String> {
    let all = all.map(types::FunctionAssociations::items).unwrap_or_default().iter();
    all.map(|one| (one.event_type.as_str().to_owned(), one.function_arn.clone())).collect()
}

fn lambdas_of(all: Option<&types::LambdaFunctionAssociations>) -> BTreeMap<String, EdgeLambda> {
    let all = all.map(types::LambdaFunctionAssociations::items).unwrap_or_default().iter();
    let lambda = |one: &types::LambdaFunctionAssociation| {
        let body = one.include_body.unwrap_or_default();
        (one.event_type.as_str().to_owned(), EdgeLambda { arn: one.lambda_function_arn.clone(), body })
    };
    all.map(lambda).collect()
}

fn forwarded_of(one: &types::ForwardedValues) -> Forwarded {
    let cookies = one.cookies();
    let names = cookies.and_then(|all| all.whitelisted_names()).map(types::CookieNames::items);
    Forwarded {
        query_string: one.query_string,
        query_keys: set(one.query_string_cache_keys().map(types::QueryStringCacheKeys::items)),
        cookies: cookies.map(|all| all.forward.as_str().to_owned()).unwrap_or_default(),
        cookie_names: set(names),
        headers: set(one.headers().map(types::Headers::items)),
    }
}

fn set(items: Option<&[String]>) -> BTreeSet<String> {
    items.unwrap_or_default().iter().cloned().collect()
}

fn origin_of(one: &types::Origin) -> (String, Origin) {
    let kind = match (one.s3_origin_config(), one.vpc_origin_config()) {
        (Some(_), _) => OriginKind::S3,
        (None, Some(_)) => OriginKind::Vpc,
        (None, None) => OriginKind::Custom,
    };
    let access_control = text(one.origin_access_control_id());
    (one.id.clone(), Origin { domain: one.domain_name.clone(), kind, access_control })
}

fn geo_of(geo: &types::GeoRestriction) -> GeoRestriction {
    let kind = match geo.restriction_type {
        types::GeoRestrictionType::Whitelist => GeoKind::Allowed,
        types::GeoRestrictionType::Blacklist => GeoKind::Blocked,
        _ => GeoKind::None,
    };
    GeoRestriction { kind, countries: geo.items().iter().cloned().collect() }
}
