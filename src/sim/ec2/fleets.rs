//! EC2: Spot Fleet requests.

use aws_sdk_ec2::types;

use super::{region, tags};
use crate::account::SpotFleet;
use crate::aws::operations::ec2;
use crate::sim::World;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

/// How long a request stays `modifying`.
const MODIFYING_MS: u64 = 4_000;

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeSpotFleetRequests>(describe_spot_fleet_requests);
    dispatch.on::<ec2::ModifySpotFleetRequest>(modify_spot_fleet_request);
}

fn describe_spot_fleet_requests(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeSpotFleetRequests>,
) -> Said<ec2::DescribeSpotFleetRequests> {
    let ids = input.spot_fleet_request_ids();
    let fleets = seen(&region(cx).spot_fleets)?;
    if let Some(id) = ids.iter().find(|id| !fleets.contains_key(*id)) {
        return Err(no_such(id));
    }
    let fleets = fleets.iter().filter(|(id, _)| ids.is_empty() || ids.contains(id)).collect();
    let (fleets, next) = cx.page(fleets, input.next_token(), input.max_results());
    let fleets = fleets.into_iter().map(|(id, f)| fleet(id, f, cx.world)).collect();
    Ok(Out::<ec2::DescribeSpotFleetRequests>::builder()
        .set_spot_fleet_request_configs(Some(fleets))
        .set_next_token(next)
        .build())
}

fn no_such(id: &str) -> Refused {
    refuse("InvalidSpotFleetRequestId.NotFound", format!("The spot fleet request ID '{id}' does not exist"))
}

fn modifying(id: &str, world: &World) -> bool {
    world.fleet_active_at.get(id).is_some_and(|at| *at > world.now_ms)
}

fn fleet(id: &str, fleet: &SpotFleet, world: &World) -> types::SpotFleetRequestConfig {
    let state = if modifying(id, world) { "modifying" } else { fleet.state.as_str() };
    let overrides =
        fleet.subnets.iter().map(|s| types::LaunchTemplateOverrides::builder().subnet_id(s).build());
    let template = types::LaunchTemplateConfig::builder().set_overrides(Some(overrides.collect())).build();
    let word = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let config = types::SpotFleetRequestConfigData::builder()
        .iam_fleet_role("arn:aws:iam::111111111111:role/aws-ec2-spot-fleet-tagging-role")
        .target_capacity(fleet.target_capacity)
        .on_demand_target_capacity(fleet.on_demand)
        .set_type(word(&fleet.kind).map(|kind| kind.as_str().into()))
        .set_excess_capacity_termination_policy(word(&fleet.excess_capacity).map(|p| p.as_str().into()))
        .launch_template_configs(template)
        .build();
    types::SpotFleetRequestConfig::builder()
        .spot_fleet_request_id(id)
        .spot_fleet_request_state(state.into())
        .spot_fleet_request_config(config)
        .set_tags(Some(tags(&fleet.tags)))
        .build()
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySpotFleetRequest.html>
fn modify_spot_fleet_request(
    cx: &mut Cx<'_>,
    input: &In<ec2::ModifySpotFleetRequest>,
) -> Said<ec2::ModifySpotFleetRequest> {
    let id = input.spot_fleet_request_id().unwrap_or_default();
    if modifying(id, cx.world) {
        return Err(refuse("IncorrectState", format!("The request {id} is being modified.")));
    }
    let Some(fleet) = seen_mut(&mut cx.region_mut().spot_fleets)?.get_mut(id) else {
        return Err(no_such(id));
    };
    if fleet.kind != "maintain" {
        let message = "Only a fleet of type maintain can be modified.";
        return Err(refuse("InvalidSpotFleetRequestConfig", message));
    }
    let target = input.target_capacity().unwrap_or(fleet.target_capacity);
    let on_demand = input.on_demand_target_capacity().unwrap_or(fleet.on_demand);
    if target < 0 || !(0..=target).contains(&on_demand) {
        let message = "OnDemandTargetCapacity must not be above TargetCapacity.";
        return Err(refuse("InvalidParameterValue", message));
    }
    (fleet.target_capacity, fleet.on_demand) = (target, on_demand);
    if let Some(policy) = input.excess_capacity_termination_policy() {
        policy.as_str().clone_into(&mut fleet.excess_capacity);
    }
    cx.world.fleet_active_at.insert(id.to_owned(), cx.world.now_ms + MODIFYING_MS);
    Ok(Out::<ec2::ModifySpotFleetRequest>::builder().r#return(true).build())
}
