//! EC2: endpoint services with their connections, and the serial console.

use aws_sdk_ec2::types;

use super::{Query, region, tags};
use crate::account::{EndpointConnection, EndpointService};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch
        .on::<ec2::DescribeVpcEndpointServiceConfigurations>(describe_vpc_endpoint_service_configurations);
    dispatch.on::<ec2::DescribeVpcEndpointConnections>(describe_vpc_endpoint_connections);
    dispatch.on::<ec2::AcceptVpcEndpointConnections>(accept_vpc_endpoint_connections);
    dispatch.on::<ec2::RejectVpcEndpointConnections>(reject_vpc_endpoint_connections);
    dispatch.on::<ec2::GetSerialConsoleAccessStatus>(get_serial_console_access_status);
    dispatch.on::<ec2::EnableSerialConsoleAccess>(enable_serial_console_access);
    dispatch.on::<ec2::DisableSerialConsoleAccess>(disable_serial_console_access);
}

/// How long an accepted connection takes to be available.
const ACCEPTS_MS: u64 = 5_000;

fn describe_vpc_endpoint_service_configurations(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeVpcEndpointServiceConfigurations>,
) -> Said<ec2::DescribeVpcEndpointServiceConfigurations> {
    let query = Query {
        filters: input.filters(),
        ids: input.service_ids(),
        not_found: "InvalidVpcEndpointServiceId.NotFound",
        max: input.max_results(),
    };
    query.check(&["service-id", "service-name"])?;
    let services = query.choose(
        cx,
        seen(&region(cx).endpoint_services)?,
        |service| &service.tags,
        |id, service, name| match name {
            "service-name" => vec![service.name.clone()],
            _ => vec![id.to_owned()],
        },
    )?;
    let (services, next) = cx.page(services, input.next_token(), input.max_results());
    let services = services.into_iter().map(|(id, s)| service(id, s)).collect();
    Ok(Out::<ec2::DescribeVpcEndpointServiceConfigurations>::builder()
        .set_service_configurations(Some(services))
        .set_next_token(next)
        .build())
}

/// The word of AWS's model for a state in lower case.
fn word<'a>(words: &[&'a str], state: &'a str) -> &'a str {
    words.iter().find(|word| word.eq_ignore_ascii_case(state)).copied().unwrap_or(state)
}

fn service(id: &str, service: &EndpointService) -> types::ServiceConfiguration {
    let balancers = |gateway: bool| {
        let all = service.load_balancers.iter();
        Some(all.filter(|arn| arn.contains(":loadbalancer/gwy/") == gateway).cloned().collect())
    };
    types::ServiceConfiguration::builder()
        .service_id(id)
        .service_name(&service.name)
        .service_state(word(types::ServiceState::values(), &service.state).into())
        .acceptance_required(service.acceptance_required)
        .set_network_load_balancer_arns(balancers(false))
        .set_gateway_load_balancer_arns(balancers(true))
        .set_tags(Some(tags(&service.tags)))
        .build()
}

fn describe_vpc_endpoint_connections(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeVpcEndpointConnections>,
) -> Said<ec2::DescribeVpcEndpointConnections> {
    let query = Query { filters: input.filters(), ids: &[], not_found: "", max: input.max_results() };
    query.check(&["service-id"])?;
    let services = query.choose(
        cx,
        seen(&region(cx).endpoint_services)?,
        |service| &service.tags,
        |id, _, _| vec![id.to_owned()],
    )?;
    let connections = services.into_iter().flat_map(|(id, service)| {
        service.connections.iter().map(move |(endpoint, known)| connection(id, endpoint, known))
    });
    let connections = connections.collect();
    let (connections, next) = cx.page(connections, input.next_token(), input.max_results());
    Ok(Out::<ec2::DescribeVpcEndpointConnections>::builder()
        .set_vpc_endpoint_connections(Some(connections))
        .set_next_token(next)
        .build())
}

fn connection(service: &str, endpoint: &str, known: &EndpointConnection) -> types::VpcEndpointConnection {
    types::VpcEndpointConnection::builder()
        .service_id(service)
        .vpc_endpoint_id(endpoint)
        .vpc_endpoint_owner(&known.owner)
        .vpc_endpoint_state(word(types::State::values(), &known.state).into())
        .build()
}

/// Moves the named connections on, and says of which that cannot be done: AWS answers 200 then too.
fn turn(
    cx: &mut Cx<'_>,
    service: Option<&str>,
    endpoints: &[String],
    (from, to): (&[&str], &str),
) -> Result<Vec<types::UnsuccessfulItem>, Refused> {
    let id = service.unwrap_or_default();
    let Some(service) = seen_mut(&mut cx.region_mut().endpoint_services)?.get_mut(id) else {
        let message = format!("The VpcEndpointService Id '{id}' does not exist");
        return Err(refuse("InvalidVpcEndpointServiceId.NotFound", message));
    };
    let item = |endpoint: &str, code: &str, message: String| {
        let error = types::UnsuccessfulItemError::builder().code(code).message(message).build();
        types::UnsuccessfulItem::builder().resource_id(endpoint).error(error).build()
    };
    let mut unsuccessful = vec![];
    for endpoint in endpoints {
        match service.connections.get_mut(endpoint) {
            None => {
                let message = format!("The Vpc Endpoint Id '{endpoint}' does not exist");
                unsuccessful.push(item(endpoint, "InvalidVpcEndpointId.NotFound", message));
            }
            Some(known) if from.contains(&known.state.as_str()) => known.state = to.into(),
            Some(known) => {
                let message = format!("{endpoint} is in state {}", known.state);
                unsuccessful.push(item(endpoint, "InvalidState", message));
            }
        }
    }
    Ok(unsuccessful)
}

fn accept_vpc_endpoint_connections(
    cx: &mut Cx<'_>,
    input: &In<ec2::AcceptVpcEndpointConnections>,
) -> Said<ec2::AcceptVpcEndpointConnections> {
    let from = (["pendingacceptance", "rejected"].as_slice(), "pending");
    let unsuccessful = turn(cx, input.service_id(), input.vpc_endpoint_ids(), from)?;
    cx.later(ACCEPTS_MS, input.service_id().unwrap_or_default(), |cx, service| {
        let service = cx.region_mut().endpoint_services.read_mut().and_then(|all| all.get_mut(service));
        let connections = service.into_iter().flat_map(|service| service.connections.values_mut());
        for connection in connections.filter(|connection| connection.state == "pending") {
            connection.state = "available".into();
        }
    });
    Ok(Out::<ec2::AcceptVpcEndpointConnections>::builder().set_unsuccessful(Some(unsuccessful)).build())
}

fn reject_vpc_endpoint_connections(
    cx: &mut Cx<'_>,
    input: &In<ec2::RejectVpcEndpointConnections>,
) -> Said<ec2::RejectVpcEndpointConnections> {
    let from = (["available", "pendingacceptance", "pending"].as_slice(), "rejected");
    let unsuccessful = turn(cx, input.service_id(), input.vpc_endpoint_ids(), from)?;
    Ok(Out::<ec2::RejectVpcEndpointConnections>::builder().set_unsuccessful(Some(unsuccessful)).build())
}

fn get_serial_console_access_status(
    cx: &mut Cx<'_>,
    _: &In<ec2::GetSerialConsoleAccessStatus>,
) -> Said<ec2::GetSerialConsoleAccessStatus> {
    let enabled = *seen(&region(cx).serial_console)?;
    Ok(Out::<ec2::GetSerialConsoleAccessStatus>::builder()
        .serial_console_access_enabled(enabled)
        .managed_by(types::ManagedBy::Account)
        .build())
}

fn enable_serial_console_access(
    cx: &mut Cx<'_>,
    _: &In<ec2::EnableSerialConsoleAccess>,
) -> Said<ec2::EnableSerialConsoleAccess> {
    *seen_mut(&mut cx.region_mut().serial_console)? = true;
    Ok(Out::<ec2::EnableSerialConsoleAccess>::builder().serial_console_access_enabled(true).build())
}

fn disable_serial_console_access(
    cx: &mut Cx<'_>,
    _: &In<ec2::DisableSerialConsoleAccess>,
) -> Said<ec2::DisableSerialConsoleAccess> {
    *seen_mut(&mut cx.region_mut().serial_console)? = false;
    Ok(Out::<ec2::DisableSerialConsoleAccess>::builder().serial_console_access_enabled(false).build())
}
