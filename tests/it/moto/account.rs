//! The account as another client sees it: `tests/dump.py`, with boto3.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::NamedTempFile;
use unplug::account::denial::{self, Denial};

use super::venv::{python, script};

/// All fields of an account in some Regions.
pub struct Dump {
    file: NamedTempFile,
    pub json: Value,
}

/// What may differ between two dumps: a shell pattern over paths such as `trails/eu-west-1/*`; or the
/// new id of what had to be made again, and its old one.
#[derive(Clone, Debug)]
pub enum Declared {
    May(String),
    Must(String),
    Alias { new: String, old: String },
}

/// Dumps the Regions, or all that are enabled when none is named (which takes seconds).
pub fn dump(url: &str, regions: &[&str]) -> Dump {
    let output = script("dump.py").args(["dump", url]).args(regions).output().expect("dump.py runs");
    assert!(output.status.success(), "dump.py: {}", String::from_utf8_lossy(&output.stderr));
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(&output.stdout).expect("a temporary file can be written");
    Dump { json: serde_json::from_slice(&output.stdout).expect("dump.py prints JSON"), file }
}

/// The differences in words when there is one that was not declared.
pub fn compare(before: &Dump, after: &Dump, declared: &[Declared]) -> Result<(), String> {
    let mut command = script("dump.py");
    command.arg("compare").args([before.file.path(), after.file.path()]);
    for difference in declared {
        match difference {
            Declared::May(pattern) => command.args(["--allow", pattern]),
            Declared::Must(pattern) => command.args(["--expect", pattern]),
            Declared::Alias { new, old } => command.arg("--alias").arg(format!("{new}={old}")),
        };
    }
    let output = command.output().expect("dump.py runs");
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&said).into_owned())
}

/// boto3 as the client: writes that the binary could make.
pub fn boto(url: &str, code: &str) -> Command {
    let mut command = Command::new(python());
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    command.args(["-c", &format!("import sys; sys.path.insert(0, {tests:?})\nfrom client import *\n{code}")]);
    command.env("URL", url).env("PYTHONDONTWRITEBYTECODE", "1");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// What unplug's inline policy denies a user or a role, as boto3 sees it.
pub fn denied(principal: &Value) -> Option<Denial> {
    let lists = ["UserPolicyList", "RolePolicyList"];
    let own = lists.iter().find_map(|list| principal[*list].get(denial::NAME))?;
    denial::read(&own["PolicyDocument"].to_string())
}
