//! What the steps on credentials and on mail leave: by `access/`, from the account before and after.

use std::collections::BTreeMap;

use serde_json::json;
use unplug::access::facts::Facts;
use unplug::access::powers::Power;
use unplug::access::report::{Answer, Kind};
use unplug::access::survey;
use unplug::account::{
    AccessKey, Account, AccountSummary, ExposedKey, ReportRow, Role, Seen, ServiceCredential, User,
};

use super::super::cut::Cut;
use super::principals::principals;
use super::with;

const ID: &str = "111111111111";

fn map<T>(items: impl IntoIterator<Item = (&'static str, T)>) -> Seen<BTreeMap<String, T>> {
    Seen::Read(items.into_iter().map(|(id, item)| (id.to_owned(), item)).collect())
}

/// The users and roles of 600's account, and besides: `lee` with an exposed key and nothing else, `mia` with one that
/// nobody has found, `mona` who may do nothing but assume a role that may do everything. `ben` has a password, a
/// key that is exposed, and one for `CodeCommit`.
pub fn credentials(account: &mut Account) {
    principals(account);
    let all = account.principals.read_mut().unwrap();
    let user = |name: &str, inline: &BTreeMap<String, String>| User {
        arn: format!("arn:aws:iam::{ID}:user/{name}"),
        path: "/".into(),
        inline: inline.clone(),
        ..User::default()
    };
    let everything = all.users["ben"].inline.clone();
    let nothing = BTreeMap::new();
    for (name, inline) in [("lee", &everything), ("mia", &everything), ("mona", &nothing)] {
        all.users.insert(name.into(), user(name, inline));
    }
    let trust = json!({ "Statement": [{
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": { "AWS": format!("arn:aws:iam::{ID}:user/mona") },
    }]});
    let arn = format!("arn:aws:iam::{ID}:role/sender");
    let sender =
        Role { arn, path: "/".into(), trust: trust.to_string(), inline: everything, ..Role::default() };
    all.roles.insert("sender".into(), sender);
    let key = |user: &str| AccessKey { user: user.into(), status: "Active".into(), last_used: None };
    account.access_keys = map([("AKIABEN", key("ben")), ("AKIALEE", key("lee")), ("AKIAMIA", key("mia"))]);
    let exposed = |user: &str| ExposedKey { user: user.into(), ..ExposedKey::default() };
    account.exposed_keys = map([("AKIABEN", exposed("ben")), ("AKIALEE", exposed("lee"))]);
    let password = |on| ReportRow { password_enabled: on, ..ReportRow::default() };
    account.credential_report =
        map([("ben", true), ("kim", false), ("lee", false), ("mia", false), ("mona", true)]
            .map(|(name, on)| (name, password(on))));
    account.account_summary = Seen::Read(AccountSummary::default());
    let git = |user: &str| ServiceCredential {
        user: user.into(),
        service: "codecommit.amazonaws.com".into(),
        status: "Active".into(),
    };
    account.service_credentials = map([("ACCABEN", git("ben")), ("ACCAKIM", git("kim"))]);
    account.ssh_keys = map([]);
}

fn answer(account: &Account, kind: Kind, name: &str, power: Power) -> Answer {
    let report = survey(&Facts::of(account, "2026-11-22T03:12:00Z".parse().unwrap())).unwrap();
    let one = report.principals.iter().find(|one| one.kind == kind && one.name == name);
    one.unwrap_or_else(|| panic!("{name} is not there")).answer(power).unwrap().clone()
}

pub(super) fn has(account: &Account, kind: Kind, name: &str, power: Power) -> bool {
    !answer(account, kind, name, power).sure.is_no()
}

fn way_is_by_session(account: &Account, name: &str) -> bool {
    let path = answer(account, Kind::User, name, Power::ReadSecrets).path;
    path.is_some_and(|path| path.session.is_some())
}

pub fn sessions_of_a_key_go_on(cut: &Cut) {
    assert!(!way_is_by_session(&cut.before, "lee") && way_is_by_session(&cut.after, "lee"));
}

pub fn a_password_goes_on(cut: &Cut) {
    assert_eq!(cut.after.access_keys.item("AKIABEN").unwrap().status, "Inactive");
    let path = answer(&cut.after, Kind::User, "ben", Power::ReadSecrets).path.unwrap();
    assert_eq!(path.session, None);
}

pub fn roles_go_on(cut: &Cut) {
    assert!(has(&cut.after, Kind::Role, "partner", Power::ReadSecrets));
}

pub fn a_key_that_nobody_found_goes_on(cut: &Cut) {
    assert_eq!(cut.after.access_keys.item("AKIAMIA").unwrap().status, "Active");
    assert!(has(&cut.after, Kind::User, "mia", Power::ReadSecrets));
}

pub fn roles_send(cut: &Cut) {
    assert!(has(&cut.before, Kind::User, "ben", Power::SendMail));
    assert!(!has(&cut.after, Kind::User, "ben", Power::SendMail), "the cut is one");
    assert!(has(&cut.after, Kind::Role, "partner", Power::SendMail));
}

pub fn a_user_sends_by_a_role(cut: &Cut) {
    let path = answer(&cut.after, Kind::User, "mona", Power::SendMail).path.expect("a way");
    assert_eq!(path.roles, ["sender"]);
}

pub fn a_sender_may_change_iam(cut: &Cut) {
    assert!(has(&cut.after, Kind::User, "ben", Power::ChangeIam));
}

pub fn who_is_not_named_sends(cut: &Cut) {
    assert!(has(&cut.after, Kind::User, "lee", Power::SendMail));
}

/// The caller is spared; which users a configuration spares, the step's own tests show.
pub fn the_caller_is_spared(cut: &Cut) {
    let calls = with(cut, |account| {
        account.caller.arn = format!("arn:aws:iam::{ID}:user/ben");
        account.caller.user_id = "AIDABEN".into();
    });
    let changed: Vec<&str> = calls.step.changes.iter().map(|change| change.target.id.as_str()).collect();
    assert!(!changed.iter().any(|id| id.contains("ben") || id.contains("BEN")), "{changed:?}");
    assert!(!calls.step.refused.is_empty());
}

pub fn a_key_serves_the_same(cut: &Cut) {
    assert_eq!(cut.after.service_credentials.item("ACCABEN").unwrap().status, "Inactive");
    let path = answer(&cut.after, Kind::User, "ben", Power::Everything).path.unwrap();
    assert_eq!(path.session, None);
}

pub fn a_credential_of_somebody_not_named_goes_on(cut: &Cut) {
    assert_eq!(cut.after.service_credentials.item("ACCAKIM").unwrap().status, "Active");
}

pub fn nothing_is_changed(cut: &Cut) {
    assert_eq!(cut.step.changes, vec![]);
    assert_eq!(cut.before, cut.after);
}
