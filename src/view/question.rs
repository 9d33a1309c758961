//! What stands right above the question about a step: pure.
//!
//! A diff may be longer than the screen. These lines say once more, in one line each, what, what
//! breaks, and how it comes back.

use std::collections::BTreeSet;

use super::lines::{Line, Tone};
use super::screen::does;
use super::time::about;
use crate::engine::plan::StepPlan;
use crate::step::{Does, Reversal, Stops, count};
use crate::steps;

/// The heading and its three lines. `place`: the how many-th step of how many it is.
pub fn lines(plan: &StepPlan, place: Option<(usize, usize)>) -> Vec<Line> {
    let Some(step) = steps::find(plan.step) else { return vec![] };
    let spec = step.spec();
    let at = place.map_or(String::new(), |(at, all)| format!("  step {at} of {all}"));
    vec![
        Line::new(),
        Line::new().and(Tone::Bold, format!("{} {}", spec.id, spec.slug)).and(Tone::Dim, at),
        Line::detail("what", what(plan)),
        Line::detail("breaks", breaks(plan)),
        Line::detail("back", back(plan)),
    ]
}

/// `Cut 520 (15 changes)?` without the answers.
pub fn words(plan: &StepPlan) -> String {
    let verb = if does(plan).saves() { "Save" } else { "Cut" };
    format!("{verb} {} ({})?", plan.step, count(plan.changes.len(), "change"))
}

fn what(plan: &StepPlan) -> String {
    let regions: BTreeSet<&str> =
        plan.changes.iter().filter_map(|change| change.target.region.as_deref()).collect();
    let at = match regions.len() {
        0 => String::new(),
        1 => format!(" in {}", regions.first().unwrap_or(&"")),
        many => format!(" in {}", count(many, "Region")),
    };
    let kept = if plan.refused.is_empty() { String::new() } else { format!(", {} kept", plan.refused.len()) };
    let unseen = if plan.gaps.is_empty() { String::new() } else { format!(", {} NOT SEEN", plan.gaps.len()) };
    let time = about(plan.time());
    let time = time.split(',').next().unwrap_or_default();
    format!("{}{at}{kept}{unseen}; {time}", count(plan.changes.len(), "change"))
}

fn breaks(plan: &StepPlan) -> String {
    let does = does(plan);
    match does.stops() {
        [] => match does {
            Does::Saves(what) => format!("nothing stops: {what}"),
            Does::Looks | Does::Cuts(_) => "nothing stops".into(),
        },
        [one] => one.sentence().into(),
        stops => stops.iter().map(|stop: &Stops| stop.words()).collect::<Vec<_>>().join(", "),
    }
}

fn back(plan: &StepPlan) -> String {
    let (all, staying) =
        (plan.changes.len(), plan.changes.iter().filter(|change| change.lasting.is_some()).count());
    let reversal = steps::find(plan.step).map(|step| step.effect(&plan.params).reversal);
    match reversal {
        Some(Reversal::Never(_)) => "NO: it cannot be undone".into(),
        _ if staying == all && does(plan).saves() => "stays: it is kept on purpose".into(),
        _ if staying == all => "not by a restore: all of it stays as cut on purpose".into(),
        _ if staying > 0 => {
            let stays = if staying == 1 { "stays" } else { "stay" };
            format!("partly: {staying} of {all} {stays} as cut, a restore puts the rest back")
        }
        Some(Reversal::Partial(_)) => "by a restore, but not exactly as before: see undo above".into(),
        _ => "by a restore, all of it".into(),
    }
}
