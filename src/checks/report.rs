//! The report: every check with its outcome, in a form that is kept and compared.

use serde::{Deserialize, Serialize};

use super::compare::Difference;
use super::exceptions::{self, Excepted};
use super::{Answer, CHECKS, Check, Facts, Finding, Group, Pull, Severity, gap_in_words};
use crate::account::Section;
use crate::step as words;

/// The checks by which a pull, or a part of it, is refused where they fail.
const REFUSE: &[&str] = &["pull-permissions", "pull-lockout", "pull-own-path", "pull-record"];

/// Version of a report's serialised form.
pub const FORMAT: u32 = 1;

/// Every check with its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub format: u32,
    pub account: String,
    pub alias: Option<String>,
    /// RFC 3339.
    pub made_at: String,
    /// The Regions that were looked at.
    pub regions: Vec<String>,
    pub pull: Pull,
    pub checks: Vec<Outcome>,
    /// What is different since an older report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Difference>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Failed,
    /// Something that it needs could not be looked at.
    Unknown,
    Passed,
}

/// One check and its outcome. Its strings may come from AWS: escape them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    pub id: String,
    pub group: Group,
    pub title: String,
    pub severity: Severity,
    pub status: Status,
    /// The findings in a few words, what is unknown, or what was found where it passes.
    pub headline: String,
    pub findings: Vec<Finding>,
    /// What could not be looked at, in sentences.
    pub unread: Vec<String>,
    /// Findings that the configuration accepts until a date.
    pub excepted: Vec<Excepted>,
    /// Exceptions whose date has passed: the check fails by them.
    pub expired: Vec<String>,
    pub fix: String,
    pub mirrors: Vec<String>,
}

/// How many checks ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Failed checks that would stop a pull, or a part of it.
    pub stops: usize,
    /// The other failed checks.
    pub failed: usize,
    pub unknown: usize,
    pub passed: usize,
    /// Findings that the configuration accepts.
    pub excepted: usize,
}

/// Runs every check.
pub fn run(facts: &Facts<'_>) -> Report {
    let account = facts.account;
    let exceptions = exceptions::Exceptions::of(facts);
    Report {
        format: FORMAT,
        account: account.id.clone(),
        alias: account.alias.read().cloned().flatten(),
        made_at: facts.now.to_string(),
        regions: account.regions.keys().cloned().collect(),
        pull: facts.pull.clone(),
        checks: CHECKS.iter().map(|check| outcome(check, facts, &exceptions)).collect(),
        since: None,
    }
}

/// Runs one check.
pub fn answer(check: &Check, facts: &Facts<'_>) -> Answer {
    let mut answer = Answer::default();
    (check.look)(facts, &mut answer);
    unread(check, facts, &mut answer);
    answer
}

fn outcome(check: &Check, facts: &Facts<'_>, exceptions: &exceptions::Exceptions<'_>) -> Outcome {
    let mut answer = answer(check, facts);
    let (excepted, expired) = exceptions.take(check.id, &mut answer);
    let status = match &answer {
        _ if !expired.is_empty() => Status::Failed,
        Answer { findings, .. } if !findings.is_empty() => Status::Failed,
        Answer { unread, .. } if !unread.is_empty() => Status::Unknown,
        _ => Status::Passed,
    };
    let headline = match status {
        Status::Failed if answer.findings.is_empty() => expired.join("; "),
        // An exception has taken some of the findings: their number is another one.
        Status::Failed if answer.headline.is_empty() || !excepted.is_empty() => first(&answer.findings),
        Status::Failed => answer.headline,
        Status::Unknown => answer.unread.first().cloned().unwrap_or_default(),
        Status::Passed => answer.said,
    };
    Outcome {
        id: check.id.into(),
        group: check.group,
        title: check.title.into(),
        severity: check.severity,
        status,
        headline,
        findings: answer.findings,
        unread: answer.unread,
        excepted,
        expired,
        fix: answer.fix.unwrap_or_else(|| check.fix.into()),
        mirrors: check.mirrors.iter().map(ToString::to_string).collect(),
    }
}

/// The first finding, and how many more there are.
fn first(findings: &[Finding]) -> String {
    match findings {
        [] => String::new(),
        [only] => only.text.clone(),
        [first, rest @ ..] => format!("{}; {} more", first.text, rest.len()),
    }
}

/// Notes what the check needs and nobody could look at, or nobody has looked at.
fn unread(check: &Check, facts: &Facts<'_>, answer: &mut Answer) {
    let account = facts.account;
    for section in check.needs {
        let mut by_text = Vec::<(String, Vec<String>)>::new();
        for (region, gap) in section.missing(account) {
            let text = gap_in_words(section.title(), &gap);
            match by_text.iter_mut().find(|(known, _)| *known == text) {
                Some((_, regions)) => regions.extend(region),
                None => by_text.push((text, region.into_iter().collect())),
            }
        }
        for (text, regions) in by_text {
            let place =
                if regions.is_empty() { String::new() } else { format!(" in {}", regions.join(", ")) };
            answer.unknown(format!("{text}{place}"));
        }
    }
    if !check.needs.iter().any(|section| section.regional() || *section == Section::Trails) {
        return;
    }
    if account.regions.is_empty() {
        answer.unknown("no Region was looked at");
    }
    if let Some(chosen) = &facts.scope.regions {
        let names: Vec<&str> = chosen.iter().map(String::as_str).collect();
        answer.said = format!("{}; of {} alone", answer.said, names.join(", "));
        return;
    }
    match account.enabled_regions.as_result() {
        Err(gap) => answer.gap("the list of enabled Regions", gap),
        Ok(enabled) => {
            let missing: Vec<&str> = enabled
                .iter()
                .filter(|region| !account.regions.contains_key(*region))
                .map(String::as_str)
                .collect();
            if !missing.is_empty() {
                answer.unknown(format!("not looked at: {}", missing.join(", ")));
            }
        }
    }
}

/// `41 s`, `6 min`, `24 h`: no more than is known.
fn span(seconds: f64) -> String {
    match seconds {
        ..1.0 => "1 s".into(),
        ..90.0 => format!("{seconds:.0} s"),
        ..5_400.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.0} h", seconds / 3_600.0),
    }
}

impl Outcome {
    /// Would it stop a pull, or a part of it? An exception accepts a finding, and stops nothing from stopping.
    pub fn stops(&self) -> bool {
        let is_found = self.status == Status::Failed || !self.excepted.is_empty();
        is_found && REFUSE.contains(&self.id.as_str())
    }
}

impl Report {
    pub fn count(&self) -> Count {
        let mut count = Count::default();
        for outcome in &self.checks {
            count.excepted += outcome.excepted.len();
            let of = match outcome.status {
                _ if outcome.stops() => &mut count.stops,
                Status::Failed => &mut count.failed,
                Status::Unknown => &mut count.unknown,
                Status::Passed => &mut count.passed,
            };
            *of += 1;
        }
        count
    }

    /// The verdict in two lines: how long a pull takes, and what stands in its way.
    pub fn verdict(&self) -> [String; 2] {
        let count = self.count();
        let of = |status: Status, ids: &[&str]| {
            self.checks.iter().any(|one| one.status == status && ids.contains(&one.id.as_str()))
        };
        let unknown = of(Status::Unknown, REFUSE) || of(Status::Unknown, &["pull-sight"]);
        let could = match (self.checks.iter().any(Outcome::stops), unknown) {
            (true, _) => "You could not pull the plug as it stands",
            (false, true) => "Whether you could pull the plug is not known",
            (false, false) => "You could pull the plug",
        };
        let pull = &self.pull;
        let calls = usize::try_from(pull.calls).unwrap_or(usize::MAX);
        let first = match pull.changes {
            0 if !pull.unread.is_empty() => format!("{could}: what there is to cut was not all read."),
            0 => format!("{could}: there is nothing to cut."),
            _ => format!(
                "{could}: {} in {}, all in effect after about {}.",
                words::count(calls, "call"),
                span(pull.seconds),
                span(pull.in_effect)
            ),
        };
        let stops = match count.stops {
            0 => "Nothing that was seen would stop you.".to_owned(),
            1 => "1 thing would stop you.".to_owned(),
            n => format!("{n} things would stop you."),
        };
        let more = if count.stops > 0 { "more " } else { "" };
        let failed = match count.failed {
            1 => format!("1 {more}check failed"),
            n => format!("{n} {more}checks failed"),
        };
        let unknown = match count.unknown {
            1 => "1 is unknown".to_owned(),
            n => format!("{n} are unknown"),
        };
        let excepted = match count.excepted {
            0 => String::new(),
            n => format!("; {} accepted", words::count(n, "finding")),
        };
        [first, format!("{stops} {failed}, {unknown}, {} passed{excepted}.", count.passed)]
    }

    /// The checks that failed and matter at least so much.
    pub fn failed_at(&self, severity: Severity) -> impl Iterator<Item = &Outcome> {
        let failed = self.checks.iter().filter(|outcome| outcome.status == Status::Failed);
        failed.filter(move |outcome| outcome.severity >= severity)
    }
}
