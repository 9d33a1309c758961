//! Auto Scaling groups.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types;

use super::Ask;
use crate::account::ScalingGroup;
use crate::aws::{Aws, AwsError, lists};

/// Groups by name. AWS has no filter by VPC here.
///
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html>
pub(super) async fn scaling_groups(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, ScalingGroup>, AwsError> {
    let list = aws.autoscaling(region).describe_auto_scaling_groups().max_records(100);
    lists::all(aws, list, group).await
}

fn group(group: types::AutoScalingGroup) -> Option<(String, ScalingGroup)> {
    let instances = group.instances.unwrap_or_default();
    // Neither entering nor being in standby is an instance replaced.
    let stands_by = |i: &&types::Instance| {
        i.lifecycle_state
            .as_ref()
            .is_some_and(|state| matches!(state.as_str(), "Standby" | "EnteringStandby"))
    };
    let unhealthy = |i: &&types::Instance| i.health_status.as_deref() == Some("Unhealthy");
    let value = ScalingGroup {
        // One text with commas, in which a template may have left spaces.
        subnets: group
            .vpc_zone_identifier
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|subnet| !subnet.is_empty())
            .map(str::to_owned)
            .collect(),
        desired: group.desired_capacity.unwrap_or_default(),
        min: group.min_size.unwrap_or_default(),
        max: group.max_size.unwrap_or_default(),
        standby: instances.iter().filter(stands_by).filter_map(|i| i.instance_id.clone()).collect(),
        unhealthy: instances.iter().filter(unhealthy).filter_map(|i| i.instance_id.clone()).collect(),
        asks_load_balancers: group.health_check_type.is_some_and(|kinds| kinds.contains("ELB")),
        instances: instances.into_iter().filter_map(|i| i.instance_id).collect(),
        target_groups: group.target_group_arns.unwrap_or_default().into_iter().collect(),
        suspended: group
            .suspended_processes
            .unwrap_or_default()
            .into_iter()
            .filter_map(|process| process.process_name)
            .collect(),
        tags: group
            .tags
            .unwrap_or_default()
            .into_iter()
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect(),
    };
    Some((group.auto_scaling_group_name?, value))
}
