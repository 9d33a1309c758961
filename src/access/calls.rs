//! What the caller may do, action by action, by the policies that were read: before an incident, for every
//! call that a playbook would make.

use std::collections::BTreeSet;

use super::book::{Book, Entry};
use super::decide::{Decision, Request, decide};
use super::facts::Facts;
use super::may::{Asker, Prepared};
use super::moment::Holding;
use super::powers::Deed;
use super::principal::Principal;
use super::report::Sureness;
use super::source::Asked;
use super::witness;
use super::{arn, doubt::Sure};

/// Whether the caller may send an action. Its texts name things from policies: escape them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    pub action: &'static str,
    /// Perhaps also where it is allowed for some resources alone.
    pub sure: Sureness,
    /// The statement that allows or denies, or why neither does.
    pub because: String,
}

/// What the caller may do with credentials like those it has, as far as its policies and those of the Organization
/// were read. Policies of resources are not asked.
///
/// # Errors
/// Why it is not known, in words: IAM was not read, or the caller is nobody of the account.
pub fn of_caller(facts: &Facts<'_>, actions: &BTreeSet<&'static str>) -> Result<Vec<Right>, String> {
    let book = Book::new(facts).map_err(|gap| format!("users and roles not read: {}", gap.cause.words()))?;
    let caller = &facts.account.caller;
    let (entry, holding) = calling(&book, facts)
        .ok_or_else(|| format!("{} is not among the users and roles of the account", caller.arn))?;
    Ok(rights(facts, &book, (entry, holding), actions))
}

/// The same of whoever assumes a role now.
///
/// # Errors
/// Why it is not known, in words: IAM was not read, or there is no such role.
pub fn of_role(
    facts: &Facts<'_>,
    role: &str,
    actions: &BTreeSet<&'static str>,
) -> Result<Vec<Right>, String> {
    let book = Book::new(facts).map_err(|gap| format!("users and roles not read: {}", gap.cause.words()))?;
    let is_it = |entry: &&Entry| matches!(entry.principal, Principal::Session { .. }) && entry.name == role;
    let entry = book.entries.iter().find(is_it).ok_or_else(|| format!("there is no role {role}"))?;
    Ok(rights(facts, &book, (entry, Holding::NewSession), actions))
}

fn rights(
    facts: &Facts<'_>,
    book: &Book,
    (entry, holding): (&Entry, Holding),
    actions: &BTreeSet<&'static str>,
) -> Vec<Right> {
    let context = book.context(facts, entry, holding);
    let layers = book.layers(entry);
    let right = |action: &&'static str| {
        let asked = Asked::new(action);
        let request =
            Request { principal: &entry.principal, action: &asked, resource: "*", context: &context };
        match decide(&request, &layers) {
            Decision::Allowed(Some(place)) => said(action, Sureness::Yes, format!("allowed by {place}")),
            Decision::Allowed(None) => {
                said(action, Sureness::Yes, "the root user needs no policy".to_owned())
            }
            Decision::Denied(place) => {
                said(action, Sureness::No, format!("denied by {}: {place}", place.layer.words()))
            }
            Decision::Perhaps(doubt) => said(action, Sureness::Perhaps(doubt.to_string()), doubt.to_string()),
            Decision::NotAllowed(layer) => {
                let asker =
                    Asker { book, entry, layers: book.layers(entry), context: &context, regions: &[] };
                let deed = Prepared::new(book, Deed { action, on: "*:*:*:*" });
                let found = asker.may(&deed);
                if found.sure == Sure::No {
                    return said(action, Sureness::No, format!("no statement allows it: {}", layer.words()));
                }
                let some = format!("allowed for some resources, such as {}", witness::shown(&found.on));
                said(action, Sureness::Perhaps(some.clone()), some)
            }
        }
    };
    actions.iter().map(right).collect()
}

fn said(action: &'static str, sure: Sureness, because: String) -> Right {
    Right { action, sure, because }
}

/// The principal that calls, and the kind of its credentials.
fn calling<'b>(book: &'b Book, facts: &Facts<'_>) -> Option<(&'b Entry, Holding)> {
    let (caller, id) = (&facts.account.caller, &facts.account.id);
    if arn::account(&caller.arn) != Some(id) {
        return None;
    }
    book.entries.iter().find_map(|entry| match &entry.principal {
        Principal::Root(_) if caller.is_root() => Some((entry, Holding::Key)),
        Principal::User(arn) if *arn == caller.arn => {
            let session = caller.access_key.as_deref().is_some_and(|key| key.starts_with("ASIA"));
            Some((entry, if session { Holding::NewSession } else { Holding::Key }))
        }
        Principal::Session { .. } if caller.role() == Some(&entry.name) => Some((entry, Holding::NewSession)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Account, Caller, Principals, Role, Seen};

    fn asked(policy: &str, arn: &str) -> Result<Vec<(&'static str, Sureness)>, String> {
        let mut account = Account::unread("123456789012", Caller { arn: arn.into(), ..Caller::default() });
        let role = Role {
            arn: "arn:aws:iam::123456789012:role/teams/responder".into(),
            path: "/teams/".into(),
            trust: r#"{"Statement":[]}"#.into(),
            inline: [("work".to_owned(), policy.to_owned())].into(),
            ..Role::default()
        };
        account.principals = Seen::Read(Principals {
            roles: [("responder".to_owned(), role)].into(),
            ..Principals::default()
        });
        let facts = Facts::of(&account, jiff::Timestamp::UNIX_EPOCH);
        let actions = ["ec2:CreateTags", "iam:PutUserPolicy", "s3:PutBucketPolicy", "ses:SendEmail"];
        let rights = of_caller(&facts, &actions.into())?;
        Ok(rights.into_iter().map(|right| (right.action, right.sure)).collect())
    }

    const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/responder/akari";

    #[test]
    fn a_caller_may_what_its_policies_allow_for_every_resource() {
        let policy = r#"{"Statement":[
            {"Effect":"Allow","Action":["ec2:*","s3:*"],"Resource":"*"},
            {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::kept"},
            {"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::123456789012:user/ops-*"}]}"#;
        let rights = asked(policy, SESSION).unwrap();
        assert_eq!(rights[0], ("ec2:CreateTags", Sureness::Yes));
        assert!(matches!(&rights[1].1, Sureness::Perhaps(why) if why.contains("user/ops-")), "{rights:?}");
        assert_eq!(rights[2], ("s3:PutBucketPolicy", Sureness::Yes), "a deny for one bucket is none");
        assert_eq!(rights[3], ("ses:SendEmail", Sureness::No));
    }

    #[test]
    fn a_condition_that_is_not_known_is_perhaps() {
        let policy = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*",
            "Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}]}"#;
        let rights = asked(policy, SESSION).unwrap();
        assert!(matches!(rights[0].1, Sureness::Perhaps(_)), "{rights:?}");
    }

    #[test]
    fn root_may_everything_and_a_stranger_is_not_known() {
        let rights = asked("{}", "arn:aws:iam::123456789012:root").unwrap();
        assert!(rights.iter().all(|(_, sure)| *sure == Sureness::Yes));
        for stranger in
            ["arn:aws:sts::999999999999:assumed-role/responder/x", "arn:aws:iam::123456789012:user/x"]
        {
            assert!(asked("{}", stranger).unwrap_err().contains("is not among"));
        }
    }
}
