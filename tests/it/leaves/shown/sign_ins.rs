//! Who can still act behind step 110: by `access/`, from the account before and after.

use unplug::access::report::Kind;
use unplug::account::{
    Account, Assignment, IdentityCenter, Link, PermissionSet, Role, Seen, SetParts, SignInInstance,
};

use super::super::cut::{Cut, REGION};
use super::principals::{able, can, principals};
use super::with;

const ID: &str = "111111111111";
const OTHER: &str = "222222222222";
const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-1";

fn id(set: &str) -> String {
    format!("ssoins-1/ps-{set:0>16}")
}

fn role(set: &str) -> String {
    format!("AWSReservedSSO_{set}_0a1b")
}

/// The users and roles of 600's account, and the permission sets Admin, Ops, with which somebody has signed in, and
/// Shared, which another account has too. Each may do everything.
pub fn sign_ins(account: &mut Account) {
    principals(account);
    account.caller.arn = format!("arn:aws:sts::{ID}:assumed-role/{}/kim", role("Ops"));
    account.caller.user_id = "AROAOPSEXAMPLE:kim".into();
    let all = account.principals.read_mut().unwrap();
    let admin: Role = all.roles[&role("Admin")].clone();
    for set in ["Ops", "Shared"] {
        let arn = admin.arn.replace(&role("Admin"), &role(set));
        all.roles.insert(role(set), Role { arn, ..admin.clone() });
    }
    let set = |name: &str, accounts: &[&str]| {
        let assigned = Assignment { kind: "GROUP".into(), id: format!("group-of-{name}") };
        let set = PermissionSet {
            name: name.into(),
            latest_here: Some(true),
            accounts: Seen::Read(accounts.iter().map(|id| ((*id).to_owned(), true)).collect()),
            assignments: Seen::Read([assigned].into()),
            parts: Seen::Read(SetParts::default()),
            ..PermissionSet::default()
        };
        (id(name), Seen::Read(set))
    };
    let sets = [set("Admin", &[ID]), set("Ops", &[ID]), set("Shared", &[ID, OTHER])];
    let instance = SignInInstance {
        owner: ID.into(),
        primary_region: REGION.into(),
        store: "d-1".into(),
        caller: Seen::Read(Some("user-kim".into())),
        permission_sets: Seen::Read(sets.into()),
        ..SignInInstance::default()
    };
    let instances = [(INSTANCE.to_owned(), instance)].into();
    account.identity_center = Seen::Read(IdentityCenter { instances, ..IdentityCenter::default() });
}

fn acts(account: &Account, set: &str) -> bool {
    able(account).contains(&(Kind::PermissionSet, role(set)))
}

/// Whose deny spares one user of the set may act: which user asks, a policy does not show.
pub fn your_user_acts(cut: &Cut) {
    assert!(acts(&cut.before, "Admin") && !acts(&cut.after, "Admin"), "the cut is one");
    assert!(acts(&cut.after, "Ops"));
}

pub fn your_set_stays_whole(cut: &Cut) {
    assert!(acts(&cut.before, "Admin") && !acts(&cut.after, "Admin"), "the cut is one");
    assert!(acts(&cut.after, "Ops"));
    assert!(cut.refusal(&id("Ops")).starts_with("it is yours"), "{}", cut.refusal(&id("Ops")));
}

pub fn a_set_behind_your_session_stays(cut: &Cut) {
    let behind = with(cut, |account| {
        account.caller.arn = format!("arn:aws:sts::{ID}:assumed-role/Oncall/kim");
        let set = Link::PermissionSet { account: ID.into(), name: "Admin".into() };
        account.caller.chain.links = vec![set, Link::Role(format!("arn:aws:iam::{ID}:role/Oncall"))];
        account.caller.chain.whole = true;
    });
    assert!(behind.refusal(&id("Admin")).starts_with("it is yours"), "{}", behind.refusal(&id("Admin")));
    assert!(acts(&behind.after, "Admin"));
}

/// Who made a session of it before signs on with that: it is a role of its own.
pub fn other_roles_act(cut: &Cut) {
    assert!(can(cut, Kind::Role, "partner") && can(cut, Kind::Role, "web"));
}

pub fn a_set_that_comes_later_acts(cut: &Cut) {
    let mut account = cut.after.clone();
    let all = account.principals.read_mut().unwrap();
    let new = cut.before.principals.read().unwrap().roles[&role("Admin")].clone();
    all.roles.insert(role("New"), new);
    assert!(acts(&account, "New"));
}

pub fn a_set_of_the_management_account_stays(cut: &Cut) {
    let delegated = with(cut, |account| {
        let center = account.identity_center.read_mut().unwrap();
        center.instances.values_mut().for_each(|instance| instance.owner = OTHER.into());
    });
    let why = delegated.refusal(&id("Shared"));
    assert!(why.contains("only that account change it"), "{why}");
    assert!(acts(&delegated.after, "Shared"));
}

pub fn a_set_of_another_account_stays(cut: &Cut) {
    let why = cut.refusal(&id("Shared"));
    assert!(why.contains(OTHER), "{why}");
    assert!(acts(&cut.after, "Shared"));
}
