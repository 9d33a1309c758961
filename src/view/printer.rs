//! Prints lines: data to stdout, everything else to stderr.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;

use super::lines::{Line, Tone, escape};
use super::screen::Size;

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// Where lines go.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    out_color: bool,
    err_color: bool,
    out_width: usize,
    out_rows: Option<usize>,
    err_width: usize,
}

/// Something that was written to stdout was not taken.
static LOST: AtomicBool = AtomicBool::new(false);

/// The width where there is no terminal and COLUMNS says nothing: what fits a page.
const PAGE: usize = 100;

impl Printer {
    pub fn new(color: Color) -> Printer {
        #[expect(clippy::disallowed_methods, reason = "how the terminal is to be written to is for the view")]
        let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let unwanted = var("NO_COLOR").is_some() || var("TERM").is_some_and(|term| term == "dumb");
        let columns = var("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok());
        let wanted = |terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !unwanted,
        };
        let (out, err) = (console::Term::stdout(), console::Term::stderr());
        let width = |term: &console::Term| {
            let shown = term.size_checked().map(|(_, columns)| usize::from(columns));
            shown.or(columns).unwrap_or(PAGE).max(40)
        };
        Printer {
            out_color: wanted(std::io::stdout().is_terminal()),
            err_color: wanted(std::io::stderr().is_terminal()),
            out_width: width(&out),
            out_rows: out.size_checked().map(|(rows, _)| usize::from(rows)),
            err_width: width(&err),
        }
    }

    /// What stdout shows at once.
    pub fn size(&self) -> Size {
        Size { columns: self.out_width, rows: self.out_rows }
    }

    /// A prompt in bold, where stderr takes colours. Holds no foreign string that is not escaped.
    pub fn prompt(&self, text: &str) -> String {
        let style = if self.err_color { Tone::Bold.style() } else { anstyle::Style::new() };
        format!("{style}{}{style:#}", escape(text))
    }

    /// Data.
    pub fn out(&self, line: &Line) {
        self.raw(&line.render(self.out_color, self.out_width));
    }

    /// Everything else.
    pub fn err(&self, line: &Line) {
        let text = line.render(self.err_color, self.err_width);
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// The beginning of a line that waits for an answer.
    pub fn err_open(&self, text: &str) {
        let _ = write!(std::io::stderr(), "{}", escape(text));
        let _ = std::io::stderr().flush();
    }

    /// Text that holds no foreign string, or was escaped by its format (JSON, a generated page).
    /// A closed pipe ends the output, not the run; what a full device does not take is no success.
    pub fn raw(&self, text: &str) {
        if let Err(error) = writeln!(std::io::stdout(), "{text}")
            && error.kind() != std::io::ErrorKind::BrokenPipe
        {
            LOST.store(true, Ordering::Relaxed);
        }
    }

    /// Was something not taken that was written to stdout?
    pub fn lost_output() -> bool {
        LOST.load(Ordering::Relaxed)
    }

    pub fn colored_err(&self) -> bool {
        self.err_color
    }
}
