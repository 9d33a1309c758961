//! Which access keys count as leaked.

use crate::account::Account;
use crate::step::{Case, Reason};

/// Why a restore leaves such a key off, after the reason why it counts as leaked.
pub(in crate::steps) const WAY_BACK: &str =
    "stays off after a restore; the way back is unplug restore RUN --reactivate KEY";

/// Why a key counts as leaked.
pub(in crate::steps) fn suspicion(id: &str, user: &str, account: &Account, case: &Case) -> Option<Reason> {
    if let Some(row) = account.exposed_keys.item(id) {
        return Some(match row.location.as_str() {
            "" => format!("AWS found it ({})", row.fraud_type),
            place => format!("AWS found it ({}) at {place}", row.fraud_type),
        });
    }
    if case.scope.keys.contains(id) {
        return Some("named by the operator".into());
    }
    let quarantined = account.principals.read().is_some_and(|all| all.quarantined().contains(user));
    quarantined.then(|| format!("AWS has quarantined {user}"))
}
