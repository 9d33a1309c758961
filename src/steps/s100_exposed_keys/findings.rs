//! What there is to say about keys, for a person: nothing is cut for it.

use std::collections::BTreeSet;

use crate::account::{AccessKey, Account};
use crate::step::{Case, Found};
use crate::steps::shared::leaked::suspicion;

/// What no API repairs: the root user.
pub(super) fn root(account: &Account, found: &mut Found) {
    let Some(summary) = account.account_summary.read() else { return };
    if summary.root_mfa {
        found.fine(None, "root has MFA");
    } else {
        found.matters(None, "root has no MFA: no API turns it on; sign in as root");
    }
    if summary.root_access_keys {
        found.matters(None, "root has an access key: sign in as root and delete it");
    }
    if summary.root_signing_certificates {
        found.matters(None, "root has a signing certificate: sign in as root and delete it");
    }
}

/// Keys that are suspect and cannot be cut, and how the others were used last.
pub(super) fn leaks(account: &Account, case: &Case, found: &mut Found) {
    let keys = account.access_keys.read();
    let gone = |id: &str| keys.is_some_and(|keys| !keys.contains_key(id));
    for (id, row) in account.exposed_keys.items() {
        let root = row.user.is_empty() || row.user.to_lowercase().contains("root");
        if gone(id) && root {
            found.matters(None, format!("{id} of root is exposed: sign in as root and delete it"));
        } else if gone(id) {
            let text = format!("{id} of {} is exposed and no key of that user any more", row.user);
            found.matters(None, text);
        }
    }
    for id in case.scope.keys.iter().filter(|id| gone(id)) {
        // Without the list of users a refusal to look the key up proves nothing.
        let text = match account.principals.read() {
            Some(_) => format!("{id} was named and is no key of this account"),
            None => format!("{id} was named and not found: the users could not be listed"),
        };
        found.matters(None, text);
    }
    for user in account.principals.read().map(|all| all.quarantined()).unwrap_or_default() {
        let text =
            format!("{user} is quarantined by AWS: still dangerous, and the policy must stay attached");
        found.matters(None, text);
    }
    for (id, key) in account.access_keys.items() {
        if let (Some(_), Some(used)) = (suspicion(id, &key.user, account, case), last_use(key)) {
            found.note(None, format!("{id} of {} was last used {used}", key.user));
        }
    }
    if account.exposed_keys.read().is_some_and(std::collections::BTreeMap::is_empty) {
        found.fine(None, "Trusted Advisor knows of no exposed key, which proves nothing");
    }
}

/// When, in which Region and for which service a key was last used. AWS is some hours late, and says
/// `N/A` where it does not know.
fn last_use(key: &AccessKey) -> Option<String> {
    let mut words = key.last_used.as_deref()?.split(' ');
    let (date, service, region) = (words.next()?, words.next()?, words.next()?);
    let place = if region == "N/A" { String::new() } else { format!(" in {region}") };
    Some(format!("{date} for {service}{place}"))
}

/// The report, for a person: how many active keys there are, and which is the oldest.
pub(super) fn old_keys(account: &Account, found: &mut Found) {
    let Some(rows) = account.credential_report.read() else { return };
    let keys: BTreeSet<(&str, &str)> = rows
        .iter()
        .flat_map(|(user, row)| {
            row.active_keys_since.iter().map(move |since| (since.as_str(), user.as_str()))
        })
        .collect();
    if let Some((since, user)) = keys.first() {
        let count = rows.values().map(|row| row.active_keys_since.len()).sum::<usize>();
        let date = since.split('T').next().unwrap_or(since);
        let text = format!(
            "credential report (up to 4 h old): active keys: {count}, the oldest of {user} since {date}"
        );
        found.note(None, text);
    }
    let bare = rows.values().filter(|row| row.password_enabled && !row.mfa_active).count();
    if bare > 0 {
        found.note(None, format!("credential report: users with a password and no MFA: {bare}"));
    }
}
