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

/// Why an access key must not be cut.
pub(crate) fn key(id: &str, user: &str, account: &Account, case: &Case) -> Option<Reason> {
    let caller = &account.caller;
    let signing = caller.access_key.as_deref();
    if signing == Some(id) {
        return Some("it signs unplug's own calls; use other credentials to cut it".into());
    }
    // A session's key (ASIA…) does not say from which long-term key it was made.
    if caller.user() == Some(user) && !signing.is_some_and(|key| key.starts_with("AKIA")) {
        return Some("it is yours, and it cannot be proved that it is not the one in use".into());
    }
    let principals = account.principals.read();
    if caller.user().is_some_and(|me| principals.is_some_and(|all| all.quarantined().contains(me))) {
        return Some(
            "AWS has quarantined you: the quarantine denies this call; use other credentials".into(),
        );
    }
    break_glass(user, account, case)
}
