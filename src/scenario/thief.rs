//! The thief of a scenario: what he holds, how fast he is, and which moves he makes.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::account::Account;
use crate::document::{Document, Fault, hint};
use crate::sim::adversary::{Adversary, Credential, MOVES, Session, SessionKind};

/// A thief who undoes the cuts of a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Thief {
    pub holds: Vec<Held>,
    /// How long he takes to answer the first change, the second …; the last of them from then on.
    pub answers_after: Vec<Duration>,
    /// The names of the moves that he makes; `None`: every move of the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moves: Option<BTreeSet<String>>,
    /// His own account.
    pub account: String,
    pub address: String,
    pub agent: String,
}

/// One thing with which he calls AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// The id of an access key.
    Key(String),
    /// The name of a user whose console password he knows.
    Password(String),
    /// A session of a role.
    RoleSession(Made),
    /// A login of a user to the console.
    ConsoleSession(Made),
    /// A session that a user's key made with `GetSessionToken`.
    TokenSession(Made),
    /// A shell on an instance, by its id.
    Instance(Runs),
    /// Code in a function, by its name.
    Function(Runs),
    /// An account outside: whatever trusts it.
    Account(String),
}

/// A session: of which user or role, and from when to when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    pub of: String,
    pub made: Timestamp,
    pub ends: Timestamp,
}

/// Something that AWS hands a role's credentials to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    pub id: String,
    pub role: String,
}

/// The thief as he is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    holds: Vec<Held>,
    answers_after: Spanned<Vec<Spanned<SignedDuration>>>,
    moves: Option<Vec<Spanned<String>>>,
    account: String,
    address: String,
    agent: String,
}

impl Written {
    /// Reads times and names of moves.
    ///
    /// # Errors
    /// When a time is not longer than nothing, none is given, or there is no move of a name.
    pub fn read(self, document: &Document<'_>) -> Result<Thief, Fault> {
        let time = |written: &Spanned<SignedDuration>| match Duration::try_from(*written.get_ref()) {
            Ok(time) if !time.is_zero() => Ok(time),
            _ => Err(document.fault(&written.span(), "a time is longer than nothing")),
        };
        let answers_after = self.answers_after.get_ref().iter().map(time).collect::<Result<Vec<_>, _>>()?;
        if answers_after.is_empty() {
            let text = "answers_after names no time: how long the thief takes to answer a change";
            return Err(document.fault(&self.answers_after.span(), text));
        }
        let known = || MOVES.iter().map(|one| one.name);
        let name = |written: Spanned<String>| {
            let (span, name) = (written.span(), written.into_inner());
            if known().any(|known| known == name) {
                return Ok(name);
            }
            let text = format!("there is no move {name:?}{}", hint(&name, known()));
            Err(document.fault(&span, text))
        };
        let moves = self.moves.map(|moves| moves.into_iter().map(name).collect::<Result<_, _>>());
        Ok(Thief {
            holds: self.holds,
            answers_after,
            moves: moves.transpose()?,
            account: self.account,
            address: self.address,
            agent: self.agent,
        })
    }
}

impl Thief {
    /// The thief as the simulation lets him in.
    pub fn adversary(&self) -> Adversary {
        let holds = self.holds.iter().map(Held::credential).collect();
        let adversary = Adversary::new(holds, Duration::ZERO)
            .answering_after(self.answers_after.clone())
            .coming_from(&self.account, &self.address, &self.agent);
        match &self.moves {
            Some(moves) => adversary.making_only(moves.clone()),
            None => adversary,
        }
    }

    /// What he holds and the account does not have.
    pub(super) fn absent(&self, account: &Account) -> Vec<String> {
        let said = |held: &Held| {
            held.absent(account).map(|what| format!("the adversary holds {what}, which is not there"))
        };
        self.holds.iter().filter_map(said).collect()
    }
}

impl Held {
    fn credential(&self) -> Credential {
        let session = |made: &Made, kind| {
            let Made { of, made, ends } = made.clone();
            Credential::Session(Session { of, kind, issued: made, ends })
        };
        match self {
            Held::Key(id) => Credential::Key(id.clone()),
            Held::Password(user) => Credential::Password(user.clone()),
            Held::RoleSession(made) => session(made, SessionKind::Role),
            Held::ConsoleSession(made) => session(made, SessionKind::Console),
            Held::TokenSession(made) => session(made, SessionKind::Token),
            Held::Instance(Runs { id, role }) => Credential::Instance { id: id.clone(), role: role.clone() },
            Held::Function(Runs { id, role }) => {
                Credential::Function { name: id.clone(), role: role.clone() }
            }
            Held::Account(id) => Credential::Account(id.clone()),
        }
    }

    /// What of it the account does not have.
    fn absent(&self, account: &Account) -> Option<String> {
        let principals = account.principals.read();
        let user = |name: &String| {
            let there = principals.is_some_and(|all| all.users.contains_key(name));
            (!there).then(|| format!("the user {name}"))
        };
        let role = |name: &String| {
            let there = principals.is_some_and(|all| all.roles.contains_key(name));
            (!there).then(|| format!("the role {name}"))
        };
        match self {
            Held::Key(id) => account.access_keys.item(id).is_none().then(|| format!("the key {id}")),
            Held::Password(name) => user(name),
            Held::ConsoleSession(made) | Held::TokenSession(made) => user(&made.of),
            Held::RoleSession(made) => role(&made.of),
            Held::Function(runs) => role(&runs.role),
            Held::Instance(Runs { id, role: name }) => {
                let there = account.regions.values().any(|region| region.instances.item(id).is_some());
                if there { role(name) } else { Some(format!("the instance {id}")) }
            }
            Held::Account(_) => None,
        }
    }
}
