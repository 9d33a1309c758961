//! The plan in lines: pure.

use std::collections::BTreeMap;

use super::fold::{FEW, NEVER, Told, fold, list};
use super::lines::{Line, Tone, Word};
use crate::account::{Account, Section};
use crate::engine::plan::{Change, Plan, PlanGap, StepPlan};
use crate::step::{Effect, Finding, Reversal, Scope, StepId};
use crate::steps;

/// How much is said of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What it cuts, breaks and leaves open: for a plan of many steps.
    Brief,
    /// With all that is to be read before yes.
    Full,
    /// With each change, alike ones too.
    Each,
}

/// Reasons why changes stay that are shown.
const MOST_REASONS: usize = 3;

/// Seconds of calls at AWS's limits that are worth a line in a plan of many steps.
const SLOW: f64 = 10.0;

/// The heading of a plan: which account, which Regions, which VPCs.
pub fn heading(plan: &Plan, account: &Account) -> Vec<Line> {
    let scope = &plan.selection.scope;
    let regions = account.regions.keys().filter(|region| scope.has_region(region));
    let regions: Vec<&str> = regions.map(String::as_str).collect();
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

/// Which steps, in their order, and how much each cuts.
pub fn overview(plan: &Plan) -> Line {
    let steps: Vec<String> = plan
        .steps
        .iter()
        .filter_map(|step| {
            let slug = steps::find(step.step)?.spec().slug;
            let counts =
                [(step.changes.len(), "to cut"), (step.refused.len(), "kept"), (step.gaps.len(), "not seen")];
            let told = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
            let told = told.collect::<Vec<_>>().join(", ");
            Some(format!("{} {slug}: {}", step.step, if told.is_empty() { "nothing" } else { &told }))
        })
        .collect();
    Line::detail("steps", steps.join("; "))
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
pub fn step(plan: &StepPlan, depth: Depth) -> Vec<Line> {
    let Some(step) = steps::find(plan.step) else { return vec![] };
    let spec = step.spec();
    let mut lines = vec![
        Line::new(),
        Line::new()
            .and(Tone::Bold, format!("{} {}", spec.id, spec.slug))
            .and(Tone::Dim, format!("  {}", spec.title)),
    ];
    lines.extend(findings(plan, depth));
    lines.extend(gaps(plan.step, &plan.gaps));
    let say = |word| move |target: &str, text: &str| Line::step(plan.step, word, format!("{target}  {text}"));
    // What stays as it is has its reason to be read, not each name.
    let most = if depth == Depth::Each { NEVER } else { 1 };
    if depth != Depth::Brief {
        let already = plan.already.iter();
        let told = already.map(|target| Told { target, was: None, text: "as wanted".into() });
        lines.extend(fold(told, most, say(Word::Already)));
    }
    let refused = plan.refused.iter();
    let told = refused.map(|it| Told { target: &it.target, was: None, text: it.why.clone() });
    lines.extend(fold(told, most, say(Word::Keep)));
    if plan.changes.is_empty() {
        lines.push(if plan.gaps.is_empty() {
            Line::step(plan.step, Word::Ok, "nothing to cut")
        } else {
            // What was not seen may well be there to cut.
            Line::step(plan.step, Word::Gap, "nothing to cut in what could be looked at")
        });
        return lines;
    }
    lines.extend(changes(&plan.changes, depth == Depth::Each));
    lines.extend(before_yes(plan, &step.effect(&plan.params), depth));
    lines
}

/// What to know of a step's effect before yes.
fn before_yes(plan: &StepPlan, effect: &Effect, depth: Depth) -> Vec<Line> {
    let brief = depth == Depth::Brief;
    let mut lines = vec![];
    if !brief {
        lines.push(Line::detail("cuts", effect.cuts));
    }
    // Of networks the exposure says what is left open in this account.
    if !brief || plan.step.stage() != 5 {
        lines.push(Line::detail("leaves", effect.leaves));
    }
    lines.push(Line::detail("breaks", effect.breaks));
    let stays = plan.changes.iter().any(|change| change.lasting.is_some());
    if !brief || stays || effect.reversal != Reversal::Full {
        lines.extend(undo(plan, effect.reversal));
    }
    let seconds = plan.calls.seconds_at_limits();
    if !brief || seconds >= SLOW {
        lines.push(Line::detail("calls", format!("{} ({})", plan.calls.total(), at_limits(seconds))));
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
    fold(
        changes.iter().map(|change| Told {
            target: &change.target,
            was: Some(&change.shown.0),
            text: change.shown.1.clone(),
        }),
        if details { NEVER } else { FEW },
        |target, text| {
            let step = changes.first().map_or(StepId(0), |change| change.step);
            Line::step(step, Word::Cut, format!("{target}  {text}"))
        },
    )
}

/// What a step found, the same in several Regions said once.
fn findings(plan: &StepPlan, depth: Depth) -> Vec<Line> {
    let each = depth == Depth::Each;
    // Of a step that cuts, its diff matters more; the findings of one that only looks are all it has.
    let most = match (depth, plan.changes.is_empty()) {
        (Depth::Each, _) => usize::MAX,
        (Depth::Brief, false) => 2,
        _ => 12,
    };
    let mut by_text: Vec<(bool, &str, Vec<&str>)> = vec![];
    for Finding { good, text, region } in &plan.findings {
        let region = region.as_deref();
        match by_text.iter_mut().find(|known| !each && known.0 == *good && known.1 == text) {
            Some((.., regions)) => regions.extend(region),
            None => by_text.push((*good, text, region.into_iter().collect())),
        }
    }
    if depth == Depth::Brief && !plan.changes.is_empty() {
        by_text.retain(|(good, ..)| !good);
    }
    let mut lines: Vec<Line> = by_text
        .iter()
        .take(most)
        .map(|(good, text, regions)| {
            let place = if regions.is_empty() { String::new() } else { format!("{}  ", list(regions, 4)) };
            Line::step(plan.step, if *good { Word::Ok } else { Word::Find }, format!("{place}{text}"))
        })
        .collect();
    if by_text.len() > most {
        lines.push(Line::step(plan.step, Word::Find, format!("{} more (--details)", by_text.len() - most)));
    }
    lines
}

/// What was not read, and where; the same cause of several calls said once, by the first of them.
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
pub fn footer(plan: &Plan, depth: Depth) -> Vec<Line> {
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
            "      {} calls ({}){}. Nothing was cut.",
            calls.total(),
            at_limits(plan.seconds()),
            match plan.reading.total() {
                0 => String::new(),
                read => format!(", after {read} to look"),
            },
        )),
    ];
    if depth == Depth::Brief {
        lines.push(Line::plain("      Each change, and what each step leaves open by its nature: --details"));
    }
    if plan.gaps() > 0 {
        lines.push(Line::toned(Tone::Warn, "      What could not be looked at is not known to be safe."));
    }
    lines
}
