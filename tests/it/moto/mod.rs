//! Wire tests: the built binary over real HTTP against moto, an emulator that others wrote.
//!
//! ```text
//!   unplug (the binary) ──> Proxy: delay, count, kill, drop, throttle ──> Moto: a copy of a
//!                                                                         seeded account
//!   dump.py (boto3) ────────────────────────────────────────────────────> the same copy
//! ```
//!
//! What moto lacks and how it says so stands in `docs/moto.md`.

pub(crate) mod account;
pub(crate) mod binary;
mod copies;
mod crash;
pub(crate) mod cut;
mod harness;
mod identity;
mod input;
mod lockout;
mod names;
mod network;
pub(crate) mod proxy;
mod regions;
mod request;
mod resend;
pub(crate) mod server;
pub(crate) mod venv;
mod watch;
