//! What a restore says before it and after it.

use std::collections::BTreeSet;

use crate::engine::plan::Time;
use crate::engine::restore::{Back, Owed};
use crate::step::{StepId, Stops};
use crate::steps;
use crate::view::people::{Remark, lines_for, return_remark};
use crate::view::{Line, Tone, Word, about, count, list};

/// What is still owed, by name, and how each stands.
pub(super) fn still(open: &[&Owed], ends: &[(Owed, Back)], run: &str) -> Vec<Line> {
    if open.is_empty() {
        return vec![];
    }
    let are = if open.len() == 1 { "is" } else { "are" };
    let text = format!("{} {are} still owed: unplug restore {run}", count(open.len(), "change"));
    let mut lines = vec![Line::toned(Tone::Warn, text)];
    let remark = |owed: &Owed| match ends.iter().find(|(ended, _)| ended.change.number == owed.change.number)
    {
        None | Some((_, Back::Stopped)) => {
            let text = format!("still {}", owed.change.shown.1);
            (Word::of(owed.change.step), Remark { was: None, text, hint: None })
        }
        // It is not as it was cut, or nobody knows.
        Some((owed, back)) => return_remark(owed, back),
    };
    for step in open.chunk_by(|a, b| a.change.step == b.change.step) {
        let items: Vec<_> = step.iter().map(|owed| (&owed.change.target, remark(owed))).collect();
        let items: Vec<_> = items.iter().map(|(target, (word, remark))| (*target, *word, remark)).collect();
        lines.extend(lines_for(step[0].change.step, &items, false));
    }
    lines
}

/// The lines of a rehearsed restore.
pub(super) fn lines(ends: &[(Owed, Back)]) -> Vec<Line> {
    let remarks: Vec<_> = ends.iter().map(|(owed, back)| (owed, return_remark(owed, back))).collect();
    remarks
        .chunk_by(|(a, _), (b, _)| a.change.step == b.change.step)
        .flat_map(|step| {
            let items: Vec<_> =
                step.iter().map(|(owed, (word, remark))| (&owed.change.target, *word, remark)).collect();
            lines_for(step[0].0.change.step, &items, false)
        })
        .collect()
}

/// What the question is about: which run, how much, and what opens again.
pub(super) fn about_it(run: &str, ends: &[(Owed, Back)], time: Time) -> Vec<Line> {
    let back: Vec<&Owed> =
        ends.iter().filter(|(_, back)| *back == Back::Returned).map(|(owed, _)| owed).collect();
    let steps: BTreeSet<StepId> = back.iter().map(|owed| owed.change.step).collect();
    let names: Vec<String> = steps.iter().map(ToString::to_string).collect();
    let names = list(&names.iter().map(String::as_str).collect::<Vec<_>>(), 12);
    let what = match names.as_str() {
        "" => "nothing is to be put back".to_owned(),
        names => format!("{} of {names} back as before; {}", count(back.len(), "change"), about(time)),
    };
    let asked = ends.iter().filter(|(_, back)| matches!(back, Back::Drifted { .. })).count();
    let mut lines = vec![Line::detail("run", run), Line::detail("what", what)];
    if asked > 0 {
        lines
            .push(Line::detail("asks", format!("{} somebody changed since the cut", count(asked, "target"))));
    }
    let effect = |owed: &&&Owed| steps::find(owed.change.step).map(|step| step.effect(&owed.change.params));
    let stops: BTreeSet<Stops> = back
        .iter()
        .filter_map(|owed| effect(&owed))
        .flat_map(|effect| effect.does.stops())
        .copied()
        .collect();
    if !stops.is_empty() {
        let words = stops.iter().map(|stop| stop.words()).collect::<Vec<_>>().join(", ");
        lines.push(Line::detail("opens", format!("{words}; to an intruder as well")));
    }
    lines
}

pub(super) fn counts(title: &str, ends: &[(Owed, Back)], time: Option<Time>) -> Vec<Line> {
    let count = |of: fn(&Back) -> bool| ends.iter().filter(|(_, back)| of(back)).count();
    let stay = count(|back| matches!(back, Back::Kept(_)));
    let text = format!(
        "{}; {} as before already; {stay} {} on purpose; {} not put back",
        count(|back| *back == Back::Returned),
        count(|back| *back == Back::AsBefore),
        if stay == 1 { "stays" } else { "stay" },
        count(|back| !back.settled()),
    );
    let time = time.map_or(String::new(), |time| format!("; {}", about(time)));
    vec![
        Line::new(),
        Line::new()
            .and(Tone::Bold, format!("{title}: "))
            .and(Tone::Plain, format!("{text}{time}."))
            .indented(title.len() + 2),
    ]
}
