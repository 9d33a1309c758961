//! One run per account and machine.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Held while a run works on an account. The operating system drops it with the process.
#[derive(Debug)]
pub struct AccountLock(#[expect(dead_code, reason = "held, not read")] File);

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another unplug works on this account on this machine (lock {})", .0.display())]
    Held(PathBuf),
    #[error("cannot lock {path}: {error}", path = path.display())]
    Io { path: PathBuf, error: std::io::Error },
}

impl AccountLock {
    #[expect(clippy::disallowed_methods, reason = "the store is where files are read and written")]
    pub(super) fn take(path: &Path) -> Result<AccountLock, LockError> {
        let fail = |error| LockError::Io { path: path.to_owned(), error };
        let file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(fail)?;
        match file.try_lock() {
            Ok(()) => Ok(AccountLock(file)),
            Err(TryLockError::WouldBlock) => Err(LockError::Held(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(fail(error)),
        }
    }
}
