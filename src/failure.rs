//! Failures at the edge: what went wrong, how to put it right, and the exit code.

use std::fmt;

/// How the program ended, for scripts. Documented in `unplug --help` and docs/exit-codes.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All that was said was done, and everything could be looked at.
    Done = 0,
    /// It failed before or while working; the message says what is done and what is not.
    Failed = 1,
    /// The command line, a playbook, a plan file or the configuration is wrong. Nothing was cut.
    Usage = 2,
    /// Some of it was done: the rest failed, was skipped, drifted or is unknown.
    Partial = 3,
    /// Everything that could be seen was done; something could not be looked at.
    Gaps = 4,
    /// Not confirmed, or the wrong account: nothing was cut.
    NotConfirmed = 5,
    /// Another run works on the account.
    Locked = 6,
    /// No usable credentials, too few permissions, or AWS does not answer. Nothing was cut.
    NoAccess = 7,
    /// Stopped by Ctrl-C; what was in flight was finished and recorded.
    Interrupted = 130,
}

impl Exit {
    /// Every code with its meaning, for the docs.
    pub const ALL: &'static [(Exit, &'static str)] = &[
        (Exit::Done, "all that was said was done, and everything could be looked at"),
        (Exit::Failed, "failed; the message says what is done and what is not"),
        (
            Exit::Usage,
            "the command line, a playbook, a plan file or the configuration is wrong; nothing was cut",
        ),
        (Exit::Partial, "some of it was done; the rest failed, was skipped, drifted or is unknown"),
        (Exit::Gaps, "everything that could be seen was done; something could not be looked at"),
        (Exit::NotConfirmed, "not confirmed, or the wrong account; nothing was cut"),
        (Exit::Locked, "another run works on the account"),
        (
            Exit::NoAccess,
            "no usable credentials, too few permissions, or AWS does not answer; nothing was cut",
        ),
        (Exit::Interrupted, "stopped by Ctrl-C; what was in flight was finished and recorded"),
    ];

    pub fn code(self) -> u8 {
        self as u8
    }
}

/// A failure as a person sees it. The strings may come from AWS: the view escapes them.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub error: String,
    /// Lines below the error, each about one part of it.
    pub details: Vec<String>,
    /// Commands or policy statements that put it right.
    pub hints: Vec<String>,
}

impl Failure {
    pub fn new(exit: Exit, error: impl fmt::Display) -> Failure {
        Failure { exit, error: error.to_string(), details: vec![], hints: vec![] }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hints.push(hint.into());
        self
    }
}

/// A fault of the input.
pub fn usage(error: impl fmt::Display) -> Failure {
    Failure::new(Exit::Usage, error)
}
