//! For tests: a live wire whose other end says what the test wants.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use bytes::Bytes;
use http_body::Frame;

use super::{Aws, Clock};

/// What the other end does.
#[derive(Clone, Debug)]
pub(crate) enum Script {
    /// A status, headers and a body.
    Says(u16, Vec<(&'static str, String)>, String),
    /// No answer.
    Silent,
    /// A body that breaks off with the connection.
    Breaks(&'static str),
    /// A body without an end.
    Endless,
    /// One byte a second.
    Trickles,
}

impl Script {
    pub(crate) fn says(status: u16, body: impl Into<String>) -> Script {
        Script::Says(status, vec![], body.into())
    }
}

/// What was asked: the request in one text, and its number from 1.
pub(crate) struct Asked {
    pub text: String,
    pub number: usize,
}

/// A handle on a wire that is live to the program, on a simulated clock.
pub(crate) fn scripted(script: impl Fn(Asked) -> Script + Send + Sync + 'static) -> Aws {
    let clock = Clock::simulated();
    let end = End { script: Arc::new(script), asked: Arc::default(), clock: clock.clone() };
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "AKIASCRIPTED00000000",
            "scripted",
            Some("tok-of-the-session".into()),
            None,
            "script",
        )))
        .retry_config(RetryConfig::standard().with_max_attempts(6))
        .build();
    let http = http_client_fn(move |_, _| SharedHttpConnector::new(end.clone()));
    Aws::over(&sdk, Some(http), None, None, clock, None)
}

#[derive(Clone)]
struct End {
    script: Arc<dyn Fn(Asked) -> Script + Send + Sync>,
    asked: Arc<AtomicUsize>,
    clock: Clock,
}

impl std::fmt::Debug for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("End")
    }
}

impl HttpConnector for End {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers: Vec<String> =
            request.headers().iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let text = format!("{} {}\n{}\n\n{body}", request.method(), request.uri(), headers.join("\n"));
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let clock = self.clock.clone();
        let (status, headers, body) = match (self.script)(Asked { text, number }) {
            Script::Silent => return HttpConnectorFuture::new(std::future::pending()),
            Script::Says(status, headers, body) => (status, headers, SdkBody::from(body)),
            Script::Breaks(body) => (200, vec![], streamed(Flow::Breaks(Some(body)), clock)),
            Script::Endless => (200, vec![], streamed(Flow::Endless, clock)),
            Script::Trickles => (200, vec![], streamed(Flow::Trickles, clock)),
        };
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), body);
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

enum Flow {
    Breaks(Option<&'static str>),
    Endless,
    Trickles,
}

struct Streamed {
    flow: Flow,
    clock: Clock,
}

fn streamed(flow: Flow, clock: Clock) -> SdkBody {
    SdkBody::from_body_1_x(Streamed { flow, clock })
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(match &mut self.flow {
            Flow::Breaks(body) => match body.take() {
                Some(body) => Ok(Frame::data(Bytes::from_static(body.as_bytes()))),
                None => Err(std::io::ErrorKind::ConnectionReset.into()),
            },
            Flow::Endless => Ok(Frame::data(vec![b' '; 1 << 20].into())),
            Flow::Trickles => {
                self.clock.pass(Duration::from_secs(1));
                Ok(Frame::data(Bytes::from_static(b"<")))
            }
        }))
    }
}
