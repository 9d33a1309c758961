//! A report as SARIF 2.1.0, which code scanning and CI read.
//!
//! A check that could not be decided is a result of kind `open`; one that passed is of kind `pass`. An
//! exception is a suppression with its reason.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use serde_json::{Value, json};

use crate::checks::report::{Outcome, Report, Status};
use crate::checks::{CHECKS, Check, Finding, Severity};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The report as a log of one run.
pub fn sarif(report: &Report) -> Value {
    let rules: Vec<Value> = CHECKS.iter().map(|check| rule(check)).collect();
    let results: Vec<Value> = report.checks.iter().flat_map(|outcome| results(report, outcome)).collect();
    let unseen: Vec<Value> = report
        .checks
        .iter()
        .flat_map(|outcome| outcome.unread.iter().map(move |text| (outcome, text)))
        .map(|(outcome, text)| {
            json!({
                "level": "warning",
                "message": { "text": text },
                "associatedRule": { "id": outcome.id },
            })
        })
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "unplug",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "invocations": [{
                "executionSuccessful": true,
                "endTimeUtc": report.made_at,
                "toolExecutionNotifications": unseen,
            }],
            "automationDetails": { "id": format!("unplug/check/{}/", report.account) },
            "columnKind": "unicodeCodePoints",
            "properties": { "verdict": report.verdict() },
            "results": results,
        }],
    })
}

fn rule(check: &Check) -> Value {
    json!({
        "id": check.id,
        "shortDescription": { "text": check.title },
        "fullDescription": { "text": check.why },
        "help": { "text": check.fix },
        "defaultConfiguration": { "level": level(check.severity) },
        "properties": {
            "tags": check.mirrors,
            "security-severity": score(check.severity),
        },
    })
}

fn results(report: &Report, outcome: &Outcome) -> Vec<Value> {
    let whole = Finding { resource: report.account.clone(), region: None, text: outcome.headline.clone() };
    let mut all: Vec<Value> =
        outcome.findings.iter().map(|finding| result(report, outcome, finding, "fail")).collect();
    if outcome.status == Status::Failed && all.is_empty() {
        all.push(result(report, outcome, &whole, "fail"));
    }
    for excepted in &outcome.excepted {
        let mut one = result(report, outcome, &excepted.finding, "fail");
        let reason = format!("{} (until {})", excepted.reason, excepted.until);
        one["suppressions"] = json!([{ "kind": "external", "status": "accepted", "justification": reason }]);
        all.push(one);
    }
    match outcome.status {
        Status::Unknown => all.push(result(report, outcome, &whole, "open")),
        Status::Passed if all.is_empty() => all.push(result(report, outcome, &whole, "pass")),
        Status::Passed | Status::Failed => {}
    }
    all
}

fn result(report: &Report, outcome: &Outcome, finding: &Finding, kind: &str) -> Value {
    let region = finding.region.as_deref().unwrap_or("global");
    let place = format!("{}/{region}/{}", report.account, finding.resource);
    let text = if finding.text.is_empty() { &outcome.title } else { &finding.text };
    json!({
        "ruleId": outcome.id,
        "ruleIndex": CHECKS.iter().position(|check| check.id == outcome.id),
        "kind": kind,
        "level": if kind == "fail" { level(outcome.severity) } else { "none" },
        "message": { "text": text },
        // Code scanning refuses a result without a file: the configuration is the one that is at hand.
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": "unplug.toml" },
            "region": { "startLine": 1 },
        }, "logicalLocations": [{
            "name": finding.resource,
            "fullyQualifiedName": place,
            "kind": "resource",
        }]}],
        "partialFingerprints": { "unplugFinding/v1": format!("{}/{place}", outcome.id) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

/// The score that code scanning shows as low, medium, high or critical.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "3.0",
        Severity::Medium => "5.0",
        Severity::High => "8.0",
        Severity::Critical => "9.5",
    }
}
