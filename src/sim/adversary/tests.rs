//! Tests of the thief on small accounts.

use std::time::Duration;

use super::{Adversary, Credential, MOVES, SPREADS_IN, Session, SessionKind};
use crate::account::organization::SERVICE_CONTROL;
use crate::account::{AccessKey, Account, Caller, Organization, Region, Role, Seen, User};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::sim::{Simulation, sample};

const ID: &str = "111122223333";
const TOOL: Duration = Duration::from_secs(1);
const PERSON: Duration = Duration::from_secs(60);
const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
const KEY: &str = "AKIAVICTIM";

/// An account with one administrator, whose key the thief has.
fn account() -> Account {
    let caller = Caller { arn: format!("arn:aws:iam::{ID}:user/oncall"), ..Caller::default() };
    let mut account = Account::unread(ID, caller);
    let mut principals = crate::account::Principals::default();
    let admin = User {
        arn: format!("arn:aws:iam::{ID}:user/deploy"),
        path: "/".into(),
        inline: [("own".to_owned(), super::own::ADMIN.to_owned())].into(),
        ..User::default()
    };
    principals.users.insert("deploy".into(), admin);
    account.principals = Seen::Read(principals);
    let key = AccessKey { user: "deploy".into(), status: "Active".into(), last_used: None };
    account.access_keys = Seen::Read([(KEY.to_owned(), key)].into());
    account.credential_report = Seen::Read(Default::default());
    account.regions.insert("us-east-1".into(), Region::empty());
    account
}

fn thief(reaction: Duration) -> Adversary {
    Adversary::new(vec![Credential::Key(KEY.into())], reaction)
}

fn deny(account: &mut Account) {
    let user = account.principals.read_mut().unwrap().users.get_mut("deploy").unwrap();
    user.inline.insert("quarantine".into(), DENY.into());
}

fn turn_off(account: &mut Account) {
    account.access_keys.read_mut().unwrap().get_mut(KEY).unwrap().status = "Inactive".into();
}

/// Changes the account, and lets the thief see it at once.
fn cut(simulation: &Simulation, change: fn(&mut Account)) {
    simulation.meddle(change);
    simulation.let_adversary_play();
}

/// Lets time pass for everybody, a second at a time.
fn pass(simulation: &Simulation, seconds: u64) {
    for _ in 0..seconds {
        simulation.clock().pass(Duration::from_secs(1));
        simulation.let_adversary_play();
    }
}

fn names(simulation: &Simulation) -> Vec<&'static str> {
    simulation.adversary().unwrap().played().iter().map(|played| played.name).collect()
}

fn reaches(simulation: &Simulation) -> bool {
    let account = simulation.account();
    !simulation.adversary().unwrap().reaches(&account, simulation.clock().now_ms()).is_empty()
}

#[test]
fn a_tool_deletes_a_deny_before_it_has_spread() {
    let simulation = Simulation::new(account());
    simulation.invite(thief(TOOL));
    cut(&simulation, deny);
    pass(&simulation, 2);
    assert!(names(&simulation).contains(&"delete-inline-deny"), "{:?}", names(&simulation));
    let denied = |account: &Account| {
        account.principals.read().unwrap().users["deploy"].inline.contains_key("quarantine")
    };
    assert!(!simulation.look(denied));
    pass(&simulation, 30);
    assert!(reaches(&simulation));
}

#[test]
fn a_person_comes_too_late_for_a_deny() {
    let simulation = Simulation::new(account());
    simulation.invite(thief(PERSON));
    cut(&simulation, deny);
    pass(&simulation, 200);
    assert_eq!(names(&simulation), ["get-session-token"], "nothing but what he made beforehand");
    assert!(!reaches(&simulation));
}

#[test]
fn a_session_made_beforehand_outlives_its_key() {
    let simulation = Simulation::new(account());
    simulation.invite(thief(PERSON));
    cut(&simulation, turn_off);
    pass(&simulation, 10);
    let account = simulation.account();
    let reached = simulation.adversary().unwrap().reaches(&account, simulation.clock().now_ms());
    assert!(reached.contains(&("s3:GetObject", "a session of GetSessionToken".to_owned())));
    // Such a session may not call IAM.
    assert!(!reached.iter().any(|(aim, _)| *aim == "iam:CreateUser"), "{reached:?}");
}

#[test]
fn a_tool_answers_a_key_that_is_turned_off_with_a_user_of_its_own() {
    let simulation = Simulation::new(account());
    simulation.invite(thief(TOOL));
    cut(&simulation, turn_off);
    pass(&simulation, 2);
    for name in ["reactivate-key", "create-admin-user", "create-open-role", "create-password"] {
        assert!(names(&simulation).contains(&name), "{name}: {:?}", names(&simulation));
    }
    assert!(!names(&simulation).contains(&"create-key"), "a key that is off makes no other");
    pass(&simulation, 20);
    // The open role is assumed as soon as it is known everywhere.
    let holds = simulation.adversary().unwrap().holds().to_vec();
    let open =
        |held: &Credential| matches!(held, Credential::Session(Session { of, .. }) if of == "SupportAudit");
    assert!(holds.iter().any(open), "{holds:?}");
}

#[test]
fn what_is_put_on_the_user_that_he_made_is_taken_off_again() {
    let simulation = Simulation::new(account());
    simulation.invite(thief(TOOL));
    cut(&simulation, turn_off);
    pass(&simulation, 30);
    cut(&simulation, |account| {
        let made = account.principals.read_mut().unwrap().users.get_mut("svc-metrics").unwrap();
        made.inline.insert("quarantine".into(), DENY.into());
    });
    pass(&simulation, 3);
    let clean = |account: &Account| {
        !account.principals.read().unwrap().users["svc-metrics"].inline.contains_key("quarantine")
    };
    assert!(simulation.look(clean));
}

#[test]
fn a_boundary_is_removed_and_one_that_was_there_is_set_again() {
    for old in [None, Some("arn:aws:iam::111122223333:policy/old".to_owned())] {
        let mut account = account();
        let all = account.principals.read_mut().unwrap();
        all.policies.insert("arn:aws:iam::111122223333:policy/old".into(), super::own::ADMIN.into());
        all.policies.insert("arn:aws:iam::111122223333:policy/deny".into(), DENY.into());
        all.users.get_mut("deploy").unwrap().boundary.clone_from(&old);
        let simulation = Simulation::new(account);
        simulation.invite(thief(TOOL));
        cut(&simulation, |account| {
            let user = account.principals.read_mut().unwrap().users.get_mut("deploy").unwrap();
            user.boundary = Some("arn:aws:iam::111122223333:policy/deny".into());
        });
        pass(&simulation, 2);
        let is =
            simulation.look(|account| account.principals.read().unwrap().users["deploy"].boundary.clone());
        assert_eq!(is, old);
    }
}

#[test]
fn the_organizations_deny_leaves_no_move() {
    let organization = Organization::of(
        SERVICE_CONTROL,
        &[("root", &[("policy", super::own::ADMIN)]), ("quarantine", &[("policy", DENY)])],
    );
    let simulation = Simulation::new(account());
    simulation.invite(thief(TOOL).under(organization));
    cut(&simulation, deny);
    pass(&simulation, 30);
    assert_eq!(names(&simulation), Vec::<&str>::new());
    assert!(!reaches(&simulation));
}

#[tokio::test]
async fn a_policy_that_is_attached_stops_him_once_it_has_spread_and_detached_lets_him_on() {
    let mut account = account();
    account.organization = sample::organization(ID);
    let simulation = Simulation::new(account);
    simulation.invite(thief(PERSON));
    let aws = Aws::simulated(simulation.clone());
    let _writing = aws.enter(Phase::Apply);
    let made = aws.organizations().create_policy().name("unplug-1").description("a cut").content(DENY);
    let made = made.r#type(SERVICE_CONTROL.into()).send().await.unwrap().policy.unwrap();
    let id = made.policy_summary.unwrap().id.unwrap();
    assert!(reaches(&simulation));
    aws.organizations().attach_policy().policy_id(&id).target_id(ID).send().await.unwrap();
    assert!(reaches(&simulation), "it has not spread yet");
    pass(&simulation, 100);
    assert!(!reaches(&simulation));
    let thief = simulation.adversary().unwrap();
    assert_eq!(names(&simulation), ["get-session-token"], "nothing but what he made beforehand");
    assert!(!thief.refusals().is_empty(), "he tried");
    aws.organizations().detach_policy().policy_id(&id).target_id(ID).send().await.unwrap();
    pass(&simulation, 10);
    assert!(reaches(&simulation));
}

#[test]
fn a_role_session_ends_and_is_made_anew_through_the_key() {
    let mut account = account();
    let role = Role {
        arn: format!("arn:aws:iam::{ID}:role/ops"),
        path: "/".into(),
        trust: format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ID}:root"}},"Action":"sts:AssumeRole"}}]}}"#
        ),
        inline: [("own".to_owned(), super::own::ADMIN.to_owned())].into(),
        ..Role::default()
    };
    account.principals.read_mut().unwrap().roles.insert("ops".into(), role);
    let simulation = Simulation::new(account);
    simulation.invite(thief(TOOL));
    let sessions = |simulation: &Simulation| {
        let holds = simulation.adversary().unwrap().holds().to_vec();
        let of_role = holds.iter().filter_map(|held| match held {
            Credential::Session(session) if session.kind == SessionKind::Role => Some(session.clone()),
            _ => None,
        });
        of_role.collect::<Vec<_>>()
    };
    let first = sessions(&simulation);
    assert_eq!(first.len(), 1, "{first:?}");
    simulation.clock().pass(Duration::from_secs(2 * 3_600));
    cut(&simulation, |account| account.alias = Seen::Read(Some("renamed".into())));
    pass(&simulation, 2);
    let second = sessions(&simulation);
    assert_eq!(second.len(), 1, "{second:?}");
    assert!(second[0].issued > first[0].issued);
}

#[test]
fn every_move_has_a_name_of_its_own_and_says_what_it_does() {
    let names: std::collections::BTreeSet<_> = MOVES.iter().map(|one| one.name).collect();
    assert_eq!(names.len(), MOVES.len());
    for one in MOVES {
        assert!(!one.does.is_empty() && !one.does.ends_with('.'), "{}", one.name);
    }
    assert_eq!(SPREADS_IN, Duration::from_secs(4));
}

/// The events of his calls: name, key and error code.
fn events(simulation: &Simulation) -> Vec<(String, String, Option<String>)> {
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let event = |event: &serde_json::Value| {
        let key = text(&event["userIdentity"]["accessKeyId"]).unwrap_or_default();
        (text(&event["eventName"]).unwrap_or_default(), key, text(&event["errorCode"]))
    };
    simulation.recorded().iter().map(event).collect()
}

#[test]
fn each_move_is_an_event_by_the_credential_that_made_it() {
    let simulation = Simulation::new(account());
    simulation.invite(thief(TOOL));
    cut(&simulation, turn_off);
    pass(&simulation, 10);
    let played: Vec<_> = simulation.adversary().unwrap().played().to_vec();
    assert!(!played.is_empty());
    let events = events(&simulation);
    let calls: Vec<&str> = played.iter().flat_map(|played| &played.actions).copied().collect();
    let taken: Vec<&str> =
        events.iter().filter(|(.., error)| error.is_none()).map(|(name, ..)| &**name).collect();
    let names: Vec<&str> = calls.iter().map(|call| call.split_once(':').unwrap().1).collect();
    assert_eq!(taken, names);
    let first = &simulation.recorded()[0];
    assert_eq!(first["userIdentity"]["accessKeyId"], KEY);
    assert_eq!(first["userIdentity"]["arn"], format!("arn:aws:iam::{ID}:user/deploy"));
    let on = simulation.recorded().into_iter().find(|event| event["eventName"] == "UpdateAccessKey").unwrap();
    let asked = serde_json::json!({ "userName": "deploy", "accessKeyId": KEY, "status": "Active" });
    assert_eq!(on["requestParameters"], asked);
    let made =
        simulation.recorded().into_iter().find(|event| event["eventName"] == "CreateAccessKey").unwrap();
    assert_eq!(made["responseElements"]["accessKey"]["accessKeyId"], "AKIASVCMETRICSXXXX01");
}

#[test]
fn what_aws_refuses_is_an_event_too_and_tried_once() {
    let simulation = Simulation::new(account());
    simulation.invite(thief(PERSON));
    cut(&simulation, deny);
    pass(&simulation, 600);
    let thief = simulation.adversary().unwrap();
    let denied =
        events(&simulation).into_iter().filter(|(.., error)| error.as_deref() == Some("AccessDenied"));
    let denied: Vec<String> = denied.map(|(name, ..)| name).collect();
    assert!(denied.contains(&"DeleteUserPolicy".to_owned()), "{denied:?}");
    assert_eq!(denied.len(), thief.refusals().len());
    let once: std::collections::BTreeSet<_> = denied.iter().collect();
    assert_eq!(once.len(), denied.len(), "{denied:?}");
}

#[test]
fn a_key_that_is_off_leaves_no_event() {
    let simulation = Simulation::new(account());
    simulation.invite(thief(PERSON).making_only(["reactivate-key".to_owned()].into()));
    cut(&simulation, turn_off);
    pass(&simulation, 600);
    assert!(events(&simulation).is_empty(), "AWS does not know whose key it is");
}

#[test]
fn each_change_is_answered_at_its_own_speed() {
    let simulation = Simulation::new(account());
    let speeds = [1, 60].map(Duration::from_secs).to_vec();
    simulation
        .invite(thief(TOOL).answering_after(speeds).making_only(["delete-inline-deny".to_owned()].into()));
    for held in [false, true, true] {
        cut(&simulation, deny);
        pass(&simulation, 90);
        let denied = |account: &Account| {
            account.principals.read().unwrap().users["deploy"].inline.contains_key("quarantine")
        };
        assert_eq!(simulation.look(denied), held);
    }
}

#[test]
fn who_is_put_out_does_nothing_more() {
    let simulation = Simulation::new(account());
    simulation.invite(thief(TOOL));
    cut(&simulation, turn_off);
    let thief = simulation.dismiss().unwrap();
    assert_eq!(thief.wants(), Some(&account()), "he has changed nothing yet");
    pass(&simulation, 30);
    assert_eq!(simulation.look(|account| account.access_keys.item(KEY).unwrap().status.clone()), "Inactive");
    assert!(simulation.adversary().is_none());
}
