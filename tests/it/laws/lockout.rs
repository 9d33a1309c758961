//! The law of the responder: whoever calls, no step that changes principals takes the rights for what is
//! left of the run from the caller, from the credentials behind its session, or from a break-glass
//! principal. A new step joins by its seed.

use std::sync::Arc;

use unplug::account::{Account, Caller, Chain, Link, Role, User};
use unplug::config::Config;
use unplug::engine::lockout::{changes_principals, of, sentence};
use unplug::engine::rehearse::rehearse;
use unplug::step::{Names, StepId};
use unplug::steps::STEPS;

use super::harness::{brief, each};
use super::seeds::{self, Seed, seeds};

fn session(account: &Account, role: &str) -> String {
    format!("arn:aws:sts::{}:assumed-role/{role}/me", account.id)
}

/// Every kind of caller that the account can have: each user with its key and with a session, each role,
/// each role entered with each user's key, root, and a federated user.
fn callers(account: &Account) -> Vec<Caller> {
    let Some(all) = account.principals.read() else { return vec![] };
    let keys = account.access_keys.read().cloned().unwrap_or_default();
    let key_of = |user: &str| {
        keys.iter().find(|(_, key)| key.user == user && key.status == "Active").map(|(id, _)| id.clone())
    };
    let mut callers = vec![];
    for (name, User { arn, .. }) in &all.users {
        for access_key in [key_of(name), Some("ASIASESSION".to_owned())] {
            callers.push(Caller { arn: arn.clone(), access_key, ..Caller::default() });
        }
    }
    for (name, Role { arn, .. }) in &all.roles {
        let call = Caller { arn: session(account, name), ..Caller::default() };
        callers.push(call.clone());
        for user in all.users.keys() {
            let Some(id) = key_of(user) else { continue };
            let links = vec![Link::Key { id, user: Some(user.clone()) }, Link::Role(arn.clone())];
            callers.push(Caller { chain: Chain { links, whole: true }, ..call.clone() });
        }
    }
    for arn in
        [format!("arn:aws:iam::{}:root", account.id), format!("arn:aws:sts::{}:federated-user/x", account.id)]
    {
        callers.push(Caller { arn, ..Caller::default() });
    }
    callers
}

/// What a plan by this caller takes from the responder, in words.
async fn losses(seed: &Seed, caller: &Caller, break_glass: &[String]) -> Vec<String> {
    let mut account = seed.account.clone();
    account.caller = caller.clone();
    let config = Config { break_glass: break_glass.to_vec(), ..Config::default() };
    let mut brief = brief(seed, Names::default(), 1);
    brief.config = Arc::new(config);
    let plan = rehearse(&account, &seed.steps, &brief).await.unwrap();
    let now = "2026-11-28T03:00:00Z".parse().unwrap();
    let found = of([&account, &plan.after], &plan.steps, &seed.steps, &brief.config, now);
    found.into_iter().flat_map(|found| found.losses).map(|loss| sentence(&loss)).collect()
}

fn of_principals() -> Vec<Seed> {
    seeds().into_iter().filter(|seed| changes_principals(seed.step)).collect()
}

#[test]
fn every_step_that_changes_principals_has_a_seed() {
    let with: Vec<_> = of_principals().iter().map(|seed| seed.step).collect();
    let chosen = |step: &StepId| seeds::only().is_none_or(|only| only == *step);
    for step in STEPS.iter().map(|step| step.spec().id).filter(|id| chosen(id) && changes_principals(*id)) {
        assert!(with.contains(&step), "{step}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_caller_is_locked_out_by_a_step() {
    each(of_principals(), async |seed: Seed| {
        for caller in callers(&seed.account) {
            // AWS found this very key in public, or the operator names it: it goes off, and the run is refused.
            let leaked = |link: &Link| {
                matches!(link, Link::Key { user: Some(user), id } if is_suspect(&seed.account, id, user)
                    || seed.scope.keys.contains(id))
            };
            let suspect = caller.chain.links.iter().any(leaked);
            let lost = losses(&seed, &caller, &[]).await;
            assert!(lost.is_empty() || suspect, "{caller:?}: {lost:#?}");
        }
    })
    .await;
}

/// AWS found the key in public, or has quarantined its user.
fn is_suspect(account: &Account, key: &str, user: &str) -> bool {
    let quarantined = account.principals.read().is_some_and(|all| all.quarantined().contains(user));
    account.exposed_keys.item(key).is_some() || quarantined
}

#[tokio::test(flavor = "multi_thread")]
async fn no_break_glass_principal_is_locked_out_by_a_step() {
    each(of_principals(), async |seed: Seed| {
        let Some(all) = seed.account.principals.read() else { return };
        let users = all.users.values().map(|user| user.arn.clone());
        let arns: Vec<String> = users.chain(all.roles.values().map(|role| role.arn.clone())).collect();
        for arn in arns {
            let lost = losses(&seed, &seed.account.caller, std::slice::from_ref(&arn)).await;
            assert!(lost.is_empty(), "{arn}: {lost:#?}");
        }
    })
    .await;
}
