//! EC2: Elastic IP addresses.

use aws_sdk_ec2::types;

use super::{Query, region, tags};
use crate::account::{Address, Interface};
use crate::aws::operations::ec2;
use crate::sim::World;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeAddresses>(describe_addresses);
    dispatch.on::<ec2::AssociateAddress>(associate_address);
    dispatch.on::<ec2::DisassociateAddress>(disassociate_address);
}

/// The id of an address's association: another one each time.
fn association(world: &World, allocation: &str) -> String {
    let generation = world.address_generation.get(allocation).copied().unwrap_or_default();
    format!("eipassoc-{generation:04x}{}", allocation.trim_start_matches("eipalloc-"))
}

fn describe_addresses(cx: &mut Cx<'_>, input: &In<ec2::DescribeAddresses>) -> Said<ec2::DescribeAddresses> {
    let query = Query {
        filters: input.filters(),
        ids: input.allocation_ids(),
        not_found: "InvalidAllocationID.NotFound",
        max: None,
    };
    query.check(&["allocation-id", "network-interface-id", "public-ip"])?;
    let addresses = query.choose(
        cx,
        seen(&region(cx).addresses)?,
        |address| &address.tags,
        |id, address, name| match name {
            "allocation-id" => vec![id.to_owned()],
            "network-interface-id" => address.interface.iter().cloned().collect(),
            _ => vec![address.public_ip.clone()],
        },
    )?;
    let addresses = addresses.into_iter().map(|(id, a)| address(cx, id, a)).collect();
    Ok(Out::<ec2::DescribeAddresses>::builder().set_addresses(Some(addresses)).build())
}

fn address(cx: &Cx<'_>, id: &str, address: &Address) -> types::Address {
    let interface = address.interface.as_ref().and_then(|id| region(cx).interfaces.item(id));
    types::Address::builder()
        .allocation_id(id)
        .public_ip(&address.public_ip)
        .domain(types::DomainType::Vpc)
        .set_association_id(address.interface.is_some().then(|| association(cx.world, id)))
        .set_network_interface_id(address.interface.clone())
        .set_network_interface_owner_id(address.interface_owner.clone())
        .set_private_ip_address(address.private_ip.clone())
        .set_instance_id(interface.and_then(|interface| interface.instance.clone()))
        .set_service_managed(address.managed_by.as_deref().map(Into::into))
        .set_tags(Some(tags(&address.tags)))
        .build()
}

/// Maps a public address to one of an interface's, or unmaps it.
pub(in crate::sim) fn map(interface: &mut Interface, private_ip: &str, public_ip: Option<&str>) {
    let public_ip = public_ip.map(ToOwned::to_owned);
    if interface.private_ip.as_deref() == Some(private_ip) {
        interface.public_ip = public_ip;
    } else if let Some(mapped) = interface.secondary.get_mut(private_ip) {
        *mapped = public_ip;
    }
}

/// Takes an address from the interface that it leads to.
pub(in crate::sim) fn unmap(cx: &mut Cx<'_>, allocation: &str) {
    let Some(address) = cx.region_mut().addresses.read_mut().and_then(|all| all.get_mut(allocation)) else {
        return;
    };
    let (interface, private_ip) = (address.interface.take(), address.private_ip.take());
    address.interface_owner = None;
    *cx.world.address_generation.entry(allocation.to_owned()).or_default() += 1;
    if let (Some(id), Some(ip), Some(all)) = (interface, private_ip, cx.region_mut().interfaces.read_mut())
        && let Some(interface) = all.get_mut(&id)
    {
        map(interface, &ip, None);
    }
}

/// Neither a service's address nor one on a service's interface can be moved.
fn movable(cx: &Cx<'_>, address: &Address, interface: Option<&str>) -> Result<(), Refused> {
    let interface = interface.and_then(|id| region(cx).interfaces.item(id));
    let theirs = interface.is_some_and(|i| i.managed_by.is_some() || i.owner != cx.world.account.id);
    if address.managed_by.is_some() || theirs {
        return Err(refuse("AuthFailure", "You do not have permission to access the specified resource."));
    }
    Ok(())
}

fn associate_address(cx: &mut Cx<'_>, input: &In<ec2::AssociateAddress>) -> Said<ec2::AssociateAddress> {
    let id = input.allocation_id().unwrap_or_default();
    let to = input.network_interface_id().unwrap_or_default();
    let Some(address) = seen(&region(cx).addresses)?.get(id).cloned() else {
        let message = format!("The allocation ID '{id}' does not exist");
        return Err(refuse("InvalidAllocationID.NotFound", message));
    };
    let Some(interface) = seen(&region(cx).interfaces)?.get(to) else {
        let message = format!("The networkInterface ID '{to}' does not exist");
        return Err(refuse("InvalidNetworkInterfaceID.NotFound", message));
    };
    movable(cx, &address, Some(to))?;
    let attached =
        |vpc: &str| region(cx).internet_gateways.items().any(|(_, g)| g.vpc.as_deref() == Some(vpc));
    if region(cx).internet_gateways.read().is_some() && !attached(&interface.vpc) {
        let message = format!("Network {} is not attached to any internet gateway", interface.vpc);
        return Err(refuse("Gateway.NotAttached", message));
    }
    let Some(ip) = input.private_ip_address().or(interface.private_ip.as_deref()).map(ToOwned::to_owned)
    else {
        return Err(refuse("InvalidParameterValue", format!("{to} has no private IPv4 address")));
    };
    if interface.private_ip.as_ref() != Some(&ip) && !interface.secondary.contains_key(&ip) {
        let message = format!("The private IP address {ip} is not assigned to {to}");
        return Err(refuse("InvalidParameterValue", message));
    }
    let owner = interface.owner.clone();
    let there = |a: &Address| a.interface.as_deref() == Some(to) && a.private_ip.as_ref() == Some(&ip);
    let taken = region(cx).addresses.items().any(|(other, address)| other != id && there(address));
    if !input.allow_reassociation().unwrap_or(true) && (address.interface.is_some() || taken) {
        let message =
            format!("resource {id} is already associated with associate-id {}", association(cx.world, id));
        return Err(refuse("Resource.AlreadyAssociated", message));
    }
    unmap(cx, id);
    *cx.world.address_generation.entry(id.to_owned()).or_default() += 1;
    if let Some(interface) = seen_mut(&mut cx.region_mut().interfaces)?.get_mut(to) {
        map(interface, &ip, Some(&address.public_ip));
    }
    if let Some(address) = seen_mut(&mut cx.region_mut().addresses)?.get_mut(id) {
        address.interface = Some(to.into());
        address.private_ip = Some(ip);
        address.interface_owner = Some(owner);
    }
    Ok(Out::<ec2::AssociateAddress>::builder().association_id(association(cx.world, id)).build())
}

fn disassociate_address(
    cx: &mut Cx<'_>,
    input: &In<ec2::DisassociateAddress>,
) -> Said<ec2::DisassociateAddress> {
    let wanted = input.association_id().unwrap_or_default();
    let found = seen(&region(cx).addresses)?
        .iter()
        .find(|(id, address)| address.interface.is_some() && association(cx.world, id) == wanted);
    let Some((id, address)) = found.map(|(id, address)| (id.clone(), address.clone())) else {
        let message = format!("The association ID '{wanted}' does not exist");
        return Err(refuse("InvalidAssociationID.NotFound", message));
    };
    movable(cx, &address, address.interface.as_deref())?;
    unmap(cx, &id);
    Ok(Out::<ec2::DisassociateAddress>::builder().build())
}
