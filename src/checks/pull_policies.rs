//! The break-glass role that `unplug prepare` makes has the policies of this playbook.

use crate::account::policy::meaning;
use crate::account::{Role, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};
use crate::step::count;
use crate::steps::responder;

pub const CHECK: Check = Check {
    id: "pull-policies",
    group: Group::Pull,
    title: "The responder's policies are attached to the break-glass role, and current",
    severity: Severity::Medium,
    why: "A new version of unplug, or another playbook, takes other permissions. Policies of last year stop a \
          step in the middle of the night.",
    fix: "unplug prepare --trust ARN makes the role and its policies, and renews them",
    needs: &[Section::Principals],
    also: &[],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let Some(all) = facts.account.principals.read() else { return };
    let Some(role) = all.roles.get(responder::ROLE) else {
        let text = format!("there is no role {} with the policies of a responder", responder::ROLE);
        return answer.fail(responder::ROLE, None, text);
    };
    let wanted = responder::of_steps(facts.account, &facts.pull.steps, facts.config);
    let has = |role: &Role, text: &String| {
        let texts = role.attached.iter().filter_map(|arn| all.policies.get(arn));
        texts.chain(role.inline.values()).any(|own| meaning(own) == meaning(text))
    };
    let number = wanted.len();
    for (arn, text) in &wanted {
        if has(role, text) {
            continue;
        }
        let name = arn.rsplit('/').next().unwrap_or(arn);
        let why = match (all.policies.contains_key(arn), role.attached.contains(arn)) {
            (false, _) => "is not there",
            (true, false) => "is not attached",
            (true, true) => "is out of date",
        };
        answer.fail(arn.clone(), None, format!("{name} {why}: role {}", responder::ROLE));
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("{n} of {number} policies of role {} are missing or old", responder::ROLE);
    }
    answer.said = format!("{} attached, for {}", count(number, "policy"), facts.pull.playbook);
}
