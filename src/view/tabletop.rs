//! The score of a facilitated drill, in lines: pure. Plain figures, and no points.

use super::lines::{Line, Tone};
use super::{agree, count};
use crate::access::report::Count;
use crate::engine::tabletop::{Left, Score, Took};
use crate::exposure::Tally;

/// What the two times of a score mean.
pub const CLOCKS: &str = "Drill's time is what AWS takes, and stands still while the room talks. Real time is the \
                          room's, from the beginning of the drill.";

/// The score on a terminal.
pub fn lines(score: &Score) -> Vec<Line> {
    let mut lines = vec![Line::new(), Line::toned(Tone::Bold, "Score")];
    let label = |text: &str| format!("    {text:<12} ");
    let line = |name: &str, text: String| {
        Line::new().and(Tone::Dim, label(name)).and(Tone::Plain, text).indented(17)
    };
    lines.extend(figures(score).into_iter().map(|(name, text)| line(name, text)));
    for (number, (moment, left)) in score.left.iter().enumerate() {
        let name = if number == 0 { "left open" } else { "" };
        lines.push(line(name, format!("{moment}: {}", open(left))));
    }
    lines.push(Line::toned(Tone::Dim, format!("    {CLOCKS}")).indented(4));
    lines
}

/// The figures, each with its name.
pub fn figures(score: &Score) -> Vec<(&'static str, String)> {
    let skipped: Vec<String> = score.skipped.iter().map(ToString::to_string).collect();
    let (met, injects) = score.injects;
    let (decisions, reasons) = score.decisions;
    let last = if score.complete { "" } else { ", and the pull was stopped before its end" };
    vec![
        ("first cut", score.first_cut.map_or("nothing was cut".into(), took)),
        ("last cut", score.last_cut.map_or("nothing was cut".into(), |time| took(time) + last)),
        ("cut", format!("{} in effect, {} not", count(score.cut, "change"), score.not_done)),
        ("evidence", format!("{} it", agree(score.saved, "change", "keeps", "keep"))),
        ("skipped", if skipped.is_empty() { "no step".into() } else { skipped.join(", ") }),
        ("restored", restored(score)),
        ("injects", format!("{met} of {injects} met")),
        ("looks", score.looks.to_string()),
        ("decisions", format!("{decisions}, {reasons} with a reason")),
    ]
}

fn restored(score: &Score) -> String {
    match score.owed {
        None => "no: nothing was put back".into(),
        Some(0) => "yes: nothing is owed any more".into(),
        Some(owed) => format!("in part: {} owed", agree(owed, "change", "is", "are")),
    }
}

fn took(time: Took) -> String {
    let wall = time.wall_ms.map_or("real time not noted".into(), |ms| format!("{} real time", seconds(ms)));
    format!("after {} drill's time, {wall}", seconds(time.drill_ms))
}

/// `4.2 s`, `12 min 05 s`.
fn seconds(ms: u64) -> String {
    let (whole, tenths) = (ms / 1_000, ms % 1_000 / 100);
    if whole < 60 { format!("{whole}.{tenths} s") } else { format!("{} min {:02} s", whole / 60, whole % 60) }
}

/// What is left open at a moment.
pub fn open(left: &Left) -> String {
    format!(
        "{} reachable from the internet, {} can reach it; {}",
        interfaces(left.reached),
        tallied(left.reaching),
        acting(left.acting)
    )
}

/// Who can act at a moment.
fn acting(count: Option<Count>) -> String {
    match count {
        Some(Count { yes: 1, perhaps: 0, .. }) => "1 identity can act".into(),
        Some(Count { yes, perhaps, .. }) => {
            let number = tallied(Tally { open: yes, unknown: perhaps });
            format!("{number} identities can act")
        }
        None => "IAM not read: nobody knows who can act".into(),
    }
}

fn interfaces(tally: Tally) -> String {
    let noun = if tally.open == 1 && tally.unknown == 0 { "interface" } else { "interfaces" };
    format!("{} {noun}", tallied(tally))
}

/// `4`, `4–6`: with those that perhaps are.
fn tallied(tally: Tally) -> String {
    match tally.unknown {
        0 => tally.open.to_string(),
        unknown => format!("{}–{}", tally.open, tally.open + unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::StepId;

    #[test]
    fn the_score_is_plain_figures_with_both_clocks() {
        let left = |open| Left {
            reached: Tally { open, unknown: 0 },
            reaching: Tally { open: 0, unknown: 2 },
            acting: Some(Count { yes: 3, perhaps: 1, earlier_sessions: 0 }),
        };
        let score = Score {
            first_cut: Some(Took { drill_ms: 3_000, wall_ms: Some(61_000) }),
            last_cut: Some(Took { drill_ms: 9_050, wall_ms: Some(305_000) }),
            complete: true,
            cut: 2,
            saved: 1,
            not_done: 1,
            skipped: [StepId(610)].into(),
            owed: Some(0),
            injects: (1, 3),
            looks: 4,
            decisions: (5, 2),
            left: vec![("at the beginning".into(), left(4)), ("after 520".into(), left(1))],
        };
        let said: Vec<String> = lines(&score).iter().map(Line::text).collect();
        assert_eq!(
            said,
            [
                "",
                "Score",
                "    first cut    after 3.0 s drill's time, 1 min 01 s real time",
                "    last cut     after 9.0 s drill's time, 5 min 05 s real time",
                "    cut          2 changes in effect, 1 not",
                "    evidence     1 change keeps it",
                "    skipped      610",
                "    restored     yes: nothing is owed any more",
                "    injects      1 of 3 met",
                "    looks        4",
                "    decisions    5, 2 with a reason",
                "    left open    at the beginning: 4 interfaces reachable from the internet, 0–2 can reach it; 3–4 identities can act",
                "                 after 520: 1 interface reachable from the internet, 0–2 can reach it; 3–4 identities can act",
                "    Drill's time is what AWS takes, and stands still while the room talks. Real time is the room's, \
                 from the beginning of the drill.",
            ]
        );
    }

    #[test]
    fn what_is_not_known_is_no_zero() {
        let left = Left { reached: Tally::default(), reaching: Tally::default(), acting: None };
        assert!(open(&left).ends_with("IAM not read: nobody knows who can act"));
        let said = figures(&Score::default());
        assert!(said.contains(&("first cut", "nothing was cut".to_owned())), "{said:?}");
        assert!(said.contains(&("restored", "no: nothing was put back".to_owned())), "{said:?}");
    }
}
