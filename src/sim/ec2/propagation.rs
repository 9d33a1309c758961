//! EC2: routes that a virtual private gateway propagates into route tables.

use super::region;
use super::routes::own_table;
use crate::account::{Route, RouteTable};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::EnableVgwRoutePropagation>(enable_vgw_route_propagation);
    dispatch.on::<ec2::DisableVgwRoutePropagation>(disable_vgw_route_propagation);
}

const ORIGIN: &str = "EnableVgwRoutePropagation";

/// The routes of a table that a gateway propagated.
fn propagated(table: &RouteTable, gateway: &str) -> Vec<Route> {
    table.routes.iter().filter(|route| route.origin == ORIGIN && route.target == gateway).cloned().collect()
}

/// Keeps in mind what a gateway advertises: a table without it no longer shows it.
fn learn(cx: &mut Cx<'_>, gateway: &str) {
    let tables = region(cx).route_tables.items();
    let destinations: Vec<String> =
        tables.flat_map(|(_, table)| propagated(table, gateway)).map(|route| route.destination).collect();
    cx.world.advertised.entry(gateway.to_owned()).or_default().extend(destinations);
}

/// A gateway that is detached propagates nowhere. Whether AWS keeps in mind where it did is not
/// documented: here it does not.
pub(in crate::sim) fn forget(cx: &mut Cx<'_>, gateway: &str) {
    learn(cx, gateway);
    let Some(tables) = cx.region_mut().route_tables.read_mut() else { return };
    for table in tables.values_mut().filter(|table| table.propagating.contains(gateway)) {
        table.propagating.remove(gateway);
        for route in propagated(table, gateway) {
            table.routes.remove(&route);
        }
    }
}

/// A gateway propagates only into tables of the VPC it is attached to.
fn attached(cx: &Cx<'_>, gateway: &str, vpc: &str) -> Result<(), Refused> {
    match region(cx).vpn_gateways.read().map(|all| all.get(gateway)) {
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
    cx: &mut Cx<'_>,
    input: &In<ec2::EnableVgwRoutePropagation>,
) -> Said<ec2::EnableVgwRoutePropagation> {
    let (id, gateway) = (input.route_table_id().unwrap_or_default(), input.gateway_id().unwrap_or_default());
    let vpc = own_table(cx, id)?.vpc.clone();
    attached(cx, gateway, &vpc)?;
    learn(cx, gateway);
    let advertised = cx.world.advertised.get(gateway).cloned().unwrap_or_default();
    let table = own_table(cx, id)?;
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
    cx: &mut Cx<'_>,
    input: &In<ec2::DisableVgwRoutePropagation>,
) -> Said<ec2::DisableVgwRoutePropagation> {
    let (id, gateway) = (input.route_table_id().unwrap_or_default(), input.gateway_id().unwrap_or_default());
    own_table(cx, id)?;
    learn(cx, gateway);
    let table = own_table(cx, id)?;
    table.propagating.remove(gateway);
    for route in propagated(table, gateway) {
        table.routes.remove(&route);
    }
    Ok(Out::<ec2::DisableVgwRoutePropagation>::builder().build())
}
