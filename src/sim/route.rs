//! From typed inputs to typed replies, erased so that one table holds every operation.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use aws_smithy_runtime_api::client::interceptors::context::{Error, Input, Output};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::result::CreateUnhandledError;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};

use super::{Simulation, World};
use crate::aws::backend::{Answer, Prepared};
use crate::aws::operations;

/// The world as one call in one Region sees it.
pub(crate) struct At<'a> {
    pub world: &'a mut World,
    pub region: &'a str,
}

type Run = Box<dyn Fn(&mut At<'_>) -> Answer + Send + Sync>;
type Refuse = fn(ErrorMetadata) -> Answer;
type Prepare = Box<dyn Fn(&mut Input) -> Option<(Run, Refuse)> + Send + Sync>;

/// A call of one operation on a simulation.
struct Call {
    simulation: Simulation,
    run: Run,
    refuse: Refuse,
}

impl Prepared for Call {
    fn answer(&self, region: &str) -> Answer {
        self.simulation.answer(&self.run, region)
    }

    fn pretend(&self, region: &str) -> Answer {
        self.simulation.fork().answer(&self.run, region)
    }

    fn refuse(&self, meta: ErrorMetadata) -> Answer {
        (self.refuse)(meta)
    }
}

impl Simulation {
    /// Answers one call as time has passed until now.
    fn answer(&self, run: &Run, region: &str) -> Answer {
        let mut world = self.world();
        world.now_ms = self.clock.now_ms();
        world.pass_time();
        let answer = run(&mut At { world: &mut world, region });
        world.note();
        answer
    }
}

/// The table of operations.
#[derive(Default)]
pub(crate) struct Routes(HashMap<String, (&'static str, Prepare)>);

impl Routes {
    /// Adds an operation; its name comes from the type of its error, which is spelled as AWS does
    /// (`DescribeDBInstances`; the input's is not).
    pub fn on<I, O, E>(&mut self, answer: fn(&mut At<'_>, &I) -> Result<O, E>)
    where
        I: Clone + Debug + Send + Sync + 'static,
        O: Debug + Send + Sync + 'static,
        E: CreateUnhandledError + ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let name = operations::name_of_type::<E>("Error");
        let listed = operations::find(&name).map_or("", |operation| operation.name);
        let prepare: Prepare = Box::new(move |input| {
            let input = input.downcast_ref::<I>()?.clone();
            let refuse: Refuse =
                |meta| erase::<O, E>(Err(E::create_unhandled_error("injected".into(), Some(meta))));
            Some((Box::new(move |at: &mut At<'_>| erase(answer(at, &input))) as Run, refuse))
        });
        self.0.insert(name, (listed, prepare));
    }

    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.0.values().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names
    }

    pub fn prepare(
        &self,
        simulation: &Simulation,
        operation: &str,
        input: &mut Input,
    ) -> Option<Arc<dyn Prepared>> {
        let (run, refuse) = self.0.get(operation).and_then(|(_, prepare)| prepare(input))?;
        Some(Arc::new(Call { simulation: simulation.clone(), run, refuse }))
    }
}

fn erase<O, E>(result: Result<O, E>) -> Answer
where
    O: Debug + Send + Sync + 'static,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match result {
        Ok(output) => Answer { reply: Ok(Output::erase(output)), code: None },
        Err(error) => Answer {
            code: Some(error.meta().code().unwrap_or("error").to_owned()),
            reply: Err(OrchestratorError::operation(Error::erase(error))),
        },
    }
}

/// An error answer by its code.
pub(crate) fn refuse<E: CreateUnhandledError>(code: &str, message: impl Into<String>) -> E {
    let message = message.into();
    E::create_unhandled_error(
        message.clone().into(),
        Some(ErrorMetadata::builder().code(code).message(message).build()),
    )
}
