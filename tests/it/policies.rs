//! `unplug policy`: every document fits where it goes, has each action once, and none is missing.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use serde_json::Value;
use unplug::account::Actor;
use unplug::aws::Aws;
use unplug::aws::ledger::Phase;
use unplug::checks;
use unplug::collect::{self, Ask};
use unplug::playbook;
use unplug::scenario;
use unplug::sim::Simulation;
use unplug::step::StepId;
use unplug::step::policy::{Holder, Statement, documents, size};
use unplug::steps::STEPS;
use unplug::steps::permissions;

fn parts(steps: &[StepId]) -> Vec<Statement> {
    let mut parts = permissions::reading(steps).to_vec();
    parts.push(("UnplugApply", permissions::apply(steps)));
    parts.push(("UnplugRestore", permissions::undo(steps)));
    parts.push(permissions::on_behalf(steps));
    parts
}

/// Every shipped playbook, every step by itself, and all at once with the analyzer besides.
fn everything() -> Vec<(String, Vec<Statement>)> {
    let shipped = playbook::list().unwrap().into_iter().map(|playbook| {
        let steps: Vec<StepId> = playbook.steps.iter().map(|entry| entry.step).collect();
        (playbook.name, parts(&steps))
    });
    let mut all: Vec<(String, Vec<Statement>)> = shipped.collect();
    let steps: Vec<StepId> = STEPS.iter().map(|step| step.spec().id).collect();
    all.extend(steps.iter().map(|step| (format!("step {step}"), parts(&[*step]))));
    let mut whole = parts(&steps);
    whole.push(("UnplugAnalyzer", permissions::ANALYZER.iter().copied().collect()));
    all.push(("every step".into(), whole));
    all
}

fn actions(document: &Value) -> impl Iterator<Item = &str> {
    let statements = document["Statement"].as_array().unwrap().iter();
    statements.flat_map(|statement| statement["Action"].as_array().unwrap()).map(|a| a.as_str().unwrap())
}

#[test]
fn every_document_fits_where_it_goes_and_has_each_action_once() {
    let all = everything();
    assert!(all.len() > STEPS.len() + 2, "only {} sets of steps", all.len());
    for (name, parts) in all {
        let needed: BTreeSet<&str> = parts.iter().flat_map(|(_, actions)| actions).copied().collect();
        for (holder, limit) in [(Holder::Managed, 6_144), (Holder::Role, 10_240), (Holder::User, 2_048)] {
            let made = match documents(&parts, holder) {
                Ok(made) => made,
                // AWS has no place for it: said, not cut short.
                Err(long) if holder != Holder::Managed => {
                    assert!(long.size > limit, "{name}: {long:?}");
                    continue;
                }
                Err(long) => panic!("{name}, {holder:?}: {long:?}"),
            };
            for document in &made {
                assert!(size(document) <= limit, "{name}, {holder:?}: {}", size(document));
            }
            let there: Vec<&str> = made.iter().flat_map(actions).collect();
            assert_eq!(there.len(), needed.len(), "{name}, {holder:?}: an action stands twice");
            assert_eq!(there.into_iter().collect::<BTreeSet<_>>(), needed, "{name}, {holder:?}");
        }
    }
}

fn unplug(args: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_unplug"))
        .arg("policy")
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .current_dir(home.path())
        .output()
        .unwrap()
}

fn said(args: &[&str]) -> (String, String) {
    let output = unplug(args);
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(output.status.code(), Some(0), "{args:?}: {err}");
    (out, err)
}

#[test]
fn stdout_is_one_document_and_stderr_says_how_to_attach_it() {
    for (holder, command) in [
        ("managed", "aws iam create-policy --policy-name unplug --policy-document file://unplug.json"),
        ("role", "aws iam put-role-policy --role-name ROLE --policy-name unplug"),
        ("user", "aws iam put-user-policy --user-name USER --policy-name unplug"),
    ] {
        let (out, err) = said(&["--for", holder, "--steps", "520"]);
        let document: Value = serde_json::from_str(&out).unwrap();
        assert!(actions(&document).any(|action| action == "ec2:CreateNetworkAcl"), "{out}");
        let words = err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(command), "{err}");
        assert!(words.contains(&size(&document).to_string()), "{err}");
    }
}

#[test]
fn what_aws_does_with_the_callers_rights_is_allowed_on_the_roles_of_identity_center_alone() {
    let (out, _) = said(&["--steps", "110"]);
    let document: Value = serde_json::from_str(&out).unwrap();
    let statements = document["Statement"].as_array().unwrap();
    let (narrow, wide): (Vec<&Value>, Vec<&Value>) =
        statements.iter().partition(|one| one["Sid"] == "UnplugSignInRoles");
    assert!(wide.iter().all(|one| one["Resource"] == "*"), "{out}");
    let resources = serde_json::json!([
        "arn:*:iam::*:role/aws-reserved/sso.amazonaws.com/*",
        "arn:*:iam::*:saml-provider/AWSSSO_*_DO_NOT_DELETE"
    ]);
    assert_eq!(narrow[0]["Resource"], resources);
    let allowed = narrow[0]["Action"].as_array().unwrap();
    for action in ["iam:ListRolePolicies", "iam:UpdateSAMLProvider", "iam:CreateRole", "iam:PutRolePolicy"] {
        assert!(allowed.contains(&action.into()), "{action}");
    }
    assert!(wide.iter().all(|one| !one.to_string().contains("iam:CreateRole")), "{out}");
}

#[test]
fn a_user_that_cannot_hold_it_is_refused_with_what_can() {
    let output = unplug(&["--for", "user"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("2048 characters") && words.contains("--for managed"), "{words}");
    assert_eq!(unplug(&["--part", "9"]).status.code(), Some(2), "there is no ninth document");
}

/// The object that begins at the first brace after `start`.
fn object<'a>(text: &'a str, start: &str) -> Option<(Value, &'a str)> {
    let rest = &text[text.find(start)? + start.len()..];
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    let value = values.next().unwrap().unwrap();
    Some((value, &rest[values.byte_offset()..]))
}

#[test]
fn terraform_and_cloudformation_hold_the_same_documents() {
    // What the inline policies of a role can hold.
    let of = |words: &[&str]| said(&[&["fastest", "--phase", "apply"], words].concat());
    let (plain, _) = of(&["--for", "role"]);
    let plain: Value = serde_json::from_str(&plain).unwrap();
    let needed: BTreeSet<&str> = actions(&plain).collect();
    for (holder, resource, kind) in [
        ("managed", "aws_iam_policy", "AWS::IAM::ManagedPolicy"),
        ("role", "aws_iam_role_policy", "AWS::IAM::RolePolicy"),
    ] {
        let (text, _) = of(&["--for", holder, "--format", "terraform"]);
        assert!(text.contains(&format!("resource \"{resource}\" \"unplug")), "{text}");
        assert_eq!(text.matches('{').count(), text.matches('}').count());
        let (mut found, mut rest) = (BTreeSet::new(), text.as_str());
        while let Some((document, after)) = object(rest, "jsonencode(") {
            assert!(after.starts_with(')'));
            found.extend(actions(&document).map(str::to_owned));
            rest = after;
        }
        assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), needed);

        let (text, err) = of(&["--for", holder, "--format", "cloudformation"]);
        let template: Value = serde_json::from_str(&text).unwrap();
        let resources = template["Resources"].as_object().unwrap();
        assert!(resources.values().all(|resource| resource["Type"] == kind), "{text}");
        assert!(resources.keys().all(|id| id.chars().all(char::is_alphanumeric)), "{text}");
        let found: BTreeSet<&str> = resources
            .values()
            .flat_map(|resource| actions(&resource["Properties"]["PolicyDocument"]))
            .collect();
        assert_eq!(found, needed);
        assert!(err.contains("CAPABILITY_NAMED_IAM"), "{err}");
    }
    let (user, _) = said(&["--for", "user", "--format", "terraform", "--steps", "520"]);
    assert!(user.contains("aws_iam_user_policy") && user.contains("var.unplug_user"), "{user}");
}

#[test]
fn an_actor_and_the_run_have_policies_that_together_allow_all_of_it() {
    let home = tempfile::tempdir().unwrap();
    let of = |args: &[&str]| -> BTreeSet<String> {
        let output = Command::new(env!("CARGO_BIN_EXE_unplug"))
            .args(["policy", "pull-the-plug"])
            .args(args)
            .env_clear()
            .env("HOME", home.path())
            .current_dir(home.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        let documents = printed.as_array().cloned().unwrap_or_else(|| vec![printed]);
        documents.iter().flat_map(actions).map(str::to_owned).collect()
    };
    let all = of(&[]);
    let his = of(&["--actor", "organization"]);
    assert!(his.contains("sso:ProvisionPermissionSet"), "{his:?}");
    let besides: BTreeSet<String> = permissions::ACTOR.iter().map(|action| (*action).to_owned()).collect();
    // AWS uses the rights of whoever signs the calls of Identity Center.
    let (_, on_behalf) = permissions::on_behalf(&[StepId(110)]);
    assert!(on_behalf.contains("iam:UpdateSAMLProvider"), "{on_behalf:?}");
    assert!(on_behalf.iter().all(|action| his.contains(*action)), "{his:?}");
    let besides: BTreeSet<String> =
        besides.into_iter().chain(on_behalf.into_iter().map(str::to_owned)).collect();
    for action in his.difference(&besides) {
        assert_eq!(Actor::of_call(action), Some(Actor::Organization), "{action}");
    }
    // Where the team has named him, its own document leaves out what is his.
    let text = "[actors]\norganization = { profile = \"org-admin\" }\n";
    std::fs::write(home.path().join("unplug.toml"), text).unwrap();
    let own = of(&[]);
    assert!(own.iter().all(|action| Actor::of_call(action).is_none()), "{own:?}");
    let both: BTreeSet<String> = own.union(&his).cloned().collect();
    assert_eq!(both, all.union(&besides).cloned().collect());
    for holder in ["managed", "role"] {
        assert_eq!(of(&["--actor", "organization", "--for", holder]), his);
    }
}

/// Every call that the checks make, by the actions of the calls made.
#[tokio::test]
async fn the_policy_for_the_checks_has_the_actions_of_their_calls() {
    let (out, _) = said(&["--phase", "check"]);
    let documents: Value = serde_json::from_str(&out).unwrap();
    let documents = documents.as_array().cloned().unwrap_or_else(|| vec![documents.clone()]);
    let granted: BTreeSet<&str> = documents.iter().flat_map(actions).collect();
    assert!(granted.contains("securityhub:BatchImportFindings"), "{granted:?}");
    let aws = Aws::simulated(Simulation::new(scenario::load(scenario::DEFAULT).unwrap().account));
    let known = collect::identify(&aws).await.unwrap();
    let ask = Ask { sections: checks::needs(), every_bucket_policy: true, ..Ask::everything() };
    collect::read(&aws, &known, &ask, &|_, _| {}).await;
    for action in aws.ledger().actions(Phase::Read) {
        assert!(granted.contains(action.as_str()), "{action} is not in the policy");
    }
}
