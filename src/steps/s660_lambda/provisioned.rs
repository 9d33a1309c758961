//! Provisioned concurrency of a version or alias. It is taken away first: AWS refuses to reserve less than what
//! is provisioned. Put back, AWS allocates it anew, which takes minutes.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::concurrency::of_function;
use super::kept;
use crate::account::Section;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct ProvisionedConcurrency;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// Executions that were asked for; `None`: none.
    provisioned: Option<i32>,
}

impl Lens for ProvisionedConcurrency {
    type State = State;
    const KIND: &'static str = "provisioned-concurrency";
    const NEEDS: &'static [Section] = &[Section::Functions];
    const SETTLES_WITHIN: Duration = Duration::from_secs(900);

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.states_only = true;
        ask.only_function(at.region_name(), at.parts().0);
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let (name, qualifier) = look.at.parts();
        of_function(look, name, |function| match function.provisioned.get(qualifier) {
            None => Now::Is(State { provisioned: None }),
            Some(one) => {
                let state = State { provisioned: Some(one.executions) };
                // FAILED stays as it is until somebody asks again.
                if one.status == "IN_PROGRESS" { Now::Settling(state) } else { Now::Is(state) }
            }
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if now.provisioned.is_none() {
            return Verdict::Already;
        }
        let name = look.at.parts().0;
        Verdict::unless(kept::why(look, name), State { provisioned: None })
    }

    fn show(&self, state: &State) -> String {
        state.provisioned.map_or_else(|| "none provisioned".into(), |number| format!("{number} provisioned"))
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let lambda = write.aws.lambda(write.at.region_name());
        let (name, qualifier) = write.at.parts();
        match write.to.provisioned {
            Some(executions) => {
                let put =
                    lambda.put_provisioned_concurrency_config().function_name(name).qualifier(qualifier);
                put.provisioned_concurrent_executions(executions).send().await?;
            }
            None => {
                let delete = lambda.delete_provisioned_concurrency_config().function_name(name);
                delete.qualifier(qualifier).send().await?;
            }
        }
        Ok(())
    }
}
