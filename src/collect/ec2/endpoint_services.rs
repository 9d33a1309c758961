//! Services that this account offers by `PrivateLink`, and the serial console.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::{PAGE, tags};
use crate::account::{EndpointConnection, EndpointService};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// Services with the endpoints connected to them: two lists.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointConnections.html>
pub(in crate::collect) async fn endpoint_services(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, EndpointService>, AwsError> {
    let list = aws.ec2(region).describe_vpc_endpoint_service_configurations().max_results(PAGE);
    let mut services: BTreeMap<String, EndpointService> = lists::all(aws, list, service).await?;
    let list = aws.ec2(region).describe_vpc_endpoint_connections().max_results(PAGE);
    let connections: Vec<_> = lists::all(aws, list, Some).await?;
    for connection in connections {
        let (Some(service), Some(endpoint)) = (connection.service_id, connection.vpc_endpoint_id) else {
            continue;
        };
        let value = EndpointConnection {
            owner: connection.vpc_endpoint_owner.unwrap_or_default(),
            state: lower(connection.vpc_endpoint_state.as_ref().map(types::State::as_str)),
        };
        if value.state != "deleted"
            && let Some(service) = services.get_mut(&service)
        {
            service.connections.insert(endpoint, value);
        }
    }
    Ok(services)
}

fn service(service: types::ServiceConfiguration) -> Option<(String, EndpointService)> {
    let network = service.network_load_balancer_arns.unwrap_or_default();
    let gateway = service.gateway_load_balancer_arns.unwrap_or_default();
    let value = EndpointService {
        name: service.service_name.unwrap_or_default(),
        state: lower(service.service_state.as_ref().map(types::ServiceState::as_str)),
        acceptance_required: service.acceptance_required.unwrap_or(false),
        load_balancers: network.into_iter().chain(gateway).collect(),
        connections: BTreeMap::new(),
        tags: tags(service.tags),
    };
    (value.state != "deleted").then_some((service.service_id?, value))
}

/// AWS spells these states `Available` in its model and `available` in its answers.
fn lower(state: Option<&str>) -> String {
    state.unwrap_or_default().to_lowercase()
}

/// May anybody use the serial console in this Region?
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetSerialConsoleAccessStatus.html>
pub(in crate::collect) async fn serial_console(aws: &Aws, region: &str, _: &Ask) -> Result<bool, AwsError> {
    let answer = aws.ec2(region).get_serial_console_access_status().send().await?;
    let lacking = || AwsError::unusable("ec2:GetSerialConsoleAccessStatus", "it does not say on or off");
    answer.serial_console_access_enabled.ok_or_else(lacking)
}
