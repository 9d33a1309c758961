//! A run's journal while it is written, with its copy.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::disk::Disk;
use super::evidence::Evidence;
use super::{EVIDENCE, RunFolder};
use crate::aws::ledger::Phase;
use crate::aws::{Clock, Digest, Recorder};
use crate::engine::apply::{Move, Outcome, Record};
use crate::engine::journal::{Chain, Done, Entry, Journal};

/// Appends entries to the journal and to its copy. Cheap to clone.
#[derive(Clone)]
pub struct RunLog {
    inner: Arc<Mutex<Inner>>,
    clock: Clock,
    /// Where evidence goes; tests have memory alone. The copy's folder besides, while it can be written.
    evidence: Evidence,
    copy_folder: Option<RunFolder>,
}

struct Inner {
    chain: Chain,
    disk: Box<dyn Disk>,
    copy: Option<Box<dyn Disk>>,
    copy_lost: Option<String>,
    /// Set by the first failure: nothing is appended after it.
    failed: Option<String>,
    /// Changes announced in this run, so that finishing a half-done one is not announced twice.
    announced: BTreeSet<u32>,
}

impl RunLog {
    pub fn new(disk: Box<dyn Disk>, copy: Option<Box<dyn Disk>>, clock: Clock) -> RunLog {
        RunLog::over(Chain::default(), BTreeSet::new(), disk, copy, clock)
    }

    /// Goes on with a journal that was read from the same disk.
    pub fn resumed(
        journal: &Journal,
        disk: Box<dyn Disk>,
        copy: Option<Box<dyn Disk>>,
        clock: Clock,
    ) -> RunLog {
        let announced = journal.intents().map(|intent| intent.number).collect();
        RunLog::over(journal.chain.clone(), announced, disk, copy, clock)
    }

    fn over(
        chain: Chain,
        announced: BTreeSet<u32>,
        disk: Box<dyn Disk>,
        copy: Option<Box<dyn Disk>>,
        clock: Clock,
    ) -> RunLog {
        let inner = Inner { chain, disk, copy, copy_lost: None, failed: None, announced };
        let evidence = Evidence::Memory(Arc::default());
        RunLog { inner: Arc::new(Mutex::new(inner)), clock, evidence, copy_folder: None }
    }

    /// The same log, with the folder that evidence goes to, and the copy's.
    pub fn keeping(self, folder: &RunFolder, copy: Option<&RunFolder>) -> RunLog {
        let evidence = Evidence::In(folder.path.join(EVIDENCE));
        RunLog { evidence, copy_folder: copy.cloned(), ..self }
    }

    /// Appends and makes durable.
    ///
    /// # Errors
    /// When it could not be made durable. It is never retried: after a failed sync nobody knows
    /// what is on the disk, so nothing more may be cut.
    pub fn append_synced(&self, entry: &Entry) -> Result<(), String> {
        self.append(entry, true)
    }

    /// Appends; the next synced entry makes it durable. Lost, it means "unknown".
    pub fn append_lazily(&self, entry: &Entry) -> Result<(), String> {
        self.append(entry, false)
    }

    /// The hash of the last line.
    pub fn last_hash(&self) -> String {
        self.lock().chain.last().to_owned()
    }

    /// Has the run announced anything, now or before it was gone on with?
    pub fn began(&self) -> bool {
        !self.lock().announced.is_empty()
    }

    /// Why the copy is no longer written, once.
    pub fn copy_lost(&self) -> Option<String> {
        self.lock().copy_lost.take()
    }

    /// Why the journal itself can no longer be written.
    pub fn failed(&self) -> Option<String> {
        self.lock().failed.clone()
    }

    fn append(&self, entry: &Entry, sync: bool) -> Result<(), String> {
        let at = self.clock.timestamp().to_string();
        let mut inner = self.lock();
        if let Some(failed) = &inner.failed {
            return Err(failed.clone());
        }
        let line = inner.chain.line(&at, entry).map_err(|error| error.to_string());
        let written = line.and_then(|line| {
            inner.disk.append(&line)?;
            if sync {
                inner.disk.sync()?;
            }
            Ok(line)
        });
        let line = match written {
            Ok(line) => line,
            Err(error) => {
                let error = format!("the journal cannot be written: {error}");
                inner.failed = Some(error.clone());
                return Err(error);
            }
        };
        if let Some(copy) = &mut inner.copy {
            let copied = copy.append(&line).and_then(|()| if sync { copy.sync() } else { Ok(()) });
            if let Err(error) = copied {
                inner.copy = None;
                inner.copy_lost = Some(error);
            }
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record for RunLog {
    fn announce(&self, phase: Phase, moved: &Move) -> Result<(), String> {
        if phase == Phase::Restore {
            return self.append_synced(&Entry::Back {
                change: moved.change.number,
                from: moved.from().clone(),
                to: moved.to().clone(),
            });
        }
        if moved.is_again() {
            let (change, from) = (moved.change.number, moved.from().clone());
            return self.append_synced(&Entry::Again { change, from });
        }
        if !self.lock().announced.insert(moved.change.number) {
            return Ok(());
        }
        self.append_synced(&Entry::Intent(Box::new(moved.change.clone())))
    }

    fn ended(&self, phase: Phase, moved: &Move, outcome: &Outcome) {
        let result = match outcome {
            Outcome::Done | Outcome::Already => Done::Applied,
            Outcome::NotDone(_) | Outcome::Stopped => Done::NotApplied,
            Outcome::Half(_) => Done::Half,
            Outcome::Unknown(_) | Outcome::Gap(_) | Outcome::Drifted { .. } => Done::Unknown,
            Outcome::Vanished => Done::Vanished,
        };
        if *outcome == Outcome::Stopped && !self.lock().announced.contains(&moved.change.number) {
            return;
        }
        let error = (!outcome.holds()).then(|| outcome.words());
        let change = moved.change.number;
        let entry = match phase {
            Phase::Restore => Entry::Returned { change, result, error },
            Phase::Read | Phase::DryRun | Phase::Apply => Entry::Outcome { change, result, error },
        };
        // A lost outcome is "unknown", which a restore looks at; a failed journal has been noted.
        let _ = self.append_lazily(&entry);
    }

    fn announced(&self, phase: Phase, moved: &Move) -> bool {
        phase == Phase::Apply && !moved.is_again() && self.lock().announced.contains(&moved.change.number)
    }
}

impl Recorder for RunLog {
    fn created(&self, name: &str, id: &str) -> Result<(), String> {
        self.append_synced(&Entry::Created { name: name.to_owned(), id: id.to_owned() })
    }

    fn kept(&self, file: &str, content: &[u8]) -> Result<(), String> {
        self.both(|evidence| evidence.keep(file, content))
    }

    fn grown(&self, file: &str, at: u64, part: &[u8]) -> Result<(), String> {
        self.both(|evidence| evidence.grow(file, at, part))
    }

    fn grown_up(&self, file: &str) -> Result<(), String> {
        self.both(|evidence| evidence.finish(file))
    }

    fn read_back(&self, file: &str) -> Result<Option<Vec<u8>>, String> {
        self.evidence.read(file)
    }

    fn digest_of(&self, file: &str) -> Result<Option<Digest>, String> {
        self.evidence.digest(file)
    }
}

impl RunLog {
    /// Keeps evidence, and once more in the copy's folder.
    fn both(&self, keep: impl Fn(&Evidence) -> Result<(), String>) -> Result<(), String> {
        keep(&self.evidence)?;
        let mut inner = self.lock();
        if inner.copy.is_some()
            && let Some(copy) = &self.copy_folder
            && let Err(error) = keep(&Evidence::In(copy.path.join(EVIDENCE)))
        {
            // As with the journal: a copy that lacks something is no longer written.
            inner.copy = None;
            inner.copy_lost = Some(error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::MemoryDisk;
    use super::*;

    fn log() -> (RunLog, MemoryDisk, MemoryDisk) {
        let (disk, copy) = (MemoryDisk::default(), MemoryDisk::default());
        let log = RunLog::new(Box::new(disk.clone()), Some(Box::new(copy.clone())), Clock::simulated());
        (log, disk, copy)
    }

    #[test]
    fn a_lost_copy_is_said_once_and_the_journal_goes_on() {
        let (log, disk, copy) = log();
        log.append_synced(&Entry::Restored { owed: 2 }).unwrap();
        assert_eq!(disk.synced(), copy.synced());
        copy.fail();
        log.append_synced(&Entry::Restored { owed: 1 }).unwrap();
        assert_eq!(log.copy_lost().as_deref(), Some("disk full"));
        log.append_synced(&Entry::Restored { owed: 0 }).unwrap();
        assert_eq!((log.copy_lost(), log.failed()), (None, None));
        assert_eq!(Journal::parse(&disk.synced()).unwrap().entries.len(), 3);
        assert_eq!(Journal::parse(&copy.synced()).unwrap().entries.len(), 1, "what it has, restores");
    }

    #[test]
    fn evidence_goes_to_the_copy_as_long_as_it_can_be_written() {
        let dir = tempfile::tempdir().unwrap();
        let folder = |name: &str| RunFolder::at(&dir.path().join(name));
        let (log, disk, copy) = log();
        let log = log.keeping(&folder("run"), Some(&folder("copy")));
        log.kept("i-1.txt", b"login:").unwrap();
        let at = |name: &str| super::super::read(&dir.path().join(name).join("evidence/i-1.txt")).unwrap();
        assert_eq!((at("run"), at("copy")), (b"login:".to_vec(), b"login:".to_vec()));
        // A file stands where the copy's folder would be.
        let log = log.keeping(&folder("run"), Some(&folder("run/evidence/i-1.txt")));
        log.kept("i-2.txt", b"login:").unwrap();
        assert!(log.copy_lost().is_some_and(|why| why.contains("i-1.txt")));
        log.append_synced(&Entry::Restored { owed: 0 }).unwrap();
        assert_eq!((disk.synced().is_empty(), copy.synced().len(), log.failed()), (false, 0, None));
    }

    #[test]
    fn after_a_failed_write_nothing_is_appended() {
        let (log, disk, copy) = log();
        log.append_synced(&Entry::Restored { owed: 1 }).unwrap();
        disk.fail();
        log.append_synced(&Entry::Restored { owed: 0 }).unwrap_err();
        assert!(log.failed().is_some());
        assert_eq!(disk.synced(), copy.synced(), "the copy never has what the journal has not");
    }
}
