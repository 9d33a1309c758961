//! The state of what can be scheduled for deletion: does the waiting period run?

use serde::{Deserialize, Serialize};

use crate::account::{KmsKey, Secret};
use crate::collect::Ask;
use crate::step::{Reason, StepError, Target, Verdict, agree};

/// Why a restore starts no clock.
pub(super) const NEVER: &str = "unplug never schedules a deletion";

/// The waiting period before a deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Clock {
    /// No deletion is scheduled.
    Stopped,
    /// AWS's date of it; `None` for a multi-Region primary key, which waits for its replicas.
    Runs { until: Option<String> },
}

impl Clock {
    pub fn of_key(key: &KmsKey) -> Clock {
        match key.state.as_str() {
            "PendingDeletion" | "PendingReplicaDeletion" => Clock::Runs { until: key.deletion.clone() },
            _ => Clock::Stopped,
        }
    }

    pub fn of_secret(secret: &Secret) -> Clock {
        match &secret.deleted {
            Some(date) => Clock::Runs { until: Some(date.clone()) },
            None => Clock::Stopped,
        }
    }

    /// The clock stopped for good; `kept` says why a restore does not start it again.
    pub fn contain(&self, kept: Reason) -> Verdict<Clock> {
        match self {
            Clock::Stopped => Verdict::Already,
            Clock::Runs { .. } => Verdict::Lasting(Clock::Stopped, kept),
        }
    }

    /// Why a restore must not put this state back.
    pub fn hold_back(&self, kept: Reason) -> Option<Reason> {
        (*self != Clock::Stopped).then_some(kept)
    }

    /// # Errors
    /// The clock is to run: unplug schedules no deletion, whoever asks.
    pub fn must_stop(&self) -> Result<(), StepError> {
        match self {
            Clock::Stopped => Ok(()),
            Clock::Runs { .. } => Err(StepError::State(NEVER.into())),
        }
    }
}

/// Narrows what is read to this key or secret, and those that were asked for already.
pub(super) fn read_only(ask: &mut Ask, at: &Target) {
    let this = (at.region_name().to_owned(), at.id.clone());
    ask.only_keys_and_secrets.get_or_insert_default().insert(this);
}

/// The day of a date in AWS's form.
pub(super) fn day(date: &str) -> &str {
    date.split('T').next().unwrap_or(date)
}

/// `2 secrets are scheduled`.
pub(super) fn is_scheduled(number: usize, noun: &str) -> String {
    format!("{} scheduled", agree(number, noun, "is", "are"))
}
