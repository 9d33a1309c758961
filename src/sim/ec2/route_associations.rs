//! EC2: which route table serves a subnet, a gateway, or whatever has none of its own.

use aws_sdk_ec2::types;

use super::routes::own_table;
use super::{not_yours, region};
use crate::account::RouteTable;
use crate::aws::operations::ec2;
use crate::sim::World;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::AssociateRouteTable>(associate_route_table);
    dispatch.on::<ec2::DisassociateRouteTable>(disassociate_route_table);
    dispatch.on::<ec2::ReplaceRouteTableAssociation>(replace_route_table_association);
}

/// The id of an association, by what is associated: another one after each change.
fn association(world: &World, what: &str) -> String {
    let generation = world.route_generation.get(what).copied().unwrap_or_default();
    format!("rtbassoc-{generation:04x}{}", what.replace('-', ""))
}

/// The associations of a table, as AWS shows them. A VPC stands for its main association.
pub(in crate::sim) fn associations(
    world: &World,
    id: &str,
    table: &RouteTable,
) -> Vec<types::RouteTableAssociation> {
    let state = types::RouteTableAssociationState::builder()
        .state(types::RouteTableAssociationStateCode::Associated)
        .build();
    let one = |what: &str| {
        types::RouteTableAssociation::builder()
            .route_table_association_id(association(world, what))
            .route_table_id(id)
            .association_state(state.clone())
    };
    let main = table.main.then(|| one(&table.vpc).main(true).build());
    let subnets = table.subnets.iter().map(|subnet| one(subnet).main(false).subnet_id(subnet).build());
    let gateways = table.gateways.iter().map(|gateway| one(gateway).main(false).gateway_id(gateway).build());
    main.into_iter().chain(subnets).chain(gateways).collect()
}

/// What an association is of.
#[derive(Clone, PartialEq)]
enum Of {
    Main(String),
    Subnet(String),
    Gateway(String),
}

impl Of {
    /// What its generations are counted by.
    fn key(&self) -> &str {
        match self {
            Of::Main(id) | Of::Subnet(id) | Of::Gateway(id) => id,
        }
    }

    fn set(&self, table: &mut RouteTable, on: bool) {
        match (self, on) {
            (Of::Main(_), on) => table.main = on,
            (Of::Subnet(id), true) => drop(table.subnets.insert(id.clone())),
            (Of::Subnet(id), false) => drop(table.subnets.remove(id)),
            (Of::Gateway(id), true) => drop(table.gateways.insert(id.clone())),
            (Of::Gateway(id), false) => drop(table.gateways.remove(id)),
        }
    }
}

/// The association with an id: of what, and its table.
fn find(cx: &Cx<'_>, wanted: &str) -> Result<(Of, String), Refused> {
    for (id, table) in seen(&region(cx).route_tables)? {
        let main = table.main.then(|| Of::Main(table.vpc.clone()));
        let subnets = table.subnets.iter().cloned().map(Of::Subnet);
        let gateways = table.gateways.iter().cloned().map(Of::Gateway);
        let mut all = main.into_iter().chain(subnets).chain(gateways);
        if let Some(of) = all.find(|of| association(cx.world, of.key()) == wanted) {
            return Ok((of, id.clone()));
        }
    }
    let message = format!("The association ID '{wanted}' does not exist");
    Err(refuse("InvalidAssociationID.NotFound", message))
}

/// Makes the change, and answers the association's new id.
fn renew(cx: &mut Cx<'_>, of: &Of) -> String {
    *cx.world.route_generation.entry(of.key().to_owned()).or_default() += 1;
    association(cx.world, of.key())
}

/// Only the owner of a subnet says which table serves it.
fn may(cx: &Cx<'_>, of: &Of) -> Result<(), Refused> {
    let theirs = match of {
        Of::Subnet(id) => seen(&region(cx).subnets)?.get(id).is_some_and(|s| s.owner != cx.world.account.id),
        Of::Main(_) | Of::Gateway(_) => false,
    };
    if theirs { Err(not_yours()) } else { Ok(()) }
}

fn associate_route_table(
    cx: &mut Cx<'_>,
    input: &In<ec2::AssociateRouteTable>,
) -> Said<ec2::AssociateRouteTable> {
    let id = input.route_table_id().unwrap_or_default();
    let (of, vpc) = match (input.subnet_id(), input.gateway_id()) {
        (Some(subnet), None) => {
            let Some(known) = seen(&region(cx).subnets)?.get(subnet) else {
                let message = format!("The subnet ID '{subnet}' does not exist");
                return Err(refuse("InvalidSubnetID.NotFound", message));
            };
            (Of::Subnet(subnet.into()), Some(known.vpc.clone()))
        }
        (None, Some(gateway)) => (Of::Gateway(gateway.into()), vpc_of(cx, gateway)?),
        _ => {
            let message = "exactly one of subnetId and gatewayId must be specified";
            return Err(refuse("InvalidParameterCombination", message));
        }
    };
    may(cx, &of)?;
    let table = own_table(cx, id)?;
    if vpc.is_some_and(|vpc| vpc != table.vpc) {
        let message = format!("Route table {id} and {} belong to different networks", of.key());
        return Err(refuse("InvalidParameterValue", message));
    }
    let taken = seen(&region(cx).route_tables)?.values().any(|table| match &of {
        Of::Subnet(subnet) => table.subnets.contains(subnet),
        Of::Gateway(gateway) => table.gateways.contains(gateway),
        Of::Main(_) => false,
    });
    if taken {
        let message =
            format!("the specified association for route table {id} conflicts with an existing association");
        return Err(refuse("Resource.AlreadyAssociated", message));
    }
    of.set(own_table(cx, id)?, true);
    let association = renew(cx, &of);
    Ok(Out::<ec2::AssociateRouteTable>::builder().association_id(association).build())
}

/// The VPC that an internet or virtual private gateway is attached to; `None` where it was not read.
fn vpc_of(cx: &Cx<'_>, gateway: &str) -> Result<Option<String>, Refused> {
    let here = region(cx);
    let (read, vpc) = if gateway.starts_with("vgw-") {
        (here.vpn_gateways.read().is_some(), here.vpn_gateways.item(gateway).and_then(|g| g.vpc.clone()))
    } else {
        (
            here.internet_gateways.read().is_some(),
            here.internet_gateways.item(gateway).and_then(|g| g.vpc.clone()),
        )
    };
    if read && vpc.is_none() {
        return Err(refuse("Gateway.NotAttached", format!("{gateway} is not attached to a VPC")));
    }
    Ok(vpc)
}

fn disassociate_route_table(
    cx: &mut Cx<'_>,
    input: &In<ec2::DisassociateRouteTable>,
) -> Said<ec2::DisassociateRouteTable> {
    let wanted = input.association_id().unwrap_or_default();
    let (of, id) = find(cx, wanted)?;
    may(cx, &of)?;
    if matches!(of, Of::Main(_)) {
        let message = format!("cannot disassociate the main route table association {wanted}");
        return Err(refuse("InvalidParameterValue", message));
    }
    of.set(own_table(cx, &id)?, false);
    renew(cx, &of);
    Ok(Out::<ec2::DisassociateRouteTable>::builder().build())
}

fn replace_route_table_association(
    cx: &mut Cx<'_>,
    input: &In<ec2::ReplaceRouteTableAssociation>,
) -> Said<ec2::ReplaceRouteTableAssociation> {
    let to = input.route_table_id().unwrap_or_default();
    let (of, from) = find(cx, input.association_id().unwrap_or_default())?;
    may(cx, &of)?;
    let vpc = own_table(cx, &from)?.vpc.clone();
    if own_table(cx, to)?.vpc != vpc {
        let message = format!("Route table {to} and {} belong to different networks", of.key());
        return Err(refuse("InvalidParameterValue", message));
    }
    let tables = seen_mut(&mut cx.region_mut().route_tables)?;
    for (id, on) in [(from.as_str(), false), (to, true)] {
        if let Some(table) = tables.get_mut(id) {
            of.set(table, on);
        }
    }
    let association = renew(cx, &of);
    Ok(Out::<ec2::ReplaceRouteTableAssociation>::builder().new_association_id(association).build())
}
