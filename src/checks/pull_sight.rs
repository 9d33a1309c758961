//! Everything that the playbook looks at could be read.

use std::collections::BTreeSet;

use crate::account::{Cause, Gap};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "pull-sight",
    group: Group::Pull,
    title: "Everything that the playbook looks at can be read",
    severity: Severity::High,
    why: "What a step cannot see it does not cut. A gap in peacetime is a gap in the incident.",
    fix: "unplug policy --phase read prints the permissions to look",
    needs: &[],
    also: &[],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut said = BTreeSet::new();
    // What the support plan lacks is a check of its own.
    let asked = facts.pull.unread.iter().filter(|unread| unread.gap.cause != Cause::NotSubscribed);
    for unread in asked {
        let place = unread.region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
        let Gap { cause, call, .. } = &unread.gap;
        if !said.insert((unread.what.clone(), unread.region.clone(), *cause)) {
            continue;
        }
        let by = if call.is_empty() { String::new() } else { format!(" ({call})") };
        let text = format!("{}{place} not read: {}{by}: step {}", unread.what, cause.words(), unread.step);
        match cause {
            Cause::Denied | Cause::Credentials => {
                answer.fail(unread.what.clone(), unread.region.as_deref(), text);
            }
            _ => answer.unknown(text),
        }
    }
    "every section that it needs was read".clone_into(&mut answer.said);
}
