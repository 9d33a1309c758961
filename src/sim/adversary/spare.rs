//! Moves that keep or make another way in: keys, passwords, users, roles, sessions.

use super::calls::letters;
use super::credential::{Credential, Me, Session, SessionKind};
use super::moves::{Attempt, Scene, both};
use super::own::{ADMIN, ADMIN_NAME};
use crate::access::decide::is_service_linked;
use crate::account::{AccessKey, Account, Principals, Role, User};

/// What a thief makes has names like these: they look as if they belonged there.
const USER: &str = "svc-metrics";
const ROLE: &str = "SupportAudit";
/// Keys that one user may have.
const KEYS: usize = 2;
/// Sessions that a thief keeps.
const SESSIONS: usize = 6;

pub(super) fn session_token(scene: &Scene<'_>) -> Vec<Attempt> {
    let (Me::User(name), Credential::Key(_)) = (scene.me, scene.credential) else { return vec![] };
    let held = scene.holds.iter().any(|held| {
        matches!(held, Credential::Session(session) if session.kind == SessionKind::Token
            && session.of == *name && session.issued >= scene.iam_changed)
    });
    if held {
        return vec![];
    }
    let session = Session::new(name, SessionKind::Token, scene.at);
    let asks = vec![("sts:GetSessionToken", "*".to_owned())];
    vec![Attempt::new(name, asks, |_| {}).gaining(Credential::Session(session))]
}

pub(super) fn assumed_roles(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some(all) = scene.now.principals.read() else { return vec![] };
    let sessions = scene.holds.iter().filter_map(|held| match held {
        Credential::Session(session) if session.kind == SessionKind::Role => Some(session),
        _ => None,
    });
    let sessions: Vec<&Session> = sessions.collect();
    let fresh = |name: &String| {
        sessions
            .iter()
            .any(|held| held.of == *name && held.issued >= scene.iam_changed && held.ends > scene.at)
    };
    let known = |name: &String| sessions.iter().any(|held| held.of == *name);
    let attempt = |(name, role): (&String, &Role)| {
        let session = Session::new(name, SessionKind::Role, scene.at);
        let asks = vec![("sts:AssumeRole", role.arn.clone())];
        Attempt::new(name, asks, |_| {}).gaining(Credential::Session(session))
    };
    let itself = |name: &String| *scene.me == Me::Role(name.clone());
    all.roles
        .iter()
        .filter(|(name, role)| !is_service_linked(&role.arn) && !fresh(name) && !itself(name))
        .filter(|(name, _)| known(name) || sessions.len() < SESSIONS)
        .map(attempt)
        .collect()
}

pub(super) fn reactivate_key(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now)) = both(&scene.wanted.access_keys, &scene.now.access_keys) else { return vec![] };
    let held = |id: &String| scene.holds.contains(&Credential::Key(id.clone()));
    let off = now.iter().filter(|(id, key)| {
        key.status == "Inactive" && held(id) && wanted.get(*id).is_some_and(|old| old.status == "Active")
    });
    let attempt = |(id, key): (&String, &AccessKey)| {
        let arn = user_arn(scene, &key.user);
        let id = id.clone();
        Attempt::new(&id.clone(), vec![("iam:UpdateAccessKey", arn)], move |account| {
            if let Some(key) = account.access_keys.read_mut().and_then(|all| all.get_mut(&id)) {
                key.status = "Active".into();
            }
        })
    };
    off.map(attempt).collect()
}

fn user_arn(scene: &Scene<'_>, name: &str) -> String {
    let found = scene.now.principals.read().and_then(|all| all.users.get(name));
    found.map_or_else(|| scene.iam(&format!("user/{name}")), |user| user.arn.clone())
}

/// Another key of the user whose key is off. A key that is off makes none, not even in the seconds in
/// which it still works elsewhere: AWS has closed that.
pub(super) fn create_key(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some(keys) = scene.now.access_keys.read() else { return vec![] };
    let off = |id: &String| keys.get(id).is_none_or(|key| key.status != "Active");
    if matches!(scene.credential, Credential::Key(id) if off(id)) {
        return vec![];
    }
    let held = scene.holds.iter().filter_map(|held| match held {
        Credential::Key(id) => keys.get(id),
        _ => None,
    });
    let users: std::collections::BTreeSet<&String> = held.map(|key| &key.user).collect();
    let lacks = |user: &&&String| {
        let mut own = keys.values().filter(|key| key.user == ***user);
        own.clone().count() < KEYS && !own.any(|key| key.status == "Active")
    };
    users.iter().filter(lacks).map(|user| new_key(scene, user)).collect()
}

fn new_key(scene: &Scene<'_>, user: &str) -> Attempt {
    let id = key_id(scene.now, user);
    let asks = vec![("iam:CreateAccessKey", user_arn(scene, user))];
    let (name, new) = (user.to_owned(), id.clone());
    Attempt::new(user, asks, move |account| add_key(account, &new, &name)).gaining(Credential::Key(id))
}

/// An id that no key has: made of the user's name, as ids are of one length.
fn key_id(account: &Account, user: &str) -> String {
    let id = |number: usize| format!("AKIA{}{number:02}", letters(user, 14));
    (1..100).map(id).find(|id| account.access_keys.item(id).is_none()).unwrap_or_else(|| id(0))
}

fn add_key(account: &mut Account, id: &str, user: &str) {
    if let Some(keys) = account.access_keys.read_mut() {
        let key = AccessKey { user: user.to_owned(), status: "Active".into(), last_used: None };
        keys.insert(id.to_owned(), key);
    }
}

pub(super) fn create_password(scene: &Scene<'_>) -> Vec<Attempt> {
    let Me::User(name) = scene.me else { return vec![] };
    if scene.holds.contains(&Credential::Password(name.clone())) {
        return vec![];
    }
    let row = scene.now.credential_report.item(name);
    let action = if row.is_some_and(|row| row.password_enabled) {
        "iam:UpdateLoginProfile"
    } else {
        "iam:CreateLoginProfile"
    };
    let user = name.clone();
    let attempt = Attempt::new(name, vec![(action, user_arn(scene, name))], move |account| {
        if let Some(rows) = account.credential_report.read_mut() {
            rows.entry(user.clone()).or_default().password_enabled = true;
        }
    });
    vec![attempt.gaining(Credential::Password(name.clone()))]
}

pub(super) fn service_credentials(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = vec![];
    if let Some((wanted, now)) = both(&scene.wanted.service_credentials, &scene.now.service_credentials) {
        for (id, one) in now.iter().filter(|(_, one)| one.status == "Inactive") {
            let Some(old) = wanted.get(id).filter(|old| *old != one) else { continue };
            let (id, old) = (id.clone(), old.clone());
            let asks = vec![("iam:UpdateServiceSpecificCredential", user_arn(scene, &one.user))];
            attempts.push(Attempt::new(&id.clone(), asks, move |account| {
                if let Some(one) = account.service_credentials.read_mut().and_then(|all| all.get_mut(&id)) {
                    one.clone_from(&old);
                }
            }));
        }
    }
    if let Some((wanted, now)) = both(&scene.wanted.ssh_keys, &scene.now.ssh_keys) {
        for (id, one) in now.iter().filter(|(_, one)| one.status == "Inactive") {
            let Some(old) = wanted.get(id).filter(|old| *old != one) else { continue };
            let (id, old) = (id.clone(), old.clone());
            let asks = vec![("iam:UpdateSSHPublicKey", user_arn(scene, &one.user))];
            attempts.push(Attempt::new(&id.clone(), asks, move |account| {
                if let Some(one) = account.ssh_keys.read_mut().and_then(|all| all.get_mut(&id)) {
                    one.clone_from(&old);
                }
            }));
        }
    }
    attempts
}

pub(super) fn reopen_trust(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now)) = both(&scene.wanted.principals, &scene.now.principals) else { return vec![] };
    let changed = now.roles.iter().filter_map(|(name, role)| {
        let old = wanted.roles.get(name).filter(|old| old.trust != role.trust)?;
        Some(trust(name, role, old.trust.clone()))
    });
    changed.collect()
}

fn trust(name: &str, role: &Role, text: String) -> Attempt {
    let asks = vec![("iam:UpdateAssumeRolePolicy", role.arn.clone())];
    let role = name.to_owned();
    Attempt::new(name, asks, move |account| {
        if let Some(role) = account.principals.read_mut().and_then(|all| all.roles.get_mut(&role)) {
            role.trust.clone_from(&text);
        }
    })
}

/// A trust policy that lets every principal of these accounts assume the role.
fn trusting(scene: &Scene<'_>, accounts: &[&str]) -> String {
    let roots: Vec<String> =
        accounts.iter().map(|id| format!("\"arn:{}:iam::{id}:root\"", scene.now.partition())).collect();
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":[{}]}},"Action":"sts:AssumeRole"}}]}}"#,
        roots.join(",")
    )
}

pub(super) fn open_trust(scene: &Scene<'_>) -> Vec<Attempt> {
    let (Me::Role(name), Some(all)) = (scene.me, scene.now.principals.read()) else { return vec![] };
    let Some(role) = all.roles.get(name).filter(|role| !role.trust.contains(scene.home)) else {
        return vec![];
    };
    let text = trusting(scene, &[scene.home, &scene.now.id]);
    vec![trust(name, role, text).gaining(Credential::Account(scene.home.to_owned()))]
}

/// A name for something that he makes; `None` where he has made one already.
fn free<T>(all: &std::collections::BTreeMap<String, T>, stem: &str) -> Option<String> {
    (!all.contains_key(stem)).then(|| stem.to_owned())
}

pub(super) fn create_role(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some(name) = scene.now.principals.read().and_then(|all| free(&all.roles, ROLE)) else {
        return vec![];
    };
    let arn = scene.iam(&format!("role/{name}"));
    let role = Role {
        arn: arn.clone(),
        path: "/".into(),
        trust: trusting(scene, &[scene.home, &scene.now.id]),
        inline: [(ADMIN_NAME.to_owned(), ADMIN.to_owned())].into(),
        ..Role::default()
    };
    let asks = vec![("iam:CreateRole", arn.clone()), ("iam:PutRolePolicy", arn)];
    let made = name.clone();
    let attempt = Attempt::new(&name, asks, move |account| {
        with(account, |all| drop(all.roles.insert(made.clone(), role.clone())));
    });
    vec![attempt.gaining(Credential::Account(scene.home.to_owned()))]
}

fn with(account: &mut Account, change: impl FnOnce(&mut Principals)) {
    if let Some(all) = account.principals.read_mut() {
        change(all);
    }
}

pub(super) fn create_user(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some(name) = scene.now.principals.read().and_then(|all| free(&all.users, USER)) else {
        return vec![];
    };
    let arn = scene.iam(&format!("user/{name}"));
    let user = User {
        arn: arn.clone(),
        path: "/".into(),
        inline: [(ADMIN_NAME.to_owned(), ADMIN.to_owned())].into(),
        ..User::default()
    };
    let id = key_id(scene.now, &name);
    let asks =
        ["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey"].map(|action| (action, arn.clone()));
    let (made, key) = (name.clone(), id.clone());
    let attempt = Attempt::new(&name, asks.to_vec(), move |account| {
        with(account, |all| drop(all.users.insert(made.clone(), user.clone())));
        add_key(account, &key, &made);
        if let Some(rows) = account.credential_report.read_mut() {
            rows.entry(made.clone()).or_default();
        }
    });
    vec![attempt.gaining(Credential::Key(id))]
}
