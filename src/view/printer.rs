//! Prints lines: data to stdout, everything else to stderr.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::sync::OnceLock;

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

/// The width where there is no terminal, nor a COLUMNS: what fits every one.
const PAGE: usize = 80;

/// No line is broken earlier: a word and its column would not fit.
const NARROWEST: usize = 40;

/// Why data could not be written, the first time.
static LOST: OnceLock<String> = OnceLock::new();

/// Why data could not be written. A pipe that its reader closed is no loss: he has read enough.
pub fn lost() -> Option<&'static str> {
    noted(std::io::stdout().flush());
    LOST.get().map(String::as_str)
}

fn noted(written: std::io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = LOST.set(error.to_string());
    }
}

impl Printer {
    #[expect(clippy::disallowed_methods, reason = "NO_COLOR, TERM and COLUMNS are for the view alone")]
    pub fn new(color: Color) -> Printer {
        Printer::with(color, |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn with(color: Color, variable: impl Fn(&str) -> Option<String>) -> Printer {
        let unwanted = variable("NO_COLOR").is_some() || variable("TERM").as_deref() == Some("dumb");
        let wanted = |terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !unwanted,
        };
        let (out, err) = (console::Term::stdout(), console::Term::stderr());
        let columns = variable("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|n| *n > 0);
        let width = |term: &console::Term| {
            let columns = columns.or_else(|| term.size_checked().map(|(_, columns)| usize::from(columns)));
            columns.map_or(PAGE, |columns: usize| columns.max(NARROWEST))
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
    /// A closed pipe ends the output, not the run; what could not be written is told at the end.
    pub fn raw(&self, text: &str) {
        noted(writeln!(std::io::stdout(), "{text}"));
    }

    pub fn colored_err(&self) -> bool {
        self.err_color
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_the_environment_are_the_width_and_a_page_is_80_wide() {
        let width = |columns: Option<&str>| {
            let printer = Printer::with(Color::Never, |name| {
                (name == "COLUMNS").then(|| columns.map(str::to_owned)).flatten()
            });
            printer.out_width
        };
        assert_eq!(width(Some("132")), 132);
        assert_eq!(width(Some("7")), 40);
        for none in [None, Some("0"), Some("wide")] {
            let terminal =
                console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns).max(40));
            assert_eq!(width(none), terminal.unwrap_or(80));
        }
    }
}
