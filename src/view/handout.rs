//! What the participants of a facilitated drill take home, in Markdown: pure.
//!
//! Its strings come from a scenario, an account and people's keyboards. None of them may become a link, a
//! picture, HTML or a heading where somebody shows the page.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::lines::{escape, paragraphs};
use super::tabletop::{CLOCKS, figures, open};
use crate::engine::tabletop::{Note, Score, What};
use crate::scenario::{Inject, Question, Scenario};

/// A drill that has ended.
pub struct Handout<'a> {
    pub scenario: &'a Scenario,
    pub run: &'a str,
    pub account: &'a str,
    pub notes: &'a [Note],
    pub score: &'a Score,
    /// Injects that were not met, with their numbers.
    pub unmet: Vec<(usize, &'a Inject)>,
    pub questions: &'a [&'a Question],
}

impl Handout<'_> {
    /// The whole page.
    pub fn markdown(&self) -> String {
        let mut page = format!("# {}\n", text(&self.scenario.title));
        let began = self.notes.first().map(|note| date(note.wall)).unwrap_or_default();
        let _ = writeln!(
            page,
            "\nA drill on a simulated account, {}, held {began}. Recorded as {}: `unplug show` tells each change.",
            text(self.account),
            text(self.run)
        );
        for paragraph in paragraphs(&self.scenario.story) {
            let _ = writeln!(page, "\n{}", text(&paragraph));
        }
        self.decisions(&mut page);
        self.injects(&mut page);
        self.score(&mut page);
        self.questions(&mut page);
        page
    }

    fn decisions(&self, page: &mut String) {
        page.push_str("\n## Decisions and reasons\n\n");
        page.push_str("| drill's time | real time | question | answer | why |\n|---|---|---|---|---|\n");
        for note in self.notes {
            let What::Decision { question, answer, why } = &note.what else { continue };
            let (drill, wall) = (clock(note.drill), clock(note.wall));
            let _ = writeln!(
                page,
                "| {drill} | {wall} | {} | {} | {} |",
                text(question),
                text(answer),
                text(why)
            );
        }
        let _ = writeln!(page, "\nTimes are UTC. {CLOCKS}");
    }

    fn injects(&self, page: &mut String) {
        let met = || self.notes.iter().filter(|note| matches!(note.what, What::Inject { .. }));
        if met().next().is_none() && self.unmet.is_empty() {
            return;
        }
        page.push_str("\n## Injects\n");
        for note in met() {
            let What::Inject { number, moment, told, asked, answer, done } = &note.what else { continue };
            let _ = writeln!(page, "\n### {number}. {}, {} real time\n", text(moment), clock(note.wall));
            let _ = writeln!(page, "{}", text(told));
            if let Some(asked) = asked {
                let said = if answer.is_empty() { "nothing was noted".into() } else { text(answer) };
                let _ = writeln!(page, "\n- Asked: {}\n- The room: {said}", text(asked));
            }
            if let Some(done) = done {
                let _ = writeln!(page, "\nIn the simulation: {}", text(done));
            }
        }
        for (number, inject) in &self.unmet {
            let moment = text(&inject.at.to_string());
            let _ = writeln!(page, "\n### {number}. {moment}: not met\n\n{}", text(&inject.tell));
        }
    }

    fn score(&self, page: &mut String) {
        page.push_str("\n## Score\n\n| figure | |\n|---|---|\n");
        for (name, figure) in figures(self.score) {
            let _ = writeln!(page, "| {name} | {} |", text(&figure));
        }
        page.push_str("\n| moment | left open |\n|---|---|\n");
        for (moment, left) in &self.score.left {
            let _ = writeln!(page, "| {} | {} |", text(moment), text(&open(left)));
        }
        let looks = self.notes.iter().filter_map(|note| match &note.what {
            What::Look { words, .. } => Some(format!("{} ({})", text(words), clock(note.wall))),
            _ => None,
        });
        let looks: Vec<String> = looks.collect();
        if !looks.is_empty() {
            let _ = writeln!(page, "\nLooked at, with the real time: {}.", looks.join("; "));
        }
    }

    fn questions(&self, page: &mut String) {
        if self.questions.is_empty() {
            return;
        }
        page.push_str("\n## Questions, and what good answers cover\n");
        for question in self.questions {
            let _ = writeln!(page, "\n### {}", one_line(&question.ask));
            for paragraph in paragraphs(&question.answer) {
                let _ = writeln!(page, "\n{}", text(&paragraph));
            }
        }
    }
}

fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

fn one_line(words: &str) -> String {
    paragraphs(words).iter().map(|paragraph| text(paragraph)).collect::<Vec<_>>().join(" ")
}

/// A string as Markdown shows it unchanged, in one line.
pub fn text(words: &str) -> String {
    let words: Vec<&str> = words.split(['\n', '\r']).collect();
    let words = escape(&words.join(" "));
    let mut out = String::with_capacity(words.len());
    for (at, c) in words.char_indices() {
        let rest = &words[at..];
        let begins = words[..at].trim().is_empty();
        let special = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '@' | '#' | '!' | '$' => true,
            // GitHub makes links of bare addresses.
            ':' => rest.starts_with("://"),
            '.' => words[..at].to_ascii_lowercase().ends_with("www"),
            // A list, or a line under a heading.
            '-' | '+' | '=' => begins,
            _ => false,
        };
        // A numbered list.
        let numbered = (c == '.' || c == ')')
            && !begins
            && words[..at].trim().chars().all(|before| before.is_ascii_digit());
        if special || numbered {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    #[test]
    fn a_foreign_string_stays_text() {
        for (words, shown) in [
            ("plain words, 10.0.0.0/8 (a range)", "plain words, 10.0.0.0/8 (a range)"),
            ("[x](http://evil.example)", "\\[x\\](http\\://evil.example)"),
            ("![x](y) <img src=x>", "\\!\\[x\\](y) \\<img src=x\\>"),
            ("www.evil.example a@b.example", "www\\.evil.example a\\@b.example"),
            ("# no heading", "\\# no heading"),
            ("- no list", "\\- no list"),
            ("1. no list", "1\\. no list"),
            ("a|b `c` *d* _e_ ~f~ &lt;", "a\\|b \\`c\\` \\*d\\* \\_e\\_ \\~f\\~ \\&lt;"),
            ("two\n# lines", "two \\# lines"),
            ("\u{1b}[2J\u{202e}", "\\\\u{1b}\\[2J\\\\u{202e}"),
        ] {
            assert_eq!(text(words), shown);
        }
    }

    #[test]
    fn the_page_has_decisions_injects_score_and_questions() {
        let scenario = scenario::load(scenario::DEFAULT).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let note = |what| Note { drill: at(60), wall: at(3_600), what };
        let notes = [
            note(What::Began),
            note(What::Decision {
                question: "Cut 400 (1 change)?".into(),
                answer: "yes".into(),
                why: "mail | <b>".into(),
            }),
            note(What::Inject {
                number: 1,
                moment: "before 400".into(),
                told: "The CEO calls.".into(),
                asked: Some("What do you say?".into()),
                answer: String::new(),
                done: None,
            }),
            note(What::Look { words: "who".into(), seen: true }),
        ];
        let questions: Vec<&Question> = scenario.questions.iter().collect();
        let unmet = Inject {
            at: scenario::Moment::After(700),
            until: None,
            tell: "Nobody hears this.".into(),
            ask: None,
            does: None,
        };
        let handout = Handout {
            scenario: &scenario,
            run: "drill-1",
            account: "kettle_and_crane",
            notes: &notes,
            score: &Score::default(),
            unmet: vec![(2, &unmet)],
            questions: &questions,
        };
        let page = handout.markdown();
        for part in [
            "# Kettle \\& Crane, Sunday, 03:12\n",
            "kettle\\_and\\_crane, held 1970-01-01 01:00 UTC. Recorded as drill-1:",
            "| 00:01:00 | 01:00:00 | Cut 400 (1 change)? | yes | mail \\| \\<b\\> |\n",
            "### 1. before 400, 01:00:00 real time\n\nThe CEO calls.\n\n- Asked: What do you say?\n- The room: nothing was noted\n",
            "### 2. after 700: not met\n\nNobody hears this.\n",
            "## Score\n",
            "Looked at, with the real time: who (01:00:00).",
            "## Questions, and what good answers cover\n\n### ",
        ] {
            assert!(page.contains(part), "{part:?} is not in\n{page}");
        }
    }
}
