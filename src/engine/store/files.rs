//! Files and folders of the store: new ones are for their owner alone, and appear whole or not at all.

use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::StoreError;
use crate::document::open_regular;

/// The largest journal that is read. A larger one would not fit into memory.
const MOST: u64 = 1 << 30;

pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError::Io { doing, path, error }
}

/// Reads a regular file. A pipe would be waited for, and a device never ends.
pub fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    read_at_most(path, MOST)
}

pub(super) fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![];
    open_regular(path, most)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(io("read", path))?;
    Ok(bytes)
}

/// Puts a file in place whole. It is written beside it, under a name that nobody can guess and that no
/// link can wait at, synced, and moved.
#[expect(clippy::disallowed_methods, reason = "the store is where files are read and written")]
pub(super) fn put(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    // A device or a pipe that a person named, as /dev/stdout: nothing is put in its place.
    if fs::metadata(path).is_ok_and(|about| !about.is_file() && !about.is_dir()) {
        let mut file = fs::OpenOptions::new().write(true).open(path).map_err(io("write", path))?;
        return file.write_all(bytes).map_err(io("write", path));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = new_file(folder).map_err(io("write", path))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(io("write", path))?;
    file.persist(path).map_err(|error| io("replace", path)(error.error))?;
    Ok(())
}

/// A new file for its owner alone, under a name that nobody can guess. An error is the system's own:
/// `tempfile` alone would name a path that nobody knows.
#[expect(clippy::disallowed_methods, reason = "the store is where files are read and written")]
fn new_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let open =
        |path: &Path| fs::OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
    tempfile::Builder::new().prefix(".unplug-").make_in(folder, open)
}

#[expect(clippy::disallowed_methods, reason = "the store is where files are read and written")]
pub(crate) fn make_dir(path: &Path) -> Result<(), StoreError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io("create", path))
}

/// Makes a new entry of a folder durable, where the file system can.
pub(super) fn sync_dir(path: &Path) -> Result<(), StoreError> {
    match sync(path) {
        // The store has warned of it when it was opened.
        Err(error) if is_lacking(&error) => Ok(()),
        synced => synced.map_err(io("sync", path)),
    }
}

/// Can the file system make a new entry of this folder durable?
pub(super) fn is_durable(path: &Path) -> bool {
    !sync(path).is_err_and(|error| is_lacking(&error))
}

#[expect(clippy::disallowed_methods, reason = "the store is where files are read and written")]
fn sync(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// `ENOLCK`: no locks are to be had, as on a share whose server keeps none.
const NO_LOCKS: i32 = if cfg!(target_os = "linux") { 37 } else { 77 };

/// Does the file system lack the operation? Shares and file systems in user space answer so.
pub(super) fn is_lacking(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput)
        || error.raw_os_error() == Some(NO_LOCKS)
}

/// Writes a file and removes it again. Returns the id of the user whose file it was.
pub(super) fn try_out(folder: &Path) -> Result<u32, StoreError> {
    let file = new_file(folder).map_err(io("write", folder))?;
    let owner = file.as_file().metadata().map_err(io("read", folder))?.uid();
    file.close().map_err(io("write", folder))?;
    Ok(owner)
}

/// Gives a program a file to show. `None` when there is no such program, or it fails.
pub fn shown_by(program: &str, bytes: &[u8]) -> Option<()> {
    let mut file = tempfile::Builder::new().prefix("unplug-").tempfile().ok()?;
    file.write_all(bytes).and_then(|()| file.flush()).ok()?;
    let status = std::process::Command::new(program).arg(file.path()).status().ok()?;
    status.success().then_some(())
}

/// Warns of a folder that others may write or read. What a restore does stands in it.
#[expect(clippy::disallowed_methods, reason = "the store is where files are read and written")]
pub(super) fn open_to_others(folder: &Path, me: Option<u32>) -> Option<String> {
    let about = fs::metadata(folder).ok()?;
    let (shown, mode) = (folder.display(), about.mode() & 0o7777);
    if me.is_some_and(|me| me != about.uid() && about.uid() != 0) {
        return Some(format!("{shown} belongs to another user, who can change what a restore does"));
    }
    let remedy = format!("(mode {mode:04o}): chmod 700 {shown}");
    match mode {
        _ if mode & 0o022 != 0 => {
            Some(format!("others can change what is in {shown}, and with it what a restore does {remedy}"))
        }
        _ if mode & 0o055 != 0 => {
            Some(format!("others can read in {shown} how the account is built {remedy}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_file_that_is_put_in_place_follows_no_link_and_spares_its_neighbours() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("friday.tmp"), "mine").unwrap();
        fs::write(at("victim"), "mine").unwrap();
        for link in [".probe", "monday.tmp", "sunday.json"] {
            symlink(at("victim"), at(link)).unwrap();
        }
        for name in ["friday.json", "monday.json", "sunday.json"] {
            put(&at(name), b"[]").unwrap();
            assert_eq!(fs::read(at(name)).unwrap(), b"[]");
            assert_eq!(fs::symlink_metadata(at(name)).unwrap().mode() & 0o7777, 0o600, "{name}");
        }
        try_out(dir.path()).unwrap();
        assert_eq!(fs::read(at("friday.tmp")).unwrap(), b"mine");
        assert_eq!(fs::read(at("victim")).unwrap(), b"mine");
        let names = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(names, 7, "nothing is left behind");
        // Nothing is put in the place of a device.
        put(Path::new("/dev/null"), b"[]").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn what_is_no_regular_file_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        for path in [dir.path(), Path::new("/dev/zero")] {
            let error = read(path).unwrap_err().to_string();
            assert!(error.contains("must be a regular file"), "{error}");
        }
        fs::write(dir.path().join("long"), "12345").unwrap();
        let error = read_at_most(&dir.path().join("long"), 4).unwrap_err().to_string();
        assert!(error.contains("at most"), "{error}");
    }

    /// The folders of `/proc` cannot be synced, as those of some shares.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_cannot_be_synced_is_noticed_and_no_failure() {
        sync_dir(Path::new("/proc")).unwrap();
        assert!(!is_durable(Path::new("/proc")));
        let dir = tempfile::tempdir().unwrap();
        assert!(is_durable(dir.path()));
        sync_dir(&dir.path().join("nowhere")).unwrap_err();
    }

    #[test]
    fn a_folder_that_others_can_enter_is_warned_of() {
        let dir = tempfile::tempdir().unwrap();
        let said = |mode: u32| {
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
            open_to_others(dir.path(), Some(try_out(dir.path()).unwrap())).unwrap_or_default()
        };
        assert!(
            said(0o777).starts_with("others can change") && said(0o777).contains("(mode 0777): chmod 700")
        );
        assert!(said(0o770).starts_with("others can change"));
        assert!(said(0o755).starts_with("others can read"));
        assert_eq!(said(0o700), "");
    }
}
