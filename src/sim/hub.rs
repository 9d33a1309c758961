//! Security Hub: it gives out the findings that the account's groups stand for, and takes findings in.

use serde_json::{Value, json};

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Said, refuse};
use super::world::{plain_page, seen, seen_mut};
use crate::account::hub::{Folding, HubGroup};
use crate::aws::plain::PlainOutput;
use crate::aws::plain::services::securityhub;

/// Findings that one call imports.
///
/// <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html>
const MOST: usize = 100;
const OFF: &str = "Account is not subscribed to AWS Security Hub";

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<securityhub::BatchImportFindings>(batch_import_findings);
    dispatch.on::<securityhub::GetFindings>(get_findings);
}

/// A finding that a group stands for.
fn finding(group: &HubGroup, image: Option<&str>) -> Value {
    let mut resource = json!({ "Type": group.kind, "Id": "one", "Region": group.region });
    if let Some(image) = image {
        resource["Details"] = json!({ "AwsEcrContainerImage": { "ImageDigest": image } });
    }
    json!({
        "AwsAccountId": group.account,
        "Region": group.region,
        "Title": group.title,
        "Severity": { "Label": group.severity.name().to_uppercase() },
        "Compliance": { "Status": "FAILED", "SecurityControlId": group.control },
        "Workflow": { "Status": "NEW" },
        "RecordState": "ACTIVE",
        "Resources": [resource],
    })
}

fn get_findings(cx: &mut Cx<'_>, input: &In<securityhub::GetFindings>) -> Said<securityhub::GetFindings> {
    let hub = seen(&region(cx).hub_findings)?;
    if hub.off {
        return Err(refuse("InvalidAccessException", OFF));
    }
    let times = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let mut all = vec![];
    for group in &hub.groups {
        all.extend(std::iter::repeat_n(finding(group, None), times(group.others)));
        for (image, count) in &group.images {
            all.extend(std::iter::repeat_n(finding(group, Some(image)), times(*count)));
        }
    }
    let suppressed = json!({ "Workflow": { "Status": "SUPPRESSED" } });
    all.extend(std::iter::repeat_n(suppressed, times(hub.suppressed)));
    for (control, count) in &hub.not_evaluated {
        let one = json!({ "Compliance": { "Status": "NOT_AVAILABLE", "SecurityControlId": control } });
        all.extend(std::iter::repeat_n(one, times(*count)));
    }
    Ok(plain_page::<securityhub::GetFindings>(cx, all, input, "MaxResults"))
}

fn batch_import_findings(
    cx: &mut Cx<'_>,
    input: &In<securityhub::BatchImportFindings>,
) -> Said<securityhub::BatchImportFindings> {
    let findings = input.body["Findings"].as_array().cloned().unwrap_or_default();
    if findings.is_empty() || findings.len() > MOST {
        return Err(refuse("InvalidInputException", "Findings must have between 1 and 100 items"));
    }
    let hub = seen_mut(&mut cx.region_mut().hub_findings)?;
    if hub.off {
        return Err(refuse("InvalidAccessException", OFF));
    }
    let mut folding = Folding::default();
    findings.iter().for_each(|one| folding.add(one));
    let imported = folding.folded(false);
    hub.groups.extend(imported.groups);
    hub.groups.sort();
    hub.suppressed += imported.suppressed;
    let body = json!({ "FailedCount": 0, "SuccessCount": findings.len(), "FailedFindings": [] });
    Ok(PlainOutput { body })
}
