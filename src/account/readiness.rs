//! What says whether an incident would be seen, and what a password and a new volume are like.

use serde::{Deserialize, Serialize};

/// A flow log of a VPC, a subnet or an interface (`ec2:DescribeFlowLogs`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FlowLog {
    /// The id of the VPC, subnet, interface or transit gateway.
    pub resource: String,
    /// Always `ACTIVE`, says AWS.
    pub status: String,
    /// `SUCCESS` or `FAILED`; empty while nothing was delivered yet.
    pub delivery: String,
    /// `ACCEPT`, `REJECT` or `ALL`.
    pub traffic: String,
    /// The fields of a record, as AWS writes them: `${version} ${account-id} …`.
    pub format: String,
}

impl FlowLog {
    /// Do its records say why a packet was rejected?
    pub fn says_why(&self) -> bool {
        self.format.contains("${reject-reason}")
    }
}

/// The account's password policy for IAM users (`iam:GetAccountPasswordPolicy`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordPolicy {
    pub minimum_length: i32,
    /// How many earlier passwords must not come again; none where that is not asked.
    pub remembered: Option<i32>,
}

/// The customer's recorder of AWS Config (`config:DescribeConfigurationRecorders`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recorder {
    /// Does it record now?
    pub recording: bool,
    /// `Success`, `Failure`, `Pending` or `NotApplicable`; empty before the first recording.
    pub last_status: String,
    /// Does it record every type that AWS Config supports?
    pub everything: bool,
}

/// An analyzer of IAM Access Analyzer (`access-analyzer:ListAnalyzers`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Analyzer {
    /// `ACCOUNT`, `ORGANIZATION`, `ACCOUNT_UNUSED_ACCESS` …
    pub kind: String,
    /// `ACTIVE`, `CREATING`, `DISABLED` or `FAILED`.
    pub status: String,
}

/// The alternate contact to whom AWS writes about security (`account:GetAlternateContact`). Its telephone
/// number is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecurityContact {
    pub name: String,
    pub email: String,
}

/// A notice of AWS Health that is open or upcoming (`health:DescribeEvents`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthNotice {
    /// `EC2`, `ABUSE`, `RISK` …
    pub service: String,
    /// `AWS_RISK_CREDENTIALS_EXPOSED` …
    pub code: String,
    /// `issue`, `accountNotification` or `scheduledChange`.
    pub category: String,
    /// Empty where it is of no Region.
    pub region: String,
    /// `open` or `upcoming`.
    pub status: String,
}
