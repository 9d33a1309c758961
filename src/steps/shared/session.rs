//! Which keys may stand behind the responder's own role session: without its key a profile cannot
//! renew the session, in a long pull or at the restore.

use crate::access::trust::{ASSUME, IDENTITY_CENTER, Trusted};
use crate::account::{Account, Link, Seen};
use crate::step::Reason;

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
        return Some("your session was made with it; use other credentials to cut it".into());
    }
    let role = account.caller.role().filter(|role| !role.starts_with(IDENTITY_CENTER))?;
    let why = match &account.principals {
        Seen::Gap(gap) => format!("who may assume {role} could not be read ({})", gap.cause.words()),
        Seen::Read(all) => match all.roles.get(role) {
            Some(found) if !lets_in(user, &Trusted::of(&found.trust, &account.id, ASSUME)) => return None,
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
    let others = Trusted::of(trust, &account.id, ASSUME).others.into_iter().collect::<Vec<_>>().join(", ");
    (!others.is_empty()).then(|| {
        format!(
            "your role {role} lets in {others}: if a key of this account began your session through a role \
             there, that key is not spared; name its user under break_glass"
        )
    })
}

/// Whether the session of a role may have been made with a key of this user. The session of another role
/// may be any user's.
fn lets_in(user: &str, trusted: &Trusted) -> bool {
    trusted.everybody.is_some()
        || trusted.account
        || !trusted.roles.is_empty()
        || trusted.users.contains(user)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        for (principal, anna, ben) in [
            (json!({ "AWS": "123456789012" }), true, true),
            (json!("*"), true, true),
            (json!({ "AWS": user }), true, false),
            (json!({ "AWS": [user, "arn:aws:iam::123456789012:role/hop"] }), true, true),
            (json!({ "AWS": "arn:aws:iam::210987654321:root" }), false, false),
            (json!({ "Service": "ec2.amazonaws.com" }), false, false),
            (json!({ "Federated": "arn:aws:iam::123456789012:saml-provider/x" }), false, false),
        ] {
            let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal });
            let trusted =
                Trusted::of(&json!({ "Statement": [statement] }).to_string(), "123456789012", ASSUME);
            assert_eq!((lets_in("anna", &trusted), lets_in("ben", &trusted)), (anna, ben), "{principal}");
        }
    }
}
