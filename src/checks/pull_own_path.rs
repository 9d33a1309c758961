//! unplug does not run inside what it would cut.

use crate::checks::{Answer, Check, Facts, Group, OwnPath, Severity};

pub const CHECK: Check = Check {
    id: "pull-own-path",
    group: Group::Pull,
    title: "unplug does not run inside what it would cut",
    severity: Severity::High,
    why: "unplug on an instance of the account loses its way to AWS in the middle of the cut, and cannot put \
          anything back.",
    fix: "run unplug from a laptop, or from another account; --lose-my-path cuts all the same",
    needs: &[],
    also: &[],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    match &facts.own_path {
        OwnPath::Open => "it runs outside of the account's VPCs".clone_into(&mut answer.said),
        OwnPath::Cut(text) => answer.fail(facts.account.caller.arn.clone(), None, text.clone()),
        OwnPath::Unknown(text) => answer.unknown(text.clone()),
    }
}
