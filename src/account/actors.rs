//! Credentials beside the run's own: what they stand for, and whose they are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Account, Caller};

/// What other credentials of a run are for. What an actor's services hold lies outside the run's account, in
/// the Organization's management account as a rule.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// IAM Identity Center, its identity store, and AWS Organizations.
    Organization,
}

impl Actor {
    pub const ALL: &'static [Actor] = &[Actor::Organization];

    /// The name in `unplug.toml` and after `--actor`.
    pub fn name(self) -> &'static str {
        match self {
            Actor::Organization => "organization",
        }
    }

    /// The actor to whom a call belongs, an operation (`ssoadmin:ListInstances`) or an IAM action
    /// (`sso:ListInstances`); `None`: it is made with the run's own credentials.
    pub fn of_call(name: &str) -> Option<Actor> {
        match name.split(':').next()? {
            "identitystore" | "organizations" | "sso" | "ssoadmin" => Some(Actor::Organization),
            _ => None,
        }
    }

    /// What is done with its credentials, for a person.
    pub fn does(self) -> &'static str {
        match self {
            Actor::Organization => "IAM Identity Center and AWS Organizations",
        }
    }

    /// How to name its credentials, for a person.
    pub fn how(self) -> String {
        format!(
            "--actor {name}=PROFILE, or [actors] {name} = {{ profile = \"PROFILE\" }} in unplug.toml",
            name = self.name()
        )
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Actor {
    type Err = String;

    fn from_str(name: &str) -> Result<Actor, String> {
        let named = Actor::ALL.iter().find(|actor| actor.name() == name);
        let known = || Actor::ALL.iter().map(|actor| actor.name()).collect::<Vec<_>>().join(", ");
        named.copied().ok_or_else(|| format!("{name:?} is no actor; there is: {}", known()))
    }
}

impl Account {
    /// The account whose credentials act for an actor: his own, or this one where the run has no such actor.
    pub fn holder(&self, actor: Actor) -> &str {
        self.actors.get(&actor).and_then(Caller::account).unwrap_or(&self.id)
    }
}

impl Caller {
    /// The account that the caller's credentials belong to, as its ARN names it; `None` where it names none.
    pub fn account(&self) -> Option<&str> {
        self.arn.split(':').nth(4).filter(|id| !id.is_empty())
    }
}
