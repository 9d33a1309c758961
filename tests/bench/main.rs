//! Benchmarks, not timed tests: `cargo bench`. What they mean stands in docs/benchmarks.md.
//!
//! Plans are measured twice. On a clock that only calls move, each call takes 50 ms and the program
//! nothing: what passes is the longest chain of dependent calls. Then on the machine's clock, at
//! AWS's rates.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a benchmark measures, prints, and stops when something is wrong"
)]

mod access;
mod accounts;
mod check;
mod exposure;
mod front;
mod plans;
mod rehearsal;

/// As in the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // Each rehearsal runs in a process of its own: memory is counted from nothing.
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        Some(rehearsal::CHILD) => return rehearsal::child(&words.next().unwrap()),
        Some(access::CHILD) => return access::child(&words.next().unwrap()),
        Some(exposure::CHILD) => return exposure::child(&words.next().unwrap()),
        _ => {}
    }
    if cfg!(debug_assertions) {
        println!("A debug build: the rehearsal's seconds mean nothing. Run: cargo bench\n");
    }
    access::print();
    exposure::print();
    plans::print();
    check::print();
    front::print();
    rehearsal::print();
}
