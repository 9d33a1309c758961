//! The plan in lines: pure.

use std::collections::BTreeMap;

use super::lines::{Line, Tone, Word};
use crate::account::Account;
use crate::engine::plan::{Change, Plan, PlanGap, StepPlan};
use crate::step::{Finding, Reversal, Scope, StepId, Target};
use crate::steps;

/// More alike changes than this are folded into one line.
const FOLD: usize = 3;

/// The heading of a plan: which account, which Regions, which VPCs.
pub fn heading(plan: &Plan, account: &Account) -> Vec<Line> {
    let regions: Vec<&str> = account.regions.keys().map(String::as_str).collect();
    let scope = &plan.selection.scope;
    let mut lines = vec![
        Line::new()
            .and(Tone::Bold, format!("{} on {}", plan.selection.playbook, account.title()))
            .and(Tone::Plain, format!(": {}", places(scope))),
        Line::detail("Regions", list(&regions, 8)),
    ];
    if !scope.keep_cidrs.is_empty() {
        let kept: Vec<&str> = scope.keep_cidrs.iter().map(String::as_str).collect();
        lines.push(Line::detail("open", format!("{} stays open, in and out: exposure", kept.join(", "))));
    }
    lines.push(Line::detail("you are", account.caller.arn.clone()));
    lines
}

/// Which places a run may touch.
fn places(scope: &Scope) -> String {
    if scope.is_whole() {
        return "every VPC".into();
    }
    let ids = scope.vpcs.iter().flatten().chain(&scope.subnets).chain(&scope.instances).cloned();
    let tags = scope.tags.iter().map(|(key, value)| format!("what is tagged {key}={value}"));
    format!("only {}", ids.chain(tags).collect::<Vec<_>>().join(", "))
}

/// One step of the plan: its heading, what it found, its diff, and what to read before yes.
pub fn step(plan: &StepPlan, details: bool) -> Vec<Line> {
    let Some(step) = steps::find(plan.step) else { return vec![] };
    let (spec, effect) = (step.spec(), step.effect(&plan.params));
    let mut lines = vec![
        Line::new(),
        Line::new()
            .and(Tone::Bold, format!("{} {}", spec.id, spec.slug))
            .and(Tone::Dim, format!("  {}", spec.title)),
    ];
    lines.extend(findings(plan.step, &plan.findings, details));
    lines.extend(gaps(plan.step, &plan.gaps));
    lines.extend(fold(
        plan.already.iter().map(|target| Told { target, was: None, text: "as wanted".into() }),
        details,
        |target, text| Line::step(plan.step, Word::Already, format!("{target}  {text}")),
    ));
    lines.extend(fold(
        plan.refused.iter().map(|refused| Told {
            target: &refused.target,
            was: None,
            text: refused.why.clone(),
        }),
        details,
        |target, text| Line::step(plan.step, Word::Keep, format!("{target}  {text}")),
    ));
    if plan.changes.is_empty() {
        lines.push(if plan.gaps.is_empty() {
            Line::step(plan.step, Word::Ok, "nothing to cut")
        } else {
            // What was not seen may well be there to cut.
            Line::step(plan.step, Word::Gap, "nothing to cut in what could be looked at")
        });
        return lines;
    }
    lines.extend(changes(&plan.changes, details));
    lines.push(Line::detail("cuts", effect.cuts));
    lines.push(Line::detail("leaves", effect.leaves));
    lines.push(Line::detail("breaks", effect.breaks));
    lines.extend(undo(plan, effect.reversal));
    let seconds = plan.calls.seconds_at_limits();
    lines.push(Line::detail("calls", format!("{} ({})", plan.calls.total(), at_limits(seconds))));
    lines
}

fn undo(plan: &StepPlan, reversal: Reversal) -> Vec<Line> {
    let stay: Vec<&str> = plan.changes.iter().filter_map(|change| change.lasting.as_deref()).collect();
    let (all, staying) = (plan.changes.len(), stay.len());
    let mut lines = vec![];
    let mut say = |text: String| {
        let label = if lines.is_empty() { "undo" } else { "" };
        lines.push(Line::detail(label, text));
    };
    if staying < all {
        say(reversal.sentence());
    }
    // A reason ends with what follows from it, which is the same for many.
    let mut by_end = BTreeMap::<&str, Vec<&str>>::new();
    for why in stay {
        let (why, end) = why.rsplit_once(": ").unwrap_or(("", why));
        let whys = by_end.entry(end).or_default();
        if !whys.contains(&why) {
            whys.push(why);
        }
    }
    for (end, whys) in by_end {
        let says = if staying < all {
            format!("{staying} of {all} stay as cut")
        } else {
            "not by a restore".to_owned()
        };
        match &whys[..] {
            [""] => say(format!("{says}: {end}")),
            [why] => say(format!("{says}: {why}: {end}")),
            whys => {
                say(format!("{says}: {end}"));
                for why in whys.iter().take(FOLD) {
                    say(format!("- {why}"));
                }
                if whys.len() > FOLD {
                    say(format!("- and {} more reasons (--json has them)", whys.len() - FOLD));
                }
            }
        }
    }
    lines
}

/// The diff.
pub fn changes(changes: &[Change], details: bool) -> Vec<Line> {
    fold(
        changes.iter().map(|change| Told {
            target: &change.target,
            was: Some(&change.shown.0),
            text: change.shown.1.clone(),
        }),
        details,
        |target, text| {
            let step = changes.first().map_or(StepId(0), |change| change.step);
            Line::step(step, Word::Cut, format!("{target}  {text}"))
        },
    )
}

fn findings(step: StepId, findings: &[Finding], details: bool) -> Vec<Line> {
    let shown = if details { findings.len() } else { 12 };
    let mut lines: Vec<Line> = findings
        .iter()
        .take(shown)
        .map(|finding| {
            let word = if finding.good { Word::Ok } else { Word::Find };
            let text = match &finding.region {
                Some(region) => format!("{region}  {}", finding.text),
                None => finding.text.clone(),
            };
            Line::step(step, word, text)
        })
        .collect();
    if findings.len() > shown {
        lines.push(Line::step(step, Word::Find, format!("{} more (--details)", findings.len() - shown)));
    }
    lines
}

pub(super) fn gaps(step: StepId, gaps: &[PlanGap]) -> Vec<Line> {
    let mut by_cause = BTreeMap::<(String, String), Vec<&str>>::new();
    for gap in gaps {
        let what = gap.section.map_or("Regions or targets", |section| section.title());
        let why = match (&gap.gap.detail[..], &gap.gap.call[..]) {
            ("", call) => format!("{} {call}", gap.gap.cause.words()),
            (detail, call) => format!("{} ({call}: {detail})", gap.gap.cause.words()),
        };
        by_cause.entry((what.to_owned(), why)).or_default().extend(gap.region.as_deref());
    }
    by_cause
        .into_iter()
        .map(|((what, why), regions)| {
            let place = if regions.is_empty() { String::new() } else { format!(" in {}", list(&regions, 6)) };
            Line::step(step, Word::Gap, format!("{what}{place} not read: {why}"))
        })
        .collect()
}

/// A target, what it was, and what it becomes; or only a text.
pub(super) struct Told<'a> {
    pub target: &'a Target,
    pub was: Option<&'a str>,
    pub text: String,
}

/// Lines for targets; alike ones (Region, kind and what they become) in one line.
pub(super) fn fold<'a>(
    items: impl Iterator<Item = Told<'a>>,
    details: bool,
    line: impl Fn(&str, &str) -> Line,
) -> Vec<Line> {
    type Key<'a> = (Option<&'a str>, &'a str, String);
    let mut order: Vec<Key<'a>> = vec![];
    let mut groups = BTreeMap::<Key<'a>, Vec<Told<'a>>>::new();
    for told in items {
        let key = (told.target.region.as_deref(), told.target.kind.as_str(), told.text.clone());
        let group = groups.entry(key.clone()).or_default();
        if group.is_empty() {
            order.push(key);
        }
        group.push(told);
    }
    let mut lines = vec![];
    for key in order {
        let (region, kind, text) = &key;
        let group = &groups[&key];
        let place = region.map(|region| format!("{region}  ")).unwrap_or_default();
        if details || group.len() <= FOLD {
            lines.extend(group.iter().map(|told| {
                let arrow = told.was.map_or(String::new(), |was| format!("{was} → "));
                line(&format!("{place}{}", name(told.target)), &format!("{arrow}{text}"))
            }));
            continue;
        }
        let mut were: Vec<&str> = group.iter().filter_map(|told| told.was).collect();
        were.sort_unstable();
        were.dedup();
        let arrow = match &were[..] {
            [] => String::new(),
            [was] => format!("{was} → "),
            many => format!("{} different states → ", many.len()),
        };
        let what = format!("{place}{} {}", group.len(), plural(kind));
        lines.push(line(&what, &format!("{arrow}{text}  ({})", names(group))));
    }
    lines
}

/// Who they are: names with counts, or ids where there are no names.
fn names(group: &[Told<'_>]) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for told in group {
        *counts.entry(told.target.label.as_deref().unwrap_or(&told.target.id)).or_default() += 1;
    }
    let mut names: Vec<(&str, usize)> = counts.into_iter().collect();
    names.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let names: Vec<String> = names
        .iter()
        .map(|(name, n)| if *n == 1 { (*name).to_owned() } else { format!("{name} ×{n}") })
        .collect();
    list(&names.iter().map(String::as_str).collect::<Vec<_>>(), 4)
}

/// `eni-1 (web)`, and for what is made for another thing, what it is: `isolation-group of vpc-1`.
fn name(target: &Target) -> String {
    match target.kind.as_str() {
        // Their ids say what they are.
        "interface" | "subnet" | "access-key" => target.to_string(),
        // What there is one of in a Region is named by the Region, which stands before it.
        kind if target.region.as_ref() == Some(&target.id) => kind.to_owned(),
        // An ARN says less than the name in it.
        kind => match &target.label {
            Some(label) if target.id.starts_with("arn:") => format!("{kind} {label}"),
            _ => format!("{kind} {target}"),
        },
    }
}

/// Some kinds are plural already: the disks of an instance are one target.
fn plural(kind: &str) -> String {
    let kind = kind.replace('-', " ");
    match () {
        () if kind.ends_with("ss") => format!("{kind}es"),
        () if kind.ends_with('s') => kind,
        () => format!("{kind}s"),
    }
}

/// The first few, and how many more.
fn list(items: &[&str], most: usize) -> String {
    if items.len() <= most {
        return items.join(", ");
    }
    format!("{}, … {} more", items[..most].join(", "), items.len() - most)
}

/// How long the calls take when AWS's own rates are kept.
pub(super) fn at_limits(seconds: f64) -> String {
    if seconds < 1.0 {
        "under a second at AWS's rate limits".to_owned()
    } else if seconds < 120.0 {
        format!("{seconds:.0} s at AWS's rate limits")
    } else {
        format!("{:.0} min at AWS's rate limits", seconds / 60.0)
    }
}

/// The last lines of a plan: what would be done, what not, and what could not be seen.
pub fn footer(plan: &Plan) -> Vec<Line> {
    let count = |of: fn(&StepPlan) -> usize| plan.steps.iter().map(of).sum::<usize>();
    let calls = plan.calls();
    let mut lines = vec![
        Line::new(),
        Line::new().and(Tone::Bold, "Plan: ").and(
            Tone::Plain,
            format!(
                "{} to cut, {} kept with a reason, {} already so, {} could not be looked at.",
                count(|step| step.changes.len()),
                count(|step| step.refused.len()),
                count(|step| step.already.len()),
                count(|step| step.gaps.len()),
            ),
        ),
        Line::plain(format!(
            "      {} calls ({}), after {} to read the account. Nothing was cut.",
            calls.total(),
            at_limits(plan.seconds()),
            plan.reading.total(),
        )),
    ];
    if plan.gaps() > 0 {
        lines.push(Line::toned(Tone::Warn, "      What could not be looked at is not known to be safe."));
    }
    lines
}
