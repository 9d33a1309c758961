//! Which run: by its id, by the beginning of its id, or the newest. The same in every verb.

use clap::Args;

use super::session::{Session, failed};
use crate::account::Account;
use crate::aws::Aws;
use crate::engine::journal::Journal;
use crate::engine::store::{RunFolder, Store, StoreError};
use crate::failure::{Failure, usage};

#[derive(Args, Clone, Debug, Default)]
pub struct RunArgs {
    /// The run's id, or the beginning of it
    pub run: Option<String>,
    /// The newest run of the account; show knows no account, and takes the newest of this machine
    #[arg(long, conflicts_with = "run")]
    pub latest: bool,
}

/// What is recorded under an id.
pub struct Recorded {
    pub folder: RunFolder,
    /// It was played on a simulated account.
    pub is_drill: bool,
}

impl RunArgs {
    /// The run or the drill that is meant. `verb` is for the question when none is named.
    ///
    /// # Errors
    /// When there is none, or the beginning of an id is that of several.
    pub fn recorded(&self, session: &Session, verb: &str) -> Result<Recorded, Failure> {
        let store = session.look()?;
        match &self.run {
            Some(run) => named(session, &store, run),
            None if self.latest => {
                let folder = latest(&store, None, |_, _| Ok(true))?;
                Ok(Recorded { folder, is_drill: false })
            }
            None => Err(which(&store, verb)),
        }
    }

    /// The run that is meant, and the account that the credentials belong to. A name that is wrong,
    /// and a run that does not fit, is said before anybody is asked for credentials.
    ///
    /// # Errors
    /// As [`RunArgs::recorded`]; for a drill, whose account is gone; and as `fits`.
    pub async fn run_and_account(
        &self,
        session: &Session,
        verb: &str,
        fits: fn(&RunFolder) -> Result<(), Failure>,
        wants: Wants,
    ) -> Result<(RunFolder, Aws, Account), Failure> {
        if self.latest {
            let (aws, account) = session.connect_to_go_on().await?;
            let folder = latest(&session.look()?, Some(&account.id), wants)?;
            fits(&folder)?;
            return Ok((folder, aws, account));
        }
        let Recorded { folder, is_drill } = self.recorded(session, verb)?;
        if is_drill {
            let id = &folder.id;
            let error =
                format!("{id} is a drill: its simulated account is gone, and there is nothing to {verb}");
            return Err(usage(error).hint(format!("unplug show {id} shows the drill")));
        }
        fits(&folder)?;
        let (aws, account) = session.connect_to_go_on().await?;
        Ok((folder, aws, account))
    }
}

/// Asks for a run, and names the newest ones.
fn which(store: &Store, verb: &str) -> Failure {
    let asked = usage(format!("{verb} which run?"));
    let runs = store.runs().unwrap_or_default();
    if runs.is_empty() {
        return asked.hint(format!("no run is recorded in {}", store.root().display()));
    }
    let newest = runs.iter().rev().take(NAMED).map(|run| format!("unplug {verb} {}", run.id));
    let asked = newest.fold(asked, Failure::hint);
    asked.hint(format!("unplug {verb} --latest takes the newest run")).hint("unplug runs lists them all")
}

/// Runs that are named when none was.
const NAMED: usize = 3;

/// Looks an id up among the runs and the drills.
fn named(session: &Session, store: &Store, id: &str) -> Result<Recorded, Failure> {
    let drills = session.state_dir()?.join("drills");
    let runs = store.runs().map_err(|error| failed(&error))?;
    let mut fit: Vec<(String, bool)> = runs.into_iter().map(|run| (run.id, false)).collect();
    fit.extend(Store::known_runs(&drills).into_iter().map(|drill| (drill, true)));
    fit.retain(|(known, _)| known.starts_with(id));
    if let Some(exact) = fit.iter().position(|(known, _)| known == id) {
        fit = vec![fit.swap_remove(exact)];
    }
    match &fit[..] {
        [] => Err(StoreError::NoRun(id.to_owned())),
        [(_, false)] => store.run(&fit[0].0).map(|folder| Recorded { folder, is_drill: false }),
        [(_, true)] => Store::look(&drills).run(&fit[0].0).map(|folder| Recorded { folder, is_drill: true }),
        several => return Err(ambiguous(id, several)),
    }
    .map_err(|error| failed(&error))
}

fn ambiguous(id: &str, fit: &[(String, bool)]) -> Failure {
    let begin = format!("{} begin with {id:?}: name one of them in full", fit.len());
    fit.iter().rev().fold(usage(begin), |failure, (id, is_drill)| {
        failure.hint(format!("{id} ({})", if *is_drill { "drill" } else { "run" }))
    })
}

/// Whether a run is one that `--latest` means.
pub type Wants = fn(&RunFolder, &Journal) -> Result<bool, Failure>;

/// The newest run, of an account or of this machine, that is wanted; where none is, the newest.
pub(super) fn latest(store: &Store, account: Option<&str>, wants: Wants) -> Result<RunFolder, Failure> {
    let mut newest = None;
    for run in store.runs().map_err(|error| failed(&error))?.into_iter().rev() {
        // It ended before it could cut anything.
        if run.never_began() {
            continue;
        }
        // Perhaps the newest one of this account: an older one must not be taken for it.
        let journal = run.journal();
        let journal = journal.map_err(|error| failed(&error).hint("to take another run, name it"))?;
        let of = journal.opened().map(|opened| opened.account.as_str());
        if of.is_none_or(|of| account.is_some_and(|account| account != of)) {
            continue;
        }
        if wants(&run, &journal)? {
            return Ok(run);
        }
        newest.get_or_insert(run);
    }
    newest.ok_or_else(|| {
        let of = account.map(|account| format!(" of account {account}")).unwrap_or_default();
        usage(format!("no run{of} is recorded here")).hint("unplug runs lists them")
    })
}
