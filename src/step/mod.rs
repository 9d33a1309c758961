//! The contract of a step: one numbered entry of the runbook. A [`Step`] is words, `find` and a list of
//! lenses; a [`Lens`] moves one kind of target between two states.
//!
//! Everything of a step and its lenses but [`Lens::write`] is pure. One `write` serves apply and undo,
//! and the state in the journal is enough to put back.

mod any;
mod case;
pub mod created;
mod does;
pub mod fallback;
pub mod keep;
mod lens;
pub mod policy;
pub mod ranges;
mod reach;
mod target;
mod words;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Gap, Section, Seen};
use crate::aws::{AwsError, RecordError};
use crate::collect::Ask;

pub use crate::account::{Scope, Width};
pub use crate::aws::names::{ALIAS, Names, USED, alias};
use any::NoLens;
pub use any::{AnyLens, BadState, BoxFuture, Lenses};
pub use case::{Case, Choice, Param, ParamKind, Params, text, texts};
pub use does::{Does, Stops};
pub use lens::{Lens, Look, Write};
pub use reach::Reach;
pub use target::{Finding, Found, Item, Target};
pub use words::{agree, count, first_few};

/// One numbered entry of the runbook: its words, what it finds, and the lenses that move what it finds.
pub trait Step: Sync + 'static {
    fn spec(&self) -> &'static Spec;

    /// Pure: what the step does with these parameters. Overridden where a way cuts more, leaves
    /// other things open, or gives less back.
    fn effect(&self, _params: &Params) -> Effect {
        self.spec().effect()
    }

    /// Pure: how far its cuts reach, whatever the scope names. Overridden where no scope within the
    /// Region, or within the account, narrows the step, and where a parameter widens it.
    fn width(&self, _params: &Params) -> Width {
        Width::Place
    }

    /// Pure: the sections that it needs with these parameters. Overridden where the default needs fewer than
    /// other ways.
    fn needs(&self, _params: &Params) -> &'static [Section] {
        self.spec().needs
    }

    /// Pure: what to read besides the sections it needs (a bucket by name, every user's keys).
    fn ask(&self, _ask: &mut Ask, _account: &str, _case: &Case) {}

    /// Pure: the IAM actions that AWS itself takes for the step with the caller's rights. They are no calls of
    /// unplug's, and so not in [`Spec::iam`].
    fn on_behalf(&self) -> &'static [&'static str] {
        &[]
    }

    /// Pure: what there is to say, and the targets in scope.
    fn find(&self, account: &Account, case: &Case) -> Found;

    /// One lens for each kind of target that it finds. A step that only looks has none.
    fn lenses(&self) -> Lenses {
        &[]
    }
}

impl dyn Step + '_ {
    /// The lens of a target. A kind that the step does not know, from a journal of another version, has
    /// one that can neither look nor write.
    pub fn lens(&self, at: &Target) -> &'static dyn AnyLens {
        let lens = self.lenses().iter().find(|lens| lens.kind() == at.kind);
        lens.copied().unwrap_or(&NoLens)
    }

    /// What the ways leave that a playbook may choose, where it is not what the default leaves: by
    /// `way = "delete"`.
    pub fn other_leaves(&self) -> Vec<(String, &'static str)> {
        let mut other = vec![];
        for param in self.spec().params {
            let ParamKind::Choice(values) = param.kind else { continue };
            for value in values {
                let params = Params::from([(param.name.to_owned(), (*value).into())]);
                let leaves = self.effect(&params).leaves;
                if leaves != self.spec().leaves {
                    other.push((format!("{} = \"{value}\"", param.name), leaves));
                }
            }
        }
        other
    }
}

/// What is known of a step without an account: its text and its permissions.
pub struct Spec {
    pub id: StepId,
    pub slug: &'static str,
    pub title: &'static str,
    /// What is read for it; the read permissions belong to the sections.
    pub needs: &'static [Section],
    pub reversal: Reversal,
    pub iam: Iam,
    pub params: &'static [Param],
    /// Whether it cuts, and what stops working.
    pub does: Does,
    /// What stops: "new connections", "all mail of the account" …
    pub cuts: &'static str,
    /// What still gets through; printed, never hidden.
    pub leaves: &'static str,
    /// What stops working that somebody may miss: one sentence, read before yes.
    pub breaks: &'static str,
    /// The long text: what, when, limits, undo, check by hand. Markdown.
    pub doc: &'static str,
}

impl Spec {
    /// What the step does in its default way.
    pub fn effect(&self) -> Effect {
        Effect {
            does: self.does,
            cuts: self.cuts,
            leaves: self.leaves,
            breaks: self.breaks,
            reversal: self.reversal,
            flushes: false,
        }
    }
}

/// What a step does to whoever uses the account: read before yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// See [`Spec::does`].
    pub does: Does,
    /// See [`Spec::cuts`].
    pub cuts: &'static str,
    pub leaves: &'static str,
    pub breaks: &'static str,
    pub reversal: Reversal,
    /// Are interfaces for a moment in a group that allows everything? It ends established connections that
    /// AWS does not always track.
    pub flushes: bool,
}

/// The IAM actions that the writes of a step need, dependent ones included.
pub struct Iam {
    pub apply: &'static [&'static str],
    pub undo: &'static [&'static str],
}

impl Iam {
    /// Do the writes change users, roles, their credentials or their rights? With such a step a plan counts
    /// who can act. A role that a service is given is another matter.
    pub fn changes_principals(&self) -> bool {
        let given = ["iam:PassRole", "iam:CreateServiceLinkedRole"];
        let service =
            |action: &str| ["iam:", "sso:", "organizations:"].iter().any(|one| action.starts_with(one));
        self.apply.iter().any(|action| service(action) && !given.contains(action))
    }
}

/// What a restore gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reversal {
    /// Everything.
    Full,
    /// It could, but must not: the reason.
    Keep(&'static str),
    /// Not everything: what is lost.
    Partial(&'static str),
    /// Nothing: why.
    Never(&'static str),
}

impl Reversal {
    /// A sentence for the question before a cut.
    pub fn sentence(self) -> String {
        match self {
            Reversal::Full => "full: restore puts it back".into(),
            Reversal::Keep(why) => format!("kept: {why}"),
            Reversal::Partial(why) => format!("partial: {why}"),
            Reversal::Never(why) => format!("NONE: {why}"),
        }
    }
}

/// The number of a step: 100 to 799.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct StepId(pub u16);

impl StepId {
    /// The first digit: steps of one stage are read and planned together.
    pub fn stage(self) -> u16 {
        self.0 / 100
    }

    /// Is it a step of the front door? With one of those a plan shows what visitors of public names see.
    pub fn is_front(self) -> bool {
        self.stage() == 3
    }

    /// Is it a step of the network's stage? With one of those a plan shows what can get in and out.
    pub fn is_network(self) -> bool {
        self.stage() == 5
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

impl fmt::Debug for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

/// What the account says of one target.
#[derive(Clone, Debug, PartialEq)]
pub enum Now<S> {
    /// In effect.
    Is(S),
    /// Accepted and on its way.
    Settling(S),
    /// Not there any more.
    Vanished,
    /// Could not look.
    Unknown(Gap),
}

impl<S> Now<S> {
    /// The state by what was read; unknown where it could not be.
    pub fn of<T>(seen: &Seen<T>, state: impl FnOnce(&T) -> Now<S>) -> Now<S> {
        match seen {
            Seen::Read(read) => state(read),
            Seen::Gap(gap) => Now::Unknown(gap.clone()),
        }
    }

    /// The state of one item of what was read; vanished where it is not among them.
    pub fn of_item<T>(
        seen: &Seen<BTreeMap<String, T>>,
        id: &str,
        state: impl FnOnce(&T) -> Now<S>,
    ) -> Now<S> {
        Now::of(seen, |items| items.get(id).map_or(Now::Vanished, state))
    }
}

/// What a step wants of one target.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<S> {
    Change(S),
    /// A change that a restore must not undo, and why (a leaked key stays off).
    Lasting(S, Reason),
    Already,
    /// Must not or cannot be done, and why.
    Refuse(Reason),
}

impl<S> Verdict<S> {
    /// Refuses for a reason; a change to this state where there is none.
    pub fn unless(why: Option<Reason>, to: S) -> Verdict<S> {
        why.map_or(Verdict::Change(to), Verdict::Refuse)
    }

    /// The same verdict about the state that a part of a state leads to.
    pub fn map<T>(self, state: impl FnOnce(S) -> T) -> Verdict<T> {
        match self {
            Verdict::Change(to) => Verdict::Change(state(to)),
            Verdict::Lasting(to, why) => Verdict::Lasting(state(to), why),
            Verdict::Already => Verdict::Already,
            Verdict::Refuse(why) => Verdict::Refuse(why),
        }
    }
}

/// A sentence for a person. May hold strings from AWS: a view escapes it.
pub type Reason = String;

/// Why a write failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// Something the write relies on is not as it must be; nothing was sent after that.
    #[error("{0}")]
    State(String),
}

impl StepError {
    pub fn aws(&self) -> Option<&AwsError> {
        match self {
            StepError::Aws(error) => Some(error),
            StepError::State(_) => None,
        }
    }
}

impl From<RecordError> for StepError {
    fn from(error: RecordError) -> Self {
        StepError::State(error.0)
    }
}

impl<E, R> From<aws_smithy_runtime_api::client::result::SdkError<E, R>> for StepError
where
    AwsError: From<aws_smithy_runtime_api::client::result::SdkError<E, R>>,
{
    fn from(error: aws_smithy_runtime_api::client::result::SdkError<E, R>) -> Self {
        StepError::Aws(error.into())
    }
}
