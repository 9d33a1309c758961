//! The readiness checks on one screen: the verdict, then group by group, failures first with their fix.

mod asff;
mod sarif;

pub use asff::asff;
pub use sarif::sarif;

use console::measure_text_width;

use super::lines::{Line, Tone, Word, escape};
use super::screen::{caller, labelled};
use crate::account::Account;
use crate::checks::compare::{Difference, Shift};
use crate::checks::report::{Outcome, Report, Status};
use crate::checks::{Finding, Group, Severity, find};
use crate::step::count;

/// The column where the text of a check begins.
const TEXT: usize = 17;

/// How much is said of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What failed in one line each, for a terminal of so many columns, with the first way to put it right where it
    /// matters; of those that matter less, the first few of a group, and the rest share a line. What passed is
    /// counted.
    Screen { columns: usize },
    /// Every finding, every fix, and why each check matters.
    Details,
}

/// The verdict, then group by group what failed, what is unknown, what is accepted and what passed.
pub fn screen(report: &Report, account: &Account, place: &str, depth: Depth) -> Vec<Line> {
    let mut lines = vec![
        labelled("CHECK", format!("{} on {}", report.pull.playbook, account.title()), Tone::Bold)
            .at_right(Tone::Good, "nothing is changed by this")
            .or_at_right("nothing is changed"),
        labelled("you", caller(&account.caller.arn), Tone::Plain).at_right(Tone::Plain, place),
    ];
    let [first, second] = report.verdict();
    let tone = if report.count().stops > 0 { Tone::Bad } else { Tone::Good };
    lines.extend([Line::new(), Line::toned(Tone::Bold, first), Line::toned(tone, second)]);
    for group in Group::ALL {
        lines.extend(of_group(report, group, depth));
    }
    if depth != Depth::Details {
        lines.push(Line::toned(Tone::Dim, "each finding, every fix, and why it matters: --details"));
    }
    if let Some(since) = &report.since {
        lines.push(Line::new());
        lines.extend(difference(since));
    }
    lines
}

/// Failed checks of medium severity that have a line each in a group, before the rest share one.
const MEDIUM: usize = 3;

fn of_group(report: &Report, group: Group, depth: Depth) -> Vec<Line> {
    let all: Vec<&Outcome> = report.checks.iter().filter(|outcome| outcome.group == group).collect();
    let with = |status: Status| all.iter().copied().filter(move |outcome| outcome.status == status);
    let mut failed: Vec<&Outcome> = with(Status::Failed).collect();
    failed.sort_by_key(|outcome| std::cmp::Reverse(outcome.severity));
    let passed: Vec<&Outcome> = with(Status::Passed).collect();
    let mut lines = vec![
        Line::toned(Tone::Bold, group.question())
            .at_right(Tone::Dim, format!("{} of {} passed", passed.len(), all.len())),
    ];
    let of = |severity| failed.iter().copied().filter(move |outcome| outcome.severity == severity);
    for severity in Severity::ALL.into_iter().rev() {
        let each = match severity {
            _ if depth == Depth::Details => usize::MAX,
            Severity::Low => 0,
            Severity::Medium => MEDIUM,
            Severity::High | Severity::Critical => usize::MAX,
        };
        let (open, rest): (Vec<_>, Vec<_>) = of(severity).enumerate().partition(|(at, _)| *at < each);
        open.into_iter().for_each(|(_, outcome)| lines.extend(of_check(outcome, depth)));
        match &rest[..] {
            [] => {}
            [(_, only)] => lines.extend(of_check(only, depth)),
            _ => {
                let ids: Vec<&str> = rest.iter().map(|(_, outcome)| outcome.id.as_str()).collect();
                lines.push(marked(Word::Failed, severity.name(), ids.join(", ")));
            }
        }
    }
    for outcome in with(Status::Unknown) {
        lines.extend(of_check(outcome, depth));
    }
    let accepted = all.iter().flat_map(|outcome| outcome.excepted.iter().map(move |one| (outcome, one)));
    lines.extend(accepted.map(|(outcome, one)| {
        let text = format!("{} until {}: {}", one.finding.text, one.until, one.reason);
        marked(Word::Keep, "", text).at_right(Tone::Dim, outcome.id.clone())
    }));
    if depth == Depth::Details {
        lines.extend(passed.into_iter().map(|outcome| {
            marked(Word::Ok, "", format!("{}: {}", outcome.title, outcome.headline))
                .at_right(Tone::Dim, outcome.id.clone())
        }));
    }
    lines
}

/// `FAILED  high     text`.
fn marked(word: Word, severity: &str, text: impl Into<String>) -> Line {
    let blanks = " ".repeat(8 - word.text().len());
    let line = Line::new().and(word.tone(), word.text()).and(Tone::Plain, blanks);
    line.and(Tone::Plain, format!("{severity:<9}")).and(Tone::Plain, text).indented(TEXT)
}

fn of_check(outcome: &Outcome, depth: Depth) -> Vec<Line> {
    let word = if outcome.status == Status::Failed { Word::Failed } else { Word::Unknown };
    let more = match outcome.unread.len() {
        n @ 2.. if outcome.status == Status::Unknown => format!("; {} more", n - 1),
        _ => String::new(),
    };
    let text = format!("{}{more}", outcome.headline);
    let head = |text| marked(word, outcome.severity.name(), text).at_right(Tone::Dim, outcome.id.clone());
    let Depth::Screen { columns } = depth else {
        return [vec![head(text)], details(outcome)].concat();
    };
    let room = columns.min(100).saturating_sub(TEXT + 2 + outcome.id.len());
    let mut lines = vec![head(shortened(&text, room))];
    if outcome.status == Status::Failed && outcome.severity >= Severity::High {
        let (first, more) = match outcome.fix.split_once("; ") {
            Some((first, _)) => (first, " …"),
            None => (outcome.fix.as_str(), ""),
        };
        lines.push(detail("fix", format!("{first}{more}")).whole());
    }
    lines
}

/// As much of a text as there is room for in one line: what is left out stands in `--details`.
fn shortened(text: &str, room: usize) -> String {
    let escaped = escape(text);
    if measure_text_width(&escaped) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if measure_text_width(&escape(&format!("{kept}{c}"))) + 1 > room {
            break;
        }
        kept.push(c);
    }
    format!("{}…", kept.trim_end())
}

fn detail(label: &str, text: String) -> Line {
    Line::new().and(Tone::Dim, format!("{:8}{label:<9}", "")).and(Tone::Plain, text).indented(TEXT)
}

/// All that is known of a check that did not pass.
fn details(outcome: &Outcome) -> Vec<Line> {
    let place =
        |finding: &Finding| finding.region.as_deref().map(|region| format!("{region}  ")).unwrap_or_default();
    let findings = outcome.findings.iter().map(|finding| format!("{}{}", place(finding), finding.text));
    let mut lines: Vec<Line> = findings.map(|text| detail("", text)).collect();
    lines.extend(outcome.unread.iter().map(|text| detail("unseen", text.clone())));
    lines.extend(outcome.expired.iter().map(|text| detail("expired", text.clone())));
    lines.extend(find(&outcome.id).map(|check| detail("why", check.why.to_owned())));
    if !outcome.mirrors.is_empty() {
        lines.push(detail("like", outcome.mirrors.join(", ")));
    }
    if outcome.status == Status::Failed {
        lines.push(detail("fix", outcome.fix.clone()).whole());
    }
    lines
}

/// What got better and worse since an older report.
fn difference(since: &Difference) -> Vec<Line> {
    let mut lines = vec![Line::toned(Tone::Bold, format!("Since {}", since.since))];
    let text = |shift: &Shift| {
        let findings = shift.findings.iter().map(|finding| finding.text.clone());
        let all: Vec<String> = findings.chain(shift.unread.iter().cloned()).collect();
        let all = if all.is_empty() { "passed".to_owned() } else { all.join("; ") };
        format!("{}: {all}", shift.check)
    };
    for (label, tone, shifts) in [
        ("better", Tone::Good, &since.better),
        ("worse", Tone::Bad, &since.worse),
        ("changed", Tone::Warn, &since.changed),
    ] {
        let line =
            |shift| Line::new().and(tone, format!("{label:<8}")).and(Tone::Plain, text(shift)).indented(8);
        lines.extend(shifts.iter().map(line));
    }
    if since.better.is_empty() && since.worse.is_empty() && since.changed.is_empty() {
        lines.push(Line::plain("nothing is better, nothing is worse"));
    }
    if let n @ 1.. = since.only_in_one.len() {
        let text = format!(
            "{} in one of the two reports alone: {}",
            count(n, "check"),
            since.only_in_one.join(", ")
        );
        lines.push(Line::toned(Tone::Dim, text));
    }
    lines
}
