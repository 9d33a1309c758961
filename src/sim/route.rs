//! From typed inputs to typed replies, erased so that one table holds every operation.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use aws_smithy_runtime_api::client::interceptors::context::{Error, Input, Output};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::result::CreateUnhandledError;
use aws_smithy_types::error::metadata::ErrorMetadata;

use super::{Simulation, UserIdentity, World};
use crate::account::Actor;
use crate::aws::backend::{Answer, Prepared};
use crate::aws::operations::{self, OperationTypes};

/// The world as one call in one Region sees it.
pub(crate) struct Cx<'a> {
    pub world: &'a mut World,
    pub region: &'a str,
}

type Run = Box<dyn Fn(&mut Cx<'_>) -> Answer + Send + Sync>;
type Refuse = fn(ErrorMetadata) -> Answer;
type Prepare = Box<dyn Fn(&mut Input) -> Option<(Run, Refuse)> + Send + Sync>;

/// A call of one operation on a simulation.
struct Call {
    simulation: Simulation,
    run: Run,
    refuse: Refuse,
    /// The call belongs to an actor of the account, and somebody else makes it.
    not_theirs: bool,
}

impl Prepared for Call {
    fn answer(&self, region: &str) -> Answer {
        self.denied().unwrap_or_else(|| self.simulation.answer(&self.run, region))
    }

    fn pretend(&self, region: &str) -> Answer {
        self.denied().unwrap_or_else(|| self.simulation.fork().answer(&self.run, region))
    }

    fn refuse(&self, meta: ErrorMetadata) -> Answer {
        (self.refuse)(meta)
    }
}

impl Call {
    /// A member account may not look at what the Organization's management account holds.
    fn denied(&self) -> Option<Answer> {
        let meta = ErrorMetadata::builder().code("AccessDeniedException").message(
            "You don't have permissions to access this resource: it takes the management account or a delegated \
             administrator.",
        );
        self.not_theirs.then(|| (self.refuse)(meta.build()))
    }
}

/// What AWS answers to every account of an Organization.
const FOR_EVERYBODY: &[&str] = &["organizations:DescribeOrganization", "ssoadmin:ListInstances"];

impl Simulation {
    /// Answers one call as time has passed until now.
    fn answer(&self, run: &Run, region: &str) -> Answer {
        let mut world = self.world();
        world.now_ms = self.clock.now_ms();
        world.who.clone_from(&self.who);
        world.pass_time();
        let now_ms = world.now_ms;
        world.adversary_plays(now_ms);
        let recorded = world.recorded.len();
        let answer = run(&mut Cx { world: &mut world, region });
        world.note();
        // Writes are recorded. What time changes he sees at the next call.
        if world.recorded.len() > recorded {
            world.adversary_notices();
        }
        answer
    }
}

/// The table of operations.
#[derive(Default)]
pub(crate) struct Dispatch(HashMap<&'static str, Prepare>);

impl Dispatch {
    /// Adds an operation with the function that answers it.
    pub fn on<O: OperationTypes>(&mut self, answer: fn(&mut Cx<'_>, &In<O>) -> Said<O>)
    where
        O::Input: Clone + Debug + Send + Sync + 'static,
        O::Output: Debug + Send + Sync + 'static,
        O::Error: CreateUnhandledError + std::error::Error + Send + Sync + 'static,
    {
        self.on_with_body::<O>(answer, |_, _| None);
    }

    /// The same, with what the body of a successful answer holds and the typed output cannot say.
    pub fn on_with_body<O: OperationTypes>(
        &mut self,
        answer: fn(&mut Cx<'_>, &In<O>) -> Said<O>,
        body: fn(&Cx<'_>, &In<O>) -> Option<String>,
    ) where
        O::Input: Clone + Debug + Send + Sync + 'static,
        O::Output: Debug + Send + Sync + 'static,
        O::Error: CreateUnhandledError + std::error::Error + Send + Sync + 'static,
    {
        self.on_copied::<O>(|input| Some(input.clone()), answer, body);
    }

    /// The same, for an input that only this can copy: one that holds a stream.
    pub fn on_copied<O: OperationTypes>(
        &mut self,
        copy: fn(&O::Input) -> Option<O::Input>,
        answer: fn(&mut Cx<'_>, &In<O>) -> Said<O>,
        body: fn(&Cx<'_>, &In<O>) -> Option<String>,
    ) where
        O::Input: Debug + Send + Sync + 'static,
        O::Output: Debug + Send + Sync + 'static,
        O::Error: CreateUnhandledError + std::error::Error + Send + Sync + 'static,
    {
        let writes = operations::mutates(O::NAME);
        let prepare: Prepare = Box::new(move |input| {
            let input = copy(input.downcast_ref::<O::Input>()?)?;
            let run = move |cx: &mut Cx<'_>| {
                let said = answer(cx, &input);
                if writes {
                    let outcome = match &said {
                        Ok(output) => Ok(format!("{output:?}")),
                        Err(refused) => Err((refused.code.clone(), refused.message.clone())),
                    };
                    cx.world.record(O::NAME, cx.region, format!("{input:?}"), outcome);
                }
                match said {
                    Ok(output) => {
                        Answer { reply: Ok(Output::erase(output)), code: None, body: body(cx, &input) }
                    }
                    Err(refused) => refusal::<O::Error>(refused.meta()),
                }
            };
            Some((Box::new(run) as Run, refusal::<O::Error> as Refuse))
        });
        self.0.insert(O::NAME, prepare);
    }

    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.0.keys().copied().collect();
        names.sort_unstable();
        names
    }

    pub fn prepare(
        &self,
        simulation: &Simulation,
        operation: &str,
        actor: Option<Actor>,
        input: &mut Input,
    ) -> Option<Arc<dyn Prepared>> {
        let (run, refuse) = self.0.get(operation).and_then(|prepare| prepare(input))?;
        let owner = Actor::of_call(operation).filter(|_| !FOR_EVERYBODY.contains(&operation));
        let caller = |actor| simulation.look(|account| account.actors.get(&actor).cloned());
        let not_theirs = owner.is_some_and(|owner| actor != Some(owner) && caller(owner).is_some());
        let simulation = match actor.and_then(caller) {
            Some(caller) => simulation.acting_as(UserIdentity::of_caller(&caller)),
            None => simulation.clone(),
        };
        Some(Arc::new(Call { simulation, run, refuse, not_theirs }))
    }
}

/// The answer that refuses with these words, as the SDK has it.
fn refusal<E>(meta: ErrorMetadata) -> Answer
where
    E: CreateUnhandledError + std::error::Error + Send + Sync + 'static,
{
    let code = meta.code().unwrap_or("error").to_owned();
    let why = meta.message().unwrap_or_default().to_owned();
    let error = E::create_unhandled_error(why.into(), Some(meta));
    Answer { code: Some(code), reply: Err(OrchestratorError::operation(Error::erase(error))), body: None }
}

/// The code and the message of a refusal.
#[derive(Debug)]
pub(crate) struct Refused {
    code: String,
    message: String,
}

impl Refused {
    fn meta(&self) -> ErrorMetadata {
        ErrorMetadata::builder().code(&self.code).message(&self.message).build()
    }
}

/// An error answer by its code.
pub(crate) fn refuse(code: &str, message: impl Into<String>) -> Refused {
    Refused { code: code.to_owned(), message: message.into() }
}

/// The input of an operation.
pub(crate) type In<O> = <O as OperationTypes>::Input;
/// The output of an operation.
pub(crate) type Out<O> = <O as OperationTypes>::Output;
/// The answer of an operation, or its refusal.
pub(crate) type Said<O> = Result<Out<O>, Refused>;
