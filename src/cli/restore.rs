//! `unplug restore`: put back what a run has cut.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::confirm::{YesArgs, person, typed_key, yes_or_no};
use super::plan::{bug, warn};
use super::session::{Session, failed, opened_on, shared};
use crate::account::Account;
use crate::aws::Aws;
use crate::aws::ledger::Tally;
use crate::config::Config;
use crate::engine::journal::{Entry, Journal, JournalError, Opened};
use crate::engine::plan::Brief;
use crate::engine::restore::{self, Back, Choice, Owed, Restorer};
use crate::engine::store::{FileDisk, JOURNAL, PLAN, RunFolder, RunLog, Store, StoreError};
use crate::engine::strangers::strangers;
use crate::failure::{Exit, Failure, usage};
use crate::playbook::Selector;
use crate::step::Names;
use crate::view::people::{returned, told};
use crate::view::{Line, Tone, count};

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
    owed: Vec<Owed>,
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
        let _lock = session.lock(&store, &account.id)?;
        let desk = Desk { session, yes: &self.yes, config, store: &store, aws, account };
        let due = desk.due(folder).await?;
        let choice = self.choice(&due.owed)?;
        if due.owed.is_empty() {
            session.out(&[Line::plain(format!("Run {} owes nothing: all is put back.", due.folder.id))]);
            return Ok(Exit::Done);
        }
        if !due.owed.iter().any(|owed| choice.takes(owed)) {
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
        let last = desk.put_back(due, &choice, exit.is_some()).await?;
        Ok(worse(exit, last))
    }

    fn folder(&self, store: &Store, account: &str) -> Result<RunFolder, Failure> {
        if let Some(dir) = &self.run_dir {
            return Ok(RunFolder::at(dir));
        }
        if let Some(run) = &self.run {
            return store.run(run).map_err(|error| failed(&error));
        }
        for run in store.runs().map_err(|error| failed(&error))?.into_iter().rev() {
            match run.journal() {
                Ok(journal) if journal.opened().is_some_and(|opened| opened.account == account) => {
                    return Ok(run);
                }
                // Of another account; or it died before its first line was whole: nothing was sent.
                Ok(_) | Err(StoreError::Journal { error: JournalError::Empty, .. }) => {}
                // Perhaps the newest one of this account: an older one must not be taken for it.
                Err(error) => return Err(failed(&error).hint("to restore another run, name it")),
            }
        }
        Err(usage(format!("no run of account {account} is recorded here")).hint("unplug runs lists them"))
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
        let plan = folder.load_if_there(PLAN).map_err(|error| failed(&error))?;
        let owed = restore::owed(&journal, plan.as_ref()).map_err(bug)?;
        Ok(Due { folder, journal, opened, owed })
    }

    /// The newer runs that still hold some of the same targets, newest first: what they saw as
    /// "before" is this run's cut, so they go first. A person is asked; `--yes` is told the order.
    fn newer(&self, due: &Due, choice: &Choice) -> Result<Vec<RunFolder>, Failure> {
        let mine: BTreeSet<_> =
            due.owed.iter().filter(|owed| choice.takes(owed)).map(|owed| &owed.target).collect();
        let mut found = vec![];
        for run in self.store.runs().map_err(|error| failed(&error))?.into_iter().rev() {
            if run.id <= due.folder.id {
                break;
            }
            let journal = match run.journal() {
                Ok(journal) => journal,
                // It died before its first line was whole: nothing was sent.
                Err(StoreError::Journal { error: JournalError::Empty, .. }) => continue,
                Err(error) => {
                    self.without(&run, &error)?;
                    continue;
                }
            };
            if journal.opened().is_some_and(|opened| opened.account == self.account.id) {
                let theirs = restore::owed(&journal, None).map_err(bug)?;
                let same = |owed: &&Owed| mine.contains(&owed.target) && owed.lasting.is_none();
                let same = theirs.iter().filter(same).count();
                if same > 0 {
                    let holds = format!("run {} is newer and holds {} too", run.id, count(same, "target"));
                    found.push((run, holds));
                }
            }
        }
        if found.is_empty() {
            return Ok(vec![]);
        }
        let order = found.iter().map(|(run, _)| &run.id).chain([&due.folder.id]);
        let order = order.map(|id| format!("unplug restore {id}")).collect::<Vec<_>>().join(", then ");
        let said = found.iter().map(|(_, holds)| holds.as_str()).collect::<Vec<_>>().join("; ");
        if self.yes.yes || !person() {
            return Err(usage(said).hint(format!("newest first: {order}")));
        }
        self.session.printer.err(&Line::toned(Tone::Warn, format!("{said}.")));
        match yes_or_no("Put back all of them, newest first?", false) {
            Some(true) => Ok(found.into_iter().map(|(run, _)| run).collect()),
            _ => Err(Failure::new(Exit::NotConfirmed, "nothing was changed")
                .hint(format!("newest first: {order}"))),
        }
    }

    /// Goes on without a newer run that cannot be read, when that is agreed. What it changed would
    /// show as drift, and drift is never overwritten without a question.
    fn without(&self, run: &RunFolder, error: &StoreError) -> Result<(), Failure> {
        let text =
            format!("run {} is newer and cannot be read: {error}. It may hold the same targets.", run.id);
        self.session.printer.err(&Line::toned(Tone::Warn, text));
        if self.yes.yes || !person() || yes_or_no("Go on without it?", false) == Some(true) {
            return Ok(());
        }
        Err(Failure::new(Exit::NotConfirmed, "nothing was changed"))
    }

    /// Rehearses, shows, confirms and puts back one run.
    async fn put_back(&self, due: Due, choice: &Choice, confirmed: bool) -> Result<Exit, Failure> {
        let (session, account) = (self.session, &self.account);
        let Due { folder, journal, opened, owed } = due;
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
        let still = owed.len() - ends.len() + left;
        log.append_synced(&Entry::Restored { owed: still })
            .map_err(|error| Failure::new(Exit::Failed, error))?;
        if session.json() {
            session.printer.raw(&crate::view::json::compact(&serde_json::json!({
                "event": "restored", "run": folder.id, "owed": still, "stopped": session.stop.why(),
            })));
        } else {
            session.out(&counts("Put back", &ends, None));
            if still > 0 {
                let text = format!("{still} changes are still owed: unplug show {}", folder.id);
                session.out(&[Line::toned(Tone::Warn, text)]);
            }
        }
        Ok(exit(&ends, session.interrupted()))
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

/// What a run still owes, for `runs` and `show`.
pub fn still_owed(journal: &Journal) -> Result<Vec<Owed>, Failure> {
    restore::owed(journal, None).map_err(bug)
}
