//! The credentials of users: whether a user can act at all.

use super::doubt::{Doubt, Sure};
use super::facts::Facts;

/// Whether a user has an active key or a password.
pub(super) fn of<'b>(facts: &Facts<'_>, user: &str) -> Sure<'b> {
    let unknown = Sure::Perhaps(Doubt::Credentials);
    let key = match facts.account.access_keys.read() {
        Some(keys) => Sure::from(keys.values().any(|key| key.user == user && key.status == "Active")),
        None => unknown,
    };
    let password = match facts.account.credential_report.read().and_then(|report| report.get(user)) {
        Some(row) => Sure::from(row.password_enabled),
        // The report is up to four hours old: a user may be newer.
        None => unknown,
    };
    key.or(password)
}

/// Whether a user had credentials with which an earlier session may have been made.
pub(super) fn had_any(facts: &Facts<'_>, user: &str) -> bool {
    let key = facts.account.access_keys.read().is_none_or(|keys| keys.values().any(|key| key.user == user));
    key || of(facts, user) != Sure::No
}
