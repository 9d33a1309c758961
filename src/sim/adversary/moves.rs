//! What a move is: who has published it, when it is made, and its tries on an account.

use jiff::Timestamp;

use super::credential::{Credential, Me};
use crate::account::{Account, Seen};

/// One way to undo a cut, or to escape it.
pub struct Move {
    pub name: &'static str,
    /// What it does, as a sentence without a subject.
    pub does: &'static str,
    pub source: Source,
    pub(super) when: When,
    /// The tries that make sense as the account is now.
    pub(super) attempts: fn(&Scene<'_>) -> Vec<Attempt>,
}

impl Move {
    /// He makes it when he comes in, not only in answer to a cut.
    pub fn is_made_beforehand(&self) -> bool {
        self.when == When::Beforehand
    }
}

/// Who has published a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// OFFENSAI's tool, which undoes containment in the seconds before IAM's change has spread.
    Notyet,
    /// OFFENSAI's articles on the same.
    Offensai,
    /// Rhino Security Labs' list of privilege escalations by IAM.
    Rhino,
    /// MITRE ATT&CK, by the technique's number.
    Mitre(&'static str),
    /// AWS's own documentation of the call that takes the setting back.
    Aws(&'static str),
}

/// When a move is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// When he comes in, and again when IAM changes.
    Beforehand,
    /// When IAM is not as he wants it.
    IamChanged,
    /// When anything is not as he wants it.
    Changed,
}

/// What a thief sees when he thinks of a move.
pub(super) struct Scene<'a> {
    /// The account as he wants it: as he found it, with what he has made since.
    pub wanted: &'a Account,
    pub now: &'a Account,
    pub credential: &'a Credential,
    pub me: &'a Me,
    pub holds: &'a [Credential],
    pub at: Timestamp,
    /// When IAM changed last.
    pub iam_changed: Timestamp,
    /// The thief's own account.
    pub home: &'a str,
}

/// One try.
pub(super) struct Attempt {
    /// Actions, each with the resource that it needs.
    pub asks: Vec<(&'static str, String)>,
    /// What it is done to.
    pub on: String,
    /// Where it is called, where no resource's ARN says so.
    pub region: Option<String>,
    pub deed: Deed,
    pub gains: Vec<Credential>,
}

/// What a move does to an account.
pub(super) type Deed = Box<dyn Fn(&mut Account)>;

impl Attempt {
    pub fn new(
        on: &str,
        asks: Vec<(&'static str, String)>,
        deed: impl Fn(&mut Account) + 'static,
    ) -> Attempt {
        Attempt { asks, on: on.to_owned(), region: None, deed: Box::new(deed), gains: vec![] }
    }

    pub fn called_in(mut self, region: &str) -> Attempt {
        self.region = Some(region.to_owned());
        self
    }

    pub fn gaining(mut self, credential: Credential) -> Attempt {
        self.gains.push(credential);
        self
    }
}

impl Scene<'_> {
    /// The ARN of something in IAM: `user/anna`.
    pub fn iam(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.now.partition(), self.now.id)
    }

    /// The ARN of the thief's user or role.
    pub fn own_arn(&self) -> Option<&str> {
        let all = self.now.principals.read()?;
        match self.me {
            Me::User(name) => all.users.get(name).map(|user| &*user.arn),
            Me::Role(name) => all.roles.get(name).map(|role| &*role.arn),
            Me::Root | Me::Outsider => None,
        }
    }
}

/// What a thief reads of a part before he writes it.
pub(super) fn both<'a, T>(wanted: &'a Seen<T>, now: &'a Seen<T>) -> Option<(&'a T, &'a T)> {
    wanted.read().zip(now.read())
}
