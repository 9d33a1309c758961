//! The erased form of a step: states as JSON, so that steps of different states fit one list.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::{
    Case, Effect, Found, Now, ParamKind, Params, Reason, Spec, Step, StepError, Target, Verdict, Width,
};
use crate::account::collect::Ask;
use crate::account::{Account, Cause, Gap, Section};
use crate::aws::Aws;

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A step that cannot go on: a state that is not one of its own (a plan or a journal of another
/// version, or edited), or a fault of the program.
#[derive(Debug, thiserror::Error)]
#[error("step {step}: {error}")]
pub struct BadState {
    pub step: super::StepId,
    pub error: String,
}

impl dyn AnyStep + '_ {
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

/// [`Step`] with its states as JSON. Implemented for every step; never by hand.
pub trait AnyStep: Sync {
    fn spec(&self) -> &'static Spec;
    fn effect(&self, params: &Params) -> Effect;
    fn width(&self, params: &Params) -> Width;
    fn ask(&self, ask: &mut Ask, account: &str, case: &Case);
    fn state_needs(&self, at: &Target) -> &'static [Section];
    fn narrow(&self, ask: &mut Ask, at: &Target);
    fn find(&self, account: &Account, case: &Case) -> Found;
    fn state(&self, at: &Target, account: &Account, case: &Case) -> Now<Value>;
    fn contain(
        &self,
        now: &Value,
        at: &Target,
        account: &Account,
        case: &Case,
    ) -> Result<Verdict<Value>, BadState>;
    fn hold_back(
        &self,
        before: &Value,
        at: &Target,
        account: &Account,
        case: &Case,
    ) -> Result<Option<Reason>, BadState>;
    fn danger(
        &self,
        before: &Value,
        at: &Target,
        account: &Account,
        case: &Case,
    ) -> Result<Option<Reason>, BadState>;
    fn danger_needs(&self, at: &Target) -> &'static [Section];
    fn creates(&self, at: &Target) -> Option<String>;
    fn tagged(&self, at: &Target, account: &Account, case: &Case) -> Vec<String>;
    fn used_by(&self, at: &Target, account: &Account, case: &Case) -> Option<Reason>;
    fn queue(&self, at: &Target) -> Option<(String, usize)>;
    fn passes(&self, from: &Value, to: &Value) -> Result<Vec<Value>, BadState>;
    fn settles_within(&self) -> Duration;
    fn show(&self, state: &Value) -> Result<String, BadState>;
    fn write<'a>(
        &'a self,
        aws: &'a Aws,
        at: &'a Target,
        from: &'a Value,
        to: &'a Value,
        params: &'a Params,
    ) -> BoxFuture<'a, Result<(), StepError>>;
}

impl<S: Step> AnyStep for S {
    fn spec(&self) -> &'static Spec {
        Step::spec(self)
    }

    fn effect(&self, params: &Params) -> Effect {
        Step::effect(self, params)
    }

    fn width(&self, params: &Params) -> Width {
        Step::width(self, params)
    }

    fn ask(&self, ask: &mut Ask, account: &str, case: &Case) {
        Step::ask(self, ask, account, case);
    }

    fn state_needs(&self, at: &Target) -> &'static [Section] {
        Step::state_needs(self, at)
    }

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        Step::narrow(self, ask, at);
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        Step::find(self, account, case)
    }

    fn state(&self, at: &Target, account: &Account, case: &Case) -> Now<Value> {
        match Step::state(self, at, account, case) {
            Now::Is(state) => json(&state).map_or_else(|error| unknown(&error), Now::Is),
            Now::Settling(state) => json(&state).map_or_else(|error| unknown(&error), Now::Settling),
            Now::Vanished => Now::Vanished,
            Now::Unknown(gap) => Now::Unknown(gap),
        }
    }

    fn contain(
        &self,
        now: &Value,
        at: &Target,
        account: &Account,
        case: &Case,
    ) -> Result<Verdict<Value>, BadState> {
        let json = |state| json(&state).map_err(|error| bad(self, &error));
        Ok(match Step::contain(self, &parse::<S>(self, now)?, at, account, case) {
            Verdict::Change(state) => Verdict::Change(json(state)?),
            Verdict::Lasting(state, why) => Verdict::Lasting(json(state)?, why),
            Verdict::Already => Verdict::Already,
            Verdict::Refuse(why) => Verdict::Refuse(why),
        })
    }

    fn hold_back(
        &self,
        before: &Value,
        at: &Target,
        account: &Account,
        case: &Case,
    ) -> Result<Option<Reason>, BadState> {
        Ok(Step::hold_back(self, &parse::<S>(self, before)?, at, account, case))
    }

    fn danger(
        &self,
        before: &Value,
        at: &Target,
        account: &Account,
        case: &Case,
    ) -> Result<Option<Reason>, BadState> {
        Ok(Step::danger(self, &parse::<S>(self, before)?, at, account, case))
    }

    fn danger_needs(&self, at: &Target) -> &'static [Section] {
        Step::danger_needs(self, at)
    }

    fn creates(&self, at: &Target) -> Option<String> {
        Step::creates(self, at)
    }

    fn tagged(&self, at: &Target, account: &Account, case: &Case) -> Vec<String> {
        Step::tagged(self, at, account, case)
    }

    fn used_by(&self, at: &Target, account: &Account, case: &Case) -> Option<Reason> {
        Step::used_by(self, at, account, case)
    }

    fn queue(&self, at: &Target) -> Option<(String, usize)> {
        Step::queue(self, at)
    }

    fn passes(&self, from: &Value, to: &Value) -> Result<Vec<Value>, BadState> {
        let (from, to) = (parse::<S>(self, from)?, parse::<S>(self, to)?);
        let passes = Step::passes(self, &from, &to);
        passes.iter().map(|state| json(state).map_err(|error| bad(self, &error))).collect()
    }

    fn settles_within(&self) -> Duration {
        Step::settles_within(self)
    }

    fn show(&self, state: &Value) -> Result<String, BadState> {
        Ok(Step::show(self, &parse::<S>(self, state)?))
    }

    fn write<'a>(
        &'a self,
        aws: &'a Aws,
        at: &'a Target,
        from: &'a Value,
        to: &'a Value,
        params: &'a Params,
    ) -> BoxFuture<'a, Result<(), StepError>> {
        Box::pin(async move {
            let parse = |state| parse::<S>(self, state).map_err(|e| StepError::State(e.to_string()));
            let (from, to) = (parse(from)?, parse(to)?);
            Step::write(self, aws, at, &from, &to, params).await
        })
    }
}

fn parse<S: Step>(step: &S, state: &Value) -> Result<S::State, BadState> {
    serde_json::from_value(state.clone()).map_err(|error| BadState {
        step: Step::spec(step).id,
        error: format!("this is no state of the step: {error}"),
    })
}

/// States are plain data with string keys, which have a JSON form. One that had none must not stand
/// in a journal as `null`.
fn json(state: &impl Serialize) -> Result<Value, serde_json::Error> {
    serde_json::to_value(state)
}

fn bad<S: Step>(step: &S, error: &serde_json::Error) -> BadState {
    BadState { step: Step::spec(step).id, error: format!("a state has no JSON form: {error}") }
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
