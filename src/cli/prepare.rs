//! `unplug prepare`: make ahead what the maintenance page is shown from.

use std::path::PathBuf;

use clap::Args;

use super::confirm::YesArgs;
use super::pull::{CutArgs, Pull};
use super::selection::SelectionArgs;
use super::session::Session;
use crate::failure::{Exit, Failure};

/// The playbook that it runs.
const PLAYBOOK: &str = "prepare";

#[derive(Args)]
pub struct Prepare {
    /// Your own maintenance page, HTML, instead of the shipped one
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    #[command(flatten)]
    yes: YesArgs,
    /// Do not ask IAM's simulator beforehand whether these credentials may make the calls
    #[arg(long)]
    skip_access_check: bool,
    /// Show each change instead of folding alike ones
    #[arg(long)]
    details: bool,
    /// Also write the run's journal into this folder (a laptop can be lost)
    #[arg(long, value_name = "DIR")]
    copy_to: Option<PathBuf>,
}

impl Prepare {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let selection =
            SelectionArgs { playbook: PLAYBOOK.into(), page: self.page, ..SelectionArgs::default() };
        let cut = CutArgs::without_cuts(self.yes, self.skip_access_check, self.details);
        Box::pin(Pull::of(selection, cut, self.copy_to).run_as(session, "Prepare")).await
    }
}
