//! The HTTP client: rustls with AWS's own cryptography, the system's roots, and what the environment
//! says of proxies and certificates, as for the AWS CLI.

use std::error::Error;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use hyper_util::client::proxy::matcher::Matcher;

use super::failure::chain;
use super::partition::host;
use super::settings::{Sourced, redacted};
use crate::document;

/// A longer file is no list of certificates.
const MOST: u64 = 16 << 20;

/// Heeds `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, and trusts the certificates of a file besides the
/// system's own.
///
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-proxy.html>
///
/// # Errors
/// When the certificates cannot be read.
pub(super) fn client(ca_bundle: Option<&Sourced>) -> Result<SharedHttpClient, String> {
    let mut roots = TrustStore::default();
    if let Some(Sourced { value: path, from }) = ca_bundle {
        let said = |error: &dyn std::fmt::Display| format!("the certificates {path} ({from}): {error}");
        let pem = document::read_file(path.as_ref(), MOST).map_err(|error| said(&error))?;
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(said(&"no certificate in PEM format is in it"));
        }
        roots.add_pem_certificate(pem.into_bytes());
    }
    let context = TlsContext::builder().with_trust_store(roots).build().map_err(|error| error.to_string())?;
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
            .tls_context(context.clone())
            .build()
    });
    Ok(SharedHttpClient::new(Telling(client)))
}

/// What stands between this machine and a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The host's name has no address.
    Name,
    /// The host's certificate is not trusted.
    Certificate,
    /// The proxy does not let the call through, or is not there itself.
    Proxy,
    /// Anything else: refused, cut, too slow.
    Connection,
}

/// A host that gave no answer, and what is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    pub host: String,
    pub obstacle: Obstacle,
}

/// No answer came. The SDK's own error does not say from which host.
#[derive(Debug, thiserror::Error)]
#[error("no answer from {}: {why}", blocked.host)]
pub(super) struct Unreached {
    pub blocked: Blocked,
    why: String,
    source: BoxError,
}

impl Unreached {
    fn of(url: &str, proxy: Option<String>, source: BoxError) -> Unreached {
        let words = chain(&*source);
        let connecting =
            ["dns error", "tunnel error", "(Connect)", "tcp connect"].iter().any(|w| words.contains(w));
        let last = innermost(&*source);
        let (obstacle, why) = match proxy {
            _ if words.contains("peer certificate") => {
                (Obstacle::Certificate, format!("its certificate is not trusted ({last})"))
            }
            Some(proxy) if connecting => {
                (Obstacle::Proxy, format!("the proxy {proxy} did not let the call through ({last})"))
            }
            _ if words.contains("dns error") => (Obstacle::Name, format!("its name has no address ({last})")),
            _ => (Obstacle::Connection, last),
        };
        Unreached { blocked: Blocked { host: host(url), obstacle }, why, source }
    }
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// Names the host in every error of the client within.
#[derive(Clone, Debug)]
struct Telling<T>(T);

impl<T: HttpClient + Clone + 'static> HttpClient for Telling<T> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Telling(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Telling<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let url = request.uri().to_owned();
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move { answer.await.map_err(|error| told(&url, error)) })
    }
}

/// The same kind of error, which decides whether a call is sent again.
fn told(url: &str, error: ConnectorError) -> ConnectorError {
    let kind = (error.is_timeout(), error.is_user(), error.is_io(), error.as_other());
    let proxy = url.parse().ok().and_then(|uri| Matcher::from_env().intercept(&uri));
    let proxy = proxy.map(|proxy| redacted(proxy.uri().to_string().trim_end_matches('/')));
    let source: BoxError = Unreached::of(url, proxy, error.into_source()).into();
    match kind {
        (true, ..) => ConnectorError::timeout(source),
        (_, true, ..) => ConnectorError::user(source),
        (.., true, _) => ConnectorError::io(source),
        (.., other) => ConnectorError::other(source, other),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn unreached(proxy: Option<&str>, words: &str) -> (Obstacle, String) {
        let source = io::Error::other(words.to_owned()).into();
        let error = Unreached::of("https://sts.eu-west-1.amazonaws.com/", proxy.map(str::to_owned), source);
        (error.blocked.obstacle, error.to_string())
    }

    #[test]
    fn an_error_of_the_connection_names_the_host_and_what_is_in_the_way() {
        let proxy = Some("http://proxy:3128");
        for (proxy, words, obstacle, said) in [
            (None, "dns error: no such name", Obstacle::Name, "its name has no address"),
            (None, "invalid peer certificate: UnknownIssuer", Obstacle::Certificate, "UnknownIssuer"),
            (proxy, "invalid peer certificate: UnknownIssuer", Obstacle::Certificate, "UnknownIssuer"),
            (proxy, "tunnel error: unsuccessful", Obstacle::Proxy, "the proxy http://proxy:3128 did not"),
            (None, "Connection refused (os error 111)", Obstacle::Connection, "Connection refused"),
        ] {
            let (found, text) = unreached(proxy, words);
            assert_eq!(found, obstacle, "{words}");
            assert!(
                text.starts_with("no answer from sts.eu-west-1.amazonaws.com: ") && text.contains(said),
                "{text}"
            );
        }
    }

    #[test]
    fn what_kind_of_error_it_is_stays_as_it_was() {
        let source = || -> BoxError { io::Error::other("x").into() };
        assert!(told("http://x", ConnectorError::io(source())).is_io());
        assert!(told("http://x", ConnectorError::timeout(source())).is_timeout());
        assert!(told("http://x", ConnectorError::user(source())).is_user());
        assert!(told("http://x", ConnectorError::other(source(), None)).is_other());
    }
}
