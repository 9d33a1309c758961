//! The account as another client sees it: `tests/dump.py`, with boto3.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::NamedTempFile;
use unplug::account::denial::{self, Denial};

use super::server::Listening;
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
    let (code, said) = dump_py(&[&["dump", url], regions].concat());
    assert_eq!(code, "0", "dump.py: {said}");
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(said.as_bytes()).expect("a temporary file can be written");
    Dump { json: serde_json::from_str(&said).expect("dump.py prints JSON"), file }
}

/// The differences in words when there is one that was not declared.
pub fn compare(before: &Dump, after: &Dump, declared: &[Declared]) -> Result<(), String> {
    let path = |dump: &Dump| dump.file.path().to_str().expect("a path in UTF-8").to_owned();
    let mut words = vec!["compare".to_owned(), path(before), path(after)];
    for difference in declared {
        let (option, value) = match difference {
            Declared::May(pattern) => ("--allow", pattern.clone()),
            Declared::Must(pattern) => ("--expect", pattern.clone()),
            Declared::Alias { new, old } => ("--alias", format!("{new}={old}")),
        };
        words.extend([option.to_owned(), value]);
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match dump_py(&words) {
        (code, _) if code == "0" => Ok(()),
        (_, said) => Err(said),
    }
}

/// The exit code of `dump.py` with these arguments, and what it printed. One process serves all tests.
fn dump_py(words: &[&str]) -> (String, String) {
    static SERVER: OnceLock<Listening> = OnceLock::new();
    let server = SERVER.get_or_init(|| Listening::start(script("dump.py").arg("serve")));
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("dump.py listens");
    writeln!(stream, "{}", serde_json::json!(words)).expect("dump.py can be asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("dump.py answers");
    let (said, code) = answer.trim_end().rsplit_once('\n').expect("the exit code is the last line");
    (code.to_owned(), said.to_owned())
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
