//! Where the bytes of a journal go: a file, or memory for the laws.

use std::fs;
use std::io::{BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{StoreError, io, sync_dir};
use crate::engine::journal::{Journal, LONGEST_LINE};

/// An append-only place for bytes.
pub trait Disk: Send {
    fn append(&mut self, bytes: &[u8]) -> Result<(), String>;
    /// What was appended survives a power cut when this returns. After an error nothing is known
    /// of what was appended before: it is never retried.
    fn sync(&mut self) -> Result<(), String>;
}

/// Reads and checks a journal, one line at a time.
#[expect(clippy::disallowed_methods, reason = "the store is where files are read and written")]
pub(super) fn read_journal(path: &Path) -> Result<Journal, StoreError> {
    let file = fs::File::open(path).map_err(io("read", path))?;
    // Anything else may have no end.
    if !file.metadata().map_err(io("read", path))?.is_file() {
        let error = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a file");
        return Err(StoreError::Io { doing: "read", path: path.to_owned(), error });
    }
    Journal::read(BufReader::new(file)).map_err(|error| StoreError::Journal { path: path.to_owned(), error })
}

/// A file.
pub struct FileDisk(fs::File);

#[expect(clippy::disallowed_methods, reason = "the store is where files are read and written")]
impl FileDisk {
    /// A new file; an old one is an error.
    pub fn create(path: &Path) -> Result<FileDisk, StoreError> {
        let file = fs::OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(io("create", path))?;
        path.parent().map_or(Ok(()), sync_dir)?;
        Ok(FileDisk(file))
    }

    /// An old file, to go on with. A torn last line is moved aside and the file shortened to its
    /// last whole line before anything is appended.
    pub fn reopen(path: &Path) -> Result<(FileDisk, Journal), StoreError> {
        let journal = read_journal(path)?;
        let mut file = fs::OpenOptions::new().read(true).append(true).open(path).map_err(io("open", path))?;
        let mut torn = vec![];
        file.seek(SeekFrom::Start(journal.whole as u64))
            .and_then(|_| Read::by_ref(&mut file).take(LONGEST_LINE as u64).read_to_end(&mut torn))
            .map_err(io("read", path))?;
        if !torn.is_empty() {
            let aside = path.with_extension(format!("torn-{}", journal.whole));
            super::put(&aside, &torn)?;
            file.set_len(journal.whole as u64).and_then(|()| file.sync_all()).map_err(io("shorten", path))?;
        }
        Ok((FileDisk(file), journal))
    }
}

impl Disk for FileDisk {
    fn append(&mut self, bytes: &[u8]) -> Result<(), String> {
        // A file that was removed takes every byte, and nobody finds them again.
        if self.0.metadata().map_err(|error| error.to_string())?.nlink() == 0 {
            return Err("its file was removed".into());
        }
        self.0.write_all(bytes).map_err(|error| error.to_string())
    }

    fn sync(&mut self) -> Result<(), String> {
        self.0.sync_data().map_err(|error| error.to_string())
    }
}

/// Memory that remembers how much of it was synced, and can be made to fail.
#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    bytes: Vec<u8>,
    synced: usize,
    fails: bool,
    /// Writes until it fails; `None`: it does not.
    left: Option<usize>,
}

impl MemoryDisk {
    /// Goes on from these bytes.
    pub fn with(bytes: Vec<u8>) -> MemoryDisk {
        let synced = bytes.len();
        MemoryDisk(Arc::new(Mutex::new(Memory { bytes, synced, ..Memory::default() })))
    }

    /// What survives a power cut at the least.
    pub fn synced(&self) -> Vec<u8> {
        let memory = self.lock();
        memory.bytes[..memory.synced].to_vec()
    }

    /// What survives when everything written got to the disk.
    pub fn all(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// From now on nothing can be written.
    pub fn fail(&self) {
        self.lock().fails = true;
    }

    /// The write with this number, from 1, and every later one cannot be made.
    pub fn fail_at(&self, write: usize) {
        self.lock().left = Some(write);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for MemoryDisk {
    fn append(&mut self, bytes: &[u8]) -> Result<(), String> {
        let mut memory = self.lock();
        memory.left = memory.left.map(|left| left.saturating_sub(1));
        memory.fails |= memory.left == Some(0);
        if memory.fails {
            return Err("disk full".into());
        }
        memory.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), String> {
        let mut memory = self.lock();
        if memory.fails {
            return Err("disk full".into());
        }
        memory.synced = memory.bytes.len();
        Ok(())
    }
}
