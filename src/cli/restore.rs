//! `unplug restore`: put back what a run has cut.

mod others;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

pub use others::still_owed;
use others::still_owes;

use super::confirm::{YesArgs, typed_key};
use super::plan::{bug, warn};
use super::session::{Session, failed, locked, opened_on, shared};
use crate::account::Account;
use crate::aws::Aws;
use crate::aws::ledger::Tally;
use crate::config::Config;
use crate::engine::journal::{Entry, Journal, Opened};
use crate::engine::plan::{Brief, Plan};
use crate::engine::restore::{self, Back, Choice, Owed, Restorer};
use crate::engine::store::{FileDisk, JOURNAL, RunFolder, RunLog, Store, StoreError};
use crate::engine::strangers::strangers;
use crate::failure::{Exit, Failure, usage};
use crate::playbook::Selector;
use crate::step::Names;
use crate::view::people::{returned, told};
use crate::view::{Line, Tone, Word, count};

#[derive(Args)]
pub struct Restore {
    /// The run's id, or the beginning of it
    run: Option<String>,
    /// The newest run of the account
    #[arg(long, conflicts_with = "run")]
    latest: bool,
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
    #[command(flatten)]
    yes: YesArgs,
}

/// A run and what it still owes.
struct Due {
    folder: RunFolder,
    journal: Journal,
    opened: Opened,
    /// The plan that it stored; why not, where it cannot be read.
    plan: Result<Option<Plan>, StoreError>,
    owed: Vec<Owed>,
}

impl Due {
    /// Does it owe something that a restore puts back? What is only looked for again does not count.
    fn owes(&self) -> bool {
        self.owed.iter().any(|owed| !owed.again)
    }

    /// May it have cut what neither its journal nor its plan tells?
    fn may_hide_changes(&self) -> bool {
        match &self.plan {
            Ok(Some(_)) => false,
            Ok(None) | Err(_) => !self.journal.end_known(None),
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
        if self.run.is_none() && self.run_dir.is_none() && !self.latest {
            return Err(usage("restore which run?")
                .hint("unplug restore --latest puts back the newest run of the account")
                .hint("unplug runs lists them all"));
        }
        let config = shared(session.config()?);
        let store = session.store()?;
        let (aws, account) = session.connect().await?;
        let folder = self.folder(&store, &account.id)?;
        let _lock = store.lock(&account.id).map_err(|error| locked(&error))?;
        let desk = Desk { session, yes: &self.yes, config, store: &store, aws, account };
        let due = desk.due(folder).await?;
        let choice = self.choice(&due.owed)?;
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

    /// The run to put back. `--latest` is the newest run of the account that owes something: a run
    /// that cut nothing has nothing to put back, and an older one may have.
    fn folder(&self, store: &Store, account: &str) -> Result<RunFolder, Failure> {
        if let Some(dir) = &self.run_dir {
            return RunFolder::copied(dir).map_err(|error| failed(&error));
        }
        if let Some(run) = &self.run {
            return store.run(run).map_err(|error| failed(&error));
        }
        let mut newest = None;
        for run in store.runs().map_err(|error| failed(&error))?.into_iter().rev() {
            if run.never_began() {
                continue;
            }
            // Perhaps the newest one of this account: an older one must not be taken for it.
            let journal = run.journal();
            let journal = journal.map_err(|error| failed(&error).hint("to restore another run, name it"))?;
            if journal.opened().is_none_or(|opened| opened.account != account) {
                continue;
            }
            if still_owes(&run, &journal)? {
                return Ok(run);
            }
            newest.get_or_insert(run);
        }
        newest.ok_or_else(|| {
            usage(format!("no run of account {account} is recorded here")).hint("unplug runs lists them")
        })
    }

    fn choice(&self, owed: &[Owed]) -> Result<Choice, Failure> {
        let set =
            |given: &[String]| (!given.is_empty()).then(|| given.iter().cloned().collect::<BTreeSet<_>>());
        for key in &self.reactivate {
            if !owed.iter().any(|owed| owed.target.id == *key && owed.lasting.is_some()) {
                return Err(usage(format!("this run did not turn off {key}, or has turned it on again")));
            }
        }
        let steps = (!self.steps.is_empty()).then(|| {
            owed.iter()
                .map(|owed| owed.step)
                .filter(|step| self.steps.iter().any(|s| s.matches(*step)))
                .collect()
        });
        Ok(Choice {
            steps,
            regions: set(&self.regions),
            vpcs: set(&self.vpc),
            targets: set(&self.target),
            reactivate: self.reactivate.iter().cloned().collect(),
        })
    }
}

impl Desk<'_> {
    /// Reads a run, once what it had sent when it died must show.
    async fn due(&self, folder: RunFolder) -> Result<Due, Failure> {
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
        Ok(Due { folder, journal, opened, plan, owed })
    }

    /// Rehearses, shows, confirms and puts back one run.
    async fn put_back(&self, due: Due, choice: &Choice, confirmed: bool) -> Result<Exit, Failure> {
        let (session, account) = (self.session, &self.account);
        let (hidden, owes) = (due.may_hide_changes(), due.owes());
        let Due { folder, journal, opened, owed, .. } = due;
        let names = Names::new(journal.names());
        let brief = Brief {
            run: opened.run.clone(),
            scope: opened.selection.scope.clone(),
            config: self.config.clone(),
            names: names.clone(),
            next_change: journal.next_change(),
        };
        let aws = self.aws.for_run(&opened.run, names.clone(), None);
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
            session.out(&lines(&planned.ends));
            session.out(&counts("To put back", &planned.ends, Some(&planned.calls)));
        }
        let mut known = Store::known_runs(self.store.root());
        known.insert(opened.run.clone());
        for stranger in strangers(&planned.account, &known) {
            warn(session.printer, &stranger.sentence());
        }
        if !confirmed {
            self.yes.confirm_account(account, session.printer, "Put back what was cut on")?;
        }
        if let Some(key) = choice.reactivate.iter().find(|key| !self.yes.yes && !typed_key(key)) {
            let error = format!("{key} is not turned on again. Nothing was changed.");
            return Err(Failure::new(Exit::NotConfirmed, error));
        }
        if !confirmed {
            session.heed_interrupts();
        }

        let (disk, journal) = FileDisk::reopen(&folder.path.join(JOURNAL)).map_err(|error| failed(&error))?;
        let log = RunLog::resumed(&journal, Box::new(disk), None, aws.clock().clone());
        let aws = aws.for_run(&opened.run, names, Some(Arc::new(log.clone())));
        let operator = self.yes.operator(session, account, false);
        let listener = session.listener(false);
        let restorer = Restorer {
            aws: &aws,
            known: account,
            brief: &brief,
            record: Some(&log),
            operator: &*operator,
            listener: &*listener,
            stop: &session.stop,
        };
        let ends = restorer.run(&owed, choice).await.map_err(bug)?;
        let left = ends.iter().filter(|(_, back)| !back.settled()).count();
        let still = owed.iter().filter(|owed| !owed.again && !choice.takes(owed)).count() + left;
        log.append_synced(&Entry::Restored { owed: still })
            .map_err(|error| Failure::new(Exit::Failed, error))?;
        if session.json() {
            session.printer.raw(&crate::view::json::compact(&serde_json::json!({
                "event": "restored", "run": folder.id, "owed": still, "stopped": session.stop.why(),
            })));
        } else {
            session.out(&counts("Put back", &ends, None));
            if still > 0 {
                let are = if still == 1 { "is" } else { "are" };
                let text = format!("{} {are} still owed: unplug show {}", count(still, "change"), folder.id);
                session.out(&[Line::toned(Tone::Warn, text)]);
            }
            if let Some(why) = session.stop.why() {
                session
                    .out(&[Line::toned(Tone::Bad, format!("Stopped: {why}: unplug restore {}", folder.id))]);
            }
            let journal = folder.journal().map_err(|error| failed(&error))?;
            for (step, target) in restore::unanswered(&journal) {
                let text = format!(
                    "AWS never answered the call that creates the {} for {target}: it may still appear. \
                     unplug restore {} looks again",
                    target.kind, folder.id
                );
                session.out(&[Line::step(step, Word::Unknown, text)]);
            }
        }
        let ended = exit(&ends, session.interrupted());
        match hidden && !session.interrupted() {
            true => Ok(worse(Some(ended), self.compare(&folder, &brief, &opened, &ends, &aws).await?)),
            false => Ok(ended),
        }
    }
}

/// The exit of two restores: what is left open of either.
fn worse(one: Option<Exit>, other: Exit) -> Exit {
    let rank = |exit: Exit| {
        [Exit::Done, Exit::Gaps, Exit::Partial, Exit::Interrupted].iter().position(|e| *e == exit)
    };
    one.filter(|one| rank(*one) > rank(other)).unwrap_or(other)
}

/// The lines of a rehearsed restore.
fn lines(ends: &[(Owed, Back)]) -> Vec<Line> {
    let said: Vec<_> = ends.iter().map(|(owed, back)| (owed, returned(owed, back))).collect();
    said.chunk_by(|(a, _), (b, _)| a.step == b.step)
        .flat_map(|step| {
            let items: Vec<_> = step.iter().map(|(owed, (word, said))| (&owed.target, *word, said)).collect();
            told(step[0].0.step, &items, false)
        })
        .collect()
}

fn counts(title: &str, ends: &[(Owed, Back)], calls: Option<&Tally>) -> Vec<Line> {
    let count = |of: fn(&Back) -> bool| ends.iter().filter(|(_, back)| of(back)).count();
    let mut text = format!(
        "{}; {} as before already; {} stay on purpose; {} not put back",
        count(|back| *back == Back::Returned),
        count(|back| *back == Back::AsBefore),
        count(|back| matches!(back, Back::Kept(_))),
        count(|back| !back.settled()),
    );
    if let Some(calls) = calls {
        text.push_str(&format!(
            ". {} calls, {:.0} s at AWS's rate limits",
            calls.total(),
            calls.seconds_at_limits()
        ));
    }
    vec![Line::new(), Line::new().and(Tone::Bold, format!("{title}: ")).and(Tone::Plain, format!("{text}."))]
}

fn exit(ends: &[(Owed, Back)], interrupted: bool) -> Exit {
    let gaps = ends.iter().any(|(_, back)| matches!(back, Back::Gap(_)));
    let open = ends.iter().any(|(_, back)| !back.settled() && !matches!(back, Back::Gap(_)));
    match (interrupted, open, gaps) {
        (true, ..) => Exit::Interrupted,
        (_, true, _) => Exit::Partial,
        (_, _, true) => Exit::Gaps,
        _ => Exit::Done,
    }
}

#[cfg(test)]
mod tests;
