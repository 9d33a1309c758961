//! The support plan includes Trusted Advisor's check of exposed keys.

use crate::account::{Cause, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "pull-support",
    group: Group::Pull,
    title: "The support plan says which access keys AWS has found in public",
    severity: Severity::Low,
    why: "Step 100 asks Trusted Advisor for exposed keys, and AWS answers only some support plans. Without \
          it the keys must be named with --key.",
    fix: "AWS Support console, Compare or change plans; or keep the list of keys at hand for --key",
    needs: &[],
    also: &[Section::ExposedKeys],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    match facts.account.exposed_keys.gap() {
        None => "Trusted Advisor answers".clone_into(&mut answer.said),
        Some(gap) if gap.cause == Cause::NotSubscribed => {
            answer.fail("support plan", None, "Trusted Advisor does not answer: the support plan lacks it");
        }
        Some(gap) => answer.gap(Section::ExposedKeys.title(), gap),
    }
}
