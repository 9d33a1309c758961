//! EC2: route tables and their routes.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;

use super::route_associations::associations;
use super::{Query, given, not_yours, page_size, region, tags};
use crate::account::{LATTICE, Region, Route, RouteTable, Seen};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeRouteTables>(describe_route_tables);
    dispatch.on::<ec2::CreateRouteTable>(create_route_table);
    dispatch.on::<ec2::DeleteRouteTable>(delete_route_table);
    dispatch.on::<ec2::CreateRoute>(create_route);
    dispatch.on::<ec2::DeleteRoute>(delete_route);
}

fn describe_route_tables(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeRouteTables>,
) -> Said<ec2::DescribeRouteTables> {
    page_size(input.max_results(), 5..=100)?;
    let query = Query {
        filters: input.filters(),
        ids: input.route_table_ids(),
        not_found: "InvalidRouteTableID.NotFound",
        max: input.max_results(),
    };
    query.check(&[
        "association.gateway-id",
        "association.main",
        "association.subnet-id",
        "owner-id",
        "route-table-id",
        "vpc-id",
    ])?;
    let tables = query.choose(
        cx,
        seen(&region(cx).route_tables)?,
        |table| &table.tags,
        |id, table, name| match name {
            "association.gateway-id" => table.gateways.iter().cloned().collect(),
            "association.main" => vec![table.main.to_string()],
            "association.subnet-id" => table.subnets.iter().cloned().collect(),
            "owner-id" => vec![table.owner.clone()],
            "route-table-id" => vec![id.to_owned()],
            _ => vec![table.vpc.clone()],
        },
    )?;
    let (tables, next) = cx.page(tables, input.next_token(), input.max_results());
    let tables = tables.into_iter().map(|(id, t)| table(cx, id, t)).collect();
    Ok(Out::<ec2::DescribeRouteTables>::builder().set_route_tables(Some(tables)).set_next_token(next).build())
}

fn table(cx: &Cx<'_>, id: &str, table: &RouteTable) -> types::RouteTable {
    let propagating =
        table.propagating.iter().map(|vgw| types::PropagatingVgw::builder().gateway_id(vgw).build());
    types::RouteTable::builder()
        .route_table_id(id)
        .vpc_id(&table.vpc)
        .owner_id(&table.owner)
        .set_associations(Some(associations(cx.world, id, table)))
        .set_propagating_vgws(Some(propagating.collect()))
        .set_routes(Some(table.routes.iter().map(|r| route(r, region(cx))).collect()))
        .set_tags(Some(tags(&table.tags)))
        .build()
}

fn route(route: &Route, region: &Region) -> types::Route {
    let destination = &route.destination;
    let prefix_list = destination.starts_with("pl-");
    let ipv6 = !prefix_list && destination.contains(':');
    let state = if route.blackhole { types::RouteState::Blackhole } else { types::RouteState::Active };
    let is = |prefix: &str| route.target.starts_with(prefix).then(|| route.target.clone());
    let instance = is("eni-").and_then(|id| region.interfaces.item(&id)?.instance.clone());
    types::Route::builder()
        .set_destination_cidr_block((!prefix_list && !ipv6).then(|| destination.clone()))
        .set_destination_ipv6_cidr_block(ipv6.then(|| destination.clone()))
        .set_destination_prefix_list_id(prefix_list.then(|| destination.clone()))
        .set_gateway_id(is("local").or(is(LATTICE)).or(is("igw-")).or(is("vgw-")).or(is("vpce-")))
        .set_nat_gateway_id(is("nat-"))
        .set_egress_only_internet_gateway_id(is("eigw-"))
        .set_network_interface_id(is("eni-"))
        .set_instance_id(is("i-").or(instance))
        .set_transit_gateway_id(is("tgw-"))
        .set_vpc_peering_connection_id(is("pcx-"))
        .set_carrier_gateway_id(is("cagw-"))
        .set_local_gateway_id(is("lgw-"))
        .set_core_network_arn(is("arn:").filter(|arn| arn.contains(":networkmanager:")))
        .set_odb_network_arn(is("arn:").filter(|arn| arn.contains(":odb:")))
        .origin(route.origin.as_str().into())
        .state(state)
        .build()
}

/// AWS's default quota of route tables in a VPC. It can be raised.
const TABLES: usize = 200;

fn create_route_table(cx: &mut Cx<'_>, input: &In<ec2::CreateRouteTable>) -> Said<ec2::CreateRouteTable> {
    let vpc = input.vpc_id().unwrap_or_default();
    let owner = cx.world.account.id.clone();
    // A VPC's association with a service network puts its routes into every table of the VPC.
    let lattice = |route: &&Route| route.target == LATTICE;
    let of_vpc = seen(&region(cx).route_tables)?.values().filter(|table| table.vpc == vpc);
    let lattice: BTreeSet<Route> =
        of_vpc.flat_map(|table| table.routes.iter().filter(lattice)).cloned().collect();
    let local = match seen(&region(cx).vpcs)?.get(vpc) {
        None => return Err(refuse("InvalidVpcID.NotFound", format!("The vpc ID '{vpc}' does not exist"))),
        Some(of) if of.owner != owner => return Err(not_yours()),
        Some(of) => of.cidrs.iter().chain(&of.ipv6_cidrs).map(|cidr| Route {
            destination: cidr.clone(),
            target: "local".into(),
            origin: "CreateRouteTable".into(),
            blackhole: false,
        }),
    };
    let new = RouteTable {
        vpc: vpc.into(),
        owner,
        routes: local.chain(lattice).collect(),
        tags: given(input.tag_specifications())?,
        ..RouteTable::default()
    };
    let count = 1 + seen(&region(cx).route_tables)?.values().filter(|table| table.vpc == vpc).count();
    cx.counts(format!("route tables of {vpc}"), count, TABLES);
    let id = cx.new_id("rtb");
    let answer = table(cx, &id, &new);
    seen_mut(&mut cx.region_mut().route_tables)?.insert(id, new);
    Ok(Out::<ec2::CreateRouteTable>::builder().route_table(answer).build())
}

/// A route table that the caller may change, by id.
pub(in crate::sim) fn own_table<'a>(cx: &'a mut Cx<'_>, id: &str) -> Result<&'a mut RouteTable, Refused> {
    let (visible, account) = (cx.visible(id), cx.world.account.id.clone());
    match seen_mut(&mut cx.region_mut().route_tables)?.get_mut(id).filter(|_| visible) {
        None => {
            Err(refuse("InvalidRouteTableID.NotFound", format!("The routeTable ID '{id}' does not exist")))
        }
        Some(table) if table.owner != account => Err(not_yours()),
        Some(table) => Ok(table),
    }
}

fn delete_route_table(cx: &mut Cx<'_>, input: &In<ec2::DeleteRouteTable>) -> Said<ec2::DeleteRouteTable> {
    let id = input.route_table_id().unwrap_or_default();
    let table = own_table(cx, id)?;
    if table.main || !table.subnets.is_empty() || !table.gateways.is_empty() {
        let message = format!("The routeTable '{id}' has dependencies and cannot be deleted.");
        return Err(refuse("DependencyViolation", message));
    }
    seen_mut(&mut cx.region_mut().route_tables)?.remove(id);
    Ok(Out::<ec2::DeleteRouteTable>::builder().build())
}

/// The one value that is given of several, as AWS wants it.
fn only<'a>(given: &[Option<&'a str>], what: &str) -> Result<&'a str, Refused> {
    let mut given = given.iter().flatten();
    match (given.next(), given.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(refuse("MissingParameter", format!("The request must contain a {what}"))),
        _ => {
            Err(refuse("InvalidParameterCombination", format!("The request must contain exactly one {what}")))
        }
    }
}

fn create_route(cx: &mut Cx<'_>, input: &In<ec2::CreateRoute>) -> Said<ec2::CreateRoute> {
    let id = input.route_table_id().unwrap_or_default();
    let destination = only(
        &[
            input.destination_cidr_block(),
            input.destination_ipv6_cidr_block(),
            input.destination_prefix_list_id(),
        ],
        "destination",
    )?;
    let target = only(
        &[
            input.gateway_id(),
            input.nat_gateway_id(),
            input.egress_only_internet_gateway_id(),
            input.network_interface_id(),
            input.instance_id(),
            input.transit_gateway_id(),
            input.vpc_peering_connection_id(),
            input.vpc_endpoint_id(),
            input.carrier_gateway_id(),
            input.local_gateway_id(),
            input.core_network_arn(),
            input.odb_network_arn(),
        ],
        "target",
    )?;
    let vpc = own_table(cx, id)?.vpc.clone();
    can_take(cx, &vpc, target)?;
    if destination.starts_with("pl-")
        && region(cx).prefix_lists.read().is_some_and(|l| !l.contains_key(destination))
    {
        let message = format!("The prefix list ID '{destination}' does not exist");
        return Err(refuse("InvalidPrefixListID.NotFound", message));
    }
    let table = own_table(cx, id)?;
    // A propagated route to the same place is no obstacle: the one made by hand goes first.
    let there = table.routes.iter().find(|r| r.destination == destination && made_by_hand(r));
    if there.is_some() {
        let message = format!("The route identified by {destination} already exists.");
        return Err(refuse("RouteAlreadyExists", message));
    }
    table.routes.insert(Route {
        destination: destination.into(),
        target: target.into(),
        origin: "CreateRoute".into(),
        blackhole: false,
    });
    Ok(Out::<ec2::CreateRoute>::builder().r#return(true).build())
}

/// Local routes count: nothing can be created beside them.
fn made_by_hand(route: &Route) -> bool {
    route.origin == "CreateRoute" || route.origin == "CreateRouteTable"
}

/// Where the target of a route is.
enum Whereabouts {
    Unread,
    /// Not there, or not to be routed to: AWS's code.
    Gone(&'static str),
    Vpc(String),
}

/// Looks a target up among those of its kind. `vpc` answers none for one that cannot be routed to.
fn whereabouts<T>(
    all: &Seen<BTreeMap<String, T>>,
    id: &str,
    code: &'static str,
    vpc: impl Fn(&T) -> Option<String>,
) -> Whereabouts {
    match all.read() {
        None => Whereabouts::Unread,
        Some(all) => all.get(id).and_then(vpc).map_or(Whereabouts::Gone(code), Whereabouts::Vpc),
    }
}

/// Can a route of this VPC lead there? What was not read is not checked.
fn can_take(cx: &Cx<'_>, vpc: &str, id: &str) -> Result<(), Refused> {
    let here = region(cx);
    // One that is detached is in no VPC, and another network to any.
    let attached = |to: &Option<String>| Some(to.clone().unwrap_or_default());
    let found = match id.split('-').next().unwrap_or_default() {
        "igw" => whereabouts(&here.internet_gateways, id, "InvalidInternetGatewayID.NotFound", |g| {
            attached(&g.vpc)
        }),
        "eigw" => {
            whereabouts(&here.egress_gateways, id, "InvalidGatewayID.NotFound", |g| Some(g.vpc.clone()))
        }
        "vgw" => whereabouts(&here.vpn_gateways, id, "InvalidVpnGatewayID.NotFound", |g| attached(&g.vpc)),
        // One that is not available yet or any more cannot be routed to.
        "nat" => whereabouts(&here.nat_gateways, id, "InvalidNatGatewayID.NotFound", |g| {
            (g.state == "available").then(|| g.vpc.clone())
        }),
        "eni" => {
            whereabouts(&here.interfaces, id, "InvalidNetworkInterfaceID.NotFound", |i| Some(i.vpc.clone()))
        }
        "pcx" => whereabouts(&here.peerings, id, "InvalidVpcPeeringConnectionID.NotFound", |peering| {
            let side = peering.requester.vpc == vpc || peering.accepter.vpc == vpc;
            (side && peering.state == "active").then(|| vpc.to_owned())
        }),
        "vpce" => whereabouts(&here.endpoints, id, "InvalidVpcEndpointId.NotFound", |e| Some(e.vpc.clone())),
        _ => Whereabouts::Unread,
    };
    match found {
        Whereabouts::Vpc(of) if of != vpc => {
            Err(refuse("InvalidParameterValue", format!("{id} belongs to a different network")))
        }
        Whereabouts::Gone(code) => Err(refuse(code, format!("The ID '{id}' does not exist"))),
        Whereabouts::Unread | Whereabouts::Vpc(_) => Ok(()),
    }
}

fn delete_route(cx: &mut Cx<'_>, input: &In<ec2::DeleteRoute>) -> Said<ec2::DeleteRoute> {
    let id = input.route_table_id().unwrap_or_default();
    let destination = only(
        &[
            input.destination_cidr_block(),
            input.destination_ipv6_cidr_block(),
            input.destination_prefix_list_id(),
        ],
        "destination",
    )?;
    let table = own_table(cx, id)?;
    let there: BTreeSet<Route> =
        table.routes.iter().filter(|r| r.destination == destination).cloned().collect();
    let Some(route) = there.iter().find(|r| made_by_hand(r)).or(there.first()) else {
        let message = format!("no route with destination {destination} in route table {id}");
        return Err(refuse("InvalidRoute.NotFound", message));
    };
    if route.is_local() {
        let message = format!("cannot remove local route {destination} in route table {id}");
        return Err(refuse("InvalidParameterValue", message));
    }
    if destination.starts_with("pl-") && route.target.starts_with("vpce-") {
        let message = format!("cannot remove VPC endpoint route {destination} from route table {id}");
        return Err(refuse("InvalidParameterValue", message));
    }
    if !made_by_hand(route) {
        let message = format!("cannot remove the propagated route {destination} from route table {id}");
        return Err(refuse("InvalidParameterValue", message));
    }
    table.routes.remove(route);
    Ok(Out::<ec2::DeleteRoute>::builder().build())
}

/// What a table shows of the routes to a target that goes or comes back, in the tables of a VPC;
/// everywhere, where none is named.
pub(in crate::sim) fn blackhole(cx: &mut Cx<'_>, target: &str, vpc: Option<&str>, blackhole: bool) {
    let Some(tables) = cx.region_mut().route_tables.read_mut() else { return };
    for table in tables.values_mut().filter(|table| vpc.is_none_or(|vpc| table.vpc == vpc)) {
        let (mut led, rest): (BTreeSet<Route>, BTreeSet<Route>) =
            std::mem::take(&mut table.routes).into_iter().partition(|route| route.target == target);
        table.routes = rest;
        while let Some(route) = led.pop_first() {
            table.routes.insert(Route { blackhole, ..route });
        }
    }
}

#[cfg(test)]
mod tests;
