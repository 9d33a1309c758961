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
        let gone = missing(&was.findings, &is.findings);
        let new = missing(&is.findings, &was.findings);
        let shift = |findings: Vec<Finding>, unread: &[String]| Shift {
            check: id.clone(),
            before: was.status,
            after: is.status,
            findings,
            unread: unread.to_vec(),
        };
        // A finding that is no longer there, because nobody could look, is not mended.
        if (!gone.is_empty() && is.unread.is_empty())
            || is.status == Status::Passed && was.status != is.status
        {
            difference.better.push(shift(gone, &[]));
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

/// The findings of one list that another has not: told apart by Region and resource.
fn missing(of: &[Finding], in_those: &[Finding]) -> Vec<Finding> {
    let same = |a: &Finding, b: &Finding| a.region == b.region && a.resource == b.resource;
    of.iter().filter(|one| !in_those.iter().any(|other| same(one, other))).cloned().collect()
}
