//! The erased form of a lens: states as JSON, so that lenses of different states fit one list.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::{Lens, Look, Now, Reach, Reason, StepError, Target, Verdict, Write};
use crate::account::{Actor, Cause, Gap, Section};
use crate::collect::Ask;

/// A state that is none of its lens (a plan or a journal of another version, or edited), or a fault of
/// the program.
#[derive(Debug, thiserror::Error)]
#[error("{about}: {error}")]
pub struct BadState {
    /// A kind of target, or a step.
    pub about: String,
    pub error: String,
}

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The lenses of a step.
pub type Lenses = &'static [&'static dyn AnyLens];

/// [`Lens`] with its states as JSON, so that lenses of different states fit one list. Implemented for
/// every lens; never by hand.
pub trait AnyLens: Sync {
    fn kind(&self) -> &'static str;
    fn needs(&self) -> &'static [Section];
    /// The actor whose credentials read and write it: that of the first section; `None`: the run's own.
    fn actor(&self) -> Option<Actor> {
        self.needs().first().and_then(|section| section.actor())
    }
    fn danger_needs(&self) -> &'static [Section];
    fn settles_within(&self) -> Duration;
    fn moves_within(&self) -> Duration;
    fn reach(&self) -> Reach;
    fn id_says_kind(&self) -> bool;
    fn switched_by(&self) -> &'static [&'static str];
    fn narrow(&self, ask: &mut Ask, at: &Target);
    fn state(&self, look: &Look<'_>) -> Now<Value>;
    fn contain(&self, now: &Value, look: &Look<'_>) -> Result<Verdict<Value>, BadState>;
    fn hold_back(&self, before: &Value, look: &Look<'_>) -> Result<Option<Reason>, BadState>;
    fn danger(&self, before: &Value, look: &Look<'_>) -> Result<Option<Reason>, BadState>;
    fn creates(&self, at: &Target) -> Option<String>;
    fn tagged(&self, look: &Look<'_>) -> Vec<String>;
    fn used_by(&self, look: &Look<'_>) -> Option<Reason>;
    fn queue(&self, at: &Target) -> Option<(String, usize)>;
    fn passes(&self, from: &Value, to: &Value) -> Result<Vec<Value>, BadState>;
    fn arrived(&self, to: &Value, now: &Value) -> bool;
    fn is_between(&self, from: &Value, to: &Value, now: &Value) -> Result<bool, BadState>;
    fn lacks(&self, to: &Value, now: &Value) -> Option<Reason>;
    fn lasts(&self, state: &Value) -> Option<Duration>;
    fn show(&self, state: &Value) -> Result<String, BadState>;
    fn write<'a>(&'a self, write: Write<'a, Value>) -> BoxFuture<'a, Result<(), StepError>>;
}

impl<L: Lens> AnyLens for L {
    fn kind(&self) -> &'static str {
        L::KIND
    }

    fn needs(&self) -> &'static [Section] {
        L::NEEDS
    }

    fn danger_needs(&self) -> &'static [Section] {
        L::DANGER_NEEDS
    }

    fn settles_within(&self) -> Duration {
        L::SETTLES_WITHIN
    }

    fn moves_within(&self) -> Duration {
        L::MOVES_WITHIN
    }

    fn reach(&self) -> Reach {
        L::REACH
    }

    fn id_says_kind(&self) -> bool {
        L::ID_SAYS_KIND
    }

    fn switched_by(&self) -> &'static [&'static str] {
        L::SWITCHED_BY
    }

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        Lens::narrow(self, ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Value> {
        match Lens::state(self, look) {
            Now::Is(state) => json(&state).map_or_else(|error| unknown(&error), Now::Is),
            Now::Settling(state) => json(&state).map_or_else(|error| unknown(&error), Now::Settling),
            Now::Vanished => Now::Vanished,
            Now::Unknown(gap) => Now::Unknown(gap),
        }
    }

    fn contain(&self, now: &Value, look: &Look<'_>) -> Result<Verdict<Value>, BadState> {
        let json = |state| json(&state).map_err(|error| bad::<L>(&error));
        Ok(match Lens::contain(self, &parse::<L>(now)?, look) {
            Verdict::Change(state) => Verdict::Change(json(state)?),
            Verdict::Lasting(state, why) => Verdict::Lasting(json(state)?, why),
            Verdict::Already => Verdict::Already,
            Verdict::Refuse(why) => Verdict::Refuse(why),
        })
    }

    fn hold_back(&self, before: &Value, look: &Look<'_>) -> Result<Option<Reason>, BadState> {
        Ok(Lens::hold_back(self, &parse::<L>(before)?, look))
    }

    fn danger(&self, before: &Value, look: &Look<'_>) -> Result<Option<Reason>, BadState> {
        Ok(Lens::danger(self, &parse::<L>(before)?, look))
    }

    fn creates(&self, at: &Target) -> Option<String> {
        Lens::creates(self, at)
    }

    fn tagged(&self, look: &Look<'_>) -> Vec<String> {
        Lens::tagged(self, look)
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        Lens::used_by(self, look)
    }

    fn queue(&self, at: &Target) -> Option<(String, usize)> {
        Lens::queue(self, at)
    }

    fn passes(&self, from: &Value, to: &Value) -> Result<Vec<Value>, BadState> {
        let passes = Lens::passes(self, &parse::<L>(from)?, &parse::<L>(to)?);
        passes.iter().map(|state| json(state).map_err(|error| bad::<L>(&error))).collect()
    }

    fn arrived(&self, to: &Value, now: &Value) -> bool {
        let both = (parse::<L>(to), parse::<L>(now));
        now == to || matches!(both, (Ok(to), Ok(now)) if Lens::arrived(self, &to, &now))
    }

    fn is_between(&self, from: &Value, to: &Value, now: &Value) -> Result<bool, BadState> {
        let (from, to) = (parse::<L>(from)?, parse::<L>(to)?);
        Ok(parse::<L>(now).is_ok_and(|now| Lens::is_between(self, &from, &to, &now)))
    }

    fn lacks(&self, to: &Value, now: &Value) -> Option<Reason> {
        let (Ok(to), Ok(now)) = (parse::<L>(to), parse::<L>(now)) else { return None };
        Lens::lacks(self, &to, &now)
    }

    fn lasts(&self, state: &Value) -> Option<Duration> {
        parse::<L>(state).ok().and_then(|state| Lens::lasts(self, &state))
    }

    fn show(&self, state: &Value) -> Result<String, BadState> {
        Ok(Lens::show(self, &parse::<L>(state)?))
    }

    fn write<'a>(&'a self, write: Write<'a, Value>) -> BoxFuture<'a, Result<(), StepError>> {
        let Write { aws, at, from, to, params } = write;
        Box::pin(async move {
            let parse = |state| parse::<L>(state).map_err(|error| StepError::State(error.to_string()));
            let (from, to) = (parse(from)?, parse(to)?);
            Lens::write(self, Write { aws, at, from: &from, to: &to, params }).await
        })
    }
}

/// The lens of a target whose kind its step does not know.
pub(super) struct NoLens;

impl NoLens {
    const WHY: &str = "another version of unplug wrote this: this one knows no such kind of target";
}

impl Lens for NoLens {
    type State = Value;
    const KIND: &'static str = "unknown";
    const NEEDS: &'static [Section] = &[];

    fn state(&self, _: &Look<'_>) -> Now<Value> {
        Now::Unknown(Gap { cause: Cause::Failed, call: String::new(), detail: Self::WHY.into() })
    }

    fn contain(&self, _: &Value, _: &Look<'_>) -> Verdict<Value> {
        Verdict::Refuse(Self::WHY.into())
    }

    fn show(&self, state: &Value) -> String {
        state.to_string()
    }

    async fn write(&self, _: Write<'_, Value>) -> Result<(), StepError> {
        Err(StepError::State(Self::WHY.into()))
    }
}

fn parse<L: Lens>(state: &Value) -> Result<L::State, BadState> {
    serde_json::from_value(state.clone()).map_err(|error| BadState {
        about: L::KIND.to_owned(),
        error: format!("this is no state of such a target: {error}"),
    })
}

/// States are plain data with string keys, which have a JSON form. One that had none must not stand
/// in a journal as `null`.
fn json(state: &impl Serialize) -> Result<Value, serde_json::Error> {
    serde_json::to_value(state)
}

fn bad<L: Lens>(error: &serde_json::Error) -> BadState {
    BadState { about: L::KIND.to_owned(), error: format!("a state has no JSON form: {error}") }
}

fn unknown(error: &serde_json::Error) -> Now<Value> {
    let detail = format!("a state has no JSON form: {error}");
    Now::Unknown(Gap { cause: Cause::Failed, call: String::new(), detail })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_state_without_a_json_form_is_an_error_and_not_null() {
        let without = BTreeMap::from([((1, 2), "keys of JSON are strings")]);
        let error = json(&without).unwrap_err();
        assert!(matches!(unknown(&error), Now::Unknown(gap) if gap.detail.contains("no JSON form")));
    }
}
