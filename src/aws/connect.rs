//! Making a handle: from the AWS CLI's environment and profiles, or on a simulated account.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{AppName, BehaviorVersion};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use futures::FutureExt as _;

use super::actors::Hand;
use super::backend::Backend;
use super::budget::Turnstile;
use super::credentials::{Person, Signer};
use super::names::Names;
use super::partition::is_aws;
use super::settings::{Settings, sdk_name};
use super::wire::Wire;
use super::{Aws, AwsError, Budget, Clock, Shared};
use crate::account::Actor;

/// The name of this program in the user agent of its calls.
const APP_NAME: &str = concat!("unplug-", env!("CARGO_PKG_VERSION"));

/// How to reach AWS. Unset fields come from the environment and the AWS configuration files.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    pub profile: Option<String>,
    pub region: Option<String>,
    pub endpoint_url: Option<String>,
    /// Who is asked for an MFA code, and told what takes long.
    pub person: Option<Arc<dyn Person>>,
}

/// Why unplug cannot connect: no credentials, or a configuration that says nothing usable.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ConnectError {
    message: String,
    /// What puts it right.
    pub hints: Vec<String>,
}

impl ConnectError {
    pub(super) fn new(message: impl std::fmt::Display) -> ConnectError {
        ConnectError { message: message.to_string(), hints: vec![] }
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> ConnectError {
        self.hints.push(hint.into());
        self
    }
}

/// How long the SDK waits for credentials that it asks for again: a person types a code meanwhile, or a
/// program asks him to.
const SIGNING_IN: Duration = Duration::from_secs(600);

impl Aws {
    /// Connects as the AWS CLI would: profiles, environment, SSO, roles.
    pub async fn live(to: &Connection) -> Result<Aws, ConnectError> {
        let Signed { settings, http, sdk, signer } = signed(to).await?;
        let credentials = signer.credentials().await?;
        let chain = signer.chain();
        let sdk = sdk.to_builder().credentials_provider(SharedCredentialsProvider::new(signer)).build();
        let mut aws = Aws::over(&sdk, Some(http), Some(identities()), None, Clock::Real, Some(&settings));
        aws.access_key = Some(credentials.access_key_id().to_owned());
        aws.chain = chain;
        Ok(aws)
    }

    /// The same handle, with the credentials of a profile for an actor, and a budget of their own. `to` says
    /// how the run's own connection was made.
    ///
    /// # Errors
    /// As [`Aws::live`], of this profile.
    pub async fn with_profile(
        self,
        to: &Connection,
        actor: Actor,
        profile: &str,
    ) -> Result<Aws, ConnectError> {
        let region = Some(self.home_region());
        let to = Connection { profile: Some(profile.to_owned()), region, ..to.clone() };
        let Signed { settings, http: _, sdk, signer } = signed(&to).await?;
        let credentials = signer.credentials().await?;
        let chain = signer.chain();
        let clock = self.shared.clock.clone();
        let mut builder = sdk.to_builder().sleep_impl(clock.clone());
        builder.set_credentials_provider(Some(SharedCredentialsProvider::new(signer)));
        builder.set_identity_cache(Some(in_turn(identities(), clock)));
        builder.set_http_client(self.shared.sdk.http_client());
        let access_key = Some(credentials.access_key_id().to_owned());
        Ok(self.with_hand(actor, Hand { sdk: builder.build(), access_key, chain, settings: Some(settings) }))
    }

    /// What must be known before anything else: calls that do not go straight to AWS.
    pub fn notes(&self) -> Vec<String> {
        let of_hands = self.hands.values().filter_map(|hand| hand.settings.as_ref());
        let all = self.shared.settings.iter().chain(of_hands);
        all.flat_map(|settings| settings.notes()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Do calls go to AWS itself, and neither to a simulation nor to an emulator?
    pub fn is_aws(&self) -> bool {
        let Some(settings) = &self.shared.settings else { return false };
        let own = |service| settings.endpoint(service).is_none_or(|told| is_aws(&told.value));
        self.shared.backend.is_none() && ["STS", "Route 53", "CloudFront", "EC2"].into_iter().all(own)
    }

    /// The file of certificates that this machine trusts besides the system's own.
    pub fn ca_bundle(&self) -> Option<&str> {
        Some(&self.shared.settings.as_ref()?.ca_bundle.as_ref()?.value)
    }

    /// The one thing to try when a host gave no answer.
    pub fn advice(&self, error: &AwsError) -> Option<String> {
        Some(self.shared.settings.as_ref()?.advice(error.blocked.as_ref()?))
    }

    /// The handle over a wire: to AWS by `http`, or to what stands in AWS's place.
    pub(crate) fn over(
        sdk: &SdkConfig,
        http: Option<SharedHttpClient>,
        identity: Option<SharedIdentityCache>,
        backend: Option<Arc<dyn Backend>>,
        clock: Clock,
        settings: Option<&Arc<Settings>>,
    ) -> Aws {
        let endpoint = |service| Some(settings?.endpoint(service)?.value.clone());
        let mut builder = sdk.to_builder().sleep_impl(clock.clone());
        if let Some(inner) = identity {
            builder.set_identity_cache(Some(in_turn(inner, clock.clone())));
        }
        // The wire needs what it is part of, hence two steps: clients see the second.
        let shared = Arc::new_cyclic(|weak: &std::sync::Weak<Shared>| {
            let wire = Wire { shared: weak.clone(), inner: http };
            Shared {
                sdk: builder.http_client(SharedHttpClient::new(wire)).build(),
                path_style: endpoint("S3").is_some(),
                s3_control_endpoint: endpoint("S3 Control").filter(|url| !is_aws(url)),
                settings: settings.cloned(),
                backend,
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
            hands: Default::default(),
            acting: None,
            names: Names::default(),
            recorder: None,
            run: String::new(),
            access_key: None,
            chain: Default::default(),
        }
    }
}

/// What it takes to sign calls as a profile.
struct Signed {
    settings: Arc<Settings>,
    http: SharedHttpClient,
    sdk: SdkConfig,
    signer: Signer,
}

async fn signed(to: &Connection) -> Result<Signed, ConnectError> {
    #[expect(clippy::disallowed_methods, reason = "AWS is configured here")]
    let variable = |name: &str| std::env::var(name).ok();
    let settings = Arc::new(Settings::read(to, &variable)?);
    let http = super::https::client(settings.ca_bundle.as_ref()).map_err(ConnectError::new)?;
    let mut sdk = loaded(&http, to, &settings).await?;
    sdk = sdk.to_builder().retry_config(patient(sdk.retry_config())).build();
    if sdk.region().is_none() {
        sdk = sdk.to_builder().region(Region::new("us-east-1")).build();
    }
    let signer = Signer::new(settings.clone(), sdk.clone(), to.person.clone(), &variable)?;
    Ok(Signed { settings, http, sdk, signer })
}

/// The SDK's cache of credentials, which waits for a person.
fn identities() -> SharedIdentityCache {
    aws_config::identity::IdentityCache::lazy().load_timeout(SIGNING_IN).build()
}

/// The same cache, with a budget: no call is signed sooner than AWS takes it.
fn in_turn(inner: SharedIdentityCache, clock: Clock) -> SharedIdentityCache {
    SharedIdentityCache::new(Turnstile { inner, budget: Arc::new(Budget::default()), clock })
}

/// The environment and the configuration files, with what the command line says.
#[expect(clippy::disallowed_methods, reason = "AWS is configured here")]
async fn loaded(
    http: &SharedHttpClient,
    to: &Connection,
    settings: &Settings,
) -> Result<SdkConfig, ConnectError> {
    let text = settings.profiles.for_sdk();
    let loader = || {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(60))
            .build();
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, text.clone()).build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .timeout_config(timeouts)
            .profile_files(files)
            .profile_name(sdk_name(&settings.profile.value))
            .no_credentials();
        // In CloudTrail's records it tells this program's calls from somebody else's with the same credentials.
        if let Ok(name) = AppName::new(APP_NAME) {
            loader = loader.app_name(name);
        }
        if let Some(region) = &settings.region {
            loader = loader.region(Region::new(region.value.clone()));
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
        ConnectError::new(said)
    })
}

/// Others may drain the same buckets: more attempts than the SDK's three, unless the environment
/// or the profile says how many.
fn patient(configured: Option<&RetryConfig>) -> RetryConfig {
    match configured {
        Some(config) if config.max_attempts() != 3 => config.clone(),
        _ => RetryConfig::standard().with_max_attempts(6).with_max_backoff(Duration::from_secs(20)),
    }
}
