//! From typed inputs to typed replies, erased so that one table holds every operation.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use aws_smithy_runtime_api::client::interceptors::context::{Error, Input, Output};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::result::CreateUnhandledError;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};

use super::World;
use crate::aws::operations;

/// What the SDK would have parsed from a response.
pub(crate) type Reply = Result<Output, OrchestratorError<Error>>;

/// A reply, and its error code, which the erased reply no longer shows.
pub(crate) struct Answer {
    pub reply: Reply,
    pub code: Option<String>,
}

/// The world as one call in one Region sees it.
pub(crate) struct At<'a> {
    pub world: &'a mut World,
    pub region: &'a str,
}

type Run = Arc<dyn Fn(&mut At<'_>) -> Answer + Send + Sync>;
type Fail = fn(ErrorMetadata) -> Answer;
type Prepare = Box<dyn Fn(&mut Input) -> Option<Prepared> + Send + Sync>;

/// A call with its typed input, ready to be answered once per attempt.
#[derive(Clone)]
pub(crate) struct Prepared {
    run: Run,
    fail: Fail,
}

impl Prepared {
    pub fn answer(&self, world: &mut World, region: &str) -> Answer {
        (self.run)(&mut At { world, region })
    }

    /// The answer of a refusal that a test injects.
    pub fn fail(&self, meta: ErrorMetadata) -> Answer {
        (self.fail)(meta)
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
            Some(Prepared {
                run: Arc::new(move |at| erase(answer(at, &input))),
                fail: |meta| erase::<O, E>(Err(E::create_unhandled_error("injected".into(), Some(meta)))),
            })
        });
        self.0.insert(name, (listed, prepare));
    }

    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.0.values().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names
    }

    pub fn prepare(&self, operation: &str, input: &mut Input) -> Option<Prepared> {
        self.0.get(operation).and_then(|(_, prepare)| prepare(input))
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
