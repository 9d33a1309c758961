//! Break-glass principals are named, exist, can sign in, and with a second factor.

use std::collections::BTreeSet;

use crate::access;
use crate::access::calls::of_role;
use crate::access::facts::Facts as Asked;
use crate::access::report::Sureness;
use crate::account::{Principals, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity, refused};
use crate::steps::{permissions, responder};

pub const CHECK: Check = Check {
    id: "pull-break-glass",
    group: Group::Pull,
    title: "Break-glass principals are named, and can sign in with a second factor",
    severity: Severity::High,
    why: "When Identity Center is down, or the thief holds its administrator, this user or role is the way \
          in. A cut spares only those that unplug.toml names.",
    fix: "unplug prepare --trust ARN makes a role; unplug.toml names it and its users: break_glass = \
          [\"arn:aws:iam::ACCOUNT:role/unplug-break-glass\", \"arn:aws:iam::ACCOUNT:user/NAME\"]; for a user \
          without MFA: aws iam enable-mfa-device --user-name NAME --serial-number ARN --authentication-code1 \
          CODE --authentication-code2 CODE",
    needs: &[Section::Principals, Section::AccessKeys, Section::CredentialReport],
    also: access::NEEDS,
    mirrors: &["CIS 1.10"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let config = facts.config;
    if config.break_glass.is_empty() {
        answer.fail("unplug.toml", None, "nobody is named in unplug.toml: nothing spares a break-glass user");
        return;
    }
    let Some(all) = facts.account.principals.read() else { return };
    let prepared = all.roles.get(responder::ROLE).filter(|role| !config.is_break_glass(&role.arn));
    if let Some(role) = prepared {
        let text = format!("role {} is there, and unplug.toml does not name it", responder::ROLE);
        answer.fail(role.arn.clone(), None, text);
    }
    for pattern in &config.break_glass {
        let one = crate::config::Config { break_glass: vec![pattern.clone()], ..Default::default() };
        let users: Vec<&String> = all
            .users
            .iter()
            .filter(|(_, user)| one.is_break_glass(&user.arn))
            .map(|(name, _)| name)
            .collect();
        let roles: Vec<&String> = all
            .roles
            .iter()
            .filter(|(_, role)| one.is_break_glass(&role.arn))
            .map(|(name, _)| name)
            .collect();
        if users.is_empty() && roles.is_empty() {
            let place = config.position("break_glass", pattern).unwrap_or("unplug.toml");
            answer.fail(pattern.clone(), None, format!("{pattern} ({place}) fits no user or role"));
        }
        users.into_iter().for_each(|name| user(facts, answer, name));
        roles.into_iter().for_each(|name| role(facts, answer, all, name));
    }
    answer.said = format!("{} named", config.break_glass.len());
}

/// A user needs a key or a password, and a second factor with the password.
fn user(facts: &Facts<'_>, answer: &mut Answer, name: &str) {
    let Some(row) = facts.account.credential_report.item(name) else {
        answer.unknown(format!("user {name} is not in the credential report, which is up to 4 hours old"));
        return;
    };
    let key = |status: &str| {
        facts.account.access_keys.items().any(|(_, key)| key.user == *name && key.status == status)
    };
    if !row.password_enabled && !key("Active") && row.active_keys_since.is_empty() {
        answer.fail(name, None, format!("user {name} has neither a password nor an active access key"));
    } else if row.password_enabled && !row.mfa_active {
        answer.fail(name, None, format!("user {name} signs in without MFA"));
    }
}

/// Somebody must be able to assume a role.
fn role(facts: &Facts<'_>, answer: &mut Answer, all: &Principals, name: &str) {
    let Some(role) = all.roles.get(name) else { return };
    cuts(facts, answer, name);
    match responder::trusted(&role.trust) {
        Some(trusted) => return prepared(facts, answer, all, (name, &trusted)),
        None if name == responder::ROLE => {
            answer.fail(name, None, format!("role {name} lets in others than with MFA those who are named"));
        }
        None => {}
    }
    let Ok(access) = facts.access() else { return };
    match access.find(&role.arn).map(|standing| &standing.acts) {
        Some(Sureness::Yes) => {}
        Some(Sureness::No) => answer.fail(name, None, format!("nobody can assume role {name}")),
        Some(Sureness::Perhaps(why)) => {
            answer.unknown(format!("whether somebody can assume role {name}: {why}"));
        }
        None => answer.unknown(format!("whether somebody can assume role {name}")),
    }
}

/// A role that may make none of the calls that cut is no way in: under a boundary, or denied.
fn cuts(facts: &Facts<'_>, answer: &mut Answer, name: &str) {
    let mut actions = permissions::apply(&facts.pull.steps);
    let looks = |action: &str| {
        let verb = action.split_once(':').map_or(action, |(_, verb)| verb);
        ["Describe", "Get", "List"].iter().any(|look| verb.starts_with(look))
    };
    actions.retain(|action| !looks(action));
    let Ok(rights) = of_role(&Asked::of(facts.account, facts.now), name, &actions) else { return };
    if rights.iter().all(|right| right.sure.is_no())
        && let Some(refused) = refused(&rights)
    {
        answer.fail(name, None, format!("role {name} may make no call that cuts: not {refused}"));
    }
}

/// A role with the trust policy that `unplug prepare` writes: somebody who may assume it must have MFA, and be
/// spared too.
fn prepared(
    facts: &Facts<'_>,
    answer: &mut Answer,
    all: &Principals,
    (name, trusted): (&str, &BTreeSet<String>),
) {
    let own = format!(":{}:", facts.account.id);
    let root = format!("arn:{}:iam::{}:root", facts.account.partition(), facts.account.id);
    let lets_in = |arn: &String| trusted.contains(arn) || trusted.contains(&root);
    let users = all.users.iter().filter(|(_, user)| lets_in(&user.arn));
    let spared = users.filter(|(_, user)| facts.config.is_break_glass(&user.arn)).map(|(user, _)| user);
    let rows: Vec<_> = spared.map(|user| facts.account.credential_report.item(user)).collect();
    if rows.iter().flatten().any(|row| row.mfa_active) {
        return;
    }
    let others: Vec<&str> = trusted.iter().filter(|arn| !arn.contains(&own)).map(String::as_str).collect();
    if !others.is_empty() {
        let others = others.join(", ");
        answer.unknown(format!("whether {others} can assume role {name}: of another account"));
    } else if rows.iter().any(Option::is_none) {
        answer.unknown(format!(
            "who may assume role {name} is not in the credential report, up to 4 hours old"
        ));
    } else {
        answer.fail(
            name,
            None,
            format!("nobody who may assume role {name} has MFA and is named in unplug.toml"),
        );
    }
}
