//! The two calls of the registry, made as the SDK makes its own.

use std::fmt;
use std::str::FromStr as _;

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::{CreateUnhandledError, SdkError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_types::region::Region;

use super::{REGION, Token};
use crate::aws::Aws;
use crate::aws::as_sdk::as_sdk;
use crate::aws::operations::OperationTypes;
use crate::aws::wire::{NoResend, Tag};

/// The forms of a manifest that a registry may keep.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                         application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.docker.distribution.manifest.v2+json";
/// The code that stands for an address that is no longer valid: what serves it says so by a status alone.
pub(super) const EXPIRED: &str = "AddressExpired";
/// What comes right by itself, or after a while.
const AGAIN: &[u16] = &[429, 500, 502, 503, 504];
const AGENT: &str = concat!("unplug/", env!("CARGO_PKG_VERSION"));

#[derive(Clone, Debug)]
pub struct GetManifestInput {
    pub url: String,
    pub token: Token,
}

#[derive(Debug)]
pub struct GetManifestOutput {
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct GetBlobInput {
    pub url: String,
    /// For the registry itself, and never for the place that it sends to.
    pub token: Option<Token>,
    /// The first and the last byte.
    pub range: (u64, u64),
}

#[derive(Debug)]
pub enum GetBlobOutput {
    /// Bytes of the blob, the first of which has the number `from`.
    Bytes { bytes: Vec<u8>, from: u64 },
    /// The address where the bytes are.
    Elsewhere(String),
}

/// The types of one call.
macro_rules! call {
    ($call:ident, $name:literal, $input:ident, $output:ident, $error:ident) => {
        #[doc = concat!("`", $name, "`.")]
        pub struct $call;

        impl OperationTypes for $call {
            type Input = $input;
            type Output = $output;
            type Error = $error;
            const NAME: &'static str = $name;
        }

        /// What the registry refuses with.
        #[derive(Debug)]
        pub struct $error(ErrorMetadata);

        impl fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::error::Error for $error {}

        impl ProvideErrorMetadata for $error {
            fn meta(&self) -> &ErrorMetadata {
                &self.0
            }
        }

        impl CreateUnhandledError for $error {
            fn create_unhandled_error(
                _: Box<dyn std::error::Error + Send + Sync + 'static>,
                meta: Option<ErrorMetadata>,
            ) -> Self {
                $error(meta.unwrap_or_default())
            }
        }
    };
}

call!(GetManifest, "registry:GetManifest", GetManifestInput, GetManifestOutput, GetManifestError);
call!(GetBlob, "registry:GetBlob", GetBlobInput, GetBlobOutput, GetBlobError);

pub(super) async fn get_manifest(
    aws: &Aws,
    input: GetManifestInput,
) -> Result<GetManifestOutput, SdkError<GetManifestError, HttpResponse>> {
    let read = |response: &HttpResponse| match response.status().as_u16() {
        200 => Ok(GetManifestOutput { bytes: body(response) }),
        _ => Err(OrchestratorError::operation(GetManifestError(meta(response)))),
    };
    let ask = |input: GetManifestInput| {
        let mut request = get(&input.url, Some(&input.token))?;
        request.headers_mut().try_insert("accept", MANIFESTS)?;
        Ok(request)
    };
    operation::<GetManifest>(aws, "GetManifest", &input.url, ask, read).invoke(input).await
}

pub(super) async fn get_blob(
    aws: &Aws,
    input: GetBlobInput,
) -> Result<GetBlobOutput, SdkError<GetBlobError, HttpResponse>> {
    let signed_in = input.token.is_some();
    let read = move |response: &HttpResponse| {
        let place = response.headers().get("location");
        match (response.status().as_u16(), place) {
            (200, _) => Ok(GetBlobOutput::Bytes { bytes: body(response), from: 0 }),
            (206, _) => Ok(GetBlobOutput::Bytes { bytes: body(response), from: begins_at(response) }),
            (302 | 303 | 307 | 308, Some(place)) => Ok(GetBlobOutput::Elsewhere(place.to_owned())),
            (400 | 403, _) if !signed_in => {
                let words = "the place of a layer does not give it out (any more)";
                let meta = ErrorMetadata::builder().code(EXPIRED).message(words).build();
                Err(OrchestratorError::operation(GetBlobError(meta)))
            }
            _ => Err(OrchestratorError::operation(GetBlobError(meta(response)))),
        }
    };
    let ask = |input: GetBlobInput| {
        let mut request = get(&input.url, input.token.as_ref())?;
        let (first, last) = input.range;
        request.headers_mut().try_insert("range", format!("bytes={first}-{last}"))?;
        Ok(request)
    };
    operation::<GetBlob>(aws, "GetBlob", &input.url, ask, read).invoke(input).await
}

/// The call as the SDK would have it: the same interceptor, retries, clock and budget as its own.
fn operation<O: OperationTypes>(
    aws: &Aws,
    name: &'static str,
    url: &str,
    ask: impl Fn(O::Input) -> Result<HttpRequest, BoxError> + Send + Sync + 'static,
    read: impl Fn(&HttpResponse) -> Result<O::Output, OrchestratorError<O::Error>> + Send + Sync + 'static,
) -> Operation<O::Input, O::Output, O::Error>
where
    O::Input: fmt::Debug + Send + Sync + 'static,
    O::Output: fmt::Debug + Send + Sync + 'static,
    O::Error: std::error::Error + Send + Sync + 'static,
{
    let sdk = &aws.shared.sdk;
    let mut region = Layer::new("registry");
    region.store_put(Region::from_static(REGION));
    // Where the budget waits.
    let mut parts = RuntimeComponentsBuilder::new("registry");
    parts.set_identity_cache(sdk.identity_cache());
    let plugin = StaticRuntimePlugin::new().with_config(region.freeze());
    let plugin = match sdk.identity_cache() {
        Some(_) => plugin.with_runtime_components(parts),
        None => plugin,
    };
    let operation = Operation::builder()
        .service_name("registry")
        .operation_name(name)
        .endpoint_url(&origin(url))
        .no_auth()
        .retry_classifier(HttpStatusCodeClassifier::new_from_codes(AGAIN))
        .retry_classifier(TransientErrorClassifier::<O::Error>::new())
        .retry_classifier(NoResend)
        .interceptor(Tag(aws.shared.clone(), None))
        .runtime_plugin(plugin);
    as_sdk(operation, sdk).serializer(ask).deserializer(read).build()
}

/// A request for the path of an address; the operation knows its origin.
fn get(url: &str, token: Option<&Token>) -> Result<HttpRequest, BoxError> {
    let path = url.strip_prefix(&origin(url)).filter(|path| path.starts_with('/')).unwrap_or("/");
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(path)?;
    request.headers_mut().try_insert("user-agent", AGENT)?;
    if let Some(token) = token {
        request.headers_mut().try_insert("authorization", token.header())?;
    }
    Ok(request)
}

/// Scheme and host of an address.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    format!("{scheme}://{host}")
}

fn body(response: &HttpResponse) -> Vec<u8> {
    response.body().bytes().unwrap_or_default().to_vec()
}

/// The first byte of an answer that holds a range: `Content-Range: bytes 8-15/100`.
fn begins_at(response: &HttpResponse) -> u64 {
    let range = response.headers().get("content-range").unwrap_or_default();
    let first = range.trim_start_matches("bytes").trim().split('-').next().unwrap_or_default();
    // Without it the digest of the whole says that something is wrong.
    u64::from_str(first).unwrap_or_default()
}

/// The registry's code and words: `{"errors": [{"code": "DENIED", "message": "…"}]}`. A proxy's page has none.
fn meta(response: &HttpResponse) -> ErrorMetadata {
    let said: serde_json::Value = serde_json::from_slice(&body(response)).unwrap_or_default();
    let of = |name: &str| said["errors"][0][name].as_str().map(str::to_owned);
    let status = response.status().as_u16();
    let code = of("code").unwrap_or_else(|| format!("HTTP {status}"));
    ErrorMetadata::builder().code(code).message(of("message").unwrap_or_default()).build()
}
