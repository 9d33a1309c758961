//! Parse, run, print the failure, exit with its code.

use std::process::ExitCode;

/// A plan is many small strings: with the system's allocator a rehearsal takes half as long again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    unplug::cli::main()
}
