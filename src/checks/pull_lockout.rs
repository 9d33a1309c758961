//! The cut leaves the responder, and break-glass principals, able to go on.

use crate::access;
use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "pull-lockout",
    group: Group::Pull,
    title: "The responder and break-glass principals keep their rights in the cut",
    severity: Severity::Critical,
    why: "A pull that would lock the responder out is refused before anything is cut. Whoever finds that out \
          in an incident looks for other credentials while the thief works.",
    fix: "call as a role that no step cuts; or name it in unplug.toml: break_glass = [\"arn:…\"]; unplug \
          access PRINCIPAL explains one",
    needs: &[Section::Principals],
    also: &[],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    for loss in &facts.pull.losses {
        answer.fail(facts.account.caller.arn.clone(), None, loss.clone());
    }
    if let [_, _, ..] = &facts.pull.losses[..] {
        answer.headline = format!("the cut would lock the responder out: {}", facts.pull.losses.join("; "));
    }
    let organization = access::facts::Facts::without_resources(facts.account, facts.now).organization;
    let apart = if organization.read().is_some() { "" } else { "of the Organization and " };
    answer.said = format!("nobody of them loses a right, policies {apart}of resources apart");
}
