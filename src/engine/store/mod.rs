//! The store: runs on disk. The only place that writes files.
//!
//! One run, one folder: `account.json` (before), `plan.json`, `journal.jsonl`, `account-after.json`.
//! Folders are 0700, files 0600.

mod disk;
pub(super) mod evidence;
mod files;
mod lock;
mod log;
mod unique;

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::journal::{Journal, JournalError, Opened};
use super::plan::Plan;
pub use disk::{Disk, FileDisk, MemoryDisk};
pub(crate) use files::make_dir;
use files::{io, put, read_at_most, sync_dir};
pub use files::{read, shown_by};
pub use lock::{AccountLock, LockError};
pub use log::RunLog;

pub const JOURNAL: &str = "journal.jsonl";
/// The folder beside the journal that holds what was saved of the hosts.
pub const EVIDENCE: &str = "evidence";
pub const PLAN: &str = "plan.json";
pub const ACCOUNT: &str = "account.json";
pub const ACCOUNT_AFTER: &str = "account-after.json";
/// What was decided, told and looked at in a facilitated drill: JSON lines.
pub const NOTES: &str = "notes.jsonl";
/// What the participants of a facilitated drill take home: Markdown.
pub const HANDOUT: &str = "handout.md";

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot {doing} {path}: {error}", path = path.display())]
    Io { doing: &'static str, path: PathBuf, error: std::io::Error },
    #[error("{path} is not what this version expects: {error}", path = path.display())]
    Format { path: PathBuf, error: String },
    #[error(
        "{path} is of format {found}, written by {age} unplug; this one ({version}) reads format {reads}",
        path = path.display(),
        age = if found < reads { "an older" } else { "a newer" },
        version = super::journal::JOURNAL_VERSION,
    )]
    Version { path: PathBuf, found: u32, reads: u32 },
    #[error("{path}: {error}", path = path.display())]
    Journal { path: PathBuf, error: JournalError },
    #[error("{path} is the journal of run {of}, and the folder is named for another", path = path.display())]
    Foreign { path: PathBuf, of: String },
    #[error("{path} does not say which run it is of", path = path.display())]
    Nameless { path: PathBuf },
    #[error("there is no run {0}")]
    NoRun(String),
}

/// The state directory.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    warnings: Vec<String>,
}

/// A snapshot, an account or a plan with more bytes was not written by unplug.
const MOST: u64 = 256 << 20;

/// A run's folder.
#[derive(Clone, Debug)]
pub struct RunFolder {
    pub id: String,
    pub path: PathBuf,
}

#[expect(clippy::disallowed_methods, reason = "the store is where files are read and written")]
impl Store {
    /// Opens the state directory, made when missing.
    ///
    /// # Errors
    /// When it cannot be written: a run that cannot be recorded must not begin.
    pub fn open(root: &Path) -> Result<Store, StoreError> {
        let folders = [root.to_owned(), root.join("runs"), root.join("locks")];
        for folder in &folders {
            make_dir(folder)?;
        }
        let me = files::try_out(root)?;
        let mut warnings: Vec<String> =
            folders.iter().find_map(|folder| open_to_others(root, folder, Some(me))).into_iter().collect();
        if !files::is_durable(root) {
            warnings.push(format!(
                "the file system of {} cannot make a new folder durable: after a power cut the record of the \
                 run may be gone; --copy-to makes a second one",
                root.display()
            ));
        }
        Ok(Store { root: root.to_owned(), warnings })
    }

    /// The state directory for looking: nothing is made, nothing is written, and it may not be there.
    pub fn look(root: &Path) -> Store {
        let folders = [root.to_owned(), root.join("runs")];
        let open = folders.iter().find_map(|folder| open_to_others(root, folder, None));
        Store { root: root.to_owned(), warnings: open.into_iter().collect() }
    }

    /// What a person must know of the state directory.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The ids of the runs recorded under a state directory, which may not be there: for looking,
    /// which needs no right to write.
    pub fn known_runs(root: &Path) -> BTreeSet<String> {
        let entries = fs::read_dir(root.join("runs")).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// A new folder for a run.
    pub fn create_run(&self, id: &str) -> Result<RunFolder, StoreError> {
        let runs = self.root.join("runs");
        let path = runs.join(id);
        make_dir(&path)?;
        sync_dir(&runs)?;
        Ok(RunFolder { id: id.to_owned(), path })
    }

    /// The run with this id or this unique beginning of it.
    pub fn run(&self, id: &str) -> Result<RunFolder, StoreError> {
        let matching: Vec<RunFolder> =
            self.runs()?.into_iter().filter(|run| run.id.starts_with(id)).collect();
        match &matching[..] {
            [run] => Ok(run.clone()),
            _ => {
                matching.into_iter().find(|run| run.id == id).ok_or_else(|| StoreError::NoRun(id.to_owned()))
            }
        }
    }

    /// Every run, oldest first.
    pub fn runs(&self) -> Result<Vec<RunFolder>, StoreError> {
        let dir = self.root.join("runs");
        let mut runs = vec![];
        let entries = match fs::read_dir(&dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(runs),
            entries => entries.map_err(io("list", &dir))?,
        };
        for entry in entries {
            let path = entry.map_err(io("list", &dir))?.path();
            // Also without a journal: a run whose record is missing is named, never passed over.
            if path.is_dir()
                && let Some(id) = path.file_name().and_then(|name| name.to_str())
            {
                runs.push(RunFolder { id: id.to_owned(), path: path.clone() });
            }
        }
        runs.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(runs)
    }

    pub fn lock(&self, account: &str) -> Result<AccountLock, LockError> {
        AccountLock::take(&self.root.join("locks").join(format!("{account}.lock")))
    }
}

impl RunFolder {
    /// A folder somewhere else: a copy of a run.
    pub fn at(path: &Path) -> RunFolder {
        let id = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        RunFolder { id, path: path.to_owned() }
    }

    /// The folder of a run, or of its copy, wherever it lies. A folder that is not named like a run
    /// may hold any run: its journal says which. One that is named like a run holds that one.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn copied(path: &Path) -> Result<RunFolder, StoreError> {
        let folder = RunFolder::at(path);
        if is_run_id(&folder.id) {
            return Ok(folder);
        }
        let file = path.join(JOURNAL);
        match disk::read_journal(&file)?.opened() {
            Some(opened) => Ok(RunFolder { id: opened.run.clone(), ..folder }),
            None => Err(StoreError::Nameless { path: file }),
        }
    }

    /// Reads and checks the journal, without touching it.
    ///
    /// # Errors
    /// When it cannot be read, was edited, or is the journal of another run than the folder is named
    /// for: a journal is believed only where it belongs.
    pub fn journal(&self) -> Result<Journal, StoreError> {
        let path = self.path.join(JOURNAL);
        let journal = disk::read_journal(&path)?;
        match journal.opened() {
            Some(opened) if opened.run == self.id => Ok(journal),
            Some(opened) => Err(StoreError::Foreign { path, of: opened.run.clone() }),
            None => Err(StoreError::Nameless { path }),
        }
    }

    /// Did the run end before it could cut anything? Its plan is on the disk before its first
    /// question, and its journal's first line before its plan.
    pub fn never_began(&self) -> bool {
        let planned = self.path.join(PLAN).symlink_metadata().is_ok();
        let journal = disk::read_journal(&self.path.join(JOURNAL));
        !planned
            && match journal {
                Err(StoreError::Journal { error: JournalError::Empty, .. }) => true,
                Err(StoreError::Io { error, .. }) => error.kind() == std::io::ErrorKind::NotFound,
                _ => false,
            }
    }

    /// May the run have cut something that neither its journal nor its plan tells? Of a run without a
    /// plan the account is stored before anything is cut: where that is missing too, nothing was.
    pub fn may_hide_changes(&self, journal: &Journal) -> bool {
        let began = journal.intents().next().is_some() || self.path.join(ACCOUNT).symlink_metadata().is_ok();
        began && !journal.end_known(None)
    }

    /// The plan that the run stored, if it did.
    ///
    /// # Errors
    /// When it cannot be read, or is a plan for another account.
    pub fn plan(&self, opened: &Opened) -> Result<Option<Plan>, StoreError> {
        let plan: Option<Plan> = self.load_if_there(PLAN)?;
        match plan {
            Some(plan) if plan.account != opened.account => {
                let error = format!("it is a plan for account {}", plan.account);
                Err(StoreError::Format { path: self.path.join(PLAN), error })
            }
            plan => Ok(plan),
        }
    }

    pub fn save<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StoreError> {
        save_json(&self.path.join(name), value)?;
        sync_dir(&self.path)
    }

    /// Writes a text for people: whole, or not at all.
    pub fn save_text(&self, name: &str, text: &str) -> Result<(), StoreError> {
        put(&self.path.join(name), text.as_bytes())?;
        sync_dir(&self.path)
    }

    /// Puts evidence into the folder `evidence`. The name may hold an id from AWS, and folders.
    pub fn keep(&self, name: &str, content: &[u8]) -> Result<(), StoreError> {
        evidence::keep(&self.path.join(EVIDENCE), name, content)
    }

    pub fn load<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        load_json(&self.path.join(name))
    }

    /// The value of a file that may be missing.
    pub fn load_if_there<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        match self.load(name) {
            Ok(value) => Ok(Some(value)),
            Err(StoreError::Io { error, .. }) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Does a name look like a run's id: `20260101-030000-0a1b2c3d`?
fn is_run_id(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let digits = |text: &str, long: usize| text.len() == long && text.chars().all(|c| c.is_ascii_hexdigit());
    matches!(parts[..], [day, time, rest] if digits(day, 8) && digits(time, 6) && digits(rest, 8))
}

/// Warns of a folder that others may enter. That the outermost one may be read shows nothing.
fn open_to_others(root: &Path, folder: &Path, me: Option<u32>) -> Option<String> {
    let warning = files::open_to_others(folder, me)?;
    (folder != root || !warning.starts_with("others can read")).then_some(warning)
}

/// Reads JSON.
pub fn load_json<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    serde_json::from_slice(&read_at_most(path, MOST)?)
        .map_err(|error| StoreError::Format { path: path.to_owned(), error: error.to_string() })
}

/// Reads JSON that says its own format. Of another format nothing but that is read: what an unknown
/// field means would be a guess.
pub fn load_format<T: DeserializeOwned>(path: &Path, reads: u32) -> Result<T, StoreError> {
    #[derive(serde::Deserialize)]
    struct Headed {
        format: Option<u32>,
    }
    match load_json::<Headed>(path)?.format {
        Some(found) if found != reads => Err(StoreError::Version { path: path.to_owned(), found, reads }),
        _ => {
            load_json::<unique::Unique>(path)?;
            load_json(path)
        }
    }
}

/// Writes JSON beside the file, syncs, and puts it in place: never half a file.
pub fn save_json<T: Serialize>(path: &Path, value: &T) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| StoreError::Format { path: path.to_owned(), error: error.to_string() })?;
    put(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_there_twice_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("account.json");
        let text = serde_json::to_string(&crate::sim::sample::account()).unwrap();
        let load = |text: &str| {
            put(&path, text.as_bytes()).unwrap();
            load_format::<crate::account::Account>(&path, crate::account::FORMAT).map_err(|e| e.to_string())
        };
        assert!(load(&text).is_ok());
        let region = format!("\"{}\":{{", crate::sim::sample::REGION);
        let twice = text.replacen(&region, &format!("\"{}\":{{}},{region}", crate::sim::sample::REGION), 1);
        let said = load(&twice).unwrap_err();
        assert!(
            said.contains(&format!("\"{}\" is there twice at line 1", crate::sim::sample::REGION)),
            "{said}"
        );
    }

    #[test]
    fn another_format_is_named_before_anything_else_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("account.json");
        let load = |text: &str| {
            put(&path, text.as_bytes()).unwrap();
            load_format::<crate::account::Account>(&path, 2).map_err(|error| error.to_string())
        };
        let older = load(r#"{"format": 1, "what_is_this": []}"#).unwrap_err();
        assert!(older.ends_with(&format!(
            "is of format 1, written by an older unplug; this one ({}) reads format 2",
            crate::engine::journal::JOURNAL_VERSION
        )));
        assert!(load(r#"{"format": 3}"#).unwrap_err().contains("format 3, written by a newer unplug"));
        let broken = load(r#"{"format": 2, "what_is_this": []}"#).unwrap_err();
        assert!(broken.contains("what_is_this"), "{broken}");
        assert!(load("[").is_err());
    }

    #[test]
    fn looking_makes_and_writes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("state");
        let store = Store::look(&root);
        assert!(store.runs().unwrap().is_empty() && store.warnings().is_empty());
        assert!(matches!(store.run("2026"), Err(StoreError::NoRun(_))));
        assert!(!root.exists());
    }

    #[test]
    fn many_can_open_the_store_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let threads: Vec<_> = (0..64)
            .map(|_| {
                let root = dir.path().join("state");
                std::thread::spawn(move || Store::open(&root).map(|store| store.warnings().len()))
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap().unwrap(), 0);
        }
        let left = fs::read_dir(dir.path().join("state")).unwrap().count();
        assert_eq!(left, 2, "nothing but its two folders");
    }
}
