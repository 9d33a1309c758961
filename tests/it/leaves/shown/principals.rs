//! Who can still act behind step 600: by `access/`, from the account before and after.

use std::collections::BTreeSet;

use serde_json::json;
use unplug::access::facts::Facts;
use unplug::access::report::Kind;
use unplug::access::survey;
use unplug::account::denial::{self, Instances};
use unplug::account::{Account, Principals, PublicBucket, Role, Seen, Trail, User};

use super::super::cut::{Cut, here};

const ID: &str = "111111111111";
const OUTSIDE: &str = "222222222222";

/// A user and roles of every kind. Each may do everything that IAM's policies can allow.
pub fn principals(account: &mut Account) {
    let all = json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] }).to_string();
    let inline = || [("all".to_owned(), all.clone())].into();
    let user = |name: &str| {
        let arn = format!("arn:aws:iam::{ID}:user/{name}");
        (name.to_owned(), User { arn, path: "/".into(), inline: inline(), ..User::default() })
    };
    let role = |name: &str, path: &str, principal: serde_json::Value| {
        let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal });
        let trust = json!({ "Statement": [statement] }).to_string();
        let arn = format!("arn:aws:iam::{ID}:role{path}{name}");
        (name.to_owned(), Role { arn, path: path.into(), trust, inline: inline(), ..Role::default() })
    };
    let service = |name: &str| json!({ "Service": format!("{name}.amazonaws.com") });
    let outside = || json!({ "AWS": format!("arn:aws:iam::{OUTSIDE}:root") });
    account.principals = Seen::Read(Principals {
        users: [user("ben"), user("kim")].into(),
        roles: [
            role("Oncall", "/", json!({ "AWS": format!("arn:aws:iam::{ID}:user/kim") })),
            role("partner", "/", outside()),
            role("to-logs", "/", outside()),
            role("web", "/", service("ec2")),
            role("backups", "/", service("backup")),
            role("AWSServiceRoleForSupport", "/aws-service-role/support.amazonaws.com/", service("support")),
            role("AWSReservedSSO_Admin_0a1b", "/aws-reserved/sso.amazonaws.com/", outside()),
        ]
        .into(),
        ..Principals::default()
    });
    let profile = format!("arn:aws:iam::{ID}:instance-profile/web");
    let all = account.principals.read_mut().unwrap();
    all.roles.get_mut("web").unwrap().profiles = [profile.clone()].into();
    here(account).instances.read_mut().unwrap().get_mut("i-app").unwrap().profile = Some(profile);
    let log_role = Some(format!("arn:aws:iam::{ID}:role/to-logs"));
    let trail = Trail { name: "main".into(), log_role, ..Trail::default() };
    account.trails = Seen::Read([("arn:main".to_owned(), trail)].into());
    let policy = json!({ "Statement": [{
        "Effect": "Allow",
        "Action": "s3:*",
        "Principal": { "AWS": format!("arn:aws:iam::{OUTSIDE}:root") },
        "Resource": ["arn:aws:s3:::shared", "arn:aws:s3:::shared/*"],
    }]});
    let bucket = PublicBucket { policy: Seen::Read(Some(policy.to_string())), ..PublicBucket::default() };
    account.public_buckets = Seen::Read([("shared".to_owned(), bucket)].into());
}

/// Whoever has a power for sure or perhaps: kind and name, of another account its id.
pub(super) fn able(account: &Account) -> BTreeSet<(Kind, String)> {
    let now = "2026-11-22T03:12:00Z".parse().unwrap();
    let report = survey(&Facts::of(account, now)).unwrap();
    let able = report.principals.into_iter().filter(|one| one.powers.iter().any(|power| !power.sure.is_no()));
    able.map(|one| if one.kind == Kind::OtherAccount { (one.kind, one.id) } else { (one.kind, one.name) })
        .collect()
}

pub(super) fn can(cut: &Cut, kind: Kind, name: &str) -> bool {
    able(&cut.after).contains(&(kind, name.to_owned()))
}

pub fn root_acts(cut: &Cut) {
    assert!(able(&cut.after).iter().any(|(kind, _)| *kind == Kind::Root));
}

pub fn you_act(cut: &Cut) {
    assert!(can(cut, Kind::Role, "Oncall"));
    assert!(cut.refusal("Oncall").starts_with("it is yours"), "{}", cut.refusal("Oncall"));
}

pub fn who_made_your_session_acts(cut: &Cut) {
    assert!(can(cut, Kind::User, "kim"));
    let why = cut.refusal("kim");
    assert!(why.contains("may have been made by it"), "{why}");
}

/// Which principals a configuration spares, the step's own tests show: nothing in `find` depends on it.
pub fn break_glass_is_kept(cut: &Cut) {
    let spared = unplug::config::Config { break_glass: vec!["ben".into()], ..Default::default() };
    let all = cut.before.principals.read().unwrap();
    assert!(
        spared.break_glass(&all.users["ben"].arn).is_some()
            && spared.break_glass(&all.users["kim"].arn).is_none()
    );
}

pub fn roles_of_aws_act(cut: &Cut) {
    assert!(can(cut, Kind::ServiceLinkedRole, "AWSServiceRoleForSupport"));
    assert!(can(cut, Kind::PermissionSet, "AWSReservedSSO_Admin_0a1b"));
    for name in ["AWSServiceRoleForSupport", "AWSReservedSSO_Admin_0a1b"] {
        assert!(cut.refusal(name).contains("only"), "{}", cut.refusal(name));
    }
}

pub fn roles_of_aws_can(cut: &Cut) {
    assert!(can(cut, Kind::ServiceLinkedRole, "AWSServiceRoleForSupport"));
}

/// The role of `i-app` can act with every session but those of that instance: the deny names it.
pub fn a_role_in_other_hands_acts(cut: &Cut) {
    assert!(can(cut, Kind::Role, "web"));
    let role = &cut.after.principals.read().unwrap().roles["web"];
    let denied = Instances::read(&role.inline[denial::INSTANCES]).unwrap();
    assert!(denied.arns.iter().any(|arn| arn.ends_with("instance/i-app")), "{denied:?}");
}

pub fn the_role_of_a_trail_acts(cut: &Cut) {
    assert!(can(cut, Kind::Role, "to-logs"));
}

pub fn another_account_reads_a_bucket(cut: &Cut) {
    assert!(can(cut, Kind::OtherAccount, OUTSIDE), "{:?}", able(&cut.after));
}

/// The users and roles that can act behind the cut, those of AWS left out.
fn left(cut: &Cut) -> BTreeSet<String> {
    let of_account = |(kind, _): &(Kind, String)| matches!(kind, Kind::User | Kind::Role);
    able(&cut.after).into_iter().filter(of_account).map(|(_, name)| name).collect()
}

fn names(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|name| (*name).to_owned()).collect()
}

pub fn roles_of_services_act(cut: &Cut) {
    let before = able(&cut.before);
    assert!(before.contains(&(Kind::User, "ben".into())) && before.contains(&(Kind::Role, "partner".into())));
    assert_eq!(left(cut), names(&["Oncall", "kim", "to-logs", "web", "backups"]));
}

pub fn only_roles_that_deliver_act(cut: &Cut) {
    assert_eq!(left(cut), names(&["Oncall", "kim", "to-logs", "backups"]));
}
