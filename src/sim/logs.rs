//! CloudWatch Logs: log groups and how long they keep their events.

use serde_json::{Value, json};

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Refused, Said, refuse};
use super::world::{plain_page, seen, seen_mut};
use crate::account::LogGroup;
use crate::aws::plain::PlainOutput;
use crate::aws::plain::services::cloudwatchlogs;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<cloudwatchlogs::DeleteRetentionPolicy>(delete_retention_policy);
    dispatch.on::<cloudwatchlogs::DescribeLogGroups>(describe_log_groups);
}

fn describe_log_groups(
    cx: &mut Cx<'_>,
    input: &In<cloudwatchlogs::DescribeLogGroups>,
) -> Said<cloudwatchlogs::DescribeLogGroups> {
    let limit = input.body["limit"].as_i64().unwrap_or(50);
    if !(1..=50).contains(&limit) {
        return Err(refuse("InvalidParameterException", "limit must be between 1 and 50"));
    }
    let prefix = input.body["logGroupNamePrefix"].as_str().unwrap_or_default();
    let all = seen(&region(cx).log_groups)?.iter().filter(|(name, _)| name.starts_with(prefix));
    let all = all.map(|(name, group)| group_as_told(name, group)).collect();
    Ok(plain_page::<cloudwatchlogs::DescribeLogGroups>(cx, all, input, "limit"))
}

fn group_as_told(name: &str, group: &LogGroup) -> Value {
    let created = group.created.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let mut told = json!({
        "logGroupName": name,
        "logGroupClass": group.class.as_deref().unwrap_or("STANDARD"),
    });
    if let Some(created) = created {
        told["creationTime"] = created.as_millisecond().into();
    }
    if let Some(days) = group.retention_days {
        told["retentionInDays"] = days.into();
    }
    told
}

/// A group that never expires its events is accepted too.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteRetentionPolicy.html>
fn delete_retention_policy(
    cx: &mut Cx<'_>,
    input: &In<cloudwatchlogs::DeleteRetentionPolicy>,
) -> Said<cloudwatchlogs::DeleteRetentionPolicy> {
    let name = input.body["logGroupName"].as_str().unwrap_or_default();
    let group = seen_mut(&mut cx.region_mut().log_groups)?.get_mut(name).ok_or_else(no_group)?;
    group.retention_days = None;
    Ok(PlainOutput::default())
}

fn no_group() -> Refused {
    refuse("ResourceNotFoundException", "The specified log group does not exist.")
}
