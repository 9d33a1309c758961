//! EC2: NAT gateways. Both their making and their going take a while.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use aws_sdk_ec2::types;
use ipnet::Ipv4Net;

use super::addresses::unmap;
use super::routes::blackhole;
use super::{Query, given, not_yours, region, tags};
use crate::account::{Interface, NatAddress, NatGateway};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeNatGateways>(describe_nat_gateways);
    dispatch.on::<ec2::CreateNatGateway>(create_nat_gateway);
    dispatch.on::<ec2::DeleteNatGateway>(delete_nat_gateway);
}

/// A new one is `pending` for a while: on AWS a minute or two.
const MADE_AFTER_MS: u64 = 30_000;
/// One that cannot work is `failed` soon.
const FAILED_AFTER_MS: u64 = 4_000;
/// A deleted one keeps its interface and addresses for a while.
const GONE_AFTER_MS: u64 = 15_000;

fn describe_nat_gateways(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeNatGateways>,
) -> Said<ec2::DescribeNatGateways> {
    let query = Query {
        filters: input.filter(),
        ids: input.nat_gateway_ids(),
        not_found: "NatGatewayNotFound",
        max: input.max_results(),
    };
    query.check(&["nat-gateway-id", "state", "subnet-id", "vpc-id"])?;
    let gateways = query.choose(
        cx,
        seen(&region(cx).nat_gateways)?,
        |gateway| &gateway.tags,
        |id, gateway, name| match name {
            "nat-gateway-id" => vec![id.to_owned()],
            "state" => vec![gateway.state.clone()],
            "subnet-id" => gateway.subnet.iter().cloned().collect(),
            _ => vec![gateway.vpc.clone()],
        },
    )?;
    let (gateways, next) = cx.page(gateways, input.next_token(), input.max_results());
    let gateways = gateways.into_iter().map(|(id, g)| gateway(id, g)).collect();
    Ok(Out::<ec2::DescribeNatGateways>::builder()
        .set_nat_gateways(Some(gateways))
        .set_next_token(next)
        .build())
}

fn gateway(id: &str, gateway: &NatGateway) -> types::NatGateway {
    let addresses = gateway.addresses.iter().map(|address| {
        types::NatGatewayAddress::builder()
            .is_primary(address.primary)
            .set_allocation_id(address.allocation.clone())
            .set_public_ip(address.public_ip.clone())
            .set_private_ip(address.private_ip.clone())
            .set_network_interface_id(address.interface.clone())
            .build()
    });
    let failed = (gateway.state == "failed").then(|| "Gateway.NotAttached".to_owned());
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    types::NatGateway::builder()
        .nat_gateway_id(id)
        .vpc_id(&gateway.vpc)
        .set_subnet_id(gateway.subnet.clone())
        .state(gateway.state.as_str().into())
        .set_failure_code(failed)
        .set_connectivity_type(text(&gateway.connectivity).map(|kind| kind.as_str().into()))
        .set_availability_mode(text(&gateway.availability).map(|mode| mode.as_str().into()))
        .set_nat_gateway_addresses(Some(addresses.collect()))
        .set_tags(Some(tags(&gateway.tags)))
        .build()
}

fn create_nat_gateway(cx: &mut Cx<'_>, input: &In<ec2::CreateNatGateway>) -> Said<ec2::CreateNatGateway> {
    let made = input.client_token().and_then(|token| cx.world.tokens.get(token)).cloned();
    let id = match made.filter(|id| region(cx).nat_gateways.item(id).is_some()) {
        Some(id) => id,
        None => create(cx, input)?,
    };
    let answer = region(cx).nat_gateways.item(&id).map(|made| gateway(&id, made));
    Ok(Out::<ec2::CreateNatGateway>::builder().set_nat_gateway(answer).build())
}

fn create(cx: &mut Cx<'_>, input: &In<ec2::CreateNatGateway>) -> Result<String, Refused> {
    let subnet = input.subnet_id().unwrap_or_default();
    let (vpc, range) = match seen(&region(cx).subnets)?.get(subnet) {
        None => {
            let message = format!("The subnet ID '{subnet}' does not exist");
            return Err(refuse("InvalidSubnetID.NotFound", message));
        }
        Some(known) if known.owner != cx.world.account.id => return Err(not_yours()),
        Some(known) => (known.vpc.clone(), known.cidr.clone()),
    };
    let public = input.connectivity_type().is_none_or(|kind| *kind == types::ConnectivityType::Public);
    let allocations: Vec<String> = input
        .allocation_id()
        .map(ToOwned::to_owned)
        .into_iter()
        .chain(input.secondary_allocation_ids().iter().cloned())
        .collect();
    if public == allocations.is_empty() {
        let message = "A public NAT gateway needs an allocation id, and a private one takes none";
        return Err(refuse("InvalidParameterCombination", message));
    }
    if let Some(gone) =
        allocations.iter().find(|id| region(cx).addresses.read().is_some_and(|all| !all.contains_key(*id)))
    {
        let message = format!("The allocation ID '{gone}' does not exist");
        return Err(refuse("InvalidAllocationID.NotFound", message));
    }
    let mut taken = taken(cx, subnet);
    let asked = input
        .private_ip_address()
        .into_iter()
        .chain(input.secondary_private_ip_addresses().iter().map(String::as_str));
    let mut asked: std::collections::VecDeque<String> = asked.map(ToOwned::to_owned).collect();
    if let Some(ip) = asked.iter().find(|ip| taken.contains(*ip)) {
        return Err(refuse("InvalidIPAddress.InUse", format!("Address {ip} is in use.")));
    }
    let (id, interface) = (cx.new_id("nat"), cx.new_id("eni"));
    let attached = region(cx).internet_gateways.items().any(|(_, g)| g.vpc.as_deref() == Some(&vpc));
    let in_use =
        |id: &String| region(cx).addresses.item(id).is_some_and(|address| address.interface.is_some());
    let fails = public
        && ((region(cx).internet_gateways.read().is_some() && !attached) || allocations.iter().any(in_use));
    let count = allocations.len().max(asked.len()).max(1);
    let mut addresses = BTreeSet::new();
    for number in 0..count {
        let private_ip = asked.pop_front().or_else(|| free(&range, &taken)).unwrap_or_default();
        taken.insert(private_ip.clone());
        let allocation = allocations.get(number).cloned();
        addresses.insert(NatAddress {
            primary: number == 0,
            public_ip: allocation
                .as_ref()
                .and_then(|id| Some(region(cx).addresses.item(id)?.public_ip.clone())),
            allocation,
            private_ip: Some(private_ip),
            interface: (!fails).then(|| interface.clone()),
        });
    }
    let new = NatGateway {
        vpc,
        subnet: Some(subnet.into()),
        state: "pending".into(),
        connectivity: if public { "public" } else { "private" }.into(),
        availability: "zonal".into(),
        addresses,
        tags: given(input.tag_specifications())?,
    };
    if fails {
        cx.later(FAILED_AFTER_MS, &id, |cx, id| set_state(cx, id, "failed"));
    } else {
        connect(cx, &id, &interface, &new);
        cx.later(MADE_AFTER_MS, &id, |cx, id| set_state(cx, id, "available"));
    }
    seen_mut(&mut cx.region_mut().nat_gateways)?.insert(id.clone(), new);
    cx.world.tokens.extend(input.client_token().map(|token| (token.to_owned(), id.clone())));
    Ok(id)
}

fn set_state(cx: &mut Cx<'_>, id: &str, state: &str) {
    if let Some(gateway) = cx.region_mut().nat_gateways.read_mut().and_then(|all| all.get_mut(id)) {
        gateway.state = state.into();
    }
}

/// Private addresses of a subnet that interfaces have.
fn taken(cx: &Cx<'_>, subnet: &str) -> BTreeSet<String> {
    let here = region(cx).interfaces.items().filter(|(_, interface)| interface.subnet == subnet);
    here.flat_map(|(_, i)| i.private_ip.iter().chain(i.secondary.keys())).cloned().collect()
}

/// The first address of a range that nobody has. AWS keeps the first four for itself.
fn free(range: &str, taken: &BTreeSet<String>) -> Option<String> {
    let range: Ipv4Net = range.parse().ok()?;
    range.hosts().skip(3).map(|ip: Ipv4Addr| ip.to_string()).find(|ip| !taken.contains(ip))
}

/// Gives a new gateway its interface and its addresses.
fn connect(cx: &mut Cx<'_>, id: &str, interface: &str, gateway: &NatGateway) {
    let owner = cx.world.account.id.clone();
    let mut new = Interface {
        vpc: gateway.vpc.clone(),
        subnet: gateway.subnet.clone().unwrap_or_default(),
        owner: owner.clone(),
        kind: "nat_gateway".into(),
        description: format!("Interface for NAT Gateway {id}"),
        managed_by: Some(owner.clone()),
        source_dest_check: false,
        ..Interface::default()
    };
    let mut secondary = BTreeMap::new();
    for address in &gateway.addresses {
        if address.primary {
            new.private_ip.clone_from(&address.private_ip);
            new.public_ip.clone_from(&address.public_ip);
        } else if let Some(ip) = &address.private_ip {
            secondary.insert(ip.clone(), address.public_ip.clone());
        }
        let Some(all) = cx.region_mut().addresses.read_mut() else { continue };
        if let Some(elastic) = address.allocation.as_ref().and_then(|id| all.get_mut(id)) {
            elastic.interface = Some(interface.to_owned());
            elastic.private_ip.clone_from(&address.private_ip);
            elastic.interface_owner = Some(owner.clone());
        }
    }
    new.secondary = secondary;
    if let Some(all) = cx.region_mut().interfaces.read_mut() {
        all.insert(interface.to_owned(), new);
    }
}

fn delete_nat_gateway(cx: &mut Cx<'_>, input: &In<ec2::DeleteNatGateway>) -> Said<ec2::DeleteNatGateway> {
    let id = input.nat_gateway_id().unwrap_or_default();
    let visible = cx.visible(id);
    let Some(gateway) = seen_mut(&mut cx.region_mut().nat_gateways)?.get_mut(id).filter(|_| visible) else {
        return Err(refuse("NatGatewayNotFound", format!("The Nat Gateway {id} was not found")));
    };
    if gateway.state != "deleting" {
        gateway.state = "deleting".into();
        blackhole(cx, id, None, true);
        cx.later(GONE_AFTER_MS, id, gone);
    }
    Ok(Out::<ec2::DeleteNatGateway>::builder().nat_gateway_id(id).build())
}

/// A deleted gateway lets go of its interface and its addresses, which stay allocated.
fn gone(cx: &mut Cx<'_>, id: &str) {
    let Some(gateway) = cx.region_mut().nat_gateways.read_mut().and_then(|all| all.remove(id)) else {
        return;
    };
    for address in gateway.addresses {
        if let Some(allocation) = address.allocation {
            unmap(cx, &allocation);
        }
        if let (Some(interface), Some(all)) = (address.interface, cx.region_mut().interfaces.read_mut()) {
            all.remove(&interface);
        }
    }
}

#[cfg(test)]
mod tests;
