//! `Seen`: what was read, or why it could not be. A gap is never "nothing there".

use serde::{Deserialize, Serialize};

/// A part of the account that was read, or the reason why it was not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen<T> {
    Read(T),
    Gap(Gap),
}

/// Why a part of the account is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    pub cause: Cause,
    /// The call that failed, as `service:Operation`; empty when none was made.
    #[serde(default)]
    pub call: String,
    /// What AWS answered. Attacker-controlled: escape before printing.
    #[serde(default)]
    pub detail: String,
}

/// The kinds of reasons for a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The credentials lack the permission.
    Denied,
    /// AWS does not accept the credentials: expired, of another partition, not for this Region.
    Credentials,
    /// The service refuses it to everybody, whatever the permissions.
    Refused,
    /// The account's support plan does not include it.
    NotSubscribed,
    /// The endpoint does not know the operation (an emulator, a Region without the service).
    NotSupported,
    /// No answer came back.
    Unreachable,
    /// AWS went on refusing for the rate of calls.
    Throttled,
    /// Nobody asked for it.
    NotRead,
    /// AWS answered with another error.
    Failed,
}

impl Cause {
    /// A few words for a person.
    pub fn words(self) -> &'static str {
        match self {
            Cause::Denied => "permission denied",
            Cause::Credentials => "credentials not accepted",
            Cause::Refused => "AWS refuses it",
            Cause::NotSubscribed => "needs a support plan",
            Cause::NotSupported => "not supported here",
            Cause::Unreachable => "no answer",
            Cause::Throttled => "throttled",
            Cause::NotRead => "not read",
            Cause::Failed => "failed",
        }
    }
}

impl<T> Default for Seen<T> {
    /// Nobody has looked.
    fn default() -> Self {
        Seen::Gap(Gap { cause: Cause::NotRead, call: String::new(), detail: String::new() })
    }
}

impl<T> Seen<T> {
    pub fn read(&self) -> Option<&T> {
        match self {
            Seen::Read(value) => Some(value),
            Seen::Gap(_) => None,
        }
    }

    pub fn read_mut(&mut self) -> Option<&mut T> {
        match self {
            Seen::Read(value) => Some(value),
            Seen::Gap(_) => None,
        }
    }

    /// What was read, or why it could not be.
    pub fn as_result(&self) -> Result<&T, &Gap> {
        match self {
            Seen::Read(value) => Ok(value),
            Seen::Gap(gap) => Err(gap),
        }
    }

    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Seen::Read(_) => None,
            Seen::Gap(gap) => Some(gap),
        }
    }
}

impl<T> Seen<T> {
    /// Nobody has asked for it.
    pub fn is_not_read(&self) -> bool {
        self.gap().is_some_and(|gap| gap.cause == Cause::NotRead)
    }

    /// Takes over what another reading has, where this one has not looked.
    pub fn fill_from(&mut self, other: Seen<T>) {
        if self.is_not_read() {
            *self = other;
        }
    }
}

/// The items of a read collection; of a gap none. Only for callers that report the gap elsewhere:
/// the engine lists the gaps of every section a step needs beside its findings.
impl<K, V> Seen<std::collections::BTreeMap<K, V>>
where
    K: Ord,
{
    pub fn items(&self) -> impl Iterator<Item = (&K, &V)> {
        self.read().into_iter().flatten()
    }

    pub fn item<Q>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.read()?.get(key)
    }
}
