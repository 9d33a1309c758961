//! Making a handle: from the AWS CLI's environment and profiles, or on a simulated account.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::service_config::ServiceConfigKey;
use futures::FutureExt as _;

use super::budget::Turnstile;
use super::failure::innermost;
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

/// Why unplug cannot connect: no credentials, or a configuration that says nothing usable.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("no usable AWS credentials: {0}")]
    Credentials(String),
    /// The environment or the configuration files say what cannot be.
    #[error("{0}")]
    Configuration(String),
}

impl Aws {
    /// Connects as the AWS CLI would: profiles, environment, SSO, roles.
    #[expect(clippy::disallowed_methods, reason = "AWS is configured here")]
    pub async fn live(to: &Connection) -> Result<Aws, ConnectError> {
        let http = super::https::client().map_err(ConnectError::Configuration)?;
        let mut sdk = loaded(&http, to).await?;
        let endpoint = to.endpoint_url.clone().or_else(|| own_endpoint(&sdk, "STS"));
        if let Some(url) = endpoint.filter(|url| !url.contains("://")) {
            let why = format!("the endpoint {url} has no scheme; is it http://{url}");
            return Err(ConnectError::Configuration(why));
        }
        if let (Some(profile), true) = (&to.profile, std::env::var_os("AWS_ACCESS_KEY_ID").is_some()) {
            // Keys in the environment beat the profile for the SDK; for the AWS CLI a profile that is
            // named on the command line beats them, and nobody may cut another account than he names.
            let config =
                ProviderConfig::default().with_http_client(http.clone()).with_region(sdk.region().cloned());
            let provider =
                ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&config).build();
            sdk = sdk
                .to_builder()
                .credentials_provider(SharedCredentialsProvider::new(provider))
                .identity_cache(aws_config::identity::IdentityCache::lazy().build())
                .build();
        }
        sdk = sdk.to_builder().retry_config(patient(sdk.retry_config())).build();
        if sdk.region().is_none() {
            sdk = sdk.to_builder().region(Region::new("us-east-1")).build();
        }
        let provider =
            sdk.credentials_provider().ok_or_else(|| ConnectError::Credentials("none configured".into()))?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|error| ConnectError::Credentials(innermost(&error)))?;
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

    pub(super) fn over(
        sdk: &SdkConfig,
        http: Option<SharedHttpClient>,
        identity: Option<SharedIdentityCache>,
        simulation: Option<Simulation>,
        clock: Clock,
        endpoint_flag: Option<&str>,
    ) -> Aws {
        let endpoint = |service| {
            // The flag beats the environment and the profile, as for the AWS CLI.
            endpoint_flag.map(str::to_owned).or_else(|| own_endpoint(sdk, service))
        };
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
                path_style: endpoint("S3").is_some(),
                s3_control_endpoint: endpoint("S3 Control").filter(|url| !is_aws(url)),
                simulation,
                ledger: Default::default(),
                faults: Default::default(),
                tap: Default::default(),
                wordless: Default::default(),
                clock,
                caller: Default::default(),
                phases: Default::default(),
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

/// The environment and the configuration files, with what the command line says.
#[expect(clippy::disallowed_methods, reason = "AWS is configured here")]
async fn loaded(http: &SharedHttpClient, to: &Connection) -> Result<SdkConfig, ConnectError> {
    let loader = || {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(60))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .timeout_config(timeouts);
        if let Some(profile) = &to.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &to.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &to.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        loader
    };
    // The SDK panics on a retry setting that it does not know, as the AWS CLI's retry_mode = legacy.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let sdk = AssertUnwindSafe(loader().load()).catch_unwind().await;
    let sdk = match sdk {
        Err(_) => {
            AssertUnwindSafe(loader().retry_config(RetryConfig::standard()).load()).catch_unwind().await
        }
        sdk => sdk,
    };
    std::panic::set_hook(hook);
    sdk.map_err(|panic| {
        let said =
            panic.downcast_ref::<String>().map_or("the AWS configuration is not valid", String::as_str);
        ConnectError::Configuration(said.to_owned())
    })
}

/// Where a service is to be reached, if not at AWS's own endpoint: by its own variable or section, or
/// by what holds for all.
fn own_endpoint(sdk: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let own = key.build().ok().and_then(|key| sdk.service_config()?.load_config(key));
    own.or_else(|| sdk.endpoint_url().map(str::to_owned))
}

/// Others may drain the same buckets: more attempts than the SDK's three, unless the environment
/// or the profile says how many.
fn patient(configured: Option<&RetryConfig>) -> RetryConfig {
    match configured {
        Some(config) if config.max_attempts() != 3 => config.clone(),
        _ => RetryConfig::standard().with_max_attempts(6).with_max_backoff(Duration::from_secs(20)),
    }
}

/// A host of AWS resolves with an account id before it; an address or another name does not.
fn is_aws(url: &str) -> bool {
    let host = url.split("://").last().unwrap_or(url);
    let host = host.split(['/', ':']).next().unwrap_or(host);
    [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"].iter().any(|domain| host.ends_with(domain))
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
