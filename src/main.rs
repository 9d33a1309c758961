//! Parse, run, print the failure, exit with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    unplug::cli::main()
}
