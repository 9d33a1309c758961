//! The break-glass role that `unplug prepare` makes may make every call of this playbook.

use crate::access;
use crate::access::calls::of_role;
use crate::access::facts::Facts as Access;
use crate::access::report::Sureness;
use crate::account::policy::meaning;
use crate::account::{Principals, Role, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity, refused};
use crate::step::first_few;
use crate::steps::responder;

pub const CHECK: Check = Check {
    id: "pull-policies",
    group: Group::Pull,
    title: "The break-glass role may make every call of the playbook",
    severity: Severity::Medium,
    why: "A new version of unplug, or another playbook, takes other permissions. Policies of last year stop a \
          step in the middle of the night.",
    fix: "unplug prepare --trust ARN makes the role and its policies, and renews them",
    needs: &[Section::Principals],
    also: access::NEEDS,
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let Some(all) = facts.account.principals.read() else { return };
    let name = responder::ROLE;
    let Some(role) = all.roles.get(name) else {
        return answer.fail(name, None, format!("there is no role {name} with the policies of a responder"));
    };
    // What the role may do counts: policies for more than this playbook are as good, and its own are of no use
    // under a boundary or a deny.
    let actions = responder::actions(&facts.pull.steps, facts.config);
    let rights = match of_role(&Access::of(facts.account, facts.now), name, &actions) {
        Ok(rights) => rights,
        Err(why) => return answer.unknown(format!("what role {name} may do: {why}")),
    };
    let doubts = rights.iter().filter_map(|right| match &right.sure {
        Sureness::Perhaps(why) => Some((right.action, why)),
        Sureness::Yes | Sureness::No => None,
    });
    if let Some((_, why)) = doubts.clone().next() {
        let actions = first_few(doubts.map(|(action, _)| action), 1);
        answer.unknown(format!("whether role {name} may do {actions}: {why}"));
    }
    if let Some(refused) = refused(&rights) {
        missing(facts, answer, all, role);
        answer.fail(role.arn.clone(), None, format!("role {name} may not do {refused}"));
    }
    answer.said = format!("role {name} may make every call of {}", facts.pull.playbook);
}

/// Policies that `unplug prepare` would make, renew or attach.
fn missing(facts: &Facts<'_>, answer: &mut Answer, all: &Principals, role: &Role) {
    let has = |text: &String| {
        let texts = role.attached.iter().filter_map(|arn| all.policies.get(arn));
        texts.chain(role.inline.values()).any(|own| meaning(own) == meaning(text))
    };
    let wanted = responder::of_steps(facts.account, &facts.pull.steps, facts.config);
    for (arn, _) in wanted.iter().filter(|(_, text)| !has(text)) {
        let why = match (all.policies.contains_key(arn), role.attached.contains(arn)) {
            (false, _) => "is not there",
            (true, false) => "is not attached",
            (true, true) => "is out of date",
        };
        let name = arn.rsplit('/').next().unwrap_or(arn);
        answer.fail(arn.clone(), None, format!("{name} {why}: role {}", responder::ROLE));
    }
    if let n @ 2.. = answer.findings.len() {
        let number = wanted.len();
        answer.headline = format!("{n} of {number} policies of role {} are missing or old", responder::ROLE);
    }
}
