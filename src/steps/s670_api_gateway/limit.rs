//! What an account lets through, whatever its stages say. A throttle as wide takes nothing away.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>

use crate::account::Throttle;
use crate::aws::Aws;
use crate::step::StepError;

/// The smallest limit that AWS gives an account in any Region: requests at once, and a second.
const SMALLEST: (i32, f64) = (1_250, 2_500.0);

/// Is something set in the one that the other leaves open?
pub(super) fn has_more(one: Throttle, other: Throttle) -> bool {
    (one.burst.is_some() && other.burst.is_none()) || (one.rate.is_some() && other.rate.is_none())
}

/// A throttle with the account's limit for what it leaves open.
pub(super) fn widened(throttle: Throttle, limit: Throttle) -> Throttle {
    Throttle { burst: throttle.burst.or(limit.burst), rate: throttle.rate.or(limit.rate) }
}

/// Does `now` let through what `to` does? What `to` leaves open may be as wide as an account's limit.
pub(super) fn lets_through_as_much(to: Throttle, now: Throttle) -> bool {
    let burst = match (to.burst, now.burst) {
        (None, Some(burst)) => burst >= SMALLEST.0,
        (to, now) => to == now,
    };
    let rate = match (to.rate, now.rate) {
        (None, Some(rate)) => rate >= SMALLEST.1,
        (to, now) => to == now,
    };
    burst && rate
}

/// The limit of the account in a Region.
///
/// # Errors
/// AWS's, and an answer without it.
pub(super) async fn of_account(aws: &Aws, region: &str) -> Result<Throttle, StepError> {
    let account = aws.apigateway(region).get_account().send().await?;
    let limit = account.throttle_settings.map(|one| Throttle::new(one.burst_limit, one.rate_limit));
    limit.ok_or_else(|| StepError::State("AWS did not say what the account lets through".into()))
}
