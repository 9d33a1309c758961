//! When the roles that go on were changed last: one that nobody named and that was changed lately may be a thief's.
//! One of which that is not known is said as loudly.

use std::collections::{BTreeMap, BTreeSet};

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

/// What is known of the last change of a role.
enum Known<'a> {
    Changed(&'a RoleChange),
    Unchanged,
    /// The reason: some calls were not read, or none.
    Unknown(String),
}

fn known<'a>(account: &'a Account, role: &str) -> Known<'a> {
    let gap = match account.role_changes.item(role) {
        Some(Seen::Read(LastChange { change: Some(change), .. })) => return Known::Changed(change),
        Some(Seen::Read(LastChange { since: Some(since), .. })) => {
            return Known::Unknown(format!("calls before {since} were not all read"));
        }
        Some(Seen::Read(_)) => return Known::Unchanged,
        Some(Seen::Gap(gap)) => Some(gap),
        None => account.role_changes.gap(),
    };
    Known::Unknown(gap.map_or("not asked", |gap| gap.cause.words()).to_owned())
}

/// Says when a principal's role was changed last; nothing of a user.
pub(super) fn words(account: &Account, arn: &str) -> Option<String> {
    Some(match known(account, role(arn)?) {
        Known::Changed(change) => format!("changed last {}", when(change)),
        Known::Unchanged => "not changed in the last 90 days, as far as CloudTrail tells".to_owned(),
        Known::Unknown(why) => format!("when it was changed last is not known ({why})"),
    })
}

fn when(change: &RoleChange) -> String {
    format!("at {} by {} ({})", change.at, change.by, change.name)
}

/// Says before yes which roles go on that nobody named and that were changed in the last 90 days, and of which that is
/// not known.
pub(super) fn say(account: &Account, exempt: &Exemptions, found: &mut Found) {
    let mut changed: Vec<(&str, &RoleChange)> = vec![];
    let mut unknown: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in exempt.unnamed.iter().filter_map(|arn| role(arn)) {
        match known(account, name) {
            Known::Changed(change) => changed.push((name, change)),
            Known::Unchanged => {}
            Known::Unknown(why) => unknown.entry(why).or_default().push(name),
        }
    }
    changed.sort_by(|(_, one), (_, other)| other.at.cmp(&one.at));
    if !changed.is_empty() {
        let words = changed.iter().map(|(name, change)| format!("{name} {}", when(change)));
        found.matters(
            None,
            format!(
                "{} and changed in the last 90 days: {}. {LOOK}",
                go_on(changed.len()),
                first_few(words, SHOWN)
            ),
        );
    }
    for (why, names) in unknown {
        found.matters(
            None,
            format!(
                "{}, and whether somebody changed {} in the last 90 days is not known ({why}): {}. {LOOK}",
                go_on(names.len()),
                if names.len() == 1 { "it" } else { "them" },
                first_few(names, SHOWN)
            ),
        );
    }
}

fn go_on(roles: usize) -> String {
    format!("{} that nobody named {}", count(roles, "role"), if roles == 1 { "goes on" } else { "go on" })
}

const LOOK: &str = "Look at each: a thief may have made it so that it goes on. template = \"everything\" spares none \
     of them";

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
        LastChange { change: Some(change), since: None }
    }

    fn cut_short() -> LastChange {
        LastChange { change: None, since: Some("2026-11-19T00:00:00Z".into()) }
    }

    #[test]
    fn a_role_says_when_it_was_changed_last_and_what_is_not_known_is_not_unchanged() {
        let said = |change| words(&account(change), ARN).unwrap();
        let at = "changed last at 2026-11-20T10:00:00Z by arn:aws:iam::111111111111:user/ci (UpdateAssumeRolePolicy)";
        assert_eq!(said(Seen::Read(changed())), at);
        assert!(said(Seen::Read(LastChange::default())).starts_with("not changed in the last 90 days"));
        assert!(
            said(Seen::Read(cut_short())).contains("calls before 2026-11-19T00:00:00Z were not all read")
        );
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

    #[test]
    fn a_role_of_which_it_is_not_known_is_told_before_yes() {
        let gap = || Gap { cause: Cause::Denied, call: String::new(), detail: String::new() };
        let mut denied = account(Seen::Read(changed()));
        denied.role_changes = Seen::Gap(gap());
        let mut unasked = account(Seen::Read(changed()));
        unasked.role_changes = Seen::Read([].into());
        let mut exempt = Exemptions::default();
        exempt.unnamed.insert(ARN.into());
        for (account, why) in [
            (
                account(Seen::Read(cut_short())),
                "(calls before 2026-11-19T00:00:00Z were not all read): web. Look",
            ),
            (account(Seen::Gap(gap())), "(permission denied): web. Look"),
            (denied, "(permission denied): web. Look"),
            (unasked, "(not asked): web. Look"),
        ] {
            let mut found = Found::default();
            say(&account, &exempt, &mut found);
            assert!(found.findings.len() == 1 && found.findings[0].matters, "{found:?}");
            assert!(found.findings[0].text.contains(why), "{found:?}");
        }
        let mut found = Found::default();
        say(&account(Seen::Read(LastChange::default())), &exempt, &mut found);
        assert!(found.findings.is_empty(), "known to be unchanged");
    }
}
