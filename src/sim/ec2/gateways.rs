//! EC2: internet gateways and egress-only internet gateways.

use aws_sdk_ec2::types;

use super::routes::blackhole;
use super::{Query, given, not_yours, page_size, region, tags};
use crate::account::{EgressGateway, Interface, InternetGateway};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeInternetGateways>(describe_internet_gateways);
    dispatch.on::<ec2::AttachInternetGateway>(attach_internet_gateway);
    dispatch.on::<ec2::DetachInternetGateway>(detach_internet_gateway);
    dispatch.on::<ec2::DescribeEgressOnlyInternetGateways>(describe_egress_only_internet_gateways);
    dispatch.on::<ec2::CreateEgressOnlyInternetGateway>(create_egress_only_internet_gateway);
    dispatch.on::<ec2::DeleteEgressOnlyInternetGateway>(delete_egress_only_internet_gateway);
}

fn attachment(vpc: &str, state: &str) -> types::InternetGatewayAttachment {
    types::InternetGatewayAttachment::builder().vpc_id(vpc).state(state.into()).build()
}

fn describe_internet_gateways(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeInternetGateways>,
) -> Said<ec2::DescribeInternetGateways> {
    let query = Query {
        filters: input.filters(),
        ids: input.internet_gateway_ids(),
        not_found: "InvalidInternetGatewayID.NotFound",
        max: input.max_results(),
    };
    query.check(&["attachment.vpc-id", "internet-gateway-id", "owner-id"])?;
    let gateways = query.choose(
        cx,
        seen(&region(cx).internet_gateways)?,
        |gateway| &gateway.tags,
        |id, gateway, name| match name {
            "attachment.vpc-id" => gateway.vpc.iter().cloned().collect(),
            "internet-gateway-id" => vec![id.to_owned()],
            _ => vec![gateway.owner.clone()],
        },
    )?;
    let (gateways, next) = cx.page(gateways, input.next_token(), input.max_results());
    let gateways = gateways.into_iter().map(|(id, gateway)| {
        // Of an internet gateway AWS says `available` where it says `attached` of others.
        let attachments = gateway.vpc.iter().map(|vpc| attachment(vpc, "available"));
        types::InternetGateway::builder()
            .internet_gateway_id(id)
            .owner_id(&gateway.owner)
            .set_attachments(Some(attachments.collect()))
            .set_tags(Some(tags(&gateway.tags)))
            .build()
    });
    Ok(Out::<ec2::DescribeInternetGateways>::builder()
        .set_internet_gateways(Some(gateways.collect()))
        .set_next_token(next)
        .build())
}

/// An internet gateway that the caller may attach and detach.
fn own_gateway<'a>(cx: &'a mut Cx<'_>, id: &str) -> Result<&'a mut InternetGateway, Refused> {
    let account = cx.world.account.id.clone();
    match seen_mut(&mut cx.region_mut().internet_gateways)?.get_mut(id) {
        None => {
            let message = format!("The internetGateway ID '{id}' does not exist");
            Err(refuse("InvalidInternetGatewayID.NotFound", message))
        }
        Some(gateway) if gateway.owner != account => Err(not_yours()),
        Some(gateway) => Ok(gateway),
    }
}

fn attach_internet_gateway(
    cx: &mut Cx<'_>,
    input: &In<ec2::AttachInternetGateway>,
) -> Said<ec2::AttachInternetGateway> {
    let (id, vpc) = (input.internet_gateway_id().unwrap_or_default(), input.vpc_id().unwrap_or_default());
    if let Some(taken) = own_gateway(cx, id)?.vpc.clone() {
        let message = format!("resource {id} is already attached to network {taken}");
        return Err(refuse("Resource.AlreadyAssociated", message));
    }
    if !seen(&region(cx).vpcs)?.contains_key(vpc) {
        return Err(refuse("InvalidVpcID.NotFound", format!("The vpc ID '{vpc}' does not exist")));
    }
    let all = seen(&region(cx).internet_gateways)?;
    if let Some((other, _)) = all.iter().find(|(_, gateway)| gateway.vpc.as_deref() == Some(vpc)) {
        let message = format!("Network {vpc} already has an internet gateway attached: {other}");
        return Err(refuse("Resource.AlreadyAssociated", message));
    }
    own_gateway(cx, id)?.vpc = Some(vpc.into());
    blackhole(cx, id, Some(vpc), false);
    Ok(Out::<ec2::AttachInternetGateway>::builder().build())
}

/// Does a public IPv4 address lead to the interface?
fn mapped(interface: &Interface) -> bool {
    interface.public_ip.is_some() || interface.secondary.values().any(Option::is_some)
}

fn detach_internet_gateway(
    cx: &mut Cx<'_>,
    input: &In<ec2::DetachInternetGateway>,
) -> Said<ec2::DetachInternetGateway> {
    let (id, vpc) = (input.internet_gateway_id().unwrap_or_default(), input.vpc_id().unwrap_or_default());
    if own_gateway(cx, id)?.vpc.as_deref() != Some(vpc) {
        return Err(refuse("Gateway.NotAttached", format!("resource {id} is not attached to network {vpc}")));
    }
    // Whosever they are: instances', load balancers', NAT gateways', participants'.
    if seen(&region(cx).interfaces)?.values().any(|interface| interface.vpc == vpc && mapped(interface)) {
        let message = format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public address(es) \
             before detaching the gateway."
        );
        return Err(refuse("DependencyViolation", message));
    }
    own_gateway(cx, id)?.vpc = None;
    blackhole(cx, id, Some(vpc), true);
    Ok(Out::<ec2::DetachInternetGateway>::builder().build())
}

fn describe_egress_only_internet_gateways(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeEgressOnlyInternetGateways>,
) -> Said<ec2::DescribeEgressOnlyInternetGateways> {
    page_size(input.max_results(), 5..=255)?;
    let query = Query {
        filters: input.filters(),
        ids: input.egress_only_internet_gateway_ids(),
        not_found: "InvalidGatewayID.NotFound",
        max: input.max_results(),
    };
    // It has no filter by VPC.
    query.check(&[])?;
    let all = seen(&region(cx).egress_gateways)?;
    let gateways = query.choose(cx, all, |gateway| &gateway.tags, |_, _, _| vec![])?;
    let (gateways, next) = cx.page(gateways, input.next_token(), input.max_results());
    let gateways = gateways.into_iter().map(|(id, g)| egress(id, g)).collect();
    Ok(Out::<ec2::DescribeEgressOnlyInternetGateways>::builder()
        .set_egress_only_internet_gateways(Some(gateways))
        .set_next_token(next)
        .build())
}

fn egress(id: &str, gateway: &EgressGateway) -> types::EgressOnlyInternetGateway {
    types::EgressOnlyInternetGateway::builder()
        .egress_only_internet_gateway_id(id)
        .attachments(attachment(&gateway.vpc, "attached"))
        .set_tags(Some(tags(&gateway.tags)))
        .build()
}

fn create_egress_only_internet_gateway(
    cx: &mut Cx<'_>,
    input: &In<ec2::CreateEgressOnlyInternetGateway>,
) -> Said<ec2::CreateEgressOnlyInternetGateway> {
    let vpc = input.vpc_id().unwrap_or_default();
    match seen(&region(cx).vpcs)?.get(vpc) {
        None => return Err(refuse("InvalidVpcID.NotFound", format!("The vpc ID '{vpc}' does not exist"))),
        Some(of) if of.owner != cx.world.account.id => return Err(not_yours()),
        Some(_) => {}
    }
    let made = input.client_token().and_then(|token| cx.world.tokens.get(token)).cloned();
    let known = made.filter(|id| region(cx).egress_gateways.item(id).is_some());
    let id = match known {
        Some(id) => id,
        None => {
            let new = EgressGateway { vpc: vpc.into(), tags: given(input.tag_specifications())? };
            let id = cx.new_id("eigw");
            seen_mut(&mut cx.region_mut().egress_gateways)?.insert(id.clone(), new);
            cx.world.tokens.extend(input.client_token().map(|token| (token.to_owned(), id.clone())));
            id
        }
    };
    let answer = region(cx).egress_gateways.item(&id).map(|gateway| egress(&id, gateway));
    Ok(Out::<ec2::CreateEgressOnlyInternetGateway>::builder()
        .set_egress_only_internet_gateway(answer)
        .build())
}

fn delete_egress_only_internet_gateway(
    cx: &mut Cx<'_>,
    input: &In<ec2::DeleteEgressOnlyInternetGateway>,
) -> Said<ec2::DeleteEgressOnlyInternetGateway> {
    let id = input.egress_only_internet_gateway_id().unwrap_or_default();
    if seen_mut(&mut cx.region_mut().egress_gateways)?.remove(id).is_none() {
        return Err(refuse("InvalidGatewayID.NotFound", format!("The gateway ID '{id}' does not exist")));
    }
    blackhole(cx, id, None, true);
    Ok(Out::<ec2::DeleteEgressOnlyInternetGateway>::builder().return_code(true).build())
}

#[cfg(test)]
mod tests;
