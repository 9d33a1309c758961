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
use crate::account::{Account, Section};
use crate::aws::Aws;

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A state that is not one of this step's: a plan or journal of another version, or edited.
#[derive(Debug, thiserror::Error)]
#[error("this is no state of step {step}: {error}")]
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
            Now::Is(state) => Now::Is(json(&state)),
            Now::Settling(state) => Now::Settling(json(&state)),
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
        Ok(match Step::contain(self, &parse::<S>(self, now)?, at, account, case) {
            Verdict::Change(state) => Verdict::Change(json(&state)),
            Verdict::Lasting(state, why) => Verdict::Lasting(json(&state), why),
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

    fn passes(&self, from: &Value, to: &Value) -> Result<Vec<Value>, BadState> {
        let (from, to) = (parse::<S>(self, from)?, parse::<S>(self, to)?);
        Ok(Step::passes(self, &from, &to).iter().map(json).collect())
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
    serde_json::from_value(state.clone())
        .map_err(|error| BadState { step: Step::spec(step).id, error: error.to_string() })
}

/// States are plain data with string keys: they always have a JSON form.
fn json(state: &impl Serialize) -> Value {
    serde_json::to_value(state).unwrap_or(Value::Null)
}
