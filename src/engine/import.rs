//! Puts a report's findings into Security Hub.
//!
//! Each finding goes to the Region that it names, a hundred in a call. Whether somebody has dealt with a
//! finding (`Workflow`, `Note`) is not sent: that is the business of whoever works in Security Hub. What
//! passed or is accepted goes there archived.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::aws::ledger::Phase;
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::securityhub::BatchImportFindings;
use crate::aws::{Aws, AwsError};

/// Findings that one call takes.
///
/// <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html>
const BATCH: usize = 100;
/// Refused findings that are told one by one.
const TOLD: usize = 5;

/// What became of the findings.
#[derive(Debug, Default)]
pub struct Imported {
    pub taken: u64,
    /// Findings that Security Hub refused.
    pub refused: u64,
    /// Some of these, with its words. Attacker-controlled: escape before printing.
    pub told: Vec<String>,
    /// Calls that failed: the Region, and how many findings it was about.
    pub failed: Vec<(String, usize, AwsError)>,
}

/// The findings as they are sent, by Region.
pub fn by_region(findings: Vec<Value>) -> BTreeMap<String, Vec<Value>> {
    let mut regions: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for mut finding in findings {
        let region = finding["Resources"][0]["Region"].as_str().unwrap_or_default().to_owned();
        let settled =
            finding["Compliance"]["Status"] == "PASSED" || finding["Workflow"]["Status"] == "SUPPRESSED";
        if let Some(members) = finding.as_object_mut() {
            members.remove("Workflow");
            members.remove("Note");
            if settled {
                members.insert("RecordState".into(), "ARCHIVED".into());
            }
        }
        regions.entry(region).or_default().push(finding);
    }
    regions
}

/// Imports findings, Region by Region at once.
pub async fn import(aws: &Aws, regions: BTreeMap<String, Vec<Value>>) -> Imported {
    let _writing = aws.enter(Phase::Apply);
    let each = regions.into_iter().map(async |(region, findings)| {
        let mut imported = Imported::default();
        for batch in findings.chunks(BATCH) {
            let input = PlainInput::new(json!({ "Findings": batch }));
            match aws.plain::<BatchImportFindings>(&region, input).await {
                Ok(answer) => imported.add(&answer),
                Err(error) => imported.failed.push((region.clone(), batch.len(), error)),
            }
        }
        imported
    });
    let mut all = Imported::default();
    for one in futures::future::join_all(each).await {
        all.taken += one.taken;
        all.refused += one.refused;
        all.told.extend(one.told);
        all.failed.extend(one.failed);
    }
    all.told.truncate(TOLD);
    all
}

impl Imported {
    fn add(&mut self, answer: &Value) {
        self.taken += answer["SuccessCount"].as_u64().unwrap_or_default();
        self.refused += answer["FailedCount"].as_u64().unwrap_or_default();
        for one in answer["FailedFindings"].as_array().into_iter().flatten() {
            let text = |member: &str| one[member].as_str().unwrap_or_default();
            self.told.push(format!("{}: {} {}", text("Id"), text("ErrorCode"), text("ErrorMessage")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{HubFindings, Seen};
    use crate::sim::{Simulation, sample};

    fn findings(count: usize) -> Vec<Value> {
        let one = |number: usize| {
            json!({
                "Id": format!("unplug/{number}"),
                "Severity": { "Label": "HIGH" },
                "Compliance": { "Status": if number == 0 { "PASSED" } else { "FAILED" } },
                "Workflow": { "Status": if number == 1 { "SUPPRESSED" } else { "NEW" } },
                "Note": { "Text": "accepted" },
                "RecordState": "ACTIVE",
                "Resources": [{ "Type": "Other", "Id": "r", "Region": sample::REGION }],
            })
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn workflow_is_not_sent_and_what_is_settled_is_archived() {
        let regions = by_region(findings(3));
        let all = &regions[sample::REGION];
        assert!(all.iter().all(|one| one["Workflow"].is_null() && one["Note"].is_null()), "{all:?}");
        let states: Vec<&str> = all.iter().map(|one| one["RecordState"].as_str().unwrap()).collect();
        assert_eq!(states, ["ARCHIVED", "ARCHIVED", "ACTIVE"]);
    }

    #[tokio::test]
    async fn a_hundred_go_in_a_call_and_a_region_without_security_hub_is_told() {
        let mut account = sample::account();
        for here in account.regions.values_mut() {
            here.hub_findings = Seen::Read(HubFindings::default());
        }
        let aws = Aws::simulated(Simulation::new(account.clone()));
        let imported = import(&aws, by_region(findings(250))).await;
        assert_eq!((imported.taken, imported.refused, imported.failed.len()), (250, 0, 0));
        assert_eq!(aws.ledger().len(), 3);
        for here in account.regions.values_mut() {
            here.hub_findings = Seen::Read(HubFindings { off: true, ..HubFindings::default() });
        }
        let aws = Aws::simulated(Simulation::new(account));
        let imported = import(&aws, by_region(findings(1))).await;
        let (region, count, error) = &imported.failed[0];
        assert_eq!((region.as_str(), *count), (sample::REGION, 1));
        assert!(error.is("InvalidAccessException"), "{error}");
    }
}
