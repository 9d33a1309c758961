//! `unplug pull`: cut, stage by stage, each step confirmed.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::confirm::YesArgs;
use super::plan::bug;
use super::selection::SelectionArgs;
use super::session::{Session, failed, locked, run_id, shared};
use crate::account::Account;
use crate::aws::Aws;
use crate::engine::journal::{Entry, FORMAT, JOURNAL_VERSION, Opened};
use crate::engine::plan::{self, Brief, Selection};
use crate::engine::pull::{PullError, Summary};
use crate::engine::store::{self, Disk, FileDisk, JOURNAL, RunFolder, RunLog, Store};
use crate::engine::{confirm::Operator, events::Listener};
use crate::failure::{Exit, Failure, usage};
use crate::step::Names;
use crate::view::people;
use crate::view::{Line, Tone};

#[derive(Args)]
pub struct Pull {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Cut only what this plan file holds (plan --out); what has changed since is skipped and shown
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    yes: YesArgs,
    /// With --yes: also cut what cannot be undone
    #[arg(long, requires = "yes")]
    allow_irreversible: bool,
    /// Also write the run's journal into this folder (a laptop can be lost)
    #[arg(long, value_name = "DIR")]
    copy_to: Option<PathBuf>,
    /// Show each change instead of folding alike ones
    #[arg(long)]
    details: bool,
}

impl Pull {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let config = shared(session.config()?);
        let agreed = self.plan.as_deref().map(plan_file).transpose()?;
        let selection = match &agreed {
            Some(plan) => plan.selection.clone(),
            None => self.selection.resolve(&config)?,
        };
        let store = session.store()?;
        let (aws, account) = session.connect().await?;
        if let Some(plan) = agreed.as_ref().filter(|plan| plan.account != account.id) {
            let error = format!(
                "the plan is of account {}, the credentials belong to {}",
                plan.account,
                account.title()
            );
            return Err(Failure::new(Exit::NotConfirmed, error).hint("nothing was cut"));
        }
        self.yes.confirm_account(&account, session.printer, "Pull the plug on")?;
        let _lock = store.lock(&account.id).map_err(|error| locked(&error))?;
        session.heed_interrupts();

        let run = run_id(aws.clock());
        let folder = store.create_run(&run).map_err(|error| failed(&error))?;
        let copy = self.copy_to.as_deref().map(|dir| copy_folder(dir, &run)).transpose()?;
        let log = begin(&aws, &account, &selection, &folder, copy.as_ref())?;
        let names = Names::default();
        let aws = aws.for_run(&run, names.clone(), Some(Arc::new(log.clone())));
        let brief = Brief { run, scope: selection.scope.clone(), config, names, next_change: 1 };
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
        let engine = pulling.engine(selection, agreed);
        let summary = engine.run().await.map_err(|error| stopped(error, &folder))?;
        pulling.end(&summary)
    }
}

/// What a pull and a resume share once they are under way.
pub struct Pulling<'a> {
    pub session: &'a Session,
    pub aws: &'a Aws,
    pub account: Account,
    pub brief: Brief,
    pub log: &'a RunLog,
    pub folder: &'a RunFolder,
    pub operator: &'a dyn Operator,
    pub listener: &'a dyn Listener,
}

impl Pulling<'_> {
    pub fn engine(&self, selection: Selection, agreed: Option<plan::Plan>) -> crate::engine::pull::Pull<'_> {
        crate::engine::pull::Pull {
            aws: self.aws,
            known: self.account.clone(),
            brief: self.brief.clone(),
            plan: empty_plan(&self.account, self.aws, selection),
            agreed,
            log: self.log,
            folder: Some(self.folder),
            operator: self.operator,
            listener: self.listener,
            stop: &self.session.stop,
        }
    }

    /// Prints how it ended, and turns that into the exit code.
    pub fn end(&self, summary: &Summary) -> Result<Exit, Failure> {
        if self.session.json() {
            self.session.printer.raw(&crate::view::json::compact(&serde_json::json!({
                "event": "ended", "run": self.folder.id, "done": summary.done(), "not_done": summary.not_done(),
                "refused": summary.refused, "gaps": summary.gaps, "skipped": summary.skipped,
                "stopped": summary.stopped, "journal": self.log.last_hash(),
            })));
        } else {
            self.session.out(&people::summary(summary, &self.folder.id, false));
            let hash = self.log.last_hash();
            let text = format!("     Journal:  {} (last line {})", self.folder.path.display(), &hash[..16]);
            self.session.printer.out(&Line::toned(Tone::Dim, text));
        }
        if let Some(why) = self.log.failed() {
            return Err(Failure::new(Exit::Failed, why)
                .hint(format!("what was cut is recorded up to there: unplug restore {}", self.folder.id)));
        }
        Ok(exit(summary, self.session.interrupted()))
    }
}

pub fn exit(summary: &Summary, interrupted: bool) -> Exit {
    if interrupted {
        Exit::Interrupted
    } else if summary.not_done() > 0 || summary.stopped.is_some() || !summary.skipped.is_empty() {
        Exit::Partial
    } else if summary.gaps > 0 {
        Exit::Gaps
    } else {
        Exit::Done
    }
}

pub fn empty_plan(account: &Account, aws: &Aws, selection: Selection) -> plan::Plan {
    plan::Plan {
        format: plan::FORMAT,
        account: account.id.clone(),
        alias: account.alias.read().cloned().flatten(),
        made_at: aws.clock().timestamp().to_string(),
        selection,
        steps: vec![],
        exposure: None,
        reading: Default::default(),
    }
}

pub fn plan_file(file: &std::path::Path) -> Result<plan::Plan, Failure> {
    let plan: plan::Plan = store::load_json(file)
        .map_err(|error| Failure::new(Exit::Usage, error).hint("unplug plan --out FILE writes one"))?;
    if plan.format > plan::FORMAT {
        return Err(usage(format!(
            "{} is of format {}, newer than this unplug",
            file.display(),
            plan.format
        )));
    }
    Ok(plan)
}

/// The folder of the copy: made before anything is cut, so that a wrong path is said at once.
pub fn copy_folder(dir: &std::path::Path, run: &str) -> Result<RunFolder, Failure> {
    let store =
        Store::open(dir).map_err(|error| failed(&error).hint("the copy's folder cannot be written"))?;
    store.create_run(run).map_err(|error| failed(&error))
}

/// Opens the journal and writes its first entry.
pub fn begin(
    aws: &Aws,
    account: &Account,
    selection: &Selection,
    folder: &RunFolder,
    copy: Option<&RunFolder>,
) -> Result<RunLog, Failure> {
    let disk = |folder: &RunFolder| -> Result<Box<dyn Disk>, Failure> {
        Ok(Box::new(FileDisk::create(&folder.path.join(JOURNAL)).map_err(|error| failed(&error))?))
    };
    let log = RunLog::new(disk(folder)?, copy.map(disk).transpose()?, aws.clock().clone());
    let opened = Opened {
        format: FORMAT,
        run: folder.id.clone(),
        version: JOURNAL_VERSION.into(),
        account: account.id.clone(),
        alias: account.alias.read().cloned().flatten(),
        caller: account.caller.clone(),
        playbook: selection.playbook.clone(),
        selection: selection.clone(),
    };
    log.append_synced(&Entry::Opened(Box::new(opened))).map_err(|error| Failure::new(Exit::Failed, error))?;
    Ok(log)
}

pub fn stopped(error: PullError, folder: &RunFolder) -> Failure {
    match error {
        PullError::State(error) => bug(error),
        error => Failure::new(Exit::Failed, error).hint(format!(
            "nothing more was cut; what was cut: unplug show {0}, unplug restore {0}",
            folder.id
        )),
    }
}
