//! `unplug completions` and `unplug man`: generated from the command line itself.

use clap::Args;

use super::session::Session;
use crate::failure::{Exit, Failure};

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
pub struct Man {}

impl Man {
    pub fn run(self, session: &Session, command: clap::Command) -> Result<Exit, Failure> {
        let mut bytes = vec![];
        let page = clap_mangen::Man::new(command);
        page.render(&mut bytes).map_err(|error| Failure::new(Exit::Failed, error))?;
        session.printer.raw(&String::from_utf8_lossy(&bytes));
        Ok(Exit::Done)
    }
}
