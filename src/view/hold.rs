//! What `unplug verify` found, in lines and as JSON: pure.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::lines::{Line, Tone, Word};
use super::people::{Remark, lines_for};
use super::plan::{changes_as, gaps_of};
use super::{agree, count};
use crate::account::Gap;
use crate::engine::analyzer::{Answer, Probe};
use crate::engine::culprit::{Culprit, Culprits};
use crate::engine::hold::{Held, Stand};
use crate::engine::plan::StepPlan;
use crate::engine::restore::Owed;
use crate::step::{StepId, Target};

/// Step by step: what holds, what does not, what has appeared since.
pub fn lines(run: &str, account: &str, held: &Held, details: bool) -> Vec<Line> {
    let mut lines = vec![Line::toned(Tone::Bold, format!("Run {run} on {account}, looked at again"))];
    lines.extend(stands(held, |_| true, details));
    lines.extend(since(held, details));
    for (plans, word, text) in [
        (&held.not_begun, Word::Find, "the run had not begun these when it stopped:"),
        (&held.skipped, Word::Keep, "skipped by you:"),
    ] {
        for plan in plans {
            lines.push(Line::step(plan.step, word, text));
            lines.extend(changes_as(word, &plan.changes, details));
        }
    }
    lines.push(Line::new());
    let holds = held.stands.len() - held.broken();
    lines.push(
        Line::new()
            .and(Tone::Bold, "Verified: ")
            .and(
                Tone::Plain,
                format!(
                    "{holds} of {}, {} not as cut, {} appeared since, {} could not be looked at.",
                    agree(held.stands.len(), "change", "holds", "hold"),
                    held.broken(),
                    held.appeared(),
                    held.gaps(),
                ),
            )
            .indented(10),
    );
    if held.unbegun() > 0 {
        let text =
            format!("          Not begun: {}. Go on: unplug resume {run}", count(held.unbegun(), "change"));
        lines.push(Line::toned(Tone::Warn, text));
    }
    if held.broken() + held.appeared() > 0 {
        lines.push(Line::toned(Tone::Warn, "          Another pull cuts what is open: unplug pull"));
    }
    if held.gaps() > 0 {
        let text = "          What could not be looked at is not known to be safe.";
        lines.push(Line::toned(Tone::Warn, text));
    }
    lines
}

/// What does not hold, has appeared or could not be looked at: nothing where all is as it was cut.
pub fn open(held: &Held, details: bool) -> Vec<Line> {
    let mut lines = stands(held, |stand| *stand != Stand::Holds, details);
    lines.extend(since(held, details));
    lines
}

fn stands(held: &Held, which: impl Fn(&Stand) -> bool, details: bool) -> Vec<Line> {
    let chosen = held.stands.iter().filter(|(_, stand)| which(stand));
    let remarks: Vec<(StepId, &Target, Word, Remark)> = chosen
        .map(|(owed, stand)| {
            let (word, remark) = stand_remark(owed, stand);
            (owed.change.step, &owed.change.target, word, remark)
        })
        .collect();
    let mut lines = vec![];
    for step in remarks.chunk_by(|(a, ..), (b, ..)| a == b) {
        let items: Vec<_> = step.iter().map(|(_, target, word, remark)| (*target, *word, remark)).collect();
        lines.extend(lines_for(step[0].0, &items, details));
    }
    lines
}

fn since(held: &Held, details: bool) -> Vec<Line> {
    let mut lines = gaps_of(&held.since);
    for plan in held.since.iter().filter(|plan| !plan.changes.is_empty()) {
        lines.push(Line::step(plan.step, Word::Find, "appeared since, and is not cut:"));
        lines.extend(changes_as(Word::Find, &plan.changes, details));
    }
    lines
}

fn stand_remark(owed: &Owed, stand: &Stand) -> (Word, Remark) {
    let plain = |word, text: String| (word, Remark { was: None, text, hint: None });
    match stand {
        Stand::Holds => plain(Word::Ok, owed.change.shown.1.clone()),
        Stand::Settling => {
            plain(Word::Unknown, format!("{}: accepted, not in effect yet", owed.change.shown.1))
        }
        Stand::AsBefore => plain(Word::Drift, format!("as before the cut: {}", owed.change.shown.0)),
        Stand::Half(shown) => plain(Word::Drift, format!("half cut: {}", shown.words)),
        Stand::Changed(shown) => {
            plain(Word::Drift, format!("changed since: {}, was cut to: {}", shown.words, owed.change.shown.1))
        }
        Stand::Vanished => plain(Word::Drift, "is not there any more".into()),
        Stand::Gap(gap) => plain(Word::Gap, format!("could not look: {} {}", gap.cause.words(), gap.detail)),
    }
}

/// What AWS's Reachability Analyzer answered.
pub fn answers(answers: &[(Probe, Answer)]) -> Vec<Line> {
    let line = |(probe, answer): &(Probe, Answer)| {
        let from = format!("{} {} → {}", probe.region, probe.gateway, probe.interface);
        let (label, tone, text) = match answer {
            Answer::Unreachable(None) => ("OK", Tone::Good, "no path".to_owned()),
            Answer::Unreachable(Some(code)) => ("OK", Tone::Good, format!("no path: {code}")),
            Answer::Reachable => ("DRIFT", Tone::Bad, "AWS finds a path".to_owned()),
            Answer::None(why) => ("UNKNOWN", Tone::Warn, format!("no answer: {why}")),
        };
        let word = Line::new().and(tone, format!("    {label:<8}"));
        word.and(Tone::Plain, format!("{from}  {text}")).indented(12)
    };
    answers.iter().map(line).collect()
}

/// One round of a watch, as one line of JSON: what does not hold, and what has appeared.
pub fn round_json(run: &str, held: &Held) -> Value {
    let undone: Vec<Value> = held
        .stands
        .iter()
        .filter(|(_, stand)| *stand != Stand::Holds)
        .map(|(owed, stand)| {
            json!({ "change": owed.change.number, "step": owed.change.step, "target": owed.change.target, "stands": stand })
        })
        .collect();
    let appeared: Vec<_> = held.since.iter().flat_map(|plan| &plan.changes).collect();
    let gaps: Vec<_> = held.since.iter().flat_map(|plan| &plan.gaps).collect();
    json!({
        "event": "looked", "run": run, "changes": held.stands.len(), "holds": held.stands.len() - undone.len(),
        "open": undone, "appeared": appeared, "gaps": gaps,
    })
}

/// Who changed these targets, and in which Regions nobody could look.
pub fn culprits(found: &BTreeMap<Target, Culprit>, unread: &[(&String, &Gap)]) -> Vec<Line> {
    let by = found.iter().map(|(target, by)| {
        let from = by.address.as_ref().map_or(String::new(), |address| format!(" from {address}"));
        let text = format!("{target}: {} by {}{from}, {}", by.call, by.caller, by.time);
        Line::new().and(Tone::Warn, "    BY      ").and(Tone::Plain, text).indented(12)
    });
    let gaps = unread.iter().map(|(region, gap)| {
        let text =
            format!("who changed it in {region}: could not look, {} {}", gap.cause.words(), gap.detail);
        Line::new().and(Tone::Alert, "    GAP     ").and(Tone::Plain, text).indented(12)
    });
    by.chain(gaps).collect()
}

/// The same as one line of JSON.
pub fn culprits_json(told: &Culprits) -> Value {
    let by: Vec<Value> =
        told.found.iter().map(|(target, by)| json!({ "target": target, "by": by })).collect();
    json!({ "event": "by-whom", "found": by, "unread": told.unread })
}

/// One object: the changes with how each stands, what has appeared, and what AWS's analyser says.
pub fn json(run: &str, held: &Held, answers: &[(Probe, Answer)]) -> Value {
    let changes: Vec<Value> = held
        .stands
        .iter()
        .map(|(owed, stand)| {
            json!({
                "step": owed.change.step, "region": owed.change.target.region, "target": owed.change.target,
                "before": owed.change.before, "after": owed.change.after, "stands": stand,
            })
        })
        .collect();
    let of = |plans: &[StepPlan]| plans.iter().flat_map(|plan| plan.changes.clone()).collect::<Vec<_>>();
    let appeared: Vec<_> = held.since.iter().flat_map(|plan| &plan.changes).collect();
    let gaps: Vec<_> = held.since.iter().flat_map(|plan| &plan.gaps).collect();
    json!({
        "run": run, "changes": changes, "appeared": appeared, "gaps": gaps,
        "not_begun": of(&held.not_begun), "skipped": of(&held.skipped),
        "holds": held.stands.len() - held.broken(), "broken": held.broken(),
        "analyses": answers.iter().map(|(probe, answer)| json!({ "probe": probe, "answer": answer })).collect::<Vec<_>>(),
    })
}
