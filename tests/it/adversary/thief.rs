//! The thief of the trials: an administrator's key and a session, of a principal that the cut is about.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;
use unplug::account::organization::SERVICE_CONTROL;
use unplug::account::{AccessKey, Account, Principals, Role, Seen, User};
use unplug::engine::plan::Selected;
use unplug::sim::Simulation;
use unplug::sim::adversary::{Adversary, Credential, Session, SessionKind};
use unplug::step::{Names, StepId};

use crate::laws::harness::Process;
use crate::laws::seeds::{Seed, s700};

const USER: &str = "intruder";
const KEY: &str = "AKIAINTRUDER";
/// A reaction that never comes.
const NEVER: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Whose credentials the thief has.
#[derive(Clone, Debug)]
pub struct Thief {
    user: String,
    key: String,
    role: Option<String>,
}

/// What a cut stops: the aims that he reached before, with a credential that reaches them no longer.
#[derive(Clone, Debug, Default)]
pub struct Cut {
    pub aims: BTreeSet<&'static str>,
}

impl Thief {
    /// The thief with a key, a console session and, where the cut is about a role, a session of that.
    pub fn adversary(&self, reaction: Duration) -> Adversary {
        // A minute before the simulated clock's start.
        let issued = "2026-11-22T03:11:00Z".parse().unwrap();
        let mut holds = vec![
            Credential::Key(self.key.clone()),
            Credential::Session(Session::new(&self.user, SessionKind::Console, issued)),
        ];
        let session = |role: &String| Credential::Session(Session::new(role, SessionKind::Role, issued));
        holds.extend(self.role.as_ref().map(session));
        Adversary::new(holds, reaction)
    }
}

/// The seed with the thief in its account: an owner of what the step cuts, or a user of his own.
pub async fn placed(seed: &Seed) -> (Seed, Thief) {
    let process = Process::start(&Simulation::new(seed.account.clone()));
    let plan = process.plan(seed, Names::default()).await;
    let changes: Vec<_> = plan.steps.iter().flat_map(|step| &step.changes).collect();
    let ids: Vec<&String> = changes.iter().map(|change| &change.target.id).collect();
    let mut seed = seed.clone();
    let account = &mut seed.account;
    let admin = format!("arn:{}:iam::aws:policy/AdministratorAccess", account.partition());
    if account.principals.is_not_read() {
        account.principals = Seen::Read(Principals::default());
    }
    if account.access_keys.is_not_read() {
        account.access_keys = Seen::Read(BTreeMap::new());
    }
    let keys = account.access_keys.read().unwrap().clone();
    let all = account.principals.read().unwrap();
    let cut_key = ids.iter().find(|id| keys.get(**id).is_some_and(|key| key.status == "Active"));
    let cut_user = ids.iter().find(|id| all.users.contains_key(**id));
    let role = ids.iter().find(|id| all.roles.contains_key(**id)).map(|id| (*id).clone());
    let (user, key) = match (cut_key, cut_user) {
        (Some(key), _) => (keys[*key].user.clone(), (*key).clone()),
        (None, Some(user)) => ((*user).clone(), KEY.to_owned()),
        (None, None) => (USER.to_owned(), KEY.to_owned()),
    };
    place(account, &user, &key, role.as_deref(), &admin);
    (seed, Thief { user, key, role })
}

fn place(account: &mut Account, user: &str, key: &str, role: Option<&str>, admin: &str) {
    let arn = format!("arn:{}:iam::{}:user/{user}", account.partition(), account.id);
    let all = account.principals.read_mut().unwrap();
    let new = || User { arn, path: "/".into(), ..User::default() };
    all.users.entry(user.to_owned()).or_insert_with(new).attached.insert(admin.to_owned());
    if let Some(role) = role.and_then(|role| all.roles.get_mut(role)) {
        role.attached.insert(admin.to_owned());
    }
    let new = AccessKey { user: user.to_owned(), status: "Active".into(), last_used: None };
    account.access_keys.read_mut().unwrap().entry(key.to_owned()).or_insert(new);
    if let Some(rows) = account.credential_report.read_mut() {
        rows.entry(user.to_owned()).or_default().password_enabled = true;
    }
}

/// What the cut stops of a thief who does nothing.
pub async fn cut(seed: &Seed, thief: &Thief, settled: Duration) -> Cut {
    let simulation = Simulation::new(seed.account.clone());
    simulation.invite(thief.adversary(NEVER));
    let before = reaches(&simulation, &simulation.adversary().unwrap());
    let process = Process::start(&simulation);
    process.pull(seed).await;
    pass(&simulation, &process, settled).await;
    let after = reaches(&simulation, &simulation.adversary().unwrap());
    Cut { aims: before.difference(&after).map(|(aim, _)| *aim).collect() }
}

pub fn reaches(simulation: &Simulation, adversary: &Adversary) -> BTreeSet<(&'static str, String)> {
    adversary.reaches(&simulation.account(), simulation.now_ms())
}

/// Lets time pass, and the thief act in it.
pub async fn pass(simulation: &Simulation, process: &Process, time: Duration) {
    process.aws.clock().wait(time).await;
    simulation.let_adversary_play();
}

/// CloudTrail has each call of each move, by his program, and each that was refused.
pub fn assert_recorded(simulation: &Simulation) {
    let thief = simulation.adversary().unwrap();
    let recorded = simulation.recorded();
    let his = recorded.iter().filter(|event| event["userAgent"] == "aws-cli/2.15");
    let calls = |refused: bool| {
        let such = his.clone().filter(move |event| event["errorCode"].is_null() != refused);
        such.map(|event| event["eventName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let name = |action: &&str| action.split_once(':').unwrap().1.to_owned();
    let made: Vec<String> = thief.played().iter().flat_map(|played| &played.actions).map(name).collect();
    assert_eq!(calls(false), made);
    let refused: Vec<String> = thief.refusals().iter().map(|refusal| name(&refusal.action)).collect();
    assert_eq!(calls(true), refused);
}

/// Gives the account the role that calls, where a seed has its session alone: 700 spares a caller that it knows.
fn know_caller(account: &mut Account) {
    let Some(name) = account.caller.role().map(str::to_owned) else { return };
    let service = json!({ "Service": "ec2.amazonaws.com" });
    let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": service });
    let role = Role {
        arn: format!("arn:{}:iam::{}:role/{name}", account.partition(), account.id),
        path: "/".into(),
        trust: json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string(),
        ..Role::default()
    };
    account.principals.read_mut().unwrap().roles.entry(name).or_insert(role);
}

/// Step 700 alone, on the seed's account in an Organization.
pub fn guard(seed: &Seed, template: &str) -> Seed {
    let mut guard = seed.clone();
    s700::join(&mut guard.account, &[SERVICE_CONTROL]);
    know_caller(&mut guard.account);
    let params = [("policies", json!(["service-control"])), ("template", json!(template))];
    let params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    guard.steps = vec![Selected { step: StepId(700), params }];
    guard
}
