//! Exceptions of the configuration: findings that somebody accepts for a reason, until a date.

use serde::{Deserialize, Serialize};

use super::{Answer, Facts, Finding, find};
use crate::config::Exception;

/// A finding that the configuration accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excepted {
    pub finding: Finding,
    pub reason: String,
    /// The last day on which it holds, in UTC.
    pub until: String,
}

/// An exception for a check that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoCheck {
    pub check: String,
    /// File and line.
    pub place: String,
}

/// The exceptions that name no check of this version.
pub fn unknown_checks(exceptions: &[Exception]) -> Vec<NoCheck> {
    let unknown = exceptions.iter().filter(|exception| find(&exception.check).is_none());
    unknown.map(|one| NoCheck { check: one.check.clone(), place: one.place.clone() }).collect()
}

/// The exceptions, and the day on which they are asked for.
pub(super) struct Exceptions<'a> {
    all: &'a [Exception],
    today: String,
}

impl<'a> Exceptions<'a> {
    pub fn of(facts: &Facts<'a>) -> Exceptions<'a> {
        Exceptions { all: &facts.config.exceptions, today: facts.now.strftime("%Y-%m-%d").to_string() }
    }

    /// Takes the findings that an exception covers out of an answer. Returns them, and a sentence for each
    /// exception of this check whose date has passed: such a one covers nothing.
    pub fn take(&self, check: &str, answer: &mut Answer) -> (Vec<Excepted>, Vec<String>) {
        let (mut excepted, mut expired) = (vec![], vec![]);
        for exception in self.all.iter().filter(|exception| exception.check == check) {
            if exception.until < self.today {
                let Exception { until, reason, place, .. } = exception;
                expired.push(format!("the exception at {place} ended on {until} ({reason})"));
                continue;
            }
            let (covered, open) = std::mem::take(&mut answer.findings)
                .into_iter()
                .partition(|finding: &Finding| exception.covers(&finding.resource));
            answer.findings = open;
            let covered: Vec<Finding> = covered;
            excepted.extend(covered.into_iter().map(|finding| Excepted {
                finding,
                reason: exception.reason.clone(),
                until: exception.until.clone(),
            }));
        }
        (excepted, expired)
    }
}
