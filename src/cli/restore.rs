//! `unplug restore`: put back what a run has cut.

mod others;
mod said;
mod sweep;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use others::still_owes;
pub use others::{is_preparation, still_owed};
use said::{about_it, counts, lines, still};

use super::confirm::{YesArgs, typed_key};
use super::plan::{bug, warn};
use super::session::{Session, failed, opened_on, shared};
use super::which::RunArgs;
use crate::account::Account;
use crate::aws::Aws;
use crate::config::Config;
use crate::document::nearest;
use crate::engine::error::RunError;
use crate::engine::journal::{Journal, Opened};
use crate::engine::plan::{Brief, Plan};
use crate::engine::restore::{self, Back, Choice, Owed};
use crate::engine::run::{Attended, Run};
use crate::engine::store::{FileDisk, JOURNAL, RunFolder, RunLog, Store, StoreError};
use crate::engine::strangers::strangers;
use crate::failure::{Exit, Failure, usage};
use crate::playbook::Selector;
use crate::step::{StepId, Target};
use crate::view::{Line, Tone, Word};

#[derive(Args)]
pub struct Restore {
    #[command(flatten)]
    which: RunArgs,
    /// The folder of a run, or of its copy (pull --copy-to)
    #[arg(long, value_name = "DIR", conflicts_with_all = ["run", "latest"])]
    run_dir: Option<PathBuf>,
    /// Only these steps: 510, 51x, 5xx
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    steps: Vec<Selector>,
    /// Only these Regions
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    regions: Vec<String>,
    /// Only what lies in these VPCs
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    vpc: Vec<String>,
    /// Only these targets
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    target: Vec<String>,
    /// Turn this key on again although it was leaked
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    reactivate: Vec<String>,
    /// Delete what an earlier restore left: denies of sessions older than it, after 36 hours
    #[arg(long, conflicts_with_all = ["steps", "regions", "vpc", "target", "reactivate"])]
    sweep: bool,
    #[command(flatten)]
    yes: YesArgs,
}

/// A run and what it still owes.
struct DueRun {
    folder: RunFolder,
    journal: Journal,
    opened: Opened,
    /// The plan that it stored; why not, where it cannot be read.
    plan: Result<Option<Plan>, StoreError>,
    owed: Vec<Owed>,
}

impl DueRun {
    /// Does it owe something that a restore puts back? What is only looked for again does not count.
    fn owes(&self) -> bool {
        self.owed.iter().any(|owed| !owed.again)
    }

    /// May it have cut what neither its journal nor its plan tells?
    fn may_hide_changes(&self) -> bool {
        match &self.plan {
            Ok(Some(_)) => false,
            Ok(None) | Err(_) => self.folder.may_hide_changes(&self.journal),
        }
    }
}

/// What every run of one restore shares.
struct Desk<'a> {
    session: &'a Session,
    yes: &'a YesArgs,
    config: Arc<Config>,
    store: &'a Store,
    aws: Aws,
    account: Account,
}

impl Restore {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let config = shared(&session.config()?);
        let store = session.store()?;
        let (folder, aws, account) = match &self.run_dir {
            Some(dir) => {
                let (aws, account) = session.connect_to_go_on().await?;
                (RunFolder::copied(dir).map_err(|error| failed(&error))?, aws, account)
            }
            None => {
                let wants: super::which::Wants =
                    if self.sweep { |_: &RunFolder, _: &Journal| Ok(true) } else { still_owes };
                let found = self.which.run_and_account(session, "restore", |_| Ok(()), wants).await?;
                if self.which.latest
                    && !self.sweep
                    && is_preparation(&found.0.journal().map_err(|error| failed(&error))?)
                {
                    let id = &found.0.id;
                    return Err(usage(format!("no cut is owed: the newest run, {id}, made things ready"))
                        .hint(format!("unplug restore {id} takes away what it made")));
                }
                found
            }
        };
        let _lock = session.lock(&store, &account)?;
        let desk = Desk { session, yes: &self.yes, config, store: &store, aws, account };
        if self.sweep {
            return desk.sweep(&folder).await;
        }
        let due = desk.due(folder).await?;
        let choice = self.choice(&due)?;
        if due.owed.is_empty() && !due.may_hide_changes() {
            session.out(&[Line::plain(format!("Run {} owes nothing.", due.folder.id))]);
            desk.others(&due.folder.id)?;
            return Ok(Exit::Done);
        }
        if !due.owed.is_empty() && !due.owed.iter().any(|owed| choice.takes(owed)) {
            return Err(usage("nothing that the run owes fits this selection. Nothing was changed.")
                .hint(format!("unplug show {} lists what it owes", due.folder.id)));
        }
        let newer = desk.newer(&due, &choice)?;
        let without_keys = Choice { reactivate: BTreeSet::new(), ..choice.clone() };
        let mut exit = None;
        for newer in newer {
            let newer = desk.due(newer).await?;
            let ended = desk.put_back(newer, &without_keys, exit.is_some()).await?;
            if session.stop.requested() {
                return Ok(ended);
            }
            exit = Some(worse(exit, ended));
        }
        let run = due.folder.id.clone();
        let last = desk.put_back(due, &choice, exit.is_some()).await?;
        desk.others(&run)?;
        Ok(worse(exit, last))
    }

    /// What of the run to put back. A name that the run does not know is refused.
    fn choice(&self, due: &DueRun) -> Result<Choice, Failure> {
        let owed = &due.owed;
        let set =
            |given: &[String]| (!given.is_empty()).then(|| given.iter().cloned().collect::<BTreeSet<_>>());
        for key in &self.reactivate {
            if !owed.iter().any(|owed| owed.change.target.id == *key && owed.change.lasting.is_some()) {
                return Err(usage(format!("this run did not turn off {key}, or has turned it on again")));
            }
        }
        let did: Vec<(StepId, &Target)> = due
            .journal
            .intents()
            .map(|intent| (intent.step, &intent.target))
            .chain(owed.iter().map(|owed| (owed.change.step, &owed.change.target)))
            .collect();
        let run = &due.folder.id;
        let known = |of: fn(&Target) -> Option<&String>| did.iter().filter_map(|(_, at)| of(at)).collect();
        has_all(run, "Region", &self.regions, &known(|at| at.region.as_ref()))?;
        has_all(run, "VPC", &self.vpc, &known(|at| at.vpc.as_ref()))?;
        has_all(run, "target", &self.target, &known(|at| Some(&at.id)))?;
        let steps: BTreeSet<StepId> = did.iter().map(|(step, _)| *step).collect();
        if let Some(wrong) = self.steps.iter().find(|wanted| !steps.iter().any(|step| wanted.matches(*step)))
        {
            let steps = steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(usage(format!(
                "run {run} did nothing of {wrong}: it has {steps}. Nothing was changed."
            )));
        }
        let chosen = |step: &StepId| self.steps.iter().any(|wanted| wanted.matches(*step));
        Ok(Choice {
            steps: (!self.steps.is_empty()).then(|| steps.into_iter().filter(chosen).collect()),
            regions: set(&self.regions),
            vpcs: set(&self.vpc),
            targets: set(&self.target),
            reactivate: self.reactivate.iter().cloned().collect(),
        })
    }
}

/// Refuses names that a run did nothing with.
fn has_all(run: &str, kind: &str, names: &[String], known: &BTreeSet<&String>) -> Result<(), Failure> {
    let Some(wrong) = names.iter().find(|name| !known.contains(name)) else { return Ok(()) };
    let known: Vec<&str> = known.iter().map(|name| name.as_str()).collect();
    let near = nearest(wrong, &known).map(|near| format!("; did you mean {near}?"));
    let near = near.unwrap_or_else(|| ".".into());
    Err(usage(format!("run {run} did nothing with a {kind} {wrong}{near} Nothing was changed."))
        .hint(format!("unplug show {run} --details lists what it did")))
}

impl Desk<'_> {
    /// Reads a run, once what it had sent when it died must show.
    async fn due(&self, folder: RunFolder) -> Result<DueRun, Failure> {
        let journal = folder.journal().map_err(|error| failed(&error))?;
        let opened = opened_on(&journal, &self.account)?;
        restore::let_settle(self.aws.clock(), &journal).await;
        let plan = folder.plan(&opened);
        if let Err(error) = &plan {
            let text = format!("{error}. What the journal tells is put back all the same.");
            warn(self.session.printer, &text);
        }
        let known = plan.as_ref().ok().and_then(Option::as_ref);
        let owed = restore::owed(&journal, known).map_err(bug)?;
        Ok(DueRun { folder, journal, opened, plan, owed })
    }

    /// Rehearses, shows, confirms and puts back one run.
    async fn put_back(&self, due: DueRun, choice: &Choice, confirmed: bool) -> Result<Exit, Failure> {
        let (session, account) = (self.session, &self.account);
        let (hidden, owes) = (due.may_hide_changes(), due.owes());
        let DueRun { folder, journal, opened, plan, owed } = due;
        let plan = plan.ok().flatten();
        let brief = Brief::of(&opened, &journal, self.config.clone(), None);
        let aws = self.aws.for_run(&opened.run, brief.names.clone(), None);
        let planned = restore::rehearse(&aws, account, &brief, &owed, choice).await.map_err(bug)?;
        // Only what AWS may have made after the last look is looked for again, and it has not.
        if !owes && !hidden && planned.ends.iter().all(|(_, back)| *back == Back::AsBefore) {
            session.out(&[Line::plain(format!("Run {} owes nothing.", folder.id))]);
            return Ok(Exit::Done);
        }
        if !session.json() {
            session.out(&[Line::toned(
                Tone::Bold,
                format!("Restore of run {} on {}", folder.id, account.title()),
            )]);
            if is_preparation(&journal) {
                let text = "It made things ready: what is taken away here was made by unplug prepare.";
                session.out(&[Line::toned(Tone::Warn, text)]);
            }
            session.out(&lines(&planned.ends));
            session.out(&counts("To put back", &planned.ends, Some(planned.time)));
        }
        let mut known = Store::known_runs(self.store.root());
        known.insert(opened.run.clone());
        for stranger in strangers(&planned.account, &known) {
            warn(session.printer, &stranger.sentence());
        }
        if !confirmed {
            let about = about_it(&folder.id, &planned.ends, planned.time);
            self.yes.confirm_account(account, session.printer, "Put back what was cut on", &about)?;
        }
        if let Some(key) =
            choice.reactivate.iter().find(|key| !self.yes.yes && !typed_key(session.printer, key))
        {
            let error = format!("{key} is not turned on again. Nothing was changed.");
            return Err(Failure::new(Exit::NotConfirmed, error));
        }
        if !confirmed {
            session.heed_interrupts();
        }

        let (disk, journal) = FileDisk::reopen(&folder.path.join(JOURNAL)).map_err(|error| failed(&error))?;
        let log = RunLog::resumed(&journal, Box::new(disk), None, aws.clock().clone());
        let kept = (log, Some(folder.clone()));
        let run =
            Run::take_up(&aws, account.clone(), (&opened, &journal), self.config.clone(), plan, kept).await;
        let operator = self.yes.operator(session, account, false, &[]);
        let listener = session.listener(false);
        let by = Attended { operator: &*operator, listener: &*listener, stop: &session.stop };
        let ends = run.restore(by, &owed, choice).await.map_err(failed_midway)?;
        let open = restore::open(&owed, &ends);
        if session.json() {
            let named: Vec<_> = open.iter().map(|owed| (owed.change.step, &owed.change.target)).collect();
            session.printer.raw(&crate::view::json::compact(&serde_json::json!({
                "event": "restored", "run": folder.id, "owed": open.len(), "still": named,
                "stopped": session.stop.why(),
            })));
        } else {
            session.out(&counts("Put back", &ends, None));
            session.out(&still(&open, &ends, &folder.id));
            if let Some(why) = session.stop.why() {
                let text = format!("Stopped: {why}. Go on: unplug restore {}", folder.id);
                session.out(&[Line::toned(Tone::Bad, text)]);
            }
            let journal = folder.journal().map_err(|error| failed(&error))?;
            let unanswered = restore::unanswered(&journal);
            if open.is_empty() && unanswered.is_empty() && !hidden {
                session.out(&[Line::toned(Tone::Good, format!("Run {} owes nothing any more.", folder.id))]);
            }
            for (step, target) in unanswered {
                let text = format!(
                    "AWS never answered the call that creates the {} for {target}: it may still appear. \
                     unplug restore {} looks again",
                    target.kind, folder.id
                );
                session.out(&[Line::step(step, Word::Unknown, text)]);
            }
        }
        let ended = exit(&ends, &open, session.interrupted());
        if hidden && !session.interrupted() {
            return Ok(worse(Some(ended), self.compare(&folder, &opened, &ends, &run).await?));
        }
        Ok(ended)
    }
}

/// Why a restore could not go on.
pub fn failed_midway(error: RunError) -> Failure {
    match error {
        RunError::State(error) => bug(error),
        error => Failure::new(Exit::Failed, error),
    }
}

/// The exit of two restores: what is left open of either.
fn worse(one: Option<Exit>, other: Exit) -> Exit {
    let rank = |exit: Exit| {
        [Exit::Done, Exit::Gaps, Exit::Partial, Exit::Interrupted].iter().position(|e| *e == exit)
    };
    one.filter(|one| rank(*one) > rank(other)).unwrap_or(other)
}

fn exit(ends: &[(Owed, Back)], open: &[&Owed], interrupted: bool) -> Exit {
    let is_gap = |owed: &&&Owed| {
        ends.iter()
            .any(|(ended, back)| ended.change.number == owed.change.number && matches!(back, Back::Gap(_)))
    };
    let gaps = open.iter().filter(is_gap).count();
    match (interrupted, open.len() - gaps, gaps) {
        (true, ..) => Exit::Interrupted,
        (_, 0, 0) => Exit::Done,
        (_, 0, _) => Exit::Gaps,
        _ => Exit::Partial,
    }
}

#[cfg(test)]
mod tests;
