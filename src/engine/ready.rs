//! A rehearsed pull in numbers, for the readiness checks.

use jiff::Timestamp;

use super::plan::{Selection, StepPlan};
use super::rehearse::Rehearsal;
use super::{fronted, lockout};
use crate::account::Account;
use crate::checks::{Pull, Unread};
use crate::config::Config;

/// What the rehearsal of a selection says about a pull of it.
pub fn pull(
    account: &Account,
    rehearsal: &Rehearsal,
    selection: &Selection,
    config: &Config,
    now: Timestamp,
) -> Pull {
    let plans = &rehearsal.steps;
    let lost = lockout::of([account, &rehearsal.after], plans, &selection.steps, config, now);
    let times: Vec<_> = plans.iter().map(|plan| (plan.step, plan.time())).collect();
    let all: f64 = times.iter().map(|(_, time)| time.seconds).sum();
    let waiting: f64 = times.iter().map(|(_, time)| time.waiting).sum();
    let slowest = times
        .iter()
        .max_by(|(_, one), (_, other)| one.seconds.total_cmp(&other.seconds))
        .filter(|(_, time)| time.seconds > 0.0);
    Pull {
        playbook: selection.playbook.clone(),
        steps: selection.steps.iter().map(|selected| selected.step).collect(),
        changes: plans.iter().map(|plan| plan.changes.len()).sum(),
        calls: plans.iter().map(|plan| plan.calls.total()).sum(),
        seconds: all - waiting,
        in_effect: all + kept_by_resolvers(account, rehearsal, selection),
        slowest: slowest.map(|(step, time)| (*step, time.seconds)),
        losses: lost.iter().flat_map(|found| &found.losses).map(lockout::sentence).collect(),
        unread: plans.iter().flat_map(unread).collect(),
    }
}

/// Seconds for which resolvers may keep the old answer of a name whose records change.
#[expect(clippy::cast_precision_loss, reason = "a time to live is far below 2^52 seconds")]
fn kept_by_resolvers(account: &Account, rehearsal: &Rehearsal, selection: &Selection) -> f64 {
    let front = fronted::shift(account, &rehearsal.after, &selection.steps);
    let names = front.iter().flat_map(|front| &front.names);
    names.filter_map(|name| name.kept_for).max().unwrap_or_default() as f64
}

fn unread(plan: &StepPlan) -> impl Iterator<Item = Unread> + '_ {
    plan.gaps.iter().map(|found| Unread {
        step: plan.step,
        what: found.section.map_or_else(|| found.gap.detail.clone(), |section| section.title().to_owned()),
        region: found.region.clone(),
        gap: found.gap.clone(),
    })
}
