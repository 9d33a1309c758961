//! `unplug prepare`: make ahead what an incident needs.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::confirm::YesArgs;
use super::pull::{CutArgs, Pull};
use super::selection::SelectionArgs;
use super::session::Session;
use crate::failure::{Exit, Failure, usage};
use crate::playbook;
use crate::step::{Params, StepId};
use crate::steps::responder;

/// The playbook that it runs.
const PLAYBOOK: &str = "prepare";
/// The step that makes the break-glass role.
const ROLE: StepId = StepId(120);

#[derive(Args)]
pub struct Prepare {
    /// Users who may assume the break-glass role, by ARN, with MFA; without any a role that is there keeps
    /// its trust policy, and none is made
    #[arg(long, value_name = "ARN", value_delimiter = ',', num_args = 1..)]
    trust: Vec<String>,
    /// The playbook whose permissions the break-glass role gets
    #[arg(long = "for", value_name = "PLAYBOOK", default_value = playbook::DEFAULT)]
    playbook: String,
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
        let params = self.of_role(session)?;
        let selection = SelectionArgs {
            playbook: PLAYBOOK.into(),
            page: self.page,
            params: [(ROLE, params)].into(),
            ..SelectionArgs::default()
        };
        let cut = CutArgs::without_cuts(self.yes, self.skip_access_check, self.details);
        Box::pin(Pull::of(selection, cut, self.copy_to).run_as(session, "Prepare")).await
    }

    /// Who may assume the role, and what it may do.
    fn of_role(&self, session: &Session) -> Result<Params, Failure> {
        let config = session.config()?.config;
        let chosen = SelectionArgs { playbook: self.playbook.clone(), ..SelectionArgs::default() };
        let steps = chosen.resolve_anywhere(&config)?.steps;
        let steps: Vec<Value> = steps.iter().map(|selected| selected.step.to_string().into()).collect();
        let mut params = Params::from([(responder::STEPS.to_owned(), steps.into())]);
        if let Some(why) = self.trust.iter().find_map(|arn| responder::malformed(arn)) {
            return Err(usage(format!("--trust: {why}")));
        }
        if !self.trust.is_empty() {
            params.insert(responder::TRUST.to_owned(), json!(self.trust));
        }
        Ok(params)
    }
}
