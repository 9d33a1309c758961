//! Auto Scaling groups and their processes.

use std::collections::BTreeSet;

use aws_sdk_autoscaling::types;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{BackendTarget, ScalingGroup};
use crate::aws::operations::autoscaling;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<autoscaling::DescribeAutoScalingGroups>(describe_auto_scaling_groups);
    dispatch.on::<autoscaling::SuspendProcesses>(suspend_processes);
    dispatch.on::<autoscaling::ResumeProcesses>(resume_processes);
    dispatch.on::<autoscaling::EnterStandby>(enter_standby);
    dispatch.on::<autoscaling::ExitStandby>(exit_standby);
    dispatch.on::<autoscaling::UpdateAutoScalingGroup>(update_auto_scaling_group);
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html>
const PROCESSES: [&str; 9] = [
    "AZRebalance",
    "AddToLoadBalancer",
    "AlarmNotification",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
];

fn describe_auto_scaling_groups(
    cx: &mut Cx<'_>,
    input: &In<autoscaling::DescribeAutoScalingGroups>,
) -> Said<autoscaling::DescribeAutoScalingGroups> {
    if input.max_records().is_some_and(|max| !(1..=100).contains(&max)) {
        return Err(refuse("ValidationError", "MaxRecords must be between 1 and 100"));
    }
    let names = input.auto_scaling_group_names();
    for filter in input.filters() {
        if !filter.name().is_some_and(|name| name.starts_with("tag:")) {
            return Err(refuse("ValidationError", "Filter type is not correct"));
        }
    }
    let tagged = |group: &ScalingGroup| {
        input.filters().iter().all(|filter| {
            let key = filter.name().unwrap_or_default().trim_start_matches("tag:");
            group.tags.get(key).is_some_and(|value| filter.values().contains(value))
        })
    };
    // A name that is not there is left out without a word.
    let groups = seen(&region(cx).scaling_groups)?
        .iter()
        .filter(|(name, group)| (names.is_empty() || names.contains(name)) && tagged(group))
        .map(|(name, g)| group(name, g))
        .collect();
    let (groups, next) = cx.page(groups, input.next_token(), input.max_records());
    Ok(Out::<autoscaling::DescribeAutoScalingGroups>::builder()
        .set_auto_scaling_groups(Some(groups))
        .set_next_token(next)
        .build())
}

fn group(name: &str, group: &ScalingGroup) -> types::AutoScalingGroup {
    let subnets: Vec<&str> = group.subnets.iter().map(String::as_str).collect();
    let instances = group.instances.iter().map(|id| {
        let state = if group.standby.contains(id) {
            types::LifecycleState::Standby
        } else {
            types::LifecycleState::InService
        };
        let health = if group.unhealthy.contains(id) { "Unhealthy" } else { "Healthy" };
        types::Instance::builder().instance_id(id).lifecycle_state(state).health_status(health).build()
    });
    let suspended = group.suspended.iter().map(|process| {
        let reason = "User suspended at 2026-01-01T03:00:00Z";
        types::SuspendedProcess::builder().process_name(process).suspension_reason(reason).build()
    });
    let tags = group.tags.iter().map(|(key, value)| {
        types::TagDescription::builder()
            .resource_id(name)
            .resource_type("auto-scaling-group")
            .key(key)
            .value(value)
            .build()
    });
    types::AutoScalingGroup::builder()
        .auto_scaling_group_name(name)
        .vpc_zone_identifier(subnets.join(","))
        .desired_capacity(group.desired)
        .min_size(group.min)
        .max_size(group.max)
        .health_check_type(if group.asks_load_balancers { "ELB" } else { "EC2" })
        .set_instances(Some(instances.collect()))
        .set_target_group_arns(Some(group.target_groups.iter().cloned().collect()))
        .set_suspended_processes(Some(suspended.collect()))
        .set_tags(Some(tags.collect()))
        .build()
}

/// The processes of a group, to change, and those that the call names: no name means all.
fn processes<'a>(
    cx: &'a mut Cx<'_>,
    group: Option<&str>,
    named: &[String],
) -> Result<(&'a mut BTreeSet<String>, BTreeSet<String>), Refused> {
    if let Some(unknown) = named.iter().find(|name| !PROCESSES.contains(&name.as_str())) {
        return Err(refuse("ValidationError", format!("{unknown} is not a valid scaling process")));
    }
    let Some(group) = seen_mut(&mut cx.region_mut().scaling_groups)?.get_mut(group.unwrap_or_default())
    else {
        return Err(refuse("ValidationError", "AutoScalingGroup name not found - null"));
    };
    let named = match named {
        [] => PROCESSES.iter().map(ToString::to_string).collect(),
        named => named.iter().cloned().collect(),
    };
    Ok((&mut group.suspended, named))
}

fn suspend_processes(
    cx: &mut Cx<'_>,
    input: &In<autoscaling::SuspendProcesses>,
) -> Said<autoscaling::SuspendProcesses> {
    let (suspended, named) = processes(cx, input.auto_scaling_group_name(), input.scaling_processes())?;
    suspended.extend(named);
    Ok(Out::<autoscaling::SuspendProcesses>::builder().build())
}

fn resume_processes(
    cx: &mut Cx<'_>,
    input: &In<autoscaling::ResumeProcesses>,
) -> Said<autoscaling::ResumeProcesses> {
    let (suspended, named) = processes(cx, input.auto_scaling_group_name(), input.scaling_processes())?;
    suspended.retain(|process| !named.contains(process));
    Ok(Out::<autoscaling::ResumeProcesses>::builder().build())
}

fn of_name<'a>(cx: &'a mut Cx<'_>, name: Option<&str>) -> Result<&'a mut ScalingGroup, Refused> {
    let group = seen_mut(&mut cx.region_mut().scaling_groups)?.get_mut(name.unwrap_or_default());
    group.ok_or_else(|| refuse("ValidationError", "AutoScalingGroup name not found - null"))
}

/// AWS takes instances that enter standby out of the group's target groups, and puts those that
/// leave it back in, on the target groups' own port.
fn register_targets(cx: &mut Cx<'_>, group: &ScalingGroup, instances: &[String], registered: bool) {
    let Some(groups) = cx.region_mut().target_groups.read_mut() else { return };
    for (_, target_group) in groups.iter_mut().filter(|(arn, _)| group.target_groups.contains(*arn)) {
        target_group.targets.retain(|target| !instances.contains(&target.id));
        if registered {
            let port = target_group.port;
            let new = instances.iter().map(|id| BackendTarget { id: id.clone(), port, zone: None });
            target_group.targets.extend(new);
        }
    }
}

fn count(instances: &[String]) -> i32 {
    i32::try_from(instances.len()).unwrap_or(i32::MAX)
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnterStandby.html>
fn enter_standby(cx: &mut Cx<'_>, input: &In<autoscaling::EnterStandby>) -> Said<autoscaling::EnterStandby> {
    let instances = input.instance_ids();
    let group = of_name(cx, input.auto_scaling_group_name())?;
    let in_service = |id: &String| group.instances.contains(id) && !group.standby.contains(id);
    if let Some(id) = instances.iter().find(|id| !in_service(id)) {
        return Err(refuse("ValidationError", format!("The instance {id} is not in InService.")));
    }
    if !input.should_decrement_desired_capacity().unwrap_or(false) {
        return Err(refuse("ValidationError", "not simulated: a replacement would be launched"));
    }
    let desired = group.desired - count(instances);
    if desired < group.min {
        let message = "AutoScalingGroup has min-size that is above the desired capacity it would have";
        return Err(refuse("ValidationError", message));
    }
    group.desired = desired;
    group.standby.extend(instances.iter().cloned());
    let group = group.clone();
    register_targets(cx, &group, instances, false);
    Ok(Out::<autoscaling::EnterStandby>::builder().build())
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_ExitStandby.html>
fn exit_standby(cx: &mut Cx<'_>, input: &In<autoscaling::ExitStandby>) -> Said<autoscaling::ExitStandby> {
    let instances = input.instance_ids();
    let group = of_name(cx, input.auto_scaling_group_name())?;
    if let Some(id) = instances.iter().find(|id| !group.standby.contains(*id)) {
        return Err(refuse("ValidationError", format!("The instance {id} is not in Standby.")));
    }
    let desired = group.desired + count(instances);
    if desired > group.max {
        return Err(refuse("ValidationError", "The desired capacity would be above the max-size."));
    }
    group.desired = desired;
    group.standby.retain(|id| !instances.contains(id));
    let group = group.clone();
    register_targets(cx, &group, instances, true);
    Ok(Out::<autoscaling::ExitStandby>::builder().build())
}

/// A minimum above what is desired raises that too.
fn update_auto_scaling_group(
    cx: &mut Cx<'_>,
    input: &In<autoscaling::UpdateAutoScalingGroup>,
) -> Said<autoscaling::UpdateAutoScalingGroup> {
    let group = of_name(cx, input.auto_scaling_group_name())?;
    let (min, max) = (input.min_size().unwrap_or(group.min), input.max_size().unwrap_or(group.max));
    if min < 0 || min > max {
        return Err(refuse("ValidationError", "Max bound must be greater than or equal to min bound"));
    }
    (group.min, group.max) = (min, max);
    group.desired = input.desired_capacity().unwrap_or(group.desired).clamp(min, max);
    Ok(Out::<autoscaling::UpdateAutoScalingGroup>::builder().build())
}
