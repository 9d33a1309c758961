//! Servers that fail without a word of AWS's: how often a read is sent to them again.
//!
//! AWS's own failures carry a request id. A page without one comes from something in between: a
//! balancer or proxy in trouble (502, 503, 504, worth the usual patience), or an emulator that lacks
//! the operation (500 with a traceback, every time).

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

/// A read that fails is sent so often: patience is for throttles, and a server that fails three
/// times is a gap.
pub(super) const ATTEMPTS: u32 = 3;

/// What marks an answer as one of AWS's services.
const HEADERS: [&str; 5] =
    ["x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id", "x-amz-id-2", "x-amzn-errortype"];

/// Host and operation of every call that has failed so until its last attempt.
#[derive(Debug, Default)]
pub(super) struct Wordless(Mutex<HashSet<(String, String)>>);

impl Wordless {
    /// Notes an answer, and says how often in all its call may be sent. Where the same host has
    /// failed the same operation to the end before, once: an emulator has one host for all Regions,
    /// and AWS one a Region. Any other answer of that host ends this.
    pub fn attempts(&self, host: &str, operation: &str, attempt: u32, response: &HttpResponse) -> u32 {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wordless = is_wordless(response);
        if known.is_empty() && !wordless {
            return ATTEMPTS;
        }
        let key = (host.to_owned(), operation.to_owned());
        if !wordless {
            known.remove(&key);
            return ATTEMPTS;
        }
        let most = match response.status().as_u16() {
            _ if known.contains(&key) => 1,
            500 => 2,
            _ => ATTEMPTS,
        };
        if attempt >= most {
            known.insert(key);
        }
        most
    }
}

fn is_wordless(response: &HttpResponse) -> bool {
    response.status().is_server_error() && HEADERS.iter().all(|name| response.headers().get(name).is_none())
}

/// The host and port of an address.
pub(super) fn host(uri: &str) -> &str {
    uri.split("://").last().and_then(|rest| rest.split('/').next()).unwrap_or(uri)
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn answer(status: u16, id: Option<&'static str>) -> HttpResponse {
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        if let Some(id) = id {
            response.headers_mut().insert("x-amzn-requestid", id);
        }
        response
    }

    #[test]
    fn a_balancer_in_trouble_is_asked_three_times() {
        let known = Wordless::default();
        assert_eq!(known.attempts("h", "ec2:DescribeVpcs", 1, &answer(503, None)), 3);
        assert_eq!(known.attempts("h", "ec2:DescribeVpcs", 1, &answer(500, Some("1"))), 3);
    }

    #[test]
    fn what_an_emulator_lacks_is_asked_twice_then_once() {
        let known = Wordless::default();
        assert_eq!(known.attempts("h", "a:B", 1, &answer(500, None)), 2);
        assert_eq!(known.attempts("h", "a:B", 2, &answer(500, None)), 2);
        assert_eq!(known.attempts("h", "a:B", 1, &answer(500, None)), 1);
        assert_eq!(known.attempts("h", "a:B", 1, &answer(503, None)), 1);
        assert_eq!(known.attempts("h", "a:C", 1, &answer(500, None)), 2);
        assert_eq!(known.attempts("other", "a:B", 1, &answer(500, None)), 2);
    }

    #[test]
    fn patience_returns_with_an_answer() {
        let known = Wordless::default();
        known.attempts("h", "a:B", 3, &answer(503, None));
        assert_eq!(known.attempts("h", "a:B", 1, &answer(503, None)), 1);
        known.attempts("h", "a:B", 1, &answer(200, Some("1")));
        assert_eq!(known.attempts("h", "a:B", 1, &answer(503, None)), 3);
    }

    #[test]
    fn a_host_is_what_stands_between_scheme_and_path() {
        assert_eq!(host("http://127.0.0.1:5000/v2/email"), "127.0.0.1:5000");
        assert_eq!(host("https://ec2.eu-west-1.amazonaws.com"), "ec2.eu-west-1.amazonaws.com");
    }
}
