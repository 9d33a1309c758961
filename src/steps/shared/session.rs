//! Which keys may stand behind the responder's own role session: without its key a profile cannot
//! renew the session, in a long pull or at the restore.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::account::{Account, Link, Seen};
use crate::step::Reason;

/// Roles that Identity Center makes: people come in through it, without a key.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html>
const IDENTITY_CENTER: &str = "AWSReservedSSO_";

/// The users of this account from whose keys a session of a role may have been made.
#[derive(Debug, PartialEq, Eq)]
enum Sources {
    These(BTreeSet<String>),
    Any,
}

/// Why a user is the responder: it calls, or its key is known to have made the caller's session.
pub(in crate::steps) fn of_user(user: &str, account: &Account) -> Option<Reason> {
    if account.caller.user() == Some(user) {
        return Some("it is you: unplug does not cut the rights of its caller".into());
    }
    let made = |link: &Link| matches!(link, Link::Key { user: Some(owner), .. } if owner == user);
    account
        .caller
        .chain
        .links
        .iter()
        .any(made)
        .then(|| "your session was made with a key of this user".into())
}

/// Why a key must be taken for the one behind the caller's role session; `None` when the role's trust
/// policy rules it out.
pub(in crate::steps) fn behind(id: &str, user: &str, account: &Account) -> Option<Reason> {
    let made = |link: &Link| matches!(link, Link::Key { id: key, .. } if key == id);
    if account.caller.chain.links.iter().any(made) {
        return Some("your session was made with it. Name it with --key to cut it".into());
    }
    let role = account.caller.role().filter(|role| !role.starts_with(IDENTITY_CENTER))?;
    let why = match &account.principals {
        Seen::Gap(gap) => format!("who may assume {role} could not be read ({})", gap.cause.words()),
        Seen::Read(all) => match all.roles.get(role).map(|role| sources(&role.trust, &account.id)) {
            Some(Sources::These(users)) if !users.contains(user) => return None,
            Some(_) => format!("{role} lets {user} in"),
            None => format!("{role} is not among the roles"),
        },
    };
    let used = account.access_keys.item(id).and_then(|key| key.last_used.as_ref());
    let used = used.map(|used| format!(", last used {used}")).unwrap_or_default();
    Some(format!(
        "your session of role {role} may have been made from it: {why}{used}. Name it with --key to cut it"
    ))
}

/// What is not known of the keys behind the caller's role session: a role that lets another account in
/// may have been entered by a role of that account, and that one with a key of this account.
pub(in crate::steps) fn detour(account: &Account) -> Option<String> {
    let role = account.caller.role().filter(|role| !role.starts_with(IDENTITY_CENTER))?;
    let trust = &account.principals.read()?.roles.get(role)?.trust;
    let policy: Value = serde_json::from_str(trust).ok()?;
    let mut others = BTreeSet::new();
    for statement in many(&policy["Statement"]).filter(|statement| statement["Effect"] != "Deny") {
        for name in many(&statement["Principal"]["AWS"]).filter_map(Value::as_str) {
            let of = name.split(':').nth(4).unwrap_or(name);
            if of.len() == 12 && of.bytes().all(|digit| digit.is_ascii_digit()) && of != account.id {
                others.insert(of.to_owned());
            }
        }
    }
    let others = others.into_iter().collect::<Vec<_>>().join(", ");
    (!others.is_empty()).then(|| {
        format!(
            "your role {role} lets in {others}: if a key of this account began your session through a role \
             there, that key is not spared; name its user under break_glass"
        )
    })
}

/// Who of this account a trust policy lets assume its role. Conditions are taken as met.
fn sources(trust: &str, account: &str) -> Sources {
    let Ok(policy) = serde_json::from_str::<Value>(trust) else { return Sources::Any };
    let mut users = BTreeSet::new();
    for statement in many(&policy["Statement"]).filter(|statement| statement["Effect"] != "Deny") {
        if !many(&statement["Action"]).any(assumes) && statement.get("NotAction").is_none() {
            continue;
        }
        let principal = &statement["Principal"];
        if principal == "*" || statement.get("NotPrincipal").is_some() {
            return Sources::Any;
        }
        for name in many(&principal["AWS"]) {
            match source(name.as_str().unwrap_or("*"), account) {
                Some(Source::User(user)) => {
                    users.insert(user.to_owned());
                }
                Some(Source::Any) => return Sources::Any,
                None => {}
            }
        }
    }
    Sources::These(users)
}

enum Source<'a> {
    User(&'a str),
    Any,
}

/// A principal of a trust policy: a user of this account, anybody of it, or nobody of it.
fn source<'a>(name: &'a str, account: &str) -> Option<Source<'a>> {
    if name == "*" || name == account {
        return Some(Source::Any);
    }
    let mut parts = name.splitn(6, ':');
    let (of, rest) = (parts.nth(4)?, parts.next()?);
    match rest.split_once('/') {
        _ if of != account => None,
        Some(("user", path)) => path.rsplit('/').next().map(Source::User),
        // The whole account; or another role, whose session may be any user's.
        _ => Some(Source::Any),
    }
}

fn assumes(action: &Value) -> bool {
    let action = action.as_str().unwrap_or("*").to_lowercase();
    // Federated sessions are made by other actions, and without a key.
    let (head, wild) = action.split_once('*').map_or((&*action, false), |(head, _)| (head, true));
    head == "sts:assumerole" || wild && "sts:assumerole".starts_with(head)
}

/// One or several: policies write both.
fn many(value: &Value) -> impl Iterator<Item = &Value> {
    let list = value.as_array().map(Vec::as_slice);
    list.unwrap_or(std::slice::from_ref(value)).iter().filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(principal: &Value) -> Sources {
        let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal });
        sources(&json!({ "Statement": [statement] }).to_string(), "123456789012")
    }

    fn these(users: &[&str]) -> Sources {
        Sources::These(users.iter().map(|user| (*user).to_owned()).collect())
    }

    #[test]
    fn a_role_that_lets_another_account_in_is_said_to_hide_a_key() {
        use crate::account::{Caller, Principals, Role};
        let with = |of: &str| {
            let arn = "arn:aws:sts::123456789012:assumed-role/responder/anna".to_owned();
            let caller = Caller { arn, user_id: "AROA1:anna".into(), ..Caller::default() };
            let mut account = Account::unread("123456789012", caller);
            let allow = json!({
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": { "AWS": format!("arn:aws:iam::{of}:role/hub") },
            });
            let trust = json!({ "Statement": [allow] }).to_string();
            let role = Role { trust, ..Role::default() };
            let roles = [("responder".to_owned(), role)].into();
            account.principals = Seen::Read(Principals { roles, ..Principals::default() });
            detour(&account)
        };
        let said = with("210987654321").unwrap();
        assert!(said.contains("lets in 210987654321") && said.contains("break_glass"), "{said}");
        assert_eq!(with("123456789012"), None);
    }

    #[test]
    fn a_trust_policy_says_whose_keys_may_stand_behind_a_session() {
        let user = "arn:aws:iam::123456789012:user/people/anna";
        for (principal, expected) in [
            (json!({ "AWS": "arn:aws:iam::123456789012:root" }), Sources::Any),
            (json!({ "AWS": "123456789012" }), Sources::Any),
            (json!("*"), Sources::Any),
            (json!({ "AWS": user }), these(&["anna"])),
            (json!({ "AWS": [user, "arn:aws:iam::123456789012:role/hop"] }), Sources::Any),
            (json!({ "AWS": "arn:aws:iam::210987654321:root" }), these(&[])),
            (json!({ "Service": "ec2.amazonaws.com" }), these(&[])),
            (json!({ "Federated": "arn:aws:iam::123456789012:saml-provider/x" }), these(&[])),
        ] {
            assert_eq!(of(&principal), expected, "{principal}");
        }
        assert_eq!(sources("no JSON", "123456789012"), Sources::Any);
        let other =
            json!({ "Statement": { "Effect": "Allow", "Action": ["sts:TagSession"], "Principal": "*" } });
        assert_eq!(sources(&other.to_string(), "123456789012"), these(&[]));
        let all =
            json!({ "Statement": { "Effect": "Allow", "Action": "sts:*", "Principal": { "AWS": user } } });
        assert_eq!(sources(&all.to_string(), "123456789012"), these(&["anna"]));
    }
}
