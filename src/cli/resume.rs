//! `unplug resume`: go on with a pull that was interrupted.

use clap::Args;

use super::pull::{CutArgs, Pulling, about, stopped};
use super::session::{Session, failed, opened_on, shared};
use super::which::RunArgs;
use crate::engine::journal::{Journal, Opened};
use crate::engine::plan::Plan;
use crate::engine::run::Run;
use crate::engine::store::{FileDisk, JOURNAL, RunFolder, RunLog, StoreError};
use crate::failure::{Exit, Failure, usage};
use crate::view::{Line, Tone};

#[derive(Args)]
pub struct Resume {
    #[command(flatten)]
    which: RunArgs,
    #[command(flatten)]
    cut: CutArgs,
}

impl Resume {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let loaded = session.config()?;
        let config = shared(&loaded);
        let store = session.store()?;
        let (folder, aws, account) =
            self.which.run_and_account(session, "resume", is_open, |_, _| Ok(true)).await?;
        let journal = folder.journal().map_err(|error| failed(&error))?;
        let opened = opened_on(&journal, &account)?;
        session.tell_first(&loaded, &opened.selection);
        let mut about = about(&opened.selection, &account);
        about.insert(0, Line::detail("run", folder.id.clone()));
        self.cut.yes.confirm_account(&account, session.printer, "Go on pulling the plug on", &about)?;
        let _lock = session.lock(&store, &account)?;
        session.heed_interrupts();

        let reopen = FileDisk::reopen(&folder.path.join(JOURNAL));
        let (disk, journal) = reopen.map_err(|error: StoreError| failed(&error))?;
        let log = RunLog::resumed(&journal, Box::new(disk), None, aws.clock().clone()).keeping(&folder, None);
        let plan = plan_of(&folder, &opened, &journal)?;
        if !session.json() {
            session.out(&[Line::toned(Tone::Bold, format!("Going on with run {}", folder.id))]);
        }
        let (found, kept) = ((&opened, &journal), (log, Some(folder.clone())));
        let run = Run::take_up(&aws, account, found, config, plan, kept).await;
        let pulling = Pulling::new(session, &self.cut, run, folder);
        let checks = pulling.checks().await?;
        let summary = pulling.run.resume(pulling.by(), checks, &journal).await;
        let summary = summary.map_err(|error| stopped(error, &pulling.folder))?;
        let exit = pulling.end(&summary)?;
        pulling.ask_names(&summary).await;
        Ok(exit)
    }
}

/// The plan of a run that will cut more.
///
/// # Errors
/// When the folder has none, and the journal may have lost changes that only the plan tells.
pub fn plan_of(folder: &RunFolder, opened: &Opened, journal: &Journal) -> Result<Option<Plan>, Failure> {
    let plan = folder.plan(opened).map_err(|error| failed(&error))?;
    if plan.is_none() && folder.may_hide_changes(journal) {
        let error = format!(
            "run {} has no plan in its folder, and its journal may have lost its end: what it has cut \
             besides would count as cut by somebody else, and never be put back. Nothing was cut.",
            folder.id
        );
        return Err(Failure::new(Exit::Failed, error)
            .hint(format!("put back what is known, and see what differs: unplug restore {}", folder.id)));
    }
    Ok(plan)
}

/// Refuses a run that cannot go on.
fn is_open(folder: &RunFolder) -> Result<(), Failure> {
    let journal = folder.journal().map_err(|error| failed(&error))?;
    let id = &folder.id;
    if journal.closed() {
        let error = format!("run {id} ended by itself: there is nothing to go on with");
        return Err(usage(error)
            .hint(format!("unplug show {id} tells how each change ended"))
            .hint("unplug pull cuts what is open now"));
    }
    if !journal.returned().is_empty() {
        let error = format!("run {id} is being put back: it cannot go on");
        return Err(usage(error).hint(format!("unplug restore {id}")));
    }
    Ok(())
}
