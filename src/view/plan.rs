//! The plan in lines: pure.

use std::collections::BTreeMap;

use super::fold::{FEW, NEVER, Row, fold, list};
use super::lines::{Line, Tone, Word};
use super::pipelines;
use super::screen::does;
use super::time::about;
use crate::account::Section;
use crate::engine::change::Change;
use crate::engine::plan::{PlanGap, StepPlan};
use crate::step::{Effect, Finding, Reversal, StepId};
use crate::steps;

/// How much is said of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// All that is to be read before yes.
    Full,
    /// With each change, alike ones too.
    Each,
}

/// Reasons why changes stay that are shown.
const MOST_REASONS: usize = 3;

/// Findings of a step that are shown, besides those that matter.
const MOST_FINDINGS: usize = 12;

/// One step of the plan: its heading, what it found, its diff, and what to read before yes.
pub fn step(plan: &StepPlan, depth: Depth) -> Vec<Line> {
    let Some(step) = steps::find(plan.step) else { return vec![] };
    let spec = step.spec();
    let mut lines = vec![
        Line::new(),
        Line::new()
            .and(Tone::Bold, format!("{} {}", spec.id, spec.slug))
            .and(Tone::Dim, format!("  {}", spec.title))
            .indented(12),
    ];
    lines.extend(findings(plan, depth));
    lines.extend(gaps(plan.step, &plan.gaps));
    let say = |word| move |target: &str, text: &str| Line::step(plan.step, word, format!("{target}  {text}"));
    // What stays as it is has its reason to be read, not each name.
    let most = if depth == Depth::Each { NEVER } else { 1 };
    let already = plan.already.iter();
    let rows = already.map(|target| Row { step: plan.step, target, was: None, text: "as wanted".into() });
    lines.extend(fold(rows, most, say(Word::Already)));
    let refused = plan.refused.iter();
    let rows = refused.map(|it| Row { step: plan.step, target: &it.target, was: None, text: it.why.clone() });
    lines.extend(fold(rows, most, say(Word::Keep)));
    if plan.changes.is_empty() {
        let nothing = if does(plan).saves() { "nothing to save" } else { "nothing to cut" };
        lines.push(if plan.gaps.is_empty() {
            Line::step(plan.step, Word::Ok, nothing)
        } else {
            // What was not seen may well be there to cut.
            Line::step(plan.step, Word::Gap, format!("{nothing} in what could be looked at"))
        });
        return lines;
    }
    lines.extend(changes(&plan.changes, depth == Depth::Each));
    lines.extend(pipelines::of_step(plan, depth == Depth::Each));
    lines.extend(before_yes(plan, &step.effect(&plan.params), depth));
    lines
}

/// What to know of a step's effect before yes.
fn before_yes(plan: &StepPlan, effect: &Effect, depth: Depth) -> Vec<Line> {
    let mut lines = vec![
        Line::detail("cuts", effect.cuts),
        Line::detail("leaves", effect.leaves),
        Line::detail("breaks", effect.breaks),
    ];
    lines.extend(undo(plan, effect.reversal));
    if depth == Depth::Each {
        lines.push(Line::detail("takes", format!("{}; {} calls", about(plan.time()), plan.calls.total())));
    }
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
    if let (Reversal::Partial(_), 1..) = (reversal, staying)
        && staying < all
    {
        say(format!("{} ({staying} of {all} stay as cut)", reversal.sentence()));
        return lines;
    }
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
                for why in whys.iter().take(MOST_REASONS) {
                    say(format!("- {why}"));
                }
                if whys.len() > MOST_REASONS {
                    say(format!("- and {} more reasons (--json has them)", whys.len() - MOST_REASONS));
                }
            }
        }
    }
    lines
}

/// The diff.
pub fn changes(changes: &[Change], details: bool) -> Vec<Line> {
    let step = changes.first().map_or(StepId(0), |change| change.step);
    changes_as(Word::of(step), changes, details)
}

/// The diff of what was not done, or not yet.
pub fn changes_as(word: Word, changes: &[Change], details: bool) -> Vec<Line> {
    fold(
        changes.iter().map(|change| Row {
            step: change.step,
            target: &change.target,
            was: Some(&change.shown.0),
            text: change.shown.1.clone(),
        }),
        if details { NEVER } else { FEW },
        |target, text| {
            let step = changes.first().map_or(StepId(0), |change| change.step);
            Line::step(step, word, format!("{target}  {text}"))
        },
    )
}

/// Returns lines for the findings of a step, with equal findings of several Regions in one line. A
/// finding that matters is always shown in full.
fn findings(plan: &StepPlan, depth: Depth) -> Vec<Line> {
    let each = depth == Depth::Each;
    let mut by_text: Vec<(&Finding, Vec<&str>)> = vec![];
    for finding in &plan.findings {
        let region = finding.region.as_deref();
        let same = |known: &Finding| (known.good, &known.text) == (finding.good, &finding.text);
        match by_text.iter_mut().find(|(known, _)| !each && same(known)) {
            Some((_, regions)) => regions.extend(region),
            None => by_text.push((finding, region.into_iter().collect())),
        }
    }
    let (mut lines, mut left) = (vec![], 0);
    for (finding, regions) in by_text {
        if !each && !finding.matters && lines.len() >= MOST_FINDINGS {
            left += 1;
            continue;
        }
        let place = if regions.is_empty() { String::new() } else { format!("{}  ", list(&regions, 4)) };
        let word = if finding.good { Word::Ok } else { Word::Find };
        lines.push(Line::step(plan.step, word, format!("{place}{}", finding.text)));
    }
    if left > 0 {
        lines.push(Line::step(plan.step, Word::Find, format!("{left} more (details)")));
    }
    lines
}

/// Returns lines for the gaps of several steps. A gap that several steps share has one line.
pub(super) fn gaps_of(steps: &[StepPlan]) -> Vec<Line> {
    let mut by_text = Vec::<(String, Line, Vec<StepId>)>::new();
    for plan in steps {
        for line in gaps(plan.step, &plan.gaps) {
            let text = line.text().split_off(plan.step.to_string().len());
            match by_text.iter_mut().find(|(known, ..)| *known == text) {
                Some((.., also)) => also.push(plan.step),
                None => by_text.push((text, line, vec![])),
            }
        }
    }
    let said = |(_, line, also): (String, Line, Vec<StepId>)| {
        let also: Vec<String> = also.iter().map(ToString::to_string).collect();
        if also.is_empty() {
            line
        } else {
            line.and(Tone::Plain, format!("; the same for {}", also.join(", ")))
        }
    };
    by_text.into_iter().map(said).collect()
}

/// Returns lines for the gaps of one step. Calls that failed for the same cause share a line.
pub(super) fn gaps(step: StepId, gaps: &[PlanGap]) -> Vec<Line> {
    type Cause<'a> = (&'static str, &'static str, &'a str);
    let mut by_cause = BTreeMap::<Cause<'_>, (&str, Vec<&str>)>::new();
    for PlanGap { section, region, gap } in gaps {
        let what = section.map_or("Regions or targets", Section::title);
        let cause = (what, gap.cause.words(), &*gap.detail);
        by_cause.entry(cause).or_insert((&gap.call, vec![])).1.extend(region.as_deref());
    }
    by_cause
        .into_iter()
        .map(|((what, why, detail), (call, mut regions))| {
            regions.sort_unstable();
            regions.dedup();
            let place = if regions.is_empty() { String::new() } else { format!(" in {}", list(&regions, 4)) };
            let why = match (call, detail) {
                (call, "") => format!("{why} {call}"),
                ("", detail) => format!("{why} ({detail})"),
                (call, detail) => format!("{why} ({call}: {detail})"),
            };
            Line::step(step, Word::Gap, format!("{what}{place} not read: {why}"))
        })
        .collect()
}
