use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::account::identity_center::INLINE;
use crate::account::{
    Actor, Caller, Cause, Chain, Gap, IdentityCenter as Center, Link, PolicyReference, Principals, Role,
    Seen, SetBoundary, SetParts, SignInInstance,
};
use crate::aws::ledger::Phase;
use crate::config::Config;
use crate::step::{Verdict, Write};
use crate::steps::shared::testing::{case, changed, collected, plan, simulated, there_and_back, verdicts};

pub(super) const ME: &str = "123456789012";
pub(super) const OWNER: &str = "999999999999";
const USER: &str = "u-1";
const LIST: &str =
    r#"{ "Version": "2012-10-17", "Statement": [ {"Effect": "Allow", "Action": "s3:*", "Resource": "*"} ] }"#;

pub(super) fn id(set: &str) -> String {
    format!("ssoins-1/{set}")
}

/// The permission sets Admins, with an inline policy, and Ops, with which somebody has signed in.
pub(super) fn account() -> Account {
    let caller = Caller {
        arn: format!("arn:aws:sts::{ME}:assumed-role/AWSReservedSSO_Ops_0a1b/me"),
        ..Caller::default()
    };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(["eu-west-1".to_owned(), "us-east-1".to_owned()].into());
    account.regions = ["eu-west-1", "us-east-1"].map(|name| (name.to_owned(), Default::default())).into();
    let role = |set: &str, policy: Option<&str>| {
        let name = format!("AWSReservedSSO_{set}_0a1b");
        let arn = format!("arn:aws:iam::{ME}:role/aws-reserved/sso.amazonaws.com/{name}");
        let inline = policy.map(|text| (INLINE.to_owned(), text.to_owned())).into_iter().collect();
        (name, Role { arn, inline, path: "/aws-reserved/sso.amazonaws.com/".into(), ..Role::default() })
    };
    let roles = [role("Admins", Some(LIST)), role("Ops", None)].into();
    account.principals = Seen::Read(Principals { roles, ..Principals::default() });
    let set = |name: &str, policy: Option<&str>| {
        let policy = policy.map(Into::into);
        let set = PermissionSet { name: name.into(), policy, latest_here: Some(true), ..Default::default() };
        (id(name), Seen::Read(set))
    };
    let instance = SignInInstance {
        owner: ME.into(),
        primary_region: "eu-west-1".into(),
        replicas: ["us-east-1".to_owned()].into(),
        store: "d-1".into(),
        caller: Seen::Read(Some(USER.into())),
        permission_sets: Seen::Read([set("Admins", Some(LIST)), set("Ops", None)].into()),
    };
    let instances = [("arn:aws:sso:::instance/ssoins-1".to_owned(), instance)].into();
    account.identity_center = Seen::Read(Center { instances, unread: BTreeMap::new() });
    account
}

fn instance(account: &mut Account) -> &mut SignInInstance {
    account.identity_center.read_mut().unwrap().instances.values_mut().next().unwrap()
}

pub(super) fn set<'a>(account: &'a mut Account, name: &str) -> &'a mut PermissionSet {
    instance(account).permission_sets.read_mut().unwrap().get_mut(&id(name)).unwrap().read_mut().unwrap()
}

/// Every part of a set.
pub(super) fn parts() -> SetParts {
    let guard = PolicyReference { path: "/teams/".into(), name: "Guard".into() };
    SetParts {
        description: Some("who may do everything".into()),
        session_duration: Some("PT4H".into()),
        relay_state: Some("https://console.aws.amazon.com/ec2".into()),
        tags: [("team".to_owned(), "core".to_owned())].into(),
        managed: ["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()].into(),
        boundary: Some(SetBoundary::Customer(guard.clone())),
        customer: [guard].into(),
    }
}

pub(super) fn why(account: &Account, case: &Case, name: &str) -> String {
    let found = verdicts(&IdentityCenter, account, case).into_iter().find(|(at, ..)| at.id == id(name));
    match found {
        Some((_, _, Verdict::Refuse(why))) => why,
        other => panic!("{name} is not refused: {other:?}"),
    }
}

fn matters(account: &Account) -> String {
    let found = IdentityCenter.find(account, &case(&[]));
    found
        .findings
        .iter()
        .filter(|one| one.matters)
        .map(|one| one.text.as_str())
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn in_the_management_account_a_plan_says_whose_rights_aws_uses() {
    let mut account = account();
    assert!(matters(&account).contains("with the rights of whoever calls"), "{}", matters(&account));
    instance(&mut account).owner = OWNER.into();
    assert!(!matters(&account).contains("with the rights of whoever calls"));
}

#[tokio::test]
async fn every_set_is_denied_and_comes_back_byte_for_byte() {
    there_and_back(&IdentityCenter, account(), &case(&[])).await;
}

#[tokio::test]
async fn the_deny_is_for_this_account_and_spares_the_caller_alone() {
    let (before, case) = (account(), case(&[]));
    let (simulation, aws) = simulated(before.clone(), &case);
    let _phase = aws.enter(Phase::Apply);
    for (at, from, to) in plan(&IdentityCenter, &before, &case) {
        let lens = (&IdentityCenter as &dyn Step).lens(&at);
        lens.write(Write::new(&aws, &at, &from, &to, &case.params)).await.unwrap();
    }
    let after = simulation.account();
    let policy = |set: &str| {
        let (_, role) = after.roles_of_set(set).next().unwrap();
        serde_json::from_str::<serde_json::Value>(&role.inline[INLINE]).unwrap()
    };
    let statement = &policy("Admins")["Statement"][1];
    assert_eq!(statement["Condition"], serde_json::json!({ "StringEquals": { "aws:PrincipalAccount": ME } }));
    let own = &policy("Ops")["Statement"][0];
    assert_eq!(own["Condition"]["StringNotEquals"]["identitystore:userId"], serde_json::json!([USER]));
    assert_eq!((own["Effect"].as_str(), own["Action"].as_str()), (Some("Deny"), Some("*")));
}

#[tokio::test]
async fn what_others_write_into_the_policy_meanwhile_stays() {
    let (before, case) = (account(), case(&[]));
    let (simulation, aws) = simulated(before.clone(), &case);
    let changes = plan(&IdentityCenter, &before, &case);
    let (at, from, to) = changes.iter().find(|(at, ..)| at.id == id("Admins")).unwrap();
    let lens = (&IdentityCenter as &dyn Step).lens(at);
    {
        let _phase = aws.enter(Phase::Apply);
        lens.write(Write::new(&aws, at, from, to, &case.params)).await.unwrap();
    }
    let theirs = r#"{"Sid":"Theirs","Effect":"Allow","Action":"ec2:*","Resource":"*"},"#;
    simulation.meddle(|account| {
        let policy = set(account, "Admins").policy.as_mut().unwrap();
        *policy = policy.replacen(r#"{"Effect""#, &format!(r#"{theirs}{{"Effect""#), 1);
    });
    let now = collected(&IdentityCenter, &aws).await;
    assert_eq!(lens.state(&Look::new(at, &now, &case)), Now::Is(to.clone()), "it is as it was cut");
    let _phase = aws.enter(Phase::Restore);
    lens.write(Write::new(&aws, at, to, from, &case.params)).await.unwrap();
    let policy = set(&mut simulation.account(), "Admins").policy.clone().unwrap();
    assert_eq!(policy, LIST.replacen(r#"{"Effect""#, &format!(r#"{theirs}{{"Effect""#), 1));
}

#[tokio::test]
async fn a_provisioning_that_fails_gives_awss_reason_and_is_no_cut() {
    let (mut before, case) = (account(), case(&[]));
    let roles = &mut before.principals.read_mut().unwrap().roles;
    let gone = format!("arn:aws:iam::{ME}:policy/gone");
    roles.get_mut("AWSReservedSSO_Admins_0a1b").unwrap().attached.insert(gone);
    let (_, aws) = simulated(before.clone(), &case);
    let changes = plan(&IdentityCenter, &before, &case);
    let (at, from, to) = changes.iter().find(|(at, ..)| at.id == id("Admins")).unwrap();
    let lens = (&IdentityCenter as &dyn Step).lens(at);
    let _phase = aws.enter(Phase::Apply);
    let error = lens.write(Write::new(&aws, at, from, to, &case.params)).await.unwrap_err();
    assert!(error.to_string().contains("policy/gone does not exist"), "{error}");
    aws.clock().wait(Duration::from_secs(60)).await;
    let now = collected(&IdentityCenter, &aws).await;
    let Now::Settling(state) = lens.state(&Look::new(at, &now, &case)) else { panic!("it is in effect") };
    assert!(lens.passes(from, to).unwrap().contains(&state));
    assert_eq!(lens.show(&state).unwrap(), "denied everything, not provisioned");
}

#[test]
fn a_set_stays_where_its_deny_could_not_spare_the_responder() {
    let mut unknown = account();
    instance(&mut unknown).caller = Seen::Read(None);
    assert!(why(&unknown, &case(&[]), "Ops").contains("as me, and the identity store has no user"));
    let gap = Gap { cause: Cause::Denied, call: "identitystore:GetUserId".into(), detail: String::new() };
    instance(&mut unknown).caller = Seen::Gap(gap);
    assert!(why(&unknown, &case(&[]), "Ops").contains("could not be looked up (permission denied)"));
    assert_eq!(changed(&IdentityCenter, &unknown, &case(&[])), [id("Admins")]);
    // Your session was made with it, and is of another role now.
    let mut behind = account();
    let links = vec![
        Link::PermissionSet { account: ME.into(), name: "Ops".into() },
        Link::Role(format!("arn:aws:iam::{ME}:role/hop")),
    ];
    let arn = format!("arn:aws:sts::{ME}:assumed-role/hop/me");
    behind.caller = Caller { arn, chain: Chain { links, whole: true }, ..Caller::default() };
    assert!(why(&behind, &case(&[]), "Ops").starts_with("it is yours"));
    let config =
        Arc::new(Config { break_glass: vec!["AWSReservedSSO_Admins_*".into()], ..Config::default() });
    assert!(why(&account(), &Case { config, ..case(&[]) }, "Admins").starts_with("spared: "));
}

#[test]
fn behind_a_session_in_another_account_a_set_is_cut_here_and_not_everywhere() {
    let mut account = account();
    let links = vec![Link::PermissionSet { account: OWNER.into(), name: "Admins".into() }];
    let arn = format!("arn:aws:sts::{ME}:assumed-role/hop/me");
    account.caller = Caller { arn, chain: Chain { links, whole: true }, ..Caller::default() };
    set(&mut account, "Admins").accounts = Seen::Read([(ME.to_owned(), true)].into());
    assert!(why(&account, &case(&[("way", "everywhere")]), "Admins").contains(OWNER));
    assert!(changed(&IdentityCenter, &account, &case(&[])).contains(&id("Admins")));
}

#[test]
fn with_the_management_accounts_credentials_its_sets_are_cut_too_but_for_the_actors_own() {
    let mut account = account();
    instance(&mut account).owner = OWNER.into();
    set(&mut account, "Admins").accounts = Seen::Read([ME, OWNER].map(|id| (id.to_owned(), true)).into());
    assert!(why(&account, &case(&[]), "Admins").contains("only that account change it"));
    let arn = format!("arn:aws:sts::{OWNER}:assumed-role/AWSReservedSSO_Admins_0a1b2c3d4e5f6a7b/me");
    account.actors.insert(Actor::Organization, Caller { arn, ..Caller::default() });
    assert!(changed(&IdentityCenter, &account, &case(&[])).contains(&id("Admins")), "his account goes on");
    assert!(why(&account, &case(&[("way", "everywhere")]), "Admins").contains("it is the actor's"));
}

#[test]
fn a_policy_without_room_and_a_text_that_is_no_policy_are_refused() {
    let mut account = account();
    let long = |size: usize, fill: &str| {
        format!(r#"{{"Statement":[{{"Sid":"{}","Effect":"Allow"}}]}}"#, fill.repeat(size))
    };
    set(&mut account, "Admins").policy = Some(long(10_150, "x"));
    assert!(why(&account, &case(&[]), "Admins").contains("without white space"));
    set(&mut account, "Admins").policy = Some(long(32_700, " "));
    assert!(why(&account, &case(&[]), "Admins").contains("AWS takes 32768 and 10240"));
    set(&mut account, "Admins").policy = Some("{}".into());
    assert!(why(&account, &case(&[]), "Admins").contains("no text that a statement can be added to"));
}

#[test]
fn a_set_of_the_management_account_is_named_by_a_delegated_administrator() {
    let mut account = account();
    instance(&mut account).owner = OWNER.into();
    set(&mut account, "Admins").accounts = Seen::Read([ME, OWNER].map(|id| (id.to_owned(), true)).into());
    set(&mut account, "Ops").accounts = Seen::Read([(ME.to_owned(), true)].into());
    assert!(why(&account, &case(&[]), "Admins").contains("management account 999999999999"));
    assert_eq!(changed(&IdentityCenter, &account, &case(&[])), [id("Ops")]);
}

#[test]
fn an_instance_of_another_account_is_not_nothing() {
    let mut account = account();
    instance(&mut account).owner = OWNER.into();
    let gap = Gap {
        cause: Cause::Denied,
        call: "ssoadmin:ListPermissionSetsProvisionedToAccount".into(),
        detail: "AccessDeniedException".into(),
    };
    instance(&mut account).permission_sets = Seen::Gap(gap.clone());
    let said = matters(&account);
    assert!(said.contains("ssoins-1 belongs to account 999999999999"), "{said}");
    assert!(said.contains("2 permission sets with a role here (Admins, Ops)"), "{said}");
    assert!(Section::IdentityCenter.gaps(&account).iter().any(|(_, one)| one.cause == Cause::Denied));
    // Not even the instance is shown: the roles tell of it.
    account.identity_center = Seen::Read(Center::default());
    assert!(matters(&account).starts_with("not here, look there: no instance"), "{}", matters(&account));
    account.identity_center = Seen::Gap(gap);
    assert!(matters(&account).starts_with("not cut: 2 permission sets"), "{}", matters(&account));
    // Nothing is only said where everything was read.
    account.identity_center = Seen::Read(Center::default());
    account.principals.read_mut().unwrap().roles.clear();
    let found = IdentityCenter.find(&account, &case(&[]));
    assert!(found.findings.len() == 1 && found.findings[0].good);
    let center = account.identity_center.read_mut().unwrap();
    center
        .unread
        .insert("us-east-1".into(), Gap { cause: Cause::Denied, call: String::new(), detail: String::new() });
    assert!(IdentityCenter.find(&account, &case(&[])).findings.is_empty());
}

#[test]
fn a_change_that_nobody_provisioned_is_said_here_and_refused_everywhere() {
    let mut account = account();
    let admins = set(&mut account, "Admins");
    admins.latest_here = Some(false);
    admins.accounts = Seen::Read([ME, OWNER].map(|id| (id.to_owned(), id == ME)).into());
    set(&mut account, "Ops").accounts = Seen::Read([(ME.to_owned(), true)].into());
    let found = IdentityCenter.find(&account, &case(&[]));
    assert!(found.findings.iter().any(|one| one.text.starts_with("permission set Admins has a version")));
    assert_eq!(changed(&IdentityCenter, &account, &case(&[])), [id("Admins"), id("Ops")]);
    let everywhere = case(&[("way", "everywhere")]);
    assert!(why(&account, &everywhere, "Admins").contains("not provisioned the change to every account"));
    assert_eq!(changed(&IdentityCenter, &account, &everywhere), [id("Ops")]);
}

#[test]
fn named_principals_are_cut_alone() {
    let scope = crate::step::Scope {
        principals: ["AWSReservedSSO_Admins_0a1b".to_owned()].into(),
        ..crate::step::Scope::default()
    };
    assert_eq!(changed(&IdentityCenter, &account(), &Case { scope, ..case(&[]) }), [id("Admins")]);
}

#[tokio::test]
async fn what_is_read_is_what_the_account_has_also_where_a_region_does_not_answer() {
    let mut account = account();
    let who = crate::account::Assignment { kind: "GROUP".into(), id: "g-1".into() };
    for name in ["Admins", "Ops"] {
        let set = set(&mut account, name);
        set.accounts = Seen::Read([(ME.to_owned(), true), (OWNER.to_owned(), false)].into());
        set.assignments = Seen::Read([who.clone()].into());
        set.parts = Seen::Read(parts());
    }
    instance(&mut account).replicas.clear();
    let (_, aws) = simulated(account.clone(), &case(&[]));
    let known = crate::collect::identify(&aws).await.unwrap();
    let sections = [Section::IdentityCenter].into();
    let ask = Ask {
        sections,
        permission_set_accounts: true,
        assignments: true,
        permission_set_parts: true,
        ..Ask::default()
    };
    let read = crate::collect::read(&aws, &known, &ask, &|_, _| {}).await;
    assert_eq!(read.identity_center, account.identity_center);
    let call = "ssoadmin:ListInstances".to_owned();
    let gap = Gap { cause: Cause::Denied, call, detail: "AccessDenied: no".into() };
    account.identity_center.read_mut().unwrap().unread.insert("us-east-1".into(), gap);
    let (_, aws) = simulated(account, &case(&[]));
    let read = crate::collect::read(&aws, &known, &ask, &|_, _| {}).await;
    let center = read.identity_center.read().unwrap();
    assert_eq!(center.unread.get("us-east-1").map(|gap| gap.cause), Some(Cause::Denied));
    assert_eq!(center.instances.len(), 1);
    assert_eq!(Section::IdentityCenter.gaps(&read).len(), 1);
}
