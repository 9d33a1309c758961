//! `unplug policy`: the exact IAM policy for what a playbook does.

use clap::{Args, ValueEnum};

use super::selection::SelectionArgs;
use super::session::Session;
use crate::failure::{Exit, Failure};
use crate::step::permissions;
use crate::view::json::pretty;

#[derive(Args)]
pub struct Policy {
    #[command(flatten)]
    selection: SelectionArgs,
    /// What the policy is for
    #[arg(long, value_enum, default_value_t, value_name = "PHASE")]
    phase: Phase,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Phase {
    /// plan, snapshot
    Read,
    /// pull, without reading
    Apply,
    /// restore, without reading
    Restore,
    /// verify --reachability-analyzer, without reading; not part of all
    Analyzer,
    #[default]
    All,
}

impl Policy {
    pub fn run(self, session: &Session) -> Result<Exit, Failure> {
        let config = session.config()?.config;
        let selection = self.selection.resolve_anywhere(&config)?;
        let steps: Vec<_> = selection.steps.iter().map(|selected| selected.step).collect();
        let takes = |phase| self.phase == phase || self.phase == Phase::All;
        let mut parts = vec![];
        if takes(Phase::Read) {
            parts.push(("UnplugRead", permissions::read(&steps)));
            parts.push(("UnplugAskBeforehand", permissions::RIGHTS.iter().copied().collect()));
            parts.push(("UnplugExposure", permissions::exposure(&steps)));
        }
        if takes(Phase::Apply) {
            parts.push(("UnplugApply", permissions::apply(&steps)));
        }
        if takes(Phase::Restore) {
            parts.push(("UnplugRestore", permissions::undo(&steps)));
        }
        if self.phase == Phase::Analyzer {
            parts.push(("UnplugAnalyzer", permissions::ANALYZER.iter().copied().collect()));
        }
        session.printer.raw(&pretty(&permissions::policy(&parts)));
        Ok(Exit::Done)
    }
}
