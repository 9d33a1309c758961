//! The one test binary: each further one would link every SDK crate again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads and writes what it likes"
)]

mod laws;
mod models;
mod moto;
mod output;
mod papers;
mod prompts;
