//! The one test binary: each further one would link every SDK crate again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::match_same_arms,
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and reads and writes what it likes, and a table of cases is as long as it is"
)]

/// As in the command: the laws make hundreds of thousands of calls.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod adversary;
mod environment;
mod files;
mod front;
mod house;
mod journals;
mod laws;
mod leaves;
mod models;
#[allow(dead_code, reason = "the harness offers more than the tests of the day take")]
mod moto;
mod output;
mod papers;
mod policies;
mod prompts;
mod registry;
mod sandbox;
mod sign_in;

/// Says that a test cannot run on this machine. Where everything must hold (`CI=true`), a test that
/// passes by not running fails.
fn not_run(why: &str) {
    assert!(std::env::var("CI").is_err(), "not run, and CI is set: {why}");
    println!("not run: {why}");
}
