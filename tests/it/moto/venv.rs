//! A virtual environment of Python with moto, under `target/`, made on first use.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// What is installed. A different line in the marker means: make it again.
const MOTO: &str = "moto[server]==5.2.5";
const MARKER: &str = "unplug-ready";

/// The Python of the environment. Panics with one sentence that says what to install.
pub fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON
        .get_or_init(|| made(&target().join("moto"), "python3").unwrap_or_else(|missing| panic!("{missing}")))
}

/// A script of `tests/`, with the environment's Python.
pub fn script(name: &str) -> Command {
    let mut command = Command::new(python());
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name));
    command.env_clear().env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Cargo gives a test its folder for temporary files: `target/tmp`.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target/tmp has a parent").to_owned()
}

/// Makes the environment where it is missing, half made, or of another version; other test
/// processes wait at the lock meanwhile.
fn made(folder: &Path, system_python: &str) -> Result<PathBuf, String> {
    let python = folder.join("bin/python");
    let marker = folder.join(MARKER);
    let is_ready = || fs::read_to_string(&marker).is_ok_and(|line| line.trim() == MOTO);
    if is_ready() {
        return Ok(python);
    }
    let lock = File::create(folder.with_extension("lock")).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;
    if is_ready() {
        return Ok(python);
    }
    if !has_moto(&python) {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(|error| error.to_string())?;
        }
        make(folder, &python, system_python)?;
    }
    fs::write(&marker, MOTO).map_err(|error| error.to_string())?;
    Ok(python)
}

fn make(folder: &Path, python: &Path, system_python: &str) -> Result<(), String> {
    let venv = Command::new(system_python).args(["-m", "venv"]).arg(folder).output();
    if !venv.as_ref().is_ok_and(|output| output.status.success()) {
        return Err(format!(
            "The wire tests need python3 with its venv module: install python3 and python3-venv \
             (Debian, Ubuntu: apt-get install python3-venv), then run the tests again. {}",
            said(venv)
        ));
    }
    let pip = Command::new(python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", MOTO])
        .output();
    if !pip.as_ref().is_ok_and(|output| output.status.success()) {
        return Err(format!(
            "The wire tests need {MOTO} from PyPI, and pip could not install it. {}",
            said(pip)
        ));
    }
    Ok(())
}

fn has_moto(python: &Path) -> bool {
    let check = "import importlib.metadata as m, moto.server; print(m.version('moto'))";
    let version = MOTO.rsplit('=').next().unwrap_or_default();
    Command::new(python)
        .args(["-c", check])
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == version)
}

fn said(ran: std::io::Result<Output>) -> String {
    match ran {
        Ok(output) => format!(
            "({}{})",
            String::from_utf8_lossy(&output.stdout).trim(),
            String::from_utf8_lossy(&output.stderr).trim()
        ),
        Err(error) => format!("({error})"),
    }
}

#[test]
fn without_python_one_sentence_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let missing = made(&folder.path().join("moto"), "python3-that-is-not-there").unwrap_err();
    assert!(missing.contains("install python3 and python3-venv"), "{missing}");
}

#[test]
fn a_half_made_environment_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let half = folder.path().join("moto");
    fs::create_dir_all(half.join("bin")).unwrap();
    fs::write(half.join(MARKER), "moto[server]==0.0.0").unwrap();
    fs::write(half.join("bin/python"), "").unwrap();
    // Making it fails, which proves that it is tried, and that nothing half made is left.
    made(&half, "python3-that-is-not-there").unwrap_err();
    assert!(!half.exists());
}
