//! The first screen of a plan: pure.
//!
//! It answers, in this order and without scrolling where the account allows: which account and who
//! you are; what stops working, for whom; what can be reached before and after; what to read before
//! yes; the steps; the one next command. A short terminal gets a denser form of the same.

mod reach;
mod table;

use std::collections::BTreeMap;

use super::access;
use super::fold::list;
use super::front;
use super::lines::{Line, Tone, Word};
use super::pipelines;
use super::plan::gaps_of;
use super::time::about;
use crate::account::{Account, Actor, Caller, Seen};
use crate::engine::plan::{Plan, StepPlan};
use crate::exposure::Summary;
use crate::step::{Does, Scope, StepId, Stops, count};
use crate::steps;

/// The column where the text of this screen begins.
pub(super) const TEXT: usize = 8;

/// What a terminal shows at once.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub columns: usize,
    /// `None` where nothing scrolls: a file, a pipe.
    pub rows: Option<usize>,
}

/// How much room the screen takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// Empty lines between the parts, one line a step with its calls.
    Roomy,
    /// Two steps a line.
    Dense,
    /// The least of what stops shares a line; what to read stands above the screen.
    Tight,
    /// The same, with four lines of what stops.
    Tightest,
    /// The same, with three steps a line.
    Packed,
}

impl Form {
    /// Does what to read stand above the screen?
    fn is_tight(self) -> bool {
        self >= Form::Tight
    }

    /// How many lines what stops has before the rest shares one.
    fn lines_of_stops(self) -> usize {
        match self {
            Form::Roomy | Form::Dense => usize::MAX,
            Form::Tight => 5,
            Form::Tightest | Form::Packed => 3,
        }
    }
}

/// The first screen: the roomiest form that leaves one row for the shell's prompt.
///
/// `more` is what a scope leaves out and a configuration takes out of the run; it follows the heading.
pub fn screen(plan: &Plan, account: &Account, more: &[Line], next: &[Line], size: Size) -> Vec<Line> {
    let forms = [Form::Roomy, Form::Dense, Form::Tight, Form::Tightest, Form::Packed];
    // What stands above the heading is scrolled away, and the last line says that it is there.
    let fits = |lines: &[Line], above: usize| {
        let rendered: usize = lines.iter().skip(above).map(|line| line.rows(size.columns)).sum();
        size.rows.is_none_or(|rows| rendered < rows)
    };
    let mut last = vec![];
    for form in forms {
        let above;
        (last, above) = in_form(form, plan, account, [more, next], size.columns);
        if fits(&last, above) {
            break;
        }
    }
    last
}

/// Returns the lines of the screen, and how many of them stand above its heading.
fn in_form(
    form: Form,
    plan: &Plan,
    account: &Account,
    [more, next]: [&[Line]; 2],
    columns: usize,
) -> (Vec<Line>, usize) {
    let to_read = to_read(plan);
    let mut lines = vec![];
    if form.is_tight() && !to_read.is_empty() {
        lines.extend(to_read.iter().cloned());
        lines.push(Line::new());
    }
    let scrolled = lines.len();
    let mut part = |mut part: Vec<Line>| {
        if form == Form::Roomy && !part.is_empty() && !lines.is_empty() {
            lines.push(Line::new());
        }
        lines.append(&mut part);
    };
    part([heading(plan, account), more.to_vec()].concat());
    part(stops(plan, form));
    let names = plan.front.iter().flat_map(|seen| front::screen(seen, form.is_tight()));
    part(names.collect());
    part([act(plan), reach::lines(plan, form.is_tight())].concat());
    let above = if form.is_tight() { to_read.len() } else { 0 };
    part(if form.is_tight() { vec![] } else { to_read });
    part(match form {
        Form::Roomy => table::whole(plan),
        Form::Dense | Form::Tight | Form::Tightest => table::side_by_side(plan, columns),
        Form::Packed => table::packed(plan, columns),
    });
    let mut next = next.to_vec();
    if let (Some(first), 1..) = (next.first_mut(), above) {
        *first = std::mem::take(first)
            .at_right(Tone::Warn, format!("{above} to read above · --details"))
            .or_at_right(format!("{above} to read above"))
            .or_at_right(format!("{above} above"));
    }
    part([totals(plan, form), next].concat());
    (lines, scrolled)
}

/// `label   text`.
pub(super) fn labelled(label: &str, text: impl Into<String>, tone: Tone) -> Line {
    Line::new().and(Tone::Bold, format!("{label:<TEXT$}")).and(tone, text).indented(TEXT)
}

/// Which account, who calls, where.
pub fn heading(plan: &Plan, account: &Account) -> Vec<Line> {
    let scope = &plan.selection.scope;
    let mut lines = vec![
        labelled("PLAN", format!("{} on {}", plan.selection.playbook, account.title()), Tone::Bold)
            .at_right(Tone::Good, "nothing is cut by this")
            .or_at_right("nothing is cut"),
        labelled("you", caller(&account.caller.arn), Tone::Plain)
            .at_right(Tone::Plain, place(scope, account)),
    ];
    lines.extend(actors(account));
    if !scope.keep_cidrs.is_empty() {
        let kept: Vec<&str> = scope.keep_cidrs.iter().map(String::as_str).collect();
        let text = format!("{} stays open, in and out: exposure", kept.join(", "));
        lines.push(labelled("open", text, Tone::Warn));
    }
    lines
}

/// Whose credentials are used besides the caller's: `actor   organization: akari.mori as OrgAdmin, account 999999999999`.
pub fn actors(account: &Account) -> Vec<Line> {
    let line = |(actor, of): (&Actor, &Caller)| {
        let text = format!("{actor}: {}, account {}", caller(&of.arn), of.account().unwrap_or("?"));
        labelled("actor", text, Tone::Plain).at_right(Tone::Plain, format!("for {}", actor.does()))
    };
    account.actors.iter().map(line).collect()
}

/// `akari.mori as AWSReservedSSO_Responder`: who calls, without what every ARN has.
pub fn caller(arn: &str) -> String {
    let what = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    match what.split('/').collect::<Vec<_>>()[..] {
        ["assumed-role", role, session] => {
            // A permission set's role ends with a number that says nothing to a person.
            let hex = |end: &str| end.len() == 16 && end.bytes().all(|c| c.is_ascii_hexdigit());
            let role = role.rsplit_once('_').filter(|(_, end)| hex(end)).map_or(role, |(name, _)| name);
            format!("{session} as {role}")
        }
        ["user", .., name] => format!("user {name}"),
        ["root"] => "the root user".to_owned(),
        _ => arn.to_owned(),
    }
}

/// Where the run may act: `every VPC of 3 Regions`.
pub fn place(scope: &Scope, account: &Account) -> String {
    let read = account.regions.keys().chain(account.enabled_regions.read().into_iter().flatten());
    let mut regions: Vec<&str> = read.map(String::as_str).filter(|region| scope.has_region(region)).collect();
    regions.sort_unstable();
    regions.dedup();
    let at = match &regions[..] {
        [] => String::new(),
        [region] => format!(" in {region}"),
        many => format!(" in {}", count(many.len(), "Region")),
    };
    if scope.is_whole() {
        return format!("every VPC{at}");
    }
    // What is named lies in one Region each, whichever were read.
    let at = if scope.tags.is_empty() && scope.regions.is_none() { String::new() } else { at };
    let ids = scope.vpcs.iter().flatten().chain(&scope.subnets).chain(&scope.instances).cloned();
    let tags = scope.tags.iter().map(|(key, value)| format!("what is tagged {key}={value}"));
    let places: Vec<String> = ids.chain(tags).collect();
    format!("only {}{at}", list(&places.iter().map(String::as_str).collect::<Vec<_>>(), 3))
}

/// What stops working, for whom, worst first, each with the steps that stop it.
fn stops(plan: &Plan, form: Form) -> Vec<Line> {
    let mut by_stop = BTreeMap::<Stops, Vec<StepId>>::new();
    for step in plan.steps.iter().filter(|step| !step.changes.is_empty()) {
        for stop in does(step).stops() {
            by_stop.entry(*stop).or_default().push(step.step);
        }
    }
    if by_stop.is_empty() {
        return vec![labelled("stops", "nothing stops working", Tone::Good)];
    }
    let most = form.lines_of_stops();
    // One host is not the shop, unless a step reaches beyond it.
    let scope = &plan.selection.scope;
    let wide = |step: &StepPlan| {
        steps::find(step.step).is_some_and(|found| scope.is_narrower_than(found.width(&step.params)))
    };
    let part = !scope.is_whole() && !plan.steps.iter().any(wide);
    let numbers = |steps: &[StepId]| steps.iter().map(StepId::to_string).collect::<Vec<_>>().join(" ");
    let named = part.then(|| labelled("stops", "of what is named, and of nothing else:", Tone::Dim));
    let mut lines: Vec<Line> = named.into_iter().collect();
    lines.extend(by_stop.iter().take(most).enumerate().map(|(at, (stop, steps))| {
        let label = if at == 0 && !part { "stops" } else { "" };
        labelled(label, stop.sentence(), Tone::Plain).at_right(Tone::Dim, numbers(steps))
    }));
    let also: Vec<&str> = by_stop.keys().skip(most).map(|stop| stop.words()).collect();
    if !also.is_empty() {
        let also = if form >= Form::Tightest { in_a_row(&also) } else { also.join(", ") };
        lines.push(labelled("", format!("also {also}"), Tone::Plain));
    }
    lines
}

/// As many of them as stand in one row of a small terminal; the others are counted.
fn in_a_row(also: &[&str]) -> String {
    const ROOM: usize = 80 - TEXT - "also ".len();
    let some = (1..=also.len()).rev().map(|most| list(also, most));
    some.into_iter().find(|text| text.chars().count() <= ROOM).unwrap_or_else(|| list(also, 1))
}

pub fn does(plan: &StepPlan) -> Does {
    steps::find(plan.step).map_or(Does::Looks, |step| step.effect(&plan.params).does)
}

/// What was not seen, and findings that matter, the same in several Regions once.
fn to_read(plan: &Plan) -> Vec<Line> {
    let mut lines: Vec<Line> = gaps_of(&plan.steps);
    lines.extend(plan.exposure.iter().flat_map(|shift| unread(&shift.before)));
    lines.extend(pipelines::to_read(plan));
    for step in &plan.steps {
        let mut by_text = Vec::<(&str, Vec<&str>)>::new();
        for finding in step.findings.iter().filter(|finding| finding.matters) {
            match by_text.iter_mut().find(|(text, _)| *text == finding.text) {
                Some((_, regions)) => regions.extend(finding.region.as_deref()),
                None => by_text.push((&finding.text, finding.region.as_deref().into_iter().collect())),
            }
        }
        lines.extend(by_text.into_iter().map(|(text, regions)| {
            let place = if regions.is_empty() { String::new() } else { format!("{}  ", list(&regions, 3)) };
            Line::step(step.step, Word::Find, format!("{place}{text}"))
        }));
    }
    lines
}

/// What the exposure depends on and could not be read.
fn unread(summary: &Summary) -> impl Iterator<Item = Line> + '_ {
    summary.gaps.iter().map(|(section, regions)| {
        let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
        let text = format!("exposure: {} not read in {}", section.title(), list(&regions, 3));
        Line::new()
            .and(Tone::Alert, "GAP")
            .and(Tone::Plain, " ".repeat(9))
            .and(Tone::Plain, text)
            .indented(12)
    })
}

/// `act     identities that can act: 41 now, 38–40 after`: with those that perhaps can.
fn act(plan: &Plan) -> Vec<Line> {
    match &plan.access {
        None => vec![],
        Some(Seen::Read(acting)) => {
            let text = access::counted(acting);
            vec![labelled("act", text, Tone::Plain).at_right(Tone::Dim, "unplug access")]
        }
        Some(Seen::Gap(gap)) => vec![labelled("act", access::not_known(gap), Tone::Alert)],
    }
}

/// What would be done and what not, and how long it takes.
fn totals(plan: &Plan, form: Form) -> Vec<Line> {
    let sum = |of: fn(&StepPlan) -> usize| plan.steps.iter().map(of).sum::<usize>();
    let saved = sum(|step| if does(step).saves() { step.changes.len() } else { 0 });
    let all = sum(|step| step.changes.len());
    let unseen = sum(|step| step.gaps.len());
    let save = if saved == 0 { String::new() } else { format!("{saved} to save, ") };
    let kept = sum(|step| step.refused.len());
    let already = match sum(|step| step.already.len()) {
        0 => String::new(),
        _ if form.is_tight() => String::new(),
        already => format!(", {already} already so"),
    };
    let text = format!("{} to cut, {save}{kept} kept{already}, {unseen} not seen", all - saved);
    let line = labelled("in all", text, if unseen > 0 { Tone::Warn } else { Tone::Plain });
    let time = about(plan.time());
    let mut lines = match form {
        _ if all == 0 => vec![line],
        Form::Tight | Form::Tightest | Form::Packed => {
            vec![line.at_right(Tone::Plain, time.split(',').next().unwrap_or_default())]
        }
        Form::Roomy | Form::Dense => vec![line, labelled("time", time, Tone::Plain)],
    };
    if unseen > 0 {
        lines.push(labelled("", "What could not be looked at is not known to be safe.", Tone::Warn));
    }
    lines
}

#[cfg(test)]
mod tests;
