//! `unplug resume`: go on with a pull that was interrupted.

use std::sync::Arc;

use clap::Args;

use super::confirm::YesArgs;
use super::pull::{Pulling, stopped};
use super::session::{Session, failed, locked, shared};
use crate::engine::plan::Brief;
use crate::engine::restore::let_settle;
use crate::engine::store::{FileDisk, JOURNAL, RunLog, StoreError};
use crate::failure::{Exit, Failure, usage};
use crate::step::Names;
use crate::view::{Line, Tone};

#[derive(Args)]
pub struct Resume {
    /// The run's id, or the beginning of it
    run: String,
    #[command(flatten)]
    yes: YesArgs,
    /// With --yes: also cut what cannot be undone
    #[arg(long, requires = "yes")]
    allow_irreversible: bool,
    /// Show each change instead of folding alike ones
    #[arg(long)]
    details: bool,
}

impl Resume {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let config = shared(session.config()?);
        let store = session.store()?;
        let folder = store.run(&self.run).map_err(|error| failed(&error))?;
        let journal = folder.journal().map_err(|error| failed(&error))?;
        let opened =
            journal.opened().cloned().ok_or_else(|| usage("the journal does not say what the run was"))?;
        if journal.closed() {
            return Err(usage(format!("run {} ended by itself: there is nothing to go on with", folder.id))
                .hint(format!("unplug show {}", folder.id)));
        }
        if !journal.returned().is_empty() {
            return Err(usage(format!("run {} is being put back: it cannot go on", folder.id))
                .hint(format!("unplug restore {}", folder.id)));
        }
        let (aws, account) = session.connect().await?;
        if opened.account != account.id {
            let error = format!(
                "the run is of account {}, the credentials belong to {}",
                opened.account,
                account.title()
            );
            return Err(Failure::new(Exit::NotConfirmed, error));
        }
        self.yes.confirm_account(&account, session.printer, "Go on pulling the plug on")?;
        let _lock = store.lock(&account.id).map_err(|error| locked(&error))?;
        session.heed_interrupts();

        let reopen = FileDisk::reopen(&folder.path.join(JOURNAL));
        let (disk, journal) = reopen.map_err(|error: StoreError| failed(&error))?;
        let_settle(aws.clock(), &journal).await;
        let log = RunLog::resumed(&journal, Box::new(disk), None, aws.clock().clone());
        let names = Names::new(journal.names());
        let aws = aws.for_run(&folder.id, names.clone(), Some(Arc::new(log.clone())));
        let selection = opened.selection.clone();
        let brief = Brief {
            run: folder.id.clone(),
            scope: selection.scope.clone(),
            config,
            names,
            next_change: next_change(&journal, &folder)?,
        };
        let operator = self.yes.operator(session, &account, self.allow_irreversible);
        let listener = session.listener(self.details);
        let pulling = Pulling {
            session,
            aws: &aws,
            account,
            brief,
            log: &log,
            folder: &folder,
            operator: &*operator,
            listener: &*listener,
        };
        if !session.json() {
            session.out(&[Line::toned(Tone::Bold, format!("Going on with run {}", folder.id))]);
        }
        let mut engine = pulling.engine(selection, None);
        if let Some(plan) =
            folder.load_if_there(crate::engine::store::PLAN).map_err(|error| failed(&error))?
        {
            engine.plan = plan;
        }
        let finished = engine.finish(&journal).await.map_err(|error| stopped(error, &folder))?;
        let mut summary = engine.run().await.map_err(|error| stopped(error, &folder))?;
        summary.ends.extend(finished.ends);
        summary.calls.merge(&finished.calls);
        summary.skipped.extend(finished.skipped);
        pulling.end(&summary)
    }
}

/// Change numbers go on after those of the journal and of the plan.
fn next_change(
    journal: &crate::engine::journal::Journal,
    folder: &crate::engine::store::RunFolder,
) -> Result<u32, Failure> {
    let plan: Option<crate::engine::plan::Plan> =
        folder.load_if_there(crate::engine::store::PLAN).map_err(|error| failed(&error))?;
    let planned =
        plan.iter().flat_map(|plan| plan.changes()).map(|change| change.number + 1).max().unwrap_or(1);
    Ok(planned.max(journal.next_change()))
}
