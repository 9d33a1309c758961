//! What stands in the place of AWS behind the wire: the simulation implements it.

use std::sync::Arc;

use aws_smithy_runtime_api::client::interceptors::context::{Error, Input, Output};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_types::error::metadata::ErrorMetadata;

use crate::account::Actor;

/// What the SDK would have parsed from a response.
pub type Reply = Result<Output, OrchestratorError<Error>>;

/// A reply, and its error code, which the erased reply no longer shows.
pub struct Answer {
    pub reply: Reply,
    pub code: Option<String>,
    /// What the response's body holds besides, for whoever reads it: what no typed reply can say.
    pub body: Option<String>,
}

/// Answers calls by their typed inputs.
pub trait Backend: Send + Sync {
    /// Takes a call with its input, of an actor or of the run itself; `None` for an operation that the backend
    /// lacks.
    fn prepare(&self, operation: &str, actor: Option<Actor>, input: &mut Input) -> Option<Arc<dyn Prepared>>;
}

/// A call with its typed input, to be answered once per attempt.
pub trait Prepared: Send + Sync {
    /// Carries the call out.
    fn answer(&self, region: &str) -> Answer;

    /// Answers as if the call had been carried out, and carries nothing out.
    fn pretend(&self, region: &str) -> Answer;

    /// The answer of a refusal that a test injects.
    fn refuse(&self, meta: ErrorMetadata) -> Answer;
}
