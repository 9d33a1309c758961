//! Elastic Load Balancing: what is registered with a target group.

use aws_sdk_elasticloadbalancingv2::types;

use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::seen_mut;
use crate::account::{BackendTarget, TargetGroup};
use crate::aws::operations::elasticloadbalancingv2;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<elasticloadbalancingv2::RegisterTargets>(register_targets);
    dispatch.on::<elasticloadbalancingv2::DeregisterTargets>(deregister_targets);
}

fn group<'a>(cx: &'a mut Cx<'_>, arn: Option<&str>) -> Result<&'a mut TargetGroup, Refused> {
    let group = seen_mut(&mut cx.region_mut().target_groups)?.get_mut(arn.unwrap_or_default());
    group.ok_or_else(|| refuse("TargetGroupNotFound", "One or more target groups not found"))
}

/// A target as it is kept: without a port of its own it has its group's.
fn target(target: &types::TargetDescription, group: &TargetGroup) -> BackendTarget {
    BackendTarget {
        id: target.id().unwrap_or_default().to_owned(),
        port: target.port().or(group.port),
        zone: target.availability_zone().map(str::to_owned),
    }
}

fn register_targets(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::RegisterTargets>,
) -> Said<elasticloadbalancingv2::RegisterTargets> {
    let group = group(cx, input.target_group_arn())?;
    let new: Vec<BackendTarget> = input.targets().iter().map(|t| target(t, group)).collect();
    let instance = |target: &BackendTarget| target.id.starts_with("i-");
    if group.kind == "instance" && !new.iter().all(instance) || group.kind == "ip" && new.iter().any(instance)
    {
        return Err(refuse("InvalidTarget", "The target is not of the target group's type"));
    }
    group.targets.extend(new);
    Ok(Out::<elasticloadbalancingv2::RegisterTargets>::builder().build())
}

/// Without a port every registration of the target goes. One that is not registered is no error.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html>
fn deregister_targets(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::DeregisterTargets>,
) -> Said<elasticloadbalancingv2::DeregisterTargets> {
    let group = group(cx, input.target_group_arn())?;
    for gone in input.targets() {
        group.targets.retain(|target| {
            Some(target.id.as_str()) != gone.id() || gone.port().is_some_and(|port| target.port != Some(port))
        });
    }
    Ok(Out::<elasticloadbalancingv2::DeregisterTargets>::builder().build())
}
