//! A lens: one kind of target, its state, the state that is wanted, and the one write that moves
//! between the two.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Case, Now, Params, Reach, Reason, StepError, Target, Verdict};
use crate::account::{Account, Region, Section};
use crate::aws::Aws;
use crate::collect::Ask;

/// One kind of target.
pub trait Lens: Sync + 'static {
    /// Everything that putting back needs: serialisable, comparable.
    type State: Serialize + DeserializeOwned + PartialEq + Clone + fmt::Debug + Send + Sync;

    /// The kind of its targets, as the journal has it: `subnet`, `access-key` …
    const KIND: &'static str;

    /// The sections that a state is made of: read again before and after each write.
    const NEEDS: &'static [Section];

    /// The sections that [`Lens::danger`] looks at besides.
    const DANGER_NEEDS: &'static [Section] = &[];

    /// How long an accepted write may take to be in effect, before the target is called unknown.
    const SETTLES_WITHIN: Duration = Duration::from_secs(180);

    /// How long a target may show nothing of an accepted write. AWS shows that a change that takes minutes is
    /// on its way; an emulator may accept a call and do nothing. Longer where AWS shows the old state to the end.
    const MOVES_WITHIN: Duration = Duration::from_secs(90);

    /// Whether a second read may leave out what no state says. See [`Ask::states_only`].
    const STATES_ONLY: bool = false;

    /// What loses a path when a target is cut, for a step that takes paths away.
    const REACH: Reach = Reach::Vpc;

    /// Does the id say what the target is, as `eni-1` and `subnet-1` do? A line then leaves the kind out.
    const ID_SAYS_KIND: bool = false;

    /// The calls that write the target without naming it, as CloudTrail records them
    /// (`ses:PutAccountSendingAttributes`): those of a switch of a whole Region or account. Empty where a
    /// call names the target.
    const SWITCHED_BY: &'static [&'static str] = &[];

    /// Pure: narrows a second read to a target. By its VPC where it has one.
    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.states_only |= Self::STATES_ONLY;
        if let Some(vpc) = &at.vpc {
            ask.vpcs.get_or_insert_default().insert(vpc.clone());
        }
    }

    /// Pure: the state of the target now.
    fn state(&self, look: &Look<'_>) -> Now<Self::State>;

    /// Pure: the contained state, or why there is nothing to do, or why it must not be done.
    fn contain(&self, now: &Self::State, look: &Look<'_>) -> Verdict<Self::State>;

    /// Pure: why a restore must not put this back now; `None` when nothing speaks against it.
    fn hold_back(&self, _before: &Self::State, _look: &Look<'_>) -> Option<Reason> {
        None
    }

    /// Pure: what putting this back now may destroy; `None` when nothing is at stake. It is asked
    /// first.
    fn danger(&self, _before: &Self::State, _look: &Look<'_>) -> Option<Reason> {
        None
    }

    /// Pure: the name under which the id of what this target makes is recorded; `None` for a target
    /// that makes nothing.
    fn creates(&self, _at: &Target) -> Option<String> {
        None
    }

    /// Pure: the ids of everything that carries the run's tags for this target, whether it is used or
    /// not. Tags prove nothing: the engine compares the content.
    fn tagged(&self, _look: &Look<'_>) -> Vec<String> {
        vec![]
    }

    /// Pure: what still uses the resource that this target made; `None` when nothing does. It is not
    /// deleted while something uses it, whatever the endpoint allows.
    fn used_by(&self, _look: &Look<'_>) -> Option<Reason> {
        None
    }

    /// Pure: a name, and how many writes to targets of that name may be in flight at once, where AWS
    /// allows fewer than the engine sends.
    fn queue(&self, _at: &Target) -> Option<(String, usize)> {
        None
    }

    /// Pure: the states a write of several calls may stop in, on the way from one to the other.
    fn passes(&self, _from: &Self::State, _to: &Self::State) -> Vec<Self::State> {
        vec![]
    }

    /// Pure: is the target, in the state `now`, where a write to the state `to` was to bring it? Overridden
    /// where somebody may take a part of the target away meanwhile, which no write brings back.
    fn arrived(&self, to: &Self::State, now: &Self::State) -> bool {
        now == to
    }

    /// Pure: may a write between two states have stopped in the state `now`? Overridden where a list of all of
    /// [`Lens::passes`] would be too long.
    fn is_between(&self, from: &Self::State, to: &Self::State, now: &Self::State) -> bool {
        self.passes(from, to).contains(now)
    }

    /// Pure: what is not as the state `to` says although the target has arrived, and will never be. Said when a
    /// write is done.
    fn lacks(&self, _to: &Self::State, _now: &Self::State) -> Option<Reason> {
        None
    }

    /// Pure: how long AWS leaves a target in this state, before it ends the state by itself; `None`: for good.
    fn lasts(&self, _state: &Self::State) -> Option<Duration> {
        None
    }

    /// Pure: a state as a person reads it in the diff.
    fn show(&self, state: &Self::State) -> String;

    /// The only effect. Serves apply and undo; converges from `from`, `to` and every state of
    /// `passes`. Sends and returns: the engine waits until it is in effect.
    fn write(&self, write: Write<'_, Self::State>) -> impl Future<Output = Result<(), StepError>> + Send;
}

/// What a lens looks at: one target in an account as it was read.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    pub at: &'a Target,
    pub account: &'a Account,
    pub case: &'a Case,
}

impl<'a> Look<'a> {
    pub fn new(at: &'a Target, account: &'a Account, case: &'a Case) -> Look<'a> {
        Look { at, account, case }
    }

    /// The target's Region, where it was read.
    pub fn region(&self) -> Option<&'a Region> {
        self.account.regions.get(self.at.region_name())
    }

    /// The state by the target's Region; vanished where that was not read.
    pub fn in_region<S>(&self, state: impl FnOnce(&'a Region) -> Now<S>) -> Now<S> {
        self.region().map_or(Now::Vanished, state)
    }
}

/// What a lens writes: one target, from one state to another.
pub struct Write<'a, S> {
    pub aws: &'a Aws,
    pub at: &'a Target,
    pub from: &'a S,
    pub to: &'a S,
    pub params: &'a Params,
}

impl<'a, S> Write<'a, S> {
    pub fn new(aws: &'a Aws, at: &'a Target, from: &'a S, to: &'a S, params: &'a Params) -> Write<'a, S> {
        Write { aws, at, from, to, params }
    }
}
