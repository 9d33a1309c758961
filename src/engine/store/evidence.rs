//! Evidence beside the journal: small files at once, large ones part by part, and both read back.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::files::{io, make_dir, put, read_at_most, sync_dir};
use super::{MOST, StoreError};
use crate::aws::Digest;

/// The end of the name of a file that still grows.
const GROWING: &str = ".part";
/// Bytes that are read at once.
const STEP: usize = 1 << 20;

/// Where the evidence of a run is.
#[derive(Clone)]
pub(in crate::engine) enum Evidence {
    In(PathBuf),
    /// For tests: files by name.
    Memory(Arc<Mutex<BTreeMap<String, Vec<u8>>>>),
}

impl Evidence {
    pub fn keep(&self, name: &str, content: &[u8]) -> Result<(), String> {
        match self {
            Evidence::In(folder) => keep(folder, name, content).map_err(|error| error.to_string()),
            Evidence::Memory(_) => {
                self.memory(|files| files.insert(name.to_owned(), content.to_vec()));
                Ok(())
            }
        }
    }

    pub fn grow(&self, name: &str, at: u64, part: &[u8]) -> Result<(), String> {
        match self {
            Evidence::In(folder) => grow(folder, name, at, part).map_err(|error| error.to_string()),
            Evidence::Memory(_) => self.memory(|files| {
                let file = files.entry(format!("{name}{GROWING}")).or_default();
                if at == 0 {
                    file.clear();
                }
                file.extend_from_slice(part);
                Ok(())
            }),
        }
    }

    pub fn finish(&self, name: &str) -> Result<(), String> {
        match self {
            Evidence::In(folder) => finish(folder, name).map_err(|error| error.to_string()),
            Evidence::Memory(_) => self.memory(|files| {
                let file = files.remove(&format!("{name}{GROWING}")).unwrap_or_default();
                files.insert(name.to_owned(), file);
                Ok(())
            }),
        }
    }

    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        match self {
            Evidence::In(folder) => match read_at_most(&place(folder, name), MOST) {
                Err(StoreError::Io { error, .. }) if error.kind() == ErrorKind::NotFound => Ok(None),
                read => read.map(Some).map_err(|error| error.to_string()),
            },
            Evidence::Memory(_) => self.memory(|files| Ok(files.get(name).cloned())),
        }
    }

    pub fn digest(&self, name: &str) -> Result<Option<Digest>, String> {
        match self {
            Evidence::In(folder) => digest(&place(folder, name)).map_err(|error| error.to_string()),
            Evidence::Memory(_) => self.memory(|files| {
                let of = |file: &Vec<u8>| told(&Sha256::digest(file), file.len() as u64);
                Ok(files.get(name).map(of))
            }),
        }
    }

    fn memory<T>(&self, with: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T) -> T {
        let files = match self {
            Evidence::Memory(files) => files.clone(),
            Evidence::In(_) => Arc::default(),
        };
        let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
        with(&mut files)
    }
}

/// Where evidence of this name is. The name may hold ids from AWS: no part of it leads out of the folder.
fn place(folder: &Path, name: &str) -> PathBuf {
    let fits = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let parts = name.split('/').map(|part| {
        let part: String = part.chars().map(fits).collect();
        if part.chars().all(|c| c == '.') { "_".repeat(part.len().max(1)) } else { part }
    });
    parts.fold(folder.to_owned(), |path, part| path.join(part))
}

/// Makes the folder of a file where it is missing.
fn made(path: &Path) -> Result<(), StoreError> {
    make_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Puts a file in place whole.
pub(super) fn keep(folder: &Path, name: &str, content: &[u8]) -> Result<(), StoreError> {
    let path = place(folder, name);
    made(&path)?;
    put(&path, content)?;
    sync_up(folder, &path)
}

/// Makes the entry of a file durable, and those of the folders that it is in.
fn sync_up(folder: &Path, path: &Path) -> Result<(), StoreError> {
    let run = folder.parent().unwrap_or(folder);
    path.ancestors().skip(1).take_while(|above| above.starts_with(run)).try_for_each(sync_dir)
}

/// Writes a part of a file that is put in place later.
#[expect(clippy::disallowed_methods, reason = "the store is where files are read and written")]
fn grow(folder: &Path, name: &str, at: u64, part: &[u8]) -> Result<(), StoreError> {
    let path = place(folder, &format!("{name}{GROWING}"));
    made(&path)?;
    let mut open = fs::OpenOptions::new();
    let open = open.write(true).mode(0o600);
    if at == 0 {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(io("replace", &path)(error)),
            _ => open.create_new(true),
        };
    }
    let mut file = open.open(&path).map_err(io("write", &path))?;
    let write = |file: &mut fs::File| {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(part)
    };
    write(&mut file).map_err(io("write", &path))
}

/// Makes a file durable that has grown to its end, and puts it in place.
#[expect(clippy::disallowed_methods, reason = "the store is where files are read and written")]
fn finish(folder: &Path, name: &str) -> Result<(), StoreError> {
    let (path, growing) = (place(folder, name), place(folder, &format!("{name}{GROWING}")));
    let file = fs::File::open(&growing).map_err(io("read", &growing))?;
    file.sync_all().map_err(io("sync", &growing))?;
    fs::rename(&growing, &path).map_err(io("replace", &path))?;
    sync_up(folder, &path)
}

/// Reads a file to its end.
#[expect(clippy::disallowed_methods, reason = "the store is where files are read and written")]
fn digest(path: &Path) -> Result<Option<Digest>, StoreError> {
    let mut file = match fs::File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.map_err(io("read", path))?,
    };
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; STEP]);
    loop {
        match file.read(&mut buffer).map_err(io("read", path))? {
            0 => return Ok(Some(told(&hash.finalize(), bytes))),
            read => {
                hash.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

fn told(hash: &[u8], bytes: u64) -> Digest {
    Digest { sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(), bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_grows_part_by_part_and_is_read_back_from_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let evidence = Evidence::In(dir.path().join("evidence"));
        for turn in 0..2 {
            evidence.grow("a/b/layer", 0, b"abc").unwrap();
            evidence.grow("a/b/layer", 3, b"def").unwrap();
            assert_eq!(evidence.digest("a/b/layer").unwrap().is_some(), turn > 0, "not in place yet");
            evidence.finish("a/b/layer").unwrap();
        }
        let found = evidence.digest("a/b/layer").unwrap().unwrap();
        assert_eq!(found, told(&Sha256::digest(b"abcdef"), 6));
        let memory = Evidence::Memory(Arc::default());
        memory.grow("a", 0, b"abc").unwrap();
        memory.grow("a", 3, b"def").unwrap();
        memory.finish("a").unwrap();
        assert_eq!(memory.digest("a").unwrap(), Some(found));
        assert_eq!(memory.digest("b").unwrap(), None);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let at = |name: &str| place(Path::new("/e"), name).display().to_string();
        assert_eq!(at("../../etc/passwd"), "/e/__/__/etc/passwd");
        assert_eq!(at("/etc//x"), "/e/_/etc/_/x");
        assert_eq!(at("a:b\n/..."), "/e/a_b_/___");
        assert_eq!(at("i-1.txt"), "/e/i-1.txt");
    }

    #[test]
    fn a_part_that_cannot_be_written_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let evidence = Evidence::In(dir.path().join("evidence"));
        evidence.keep("a", b"a file where the folder should be").unwrap();
        assert!(evidence.grow("a/layer", 0, b"abc").is_err());
        assert!(evidence.grow("b/layer", 3, b"no beginning").is_err());
    }
}
