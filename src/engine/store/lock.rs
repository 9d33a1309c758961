//! One run per account and machine.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::files::is_lacking;

/// Held while a run works on an account. The operating system drops it with the process.
#[derive(Debug)]
pub struct AccountLock {
    #[expect(dead_code, reason = "held, not read")]
    file: File,
    warning: Option<String>,
}

impl AccountLock {
    /// Says that it locks nothing, where the file system has no locks. Two runs on two machines are not
    /// kept apart either.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }
}

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
        let warning = judge(path, file.try_lock())?;
        Ok(AccountLock { file, warning })
    }
}

/// What it means that a file could or could not be locked.
fn judge(path: &Path, locked: Result<(), TryLockError>) -> Result<Option<String>, LockError> {
    match locked {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Err(LockError::Held(path.to_owned())),
        Err(TryLockError::Error(error)) if is_lacking(&error) => Ok(Some(format!(
            "the file system of {} has no locks ({error}): nothing keeps a second unplug away from this account; \
             see that nobody else runs one",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(LockError::Io { path: path.to_owned(), error }),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_file_system_without_locks_is_a_warning_and_a_lock_of_another_a_refusal() {
        let judged = |locked| judge(Path::new("x.lock"), locked);
        assert_eq!(judged(Ok(())).unwrap(), None);
        assert!(matches!(judged(Err(TryLockError::WouldBlock)), Err(LockError::Held(_))));
        let enolck = io::Error::from_raw_os_error(if cfg!(target_os = "linux") { 37 } else { 77 });
        for error in [enolck, io::ErrorKind::Unsupported.into(), io::ErrorKind::InvalidInput.into()] {
            assert!(judged(Err(TryLockError::Error(error))).unwrap().unwrap().contains("has no locks"));
        }
        let other = TryLockError::Error(io::ErrorKind::PermissionDenied.into());
        assert!(matches!(judged(Err(other)), Err(LockError::Io { .. })));
    }
}
