//! Making a handle: from the AWS CLI's environment and profiles, or on a simulated account.

use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use super::budget::Turnstile;
use super::wire::Wire;
use super::{Aws, Budget, Clock, Shared};
use crate::sim::Simulation;
use crate::step::Names;

/// How to reach AWS. Unset fields come from the environment and the AWS configuration files.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    pub profile: Option<String>,
    pub region: Option<String>,
    pub endpoint_url: Option<String>,
}

/// Why there are no credentials to connect with.
#[derive(Debug, thiserror::Error)]
#[error("no usable AWS credentials: {0}")]
pub struct ConnectError(pub String);

impl Aws {
    /// Connects as the AWS CLI would: profiles, environment, SSO, roles.
    #[expect(clippy::disallowed_methods, reason = "AWS is configured here")]
    pub async fn live(to: &Connection) -> Result<Aws, ConnectError> {
        let http = https();
        let mut loader =
            aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone()).timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .read_timeout(Duration::from_secs(60))
                    .build(),
            );
        if let Some(profile) = &to.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &to.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &to.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let mut sdk = loader.load().await;
        sdk = sdk.to_builder().retry_config(patient(sdk.retry_config())).build();
        if sdk.region().is_none() {
            sdk = sdk.to_builder().region(Region::new("us-east-1")).build();
        }
        let provider = sdk.credentials_provider().ok_or_else(|| ConnectError("none configured".into()))?;
        let credentials =
            provider.provide_credentials().await.map_err(|error| ConnectError(innermost(&error)))?;
        let identity =
            sdk.identity_cache().unwrap_or_else(|| aws_config::identity::IdentityCache::lazy().build());
        let mut aws =
            Aws::over(&sdk, Some(http), Some(identity), None, Clock::Real, to.endpoint_url.as_deref());
        aws.access_key = Some(credentials.access_key_id().to_owned());
        Ok(aws)
    }

    /// A handle on a simulated account. No network, no credentials.
    pub fn simulated(simulation: Simulation) -> Aws {
        Aws::on(simulation, None)
    }

    /// As [`Aws::simulated`], never faster than AWS allows.
    pub fn simulated_at_limits(simulation: Simulation) -> Aws {
        Aws::on(simulation, Some(aws_config::identity::IdentityCache::lazy().build()))
    }

    fn on(simulation: Simulation, identity: Option<SharedIdentityCache>) -> Aws {
        let clock = simulation.clock();
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(simulation.home_region()))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "AKIASIMULATED0000000",
                "simulated",
                None,
                None,
                "simulation",
            )))
            .retry_config(RetryConfig::standard().with_max_attempts(6))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        // A rehearsal creates with the same tags as the run that it predicts.
        let caller = simulation.look(|account| account.caller.arn.clone());
        let aws = Aws::over(&sdk, None, identity, Some(simulation), clock, None);
        aws.called_by(&caller);
        aws
    }

    fn over(
        sdk: &SdkConfig,
        http: Option<SharedHttpClient>,
        identity: Option<SharedIdentityCache>,
        simulation: Option<Simulation>,
        clock: Clock,
        endpoint_flag: Option<&str>,
    ) -> Aws {
        // The flag beats the environment, as for the AWS CLI.
        #[expect(clippy::disallowed_methods, reason = "AWS's own variable, read where AWS is configured")]
        let own = std::env::var("AWS_ENDPOINT_URL_S3_CONTROL").ok().filter(|_| simulation.is_none());
        let endpoint =
            endpoint_flag.map(str::to_owned).or(own).or_else(|| sdk.endpoint_url().map(str::to_owned));
        let mut builder = sdk.to_builder().sleep_impl(clock.clone());
        if let Some(inner) = identity {
            let budget = Arc::new(Budget::default());
            builder.set_identity_cache(Some(SharedIdentityCache::new(Turnstile {
                inner,
                budget,
                clock: clock.clone(),
            })));
        }
        // The wire needs what it is part of, hence two steps: clients see the second.
        let shared = Arc::new_cyclic(|weak: &std::sync::Weak<Shared>| {
            let wire = Wire { shared: weak.clone(), inner: http };
            Shared {
                sdk: builder.http_client(SharedHttpClient::new(wire)).build(),
                path_style: endpoint.is_some(),
                s3_control_endpoint: endpoint.filter(|url| !is_aws(url)),
                simulation,
                ledger: Default::default(),
                faults: Default::default(),
                tap: Default::default(),
                wordless: Default::default(),
                clock,
                caller: Default::default(),
                phase: AtomicU8::new(0),
            }
        });
        Aws {
            shared,
            clients: Default::default(),
            names: Names::default(),
            recorder: None,
            run: String::new(),
            access_key: None,
        }
    }
}

/// Others may drain the same buckets: more attempts than the SDK's three, unless the environment
/// or the profile says how many.
fn patient(configured: Option<&RetryConfig>) -> RetryConfig {
    match configured {
        Some(config) if config.max_attempts() != 3 => config.clone(),
        _ => RetryConfig::standard().with_max_attempts(6).with_max_backoff(Duration::from_secs(20)),
    }
}

/// Rustls with AWS's own cryptography, and the system's roots.
fn https() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
        .build_https()
}

/// A host of AWS resolves with an account id before it; an address or another name does not.
fn is_aws(url: &str) -> bool {
    let host = url.split("://").last().unwrap_or(url);
    let host = host.split(['/', ':']).next().unwrap_or(host);
    [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"].iter().any(|domain| host.ends_with(domain))
}

/// The last cause: "failed to load SSO token" says more than "an error occurred".
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    // The SDK's list of what it tried has a line each.
    last.to_string().lines().map(str::trim).collect::<Vec<_>>().join("; ").replace(":;", ":")
}

#[cfg(test)]
mod tests {
    use super::is_aws;

    #[test]
    fn only_hosts_of_aws_get_the_account_id_prefix() {
        assert!(is_aws("https://s3-control.eu-west-1.amazonaws.com"));
        assert!(is_aws("https://control.vpce-1a2b3c.s3.us-east-1.vpce.amazonaws.com/"));
        assert!(!is_aws("http://127.0.0.1:5000"));
        assert!(!is_aws("http://localstack:4566"));
        assert!(!is_aws("http://amazonaws.com.example.org"));
    }
}
