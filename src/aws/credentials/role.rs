//! Credentials that are asked for: of STS, of the SDK's providers, of a program.

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_sts::types::Credentials as Given;
use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::super::connect::ConnectError;
use super::super::failure::{AwsError, Kind, words};
use super::super::partition::{self, host};
use super::super::settings::sdk_name;
use super::source::{Role, Source};
use super::{Signer, process};
use crate::aws::Clock;
use crate::document;

/// A token is a few kilobytes long.
const MOST_TOKEN: u64 = 1 << 20;

impl Signer {
    pub(super) fn fetch<'a>(
        &'a self,
        source: &'a Source,
    ) -> BoxFuture<'a, Result<Credentials, ConnectError>> {
        async move {
            match source {
                Source::Keys(keys) => Ok(keys.clone()),
                Source::Role(role, from) => {
                    let keys = self.fetch(from).await?;
                    self.assume(role, keys).await
                }
                Source::WebIdentity { role_arn, token_file, session } => {
                    self.assume_with_token(role_arn, token_file, session.as_deref()).await
                }
                Source::Program { profile, words, account } => {
                    process::ask(profile, words, account.as_deref(), self.person.clone()).await
                }
                Source::SignIn { profile } => {
                    let files = EnvConfigFiles::builder()
                        .with_contents(EnvConfigFileKind::Config, self.settings.profiles.for_sdk())
                        .build();
                    let provider = ProfileFileCredentialsProvider::builder()
                        .configure(&self.config())
                        .profile_files(files)
                        .profile_name(sdk_name(profile))
                        .build();
                    provider.provide_credentials().await.map_err(|error| {
                        let error = format!("the profile {profile} is not signed in: {}", words(&error));
                        ConnectError::new(error).hint(format!("aws sso login --profile {profile}"))
                    })
                }
                Source::Container => {
                    self.given(
                        "container",
                        EcsCredentialsProvider::builder().configure(&self.config()).build(),
                    )
                    .await
                }
                Source::Instance => {
                    self.given(
                        "instance",
                        ImdsCredentialsProvider::builder().configure(&self.config()).build(),
                    )
                    .await
                }
                Source::Machine => self.machine().await,
            }
        }
        .boxed()
    }

    /// What the SDK's own providers need to know.
    fn config(&self) -> ProviderConfig {
        let config = ProviderConfig::without_region().with_region(self.sdk.region().cloned());
        match self.sdk.http_client() {
            Some(http) => config.with_http_client(http),
            None => config,
        }
    }

    async fn given(
        &self,
        of: &str,
        provider: impl ProvideCredentials + 'static,
    ) -> Result<Credentials, ConnectError> {
        provider.provide_credentials().await.map_err(|error| {
            ConnectError::new(format!("the metadata of this {of} gives no credentials: {}", words(&error)))
        })
    }

    /// The last resort: nothing that a person configured gives credentials.
    async fn machine(&self) -> Result<Credentials, ConnectError> {
        let (ecs, imds) = (EcsCredentialsProvider::builder(), ImdsCredentialsProvider::builder());
        let chain = CredentialsProviderChain::first_try("a container", ecs.configure(&self.config()).build())
            .or_else("an instance", imds.configure(&self.config()).build());
        chain.provide_credentials().await.map_err(|_| {
            let told = &self.settings.profile;
            let profile = match told.from.as_str() {
                "" => "no profile is named and none is called default".to_owned(),
                from => format!("the profile {} ({from}) has none", told.value),
            };
            ConnectError::new(format!(
                "no AWS credentials: {profile}, no keys are in the environment, and this is no instance or \
                 container of AWS"
            ))
            .hint("set AWS_PROFILE or AWS_ACCESS_KEY_ID, or run: aws sso login")
            .hint("without credentials: unplug drill, unplug plan --from SNAPSHOT")
        })
    }

    #[expect(clippy::disallowed_methods, reason = "clients are made in aws/; this one signs as another")]
    fn sts(&self, keys: Option<Credentials>) -> aws_sdk_sts::Client {
        let mut sdk = self.sdk.to_builder();
        if let Some(keys) = keys {
            sdk = sdk.credentials_provider(SharedCredentialsProvider::new(keys));
        }
        let cache = aws_config::identity::IdentityCache::no_cache();
        aws_sdk_sts::Client::new(&sdk.identity_cache(cache).build())
    }

    async fn assume(&self, role: &Role, keys: Credentials) -> Result<Credentials, ConnectError> {
        let code = match &role.mfa_serial {
            None => None,
            Some(device) => Some(self.code(role, device)?),
        };
        let answer = self
            .sts(Some(keys))
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(role.session.clone().unwrap_or_else(session_name))
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(role.seconds)
            .set_serial_number(role.mfa_serial.clone())
            .set_token_code(code)
            .send()
            .await;
        let of = format!("the role {} of the profile {}", role.arn, role.profile);
        let answer = answer.map_err(|error| self.refused(&of, &error.into(), role.mfa_serial.is_none()))?;
        given(answer.credentials, &of)
    }

    /// The AWS CLI asks, too. The question can only be put at a terminal.
    fn code(&self, role: &Role, device: &str) -> Result<String, ConnectError> {
        let code = self.person.as_ref().and_then(|person| person.mfa_code(device));
        code.map(|code| code.trim().to_owned()).filter(|code| !code.is_empty()).ok_or_else(|| {
            ConnectError::new(format!(
                "the profile {} needs a code of the MFA device {device}, and none was given",
                role.profile
            ))
            .hint("run it at a terminal: there it asks for the code")
            .hint(format!(
                "or sign in before: eval \"$(aws configure export-credentials --profile {} --format env)\"",
                role.profile
            ))
        })
    }

    async fn assume_with_token(
        &self,
        role_arn: &str,
        token_file: &str,
        session: Option<&str>,
    ) -> Result<Credentials, ConnectError> {
        let token = document::read_file(token_file.as_ref(), MOST_TOKEN)
            .map_err(|error| ConnectError::new(format!("the web identity's token {token_file}: {error}")))?;
        let answer = self
            .sts(None)
            .assume_role_with_web_identity()
            .role_arn(role_arn)
            .role_session_name(session.map_or_else(session_name, str::to_owned))
            .web_identity_token(token.trim())
            .send()
            .await;
        let of = format!("the role {role_arn}, with the token {token_file}");
        given(answer.map_err(|error| self.refused(&of, &error.into(), false))?.credentials, &of)
    }

    /// The whole cause, with the host that was asked.
    fn refused(&self, of: &str, error: &AwsError, may_want_mfa: bool) -> ConnectError {
        let region = self.sdk.region().map(ToString::to_string).unwrap_or_default();
        let host = match self.settings.endpoint("STS") {
            Some(told) => host(&told.value),
            None => format!("sts.{region}.{}", partition::of(&region).domain()),
        };
        let failed = ConnectError::new(format!("STS ({host}) does not give {of}: {}", error.detail()));
        match (error.kind, &error.blocked) {
            (Kind::Denied, _) if may_want_mfa => failed
                .hint("the role's trust policy must allow the source; if it wants MFA, the profile needs mfa_serial"),
            (Kind::Denied, _) => failed.hint("the role's trust policy must allow the source of the credentials"),
            (Kind::Credentials, _) => failed.hint("the source's credentials are expired or not valid: sign in again"),
            (_, Some(blocked)) => failed.hint(self.settings.advice(blocked)),
            _ => failed,
        }
    }
}

/// Who assumed it, in CloudTrail.
fn session_name() -> String {
    format!("unplug-{}", Clock::Real.now_ms() / 1_000)
}

fn given(credentials: Option<Given>, of: &str) -> Result<Credentials, ConnectError> {
    let given = credentials
        .ok_or_else(|| ConnectError::new(format!("the answer of STS holds no credentials for {of}")))?;
    let expiry = given.expiration.try_into().ok();
    Ok(Credentials::new(
        given.access_key_id,
        given.secret_access_key,
        Some(given.session_token),
        expiry,
        "STS",
    ))
}
