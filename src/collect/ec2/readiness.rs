//! What readiness asks of a Region: flow logs, encryption of new volumes.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::PAGE;
use crate::account::FlowLog;
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFlowLogs.html>
pub(in crate::collect) async fn flow_logs(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, FlowLog>, AwsError> {
    lists::all(aws, aws.ec2(region).describe_flow_logs().max_results(PAGE), flow_log).await
}

fn flow_log(log: types::FlowLog) -> Option<(String, FlowLog)> {
    let value = FlowLog {
        resource: log.resource_id.unwrap_or_default(),
        status: log.flow_log_status.unwrap_or_default(),
        delivery: log.deliver_logs_status.unwrap_or_default(),
        traffic: log.traffic_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        format: log.log_format.unwrap_or_default(),
    };
    Some((log.flow_log_id?, value))
}

/// Are new volumes of this Region encrypted, whoever makes them?
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetEbsEncryptionByDefault.html>
pub(in crate::collect) async fn ebs_encryption(aws: &Aws, region: &str, _: &Ask) -> Result<bool, AwsError> {
    let answer = aws.ec2(region).get_ebs_encryption_by_default().send().await?;
    let lacking = || AwsError::unusable("ec2:GetEbsEncryptionByDefault", "it does not say on or off");
    answer.ebs_encryption_by_default.ok_or_else(lacking)
}
