//! Log groups of CloudWatch Logs of one Region, and how long they keep their events.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde_json::{Value, json};

use super::{Ask, only_in};
use crate::account::LogGroup;
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::cloudwatchlogs;
use crate::aws::{Aws, AwsError, lists};

/// Log groups by name.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>
pub(super) async fn log_groups(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, LogGroup>, AwsError> {
    match only_in(ask.only_log_groups.as_ref(), region) {
        None => list(aws, region, json!({ "limit": 50 })).await,
        Some(names) => {
            // AWS looks a group up by what its name begins with.
            let groups = names.map(async |name: &String| {
                let mut groups =
                    list(aws, region, json!({ "limit": 50, "logGroupNamePrefix": name })).await?;
                Ok::<_, AwsError>(groups.remove_entry(name))
            });
            Ok(try_join_all(groups).await?.into_iter().flatten().collect())
        }
    }
}

async fn list(aws: &Aws, region: &str, body: Value) -> Result<BTreeMap<String, LogGroup>, AwsError> {
    let list = aws.plain_list::<cloudwatchlogs::DescribeLogGroups>(region, PlainInput::new(body));
    lists::all(aws, list, |group| {
        let created =
            group["creationTime"].as_i64().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        let class = group["logGroupClass"].as_str().filter(|class| *class != "STANDARD");
        let value = LogGroup {
            retention_days: group["retentionInDays"].as_i64(),
            created: created.map(|created| created.to_string()),
            class: class.map(str::to_owned),
        };
        Some((group["logGroupName"].as_str()?.to_owned(), value))
    })
    .await
}
