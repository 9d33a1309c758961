//! Whose credentials are never cut.

use crate::account::Account;
use crate::step::{Case, Reason};

/// Why nothing of this user is cut: a break-glass user of the configuration, or one that may be.
pub(crate) fn break_glass(user: &str, account: &Account, case: &Case) -> Option<Reason> {
    match account.principals.read().and_then(|all| all.users.get(user)) {
        Some(known) => case.config.break_glass(&known.arn).map(|why| format!("{user} is spared: {why}")),
        // A user's path is part of its ARN, and a pattern may name it.
        None if case.config.break_glass.is_empty() => None,
        None => Some(format!("{user} could not be looked up: perhaps a break-glass user")),
    }
}
