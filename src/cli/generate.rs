//! `unplug completions` and `unplug man`: generated from the command line itself.

use std::io::IsTerminal as _;

use clap::Args;

use super::session::Session;
use crate::engine::store;
use crate::failure::{Exit, Failure, usage};

#[derive(Args)]
pub struct Completions {
    /// bash, zsh, fish, elvish or powershell
    shell: clap_complete::Shell,
}

impl Completions {
    #[expect(clippy::unnecessary_wraps, reason = "every verb may fail")]
    pub fn run(self, session: &Session, command: &mut clap::Command) -> Result<Exit, Failure> {
        let mut bytes = vec![];
        clap_complete::generate(self.shell, command, "unplug", &mut bytes);
        session.printer.raw(&String::from_utf8_lossy(&bytes));
        Ok(Exit::Done)
    }
}

#[derive(Args)]
pub struct Man {
    /// The page of this verb; without one, the page of unplug
    verb: Option<String>,
}

impl Man {
    pub fn run(self, session: &Session, command: clap::Command) -> Result<Exit, Failure> {
        // Each page that another one names is there: `help` has none.
        let mut command = command.disable_help_subcommand(true);
        command.build();
        let page = match &self.verb {
            None => command,
            Some(verb) => command
                .find_subcommand(verb)
                .cloned()
                .ok_or_else(|| usage(format!("there is no verb {verb}")).hint("unplug --help lists them"))?,
        };
        let mut bytes = vec![];
        clap_mangen::Man::new(page.clone())
            .render(&mut bytes)
            .map_err(|error| Failure::new(Exit::Failed, error))?;
        if !std::io::stdout().is_terminal() {
            session.printer.raw(&String::from_utf8_lossy(&bytes));
        } else if store::shown_by("man", &bytes).is_none() {
            // Nothing here shows a manual page: the same text, as --help has it.
            session.printer.raw(&page.clone().render_long_help().to_string());
        }
        Ok(Exit::Done)
    }
}
