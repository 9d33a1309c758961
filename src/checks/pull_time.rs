//! The whole playbook takes minutes, not hours.

use crate::account::Cause;
use crate::checks::{Answer, Check, Facts, Group, Severity};
use crate::step::count;

pub const CHECK: Check = Check {
    id: "pull-time",
    group: Group::Pull,
    title: "The whole cut is in effect within 30 minutes",
    severity: Severity::Medium,
    why: "AWS limits the rate of calls, accepts some changes long before they hold, and resolvers keep names. \
          A thief works on in that time.",
    fix: "unplug pull fastest sends first what reaches furthest; cut the slowest step apart: --steps, --skip",
    needs: &[],
    also: &[],
    mirrors: &[],
    look,
};

/// Seconds.
const MOST: f64 = 1_800.0;

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let pull = facts.pull;
    let mut blind = pull.unread.iter().filter(|unread| unread.gap.cause != Cause::NotSubscribed);
    if let Some(unread) = blind.next() {
        answer.unknown(format!("what {} would cut could not all be read", unread.step));
    }
    let slowest = match pull.slowest {
        Some((step, seconds)) => format!(", the slowest is {step} with {seconds:.0} seconds"),
        None => String::new(),
    };
    let text = format!(
        "{} in {:.0} seconds, all in effect after {:.0}{slowest}",
        count(usize::try_from(pull.calls).unwrap_or(usize::MAX), "call"),
        pull.seconds,
        pull.in_effect
    );
    if pull.in_effect > MOST {
        answer.fail(pull.playbook.clone(), None, text.clone());
    }
    answer.said = text;
}
