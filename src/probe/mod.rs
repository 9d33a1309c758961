//! The probe: asks each public name once over HTTPS, from this machine, as a visitor would.
//!
//! ```text
//!  name ─▶ addresses, public ones only ─▶ TLS, certificate checked ─▶ GET / ─▶ 64 KiB of the answer, 10 s in all
//! ```
//!
//! A redirect is followed on the same host and nowhere else. It is a look from one place: a resolver, a
//! cache or an edge elsewhere may still say something else.

mod addresses;
mod certificate;
mod client;
mod exchange;
mod machine;
mod redirect;
#[cfg(test)]
mod tests;
mod words;

use jiff::Timestamp;
use serde::Serialize;

pub use client::Probe;
pub use machine::ThisMachine;
pub use words::{Verdict, verdict, words};

/// What one look at one name found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Look {
    Answers(Answer),
    /// Redirects to another host, which is not asked.
    Redirects {
        status: u16,
        /// Written by the server.
        to: String,
        certificate_until: Option<Timestamp>,
    },
    Silent(Silence),
    BadCertificate(BadCertificate),
    /// The name has no address: what the resolver said.
    NoAddress(String),
    /// Nobody was asked, and why.
    NotAsked(String),
}

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    pub status: u16,
    /// Is it a maintenance page of ours?
    pub page: bool,
    pub end: End,
    pub certificate_until: Option<Timestamp>,
}

/// How the body of an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    Whole,
    /// It is longer than 64 KiB. The rest was not read.
    Longer,
    /// The connection ended before the body did.
    Broken,
    /// The body had not ended after 10 s.
    Late,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Silence {
    /// Nothing came in 10 s.
    Late,
    /// Nobody takes connections there.
    Refused,
    /// The connection was closed without an answer.
    Closed,
    /// Anything else: no route, no TLS, no HTTP.
    Other(String),
}

/// Why a certificate is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BadCertificate {
    Expired(Option<Timestamp>),
    OtherName,
    UnknownIssuer,
    Other(String),
}
