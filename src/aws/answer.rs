//! Reads the answer of a live call to its end, within limits, and checks that it is whole.
//!
//! The SDK takes what it finds: an XML document that ends early is a shorter list to it, and an
//! empty body an empty list. Here that is no answer. A read is sent again, and then leaves a gap.

use std::pin::pin;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use futures::future::{Either, select};

use super::clock::Clock;
use super::document;
use super::operations;

/// How long AWS may be silent, before a read is sent again. The slowest reads of AWS (IAM's
/// simulator, a large account's authorization details) answer within ten seconds.
pub(super) const SILENT: Duration = Duration::from_secs(20);
/// The longest answer. A page of a thousand network interfaces has about two megabytes.
const LARGEST: usize = 128 * 1024 * 1024;
/// How long one answer may take in all.
const LONGEST: Duration = Duration::from_secs(300);
/// An answer may begin slowly. After this, it must have come faster than [`SLOWEST`].
const GRACE: Duration = Duration::from_secs(30);
/// Bytes a second.
const SLOWEST: u64 = 512;

/// Why an answer is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("no answer within {0} seconds")]
    Silent(u64),
    #[error("the connection broke before the end of the answer")]
    Broken,
    #[error("the answer is not whole: {0}")]
    Partial(String),
    #[error("given up: the answer has more than {} MB", LARGEST / 1024 / 1024)]
    Large,
    #[error("given up: {bytes} bytes of the answer came in {seconds} seconds")]
    Slow { bytes: usize, seconds: u64 },
}

impl From<NoAnswer> for ConnectorError {
    /// What may come right by itself is an error that the SDK sends again.
    fn from(why: NoAnswer) -> ConnectorError {
        match why {
            NoAnswer::Silent(_) => ConnectorError::timeout(why.into()),
            NoAnswer::Broken | NoAnswer::Partial(_) => ConnectorError::io(why.into()),
            NoAnswer::Large | NoAnswer::Slow { .. } => ConnectorError::other(why.into(), None),
        }
    }
}

/// Waits for an answer and reads it into memory.
///
/// # Errors
/// The connection's own error, or that the answer did not come, did not end or is not whole.
pub(super) async fn read(
    clock: &Clock,
    operation: &str,
    call: HttpConnectorFuture,
) -> Result<HttpResponse, ConnectorError> {
    // A write is not sent again: it has the connection's own, longer patience.
    let mut response = if operations::mutates(operation) {
        call.await?
    } else {
        within(clock, SILENT, call).await.ok_or_else(|| NoAnswer::Silent(SILENT.as_secs()))??
    };
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let bytes = drain(clock, ByteStream::new(body)).await?;
    if response.status().is_success() {
        document::whole(operation, &bytes).map_err(NoAnswer::Partial)?;
    }
    *response.body_mut() = SdkBody::from(bytes);
    Ok(response)
}

/// The error of an answer for the ledger: AWS's code, or the status of an answer without one.
pub(super) fn error(response: &HttpResponse) -> Option<String> {
    if response.status().is_success() {
        return None;
    }
    let header = response.headers().get("x-amzn-errortype").map(str::to_owned);
    let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default());
    let after = |mark: &str| body.split_once(mark).map(|(_, rest)| rest.trim_start_matches([' ', ':', '"']));
    let found = header.as_deref().or_else(|| after("<Code>")).or_else(|| after("\"__type\""));
    // `com.amazon.coral.service#AccessDeniedException:http://…`
    let code = found.map(|code| code.rsplit_once('#').map_or(code, |(_, code)| code));
    let code = code.map(|code| code.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').next());
    let code = code.flatten().filter(|code| !code.is_empty()).map(str::to_owned);
    code.or_else(|| Some(response.status().to_string()))
}

async fn drain(clock: &Clock, mut body: ByteStream) -> Result<Vec<u8>, NoAnswer> {
    let began = clock.now_ms();
    let mut bytes = vec![];
    loop {
        let next = within(clock, SILENT, body.next()).await.ok_or(NoAnswer::Silent(SILENT.as_secs()))?;
        let Some(part) = next else { return Ok(bytes) };
        bytes.extend_from_slice(&part.map_err(|_| NoAnswer::Broken)?);
        if bytes.len() > LARGEST {
            return Err(NoAnswer::Large);
        }
        let taken = Duration::from_millis(clock.now_ms().saturating_sub(began));
        let slow = taken > GRACE && (bytes.len() as u64) < taken.as_secs() * SLOWEST;
        if slow || taken > LONGEST {
            return Err(NoAnswer::Slow { bytes: bytes.len(), seconds: taken.as_secs() });
        }
    }
}

/// What the future gives, or `None` when the time is up.
async fn within<T>(clock: &Clock, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    match select(pin!(future), pin!(clock.wait(limit))).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
