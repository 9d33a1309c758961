//! A report in the AWS Security Finding Format, which Security Hub imports.
//!
//! `aws securityhub batch-import-findings --findings` takes at most 100 of them at once.
//!
//! <https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html>

use serde_json::{Value, json};

use crate::account::watchers::HUB;
use crate::account::{Account, Region};
use crate::checks::report::{Outcome, Report, Status};
use crate::checks::{Finding, Severity, find};

/// The longest texts that Security Hub takes, in characters.
const TITLE: usize = 256;
const DESCRIPTION: usize = 1_024;
const RECOMMENDATION: usize = 512;
const ID: usize = 512;

/// The findings: one for each thing that is not as it should be, one for each check that passed or could
/// not be decided.
pub fn asff(report: &Report, account: &Account) -> Value {
    // Where Security Hub is on: elsewhere nobody would collect them.
    let is_on = |here: &Region| {
        let found = here.watchers.read().and_then(|watchers| watchers.types.get(HUB.name));
        found.is_some_and(|found| found.read().is_some())
    };
    let with_hub = account.regions.iter().find(|(_, here)| is_on(here)).map(|(name, _)| name);
    let region = with_hub.or_else(|| account.regions.keys().next()).map_or("us-east-1", String::as_str);
    let to = To { report, partition: account.partition(), region };
    report.checks.iter().flat_map(|outcome| to.findings(outcome)).collect()
}

/// Where the findings go: a Region without findings of its own stands for the account.
struct To<'a> {
    report: &'a Report,
    partition: &'a str,
    region: &'a str,
}

impl To<'_> {
    fn findings(&self, outcome: &Outcome) -> Vec<Value> {
        let whole =
            Finding { resource: self.report.account.clone(), region: None, text: outcome.headline.clone() };
        let mut all: Vec<Value> =
            outcome.findings.iter().map(|one| self.finding(outcome, one, "FAILED", "NEW")).collect();
        let excepted = outcome.excepted.iter();
        all.extend(excepted.map(|one| {
            let mut finding = self.finding(outcome, &one.finding, "FAILED", "SUPPRESSED");
            let reason = format!("{} (until {})", one.reason, one.until);
            finding["Note"] = json!({
                "Text": cut(&reason, RECOMMENDATION),
                "UpdatedBy": "unplug.toml",
                "UpdatedAt": self.report.made_at,
            });
            finding
        }));
        match outcome.status {
            Status::Unknown => all.push(self.finding(outcome, &whole, "NOT_AVAILABLE", "NEW")),
            Status::Passed if all.is_empty() => all.push(self.finding(outcome, &whole, "PASSED", "RESOLVED")),
            Status::Failed if all.is_empty() => all.push(self.finding(outcome, &whole, "FAILED", "NEW")),
            Status::Passed | Status::Failed => {}
        }
        all
    }

    fn finding(&self, outcome: &Outcome, finding: &Finding, status: &str, workflow: &str) -> Value {
        let Report { account, made_at, .. } = self.report;
        let region = finding.region.as_deref().unwrap_or(self.region);
        let id = format!("unplug/{account}/{region}/{}/{}", outcome.id, finding.resource);
        let (kind, resource) = match &finding.resource {
            whole if whole == account => ("AwsAccount", format!("AWS::::Account:{account}")),
            other => ("Other", other.clone()),
        };
        let text = if finding.text.is_empty() { &outcome.title } else { &finding.text };
        let why = find(&outcome.id).map_or("", |check| check.why);
        let label = match (status, outcome.severity) {
            ("PASSED", _) => "INFORMATIONAL",
            (_, Severity::Low) => "LOW",
            (_, Severity::Medium) => "MEDIUM",
            (_, Severity::High) => "HIGH",
            (_, Severity::Critical) => "CRITICAL",
        };
        let mut compliance = json!({ "Status": status });
        if !outcome.mirrors.is_empty() {
            compliance["RelatedRequirements"] = json!(outcome.mirrors);
        }
        json!({
            "SchemaVersion": "2018-10-08",
            "Id": cut(&id, ID),
            "ProductArn": format!(
                "arn:{}:securityhub:{region}:{account}:product/{account}/default", self.partition
            ),
            "GeneratorId": format!("unplug/{}", outcome.id),
            "AwsAccountId": account,
            "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
            "CreatedAt": made_at,
            "UpdatedAt": made_at,
            "Severity": { "Label": label },
            "Title": cut(&outcome.title, TITLE),
            "Description": cut(&format!("{text}. {why}"), DESCRIPTION),
            "Remediation": { "Recommendation": { "Text": cut(&outcome.fix, RECOMMENDATION) } },
            "Resources": [{ "Type": kind, "Id": resource, "Partition": self.partition, "Region": region }],
            "Compliance": compliance,
            "Workflow": { "Status": workflow },
            "RecordState": "ACTIVE",
        })
    }
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
