//! EC2: endpoint services with their connections, and the serial console.

use aws_sdk_ec2::operation as op;
use aws_sdk_ec2::types;
use aws_smithy_runtime_api::client::result::CreateUnhandledError;

use super::{Query, here, tags};
use crate::account::{EndpointConnection, EndpointService};
use crate::sim::route::{At, Routes, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn routes(routes: &mut Routes) {
    routes.on(describe_vpc_endpoint_service_configurations);
    routes.on(describe_vpc_endpoint_connections);
    routes.on(accept_vpc_endpoint_connections);
    routes.on(reject_vpc_endpoint_connections);
    routes.on(get_serial_console_access_status);
    routes.on(enable_serial_console_access);
    routes.on(disable_serial_console_access);
}

/// How long an accepted connection takes to be available.
const ACCEPTS_MS: u64 = 5_000;

fn describe_vpc_endpoint_service_configurations(
    at: &mut At<'_>,
    input: &op::describe_vpc_endpoint_service_configurations::DescribeVpcEndpointServiceConfigurationsInput,
) -> Result<
    op::describe_vpc_endpoint_service_configurations::DescribeVpcEndpointServiceConfigurationsOutput,
    op::describe_vpc_endpoint_service_configurations::DescribeVpcEndpointServiceConfigurationsError,
> {
    let query = Query {
        filters: input.filters(),
        ids: input.service_ids(),
        not_found: "InvalidVpcEndpointServiceId.NotFound",
        max: input.max_results(),
    };
    query.check(&["service-id", "service-name"])?;
    let services = query.choose(
        at,
        seen(&here(at).endpoint_services)?,
        |service| &service.tags,
        |id, service, name| match name {
            "service-name" => vec![service.name.clone()],
            _ => vec![id.to_owned()],
        },
    )?;
    let (services, next) = at.page(services, input.next_token(), input.max_results());
    let services = services.into_iter().map(|(id, s)| service(id, s)).collect();
    Ok(op::describe_vpc_endpoint_service_configurations::DescribeVpcEndpointServiceConfigurationsOutput::builder()
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
    at: &mut At<'_>,
    input: &op::describe_vpc_endpoint_connections::DescribeVpcEndpointConnectionsInput,
) -> Result<
    op::describe_vpc_endpoint_connections::DescribeVpcEndpointConnectionsOutput,
    op::describe_vpc_endpoint_connections::DescribeVpcEndpointConnectionsError,
> {
    let query = Query { filters: input.filters(), ids: &[], not_found: "", max: input.max_results() };
    query.check(&["service-id"])?;
    let services = query.choose(
        at,
        seen(&here(at).endpoint_services)?,
        |service| &service.tags,
        |id, _, _| vec![id.to_owned()],
    )?;
    let connections = services.into_iter().flat_map(|(id, service)| {
        service.connections.iter().map(move |(endpoint, known)| connection(id, endpoint, known))
    });
    let connections = connections.collect();
    let (connections, next) = at.page(connections, input.next_token(), input.max_results());
    Ok(op::describe_vpc_endpoint_connections::DescribeVpcEndpointConnectionsOutput::builder()
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
fn turn<E: CreateUnhandledError>(
    at: &mut At<'_>,
    service: Option<&str>,
    endpoints: &[String],
    (from, to): (&[&str], &str),
) -> Result<Vec<types::UnsuccessfulItem>, E> {
    let id = service.unwrap_or_default();
    let Some(service) = seen_mut(&mut at.here().endpoint_services)?.get_mut(id) else {
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
    at: &mut At<'_>,
    input: &op::accept_vpc_endpoint_connections::AcceptVpcEndpointConnectionsInput,
) -> Result<
    op::accept_vpc_endpoint_connections::AcceptVpcEndpointConnectionsOutput,
    op::accept_vpc_endpoint_connections::AcceptVpcEndpointConnectionsError,
> {
    let from = (["pendingacceptance", "rejected"].as_slice(), "pending");
    let unsuccessful = turn(at, input.service_id(), input.vpc_endpoint_ids(), from)?;
    at.later(ACCEPTS_MS, input.service_id().unwrap_or_default(), |at, service| {
        let service = at.here().endpoint_services.read_mut().and_then(|all| all.get_mut(service));
        let connections = service.into_iter().flat_map(|service| service.connections.values_mut());
        for connection in connections.filter(|connection| connection.state == "pending") {
            connection.state = "available".into();
        }
    });
    Ok(op::accept_vpc_endpoint_connections::AcceptVpcEndpointConnectionsOutput::builder()
        .set_unsuccessful(Some(unsuccessful))
        .build())
}

fn reject_vpc_endpoint_connections(
    at: &mut At<'_>,
    input: &op::reject_vpc_endpoint_connections::RejectVpcEndpointConnectionsInput,
) -> Result<
    op::reject_vpc_endpoint_connections::RejectVpcEndpointConnectionsOutput,
    op::reject_vpc_endpoint_connections::RejectVpcEndpointConnectionsError,
> {
    let from = (["available", "pendingacceptance", "pending"].as_slice(), "rejected");
    let unsuccessful = turn(at, input.service_id(), input.vpc_endpoint_ids(), from)?;
    Ok(op::reject_vpc_endpoint_connections::RejectVpcEndpointConnectionsOutput::builder()
        .set_unsuccessful(Some(unsuccessful))
        .build())
}

fn get_serial_console_access_status(
    at: &mut At<'_>,
    _: &op::get_serial_console_access_status::GetSerialConsoleAccessStatusInput,
) -> Result<
    op::get_serial_console_access_status::GetSerialConsoleAccessStatusOutput,
    op::get_serial_console_access_status::GetSerialConsoleAccessStatusError,
> {
    let enabled = *seen(&here(at).serial_console)?;
    Ok(op::get_serial_console_access_status::GetSerialConsoleAccessStatusOutput::builder()
        .serial_console_access_enabled(enabled)
        .managed_by(types::ManagedBy::Account)
        .build())
}

fn enable_serial_console_access(
    at: &mut At<'_>,
    _: &op::enable_serial_console_access::EnableSerialConsoleAccessInput,
) -> Result<
    op::enable_serial_console_access::EnableSerialConsoleAccessOutput,
    op::enable_serial_console_access::EnableSerialConsoleAccessError,
> {
    *seen_mut(&mut at.here().serial_console)? = true;
    Ok(op::enable_serial_console_access::EnableSerialConsoleAccessOutput::builder()
        .serial_console_access_enabled(true)
        .build())
}

fn disable_serial_console_access(
    at: &mut At<'_>,
    _: &op::disable_serial_console_access::DisableSerialConsoleAccessInput,
) -> Result<
    op::disable_serial_console_access::DisableSerialConsoleAccessOutput,
    op::disable_serial_console_access::DisableSerialConsoleAccessError,
> {
    *seen_mut(&mut at.here().serial_console)? = false;
    Ok(op::disable_serial_console_access::DisableSerialConsoleAccessOutput::builder()
        .serial_console_access_enabled(false)
        .build())
}
