//! Recovery points of AWS Backup whose lifecycle somebody has changed lately, of one Region. An account may have
//! a hundred thousand of others: the calls name those to look at.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::Value;

use super::deletion_calls::{CHANGED_POINT, of_name};
use super::{Ask, each_seen, moment, only_in, text};
use crate::account::{RecoveryPoint, Seen};
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::backup;
use crate::aws::{Aws, AwsError, unless_gone};

/// Recovery points by `VAULT/ARN`.
///
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRecoveryPoint.html>
pub(super) async fn recovery_points(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Seen<RecoveryPoint>>, AwsError> {
    let ids: BTreeSet<String> = match only_in(ask.only_recovery_points.as_ref(), region) {
        Some(ids) => ids.cloned().collect(),
        None => {
            let (calls, _) = of_name(aws, region, ask, CHANGED_POINT).await?;
            calls.into_iter().map(|call| call.target).collect()
        }
    };
    let points = ids.into_iter().map(async |id| {
        let (vault, arn) = id.split_once('/').unwrap_or((&id, ""));
        let input = PlainInput::default().label(vault).label(arn);
        let answer = unless_gone(aws.plain::<backup::DescribeRecoveryPoint>(region, input).await);
        let point = answer.and_then(|answer| answer.map(|answer| point(&answer)).transpose());
        (id, point)
    });
    each_seen(join_all(points).await)
}

/// # Errors
/// The answer does not say the point's status, which has no default.
fn point(answer: &Value) -> Result<RecoveryPoint, AwsError> {
    let status = answer["Status"]
        .as_str()
        .ok_or_else(|| AwsError::unusable("backup:DescribeRecoveryPoint", "it lacks Status"))?;
    // AWS takes -1 for "never", and need not say it.
    let days = |member: &str| answer["Lifecycle"][member].as_i64().filter(|days| *days >= 0);
    Ok(RecoveryPoint {
        resource: text(&answer["ResourceArn"]),
        status: status.to_owned(),
        delete_after_days: days("DeleteAfterDays"),
        cold_after_days: days("MoveToColdStorageAfterDays"),
        delete_at: moment(&answer["CalculatedLifecycle"]["DeleteAt"]).map(|date| date.to_string()),
    })
}
