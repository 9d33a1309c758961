//! The HTTP client: rustls with AWS's own cryptography, the system's roots, and what the environment
//! says of proxies and certificates, as for the AWS CLI.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Heeds `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` and `AWS_CA_BUNDLE`.
///
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-proxy.html>
///
/// # Errors
/// When the certificates of `AWS_CA_BUNDLE` cannot be read.
#[expect(clippy::disallowed_methods, reason = "AWS's own variable, read where AWS is configured")]
pub(super) fn client() -> Result<SharedHttpClient, String> {
    let mut roots = TrustStore::default();
    if let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        let said =
            |error: &dyn std::fmt::Display| format!("AWS_CA_BUNDLE {}: {error}", path.to_string_lossy());
        let pem = std::fs::read(&path).map_err(|error| said(&error))?;
        if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
            return Err(said(&"no certificate in PEM format is in it"));
        }
        roots.add_pem_certificate(pem);
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
    Ok(client)
}
