//! The caller may make every call of the playbook.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::calls::of_caller;
use crate::access::facts;
use crate::access::report::Sureness;
use crate::account::{Actor, Leave, Section};
use crate::aws::operations;
use crate::checks::{Answer, Check, Facts, Group, Severity};
use crate::step::{StepId, first_few};
use crate::steps::{self, permissions};

pub const CHECK: Check = Check {
    id: "pull-permissions",
    group: Group::Pull,
    title: "These credentials may make every call of the playbook",
    severity: Severity::Critical,
    why: "A call that is denied at three in the morning needs an administrator who is asleep. A step without \
          one of its permissions is not cut.",
    fix: "unplug policy prints the exact documents; attach them to the responder's role",
    needs: &[],
    also: &[Section::Principals],
    mirrors: &[],
    look,
};

/// An action, and what it is for.
#[derive(Default)]
struct Use {
    read: BTreeSet<StepId>,
    cut: BTreeSet<StepId>,
    undo: BTreeSet<StepId>,
}

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let uses = uses(&facts.pull.steps);
    let actions: BTreeSet<&'static str> = uses.keys().copied().collect();
    let asked = facts::Facts::of(facts.account, facts.now);
    let organization = asked.organization.read().is_some();
    let by_policy = of_caller(&asked, &actions);
    let policies = by_policy.as_ref().map(|all| all.iter().map(|right| (right.action, right)).collect());
    let policies: BTreeMap<&str, _> = policies.unwrap_or_default();
    let (mut denied, mut unproven) = (vec![], BTreeMap::<String, Vec<&str>>::new());
    let (mut simulated, mut dry) = (0, 0);
    for (action, used) in &uses {
        // The caller's own policies say nothing of what an actor signs.
        let actor = Actor::of_call(action).filter(|actor| facts.account.actors.contains_key(actor));
        let right = policies.get(action).filter(|_| actor.is_none());
        let simulator = facts.rights.and_then(|rights| rights.0.get(*action));
        // AWS's own answer to the call itself, about one thing that is there.
        match facts.dry_run.and_then(|rights| rights.0.get(*action)) {
            Some(Leave::Allowed) => {
                dry += 1;
                continue;
            }
            Some(_) => {
                denied.push(*action);
                answer.fail(*action, None, sentence(action, used, "EC2 says so to a DryRun"));
                continue;
            }
            None => {}
        }
        match (right.map(|right| &right.sure), simulator) {
            (Some(Sureness::No), _) => {
                let because = right.map(|right| right.because.clone()).unwrap_or_default();
                denied.push(*action);
                answer.fail(*action, None, sentence(action, used, &because));
            }
            // Of a policy for named resources the simulator knows only that it does not allow all of them.
            (Some(Sureness::Yes) | None, Some(Leave::Denied)) => {
                denied.push(*action);
                answer.fail(*action, None, sentence(action, used, "IAM's simulator denies it"));
            }
            // A service control policy that denies it is among what the simulator calls unproven.
            (Some(Sureness::Yes), Some(Leave::Unproven(keys))) => {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                let why = format!("it depends on {}", keys.join(", "));
                unproven.entry(why).or_default().push(action);
            }
            (Some(Sureness::Yes), _) => {}
            (_, Some(Leave::Allowed)) => simulated += 1,
            (Some(Sureness::Perhaps(why)), _) => unproven.entry(why.clone()).or_default().push(action),
            (None, _) => {
                let of_actor = actor.map(|actor| format!("it is the actor's: {actor}"));
                let why = of_actor.or_else(|| by_policy.as_ref().err().cloned()).unwrap_or_default();
                unproven.entry(why).or_default().push(action);
            }
        }
    }
    if facts.rights.is_none() && !organization {
        answer.unknown(
            "IAM's simulator was not asked, or gave no answer: what the Organization denies is not known",
        );
    }
    for (why, actions) in unproven {
        answer.unknown(format!("{} not proven: {why}", first_few(actions, 1)));
    }
    if let Some(first) = denied.first() {
        let steps = uses.get(first).map(steps_of).unwrap_or_default();
        answer.headline = format!("these credentials may not do {}: {steps}", first_few(&denied, 1));
        let statement = serde_json::json!({ "Effect": "Allow", "Action": denied, "Resource": "*" });
        answer.fix = Some(format!("allow: {statement}"));
    }
    let by = match (facts.rights, simulated) {
        (None, _) if organization => " and by those of the Organization".to_owned(),
        (None, _) => "; policies of the Organization were not asked".to_owned(),
        (Some(_), 0) => ", and by IAM's simulator".to_owned(),
        (Some(_), n) => format!(", {n} of them by IAM's simulator alone"),
    };
    let dry = if dry == 0 { String::new() } else { format!("; {dry} by EC2's DryRun, each about one thing") };
    answer.said = format!("{} actions allowed by the caller's policies{by}{dry}", uses.len());
}

/// The actions of the steps: to look, to cut, to put back.
fn uses(chosen: &[StepId]) -> BTreeMap<&'static str, Use> {
    let mut uses = BTreeMap::<&'static str, Use>::new();
    for action in permissions::IDENTITY {
        uses.entry(action).or_default();
    }
    for id in chosen {
        let Some(step) = steps::find(*id) else { continue };
        let spec = step.spec();
        for action in spec.needs.iter().flat_map(|section| section.reads()) {
            uses.entry(action).or_default().read.insert(*id);
        }
        for action in spec.iam.apply {
            uses.entry(action).or_default().cut.insert(*id);
        }
        for action in spec.iam.undo {
            uses.entry(action).or_default().undo.insert(*id);
        }
    }
    uses
}

/// `iam:PutUserPolicy: 600 cannot cut, 600 cannot put back: no statement allows it`
fn sentence(action: &str, used: &Use, because: &str) -> String {
    // Most actions are called as the operation that takes them.
    let mut operations: Vec<_> =
        operations::all().filter(|operation| operation.actions.contains(&action)).collect();
    let same = operations.iter().any(|operation| operation.name == action);
    operations.retain(|_| !same);
    let other = operations.first();
    let by = other.map(|operation| format!(" (call {})", operation.name)).unwrap_or_default();
    let steps = steps_of(used);
    let steps = if steps.is_empty() { String::new() } else { format!(": {steps}") };
    format!("{action}{by}{steps}: {because}")
}

/// `410, 600 cannot cut; 600 cannot put back`
fn steps_of(used: &Use) -> String {
    let parts = [(&used.read, "cannot look"), (&used.cut, "cannot cut"), (&used.undo, "cannot put back")];
    let part = |(steps, what): (&BTreeSet<StepId>, &str)| {
        let steps: Vec<String> = steps.iter().map(StepId::to_string).collect();
        (!steps.is_empty()).then(|| format!("{} {what}", steps.join(", ")))
    };
    parts.into_iter().filter_map(part).collect::<Vec<_>>().join("; ")
}
