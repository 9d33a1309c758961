//! Lines of text with tones, escaped when they are rendered.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use console::measure_text_width;

use crate::step::StepId;
use crate::steps;

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Bold,
    Dim,
    Good,
    Cut,
    /// What is left as it is, with its reason.
    Calm,
    /// What to know.
    Warn,
    /// What was not seen, or is not as it was left: as loud as a failure.
    Alert,
    Bad,
}

impl Tone {
    pub(super) fn style(self) -> Style {
        let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        match self {
            Tone::Plain => Style::new(),
            Tone::Bold => Style::new().bold(),
            Tone::Dim => Style::new().dimmed(),
            Tone::Good => color(AnsiColor::Green),
            Tone::Cut => color(AnsiColor::Magenta).bold(),
            Tone::Calm => color(AnsiColor::Cyan),
            Tone::Warn => color(AnsiColor::Yellow),
            Tone::Alert => color(AnsiColor::Red).bold().invert(),
            Tone::Bad => color(AnsiColor::Red).bold(),
        }
    }
}

/// The closed list of words that a line of output says after the step's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Ok,
    Find,
    Cut,
    /// Evidence that is kept from now on: nothing is taken away.
    Save,
    Keep,
    Already,
    Refused,
    Gap,
    Failed,
    Unknown,
    Drift,
    Back,
    /// What a restore leaves as it was cut, on purpose.
    Stay,
}

impl Word {
    /// The word for a change of a step: CUT, or SAVE where it adds evidence.
    pub fn of(step: StepId) -> Word {
        let saves = steps::find(step).is_some_and(|step| step.spec().does.saves());
        if saves { Word::Save } else { Word::Cut }
    }

    pub fn text(self) -> &'static str {
        match self {
            Word::Ok => "OK",
            Word::Find => "FIND",
            Word::Cut => "CUT",
            Word::Save => "SAVE",
            Word::Keep => "KEEP",
            Word::Already => "ALREADY",
            Word::Refused => "REFUSED",
            Word::Gap => "GAP",
            Word::Failed => "FAILED",
            Word::Unknown => "UNKNOWN",
            Word::Drift => "DRIFT",
            Word::Back => "BACK",
            Word::Stay => "STAY",
        }
    }

    pub(super) fn tone(self) -> Tone {
        match self {
            Word::Ok | Word::Back | Word::Save => Tone::Good,
            Word::Already => Tone::Dim,
            Word::Cut => Tone::Cut,
            Word::Keep | Word::Stay => Tone::Calm,
            Word::Find => Tone::Warn,
            Word::Gap | Word::Drift => Tone::Alert,
            Word::Refused | Word::Failed | Word::Unknown => Tone::Bad,
        }
    }
}

/// One line. Wrapped lines are indented to the column of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    spans: Vec<(Tone, String)>,
    indent: usize,
    /// To be copied: nothing is cut away.
    whole: bool,
    /// The text at the right edge, with shorter forms of it. It goes below the line if no form fits.
    right: Option<(Tone, Vec<String>)>,
}

impl Line {
    pub fn new() -> Line {
        Line::default()
    }

    pub fn plain(text: impl Into<String>) -> Line {
        Line::new().and(Tone::Plain, text)
    }

    pub fn toned(tone: Tone, text: impl Into<String>) -> Line {
        Line::new().and(tone, text)
    }

    /// `510 CUT      text`: a line of output proper.
    pub fn step(step: StepId, word: Word, text: impl Into<String>) -> Line {
        let mut line = Line::new()
            .and(Tone::Bold, step.to_string())
            .and(Tone::Plain, " ")
            .and(word.tone(), word.text())
            .and(Tone::Plain, " ".repeat(8 - word.text().len()))
            .and(Tone::Plain, text);
        line.indent = 12;
        line
    }

    /// A line under a step: `    label  text`.
    pub fn detail(label: &str, text: impl Into<String>) -> Line {
        let mut line = Line::new().and(Tone::Dim, format!("    {label:<7} ")).and(Tone::Plain, text);
        line.indent = 12;
        line
    }

    #[must_use]
    pub fn and(mut self, tone: Tone, text: impl Into<String>) -> Line {
        self.spans.push((tone, text.into()));
        self
    }

    /// The column where wrapped text goes on.
    #[must_use]
    pub fn indented(mut self, indent: usize) -> Line {
        self.indent = indent;
        self
    }

    /// Shows it to its end, however long: a command or a policy statement is to be copied.
    #[must_use]
    pub fn whole(mut self) -> Line {
        self.whole = true;
        self
    }

    fn shown<'l>(&self, text: &'l str) -> Cow<'l, str> {
        if self.whole { Cow::Borrowed(text) } else { clipped(text) }
    }

    /// Something at the right edge.
    #[must_use]
    pub fn at_right(mut self, tone: Tone, text: impl Into<String>) -> Line {
        self.right = Some((tone, vec![text.into()]));
        self
    }

    /// Shorter words for what stands at the right edge, for a line that is too full for the others.
    #[must_use]
    pub fn or_at_right(mut self, text: impl Into<String>) -> Line {
        if let Some((_, texts)) = &mut self.right {
            texts.push(text.into());
        }
        self
    }

    /// Escaped text without tones.
    pub fn text(&self) -> String {
        let right = self.right.iter().filter_map(|(_, texts)| texts.first());
        let right = right.map(|text| format!("  {}", escape(text)));
        self.spans.iter().map(|(_, text)| escape(&self.shown(text))).chain(right).collect()
    }

    /// How many rows of a terminal it takes.
    pub fn rows(&self, width: usize) -> usize {
        self.render(false, width).split('\n').count()
    }

    /// Escaped, wrapped at the width, with tones when `color`.
    pub fn render(&self, color: bool, width: usize) -> String {
        let mut out = String::new();
        let mut column = 0;
        for (tone, text) in &self.spans {
            let style = if color { tone.style() } else { Style::new() };
            let _ = write!(out, "{style}");
            for word in words(&escape(&self.shown(text))) {
                let length = measure_text_width(word.trim_end());
                if column + length > width && column > self.indent && length <= width - self.indent.min(width)
                {
                    while out.ends_with(' ') {
                        out.pop();
                    }
                    out.push('\n');
                    out.extend(std::iter::repeat_n(' ', self.indent));
                    column = self.indent;
                }
                out.push_str(&word);
                column += measure_text_width(&word);
            }
            let _ = write!(out, "{style:#}");
        }
        while out.ends_with(' ') {
            out.pop();
            column -= 1;
        }
        if let Some((tone, texts)) = &self.right {
            let edge = width.min(WIDEST);
            let texts: Vec<String> = texts.iter().map(|text| escape(text)).collect();
            let fits = texts.iter().find(|text| column + 2 + measure_text_width(text) <= edge);
            if fits.is_none() {
                out.push('\n');
                column = 0;
            }
            let Some(text) = fits.or(texts.first()) else { return out };
            let length = measure_text_width(text);
            let style = if color { tone.style() } else { Style::new() };
            let blanks = edge.saturating_sub(column + length);
            let _ = write!(out, "{}{style}{text}{style:#}", " ".repeat(blanks));
        }
        out
    }
}

/// How far to the right something may stand and still belong to its line.
const WIDEST: usize = 100;

/// The paragraphs of a text that was broken into lines by hand: each in one piece, to be wrapped at
/// the width there is. An empty one stands for an empty line.
pub fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = vec![];
    let mut open = false;
    for line in text.trim().lines().map(str::trim) {
        match paragraphs.last_mut() {
            Some(last) if open && !line.is_empty() => {
                last.push(' ');
                last.push_str(line);
            }
            _ => paragraphs.push(line.to_owned()),
        }
        open = !line.is_empty();
    }
    paragraphs
}

/// Words with the blanks after them.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![];
    for piece in text.split_inclusive(' ') {
        match words.last_mut() {
            Some(last) if piece == " " => last.push(' '),
            _ => words.push(piece.to_owned()),
        }
    }
    words
}

/// Makes every character visible that a terminal would obey: C0 and C1 controls, and the marks
/// that turn the direction of text around or take no room.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if obeyed(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Would a terminal obey it, or show nothing at all? Besides the controls these are Unicode's format
/// characters (general category Cf), what it lets a program leave out (`Default_Ignorable_Code_Point`), and
/// letters that look like a blank.
pub(super) fn obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// More of a word without a blank is not shown: no name that AWS allows is longer.
const LONGEST_WORD: usize = 300;
/// More of a piece of text is not shown.
const LONGEST_TEXT: usize = 4_000;

/// Cuts what is far longer than anything that a person reads, with a mark that says how long it was.
fn clipped(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_WORD {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    for part in text.split_inclusive(char::is_whitespace) {
        let word = part.trim_end();
        out.push_str(&cut(word, LONGEST_WORD));
        out.push_str(&part[word.len()..]);
    }
    Cow::Owned(cut(&out, LONGEST_TEXT).into_owned())
}

fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}… ({} characters)", &text[..end], text.chars().count())),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(escape("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(escape("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(escape("user\u{202e}gpj"), "user\\u{202e}gpj");
        assert_eq!(escape("one\r\ntwo"), "one\\u{d}\\u{a}two");
        assert_eq!(escape("Käthe 線"), "Käthe 線");
        for unseen in
            "\u{ad}\u{34f}\u{180e}\u{200b}\u{2800}\u{3164}\u{fe0f}\u{feff}\u{e0041}\u{e0101}".chars()
        {
            assert_eq!(escape(&format!("a{unseen}b")), format!("a\\u{{{:x}}}b", u32::from(unseen)));
        }
    }

    #[test]
    fn what_is_far_too_long_is_cut_with_a_mark_and_what_is_to_be_copied_is_not() {
        let name = "n".repeat(10_000);
        let shown = Line::plain(format!("subnet {name} cut")).render(false, 80);
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.len() < 400 && shown.ends_with("n… (10000 characters) cut"), "{shown}");
        assert!(Line::plain(&name).text().contains("… (10000 characters)"));
        let many = Line::plain("word ".repeat(2_000)).render(false, 80);
        assert!(many.ends_with("… (10000 characters)"), "{many}");
        assert_eq!(Line::plain(&name).whole().render(false, 80), name);
    }

    #[test]
    fn a_rendered_line_holds_no_foreign_escape_in_any_tone() {
        let line = Line::step(StepId(510), Word::Cut, "\u{1b}]0;owned\u{7}");
        assert!(!line.render(false, 80).contains('\u{1b}'));
        assert!(!line.render(true, 80).contains("\u{1b}]"));
    }

    #[test]
    fn lines_broken_by_hand_are_one_paragraph() {
        let text = "\n  one\n  two\n\nthree\n";
        assert_eq!(paragraphs(text), ["one two", "", "three"]);
    }

    #[test]
    fn a_japanese_name_is_as_wide_as_it_is_shown() {
        let line = Line::step(StepId(100), Word::Find, "線を 引っこ 抜け!");
        assert_eq!(line.render(false, 24), "100 FIND    線を 引っこ\n            抜け!");
        assert_eq!(line.render(false, 29), "100 FIND    線を 引っこ 抜け!");
    }

    #[test]
    fn shorter_words_stand_at_the_edge_of_a_fuller_line() {
        let line = Line::plain("one two").at_right(Tone::Dim, "nothing is cut").or_at_right("no cut");
        assert_eq!(line.render(false, 24), "one two   nothing is cut");
        assert_eq!(line.render(false, 16), "one two   no cut");
        assert_eq!(line.render(false, 14), "one two\nnothing is cut");
        assert_eq!(line.text(), "one two  nothing is cut");
    }

    #[test]
    fn long_lines_go_on_under_their_text() {
        let line = Line::step(StepId(100), Word::Find, "one two three four five");
        assert_eq!(line.render(false, 24), "100 FIND    one two\n            three four\n            five");
    }
}
