//! What requests to Route 53 Resolver carry, and how they wait their turn.

use std::time::Duration;

use aws_sdk_route53resolver::types::Tag;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::aws::{Aws, AwsError};
use crate::step::{StepError, created};

/// How long an accepted change may take.
pub(super) const SETTLES_WITHIN: Duration = Duration::from_secs(300);
/// How long a change that AWS is at may take before another one is given up.
const BUSY_WITHIN_MS: u64 = 120_000;

/// The name of what the run makes in a Region; AWS takes 64 characters.
pub(super) fn title(aws: &Aws) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    format!("unplug-{}", aws.run()).chars().map(legal).take(64).collect()
}

/// Every call that makes something needs one. It says nothing of whether AWS makes a thing twice for
/// one id, so that what a crash left is found by its tags instead.
pub(super) fn request_id(aws: &Aws, role: &str) -> String {
    format!("{role}-{}-{}", aws.run(), aws.clock().now_ms())
}

pub(super) fn tags(aws: &Aws, role: &str) -> Result<Vec<Tag>, StepError> {
    let tag = |(key, value): (&str, String)| {
        Tag::builder().key(key).value(value).build().map_err(|error| StepError::State(error.to_string()))
    };
    created::tags(aws, role).into_iter().map(tag).collect()
}

/// Waits a little, unless the time since `began` is up.
pub(super) async fn again(aws: &Aws, began: u64) -> bool {
    if aws.clock().now_ms().saturating_sub(began) >= BUSY_WITHIN_MS {
        return false;
    }
    aws.clock().wait(Duration::from_secs(2)).await;
    true
}

/// Sends a request, and again while AWS refuses it because it is still at another change.
pub(super) async fn until_free<T, E, R, F>(aws: &Aws, send: impl Fn() -> F) -> Result<(), StepError>
where
    F: Future<Output = Result<T, SdkError<E, R>>>,
    AwsError: From<SdkError<E, R>>,
{
    let began = aws.clock().now_ms();
    loop {
        match send().await.map_err(AwsError::from) {
            Ok(_) => return Ok(()),
            Err(error) if error.is("ConflictException") && again(aws, began).await => {}
            Err(error) => return Err(error.into()),
        }
    }
}
