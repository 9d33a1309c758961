//! Two reports compared: what got better since, and what got worse.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Finding;
use super::report::{Outcome, Report, Status};

/// What is different. Of a check both reports have, single findings; otherwise the check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    pub better: Vec<Shift>,
    pub worse: Vec<Shift>,
    /// Findings of the same thing that say something else: what they say now, and what they said.
    #[serde(default)]
    pub changed: Vec<Shift>,
    /// Checks that only one of the reports has: of another version of unplug.
    pub only_in_one: Vec<String>,
    /// When the older report was made, RFC 3339.
    pub since: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    pub check: String,
    pub before: Status,
    pub after: Status,
    /// Findings that are gone, or new ones.
    pub findings: Vec<Finding>,
    /// Why it is worse without a finding: what could be seen before.
    pub unread: Vec<String>,
}

/// Compares an older report with a newer one of the same account.
pub fn compare(old: &Report, new: &Report) -> Difference {
    let by_id = |report: &'_ Report| -> BTreeMap<String, Outcome> {
        report.checks.iter().map(|outcome| (outcome.id.clone(), outcome.clone())).collect()
    };
    let (before, after) = (by_id(old), by_id(new));
    let mut difference = Difference { since: old.made_at.clone(), ..Difference::default() };
    for (id, was) in &before {
        let Some(is) = after.get(id) else {
            difference.only_in_one.push(id.clone());
            continue;
        };
        // What an exception accepts is still there.
        let (all_before, all_now) = (with_excepted(was), with_excepted(is));
        let gone = missing(&was.findings, &all_now);
        let new = missing(&is.findings, &all_before);
        let told = told_otherwise(&is.findings, &all_before);
        let shift = |findings: Vec<Finding>, unread: &[String]| Shift {
            check: id.clone(),
            before: was.status,
            after: is.status,
            findings,
            unread: unread.to_vec(),
        };
        // A finding that is no longer there, because nobody could look, is not mended.
        if (!gone.is_empty() && is.unread.is_empty())
            || is.status == Status::Passed && was.status != is.status && is.excepted.is_empty()
        {
            difference.better.push(shift(gone, &[]));
        }
        if !told.is_empty() {
            difference.changed.push(shift(told, &[]));
        }
        let blind: Vec<String> =
            is.unread.iter().filter(|text| !was.unread.contains(text)).cloned().collect();
        let expired = is.expired.len() > was.expired.len();
        if !new.is_empty() || !blind.is_empty() || expired {
            difference.worse.push(shift(new, &[&blind[..], &is.expired[..]].concat()));
        }
    }
    difference.only_in_one.extend(after.keys().filter(|id| !before.contains_key(*id)).cloned());
    difference
}

fn with_excepted(outcome: &Outcome) -> Vec<Finding> {
    outcome.findings.iter().chain(outcome.excepted.iter().map(|one| &one.finding)).cloned().collect()
}

/// Are they of the same thing?
fn same(a: &Finding, b: &Finding) -> bool {
    a.region == b.region && a.resource == b.resource
}

/// The findings of one list that another has not: told apart by Region and resource.
fn missing(of: &[Finding], in_those: &[Finding]) -> Vec<Finding> {
    of.iter().filter(|one| !in_those.iter().any(|other| same(one, other))).cloned().collect()
}

/// The findings that both lists have of a thing, and that say something else in each.
fn told_otherwise(now: &[Finding], before: &[Finding]) -> Vec<Finding> {
    let changed = now.iter().filter_map(|is| {
        let mut of_it = before.iter().filter(|was| same(is, was));
        let was = of_it.clone().next()?;
        let text = format!("{} (before: {})", is.text, was.text);
        of_it.all(|was| was.text != is.text).then(|| Finding { text, ..is.clone() })
    });
    changed.collect()
}
