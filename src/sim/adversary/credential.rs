//! What a thief holds, and whether it may do something: decided by `access/` on policies as they had
//! spread some seconds ago.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::access::book::{Book, Entry};
use crate::access::facts::Facts;
use crate::access::inquiry::Inquiry;
use crate::access::moment::Holding;
use crate::account::{Account, Organization, Seen};

/// How long a session of a role lasts that is made with the default duration.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const ROLE_SESSION: SignedDuration = SignedDuration::from_hours(1);
/// The longest life of a session of `GetSessionToken`.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
const TOKEN_SESSION: SignedDuration = SignedDuration::from_hours(36);
/// How long a login to the console lasts.
const CONSOLE_SESSION: SignedDuration = SignedDuration::from_hours(12);
/// An instance gets new credentials of its role about so often.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>
const INSTANCE_REFRESH: SignedDuration = SignedDuration::from_hours(1);

/// One thing with which a thief can call AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A long-term access key, by its id.
    Key(String),
    /// The console password of this user.
    Password(String),
    Session(Session),
    /// A shell on an instance with this role: AWS hands it new credentials by itself.
    Instance {
        id: String,
        role: String,
    },
    /// Code in a function with this role, as a layer is: AWS hands it credentials at each call.
    Function {
        name: String,
        role: String,
    },
    /// The root user's password.
    Root,
    /// Every principal of another account, by the account's id: the thief's own, or the Organization's.
    Account(String),
}

/// Temporary credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The name of the user or role.
    pub of: String,
    pub kind: SessionKind,
    pub issued: Timestamp,
    pub ends: Timestamp,
}

/// How a session was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// A user logged in to the console.
    Console,
    /// `GetSessionToken` with a user's key. It may not call IAM, and of STS only `AssumeRole`.
    Token,
    /// `AssumeRole`.
    Role,
}

/// The user or role that a credential is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Me {
    User(String),
    Role(String),
    Root,
    /// Nobody of this account.
    Outsider,
}

impl Session {
    /// A session that begins now, of the longest life that this way of making it allows.
    pub fn new(of: &str, kind: SessionKind, issued: Timestamp) -> Session {
        let life = match kind {
            SessionKind::Console => CONSOLE_SESSION,
            SessionKind::Token => TOKEN_SESSION,
            SessionKind::Role => ROLE_SESSION,
        };
        Session { of: of.to_owned(), kind, issued, ends: issued.checked_add(life).unwrap_or(issued) }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credential::Key(_) => f.write_str("an access key"),
            Credential::Password(_) => f.write_str("a console password"),
            Credential::Session(session) => f.write_str(match session.kind {
                SessionKind::Console => "a console session",
                SessionKind::Token => "a session of GetSessionToken",
                SessionKind::Role => "a role session",
            }),
            Credential::Instance { .. } => f.write_str("an instance's role"),
            Credential::Function { .. } => f.write_str("a function's role"),
            Credential::Root => f.write_str("the root user"),
            Credential::Account(_) => f.write_str("another account"),
        }
    }
}

impl Credential {
    /// Which one it is: `key AKIAIOSFODNN7EXAMPLE`, `session of role deploy`. Attacker-controlled.
    pub fn named(&self) -> String {
        match self {
            Credential::Key(id) => format!("key {id}"),
            Credential::Password(user) => format!("password of user {user}"),
            Credential::Session(Session { of, kind, .. }) => match kind {
                SessionKind::Console => format!("console session of user {of}"),
                SessionKind::Token => format!("GetSessionToken session of user {of}"),
                SessionKind::Role => format!("session of role {of}"),
            },
            Credential::Instance { id, role } => format!("instance {id} (role {role})"),
            Credential::Function { name, role } => format!("function {name} (role {role})"),
            Credential::Root => "root user".to_owned(),
            Credential::Account(id) => format!("account {id}"),
        }
    }
}

/// Decides for the thief's credentials.
pub(super) struct Judge<'a> {
    facts: Facts<'a>,
    book: Arc<Book>,
}

/// IAM as it was read for a decision. Most changes of an account leave it as it is.
#[derive(Clone, Debug)]
pub(super) struct LastRead {
    account: Account,
    book: Arc<Book>,
}

impl<'a> Judge<'a> {
    /// On an account whose IAM is as it has spread by now, under these policies of the Organization, or else those
    /// that the account has. `last`: what was read for a decision before. `None` where IAM was not read.
    pub fn new(
        spread: &'a Account,
        now: Timestamp,
        organization: Option<&Organization>,
        last: Option<&LastRead>,
    ) -> Option<Judge<'a>> {
        let mut facts = Facts::of(spread, now);
        if let Some(organization) = organization {
            facts.organization = Seen::Read(Some(organization.clone()));
        }
        let book = match last.filter(|last| last.account == *spread) {
            Some(last) => last.book.clone(),
            None => Arc::new(Book::new(&facts).ok()?),
        };
        Some(Judge { facts, book })
    }

    /// Does it decide by what was read then?
    pub fn decides_by(&self, last: &LastRead) -> bool {
        Arc::ptr_eq(&self.book, &last.book)
    }

    pub fn read(&self) -> LastRead {
        LastRead { account: self.facts.account.clone(), book: self.book.clone() }
    }

    /// Whose credential it is; `None` where AWS does not accept it any more.
    pub fn me(&self, credential: &Credential) -> Option<Me> {
        let principals = self.facts.account.principals.read()?;
        let user = |name: &str| principals.users.contains_key(name).then(|| Me::User(name.to_owned()));
        let role = |name: &str| principals.roles.contains_key(name).then(|| Me::Role(name.to_owned()));
        match credential {
            Credential::Key(id) => {
                let key = self.facts.account.access_keys.item(id).filter(|key| key.status == "Active")?;
                user(&key.user)
            }
            Credential::Password(name) => user(name),
            Credential::Session(session) if session.ends <= self.facts.now => None,
            Credential::Session(session) => match session.kind {
                SessionKind::Role => role(&session.of),
                SessionKind::Console | SessionKind::Token => user(&session.of),
            },
            Credential::Instance { role: name, .. } | Credential::Function { role: name, .. } => role(name),
            Credential::Root => Some(Me::Root),
            Credential::Account(_) => Some(Me::Outsider),
        }
    }

    /// Whether the credential may do this. Perhaps counts as yes: the thief tries it.
    pub fn may(&self, credential: &Credential, action: &str, resource: &str) -> bool {
        let (Some(entry), true) = (self.entry(credential), takes(credential, action)) else { return false };
        let holding = self.holding(credential);
        let inquiry = Inquiry { holding, action, resource, keys: &[] };
        !self.book.judge(&self.facts, entry, inquiry).sure.is_no()
    }

    fn entry(&self, credential: &Credential) -> Option<&Entry> {
        let account = self.facts.account;
        let principals = account.principals.read()?;
        match (self.me(credential)?, credential) {
            (Me::User(name), _) => self.book.find(&principals.users.get(&name)?.arn),
            (Me::Role(name), _) => self.book.find(&principals.roles.get(&name)?.arn),
            (Me::Root, _) => self.book.find(&format!("arn:{}:iam::{}:root", account.partition(), account.id)),
            (Me::Outsider, Credential::Account(id)) => {
                self.book.find(&format!("account {id}")).or_else(|| self.book.find("any other account"))
            }
            (Me::Outsider, _) => None,
        }
    }

    fn holding(&self, credential: &Credential) -> Holding {
        match credential {
            Credential::Key(_) | Credential::Root => Holding::Key,
            Credential::Session(session) => Holding::SessionOf(session.issued),
            Credential::Password(_) | Credential::Account(_) => Holding::SessionOf(self.facts.now),
            Credential::Instance { .. } | Credential::Function { .. } => {
                let last = self.facts.now.checked_sub(INSTANCE_REFRESH);
                Holding::SessionOf(last.unwrap_or(self.facts.now))
            }
        }
    }
}

/// Whether this kind of credential can make the call at all, whatever policies say.
pub(super) fn takes(credential: &Credential, action: &str) -> bool {
    let token = matches!(credential, Credential::Session(Session { kind: SessionKind::Token, .. }));
    match action {
        // Long-term credentials alone.
        "sts:GetSessionToken" => matches!(credential, Credential::Key(_)),
        "sts:AssumeRole" => !matches!(credential, Credential::Root),
        _ if matches!(credential, Credential::Account(_)) => false,
        _ => !(token && (action.starts_with("iam:") || action.starts_with("sts:"))),
    }
}
