//! AWS takes one change of a Region's block at a time: a write waits for its turn.

use std::time::Duration;

use crate::aws::{Aws, AwsError};
use crate::step::{StepError, Target};

/// How long a write waits for a change that is under way.
const BUSY_WITHIN: Duration = Duration::from_secs(600);

/// Was it sent, or is it so already? Or is AWS still at another change?
pub(super) enum Sent {
    Yes,
    Busy,
}

/// Codes with which EC2 says that another change is under way. Which one this API sends is not
/// written down.
fn is_busy(error: &AwsError) -> bool {
    ["IncorrectState", "OperationInProgress", "ConcurrentModification"].iter().any(|code| error.is(code))
}

/// Sends a change, and again while AWS refuses it for another one, which is safe after a refusal.
pub(super) async fn in_turn<F>(aws: &Aws, at: &Target, send: impl Fn() -> F) -> Result<(), StepError>
where
    F: Future<Output = Result<Sent, StepError>>,
{
    let deadline = aws.clock().now_ms() + u64::try_from(BUSY_WITHIN.as_millis()).unwrap_or(u64::MAX);
    loop {
        let answer = send().await;
        let late = aws.clock().now_ms() >= deadline;
        match answer {
            Ok(Sent::Yes) => return Ok(()),
            Ok(Sent::Busy) if late => {
                return Err(StepError::State(format!("AWS is still at another change of {}", at.id)));
            }
            Err(StepError::Aws(error)) if !is_busy(&error) || late => return Err(error.into()),
            Err(StepError::State(why)) => return Err(StepError::State(why)),
            Ok(Sent::Busy) | Err(StepError::Aws(_)) => aws.clock().wait(Duration::from_secs(10)).await,
        }
    }
}
