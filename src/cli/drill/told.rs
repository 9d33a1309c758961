//! What a drill tells before, between and after its questions.

use serde_json::Value;

use crate::cli::confirm::enter;
use crate::cli::session::Session;
use crate::engine::acting;
use crate::engine::plan::Selected;
use crate::engine::restore::{Back, Owed};
use crate::engine::verify::Difference;
use crate::front::{self, Front};
use crate::scenario::{About, Question, Scenario};
use crate::sim::Simulation;
use crate::view;
use crate::view::{Line, Tone, agree, count, paragraphs, short};

/// The story, read aloud before the first question.
pub fn story(scenario: &Scenario) -> Vec<Line> {
    let mut lines = vec![Line::toned(Tone::Bold, format!("Drill: {}", scenario.title))];
    lines.extend(paragraphs(&scenario.story).into_iter().map(Line::plain));
    lines.push(Line::toned(Tone::Dim, "A simulated account: nothing leaves this machine."));
    lines
}

/// Says who could act before the cut and who can act now, where a step acts on principals.
pub fn tell_access(session: &Session, scenario: &Scenario, simulation: &Simulation, steps: &[Selected]) {
    let now = simulation.clock().timestamp();
    let acting = acting::shift(&scenario.account, &simulation.account(), steps, now, true);
    let Some(acting) = acting else { return };
    if session.json() {
        let event = serde_json::json!({ "event": "access", "acting": acting });
        session.printer.raw(&view::json::compact(&event));
    } else {
        session.out(&view::access::acted(&acting));
    }
}

/// Says what visitors of each public name saw before the cut, during it and after the restore, where a step
/// is of the front door.
pub fn tell_front(session: &Session, during: Option<&Front>, scenario: &Scenario, simulation: &Simulation) {
    let Some(during) = during else { return };
    let restored = front::shift(&scenario.account, &simulation.account());
    if session.json() {
        let event = serde_json::json!({ "event": "visitors", "during": during, "restored": restored });
        session.printer.raw(&view::json::compact(&event));
    } else {
        session.out(&view::front::times(during, &restored));
    }
}

/// The changes that the thief has made himself, which stay.
pub fn of_thief(his: &[Difference]) -> Vec<Line> {
    if his.is_empty() {
        return vec![];
    }
    let text = format!(
        "What the thief changed stays as it is: {}, to be undone by hand.",
        count(his.len(), "value")
    );
    let mut lines = vec![Line::toned(Tone::Warn, text)];
    for difference in his {
        let what = match (&difference.predicted, &difference.found) {
            (Value::Null, _) => "made",
            (_, Value::Null) => "deleted",
            _ => "changed",
        };
        lines.push(Line::detail("thief", format!("{}: {what}", difference.path)));
    }
    lines
}

/// How the restore ended: what is not as it was before the drill.
pub fn ending(ends: &[(Owed, Back)], left: &[Difference]) -> Vec<Line> {
    let kept = ends.iter().filter(|(_, back)| matches!(back, Back::Kept(_))).count();
    let open = ends.iter().filter(|(_, back)| !back.settled()).count();
    let mut lines = vec![Line::new()];
    if open == 0 && left.is_empty() {
        lines.push(match kept {
            0 => Line::toned(Tone::Good, "All is put back."),
            _ => Line::toned(
                Tone::Good,
                format!(
                    "All that may come back is back; {} on purpose: see STAY above.",
                    agree(kept, "change", "stays", "stay")
                ),
            ),
        });
        return lines;
    }
    let text = format!("NOT put back: {}, {}.", count(open, "change"), count(left.len(), "difference"));
    lines.push(Line::toned(Tone::Bad, text));
    for difference in left {
        let text = format!(
            "{}: was {}, is {}",
            difference.path,
            short(&difference.predicted),
            short(&difference.found)
        );
        lines.push(Line::detail("differs", text));
    }
    lines
}

/// The questions that fit a drill of a part, or of everything.
pub fn questions(scenario: &Scenario, part: bool) -> Vec<&Question> {
    let of = if part { About::Part } else { About::Account };
    let fits = |question: &&Question| question.about.is_none_or(|about| about == of);
    scenario.questions.iter().filter(fits).collect()
}

/// The questions first, to be talked about; then what good answers cover, when somebody asks for it.
pub fn talk(session: &Session, questions: &[&Question], asked: bool) {
    if questions.is_empty() {
        return;
    }
    let numbered = |number: usize, text: &str, tone| {
        let paragraphs = paragraphs(text);
        let lines = paragraphs.iter().enumerate().map(move |(at, paragraph)| {
            let head = if at == 0 { format!("{}. ", number + 1) } else { "   ".to_owned() };
            Line::toned(tone, format!("{head}{paragraph}")).indented(3)
        });
        lines.collect::<Vec<_>>()
    };
    session.out(&[Line::new(), Line::toned(Tone::Bold, "Talk about it")]);
    for (number, question) in questions.iter().enumerate() {
        session.out(&numbered(number, &question.ask, Tone::Plain));
    }
    if asked && enter(session.printer, "Enter shows what good answers cover").is_none() {
        return;
    }
    session.out(&[Line::new(), Line::toned(Tone::Bold, "What good answers cover")]);
    for (number, question) in questions.iter().enumerate() {
        session.out(&numbered(number, &question.answer, Tone::Plain));
    }
}
