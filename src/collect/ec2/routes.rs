//! Route tables and what they are associated with.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::{filters, tags};
use crate::account::{Route, RouteTable};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// The largest page that AWS gives of this list.
pub(crate) const PAGE: i32 = 100;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html>
pub(in crate::collect) async fn route_tables(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, RouteTable>, AwsError> {
    let list = aws.ec2(region).describe_route_tables().set_filters(filters(ask)).max_results(PAGE);
    let parts: Vec<(String, RouteTable)> = lists::all(aws, list, table).await?;
    let mut tables = BTreeMap::<String, RouteTable>::new();
    for (id, table) in parts {
        // A table of many routes may come in parts, on several pages.
        match tables.get_mut(&id) {
            Some(known) => known.add(table),
            None => drop(tables.insert(id, table)),
        }
    }
    Ok(tables)
}

impl RouteTable {
    /// Adds another part of the same table.
    fn add(&mut self, part: RouteTable) {
        self.main |= part.main;
        self.subnets.extend(part.subnets);
        self.gateways.extend(part.gateways);
        self.propagating.extend(part.propagating);
        self.routes.extend(part.routes);
        self.tags.extend(part.tags);
    }
}

/// A route table and its id, from AWS's form.
pub(crate) fn table(table: types::RouteTable) -> Option<(String, RouteTable)> {
    let mut value = RouteTable {
        vpc: table.vpc_id.unwrap_or_default(),
        owner: table.owner_id.unwrap_or_default(),
        propagating: table
            .propagating_vgws
            .unwrap_or_default()
            .into_iter()
            .filter_map(|vgw| vgw.gateway_id)
            .collect(),
        routes: table.routes.unwrap_or_default().into_iter().filter_map(route).collect(),
        tags: tags(table.tags),
        ..RouteTable::default()
    };
    for association in table.associations.unwrap_or_default().into_iter().filter(holds) {
        value.main |= association.main.unwrap_or(false);
        value.subnets.extend(association.subnet_id);
        value.gateways.extend(association.gateway_id);
    }
    Some((table.route_table_id?, value))
}

/// Is the association in effect or on its way to be?
pub(crate) fn holds(association: &types::RouteTableAssociation) -> bool {
    use types::RouteTableAssociationStateCode as Code;
    let state = association.association_state.as_ref().and_then(|state| state.state());
    state.is_none_or(|state| matches!(state, Code::Associated | Code::Associating))
}

fn route(route: types::Route) -> Option<Route> {
    let target = route
        .gateway_id
        .or(route.nat_gateway_id)
        .or(route.egress_only_internet_gateway_id)
        // Of an instance AWS shows both ids, and takes one: the interface's says more.
        .or(route.network_interface_id)
        .or(route.instance_id)
        .or(route.transit_gateway_id)
        .or(route.vpc_peering_connection_id)
        .or(route.carrier_gateway_id)
        .or(route.local_gateway_id)
        .or(route.core_network_arn)
        .or(route.odb_network_arn);
    Some(Route {
        destination: route
            .destination_cidr_block
            .or(route.destination_ipv6_cidr_block)
            .or(route.destination_prefix_list_id)?,
        target: target.unwrap_or_default(),
        origin: route.origin.map(|origin| origin.as_str().to_owned()).unwrap_or_default(),
        blackhole: route.state == Some(types::RouteState::Blackhole),
    })
}
