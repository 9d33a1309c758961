//! A run, begun or taken up again. The verbs pull, resume, restore and drill go through here, and so do
//! the laws: what they prove is what people run.

use std::sync::Arc;

use super::Stop;
use super::checks::Checks;
use super::confirm::Operator;
use super::error::RunError;
use super::events::Listener;
use super::hold::{self, Held, Story};
use super::journal::{Entry, FORMAT, JOURNAL_VERSION, Journal, Opened};
use super::plan::{Brief, Plan, Selection};
use super::pull::{Pull, Summary};
use super::restore::{Back, Choice, Owed, Restorer, let_settle, open, owed};
use super::store::{PLAN, RunFolder, RunLog, StoreError};
use crate::account::Account;
use crate::aws::Aws;
use crate::collect;
use crate::config::Config;
use crate::step::Names;

/// A run under way: its wire, its plan so far, and where it is recorded.
pub struct Run {
    /// What it creates through this handle is recorded in its journal.
    pub aws: Aws,
    /// The account's identity and enabled Regions.
    pub known: Account,
    pub brief: Brief,
    pub plan: Plan,
    pub log: RunLog,
    /// Where the plan, the account and evidence are stored.
    pub folder: Option<RunFolder>,
}

/// Who answers the questions of a run, who hears of it, and who may stop it.
#[derive(Clone, Copy)]
pub struct Attended<'a> {
    pub operator: &'a dyn Operator,
    pub listener: &'a dyn Listener,
    pub stop: &'a Stop,
}

impl Run {
    /// Begins a run. Its first entry and an empty plan are on the disk when this returns: a folder
    /// without a plan has lost it.
    ///
    /// # Errors
    /// When the journal or the folder cannot be written. Nothing was cut.
    pub fn begin(
        aws: &Aws,
        known: Account,
        (run, selection): (String, Selection),
        config: Arc<Config>,
        (log, folder): (RunLog, Option<RunFolder>),
    ) -> Result<Run, RunError> {
        let opened = Opened {
            format: FORMAT,
            run: run.clone(),
            version: JOURNAL_VERSION.into(),
            account: known.id.clone(),
            alias: known.alias.read().cloned().flatten(),
            caller: known.caller.clone(),
            actors: known.actors.clone(),
            playbook: selection.playbook.clone(),
            selection: selection.clone(),
        };
        log.append_synced(&Entry::Opened(Box::new(opened))).map_err(RunError::Journal)?;
        let scope = selection.scope.clone();
        let plan = Plan::empty(&known, selection, aws.clock());
        if let Some(folder) = &folder {
            folder.save(PLAN, &plan)?;
        }
        let brief = Brief { run, scope, config, names: Names::default(), next_change: 1 };
        Ok(Run::over(aws, known, brief, plan, log, folder))
    }

    /// Takes up a run where its journal ends, once what it had sent when it died must show.
    pub async fn take_up(
        aws: &Aws,
        known: Account,
        (opened, journal): (&Opened, &Journal),
        config: Arc<Config>,
        plan: Option<Plan>,
        (log, folder): (RunLog, Option<RunFolder>),
    ) -> Run {
        let_settle(aws.clock(), journal).await;
        let brief = Brief::of(opened, journal, config, plan.as_ref());
        let plan = plan.unwrap_or_else(|| Plan::empty(&known, opened.selection.clone(), aws.clock()));
        Run::over(aws, known, brief, plan, log, folder)
    }

    /// The same run, as its journal and its folder tell it after a pull.
    ///
    /// # Errors
    /// When the journal or the plan cannot be read.
    pub fn taken_up_again(self, folder: &RunFolder) -> Result<Run, StoreError> {
        let journal = folder.journal()?;
        let Some(opened) = journal.opened() else { return Ok(self) };
        let plan = folder.plan(opened)?;
        let brief = Brief::of(opened, &journal, self.brief.config, plan.as_ref());
        let plan = plan.unwrap_or(self.plan);
        Ok(Run::over(&self.aws, self.known, brief, plan, self.log, self.folder))
    }

    fn over(
        aws: &Aws,
        known: Account,
        brief: Brief,
        plan: Plan,
        log: RunLog,
        folder: Option<RunFolder>,
    ) -> Run {
        let aws = aws.for_run(&brief.run, brief.names.clone(), Some(Arc::new(log.clone())));
        Run { aws, known, brief, plan, log, folder }
    }

    /// Cuts, stage by stage. `agreed`: only these changes may be made in the first pass.
    ///
    /// # Errors
    /// When the journal or the folder cannot be written: nothing more was cut.
    pub async fn pull(
        &self,
        by: Attended<'_>,
        checks: Checks,
        agreed: Option<Plan>,
    ) -> Result<Summary, RunError> {
        self.engine(by, checks, agreed).run().await
    }

    /// Finishes what was announced and not ended, then goes on.
    ///
    /// # Errors
    /// When the journal or the folder cannot be written: nothing more was cut.
    pub async fn resume(
        &self,
        by: Attended<'_>,
        checks: Checks,
        journal: &Journal,
    ) -> Result<Summary, RunError> {
        let mut engine = self.engine(by, checks, None);
        let finished = engine.finish(journal).await?;
        let mut summary = engine.run().await?;
        summary.ends.extend(finished.ends);
        summary.calls.merge(&finished.calls);
        summary.skipped.extend(finished.skipped);
        Ok(summary)
    }

    /// Looks at the run's cuts again, without writing. `story` tells what the run meant to do.
    ///
    /// # Errors
    /// When a state is not one of its step's.
    pub async fn look_again(
        &self,
        journal: &Journal,
        story: &Story,
        progress: collect::Progress<'_>,
    ) -> Result<Held, RunError> {
        let owed = owed(journal, Some(&self.plan))?;
        let steps = &self.plan.selection.steps;
        Ok(hold::look(&self.aws, &self.known, &self.brief, steps, owed, story, &[], progress).await?)
    }

    /// Cuts again what `held` shows to be undone, and what has appeared since. A restore still returns
    /// to the state before the first cut.
    ///
    /// # Errors
    /// When the journal or the folder cannot be written: nothing more was cut.
    pub async fn cut_again(&mut self, by: Attended<'_>, held: &Held) -> Result<Summary, RunError> {
        let mut engine = self.engine(by, Checks::default(), None);
        let summary = engine.again(held).await?;
        (self.plan, self.brief) = (engine.plan, engine.brief);
        self.brief.names = self.aws.names().clone();
        Ok(summary)
    }

    /// Puts back what is owed and chosen, and records what is still owed then.
    ///
    /// # Errors
    /// When a state is not one of its step's, or the journal cannot be written.
    pub async fn restore(
        &self,
        by: Attended<'_>,
        owed: &[Owed],
        choice: &Choice,
    ) -> Result<Vec<(Owed, Back)>, RunError> {
        let restorer = Restorer {
            aws: &self.aws,
            known: &self.known,
            brief: &self.brief,
            record: Some(&self.log),
            operator: by.operator,
            listener: by.listener,
            stop: by.stop,
        };
        let ends = restorer.run(owed, choice).await?;
        let still = open(owed, &ends).len();
        self.log.append_synced(&Entry::Restored { owed: still }).map_err(RunError::Journal)?;
        Ok(ends)
    }

    fn engine<'a>(&'a self, by: Attended<'a>, checks: Checks, agreed: Option<Plan>) -> Pull<'a> {
        Pull {
            aws: &self.aws,
            known: self.known.clone(),
            brief: self.brief.clone(),
            plan: self.plan.clone(),
            agreed,
            log: &self.log,
            folder: self.folder.as_ref(),
            operator: by.operator,
            checks,
            listener: by.listener,
            stop: by.stop,
            gaps: Default::default(),
            lockout_said: Default::default(),
        }
    }
}
