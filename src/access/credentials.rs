//! The credentials of users: whether a user can act at all.

use std::collections::{BTreeMap, HashMap};

use super::doubt::{Doubt, Sure};
use super::facts::Facts;
use crate::account::{AccessKey, ReportRow};

/// The credentials of every user. The keys are sorted by user once: an account has as many keys as users, and a
/// look through all of them for each user takes the square.
pub(super) struct Credentials<'a> {
    report: Option<&'a BTreeMap<String, ReportRow>>,
    /// `None` where the keys were not read.
    keys: Option<HashMap<&'a str, Vec<&'a AccessKey>>>,
    every_key: bool,
}

impl<'a> Credentials<'a> {
    pub fn of(facts: &Facts<'a>) -> Credentials<'a> {
        let keys = facts.account.access_keys.read().map(|all| {
            let mut keys = HashMap::<&str, Vec<&AccessKey>>::new();
            for key in all.values() {
                keys.entry(&key.user).or_default().push(key);
            }
            keys
        });
        Credentials { report: facts.account.credential_report.read(), keys, every_key: facts.every_key }
    }

    /// Whether a user has an active key or a password.
    pub fn active<'b>(&self, user: &str) -> Sure<'b> {
        let unknown = Sure::Perhaps(Doubt::Credentials);
        let row = self.report.and_then(|report| report.get(user));
        let own = self.keys.as_ref().and_then(|keys| keys.get(user)).map_or(&[][..], Vec::as_slice);
        let read = self.keys.is_some() && (self.every_key || !own.is_empty());
        let key = match row {
            _ if read => Sure::from(own.iter().any(|key| key.status == "Active")),
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
    pub fn had_any(&self, user: &str) -> bool {
        let key = self.keys.as_ref().is_none_or(|keys| keys.contains_key(user));
        key || !self.every_key || self.active(user) != Sure::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::survey::tests::{account, now};
    use crate::account::Seen;

    /// The same by a look through all keys.
    fn looked_through(facts: &Facts<'_>, user: &str) -> (bool, bool) {
        let keys: Vec<&AccessKey> =
            facts.account.access_keys.items().map(|(_, key)| key).filter(|key| key.user == user).collect();
        let report = facts.account.credential_report.read();
        let password = report.and_then(|report| report.get(user)).is_some_and(|row| row.password_enabled);
        let active = keys.iter().any(|key| key.status == "Active") || password;
        (active, active || !keys.is_empty())
    }

    #[test]
    fn keys_sorted_by_user_say_what_a_look_through_all_keys_says() {
        let mut account = account();
        let (mut keys, mut report) = (BTreeMap::new(), BTreeMap::new());
        for number in 0..60_usize {
            let user = format!("user-{}", number * 7 % 25);
            let status = if number.is_multiple_of(3) { "Active" } else { "Inactive" };
            let key = AccessKey { user, status: status.into(), last_used: None };
            keys.insert(format!("AKIA{number:016}"), key);
        }
        for number in 0..30_usize {
            let row = ReportRow { password_enabled: number.is_multiple_of(5), ..ReportRow::default() };
            report.insert(format!("user-{number}"), row);
        }
        account.access_keys = Seen::Read(keys);
        account.credential_report = Seen::Read(report);
        let facts = Facts::of(&account, now());
        let credentials = Credentials::of(&facts);
        for number in 0..30 {
            let user = format!("user-{number}");
            let (active, had) = looked_through(&facts, &user);
            assert_eq!(credentials.active(&user), Sure::from(active), "{user}");
            assert_eq!(credentials.had_any(&user), had, "{user}");
        }
    }
}
