//! When the roles that go on were changed last: one that nobody named and that was changed lately may be a thief's.

use std::collections::BTreeSet;

use super::exempt::{Exemptions, exemptions};
use super::findings::bindable;
use crate::account::{Account, LastChange, RoleChange, Seen};
use crate::step::{Case, Found, count, first_few};

/// The roles of this account that go on, by name: whose changes to ask CloudTrail about. None where no policy can
/// bind the account.
pub(super) fn asked(account: &Account, case: &Case) -> BTreeSet<String> {
    if bindable(account, &mut Found::default()).is_none() {
        return BTreeSet::new();
    }
    let exempt = exemptions(account, case);
    exempt.own.keys().filter_map(|arn| role(arn)).map(str::to_owned).collect()
}

/// The name of a role, by its ARN; `None` for a user.
fn role(arn: &str) -> Option<&str> {
    let (_, path) = arn.split_once(":role/")?;
    path.rsplit('/').next()
}

fn last<'a>(account: &'a Account, arn: &str) -> Option<&'a LastChange> {
    account.role_changes.item(role(arn)?)?.read()
}

/// Says when a principal's role was changed last; nothing of a user.
pub(super) fn words(account: &Account, arn: &str) -> Option<String> {
    let name = role(arn)?;
    let said = match account.role_changes.item(name) {
        Some(Seen::Read(LastChange { change: Some(change), .. })) => {
            format!("changed last {}", when(change))
        }
        Some(Seen::Read(LastChange { cut_short: true, .. })) => {
            "its newest events are no changes, and older ones were not read".to_owned()
        }
        Some(Seen::Read(_)) => "not changed in the last 90 days, as far as CloudTrail tells".to_owned(),
        Some(Seen::Gap(gap)) => unknown(gap.cause.words()),
        None => unknown(account.role_changes.gap().map_or("not asked", |gap| gap.cause.words())),
    };
    Some(said)
}

fn unknown(why: &str) -> String {
    format!("when it was changed last is not known ({why})")
}

fn when(change: &RoleChange) -> String {
    format!("at {} by {} ({})", change.at, change.by, change.name)
}

/// Says before yes which roles go on that nobody named and that were changed in the last 90 days.
pub(super) fn say(account: &Account, exempt: &Exemptions, found: &mut Found) {
    let changed = exempt.unnamed.iter().filter_map(|arn| {
        let change = last(account, arn)?.change.as_ref()?;
        Some((role(arn)?, change))
    });
    let mut changed: Vec<(&str, &RoleChange)> = changed.collect();
    changed.sort_by(|(_, one), (_, other)| other.at.cmp(&one.at));
    if changed.is_empty() {
        return;
    }
    let words = changed.iter().map(|(name, change)| format!("{name} {}", when(change)));
    found.matters(
        None,
        format!(
            "{} that nobody named {} and changed in the last 90 days: {}. Look at each: a thief may have made it so \
             that it goes on. template = \"everything\" spares none of them",
            count(changed.len(), "role"),
            if changed.len() == 1 { "goes on" } else { "go on" },
            first_few(words, SHOWN)
        ),
    );
}

const SHOWN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Caller, Cause, Gap};

    const ARN: &str = "arn:aws:iam::111111111111:role/jobs/web";

    fn account(change: Seen<LastChange>) -> Account {
        let mut account = Account::unread("111111111111", Caller::default());
        account.role_changes = Seen::Read([("web".to_owned(), change)].into());
        account
    }

    fn changed() -> LastChange {
        let change = RoleChange {
            name: "UpdateAssumeRolePolicy".into(),
            at: "2026-11-20T10:00:00Z".into(),
            by: "arn:aws:iam::111111111111:user/ci".into(),
        };
        LastChange { change: Some(change), cut_short: false }
    }

    #[test]
    fn a_role_says_when_it_was_changed_last_and_what_is_not_known_is_not_unchanged() {
        let said = |change| words(&account(change), ARN).unwrap();
        let at = "changed last at 2026-11-20T10:00:00Z by arn:aws:iam::111111111111:user/ci (UpdateAssumeRolePolicy)";
        assert_eq!(said(Seen::Read(changed())), at);
        assert!(said(Seen::Read(LastChange::default())).starts_with("not changed in the last 90 days"));
        let more = LastChange { cut_short: true, ..LastChange::default() };
        assert!(said(Seen::Read(more)).contains("older ones were not read"));
        let gap = Gap { cause: Cause::Denied, call: String::new(), detail: String::new() };
        assert!(said(Seen::Gap(gap.clone())).contains("not known (permission denied)"));
        let mut unread = account(Seen::Read(changed()));
        unread.role_changes = Seen::Gap(gap);
        assert!(words(&unread, ARN).unwrap().contains("not known (permission denied)"));
        assert_eq!(words(&unread, "arn:aws:iam::111111111111:user/web"), None);
    }

    #[test]
    fn a_role_that_nobody_named_and_that_was_changed_lately_is_told_before_yes() {
        let account = account(Seen::Read(changed()));
        let mut exempt = Exemptions::default();
        exempt.own.insert(ARN.into(), "only services assume it".into());
        let mut found = Found::default();
        say(&account, &exempt, &mut found);
        assert!(found.findings.is_empty(), "somebody named it");
        exempt.unnamed.insert(ARN.into());
        say(&account, &exempt, &mut found);
        assert!(found.findings[0].matters);
        assert!(
            found.findings[0].text.starts_with("1 role that nobody named goes on and changed"),
            "{found:?}"
        );
    }
}
