//! The suite for a real account of your own. It cuts, and puts back.
//!
//! ```text
//! UNPLUG_SANDBOX_ACCOUNT=123456789012 AWS_PROFILE=sandbox \
//!     cargo test --test it sandbox -- --ignored
//! ```
//!
//! It refuses every account but the one that the variable names, and cuts only the Regions in
//! `UNPLUG_SANDBOX_REGIONS` (a list with commas), or us-east-1. Keys that are leaked stay off, and
//! logging stays on: use an account in which that does not matter.

use std::process::Command;

use serde_json::Value;
use unplug::account::Account;
use unplug::engine::verify::differences;
use unplug::step::Names;

struct Sandbox {
    account: String,
    regions: String,
    state: tempfile::TempDir,
}

impl Sandbox {
    fn named_by_the_environment() -> Sandbox {
        let account = std::env::var("UNPLUG_SANDBOX_ACCOUNT")
            .expect("UNPLUG_SANDBOX_ACCOUNT names the account that may be cut");
        assert!(
            account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()),
            "an account id has 12 digits"
        );
        let regions = std::env::var("UNPLUG_SANDBOX_REGIONS").unwrap_or_else(|_| "us-east-1".into());
        Sandbox { account, regions, state: tempfile::tempdir().unwrap() }
    }

    /// Standard output of the binary, which must end with one of these codes.
    fn unplug(&self, words: &[&str], codes: &[i32]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_unplug"))
            .args(words)
            .arg("--state-dir")
            .arg(self.state.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code().is_some_and(|code| codes.contains(&code)), "{words:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn snapshot(&self, name: &str) -> Account {
        let path = self.state.path().join(name);
        self.unplug(&["snapshot", "--regions", &self.regions, "--out", path.to_str().unwrap()], &[0, 4]);
        let account: Account = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(account.id, self.account, "the credentials belong to another account: nothing was cut");
        account
    }
}

#[test]
#[ignore = "cuts a real account: named by UNPLUG_SANDBOX_ACCOUNT, and no other"]
fn a_sandbox_account_is_cut_as_planned_and_put_back() {
    let sandbox = Sandbox::named_by_the_environment();
    let before = sandbox.snapshot("before.json");
    let sure = ["--yes", "--account", &sandbox.account];
    sandbox.unplug(&[&["pull", "--regions", &sandbox.regions], &sure[..]].concat(), &[0, 4]);

    let plan: Value =
        serde_json::from_str(&sandbox.unplug(&["plan", "--json", "--regions", &sandbox.regions], &[0, 4]))
            .unwrap();
    assert_eq!(plan["changes"], Value::Array(vec![]), "law 2: a second plan finds nothing to cut");

    sandbox.unplug(&[&["restore", "--latest"], &sure[..]].concat(), &[0]);
    let after = sandbox.snapshot("after.json");
    let runs: Value =
        serde_json::from_str(sandbox.unplug(&["runs", "--json"], &[0]).lines().next().unwrap()).unwrap();
    let run = runs["run"].as_str().unwrap();
    let shown: Value = serde_json::from_str(&sandbox.unplug(&["show", run, "--json"], &[0])).unwrap();
    let kept: Vec<&str> =
        shown["owed"].as_array().unwrap().iter().filter_map(|owed| owed["target"]["id"].as_str()).collect();
    let on_purpose = |path: &str| path.contains(run) || kept.iter().any(|id| path.contains(id));
    let left: Vec<_> = differences((&before, &Names::default()), (&after, &Names::default()))
        .into_iter()
        .filter(|difference| !on_purpose(&difference.path))
        .collect();
    assert_eq!(left, vec![], "law 1: everything is as before but what stays on purpose");
}
