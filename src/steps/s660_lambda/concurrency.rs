//! A function's reserved concurrency: 0 stops every new invocation, whoever calls.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>

use serde::{Deserialize, Serialize};

use super::kept;
use crate::account::{Function, Section};
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, Reason, StepError, Target, Verdict, Write};

pub(super) struct Concurrency;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// `None`: nothing is reserved, and the function shares what the Region has.
    reserved: Option<i32>,
}

const STOPPED: State = State { reserved: Some(0) };

impl Lens for Concurrency {
    type State = State;
    const KIND: &'static str = "function";
    const NEEDS: &'static [Section] = &[Section::Functions];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.states_only = true;
        ask.only_function(at.region_name(), &at.id);
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        of_function(look, &look.at.id, |function| Now::Is(State { reserved: function.reserved }))
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if *now == STOPPED {
            return Verdict::Already;
        }
        Verdict::unless(kept::why(look, &look.at.id).or_else(|| not_stopped(look)), STOPPED)
    }

    fn show(&self, state: &State) -> String {
        match state.reserved {
            None => "runs, nothing reserved".into(),
            Some(0) => "never runs (reserved concurrency 0)".into(),
            Some(executions) => format!("runs, reserved concurrency {executions}"),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let lambda = write.aws.lambda(write.at.region_name());
        match write.to.reserved {
            Some(executions) => {
                let put = lambda.put_function_concurrency().function_name(&write.at.id);
                put.reserved_concurrent_executions(executions).send().await?;
            }
            None => {
                lambda.delete_function_concurrency().function_name(&write.at.id).send().await?;
            }
        }
        Ok(())
    }
}

/// The state of something of a function; vanished where the function is.
pub(super) fn of_function<S>(look: &Look<'_>, name: &str, state: impl FnOnce(&Function) -> Now<S>) -> Now<S> {
    look.in_region(|here| Now::of_item(&here.functions, name, |one| Now::of(one, state)))
}

/// Why reserved concurrency does not stop this function.
fn not_stopped(look: &Look<'_>) -> Option<Reason> {
    let function = look.region()?.functions.item(&look.at.id)?.read()?;
    if function.on_instances {
        return Some(format!(
            "it runs on Lambda Managed Instances, which reserved concurrency does not stop: aws lambda \
             put-function-scaling-config --region {} --function-name {} --qualifier '$LATEST.PUBLISHED' \
             --function-scaling-config MaxExecutionEnvironments=0",
            look.at.region_name(),
            look.at.id
        ));
    }
    let source = function.replica_of.as_ref()?;
    Some(format!("it is a replica of {source} at CloudFront's edge: 310 takes it off its distribution"))
}
