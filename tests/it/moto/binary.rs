//! The built binary, with an environment of its own: no profile, no configuration, no real account.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tempfile::TempDir;

use super::proxy::ended;

pub const ACCOUNT: &str = "123456789012";

/// Cargo names the binary at run time too: a test binary can then be tried with a copy of it.
fn path() -> OsString {
    std::env::var_os("CARGO_BIN_EXE_unplug").unwrap_or_else(|| env!("CARGO_BIN_EXE_unplug").into())
}

/// A machine: a home, a state folder, an endpoint. Dropped, its files are gone.
pub struct Machine {
    home: TempDir,
    url: String,
}

/// How a run of the binary ended, and what it said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Machine {
    pub fn new(url: &str) -> Machine {
        Machine { home: tempfile::tempdir().expect("a temporary folder"), url: url.into() }
    }

    /// The same machine, with another way to the account.
    pub fn through(mut self, url: &str) -> Machine {
        self.url = url.into();
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// `unplug` with these words, not started.
    pub fn command(&self, words: &[&str]) -> Command {
        self.at(&self.url, words)
    }

    /// The same, by another way to the account.
    pub fn at(&self, url: &str, words: &[&str]) -> Command {
        let mut command = self.bare(words);
        command.args(["--endpoint-url", url]);
        command.env("AWS_ACCESS_KEY_ID", "AKIAWIRETEST00000000").env("AWS_SECRET_ACCESS_KEY", "wire-test");
        command
    }

    /// Without credentials, without an endpoint.
    pub fn bare(&self, words: &[&str]) -> Command {
        let mut command = Command::new(path());
        command.args(words).args(["--color", "never", "--state-dir"]).arg(self.state());
        command.env_clear().env("HOME", self.home.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        // Wherever the test runs.
        command.env("COLUMNS", "100");
        command.current_dir(self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, words: &[&str]) -> Said {
        Said::of(self.command(words).output().expect("the binary runs"))
    }

    /// With `--yes --account`.
    pub fn sure(&self, words: &[&str]) -> Said {
        self.run(&[words, &["--yes", "--account", ACCOUNT]].concat())
    }

    /// The same, started; its words go nowhere.
    pub fn start(&self, words: &[&str]) -> Arc<Mutex<Child>> {
        let mut command = self.command(&[words, &["--yes", "--account", ACCOUNT]].concat());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Arc::new(Mutex::new(command.spawn().expect("the binary runs")))
    }

    /// Waits for what was started.
    pub fn wait(child: &Arc<Mutex<Child>>) -> Option<i32> {
        ended(child).code()
    }

    /// The folders of the runs, oldest first.
    pub fn runs(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.state().join("runs")) else { return vec![] };
        let mut runs: Vec<_> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
        runs.sort();
        runs
    }

    /// The newest run's folder and id.
    pub fn latest(&self) -> (PathBuf, String) {
        let path = self.runs().pop().expect("a run is recorded");
        let id = path.file_name().expect("a folder").to_string_lossy().into_owned();
        (path, id)
    }
}

impl Said {
    pub fn of(output: Output) -> Said {
        Said {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails with everything it said when it did not end so.
    #[track_caller]
    pub fn ends(self, code: i32) -> Said {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.out, self.err);
        self
    }

    /// Fails with everything it said when it did not say this.
    #[track_caller]
    pub fn says(self, words: &str) -> Said {
        let all = format!("{}\n{}", self.out, self.err);
        assert!(all.contains(words), "{words:?} is not in\n{all}");
        self
    }

    #[track_caller]
    pub fn says_not(self, words: &str) -> Said {
        let all = format!("{}\n{}", self.out, self.err);
        assert!(!all.contains(words), "{words:?} is in\n{all}");
        self
    }

    /// One JSON value on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }
}

/// The lines of a run's journal.
pub fn journal(run: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(run.join("journal.jsonl")).expect("a journal");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}
