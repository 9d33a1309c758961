//! Waits for a resource that is busy with an earlier change, before it is changed.

use std::time::Duration;

use crate::aws::{Aws, AwsError};

/// How long a resource may be busy with an earlier change before AWS is asked all the same.
const BUSY: Duration = Duration::from_secs(300);

/// Asks until the answer is that it is ready, or for as long as a change may take.
pub(in crate::steps) async fn until_ready<T, F>(aws: &Aws, look: impl Fn() -> F) -> Result<T, AwsError>
where
    F: Future<Output = Result<(bool, T), AwsError>>,
{
    let began = aws.clock().now_ms();
    let mut pause = Duration::from_secs(2);
    loop {
        let (ready, seen) = look().await?;
        if ready || u128::from(aws.clock().now_ms().saturating_sub(began)) >= BUSY.as_millis() {
            return Ok(seen);
        }
        aws.clock().wait(pause).await;
        pause = (pause * 2).min(Duration::from_secs(15));
    }
}
