//! What the verbs share: printer, configuration, connection, store.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Globals;
use super::plan::warn;
use crate::account::{Account, Caller, Cause};
use crate::aws::Clock;
use crate::config::{self, Loaded};
use crate::engine::Stop;
use crate::engine::events::Listener;
use crate::engine::journal::{Journal, Opened};
use crate::engine::plan::{Selected, Selection};
use crate::engine::store::{AccountLock, LockError, Store, StoreError};
use crate::failure::{Exit, Failure, usage};
use crate::scenario::ScenarioError;
use crate::step::Scope;
use crate::view::json::JsonLines;
use crate::view::people::People;
use crate::view::{Line, Printer, Tone};
use crate::{steps, view};

/// Why a run stopped that a person interrupted.
pub const CTRL_C: &str = "interrupted by Ctrl-C";

/// One invocation.
pub struct Session {
    pub globals: Globals,
    pub printer: Printer,
    pub stop: Stop,
    /// What was warned of: a folder that is looked into and then written to is warned of once.
    warned: Mutex<BTreeSet<String>>,
}

impl Session {
    pub fn new(globals: Globals, printer: Printer) -> Session {
        Session { globals, printer, stop: Stop::default(), warned: Mutex::default() }
    }

    pub fn json(&self) -> bool {
        self.globals.json
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "where the command is run decides which unplug.toml applies"
    )]
    pub fn config(&self) -> Result<Loaded, Failure> {
        let here = std::env::current_dir().map_err(usage)?;
        config::load(&here).map_err(usage)
    }

    /// The state folder, to record in.
    pub fn store(&self) -> Result<Store, Failure> {
        let store = self.opened(&self.state_dir()?).map_err(|failure| {
            failure.hint("a run that cannot be recorded does not begin; name a folder with --state-dir")
        })?;
        Ok(store)
    }

    /// Opens a folder of runs to record in, and warns of what is not as it should be.
    pub fn opened(&self, dir: &Path) -> Result<Store, Failure> {
        let store = Store::open(dir).map_err(|error| failed(&error))?;
        self.warn_once(store.warnings());
        Ok(store)
    }

    /// The state folder, to look into: nothing is written.
    pub fn look(&self) -> Result<Store, Failure> {
        let store = Store::look(&self.state_dir()?);
        self.warn_once(store.warnings());
        Ok(store)
    }

    pub fn warn_once(&self, warnings: &[String]) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        warnings
            .iter()
            .filter(|text| warned.insert((*text).clone()))
            .for_each(|text| warn(self.printer, text));
    }

    /// Keeps another unplug on this machine away from the account, and from those of its actors.
    pub fn lock(&self, store: &Store, account: &Account) -> Result<Vec<AccountLock>, Failure> {
        let others = account.actors.values().filter_map(Caller::account);
        let all: BTreeSet<&str> = others.chain([account.id.as_str()]).collect();
        let lock = |id| {
            let lock = store.lock(id).map_err(|error| locked(&error))?;
            lock.warning().iter().for_each(|text| warn(self.printer, text));
            Ok(lock)
        };
        all.into_iter().map(lock).collect()
    }

    #[expect(clippy::disallowed_methods, reason = "the state folder's place is the user's environment")]
    pub fn state_dir(&self) -> Result<PathBuf, Failure> {
        if let Some(dir) = &self.globals.state_dir {
            return Ok(dir.clone());
        }
        let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        folder("XDG_STATE_HOME")
            .or_else(|| folder("HOME").map(|home| home.join(".local/state")))
            .map(|state| state.join("unplug"))
            .ok_or_else(|| {
                usage("no folder to record runs in: HOME is not set").hint("name one with --state-dir")
            })
    }

    /// Who is told what happens: a person, or a program.
    pub fn listener(&self, details: bool) -> Box<dyn Listener> {
        if self.json() {
            Box::new(JsonLines(self.printer))
        } else {
            Box::new(People::new(self.printer, details, self.globals.quiet))
        }
    }

    pub fn out(&self, lines: &[Line]) {
        lines.iter().for_each(|line| self.printer.out(line));
    }

    /// Says how a run begins: to a program on stderr, where it reads nothing.
    pub fn tell(&self, lines: &[Line]) {
        let print = |line| if self.json() { self.printer.err(line) } else { self.printer.out(line) };
        lines.iter().for_each(print);
    }

    /// Says what the scope leaves out of a run, and what the configuration takes out of it.
    pub fn tell_first(&self, loaded: &Loaded, selection: &Selection) {
        self.tell(&view::first::configuration(loaded, selection));
        self.tell(&view::first::reach(selection));
    }

    /// Ctrl-C: the write in flight is finished and recorded; a second one ends the process at once.
    ///
    /// At a prompt the terminal hands Ctrl-C to the prompt, which raises the signal too: that is one
    /// Ctrl-C, whoever of the two asks first for the stop. So the signals are counted, not the
    /// requests.
    pub fn heed_interrupts(&self) {
        let (stop, printer) = (self.stop.clone(), self.printer);
        tokio::spawn(async move {
            let mut signals = 0;
            while tokio::signal::ctrl_c().await.is_ok() {
                signals += 1;
                if signals > 1 {
                    std::process::exit(i32::from(Exit::Interrupted.code()));
                }
                stop.request(CTRL_C);
                // At a prompt the cursor stands behind the question.
                printer.err(&Line::new());
                let text = "Stopping: finishing what is in flight. Ctrl-C again to end at once.";
                printer.err(&Line::toned(Tone::Warn, text));
            }
        });
    }

    /// Was it Ctrl-C, or quit at a prompt?
    pub fn interrupted(&self) -> bool {
        self.stop.why().is_some_and(|why| why == CTRL_C)
    }
}

/// An id for a drill: never taken for a run, though a simulated clock dates it.
pub fn drill_id(clock: &Clock) -> String {
    format!("drill-{}", run_id(clock))
}

/// An id for a run: when it began, then eight hexadecimal digits: three for the millisecond, so that
/// ids sort in the order in which runs began, and five at random, for two machines at the same time.
pub fn run_id(clock: &Clock) -> String {
    use std::hash::{BuildHasher as _, Hasher as _};
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish() & 0xf_ffff;
    let began = clock.timestamp();
    let millisecond = began.as_millisecond().rem_euclid(1000);
    format!("{}-{millisecond:03x}{random:05x}", began.strftime("%Y%m%d-%H%M%S"))
}

/// Stops before a run that means every Region and does not know which there are: reading one Region
/// would look like reading all.
pub fn regions_known(account: &Account, scope: &Scope, steps: &[Selected]) -> Result<(), Failure> {
    let needs = steps
        .iter()
        .filter_map(|selected| steps::find(selected.step).map(|step| step.needs(&selected.params)));
    let needs = needs.flatten();
    let everywhere = scope.regions.is_none() && needs.into_iter().any(|section| section.regional());
    every_region(account, !everywhere)
}

/// As [`regions_known`], for a verb that reads every Region unless some are named.
pub fn every_region(account: &Account, named: bool) -> Result<(), Failure> {
    let Some(gap) = account.enabled_regions.gap().filter(|_| !named) else { return Ok(()) };
    let error = format!(
        "cannot tell which Regions this account uses ({}: {}). Nothing was cut.",
        gap.call, gap.detail
    );
    let failure = Failure::new(Exit::NoAccess, error).hint("name the Regions: --regions eu-west-1,us-east-1");
    Err(match gap.cause {
        Cause::Denied => failure
            .hint("or allow: {\"Effect\":\"Allow\",\"Action\":[\"ec2:DescribeRegions\"],\"Resource\":\"*\"}"),
        _ => failure,
    })
}

/// Nothing was cut, because the run could not be recorded.
pub fn not_begun(error: &StoreError) -> Failure {
    let failure = failed(error);
    Failure { error: format!("{}. Nothing was cut.", failure.error), ..failure }
        .hint("--state-dir names the folder of the record, --copy-to that of the copy: take another disk")
}

pub fn failed(error: &StoreError) -> Failure {
    let exit = match error {
        StoreError::NoRun(_) | StoreError::Format { .. } | StoreError::Version { .. } => Exit::Usage,
        StoreError::Io { .. }
        | StoreError::Journal { .. }
        | StoreError::Foreign { .. }
        | StoreError::Nameless { .. } => Exit::Failed,
    };
    let failure = Failure::new(exit, error);
    match error {
        StoreError::NoRun(_) => failure.hint("unplug runs lists them"),
        StoreError::Journal { .. } => failure.hint(
            "an edited journal is not acted on; is there a copy (--copy-to)? unplug restore --run-dir DIR",
        ),
        StoreError::Foreign { of, .. } => {
            failure.hint(format!("a journal is believed only in the folder of its own run: {of}"))
        }
        _ => failure,
    }
}

fn locked(error: &LockError) -> Failure {
    let exit = if matches!(error, LockError::Held(_)) { Exit::Locked } else { Exit::Failed };
    Failure::new(exit, error)
}

/// What is wrong with a scenario: of an account that does not hold together each part in its line.
pub fn bad_scenario(error: &ScenarioError) -> Failure {
    match error {
        ScenarioError::Dangling { file, missing } => Failure {
            details: missing.clone(),
            ..usage(format!("{file}: the account does not hold together:"))
        },
        error => usage(error),
    }
}

/// The configuration, for the engine.
pub fn shared(loaded: &Loaded) -> Arc<config::Config> {
    Arc::new(loaded.config.clone())
}

/// What a journal says the run was, if it was a run of this account.
pub fn opened_on(journal: &Journal, account: &Account) -> Result<Opened, Failure> {
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
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ids_sort_as_the_runs_began_within_one_second_too() {
        let clock = Clock::simulated();
        let ids: Vec<String> = (0..1_500)
            .map(|_| {
                clock.pass(Duration::from_millis(1));
                run_id(&clock)
            })
            .collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.len() == 24), "{ids:?}");
    }
}
