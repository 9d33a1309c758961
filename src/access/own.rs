//! What users may do by their own policies and those of their groups, whenever they ask and with whatever
//! credentials.
//!
//! A role that a user can assume is left out: a deny on the user does not bind the role's session.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::across::across;
use super::book::{Book, Entry};
use super::context::Value;
use super::doubt::Sure;
use super::facts::Facts;
use super::may::{Asker, Found, Prepared, rank};
use super::moment::Holding;
use super::policy::Effect;
use super::powers::Power;
use super::principal::{Named, Principal};
use super::report::Sureness;
use super::source::Body;
use crate::account::{Account, Gap};

/// What a user's own policies say of a power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRight {
    pub sure: Sureness,
    /// A policy allows an action of the power, or may: denies, boundary and conditions apart. A cut does not
    /// change it.
    pub granted: bool,
    /// Whatever is allowed to the user begins as the power's actions do, as far as policies were read, and
    /// no role's trust policy names the user. A cut does not change it.
    pub nothing_else: bool,
}

/// Every user by name, and whether its own policies give it a power. `beginning`: that of the power's
/// actions, in lower case.
///
/// # Errors
/// A gap where IAM was not read.
pub fn own_rights(
    account: &Account,
    power: Power,
    beginning: &str,
) -> Result<BTreeMap<String, OwnRight>, Gap> {
    // The answer must not depend on sections that a step does not need.
    let facts = Facts::without_resources(account, Timestamp::UNIX_EPOCH);
    let book = Book::new(&facts)?;
    let regions: Vec<String> = account.enabled_regions.read().into_iter().flatten().cloned().collect();
    let deeds: Vec<Prepared> = power.deeds().iter().map(|deed| Prepared::new(&book, *deed)).collect();
    let named = named_elsewhere(&book);
    let rights = across(book.entries.len(), |number| {
        let entry = &book.entries[number];
        let Principal::User(arn) = &entry.principal else { return None };
        let sure = match best(&book, &facts, entry, &regions, &deeds, power).sure {
            Sure::No => Sureness::No,
            Sure::Yes => Sureness::Yes,
            Sure::Perhaps(doubt) => Sureness::Perhaps(doubt.to_string()),
        };
        let alone = named.as_ref().is_some_and(|named| !named.contains(arn));
        let nothing_else = alone && allows_only(&book, entry, beginning);
        let granted = is_granted(&book, entry, &deeds);
        Some((entry.name.clone(), OwnRight { sure, granted, nothing_else }))
    });
    Ok(rights.into_iter().flatten().collect())
}

/// The best answer, over the credentials with which a user may come and over all times.
fn best<'b>(
    book: &'b Book,
    facts: &Facts<'_>,
    entry: &'b Entry,
    regions: &[String],
    deeds: &'b [Prepared],
    power: Power,
) -> Found<'b> {
    let all = [Holding::Key, Holding::NewSession, Holding::EarlierSession];
    let holdings = if entry.credentials_matter { &all[..] } else { &all[..1] };
    let mut best = Found::none();
    for holding in holdings {
        let mut context = book.context(facts, entry, *holding);
        for key in ["aws:CurrentTime", "aws:EpochTime"] {
            context.set(key, Value::Unknown);
        }
        if *holding != Holding::Key {
            context.set("aws:TokenIssueTime", Value::Unknown);
        }
        let asker = Asker { book, entry, layers: book.layers(entry), context: &context, regions };
        let found = asker.power(deeds, power);
        if rank(found.sure) > rank(best.sure) {
            best = found;
        }
    }
    best
}

/// Whether a policy of a user allows one of the deeds, whatever its conditions, or may.
fn is_granted(book: &Book, entry: &Entry, deeds: &[Prepared]) -> bool {
    entry.identity.iter().any(|(id, _)| match book.library.get(*id).map(|source| &source.body) {
        Some(Body::Read(indexed)) => deeds.iter().any(|deed| {
            let covering = indexed.covering(&deed.asked());
            let mut all = covering.iter().filter_map(|n| indexed.policy.statements.get(usize::from(*n)));
            all.any(|statement| statement.effect != Effect::Deny)
        }),
        Some(Body::Unread(_)) | None => true,
    })
}

/// Whether there are policies of a user, and every allow of them names actions of this beginning alone.
fn allows_only(book: &Book, entry: &Entry, beginning: &str) -> bool {
    !entry.identity.is_empty()
        && entry.identity.iter().all(|(id, _)| match book.library.get(*id).map(|source| &source.body) {
            Some(Body::Read(indexed)) => {
                let mut allows = indexed.policy.statements.iter().filter(|one| one.effect != Effect::Deny);
                allows.all(|statement| {
                    statement.actions.as_ref().is_some_and(|actions| {
                        let begins = |start: Vec<u8>| start.starts_with(beginning.as_bytes());
                        !actions.not && actions.patterns.iter().all(|pattern| begins(pattern.start()))
                    })
                })
            }
            Some(Body::Unread(_)) | None => false,
        })
}

/// The principals that trust policies name; `None` where one names everybody, or could not be read.
fn named_elsewhere(book: &Book) -> Option<BTreeSet<String>> {
    let trusts = book.entries.iter().filter_map(|entry| entry.trust);
    let mut found = BTreeSet::new();
    for id in trusts {
        let statements = &book.library.get(id)?.policy()?.statements;
        for principals in statements.iter().filter(|one| one.effect != Effect::Deny).map(|s| &s.principals) {
            let principals = principals.as_ref().filter(|principals| !principals.not)?;
            for named in &principals.list {
                match named {
                    Named::Arn(arn) => {
                        found.insert(arn.clone());
                    }
                    Named::Everybody | Named::Unclear(_) => return None,
                    // The whole account: a user's own policies must allow besides.
                    Named::Account(_)
                    | Named::Service(_)
                    | Named::Federated(_)
                    | Named::CanonicalUser(_)
                    | Named::Deleted(_) => {}
                }
            }
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Caller, IamGroup, Principals, Role, Seen, User};

    const SEND: &str = r#"{"Statement":[{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*"}]}"#;
    const ALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    const READ: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
    const NO_MAIL: &str = r#"{"Statement":{"Effect":"Deny","Action":"ses:Send*","Resource":"*"}}"#;

    fn account(users: Vec<(&str, User)>) -> Account {
        let mut account = Account::unread("123456789012", Caller::default());
        let with_arn = |(name, user): (&str, User)| {
            (name.to_owned(), User { arn: format!("arn:aws:iam::123456789012:user/{name}"), ..user })
        };
        let mut all =
            Principals { users: users.into_iter().map(with_arn).collect(), ..Principals::default() };
        let group = IamGroup { inline: inline(&[SEND]), ..IamGroup::default() };
        all.groups.insert("senders".into(), group);
        account.principals = Seen::Read(all);
        account
    }

    fn inline(texts: &[&str]) -> BTreeMap<String, String> {
        texts.iter().enumerate().map(|(number, text)| (format!("p{number}"), (*text).to_owned())).collect()
    }

    fn user(texts: &[&str]) -> User {
        User { inline: inline(texts), ..User::default() }
    }

    fn found(account: &Account) -> BTreeMap<String, OwnRight> {
        let mut all = own_rights(account, Power::SendMail, "ses:send").unwrap();
        all.retain(|_, right| !right.sure.is_no());
        all
    }

    #[test]
    fn a_right_comes_from_the_users_policies_its_groups_and_within_its_boundary() {
        let grouped = User { groups: ["senders".to_owned()].into(), ..User::default() };
        let boundary = Some("arn:aws:iam::123456789012:policy/read".to_owned());
        let bounded = User { boundary, ..user(&[ALL]) };
        let mut account = account(vec![
            ("smtp", user(&[SEND])),
            ("grouped", grouped),
            ("admin", user(&[ALL])),
            ("reader", user(&[READ])),
            ("denied", user(&[ALL, NO_MAIL])),
            ("bounded", bounded),
        ]);
        let policies = &mut account.principals.read_mut().unwrap().policies;
        policies.insert("arn:aws:iam::123456789012:policy/read".into(), READ.into());
        let found = found(&account);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["admin", "grouped", "smtp"]);
        let all = own_rights(&account, Power::SendMail, "ses:send").unwrap();
        let granted: Vec<&str> =
            all.iter().filter(|(_, right)| right.granted).map(|(name, _)| name.as_str()).collect();
        assert_eq!(granted, ["admin", "bounded", "denied", "grouped", "smtp"]);
        assert!(found["smtp"].nothing_else && found["grouped"].nothing_else && !found["admin"].nothing_else);
    }

    #[test]
    fn what_is_not_known_is_perhaps_and_never_nothing_else() {
        let attached = ["arn:aws:iam::aws:policy/NotRead".to_owned()].into();
        let timed = r#"{"Statement":[{"Effect":"Allow","Action":"ses:*","Resource":"*",
            "Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}}]}"#;
        let account = account(vec![("unread", User { attached, ..user(&[]) }), ("timed", user(&[timed]))]);
        let found = found(&account);
        for name in ["unread", "timed"] {
            assert!(matches!(found[name].sure, Sureness::Perhaps(_)), "{name}");
            assert!(!found[name].nothing_else, "{name}");
        }
    }

    #[test]
    fn whom_a_role_lets_in_may_do_more() {
        let mut account = account(vec![("smtp", user(&[SEND]))]);
        let trust = r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
            "Principal":{"AWS":"arn:aws:iam::123456789012:user/smtp"}}]}"#;
        let role =
            Role { arn: "arn:aws:iam::123456789012:role/r".into(), trust: trust.into(), ..Role::default() };
        account.principals.read_mut().unwrap().roles.insert("r".into(), role);
        assert!(!found(&account)["smtp"].nothing_else);
    }

    #[test]
    fn without_principals_there_is_a_gap() {
        let account = Account::unread("123456789012", Caller::default());
        assert!(own_rights(&account, Power::SendMail, "ses:send").is_err());
    }
}
