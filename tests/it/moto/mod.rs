//! Wire tests: the built binary over real HTTP against moto, an emulator that others wrote.
//!
//! ```text
//!   unplug (the binary) ──> Proxy: delay, count, kill, drop, throttle ──> Moto: a copy of a
//!                                                                         seeded account
//!   dump.py (boto3) ────────────────────────────────────────────────────> the same copy
//! ```
//!
//! What moto lacks and how it says so stands in `docs/moto.md`.

mod access_points;
pub(crate) mod account;
mod actors;
mod apis;
pub(crate) mod binary;
mod block;
mod check;
mod cloudfront;
mod copies;
mod crash;
pub(crate) mod cut;
mod dns;
mod functions;
mod harness;
mod identity;
mod input;
mod lockout;
mod names;
mod network;
mod page;
pub(crate) mod prepare;
pub(crate) mod proxy;
mod regions;
mod request;
mod resend;
pub(crate) mod server;
mod stores;
pub(crate) mod venv;
mod waf;
mod watch;
