//! The steps as a table: one, two or three a line.

use super::does;
use crate::engine::plan::{Plan, StepPlan};
use crate::step::{Does, Reversal};
use crate::steps;
use crate::view::lines::{Line, Tone};
use crate::view::time::short;

/// What a row says of one step.
struct Row {
    name: String,
    cut: String,
    save: String,
    kept: String,
    unseen: String,
    calls: String,
    time: String,
    back: &'static str,
    /// A step that only looks.
    looks: bool,
}

/// One line a step.
pub fn whole(plan: &Plan) -> Vec<Line> {
    let rows = rows(plan);
    let saves = rows.iter().any(|row| !row.save.is_empty());
    let name = name_width(&rows);
    let line = |row: &Row, tone| {
        let save = if saves { format!("{:>6}", dot(&row.save)) } else { String::new() };
        let text = format!(
            "{:<name$}{:>6}{save}{:>6}{:>8}{:>7}{:>7}  {}",
            row.name,
            dot(&row.cut),
            dot(&row.kept),
            dot(&row.unseen),
            dot(&row.calls),
            row.time,
            row.back
        );
        Line::toned(tone, text)
    };
    let head = Row {
        name: "step".into(),
        cut: "cut".into(),
        save: "save".into(),
        kept: "kept".into(),
        unseen: "unseen".into(),
        calls: "calls".into(),
        time: "time".into(),
        back: "comes back",
        looks: false,
    };
    let tone = |row: &Row| if row.unseen.is_empty() { Tone::Plain } else { Tone::Warn };
    [line(&head, Tone::Dim)].into_iter().chain(rows.iter().map(|row| line(row, tone(row)))).collect()
}

/// Two steps a line, down the left side first; one where the terminal is too narrow even for shortened
/// names. What is saved has a plus. Steps that only look, and say nothing else, are left out.
pub fn side_by_side(plan: &Plan, columns: usize) -> Vec<Line> {
    let mut rows = rows(plan);
    rows.retain(|row| !row.looks || !row.unseen.is_empty() || !row.back.is_empty());
    let half = rows.len().div_ceil(2);
    let mut right = rows.split_off(half);
    // A name and its number share a column: few steps have both long.
    let first = |row: &Row, width: usize| {
        let blanks = width.saturating_sub(row.name.chars().count() + row.sum().chars().count());
        format!("{}{}{}", row.name, " ".repeat(blanks), row.sum())
    };
    let cell = |row: &Row, width: usize| {
        format!("{}{:>5}{:>5} {:<5}", first(row, width), dot(&row.kept), row.time, row.back)
    };
    let head =
        |width: usize| format!("{:<w$}cut{:>5}{:>5} {:<5}", "step", "kept", "time", "back", w = width - 3);
    if right.is_empty() {
        return whole(plan);
    }
    // The longest names give way first, a letter at a time: their numbers tell which steps they are.
    let room = columns.saturating_sub(2 * 16 + 1);
    while first_width(&rows) + first_width(&right) > room {
        let longest = rows.iter_mut().chain(&mut right).max_by_key(|row| row.first());
        match longest {
            Some(row) if row.name.chars().count() > SHORTEST => row.shorten(),
            _ => return whole(plan),
        }
    }
    let (left_width, right_width) = (first_width(&rows), first_width(&right));
    let head = format!("{} {}", head(left_width), head(right_width));
    let mut lines = vec![Line::toned(Tone::Dim, head)];
    for (at, row) in rows.iter().enumerate() {
        let tone = |row: &Row| if row.unseen.is_empty() { Tone::Plain } else { Tone::Warn };
        let line = Line::toned(tone(row), cell(row, left_width));
        lines.push(match right.get(at) {
            Some(row) => line.and(Tone::Plain, " ").and(tone(row), cell(row, right_width)),
            None => line,
        });
    }
    lines
}

/// Three steps a line, down each column first: the number of changes, and whether they come back. Steps
/// that have nothing to do stand where the last column has room, or share a line of their own.
pub fn packed(plan: &Plan, columns: usize) -> Vec<Line> {
    let (mut rows, idle): (Vec<Row>, Vec<Row>) =
        rows(plan).into_iter().partition(|row| !row.back.is_empty() || !row.unseen.is_empty());
    let width = (columns + 1) / ACROSS - 1;
    for row in &mut rows {
        while row.first() + BACK > width && row.name.chars().count() > SHORTEST {
            row.shorten();
        }
    }
    let cell = |row: &Row| {
        let blanks = (width - BACK).saturating_sub(row.name.chars().count() + row.sum().chars().count());
        format!("{}{}{} {:<5}", row.name, " ".repeat(blanks), row.sum(), row.back)
    };
    let head = format!("{:<w$}cut back ", "step", w = width - 9);
    let mut lines = vec![Line::toned(Tone::Dim, [head.as_str(); ACROSS].join(" ").trim_end())];
    let down = rows.len().div_ceil(ACROSS);
    for at in 0..down {
        let mut line = Line::new();
        for (place, row) in rows.iter().skip(at).step_by(down).enumerate() {
            let tone = if row.unseen.is_empty() { Tone::Plain } else { Tone::Warn };
            line = line.and(Tone::Plain, if place == 0 { "" } else { " " }).and(tone, cell(row));
        }
        lines.push(line);
    }
    let idle: Vec<&str> = idle.iter().filter(|row| !row.looks).map(Row::number).collect();
    if !idle.is_empty() {
        let idle = format!("nothing to do: {}", idle.join(" "));
        let cells = rows.iter().skip(down.saturating_sub(1)).step_by(down.max(1)).count();
        match lines.pop() {
            Some(last) if cells < ACROSS && cells * (width + 1) + idle.len() <= columns => {
                lines.push(last.and(Tone::Plain, " ").and(Tone::Dim, idle));
            }
            last => lines.extend(last.into_iter().chain([Line::toned(Tone::Dim, idle)])),
        }
    }
    lines
}

/// Steps on one line of the packed table.
const ACROSS: usize = 3;

/// Columns of the word that says whether a step comes back.
const BACK: usize = 6;

/// Letters of a name that is not shortened further: its number and the beginning of its word.
const SHORTEST: usize = 12;

impl Row {
    /// The number of the step, without its slug.
    fn number(&self) -> &str {
        self.name.split(' ').next().unwrap_or_default()
    }

    /// How wide its name and its number are together.
    fn first(&self) -> usize {
        self.name.chars().count() + 1 + self.sum().chars().count()
    }

    /// Takes a letter from the end of its name.
    fn shorten(&mut self) {
        let letters: Vec<char> = self.name.chars().filter(|letter| *letter != '…').collect();
        let kept =
            letters.len().saturating_sub(if letters.len() == self.name.chars().count() { 2 } else { 1 });
        self.name = letters[..kept].iter().chain(['…'].iter()).collect();
    }

    /// How many are cut, or with a plus saved.
    fn sum(&self) -> String {
        if self.save.is_empty() { dot(&self.cut).to_owned() } else { format!("+{}", self.save) }
    }
}

fn first_width(rows: &[Row]) -> usize {
    rows.iter().map(Row::first).max().unwrap_or_default().max(8)
}

fn name_width(rows: &[Row]) -> usize {
    rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default()
}

fn rows(plan: &Plan) -> Vec<Row> {
    plan.steps.iter().map(row).collect()
}

fn row(plan: &StepPlan) -> Row {
    let does = does(plan);
    let slug = steps::find(plan.step).map_or("", |step| step.spec().slug);
    let number = |n: usize| if n == 0 { String::new() } else { n.to_string() };
    let (cut, save) = if does.saves() { (0, plan.changes.len()) } else { (plan.changes.len(), 0) };
    let some = !plan.changes.is_empty();
    Row {
        name: format!("{} {slug}", plan.step),
        cut: number(cut),
        save: number(save),
        kept: number(plan.refused.len()),
        unseen: number(plan.gaps.len()),
        calls: if some { plan.calls.total().to_string() } else { String::new() },
        time: if some { short(plan.time()) } else { String::new() },
        back: if some { back(plan) } else { "" },
        looks: does == Does::Looks && !some,
    }
}

/// Does a restore give it back? In one word.
pub fn back(plan: &StepPlan) -> &'static str {
    let staying = plan.changes.iter().filter(|change| change.lasting.is_some()).count();
    let reversal = steps::find(plan.step).map(|step| step.effect(&plan.params).reversal);
    match reversal {
        _ if staying == plan.changes.len() && does(plan).saves() => "stays",
        Some(Reversal::Never(_)) => "no",
        _ if staying == plan.changes.len() => "no",
        Some(Reversal::Partial(_)) => "part",
        _ if staying > 0 => "part",
        _ => "yes",
    }
}

fn dot(cell: &str) -> &str {
    if cell.is_empty() { "·" } else { cell }
}
