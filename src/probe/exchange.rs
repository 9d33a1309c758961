//! One request and its answer over a connection.

use std::pin::pin;

use futures::future::{Either, select};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, HOST, HeaderMap, LOCATION, USER_AGENT};
use hyper::rt::{Read, Write};
use hyper::{Request, StatusCode};

use super::{End, Silence};
use crate::front::page::MARK;

/// How much of a body is read.
const MOST: usize = 64 << 10;

/// How much room the head of an answer has.
const HEAD: usize = 32 << 10;

/// The head of an answer.
#[derive(Clone, Debug)]
pub struct Head {
    pub status: StatusCode,
    /// Where it redirects to.
    pub location: Option<String>,
    marked: bool,
}

/// Sends `GET path` and returns the answer's head, whether it is one of `pages`, and how its body ended.
/// Calls `seen` with the head as soon as it has come: the body may not come in time.
pub async fn get(
    stream: impl Read + Write + Unpin,
    host: &str,
    path: &str,
    pages: &[String],
    seen: impl Fn(&Head),
) -> Result<(Head, bool, End), Silence> {
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(HEAD).handshake(stream).await.map_err(|error| silence(&error))?;
    let request = Request::get(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("unplug/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "text/html, */*;q=0.5")
        .body(Empty::<Bytes>::new())
        .map_err(|error| Silence::Other(error.to_string()))?;
    let talk = pin!(async {
        let answer = sender.send_request(request).await.map_err(|error| silence(&error))?;
        let head = head(answer.status(), answer.headers());
        seen(&head);
        let (body, end) = read(answer.into_body()).await;
        let page = head.marked || (end == End::Whole && is_page(&body, pages));
        Ok((head, page, end))
    });
    // The connection only moves while it is asked to; what it says of its end, the request says as well.
    match select(talk, pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        Either::Right((_, talk)) => talk.await,
    }
}

fn head(status: StatusCode, headers: &HeaderMap) -> Head {
    let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let location = if status.is_redirection() { text(LOCATION.as_str()) } else { None };
    Head { status, location, marked: text(&format!("x-{MARK}")).as_deref() == Some("1") }
}

fn is_page(body: &[u8], pages: &[String]) -> bool {
    let shipped = format!("<meta name=\"{MARK}\" content=\"1\">");
    pages.iter().any(|page| page.as_bytes() == body) || String::from_utf8_lossy(body).contains(&shipped)
}

/// Reads a body until it ends, breaks off or is too long.
async fn read(mut body: Incoming) -> (Vec<u8>, End) {
    let mut read = vec![];
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return (read, End::Broken) };
        read.extend_from_slice(frame.data_ref().unwrap_or(&Bytes::new()));
        if read.len() > MOST {
            return (read, End::Longer);
        }
    }
    (read, End::Whole)
}

fn silence(error: &hyper::Error) -> Silence {
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return Silence::Closed;
    }
    let why =
        std::error::Error::source(error).map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
    Silence::Other(why)
}
