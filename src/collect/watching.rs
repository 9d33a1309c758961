//! What else watches a Region: AWS Config, Access Analyzer; its quotas; when AWS Backup last kept what.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Ask, moment, text, without_endpoint};
use crate::account::{Analyzer, Recorder};
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::{accessanalyzer, backup, config, servicequotas};
use crate::aws::{Aws, AwsError, lists};

/// The customer's own recorder, by name. Recorders of services are not asked for: each records what its
/// service needs.
///
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigurationRecorderStatus.html>
pub(super) async fn recorders(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, Recorder>, AwsError> {
    let ask = PlainInput::default;
    let (recorders, status) = futures::join!(
        aws.plain::<config::DescribeConfigurationRecorders>(region, ask()),
        aws.plain::<config::DescribeConfigurationRecorderStatus>(region, ask()),
    );
    let (recorders, status) = (recorders.map_err(without_endpoint)?, status.map_err(without_endpoint)?);
    let mut found = BTreeMap::<String, Recorder>::new();
    for one in items(&recorders, "ConfigurationRecorders") {
        let everything = one["recordingGroup"]["allSupported"] == true;
        found.insert(text(&one["name"]), Recorder { everything, ..Recorder::default() });
    }
    for one in items(&status, "ConfigurationRecordersStatus") {
        // One that was deleted between the two answers is gone.
        if let Some(recorder) = found.get_mut(&text(&one["name"])) {
            recorder.recording = one["recording"] == true;
            one["lastStatus"].as_str().unwrap_or_default().clone_into(&mut recorder.last_status);
        }
    }
    Ok(found)
}

fn items<'a>(answer: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    answer[member].as_array().into_iter().flatten()
}

/// Analyzers by name.
///
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListAnalyzers.html>
pub(super) async fn analyzers(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, Analyzer>, AwsError> {
    let list = aws.plain_list::<accessanalyzer::ListAnalyzers>(region, PlainInput::default());
    let analyzer = |one: Value| {
        let (kind, status) = (text(&one["type"]), text(&one["status"]));
        Some((one["name"].as_str()?.to_owned(), Analyzer { kind, status }))
    };
    lists::all(aws, list, analyzer).await.map_err(without_endpoint)
}

/// The quotas of VPCs that hold in this account, by code. One that AWS has no value for is left out: its
/// default holds.
///
/// <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html>
pub(super) async fn quotas(aws: &Aws, region: &str, _: &Ask) -> Result<BTreeMap<String, u64>, AwsError> {
    let input = PlainInput::new(json!({ "ServiceCode": "vpc", "MaxResults": 100 }));
    let list = aws.plain_list::<servicequotas::ListServiceQuotas>(region, input);
    let quota = |one: Value| Some((one["QuotaCode"].as_str()?.to_owned(), whole(one["Value"].as_f64()?)?));
    lists::all(aws, list, quota).await.map_err(without_endpoint)
}

/// A quota is told as a number with a point: `200.0`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the range")]
fn whole(value: f64) -> Option<u64> {
    (0.0..=9_007_199_254_740_992.0).contains(&value).then_some(value as u64)
}

/// When AWS Backup last made a recovery point of each resource that it keeps: by ARN, RFC 3339.
///
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListProtectedResources.html>
pub(super) async fn backups(aws: &Aws, region: &str, _: &Ask) -> Result<BTreeMap<String, String>, AwsError> {
    let input = PlainInput::default().query("maxResults", "1000");
    let list = aws.plain_list::<backup::ListProtectedResources>(region, input);
    let kept = |one: Value| {
        let last = moment(&one["LastBackupTime"]).map(|last| last.to_string()).unwrap_or_default();
        Some((one["ResourceArn"].as_str()?.to_owned(), last))
    };
    lists::all(aws, list, kept).await.map_err(without_endpoint)
}

#[cfg(test)]
mod tests;
