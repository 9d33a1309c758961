use super::*;
use crate::account::{Caller, Principals, Seen, ServiceCredential, User};
use crate::config::Config;
use crate::step::Reason;
use crate::steps::shared::testing;

const CALLER: &str = "arn:aws:iam::123456789012:user/oncall";

/// Of each of these users a Git password with this status.
fn account(users: &[(&str, &str)]) -> Account {
    let mut account = Account::unread("123456789012", Caller { arn: CALLER.into(), ..Caller::default() });
    let user = |name: &str| {
        let arn = format!("arn:aws:iam::123456789012:user/{name}");
        (name.to_owned(), User { arn, ..User::default() })
    };
    let password = |(user, status): &(&str, &str)| {
        let service = "codecommit.amazonaws.com".to_owned();
        let password = ServiceCredential { user: (*user).into(), service, status: (*status).into() };
        (format!("ACCA{user}"), password)
    };
    let known = users.iter().map(|(name, _)| user(name)).collect();
    account.principals = Seen::Read(Principals { users: known, ..Principals::default() });
    account.service_credentials = Seen::Read(users.iter().map(password).collect());
    account.ssh_keys = Seen::Read(BTreeMap::new());
    account
}

fn case(break_glass: &[&str]) -> Case {
    let break_glass = break_glass.iter().map(|arn| (*arn).to_owned()).collect();
    let config = std::sync::Arc::new(Config { break_glass, ..Config::default() });
    Case { config, ..testing::case(&[]) }
}

fn verdict(user: &str, account: &Account, case: &Case) -> Verdict<State> {
    let at = Target::new(Password::KIND, format!("ACCA{user}"));
    let look = Look::new(&at, account, case);
    let crate::step::Now::Is(now) = Password.state(&look) else { panic!("no credential of {user}") };
    Password.contain(&now, &look)
}

fn kept(user: &str, account: &Account, case: &Case) -> Reason {
    let Verdict::Refuse(why) = verdict(user, account, case) else { panic!("{user} is cut") };
    why
}

#[test]
fn active_credentials_go_off_and_others_are_already_so() {
    let account = account(&[("ben", "Active"), ("carl", "Inactive"), ("dan", "Expired")]);
    let case = case(&[]);
    let off = State { user: "ben".into(), status: "Inactive".into() };
    assert_eq!(verdict("ben", &account, &case), Verdict::Change(off));
    assert_eq!(verdict("carl", &account, &case), Verdict::Already);
    assert_eq!(verdict("dan", &account, &case), Verdict::Already);
    assert_eq!(ServiceCredentials.find(&account, &case).items.len(), 3);
}

#[test]
fn the_callers_and_break_glass_credentials_stay() {
    let mut account = account(&[("oncall", "Active"), ("safe", "Active"), ("ben", "Active")]);
    let case = case(&["arn:aws:iam::123456789012:user/safe"]);
    assert!(kept("oncall", &account, &case).starts_with("it is yours"));
    assert!(kept("safe", &account, &case).starts_with("safe is spared"));
    assert!(matches!(verdict("ben", &account, &case), Verdict::Change(_)));
    account.principals = Seen::default();
    assert!(kept("ben", &account, &case).contains("perhaps a break-glass user"));
}

#[test]
fn nothing_there_is_said_only_where_everything_was_read() {
    let mut account = account(&[]);
    assert!(ServiceCredentials.find(&account, &case(&[])).findings[0].good);
    let gap = crate::account::Gap {
        cause: crate::account::Cause::Denied,
        call: "iam:ListSSHPublicKeys".into(),
        detail: String::new(),
    };
    account.ssh_keys = Seen::Gap(gap);
    assert!(ServiceCredentials.find(&account, &case(&[])).findings.is_empty());
}

#[test]
fn only_the_credentials_of_those_that_are_named_go_off() {
    let account = account(&[("ben", "Active"), ("carl", "Active")]);
    let ids = |case: &Case| testing::changed(&ServiceCredentials, &account, case);
    let by_name = crate::step::Scope {
        principals: ["arn:aws:iam::123456789012:user/carl".to_owned()].into(),
        ..Default::default()
    };
    assert_eq!(ids(&Case { scope: by_name, ..case(&[]) }), ["ACCAcarl"]);
    let named = Case { params: [("who".to_owned(), "named".into())].into(), ..case(&[]) };
    assert_eq!(ids(&named), [""; 0]);
    let said = ServiceCredentials.find(&account, &named).findings;
    assert!(said.iter().any(|finding| finding.matters && finding.text.contains("--key")));
    let by_key = crate::step::Scope { key_users: ["ben".to_owned()].into(), ..Default::default() };
    assert_eq!(ids(&Case { scope: by_key, ..named }), ["ACCAben"]);
}
