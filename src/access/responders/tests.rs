use super::*;
use crate::account::{Caller, Chain};

const ME: &str = "123456789012";

fn arn(of: &str) -> String {
    format!("arn:aws:iam::{ME}:{of}")
}

/// Three users and three roles: anna may enter `responder`, which may be entered by `hop` too; ben may
/// assume roles; carl may read.
fn account(caller: &str, chain: Chain) -> Account {
    let caller = Caller { arn: caller.into(), chain, ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    let allow = |action: &str| {
        let text = format!(r#"{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#);
        [("own".to_owned(), text)].into()
    };
    let user = |name: &str, path: &str, action: &str| {
        let user = User { arn: arn(&format!("user{path}{name}")), inline: allow(action), ..User::default() };
        (name.to_owned(), user)
    };
    let role = |name: &str, path: &str, trust: &str| {
        let trust =
            format!(r#"{{"Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{trust}}}}}"#);
        let role = Role { arn: arn(&format!("role{path}{name}")), trust, ..Role::default() };
        (name.to_owned(), role)
    };
    let by = |of: &str| format!(r#"{{"AWS":["{}"]}}"#, arn(of));
    let both = format!(r#"{{"AWS":["{}","{}"]}}"#, arn("user/people/anna"), arn("role/hop"));
    account.principals = Seen::Read(Principals {
        users: [
            user("anna", "/people/", "s3:*"),
            user("ben", "/", "sts:Assume*"),
            user("carl", "/", "s3:Get*"),
        ]
        .into(),
        roles: [
            role("responder", "/teams/", &both),
            role("hop", "/", &by("user/carl")),
            role("wide", "/", &by("root")),
            role("web", "/", r#"{"Service":"ec2.amazonaws.com"}"#),
            role("AWSReservedSSO_Responder_0a1b", "/aws-reserved/sso.amazonaws.com/", r#"{"Federated":"x"}"#),
        ]
        .into(),
        ..Principals::default()
    });
    account
}

fn session(role: &str) -> String {
    format!("arn:aws:sts::{ME}:assumed-role/{role}/me")
}

/// Which of these are the responder's: `!` for sure, `?` perhaps.
fn mine(account: &Account) -> Vec<String> {
    let found = Responders::of(account);
    let all = account.principals.read().unwrap();
    let mark = |name: &str, mine: Option<Mine>| {
        mine.map(|mine| format!("{name}{}", if mine.sure { "!" } else { "?" }))
    };
    let users = all.users.keys().filter_map(|name| mark(name, found.user(name)));
    users.chain(all.roles.keys().filter_map(|name| mark(name, found.role(name)))).collect()
}

#[test]
fn each_kind_of_caller_has_its_principals() {
    let unknown = Chain::default;
    for (caller, expected) in [
        (arn("user/people/anna"), &["anna!"][..]),
        (arn("root"), &[]),
        // Another account's user and role of the same name.
        ("arn:aws:iam::210987654321:user/anna".into(), &[]),
        ("arn:aws:sts::210987654321:assumed-role/responder/me".into(), &[]),
        // Identity Center: nobody of the account stands behind.
        (session("AWSReservedSSO_Responder_0a1b"), &["AWSReservedSSO_Responder_0a1b!"]),
        // An instance's role.
        (session("web"), &["web!"]),
        // Whom the trust policies name, role by role.
        (session("responder"), &["anna?", "carl?", "hop?", "responder!"]),
        // Whoever may assume roles.
        (session("wide"), &["ben?", "wide!"]),
        // Whoever may make such a session: nobody here.
        (format!("arn:aws:sts::{ME}:federated-user/x"), &[]),
    ] {
        assert_eq!(mine(&account(&caller, unknown())), expected, "{caller}");
    }
}

#[test]
fn a_known_chain_names_its_key_and_roles_and_nobody_else() {
    let key = |user: Option<&str>| Link::Key { id: "AKIA1".into(), user: user.map(Into::into) };
    let roles = [Link::Role(arn("role/hop")), Link::Role(arn("role/teams/responder"))];
    let chain = |first: Option<Link>, whole: bool| Chain {
        links: first.into_iter().chain(roles.clone()).collect(),
        whole,
    };
    let known = account(&session("responder"), chain(Some(key(Some("ben"))), true));
    assert_eq!(mine(&known), ["ben!", "hop!", "responder!"]);
    let why = Responders::of(&known).user("ben").unwrap().why;
    assert_eq!(why, "its key AKIA1 stands behind unplug's session");
    assert_eq!(
        Responders::of(&known).arns(),
        [arn("user/ben"), arn("role/hop"), arn("role/teams/responder")]
    );
    // Whose key it is, is not known: whoever the first role lets in.
    for chain in [chain(Some(key(None)), true), chain(None, false)] {
        assert_eq!(mine(&account(&session("responder"), chain)), ["carl?", "hop!", "responder!"]);
    }
    let set = Link::PermissionSet { account: ME.into(), name: "Responder".into() };
    let by_set = account(&session("responder"), chain(Some(set), true));
    assert_eq!(mine(&by_set), ["AWSReservedSSO_Responder_0a1b!", "hop!", "responder!"]);
    // A role of another account stands before: nobody of this one.
    let hub = Link::Role("arn:aws:iam::210987654321:role/hub".into());
    let last = Link::Role(arn("role/teams/responder"));
    let from_hub = Chain { links: vec![key(None), hub, last], whole: true };
    assert_eq!(mine(&account(&session("responder"), from_hub)), ["responder!"]);
}

#[test]
fn what_is_not_known_spares_everybody() {
    let mut account = account(&session("wide"), Chain::default());
    let roles = &mut account.principals.read_mut().unwrap().roles;
    roles.get_mut("wide").unwrap().trust =
        r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":"*"}}"#.into();
    assert_eq!(mine(&account).len(), 8);
    account.principals.read_mut().unwrap().roles.get_mut("wide").unwrap().trust = "no JSON".into();
    assert_eq!(mine(&account).len(), 8);
    account.principals = Seen::default();
    let found = Responders::of(&account);
    let said = found.user("carl").unwrap();
    assert!(!said.sure && said.why.contains("could not be read"), "{said:?}");
}
