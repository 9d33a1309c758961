//! Spot Fleet requests.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;

use super::{PAGE, tags};
use crate::account::SpotFleet;
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// Requests that may still launch something: a cancelled one stays in the list and does not. AWS
/// has no filter here.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotFleetRequests.html>
pub(in crate::collect) async fn spot_fleets(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, SpotFleet>, AwsError> {
    lists::all(aws, aws.ec2(region).describe_spot_fleet_requests().max_results(PAGE), fleet).await
}

fn fleet(request: types::SpotFleetRequestConfig) -> Option<(String, SpotFleet)> {
    use types::BatchState::{Active, Modifying, Submitted};
    let state = request.spot_fleet_request_state?;
    if !matches!(state, Active | Modifying | Submitted) {
        return None;
    }
    let config = request.spot_fleet_request_config?;
    let word = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let value = SpotFleet {
        state: state.as_str().to_owned(),
        target_capacity: config.target_capacity.unwrap_or_default(),
        on_demand: config.on_demand_target_capacity.unwrap_or_default(),
        kind: word(config.r#type.as_ref().map(types::FleetType::as_str)),
        excess_capacity: word(
            config.excess_capacity_termination_policy.as_ref().map(|policy| policy.as_str()),
        ),
        subnets: subnets(
            config.launch_specifications.unwrap_or_default(),
            config.launch_template_configs.unwrap_or_default(),
        ),
        tags: tags(request.tags),
    };
    Some((request.spot_fleet_request_id?, value))
}

/// A subnet is one id, or several with commas between.
fn subnets(
    specifications: Vec<types::SpotFleetLaunchSpecification>,
    templates: Vec<types::LaunchTemplateConfig>,
) -> BTreeSet<String> {
    let by_specification = specifications.into_iter().flat_map(|specification| {
        let interfaces = specification.network_interfaces.unwrap_or_default();
        specification.subnet_id.into_iter().chain(interfaces.into_iter().filter_map(|i| i.subnet_id))
    });
    let overrides = templates.into_iter().flat_map(|template| template.overrides.unwrap_or_default());
    by_specification
        .chain(overrides.filter_map(|chosen| chosen.subnet_id))
        .flat_map(|ids| ids.split(',').map(|id| id.trim().to_owned()).collect::<Vec<_>>())
        .filter(|id| !id.is_empty())
        .collect()
}
