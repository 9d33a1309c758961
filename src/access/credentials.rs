//! The credentials of users: whether a user can act at all.

use super::doubt::{Doubt, Sure};
use super::facts::Facts;

/// Whether a user has an active key or a password.
pub(super) fn of<'b>(facts: &Facts<'_>, user: &str) -> Sure<'b> {
    let unknown = Sure::Perhaps(Doubt::Credentials);
    let row = facts.account.credential_report.read().and_then(|report| report.get(user));
    let mut keys = facts.account.access_keys.items().filter(|(_, key)| key.user == user).peekable();
    let read = facts.account.access_keys.read().is_some() && (facts.every_key || keys.peek().is_some());
    let key = match row {
        _ if read => Sure::from(keys.any(|(_, key)| key.status == "Active")),
        Some(row) if !row.active_keys_since.is_empty() => Sure::Yes,
        // The report is up to four hours old: a key may be newer.
        _ => unknown,
    };
    let password = match row {
        Some(row) => Sure::from(row.password_enabled),
        // The report is up to four hours old: a user may be newer.
        None => unknown,
    };
    key.or(password)
}

/// Whether a user had credentials with which an earlier session may have been made.
pub(super) fn had_any(facts: &Facts<'_>, user: &str) -> bool {
    let key = facts.account.access_keys.read().is_none_or(|keys| keys.values().any(|key| key.user == user));
    key || !facts.every_key || of(facts, user) != Sure::No
}
