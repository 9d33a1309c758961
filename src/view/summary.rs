//! The last lines of a pull: pure.

use super::count;
use super::fold::list;
use super::lines::{Line, Tone, Word};
use super::time::about;
use crate::engine::pull::Summary;
use crate::step::StepId;

/// The steps that a stopped run did not come to.
fn not_begun(steps: &[StepId]) -> Option<Line> {
    let names: Vec<String> = steps.iter().map(ToString::to_string).collect();
    let names = list(&names.iter().map(String::as_str).collect::<Vec<_>>(), MOST_STEPS);
    let text = format!("     NOT BEGUN: {}: {names}", count(steps.len(), "step"));
    (!steps.is_empty()).then(|| Line::toned(Tone::Bad, text).indented(16))
}

/// Steps that are named as not begun; the rest is counted.
const MOST_STEPS: usize = 10;

/// The last lines of a pull.
pub fn summary(summary: &Summary, run: &str, drill: bool) -> Vec<Line> {
    let of = |word: Word| {
        let ends = summary.ends.iter().filter(|(change, _)| Word::of(change.step) == word);
        let (done, all) =
            ends.fold((0, 0), |(done, all), (_, outcome)| (done + usize::from(outcome.holds()), all + 1));
        (done, all)
    };
    let ((cut, cuts), (saved, saves)) = (of(Word::Cut), of(Word::Save));
    let saved = if saves == 0 { String::new() } else { format!("; saved: {saved} of {saves}") };
    let mut lines = vec![
        Line::new(),
        Line::new()
            .and(Tone::Bold, "Cut: ")
            .and(
                Tone::Plain,
                format!(
                    "{cut} of {}{saved}; {} kept with a reason, {} skipped, {} could not be looked at.",
                    count(cuts + summary.stale, "change"),
                    summary.refused,
                    count(summary.skipped.len(), "step"),
                    summary.gaps,
                ),
            )
            .indented(5),
    ];
    if summary.not_done() > 0 {
        let text =
            format!("     NOT DONE: {}, listed above with the reason.", count(summary.not_done(), "change"));
        lines.push(Line::toned(Tone::Bad, text));
    }
    if let Some(why) = &summary.stopped {
        lines.push(Line::toned(Tone::Bad, format!("     Stopped: {why}.")).indented(14));
        lines.extend(not_begun(&summary.not_begun));
        if !drill {
            lines.push(Line::plain(format!("     Go on:    unplug resume {run}")));
        }
    }
    if drill {
        lines.push(Line::plain(format!("     On AWS it takes {}.", about(summary.time))));
    } else if !summary.began {
        lines.push(Line::plain("     Nothing was sent: this run has nothing to put back."));
    } else {
        lines.push(Line::plain(format!("     Put back: unplug restore {run}")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_pull_names_the_steps_that_it_did_not_begin() {
        let stopped = Summary {
            stopped: Some("quit".into()),
            not_begun: vec![StepId(590), StepId(610)],
            ..Summary::default()
        };
        let said: Vec<String> = summary(&stopped, "R", false).iter().map(Line::text).collect();
        assert!(said.contains(&"     NOT BEGUN: 2 steps: 590, 610".to_owned()), "{said:?}");
        let whole: Vec<String> = summary(&Summary::default(), "R", false).iter().map(Line::text).collect();
        assert!(whole.iter().all(|line| !line.contains("NOT BEGUN")), "{whole:?}");
    }
}
