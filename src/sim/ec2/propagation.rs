//! EC2: routes that a virtual private gateway propagates into route tables.

use aws_sdk_ec2::operation as op;
use aws_smithy_runtime_api::client::result::CreateUnhandledError;

use super::here;
use super::routes::own;
use crate::account::{Route, RouteTable};
use crate::sim::route::{At, Routes, refuse};

pub(in crate::sim) fn routes(routes: &mut Routes) {
    routes.on(enable_vgw_route_propagation);
    routes.on(disable_vgw_route_propagation);
}

const ORIGIN: &str = "EnableVgwRoutePropagation";

/// The routes of a table that a gateway propagated.
fn propagated(table: &RouteTable, gateway: &str) -> Vec<Route> {
    table.routes.iter().filter(|route| route.origin == ORIGIN && route.target == gateway).cloned().collect()
}

/// Keeps in mind what a gateway advertises: a table without it no longer shows it.
fn learn(at: &mut At<'_>, gateway: &str) {
    let tables = here(at).route_tables.items();
    let destinations: Vec<String> =
        tables.flat_map(|(_, table)| propagated(table, gateway)).map(|route| route.destination).collect();
    at.world.advertised.entry(gateway.to_owned()).or_default().extend(destinations);
}

/// A gateway that is detached propagates nowhere. Whether AWS keeps in mind where it did is not
/// documented: here it does not.
pub(in crate::sim) fn forget(at: &mut At<'_>, gateway: &str) {
    learn(at, gateway);
    let Some(tables) = at.here().route_tables.read_mut() else { return };
    for table in tables.values_mut().filter(|table| table.propagating.contains(gateway)) {
        table.propagating.remove(gateway);
        for route in propagated(table, gateway) {
            table.routes.remove(&route);
        }
    }
}

/// A gateway propagates only into tables of the VPC it is attached to.
fn attached<E: CreateUnhandledError>(at: &At<'_>, gateway: &str, vpc: &str) -> Result<(), E> {
    match here(at).vpn_gateways.read().map(|all| all.get(gateway)) {
        None => Ok(()),
        Some(None) => {
            let message = format!("The vpnGateway ID '{gateway}' does not exist");
            Err(refuse("InvalidVpnGatewayID.NotFound", message))
        }
        Some(Some(known)) if known.vpc.as_deref() == Some(vpc) => Ok(()),
        Some(Some(_)) => Err(refuse("Gateway.NotAttached", format!("{gateway} is not attached to {vpc}"))),
    }
}

fn enable_vgw_route_propagation(
    at: &mut At<'_>,
    input: &op::enable_vgw_route_propagation::EnableVgwRoutePropagationInput,
) -> Result<
    op::enable_vgw_route_propagation::EnableVgwRoutePropagationOutput,
    op::enable_vgw_route_propagation::EnableVgwRoutePropagationError,
> {
    let (id, gateway) = (input.route_table_id().unwrap_or_default(), input.gateway_id().unwrap_or_default());
    let vpc = own(at, id)?.vpc.clone();
    attached(at, gateway, &vpc)?;
    learn(at, gateway);
    let advertised = at.world.advertised.get(gateway).cloned().unwrap_or_default();
    let table = own(at, id)?;
    table.propagating.insert(gateway.to_owned());
    table.routes.extend(advertised.into_iter().map(|destination| Route {
        destination,
        target: gateway.to_owned(),
        origin: ORIGIN.into(),
        blackhole: false,
    }));
    Ok(op::enable_vgw_route_propagation::EnableVgwRoutePropagationOutput::builder().build())
}

fn disable_vgw_route_propagation(
    at: &mut At<'_>,
    input: &op::disable_vgw_route_propagation::DisableVgwRoutePropagationInput,
) -> Result<
    op::disable_vgw_route_propagation::DisableVgwRoutePropagationOutput,
    op::disable_vgw_route_propagation::DisableVgwRoutePropagationError,
> {
    let (id, gateway) = (input.route_table_id().unwrap_or_default(), input.gateway_id().unwrap_or_default());
    own(at, id)?;
    learn(at, gateway);
    let table = own(at, id)?;
    table.propagating.remove(gateway);
    for route in propagated(table, gateway) {
        table.routes.remove(&route);
    }
    Ok(op::disable_vgw_route_propagation::DisableVgwRoutePropagationOutput::builder().build())
}
