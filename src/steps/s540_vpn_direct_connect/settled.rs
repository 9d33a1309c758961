//! Waiting for an attachment or an association that is still on its way.

use std::time::Duration;

use crate::aws::{Aws, AwsError};
use crate::step::{Now, StepError};

/// How long what is on its way is waited for.
const PATIENCE: Duration = Duration::from_mins(10);

/// Returns the state once AWS is done with the last change. What the engine sees as settling, a write
/// that turns it around has to wait for.
pub(super) async fn settled<T, S, F>(
    aws: &Aws,
    look: impl Fn() -> F,
    state: fn(&T) -> Now<S>,
) -> Result<S, StepError>
where
    F: Future<Output = Result<Option<T>, AwsError>>,
{
    let until = aws.clock().now_ms() + u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX);
    loop {
        match look().await?.as_ref().map(state) {
            Some(Now::Is(state)) => return Ok(state),
            Some(Now::Settling(state)) if aws.clock().now_ms() >= until => return Ok(state),
            Some(Now::Settling(_)) => aws.clock().wait(Duration::from_secs(5)).await,
            _ => return Err(StepError::State("it is not there any more".into())),
        }
    }
}
