//! `unplug check` on the drill's company: the screen, the other formats, the exit codes.

use insta::assert_snapshot;
use serde_json::{Value, json};
use unplug::scenario;

use super::{Said, here, machine, recorded, run, whole, with, written};

const KETTLE: [&str; 3] = ["check", "--scenario", "kettle-and-crane"];

#[test]
fn the_verdict_and_the_table_fit_a_screen() {
    let machine = machine();
    for columns in ["80", "100", "140"] {
        let said = Said::of(here(&machine, &KETTLE).env("COLUMNS", columns).output().unwrap());
        assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
        assert_eq!(said.err, "");
        let rows = said.out.lines().count();
        assert!(columns == "80" || rows <= 45, "{rows} rows at {columns} columns\n{}", said.out);
        assert_snapshot!(format!("check_{columns}"), said.out);
    }
    let words = [&KETTLE[..], &["--details"]].concat();
    assert_snapshot!("check_details", whole(&machine, &words, &run(&machine, &words)));
}

#[test]
fn the_exit_code_says_what_failed_and_what_was_not_seen() {
    let machine = machine();
    let file = recorded(&machine);
    // Nothing that is critical stays: the trail logs everywhere, no key is exposed.
    let mut account = scenario::load(scenario::DEFAULT).unwrap().account;
    account.exposed_keys = unplug::account::Seen::Read([].into());
    let people = account.principals.read_mut().unwrap();
    people.users.get_mut("newsletter-smtp").unwrap().attached.clear();
    for trail in account.trails.read_mut().unwrap().values_mut() {
        (trail.multi_region, trail.global_events) = (true, true);
        trail.logging = unplug::account::Seen::Read(true);
        trail.all_management_events = unplug::account::Seen::Read(true);
    }
    let sound = written(&machine, "sound.json", &serde_json::to_string(&account).unwrap());
    account.s3_block = unplug::account::Seen::default();
    let blind = written(&machine, "blind.json", &serde_json::to_string(&account).unwrap());
    for (file, fail_on, code) in [
        (&file, "critical", 1),
        (&sound, "low", 1),
        (&sound, "critical", 0),
        (&blind, "critical", 4),
        (&blind, "low", 1),
    ] {
        let said = run(&machine, &["check", "--from", file, "--fail-on", fail_on]);
        assert_eq!(said.code, Some(code), "{file} --fail-on {fail_on}\n{}{}", said.out, said.err);
    }
    let said = run(&machine, &["check", "--from", &blind, "--fail-on", "critical"]);
    assert!(said.out.contains("UNKNOWN medium   S3 account block not read: not read"), "{}", said.out);
}

/// Show 4: a recorded account is checked and stays as it is.
#[test]
fn a_recorded_account_is_checked_and_compared_with_an_older_report() {
    let machine = machine();
    let file = recorded(&machine);
    let before = std::fs::read(machine.path(&file)).unwrap();
    let old = run(&machine, &["check", "--from", &file, "--json"]);
    written(&machine, "old.json", &old.out);
    let mut account = scenario::load(scenario::DEFAULT).unwrap().account;
    account.public_buckets.read_mut().unwrap().clear();
    account.account_summary.read_mut().unwrap().root_mfa = false;
    let newer = written(&machine, "newer.json", &serde_json::to_string(&account).unwrap());
    let said = run(&machine, &["check", "--from", &newer, "--compare", "old.json"]);
    let since: Vec<&str> = said.out.lines().skip_while(|line| !line.starts_with("Since ")).skip(1).collect();
    assert_eq!(
        since,
        [
            "better  door-outsiders: any other account can read S3; account 111122223333 can read S3",
            "better  door-s3-public: kc-shop-images is open to everybody by its policy",
            "worse   door-root-mfa: the root user has no MFA"
        ],
        "{}",
        said.out
    );
    let same = run(&machine, &["check", "--from", &file, "--compare", "old.json"]);
    assert!(same.out.contains("nothing is better, nothing is worse"), "{}", same.out);
    assert_eq!(std::fs::read(machine.path(&file)).unwrap(), before);
    // A report with a comparison in it can be compared again.
    let again = run(&machine, &["check", "--from", &newer, "--compare", "old.json", "--json"]);
    written(&machine, "again.json", &again.out);
    let same = run(&machine, &["check", "--from", &newer, "--compare", "again.json"]);
    assert!(same.out.contains("nothing is better, nothing is worse"), "{}", same.out);
}

#[test]
fn an_exception_is_printed_and_a_wrong_one_stops_the_check() {
    let machine = machine();
    let exception = |check: &str, until: &str| {
        format!(
            "[[exception]]\ncheck = \"{check}\"\nresource = \"kc-*\"\nreason = \"the shop's pictures\"\nuntil = \"{until}\"\n"
        )
    };
    written(&machine, "unplug.toml", &exception("door-s3-public", "2027-03-31"));
    let said = run(&machine, &KETTLE);
    let kept =
        "KEEP             kc-shop-images is open to everybody by its policy until 2027-03-31: the shop's";
    assert!(said.out.contains(kept), "{}", said.out);
    assert!(said.out.replace('\n', " ").contains("1 finding accepted."), "{}", said.out);
    // The drill's Sunday is 2026-11-22.
    written(&machine, "unplug.toml", &exception("door-s3-public", "2026-11-21"));
    let said = run(&machine, &[&KETTLE[..], &["--details"]].concat());
    assert!(said.out.contains("unplug.toml:2 ended on 2026-11-21"), "{}", said.out);
    written(&machine, "unplug.toml", &exception("door-s3-pubic", "2027-03-31"));
    let said = run(&machine, &KETTLE).ends(2);
    assert!(
        said.err.contains("there is no check \"door-s3-pubic\"")
            && said.err.contains("do you mean door-s3-public?")
    );
    for wrong in ["2027-02-30", "31.3.2027", ""] {
        written(&machine, "unplug.toml", &exception("door-s3-public", wrong));
        let said = run(&machine, &KETTLE).ends(2);
        assert!(said.err.contains("is no day"), "{}", said.err);
    }
}

/// The log of a run, as code scanning reads it.
#[test]
fn sarif_has_a_rule_for_each_check_and_a_result_for_each_finding() {
    let machine = machine();
    let said = run(&machine, &[&KETTLE[..], &["--format", "sarif"]].concat());
    let log: Value = serde_json::from_str(&said.out).unwrap();
    super::schema::holds(&log);
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(rules.len(), unplug::checks::CHECKS.len());
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        let fails = result["kind"] == "fail";
        assert_eq!(fails, result["level"] != "none", "{result}");
    }
    let prints: std::collections::BTreeSet<String> =
        results.iter().map(|result| result["partialFingerprints"].to_string()).collect();
    assert_eq!(prints.len(), results.len(), "two results are taken for one");
    let report: Value = run(&machine, &[&KETTLE[..], &["--json"]].concat()).out.parse().unwrap();
    let findings: usize = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["findings"].as_array().unwrap().len())
        .sum();
    assert_eq!(results.iter().filter(|result| result["kind"] == "fail").count(), findings);
}

#[test]
fn findings_for_security_hub_have_what_it_requires() {
    let machine = machine();
    let said = run(&machine, &[&KETTLE[..], &["--format", "asff"]].concat());
    let findings: Vec<Value> = serde_json::from_str(&said.out).unwrap();
    assert!(findings.len() > 30);
    let mut ids = std::collections::BTreeSet::new();
    for finding in &findings {
        // https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html
        for key in [
            "AwsAccountId",
            "CreatedAt",
            "Description",
            "GeneratorId",
            "Id",
            "ProductArn",
            "Resources",
            "SchemaVersion",
            "Severity",
            "Title",
            "UpdatedAt",
        ] {
            assert!(!finding[key].is_null(), "{key} is missing in {finding}");
        }
        let long = |key: &str, most: usize| finding[key].as_str().unwrap().chars().count() <= most;
        assert!(long("Title", 256) && long("Description", 1_024) && long("Id", 512), "{finding}");
        assert!(ids.insert(finding["Id"].to_string()), "{} is there twice", finding["Id"]);
        assert_eq!(finding["SchemaVersion"], "2018-10-08");
    }
    let bucket = findings.iter().find(|one| one["GeneratorId"] == "unplug/door-s3-public").unwrap();
    assert_eq!(bucket["Compliance"]["Status"], json!("FAILED"));
    assert_eq!(bucket["Severity"]["Label"], json!("HIGH"));
}

#[test]
fn json_and_format_do_not_disagree() {
    let machine = machine();
    run(&machine, &[&KETTLE[..], &["--json", "--format", "sarif"]].concat()).ends(2);
    let one = run(&machine, &[&KETTLE[..], &["--json"]].concat());
    let other = run(&machine, &[&KETTLE[..], &["--format", "json"]].concat());
    assert_eq!(one.out, other.out);
    let _ = with(one.json(), "made_at", "NOW");
}
