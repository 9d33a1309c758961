//! EC2: routes that a virtual private gateway propagates into route tables.

use super::here;
use super::routes::own;
use crate::account::{Route, RouteTable};
use crate::aws::operations::ec2;
use crate::sim::route::{At, In, Out, Refused, Routes, Said, refuse};

pub(in crate::sim) fn routes(routes: &mut Routes) {
    routes.on::<ec2::EnableVgwRoutePropagation>(enable_vgw_route_propagation);
    routes.on::<ec2::DisableVgwRoutePropagation>(disable_vgw_route_propagation);
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
fn attached(at: &At<'_>, gateway: &str, vpc: &str) -> Result<(), Refused> {
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
    input: &In<ec2::EnableVgwRoutePropagation>,
) -> Said<ec2::EnableVgwRoutePropagation> {
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
    Ok(Out::<ec2::EnableVgwRoutePropagation>::builder().build())
}

fn disable_vgw_route_propagation(
    at: &mut At<'_>,
    input: &In<ec2::DisableVgwRoutePropagation>,
) -> Said<ec2::DisableVgwRoutePropagation> {
    let (id, gateway) = (input.route_table_id().unwrap_or_default(), input.gateway_id().unwrap_or_default());
    own(at, id)?;
    learn(at, gateway);
    let table = own(at, id)?;
    table.propagating.remove(gateway);
    for route in propagated(table, gateway) {
        table.routes.remove(&route);
    }
    Ok(Out::<ec2::DisableVgwRoutePropagation>::builder().build())
}
