//! `unplug restore`: put back what a run has cut.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::confirm::{YesArgs, typed_key};
use super::plan::bug;
use super::session::{Session, failed, locked, shared};
use crate::aws::ledger::Tally;
use crate::engine::journal::{Entry, Journal, JournalError};
use crate::engine::plan::Brief;
use crate::engine::restore::{self, Back, Choice, Owed, Restorer};
use crate::engine::store::{FileDisk, JOURNAL, PLAN, RunFolder, RunLog, Store, StoreError};
use crate::failure::{Exit, Failure, usage};
use crate::playbook::Selector;
use crate::step::Names;
use crate::view::people::{returned, told};
use crate::view::{Line, Tone};

#[derive(Args)]
pub struct Restore {
    /// The run's id, or the beginning of it
    #[arg(required_unless_present_any = ["latest", "run_dir"])]
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

impl Restore {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let config = shared(session.config()?);
        let store = session.store()?;
        let (aws, account) = session.connect().await?;
        let folder = self.folder(&store, &account.id)?;
        let journal = folder.journal().map_err(|error| failed(&error))?;
        let opened =
            journal.opened().cloned().ok_or_else(|| usage("the journal does not say what the run was"))?;
        if opened.account != account.id {
            let error = format!(
                "the run is of account {}, the credentials belong to {}",
                opened.account,
                account.title()
            );
            return Err(Failure::new(Exit::NotConfirmed, error));
        }
        let _lock = store.lock(&account.id).map_err(|error| locked(&error))?;
        restore::let_settle(aws.clock(), &journal).await;
        let plan = folder.load_if_there(PLAN).map_err(|error| failed(&error))?;
        let owed = restore::owed(&journal, plan.as_ref()).map_err(bug)?;
        let choice = self.choice(&owed)?;
        newer_runs_first(&store, &folder, &opened.account, &owed)?;
        let names = Names::new(journal.names());
        let brief = Brief {
            run: opened.run.clone(),
            scope: opened.selection.scope.clone(),
            config,
            names: names.clone(),
            next_change: journal.next_change(),
        };
        if owed.is_empty() {
            session.out(&[Line::plain(format!("Run {} owes nothing: all is put back.", folder.id))]);
            return Ok(Exit::Done);
        }
        if !owed.iter().any(|owed| choice.takes(owed)) {
            return Err(usage("nothing that the run owes fits this selection. Nothing was changed.")
                .hint(format!("unplug show {} lists what it owes", folder.id)));
        }
        let aws = aws.for_run(&opened.run, names.clone(), None);
        let planned = restore::rehearse(&aws, &account, &brief, &owed, &choice).await.map_err(bug)?;
        if !session.json() {
            session.out(&[Line::toned(
                Tone::Bold,
                format!("Restore of run {} on {}", folder.id, account.title()),
            )]);
            session.out(&lines(&planned.ends));
            session.out(&counts("To put back", &planned.ends, Some(&planned.calls)));
        }
        self.yes.confirm_account(&account, session.printer, "Put back what was cut on")?;
        if let Some(key) = self.reactivate.iter().find(|key| !self.yes.yes && !typed_key(key)) {
            let error = format!("{key} is not turned on again. Nothing was changed.");
            return Err(Failure::new(Exit::NotConfirmed, error));
        }
        session.heed_interrupts();

        let (disk, journal) = FileDisk::reopen(&folder.path.join(JOURNAL)).map_err(|error| failed(&error))?;
        let log = RunLog::resumed(&journal, Box::new(disk), None, aws.clock().clone());
        let aws = aws.for_run(&opened.run, names, Some(Arc::new(log.clone())));
        let operator = self.yes.operator(session, &account, false);
        let listener = session.listener(false);
        let restorer = Restorer {
            aws: &aws,
            known: &account,
            brief: &brief,
            record: Some(&log),
            operator: &*operator,
            listener: &*listener,
            stop: &session.stop,
        };
        let ends = restorer.run(&owed, &choice).await.map_err(bug)?;
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

/// A newer run that still holds some of the same targets goes first: what it saw as "before" is
/// this run's cut.
fn newer_runs_first(store: &Store, folder: &RunFolder, account: &str, owed: &[Owed]) -> Result<(), Failure> {
    let mine: BTreeSet<_> = owed.iter().map(|owed| &owed.target).collect();
    for run in store.runs().map_err(|error| failed(&error))? {
        let Ok(journal) = run.journal() else { continue };
        let same = journal.opened().is_some_and(|opened| opened.account == account);
        if !same || run.id <= folder.id {
            continue;
        }
        let theirs = restore::owed(&journal, None).map_err(bug)?;
        if theirs.iter().any(|owed| mine.contains(&owed.target) && owed.lasting.is_none()) {
            return Err(usage(format!("run {} is newer and holds some of the same targets", run.id)).hint(
                format!("newest first: unplug restore {}, then unplug restore {}", run.id, folder.id),
            ));
        }
    }
    Ok(())
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
            ". {} calls, {:.0} s at AWS's limits",
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
