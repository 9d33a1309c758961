//! The contract of a step: one numbered entry of the runbook, one file under `steps/`.
//!
//! Everything of a step but [`Step::write`] is pure. One `write` serves apply and undo, and the
//! state in the journal is enough to put back.

mod any;
mod case;
pub mod created;
mod does;
pub mod fallback;
pub mod permissions;
pub mod policy;
pub mod ranges;
pub mod routes;
mod scope;
mod target;
mod words;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::account::collect::Ask;
use crate::account::{Account, Gap, Section};
use crate::aws::{Aws, AwsError};

pub use any::{AnyStep, BadState};
pub use case::{ALIAS, Case, Names, Param, ParamKind, Params, alias, text};
pub use does::{Does, Stops};
pub use scope::Scope;
pub use target::{Finding, Found, Item, Target};
pub use words::{agree, count};

/// What a step does to the targets it finds.
pub trait Step: Sync + 'static {
    /// Everything that putting back needs: serialisable, comparable.
    type State: Serialize + DeserializeOwned + PartialEq + Clone + fmt::Debug + Send + Sync;

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

    /// Pure: what to read besides the sections it needs (a bucket by name, every user's keys).
    fn ask(&self, _ask: &mut Ask, _account: &str, _case: &Case) {}

    /// Pure: the sections that the state of this target is made of. All that the states of the step
    /// need, unless its kinds of targets differ.
    fn state_needs(&self, _at: &Target) -> &'static [Section] {
        self.spec().state_needs
    }

    /// Pure: narrows a second read to a target. By its VPC where it has one.
    fn narrow(&self, ask: &mut Ask, at: &Target) {
        if let Some(vpc) = &at.vpc {
            ask.vpcs.get_or_insert_default().insert(vpc.clone());
        }
    }

    /// Pure: what there is to say, and the targets in scope.
    fn find(&self, account: &Account, case: &Case) -> Found;

    /// Pure: the state of one target now.
    fn state(&self, at: &Target, account: &Account, case: &Case) -> Now<Self::State>;

    /// Pure: the contained state, or why there is nothing to do, or why it must not be done.
    fn contain(&self, now: &Self::State, at: &Target, account: &Account, case: &Case)
    -> Verdict<Self::State>;

    /// Pure: why a restore must not put this back now; `None` when nothing speaks against it.
    fn hold_back(
        &self,
        _before: &Self::State,
        _at: &Target,
        _account: &Account,
        _case: &Case,
    ) -> Option<Reason> {
        None
    }

    /// Pure: the states a write of several calls may stop in, on the way from one to the other.
    fn passes(&self, _from: &Self::State, _to: &Self::State) -> Vec<Self::State> {
        vec![]
    }

    /// How long an accepted write may take to be in effect, before the target is called unknown.
    fn settles_within(&self) -> Duration {
        Duration::from_secs(180)
    }

    /// Pure: a state as a person reads it in the diff.
    fn show(&self, state: &Self::State) -> String;

    /// The only effect. Serves apply and undo; converges from `from`, `to` and every state of
    /// `passes`. Sends and returns: waiting until it is in effect is the engine's business.
    fn write(
        &self,
        aws: &Aws,
        at: &Target,
        from: &Self::State,
        to: &Self::State,
        params: &Params,
    ) -> impl Future<Output = Result<(), StepError>> + Send;
}

/// What is known of a step without an account: its text and its permissions.
pub struct Spec {
    pub id: StepId,
    pub slug: &'static str,
    pub title: &'static str,
    /// What is read for it; the read permissions belong to the sections.
    pub needs: &'static [Section],
    /// The part of `needs` that [`Step::state`] looks at: read again before and after each write.
    pub state_needs: &'static [Section],
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
}

/// How far the cuts of a step reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// The places that the scope names, and nothing beyond them.
    Place,
    /// Each Region in scope as a whole.
    Region,
    /// The account as a whole.
    Account,
}

impl Width {
    /// The word that marks a step whose cuts reach beyond the places that a run names.
    pub fn mark(self) -> &'static str {
        match self {
            Width::Place => "",
            Width::Region => "REGION-WIDE",
            Width::Account => "ACCOUNT-WIDE",
        }
    }
}

/// The IAM actions that the writes of a step need, dependent ones included.
pub struct Iam {
    pub apply: &'static [&'static str],
    pub undo: &'static [&'static str],
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

impl<E, R> From<aws_smithy_runtime_api::client::result::SdkError<E, R>> for StepError
where
    AwsError: From<aws_smithy_runtime_api::client::result::SdkError<E, R>>,
{
    fn from(error: aws_smithy_runtime_api::client::result::SdkError<E, R>) -> Self {
        StepError::Aws(error.into())
    }
}
