use std::sync::Arc;

use super::*;
use crate::account::{Caller, Instance, Principals, Region, Role, Seen, Trail, TrustAnchor, User, denial};
use crate::aws::ledger::Phase;
use crate::config::Config;
use crate::step::{Look, Scope, Verdict};
use crate::steps::shared::testing::{case, changed, collected, plan, simulated, there_and_back, verdicts};

const ACCOUNT: &str = "123456789012";

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}")
}

fn trust(principal: &str) -> String {
    format!(r#"{{"Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{principal}}}]}}"#)
}

/// A user for each name, and a role for each name and principal that it lets in.
fn account(caller: &str, users: &[&str], roles: &[(&str, &str)]) -> Account {
    let mut account = Account::unread(ACCOUNT, Caller { arn: caller.into(), ..Caller::default() });
    let user = |name: &&str| ((*name).to_owned(), User { arn: arn("user", name), ..User::default() });
    let role = |(name, principal): &(&str, &str)| {
        let role =
            Role { arn: arn("role", name), path: "/".into(), trust: trust(principal), ..Role::default() };
        ((*name).to_owned(), role)
    };
    let (users, roles) = (users.iter().map(user).collect(), roles.iter().map(role).collect());
    account.principals = Seen::Read(Principals { users, roles, ..Principals::default() });
    account.trails = Seen::Read([].into());
    account
}

const OUTSIDE: &str = r#"{"AWS":"210987654321"}"#;
const EC2: &str = r#"{"Service":"ec2.amazonaws.com"}"#;

fn sso() -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Responder_1/anna")
}

fn kept(account: &Account, case: &Case) -> Vec<(String, String)> {
    let refused = |(at, _, verdict): (Target, _, _)| match verdict {
        Verdict::Refuse(why) => Some((at.id, why)),
        _ => None,
    };
    verdicts(&IamPrincipals, account, case).into_iter().filter_map(refused).collect()
}

fn why(account: &Account, case: &Case, id: &str) -> String {
    let all = kept(account, case);
    all.into_iter().find(|(kept, _)| kept == id).unwrap_or_else(|| panic!("{id} is cut")).1
}

#[test]
fn users_and_roles_that_people_can_assume_are_cut_and_each_other_is_named_with_its_reason() {
    let mut account = account(
        &sso(),
        &["ben", "safe"],
        &[("partner", OUTSIDE), ("web", EC2), ("config", r#"{"Service":"config.amazonaws.com"}"#)],
    );
    let all = account.principals.read_mut().unwrap();
    for (name, path) in [
        ("AWSServiceRoleForSupport", "/aws-service-role/support.amazonaws.com/"),
        ("AWSReservedSSO_Responder_1", "/aws-reserved/sso.amazonaws.com/"),
    ] {
        let arn = arn("role", &format!("{}{name}", &path[1..]));
        all.roles
            .insert(name.into(), Role { arn, path: path.into(), trust: trust(OUTSIDE), ..Role::default() });
    }
    let config = Arc::new(Config { break_glass: vec!["safe".into()], ..Config::default() });
    let default = Case { config: config.clone(), ..case(&[]) };
    assert_eq!(changed(&IamPrincipals, &account, &default), ["ben", "partner"]);
    for (id, reason) in [
        ("safe", "break_glass"),
        ("web", "ec2.amazonaws.com"),
        ("config", "AWS Config"),
        ("AWSServiceRoleForSupport", "service-linked"),
        ("AWSReservedSSO_Responder_1", "reserved"),
    ] {
        assert!(why(&account, &default, id).contains(reason), "{id}: {}", why(&account, &default, id));
    }
    let all = Case { config, ..case(&[("roles", "all")]) };
    assert_eq!(changed(&IamPrincipals, &account, &all), ["ben", "partner", "web"]);
    assert!(why(&account, &all, "config").contains("AWS Config"));
}

#[test]
fn the_role_of_a_trail_stays_although_people_can_assume_it() {
    let mut account = account(&sso(), &[], &[("to-logs", OUTSIDE), ("partner", OUTSIDE)]);
    let trail = Trail { name: "main".into(), log_role: Some(arn("role", "to-logs")), ..Trail::default() };
    account.trails = Seen::Read([("arn".to_owned(), trail)].into());
    assert_eq!(changed(&IamPrincipals, &account, &case(&[])), ["partner"]);
    assert_eq!(why(&account, &case(&[]), "to-logs"), "trail main delivers its logs with it");
}

#[test]
fn the_caller_and_those_behind_it_are_never_cut_unless_they_are_named() {
    let me = account(&arn("user", "oncall"), &["oncall", "ben"], &[("partner", OUTSIDE)]);
    assert_eq!(changed(&IamPrincipals, &me, &case(&[])), ["ben", "partner"]);

    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/responder/anna");
    let behind = format!(r#"{{"AWS":"{}"}}"#, arn("user", "anna"));
    let chained = account(&session, &["anna", "ben"], &[("responder", &behind), ("partner", OUTSIDE)]);
    assert_eq!(changed(&IamPrincipals, &chained, &case(&[])), ["ben", "partner"]);
    assert!(why(&chained, &case(&[]), "anna").contains("Name it with --principal"));
    assert!(why(&chained, &case(&[]), "responder").starts_with("it is yours"));

    let open = r#""*""#;
    let unproved = account(&session, &["anna", "ben"], &[("responder", open), ("partner", OUTSIDE)]);
    assert_eq!(changed(&IamPrincipals, &unproved, &case(&[])), [""; 0], "nothing is proved");
    let scope = Scope { principals: [arn("user", "ben")].into(), ..Scope::default() };
    let named = Case { scope, ..case(&[]) };
    assert_eq!(changed(&IamPrincipals, &unproved, &named), ["ben"]);
    let scope = Scope { principals: ["responder".to_owned()].into(), ..Scope::default() };
    assert_eq!(changed(&IamPrincipals, &unproved, &Case { scope, ..case(&[]) }), [""; 0], "it is yours");
}

#[test]
fn only_those_that_are_named_are_cut() {
    let account = account(&sso(), &["anna", "ben"], &[("web", EC2), ("partner", OUTSIDE)]);
    let list = |names: &[&str]| Params::from([(PRINCIPALS.name.to_owned(), names.into())]);
    assert_eq!(
        changed(&IamPrincipals, &account, &case(&[]).with(&list(&["web", &arn("user", "ben")]))),
        ["ben", "web"]
    );
    let nobody = case(&[("who", "named")]);
    assert_eq!(changed(&IamPrincipals, &account, &nobody), [""; 0]);
    let findings = IamPrincipals.find(&account, &nobody).findings;
    assert!(findings.iter().any(|finding| finding.matters && finding.text.contains("--principal")));
    // A key names its user, and no role of that name. It narrows nothing by itself.
    let scope = Scope { key_users: ["ben".to_owned(), "web".to_owned()].into(), ..Scope::default() };
    let by_key = Case { scope: scope.clone(), ..nobody };
    assert_eq!(changed(&IamPrincipals, &account, &by_key), ["ben"]);
    assert_eq!(IamPrincipals.find(&account, &by_key).findings, []);
    assert_eq!(changed(&IamPrincipals, &account, &Case { scope, ..case(&[]) }), ["anna", "ben", "partner"]);
}

#[test]
fn the_room_is_counted_without_white_space_and_without_unplugs_own_policy() {
    let mut account = account(&sso(), &["ben"], &[]);
    let fill = |size: usize| format!("{{\"Statement\":\"{}\"}} \n\t", "x".repeat(size - 16));
    let kind = |account: &Account| IamPrincipals.find(account, &case(&[])).items[0].at.kind.clone();
    let room = 2_048 - denial::canonical().len();
    for (size, expected) in [(room, "user"), (room + 1, "user-boundary")] {
        let user = account.principals.read_mut().unwrap().users.get_mut("ben").unwrap();
        user.inline = [("other".to_owned(), fill(size))].into();
        assert_eq!(crate::step::policy::length(&user.inline["other"]), size);
        assert_eq!(kind(&account), expected, "{size}");
        let user = account.principals.read_mut().unwrap().users.get_mut("ben").unwrap();
        user.inline.insert(denial::NAME.into(), "x".repeat(500));
        assert_eq!(kind(&account), expected, "{size} and its own");
    }
}

#[test]
fn a_trust_policy_that_aws_would_not_take_back_stays() {
    let gone = r#"{"AWS":["210987654321","AROAEXAMPLEEXAMPLE123"]}"#;
    let account = account(&sso(), &[], &[("partner", OUTSIDE), ("old", gone)]);
    let closed = case(&[("trust", "closed")]);
    let cut: Vec<(String, String)> =
        plan(&IamPrincipals, &account, &closed).into_iter().map(|(at, ..)| (at.kind, at.id)).collect();
    let both = |kind: &str, id: &str| (kind.to_owned(), id.to_owned());
    assert_eq!(cut, [both("role", "old"), both("role", "partner"), both("role-trust", "partner")]);
    assert!(why(&account, &closed, "old").contains("AROAEXAMPLEEXAMPLE123"));
}

/// A restore denies the sessions that a thief made before it, also those made during the cut.
#[tokio::test]
async fn a_restore_leaves_a_deny_for_sessions_older_than_itself() {
    let case = case(&[]);
    let (simulation, aws) = simulated(account(&sso(), &["ben"], &[("partner", OUTSIDE)]), &case);
    let before = collected(&IamPrincipals, &aws).await;
    let changes = plan(&IamPrincipals, &before, &case);
    assert_eq!(changes.len(), 2);
    let text = |of: &Account| of.principals.read().unwrap().users["ben"].inline[denial::NAME].clone();
    for (at, from, to) in &changes {
        let _phase = aws.enter(Phase::Apply);
        let write = crate::step::Write::new(&aws, at, from, to, &case.params);
        (&IamPrincipals as &dyn Step).lens(at).write(write).await.unwrap();
    }
    assert_eq!(denial::read(&text(&simulation.account())), Some(denial::Denial::Everything));
    aws.clock().wait(std::time::Duration::from_secs(3_600)).await;
    let restored_at = aws.clock().timestamp();
    for (at, from, to) in &changes {
        let _phase = aws.enter(Phase::Restore);
        let write = crate::step::Write::new(&aws, at, to, from, &case.params);
        (&IamPrincipals as &dyn Step).lens(at).write(write).await.unwrap();
    }
    let after = collected(&IamPrincipals, &aws).await;
    let Some(denial::Denial::Sessions(cut_off)) = denial::read(&text(&after)) else {
        panic!("{}", text(&after))
    };
    assert_eq!(cut_off, restored_at.checked_add(denial::AHEAD).unwrap());
    for (at, from, _) in &changes {
        let look = Look::new(at, &after, &case);
        assert_eq!((&IamPrincipals as &dyn Step).lens(at).state(&look), crate::step::Now::Is(from.clone()));
    }
}

fn with_instances(caller: &str) -> (Account, Case) {
    let mut account = account(caller, &[], &[("web", EC2)]);
    let profile = arn("instance-profile", "web");
    account.principals.read_mut().unwrap().roles.get_mut("web").unwrap().profiles = [profile.clone()].into();
    let instance =
        |id: &str| (id.to_owned(), Instance { profile: Some(profile.clone()), ..Instance::default() });
    let mut here = Region::empty();
    here.instances = Seen::Read([instance("i-1"), instance("i-2")].into());
    account.regions = [("eu-west-1".to_owned(), here)].into();
    let scope = Scope { instances: ["i-1".to_owned()].into(), ..Scope::default() };
    (account, Case { scope, ..case(&[("way", "instance")]) })
}

#[test]
fn the_sessions_of_one_instance_are_denied_and_those_of_its_role_elsewhere_are_not() {
    // Caller and thief share a role: the other instance's session is the caller's.
    let (mut account, case) = with_instances(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/web/i-2"));
    let changes = plan(&IamPrincipals, &account, &case);
    let [(at, _, to)] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!(at.id, "web");
    let one = "arn:aws:ec2:eu-west-1:123456789012:instance/i-1".to_owned();
    let text = to.as_str().unwrap();
    assert_eq!(denial::Instances::read(text).unwrap().arns, [one].into());
    // Cut again for the other one: both are denied.
    let role = account.principals.read_mut().unwrap().roles.get_mut("web").unwrap();
    role.inline.insert(denial::INSTANCES.into(), text.into());
    assert_eq!(changed(&IamPrincipals, &account, &case), [""; 0]);
    account.caller.arn = sso();
    let scope = Scope { instances: ["i-2".to_owned()].into(), ..Scope::default() };
    let changes = plan(&IamPrincipals, &account, &Case { scope, ..case });
    assert_eq!(denial::Instances::read(changes[0].2.as_str().unwrap()).unwrap().arns.len(), 2);
}

#[test]
fn the_instance_that_unplug_runs_on_is_kept_and_a_role_without_room_is_refused() {
    let (mut account, case) = with_instances(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/web/i-1"));
    assert!(why(&account, &case, "web").contains("runs on i-1"));
    account.caller.arn = sso();
    let role = account.principals.read_mut().unwrap().roles.get_mut("web").unwrap();
    role.inline.insert("long".into(), "x".repeat(10_200));
    assert!(why(&account, &case, "web").contains("cannot tell instances apart"));
}

#[test]
fn an_instance_whose_role_is_not_known_is_said() {
    let (mut account, case) = with_instances(&sso());
    account.principals.read_mut().unwrap().roles.get_mut("web").unwrap().profiles.clear();
    let found = IamPrincipals.find(&account, &case);
    assert!(found.items.is_empty());
    assert!(found.findings.iter().any(|finding| finding.matters && finding.text.starts_with("i-1: no role")));
}

const ANCHOR: &str = "11111111-2222-3333-4444-555555555555";

/// `depot` is a role that a certificate enters, by a trust anchor of one Region.
fn with_anchor(caller: &str) -> Account {
    let mut account = account(caller, &[], &[("depot", r#"{"Service":"rolesanywhere.amazonaws.com"}"#)]);
    let anchor = TrustAnchor { name: "depot".into(), enabled: true };
    let mut here = Region::empty();
    here.trust_anchors = Seen::Read([(ANCHOR.to_owned(), anchor)].into());
    account.regions = [("eu-west-1".to_owned(), here)].into();
    account
}

#[test]
fn a_trust_anchor_is_disabled_and_sessions_that_it_gave_are_denied_by_their_role() {
    let account = with_anchor(&sso());
    assert_eq!(changed(&IamPrincipals, &account, &case(&[])), ["depot", ANCHOR]);
    let scope = Scope { regions: Some(["us-east-1".to_owned()].into()), ..Scope::default() };
    assert_eq!(changed(&IamPrincipals, &account, &Case { scope, ..case(&[]) }), ["depot"]);
    let scope = Scope { principals: ["depot".to_owned()].into(), ..Scope::default() };
    assert_eq!(changed(&IamPrincipals, &account, &Case { scope, ..case(&[]) }), ["depot"], "it alone");
}

#[test]
fn a_trust_anchor_stays_where_you_or_break_glass_may_come_in_by_it() {
    let mine = with_anchor(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/depot/anna"));
    assert!(why(&mine, &case(&[]), ANCHOR).starts_with("your session of role depot"));
    let config = Arc::new(Config { break_glass: vec!["depot".into()], ..Config::default() });
    let glass = Case { config, ..case(&[]) };
    assert!(why(&with_anchor(&sso()), &glass, ANCHOR).contains("may be entered through it"));
}

#[tokio::test]
async fn a_trust_anchor_goes_off_and_on() {
    let mut account = with_anchor(&sso());
    account.enabled_regions = Seen::Read(["eu-west-1".to_owned()].into());
    account.principals.read_mut().unwrap().roles.clear();
    there_and_back(&IamPrincipals, account, &case(&[])).await;
}
