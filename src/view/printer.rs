//! Prints lines: data to stdout, everything else to stderr.

use std::io::{IsTerminal as _, Write as _};

use clap::ValueEnum;

use super::lines::{Line, escape};

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
    err_width: usize,
}

/// The width where there is no terminal: what fits a page.
const PAGE: usize = 100;

impl Printer {
    pub fn new(color: Color) -> Printer {
        #[expect(clippy::disallowed_methods, reason = "NO_COLOR is for the view alone")]
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let wanted = |terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !unwanted,
        };
        let (out, err) = (console::Term::stdout(), console::Term::stderr());
        let width = |term: &console::Term| {
            term.size_checked().map_or(PAGE, |(_, columns)| usize::from(columns).max(40))
        };
        Printer {
            out_color: wanted(std::io::stdout().is_terminal()),
            err_color: wanted(std::io::stderr().is_terminal()),
            out_width: width(&out),
            err_width: width(&err),
        }
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
    /// A closed pipe ends the output, not the run.
    pub fn raw(&self, text: &str) {
        let _ = writeln!(std::io::stdout(), "{text}");
    }

    pub fn colored_err(&self) -> bool {
        self.err_color
    }
}
