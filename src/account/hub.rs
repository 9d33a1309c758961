//! What Security Hub has found and is still open, grouped while it is read.
//!
//! An account can have tens of thousands of findings. They are folded one by one into groups (severity,
//! control, kind of resource, account, Region), so that what is kept has the size of the groups and not of
//! the findings. Copies of one image (the same container image in several repositories, hosts of the same
//! AMI) count once.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The open findings of one Region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HubFindings {
    /// Security Hub is not on here: nothing collects findings.
    pub off: bool,
    /// Sorted, the worst first.
    pub groups: Vec<HubGroup>,
    /// Findings that somebody suppressed.
    pub suppressed: u64,
    /// Findings that say that a control could not be evaluated, by control.
    pub not_evaluated: BTreeMap<String, u64>,
    /// There are more: reading stopped at the bound. Those that were read are the worst.
    pub cut_off: bool,
}

/// How bad, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HubSeverity {
    Critical,
    High,
    Medium,
    Low,
    Informational,
}

impl HubSeverity {
    pub const ALL: [HubSeverity; 5] = [
        HubSeverity::Critical,
        HubSeverity::High,
        HubSeverity::Medium,
        HubSeverity::Low,
        HubSeverity::Informational,
    ];

    pub fn name(self) -> &'static str {
        match self {
            HubSeverity::Critical => "critical",
            HubSeverity::High => "high",
            HubSeverity::Medium => "medium",
            HubSeverity::Low => "low",
            HubSeverity::Informational => "informational",
        }
    }

    /// The severity of a finding; one without a label that is known counts as medium.
    fn of(finding: &Value) -> HubSeverity {
        match finding["Severity"]["Label"].as_str() {
            Some("CRITICAL") => HubSeverity::Critical,
            Some("HIGH") => HubSeverity::High,
            Some("LOW") => HubSeverity::Low,
            Some("INFORMATIONAL") => HubSeverity::Informational,
            _ => HubSeverity::Medium,
        }
    }
}

/// Findings that differ in nothing but the resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubGroup {
    pub severity: HubSeverity,
    /// `S3.2`, or what made the finding where it has no control: `GuardDuty`.
    pub control: String,
    /// `AwsS3Bucket`
    pub kind: String,
    pub account: String,
    pub region: String,
    /// The title of the first of them.
    pub title: String,
    /// Findings about no image.
    pub others: u64,
    /// Findings about an image, by its digest or AMI.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<String, u64>,
}

impl HubGroup {
    /// All findings, copies of an image included.
    pub fn findings(&self) -> u64 {
        self.others + self.images.values().sum::<u64>()
    }
}

/// Folds findings into groups.
#[derive(Debug, Default)]
pub struct Folding {
    groups: BTreeMap<(HubSeverity, String, String, String, String), HubGroup>,
    suppressed: u64,
    not_evaluated: BTreeMap<String, u64>,
}

impl Folding {
    /// Counts a finding in AWS's format (ASFF). What has passed, is resolved or is archived is not open.
    ///
    /// <https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html>
    pub fn add(&mut self, finding: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let status = finding["Compliance"]["Status"].as_str();
        if finding["RecordState"] == "ARCHIVED" || status == Some("PASSED") {
            return;
        }
        let control = control(finding);
        match finding["Workflow"]["Status"].as_str() {
            Some("RESOLVED") => return,
            Some("SUPPRESSED") => {
                self.suppressed += 1;
                return;
            }
            _ => {}
        }
        if matches!(status, Some("NOT_AVAILABLE" | "WARNING")) {
            *self.not_evaluated.entry(control).or_default() += 1;
            return;
        }
        let severity = HubSeverity::of(finding);
        let resource = &finding["Resources"][0];
        let region = [&resource["Region"], &finding["Region"]].into_iter().find_map(Value::as_str);
        let (kind, account) = (text(&resource["Type"]), text(&finding["AwsAccountId"]));
        let region = region.unwrap_or_default().to_owned();
        let key = (severity, control.clone(), kind.clone(), account.clone(), region.clone());
        let group = self.groups.entry(key).or_insert_with(|| HubGroup {
            severity,
            control,
            kind,
            account,
            region,
            title: text(&finding["Title"]),
            others: 0,
            images: BTreeMap::new(),
        });
        match image(resource) {
            Some(image) => *group.images.entry(image.to_owned()).or_default() += 1,
            None => group.others += 1,
        }
    }

    pub fn folded(self, cut_off: bool) -> HubFindings {
        HubFindings {
            off: false,
            groups: self.groups.into_values().collect(),
            suppressed: self.suppressed,
            not_evaluated: self.not_evaluated,
            cut_off,
        }
    }
}

/// The control, or the product that made the finding and the kind of finding: a vulnerability of Inspector by
/// its id, a finding of `GuardDuty` by its type.
fn control(finding: &Value) -> String {
    if let Some(control) = finding["Compliance"]["SecurityControlId"].as_str() {
        return control.to_owned();
    }
    let product = finding["ProductName"].as_str().unwrap_or_default();
    let kind = finding["Vulnerabilities"][0]["Id"].as_str().or_else(|| {
        let kind = finding["Types"][0].as_str()?;
        kind.rsplit('/').next()
    });
    match (product, kind) {
        ("", Some(kind)) => kind.to_owned(),
        ("", None) => finding["GeneratorId"].as_str().unwrap_or_default().to_owned(),
        (product, Some(kind)) => format!("{product} {kind}"),
        (product, None) => product.to_owned(),
    }
}

/// The image that a resource is a copy of: a container image by its digest, a host by its AMI.
fn image(resource: &Value) -> Option<&str> {
    let details = &resource["Details"];
    let container = details["AwsEcrContainerImage"]["ImageDigest"].as_str();
    let id = resource["Id"].as_str().unwrap_or_default();
    let named = || match resource["Type"].as_str() {
        Some("AwsEcrContainerImage") => id.find("sha256:").map(|at| &id[at..]),
        _ => None,
    };
    container.or_else(named).or_else(|| details["AwsEc2Instance"]["ImageId"].as_str())
}

/// One control with all that failed it, over accounts and Regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubControl<'a> {
    pub severity: HubSeverity,
    pub control: &'a str,
    pub kind: &'a str,
    pub title: &'a str,
    /// Findings, copies of an image counted once.
    pub findings: u64,
    /// How many of the findings were copies.
    pub copies: u64,
    pub accounts: BTreeSet<&'a str>,
    pub regions: BTreeSet<&'a str>,
}

/// The controls of several Regions: the worst first, of those the one with most findings.
pub fn by_control<'a>(all: impl IntoIterator<Item = &'a HubFindings>) -> Vec<HubControl<'a>> {
    let mut controls: BTreeMap<(HubSeverity, &str, &str), (HubControl<'a>, BTreeSet<&str>)> = BTreeMap::new();
    for group in all.into_iter().flat_map(|here| &here.groups) {
        let key = (group.severity, group.control.as_str(), group.kind.as_str());
        let (control, images) = controls.entry(key).or_insert_with(|| {
            let control = HubControl {
                severity: group.severity,
                control: &group.control,
                kind: &group.kind,
                title: &group.title,
                findings: 0,
                copies: 0,
                accounts: BTreeSet::new(),
                regions: BTreeSet::new(),
            };
            (control, BTreeSet::new())
        });
        control.findings += group.others;
        for (image, count) in &group.images {
            let first = u64::from(images.insert(image));
            control.findings += first;
            control.copies += count - first;
        }
        control.accounts.insert(&group.account);
        control.regions.insert(&group.region);
    }
    let mut sorted: Vec<HubControl<'a>> = controls.into_values().map(|(control, _)| control).collect();
    sorted.sort_by_key(|one| (one.severity, std::cmp::Reverse(one.findings)));
    sorted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn finding(number: usize) -> Value {
        let severity = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL"][number % 5];
        let control = format!("EC2.{}", number % 30);
        let (account, region) =
            (["111111111111", "222222222222"][number % 2], ["eu-west-1", "us-east-1"][number % 2]);
        json!({
            "Id": format!("f-{number}"),
            "AwsAccountId": account,
            "Region": region,
            "Severity": { "Label": severity },
            "Title": format!("{control} should hold"),
            "Compliance": { "Status": "FAILED", "SecurityControlId": control },
            "Resources": [{ "Type": "AwsEc2Instance", "Id": format!("i-{number}"), "Region": region }],
            "RecordState": "ACTIVE",
            "Workflow": { "Status": "NEW" },
        })
    }

    /// One image pushed to 1,000 repositories, with one vulnerability.
    fn copy(number: usize) -> Value {
        json!({
            "AwsAccountId": "111111111111",
            "Region": "eu-west-1",
            "Severity": { "Label": "HIGH" },
            "Title": "CVE-2026-1 - openssl",
            "ProductName": "Inspector",
            "Vulnerabilities": [{ "Id": "CVE-2026-1" }],
            "Resources": [{
                "Type": "AwsEcrContainerImage",
                "Id": format!("arn:aws:ecr:eu-west-1:111111111111:repository/r-{number}/sha256:abc"),
            }],
            "Workflow": { "Status": "NEW" },
        })
    }

    #[test]
    fn thirty_four_thousand_findings_read_as_one_page() {
        let mut folding = Folding::default();
        for number in 0..34_326 {
            let mut one = if number < 1_000 { copy(number) } else { finding(number) };
            match number % 100 {
                98 => one["Workflow"]["Status"] = json!("SUPPRESSED"),
                99 => one["Compliance"]["Status"] = json!("NOT_AVAILABLE"),
                _ => {}
            }
            folding.add(&one);
        }
        let folded = folding.folded(false);
        let all: u64 = folded.groups.iter().map(HubGroup::findings).sum();
        let not_evaluated: u64 = folded.not_evaluated.values().sum();
        assert_eq!(all + folded.suppressed + not_evaluated, 34_326, "each is counted once");
        assert_eq!((folded.suppressed, not_evaluated), (343, 343));
        let controls = by_control([&folded]);
        assert!(controls.len() <= 40, "{} controls", controls.len());
        assert!(controls.is_sorted_by_key(|one| one.severity));
        let image = controls.iter().find(|one| one.control == "Inspector CVE-2026-1").unwrap();
        assert_eq!((image.findings, image.copies), (1, 979), "copies of the same image are one");
    }

    #[test]
    fn what_is_over_is_not_open() {
        let mut folding = Folding::default();
        for (at, value) in
            [("/RecordState", "ARCHIVED"), ("/Workflow/Status", "RESOLVED"), ("/Compliance/Status", "PASSED")]
        {
            let mut one = finding(1);
            *one.pointer_mut(at).unwrap() = json!(value);
            folding.add(&one);
        }
        assert_eq!(folding.folded(false), HubFindings::default());
    }

    #[test]
    fn copies_in_two_regions_count_once_and_accounts_are_told_apart() {
        let mut here = [Folding::default(), Folding::default()];
        for (folding, region) in here.iter_mut().zip(["eu-west-1", "us-east-1"]) {
            let mut one = copy(1);
            one["Region"] = json!(region);
            folding.add(&one);
            folding.add(&finding(usize::from(region == "us-east-1")));
        }
        let folded = here.map(|folding| folding.folded(false));
        let controls = by_control(&folded);
        let image = controls.iter().find(|one| one.kind == "AwsEcrContainerImage").unwrap();
        assert_eq!((image.findings, image.copies, image.regions.len()), (1, 1, 2));
    }

    #[test]
    fn a_finding_that_says_nothing_is_counted() {
        let mut folding = Folding::default();
        folding.add(&json!({}));
        let folded = folding.folded(true);
        assert_eq!((folded.groups.len(), folded.groups[0].severity), (1, HubSeverity::Medium));
        assert!(folded.cut_off);
    }
}
