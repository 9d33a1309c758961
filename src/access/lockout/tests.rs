use super::*;
use crate::account::organization::SERVICE_CONTROL;
use crate::account::{
    AccessKey, Caller, Chain, IdentityCenter, Organization, Principals, Role, Seen, SignInInstance, User,
};

const ME: &str = "123456789012";
const ALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const DENY: &str =
    r#"{"Version":"2012-10-17","Statement":{"Sid":"Out","Effect":"Deny","Action":"*","Resource":"*"}}"#;
/// Ends the sessions made before a moment that lies ahead.
const OLDER: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*",
    "Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-11-28T03:00:30Z"}}}}"#;

/// The user and the role that are denied everything.
type Cut<'c> = (Option<&'c str>, Option<&'c str>);

fn now() -> Timestamp {
    "2026-11-28T03:00:00Z".parse().unwrap()
}

fn arn(of: &str) -> String {
    format!("arn:aws:iam::{ME}:{of}")
}

fn session(role: &str) -> String {
    format!("arn:aws:sts::{ME}:assumed-role/{role}/me")
}

/// anna, ben and the role `responder` may do everything; anna's key AKIAANNA may stand behind the role.
fn account(caller: &str, key: Option<&str>, chain: Chain) -> Account {
    let caller = Caller { arn: caller.into(), access_key: key.map(Into::into), chain, ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    let all = || [("own".to_owned(), ALL.to_owned())].into();
    let user = |name: &str| {
        (name.to_owned(), User { arn: arn(&format!("user/{name}")), inline: all(), ..User::default() })
    };
    let role = |name: &str, path: &str, trust: &str| {
        let arn = arn(&format!("role{path}{name}"));
        (name.to_owned(), Role { arn, inline: all(), trust: trust.into(), ..Role::default() })
    };
    let by_anna = format!(
        r#"{{"Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"{}"}}}}}}"#,
        arn("user/anna")
    );
    let saml =
        r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":{"Federated":"x"}}}"#;
    let other =
        r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"210987654321"}}}"#;
    account.principals = Seen::Read(Principals {
        users: [user("anna"), user("ben")].into(),
        roles: [
            role("responder", "/teams/", &by_anna),
            role("partner", "/", other),
            role("AWSReservedSSO_Ops_0a1b", "/aws-reserved/sso.amazonaws.com/", saml),
        ]
        .into(),
        ..Principals::default()
    });
    let key = |user: &str| AccessKey { user: user.into(), status: "Active".into(), last_used: None };
    account.access_keys =
        Seen::Read([("AKIAANNA".into(), key("anna")), ("AKIABEN".into(), key("ben"))].into());
    account.credential_report = Seen::Read(std::collections::BTreeMap::new());
    account
}

fn add(account: &mut Account, user: Option<&str>, role: Option<&str>, text: &str) {
    let all = account.principals.read_mut().unwrap();
    let users = user.and_then(|name| all.users.get_mut(name)).map(|user| &mut user.inline);
    let roles = role.and_then(|name| all.roles.get_mut(name)).map(|role| &mut role.inline);
    for inline in users.into_iter().chain(roles) {
        inline.insert("unplug".into(), text.into());
    }
}

fn actions() -> BTreeSet<&'static str> {
    ["iam:PutUserPolicy", "iam:DeleteUserPolicy", "ec2:CreateTags"].into()
}

fn losses(before: &Account, after: &Account) -> Vec<Loss> {
    let glass = |arn: &str| arn.ends_with("user/ben").then(|| "break_glass has \"ben\"".to_owned());
    lockout([before, after], now(), &glass, &actions()).losses
}

#[test]
fn every_kind_of_caller_is_warned_of_a_deny_on_its_principal_and_by_its_statement() {
    let chain = || Chain {
        links: vec![Link::Key { id: "AKIAANNA".into(), user: None }, Link::Role(arn("role/teams/responder"))],
        whole: true,
    };
    let none = Chain::default;
    let cases: [(String, Option<&str>, Chain, Cut<'_>, &str); 7] = [
        (arn("user/anna"), Some("AKIAANNA"), none(), (Some("anna"), None), "user anna"),
        (arn("user/anna"), Some("ASIA1"), none(), (Some("anna"), None), "user anna"),
        (session("responder"), None, none(), (None, Some("responder")), "role responder"),
        (session("partner"), None, none(), (None, Some("partner")), "role partner"),
        (
            session("AWSReservedSSO_Ops_0a1b"),
            None,
            none(),
            (None, Some("AWSReservedSSO_Ops_0a1b")),
            "role AWSReservedSSO_Ops_0a1b",
        ),
        // The user behind the session, and a break-glass user.
        (session("responder"), None, chain(), (Some("anna"), None), "user anna"),
        (session("partner"), None, none(), (Some("ben"), None), "user ben"),
    ];
    for (caller, key, chain, (user, role), who) in cases {
        let before = account(&caller, key, chain);
        assert_eq!(losses(&before, &before), [], "{caller}");
        let mut after = before.clone();
        add(&mut after, user, role, DENY);
        let found = losses(&before, &after);
        assert_eq!(found.iter().map(|loss| &loss.who).collect::<Vec<_>>(), [who], "{caller}");
        assert!(found[0].because.contains("inline policy unplug of"), "{found:?}");
        assert!(found[0].because.contains("statement 1 (Out)"), "{found:?}");
    }
    // Root is bound by no policy of the account, and nobody else's loss is the responder's.
    for caller in [arn("root"), session("partner")] {
        let before = account(&caller, None, none());
        let mut after = before.clone();
        add(&mut after, Some("anna"), Some("responder"), DENY);
        assert_eq!(losses(&before, &after), []);
    }
}

#[test]
fn a_role_that_caller_and_thief_share_cannot_lose_its_sessions() {
    let before = account(&session("responder"), None, Chain::default());
    let mut after = before.clone();
    add(&mut after, None, Some("responder"), OLDER);
    let found = losses(&before, &after);
    assert_eq!(found.len(), 1);
    assert!(found[0].because.contains("inline policy unplug of role responder"), "{found:?}");
    // A user's key is no session.
    let before = account(&arn("user/anna"), Some("AKIAANNA"), Chain::default());
    let mut after = before.clone();
    add(&mut after, Some("anna"), None, OLDER);
    assert_eq!(losses(&before, &after), []);
}

#[test]
fn a_deny_that_spares_the_callers_user_of_identity_center_is_no_loss() {
    let (spared, role) = ("u-1", "AWSReservedSSO_Ops_0a1b");
    let all_but = |id: &str| {
        format!(
            r#"{{"Statement":{{"Sid":"Out","Effect":"Deny","Action":"*","Resource":"*","Condition":{{
            "StringEquals":{{"aws:PrincipalAccount":"{ME}"}},
            "StringNotEquals":{{"identitystore:userId":["{id}"]}}}}}}}}"#
        )
    };
    let mut before = account(&session(role), None, Chain::default());
    let instance = SignInInstance { caller: Seen::Read(Some(spared.into())), ..SignInInstance::default() };
    let instances = [("arn:aws:sso:::instance/ssoins-1".to_owned(), instance)].into();
    before.identity_center = Seen::Read(IdentityCenter { instances, ..IdentityCenter::default() });
    for (id, lost) in [(spared, 0), ("u-2", 1)] {
        let mut after = before.clone();
        add(&mut after, None, Some(role), &all_but(id));
        assert_eq!(losses(&before, &after).len(), lost, "{id}");
    }
    // Whose id is not known may be denied.
    let mut after = before.clone();
    add(&mut after, None, Some(role), &all_but(spared));
    before.identity_center = Seen::default();
    assert_eq!(losses(&before, &after).len(), 1);
}

#[test]
fn a_key_that_goes_off_and_a_trust_policy_that_is_replaced_are_losses() {
    let chain = Chain {
        links: vec![
            Link::Key { id: "AKIAANNA".into(), user: Some("anna".into()) },
            Link::Role(arn("role/teams/responder")),
        ],
        whole: true,
    };
    let before = account(&session("responder"), Some("ASIA1"), chain);
    let mut after = before.clone();
    after.access_keys.read_mut().unwrap().get_mut("AKIAANNA").unwrap().status = "Inactive".into();
    let who: Vec<String> = losses(&before, &after).into_iter().map(|loss| loss.who).collect();
    assert_eq!(who, ["access key AKIAANNA", "user anna"]);
    let mut after = before.clone();
    let roles = &mut after.principals.read_mut().unwrap().roles;
    roles.get_mut("responder").unwrap().trust = r#"{"Statement":[]}"#.into();
    let found = losses(&before, &after);
    assert!(found.iter().any(|loss| loss.because == "its trust policy would be replaced"), "{found:?}");
}

#[test]
fn what_was_not_read_is_said_and_what_was_lacking_before_is_no_loss() {
    let mut before = account(&arn("user/anna"), Some("AKIAANNA"), Chain::default());
    add(&mut before, Some("anna"), None, DENY);
    assert_eq!(losses(&before, &before), []);
    let none = |_: &str| None;
    let found = lockout([&before, &before], now(), &none, &actions());
    assert_eq!(found.unread, ["policies of the Organization and of resources"]);
    before.organization = Seen::Read(None);
    let found = lockout([&before, &before], now(), &none, &actions());
    assert_eq!(found.unread, ["policies of resources"]);
    before.principals = Seen::default();
    assert_eq!(lockout([&before, &before], now(), &none, &actions()).unread, ["users and roles"]);
}

/// A service control policy that denies everything but to these roles.
fn but(roles: &[&str]) -> Organization {
    let roles: Vec<String> =
        roles.iter().map(|role| format!("\"{}\"", arn(&format!("role/{role}")))).collect();
    let deny = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Sid":"Out","Effect":"Deny","Action":"*","Resource":"*",
        "Condition":{{"ArnNotLike":{{"aws:PrincipalArn":[{}]}}}}}}}}"#,
        roles.join(",")
    );
    Organization::of(SERVICE_CONTROL, &[("r-1", &[("all", ALL)]), (ME, &[("all", ALL), ("deny", &deny)])])
}

#[test]
fn a_policy_of_the_organization_locks_out_whom_it_does_not_spare() {
    let mut before = account(&session("responder"), None, Chain::default());
    before.organization = Seen::Read(Some(Organization::of(SERVICE_CONTROL, &[("r-1", &[("all", ALL)])])));
    let after = |organization: Organization| Account {
        organization: Seen::Read(Some(organization)),
        ..before.clone()
    };
    let found = losses(&before, &after(but(&["other"])));
    let who: Vec<&str> = found.iter().map(|loss| loss.who.as_str()).collect();
    assert_eq!(who, ["user ben", "role responder"], "{found:?}");
    assert!(found.iter().all(|loss| loss.because.contains("Out")), "{found:?}");
    let spared = losses(&before, &after(but(&["teams/responder"])));
    assert_eq!(spared.iter().map(|loss| loss.who.as_str()).collect::<Vec<_>>(), ["user ben"]);
    // It does not bind the management account.
    let management = Organization { management: true, ..but(&["other"]) };
    assert_eq!(losses(&before, &after(management)), []);
}
