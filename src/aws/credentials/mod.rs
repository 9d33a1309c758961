//! Who signs: the AWS CLI's order of sources, roles with their MFA codes, and programs that give keys.
//!
//! The SDK's own chain does not ask for MFA codes, sends `AssumeRole` to AWS whatever endpoint is named,
//! hides what a program says, and gives up after five seconds. Signing in by IAM Identity Center, and the
//! metadata of containers and instances, are the SDK's.

pub(crate) mod chain;
mod process;
mod role;
mod source;

use std::fmt::Debug;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_types::SdkConfig;
use tokio::sync::Mutex;

use super::Clock;
use super::connect::ConnectError;
use super::settings::Settings;
use crate::account::Chain;
use source::Source;

/// The person who signs in.
pub trait Person: Send + Sync + Debug {
    /// Asks for the code of an MFA device. `None` without a terminal, or when the question is refused.
    fn mfa_code(&self, device: &str) -> Option<String>;

    /// Says what is done and may take long.
    fn note(&self, text: &str);

    /// Passes on what a program says: whole lines, or the beginning of one that waits for an answer.
    fn said(&self, text: &str, whole: bool);
}

/// Gives credentials: those it has as long as they last, then new ones.
pub(super) struct Signer {
    source: Source,
    settings: Arc<Settings>,
    /// To call STS with.
    sdk: SdkConfig,
    person: Option<Arc<dyn Person>>,
    kept: Mutex<Option<Credentials>>,
}

impl Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

/// Credentials that end sooner are asked for anew. The SDK's cache asks ten seconds before they end.
const SPARE_MS: u64 = 60_000;

impl Signer {
    /// # Errors
    /// When the configuration does not say who signs.
    pub fn new(
        settings: Arc<Settings>,
        sdk: SdkConfig,
        person: Option<Arc<dyn Person>>,
        variable: super::settings::Variable<'_>,
    ) -> Result<Signer, ConnectError> {
        let source = source::decide(&settings, variable)?;
        Ok(Signer { source, settings, sdk, person, kept: Mutex::default() })
    }

    /// The credentials behind those that sign, as far as the profiles name them.
    pub fn chain(&self) -> Chain {
        chain::of(&self.source, &self.settings)
    }

    /// A program that gives keys, and a role that is assumed, is asked once and not for each client.
    ///
    /// # Errors
    /// When there are no credentials, with the whole reason.
    pub async fn credentials(&self) -> Result<Credentials, ConnectError> {
        let mut kept = self.kept.lock().await;
        if let Some(credentials) = kept.as_ref().filter(|credentials| lasts(credentials)) {
            return Ok(credentials.clone());
        }
        let fresh = self.fetch(&self.source).await?;
        *kept = Some(fresh.clone());
        Ok(fresh)
    }
}

fn lasts(credentials: &Credentials) -> bool {
    let ends = credentials.expiry().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    ends.is_none_or(|ends| ends.as_millis() > u128::from(Clock::Real.now_ms() + SPARE_MS))
}

impl ProvideCredentials for Signer {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.credentials().await.map_err(CredentialsError::provider_error)
        })
    }
}
