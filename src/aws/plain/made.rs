//! Makes the operation of a plain call as the SDK's crates make theirs: the same parts, in the same order.

use std::marker::PhantomData;

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{
    DisableClockSkewCorrection, ServiceClockSkewClassifier, ServiceClockSkewInterceptor,
};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::ErrorMetadata;
use aws_types::region::{Region, SigningRegion};
use aws_types::service_config::ServiceConfigKey;
use aws_types::{SdkConfig, SigningName};
use serde_json::Value;

use super::{Place, PlainError, PlainInput, PlainOperation, PlainOutput, Protocol, Service};
use crate::aws::Aws;
use crate::aws::as_sdk::as_sdk;
use crate::aws::partition;
use crate::aws::unsigned::Unsigned;
use crate::aws::wire::{NoResend, Tag};

type PlainCall = Operation<PlainInput, PlainOutput, PlainError>;

/// An operation in a Region, made once: what it learns of AWS's clock stays with it.
struct Made<O> {
    call: PlainCall,
    of: PhantomData<fn() -> O>,
}

impl<O> Clone for Made<O> {
    fn clone(&self) -> Self {
        Made { call: self.call.clone(), of: PhantomData }
    }
}

/// Who signs. One for all operations: the SDK's cache of credentials knows it by its identity.
#[derive(Clone)]
struct Signing(Option<SharedIdentityResolver>);

pub(super) fn operation<O: PlainOperation>(aws: &Aws, region: &str) -> PlainCall {
    let region = match O::service().place {
        Place::Regional => region,
        Place::Global => partition::of(region).implicit_global(),
    };
    let signing =
        aws.client("", None, |sdk, _| Signing(sdk.credentials_provider().map(SharedIdentityResolver::new)));
    let make = |sdk: &SdkConfig, tag| Made::<O> {
        call: made::<O>(aws, sdk, tag, region, signing.0),
        of: PhantomData,
    };
    aws.client(region, None, make).call
}

fn made<O: PlainOperation>(
    aws: &Aws,
    sdk: &SdkConfig,
    tag: Tag,
    region: &str,
    signer: Option<SharedIdentityResolver>,
) -> PlainCall {
    let service = O::service();
    let name = O::NAME.split_once(':').map_or(O::NAME, |(_, name)| name);
    let operation = Operation::builder()
        .service_name(service.name)
        .operation_name(name)
        .endpoint_url(&endpoint(sdk, service, region))
        .retry_classifier(HttpStatusCodeClassifier::default())
        .retry_classifier(TransientErrorClassifier::<PlainError>::new())
        .retry_classifier(AwsErrorCodeClassifier::<PlainError>::new())
        .retry_classifier(ServiceClockSkewClassifier::<PlainError>::new())
        .retry_classifier(NoResend)
        .interceptor(ConnectionPoisoningInterceptor::new())
        .interceptor(ServiceClockSkewInterceptor::new())
        .interceptor(RequestInfoInterceptor::new())
        .interceptor(UserAgentInterceptor::new())
        .interceptor(InvocationIdInterceptor::new())
        .interceptor(tag)
        .runtime_plugin(plugin(aws, sdk, service, region, signer));
    as_sdk(operation, sdk).serializer(move |input| request::<O>(name, &input)).deserializer(read).build()
}

/// Who signs, for what, and the cache of credentials in which the budget waits.
fn plugin(
    aws: &Aws,
    sdk: &SdkConfig,
    service: &'static Service,
    region: &str,
    signer: Option<SharedIdentityResolver>,
) -> StaticRuntimePlugin {
    let region = Region::new(region.to_owned());
    let mut settings = Layer::new("plain");
    settings.store_put(RetryPartition::new(format!("{}-{region}", service.name)));
    settings.store_put(SigningRegion::from(region.clone()));
    settings.store_put(region);
    settings.store_put(SigningName::from_static(service.signing));
    settings.store_put(SigV4OperationSigningConfig::default());
    settings.store_put(AuthSchemeOptionResolverParams::new(()));
    settings.store_put(ApiMetadata::new(service.name, env!("CARGO_PKG_VERSION")));
    if let Some(name) = sdk.app_name() {
        settings.store_put(name.clone());
    }
    if let Some(disabled) = sdk.disable_clock_skew_correction() {
        settings.store_put(DisableClockSkewCorrection::from(disabled));
    }
    let mut parts = RuntimeComponentsBuilder::new("plain");
    parts.set_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])));
    match aws.shared.backend {
        Some(_) => parts.push_auth_scheme(Unsigned),
        None => parts.push_auth_scheme(SigV4AuthScheme::new()),
    };
    if let Some(signer) = signer {
        parts.set_identity_resolver(SCHEME_ID, signer);
    }
    if let Some(cache) = sdk.identity_cache() {
        parts.set_identity_cache(Some(cache));
    }
    StaticRuntimePlugin::new().with_config(settings.freeze()).with_runtime_components(parts)
}

/// Where calls of a service go: the flag, else the service's own setting, else that for all, else AWS.
pub(super) fn endpoint(sdk: &SdkConfig, service: &Service, region: &str) -> String {
    let for_all = sdk.endpoint_url().map(str::to_owned);
    if sdk.get_origin("endpoint_url").is_client_config()
        && let Some(url) = for_all
    {
        return url;
    }
    let key = ServiceConfigKey::builder()
        .service_id(service.id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let own = sdk.service_config().zip(key.ok()).and_then(|(settings, key)| settings.load_config(key));
    own.or(for_all).unwrap_or_else(|| {
        host(service.host, region, sdk.use_fips().unwrap_or(false), sdk.use_dual_stack().unwrap_or(false))
    })
}

/// Services whose usual hosts in `GovCloud` keep to FIPS 140 and have no other name for that.
const FIPS_IN_GOV: [&str; 7] = ["access-analyzer", "acm", "config", "events", "logs", "servicequotas", "ssm"];
/// The same of hosts that have addresses of both families.
const FIPS_IN_GOV_DUAL_STACK: [&str; 1] = ["events"];

/// AWS's own endpoint, by the rules that its SDKs ship.
pub(super) fn host(prefix: &str, region: &str, fips: bool, dual_stack: bool) -> String {
    let partition = partition::of(region);
    let in_gov = if dual_stack { &FIPS_IN_GOV_DUAL_STACK[..] } else { &FIPS_IN_GOV };
    let usual = region.starts_with("us-gov-") && in_gov.contains(&prefix);
    let fips = if fips && !usual { "-fips" } else { "" };
    let domain = if dual_stack { partition.dual_stack_domain() } else { partition.domain() };
    format!("https://{prefix}{fips}.{region}.{domain}")
}

fn request<O: PlainOperation>(name: &str, input: &PlainInput) -> Result<HttpRequest, BoxError> {
    let (kind, target) = match O::service().protocol {
        Protocol::Json10(prefix) => ("application/x-amz-json-1.0", Some(format!("{prefix}.{name}"))),
        Protocol::Json11(prefix) => ("application/x-amz-json-1.1", Some(format!("{prefix}.{name}"))),
        Protocol::Rest => ("application/json", None),
    };
    let text = match (&input.body, &target) {
        (Value::Null, None) => String::new(),
        (Value::Null, Some(_)) => "{}".to_owned(),
        (body, _) => body.to_string(),
    };
    let length = text.len();
    let mut request = HttpRequest::new(SdkBody::from(text));
    request.set_method(O::METHOD)?;
    request.set_uri(uri(O::PATH, input)?)?;
    let headers = request.headers_mut();
    if let Some(target) = target {
        headers.try_insert("x-amz-target", target)?;
    }
    if length > 0 {
        headers.try_insert("content-type", kind)?;
        headers.try_insert("content-length", length.to_string())?;
    }
    Ok(request)
}

/// The path with its labels, and the query.
fn uri(path: &str, input: &PlainInput) -> Result<String, BoxError> {
    let mut parts = path.split("{}");
    let mut uri = parts.next().unwrap_or_default().to_owned();
    let mut labels = input.labels.iter();
    for part in parts {
        // An empty label would be another path.
        let label =
            labels.next().filter(|label| !label.is_empty()).ok_or("a label of the path is missing")?;
        uri += &encoded(label);
        uri += part;
    }
    if labels.next().is_some() {
        return Err("the path has fewer labels".into());
    }
    for (at, (name, value)) in input.query.iter().enumerate() {
        uri.push(if at == 0 { '?' } else { '&' });
        uri += &format!("{name}={}", encoded(value));
    }
    Ok(uri)
}

/// Everything but what RFC 3986 calls unreserved.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

fn read(response: &HttpResponse) -> Result<PlainOutput, OrchestratorError<PlainError>> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        return Err(OrchestratorError::operation(PlainError(meta(response, body))));
    }
    // The wire has found it whole; a write may be answered with nothing.
    let body = if body.is_empty() { Value::Null } else { parsed(body)? };
    Ok(PlainOutput { body })
}

fn parsed(body: &[u8]) -> Result<Value, OrchestratorError<PlainError>> {
    serde_json::from_slice(body).map_err(|error| OrchestratorError::other(BoxError::from(error)))
}

/// The code of an error, without the namespace before it and the address behind it:
/// `com.amazon.coral.service#AccessDeniedException:http://…`.
fn meta(response: &HttpResponse, body: &[u8]) -> ErrorMetadata {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let member = |names: &[&str]| names.iter().find_map(|name| said.get(*name)?.as_str());
    let code = response.headers().get("x-amzn-errortype").or_else(|| member(&["code", "__type"]));
    let code = code.map(|code| code.split(':').next().unwrap_or(code));
    let mut meta = ErrorMetadata::builder();
    if let Some(code) = code.map(|code| code.rsplit('#').next().unwrap_or(code)) {
        meta = meta.code(code);
    }
    if let Some(message) = member(&["message", "Message", "errorMessage"]) {
        meta = meta.message(message);
    }
    meta.build()
}
