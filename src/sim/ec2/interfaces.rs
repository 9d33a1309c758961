//! EC2: network interfaces.

use aws_sdk_ec2::types;

use super::network::operator;
use super::{Query, region, tags};
use crate::account::{Interface, Region};
use crate::aws::operations::ec2;
use crate::collect::ec2::interfaces::EKS;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

/// The account of AWS's in which a control plane runs.
const EKS_ACCOUNT: &str = "333344445555";

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeNetworkInterfaces>(describe_network_interfaces);
    dispatch.on::<ec2::ModifyNetworkInterfaceAttribute>(modify_network_interface_attribute);
}

fn describe_network_interfaces(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeNetworkInterfaces>,
) -> Said<ec2::DescribeNetworkInterfaces> {
    let query = Query {
        filters: input.filters(),
        ids: input.network_interface_ids(),
        not_found: "InvalidNetworkInterfaceID.NotFound",
        max: input.max_results(),
    };
    query.check(&[
        "attachment.instance-id",
        "group-id",
        "interface-type",
        "network-interface-id",
        "owner-id",
        "subnet-id",
        "vpc-id",
    ])?;
    let interfaces = query.choose(
        cx,
        seen(&region(cx).interfaces)?,
        |interface| &interface.tags,
        |id, interface, name| match name {
            "attachment.instance-id" => interface.instance.iter().cloned().collect(),
            "group-id" => interface.groups.iter().cloned().collect(),
            "interface-type" => vec![interface.kind.clone()],
            "network-interface-id" => vec![id.to_owned()],
            "owner-id" => vec![interface.owner.clone()],
            "subnet-id" => vec![interface.subnet.clone()],
            _ => vec![interface.vpc.clone()],
        },
    )?;
    let managed = input.include_managed_resources().unwrap_or(false);
    let shown = |(_, i): &(_, &Interface)| managed || !i.managed_by.as_deref().is_some_and(by_operator);
    let interfaces = interfaces.into_iter().filter(shown).collect();
    let (interfaces, next) = cx.page(interfaces, input.next_token(), input.max_results());
    let interfaces = interfaces.into_iter().map(|(id, i)| interface(id, i, region(cx))).collect();
    Ok(Out::<ec2::DescribeNetworkInterfaces>::builder()
        .set_network_interfaces(Some(interfaces))
        .set_next_token(next)
        .build())
}

/// EKS Auto Mode and ECS Managed Instances are operators, named by principal, and hidden unless
/// asked for; older services are requesters, named `amazon-elb` or by a number.
fn by_operator(managed_by: &str) -> bool {
    managed_by.ends_with(".amazonaws.com")
}

fn interface(id: &str, interface: &Interface, region: &Region) -> types::NetworkInterface {
    let groups = interface.groups.iter().map(|group| {
        types::GroupIdentifier::builder()
            .group_id(group)
            .set_group_name(region.groups.item(group).map(|group| group.name.clone()))
            .build()
    });
    let by_eks = interface.managed_by.as_deref().is_some_and(|by| by.ends_with(EKS));
    let owner = if by_eks { EKS_ACCOUNT } else { &interface.owner };
    let attachment = (by_eks || interface.instance.is_some()).then(|| {
        let attachment = types::NetworkInterfaceAttachment::builder().instance_owner_id(owner);
        attachment.set_instance_id(interface.instance.clone()).build()
    });
    let mapped = |public: &Option<String>| {
        public.as_ref().map(|ip| types::NetworkInterfaceAssociation::builder().public_ip(ip).build())
    };
    let address = |ip: &String, public: &Option<String>, primary: bool| {
        types::NetworkInterfacePrivateIpAddress::builder()
            .private_ip_address(ip)
            .primary(primary)
            .set_association(mapped(public))
            .build()
    };
    let primary = interface.private_ip.iter().map(|ip| address(ip, &interface.public_ip, true));
    let addresses: Vec<_> =
        primary.chain(interface.secondary.iter().map(|(ip, public)| address(ip, public, false))).collect();
    let ipv6 = interface
        .ipv6
        .iter()
        .map(|address| types::NetworkInterfaceIpv6Address::builder().ipv6_address(address).build());
    let (ipv6_prefixes, ipv4_prefixes): (Vec<_>, Vec<_>) =
        interface.prefixes.iter().partition(|prefix| prefix.contains(':'));
    let ipv4_prefixes = ipv4_prefixes
        .into_iter()
        .map(|prefix| types::Ipv4PrefixSpecification::builder().ipv4_prefix(prefix).build());
    let ipv6_prefixes = ipv6_prefixes
        .into_iter()
        .map(|prefix| types::Ipv6PrefixSpecification::builder().ipv6_prefix(prefix).build());
    let (operators, requester) = match &interface.managed_by {
        Some(who) if by_operator(who) => (Some(operator(who)), None),
        who => (None, who.clone()),
    };
    types::NetworkInterface::builder()
        .network_interface_id(id)
        .vpc_id(&interface.vpc)
        .subnet_id(&interface.subnet)
        .owner_id(&interface.owner)
        .interface_type(interface.kind.as_str().into())
        .description(&interface.description)
        .set_groups(Some(groups.collect()))
        .requester_managed(requester.is_some() && !by_eks)
        .set_requester_id(requester)
        .set_operator(operators)
        .set_attachment(attachment)
        .set_association(mapped(&interface.public_ip))
        .set_private_ip_addresses(Some(addresses))
        .set_private_ip_address(interface.private_ip.clone())
        .set_ipv6_addresses(Some(ipv6.collect()))
        .set_ipv4_prefixes(Some(ipv4_prefixes.collect()))
        .set_ipv6_prefixes(Some(ipv6_prefixes.collect()))
        .source_dest_check(interface.source_dest_check)
        .set_tag_set(Some(tags(&interface.tags)))
        .build()
}

/// Groups of an interface: AWS's default quota, and what it can be raised to.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
const GROUPS: usize = 5;
const GROUPS_RAISED: usize = 16;

fn modify_network_interface_attribute(
    cx: &mut Cx<'_>,
    input: &In<ec2::ModifyNetworkInterfaceAttribute>,
) -> Said<ec2::ModifyNetworkInterfaceAttribute> {
    let id = input.network_interface_id().unwrap_or_default();
    let Some(now) = seen(&region(cx).interfaces)?.get(id).filter(|_| cx.visible(id)) else {
        let message = format!("The networkInterface ID '{id}' does not exist");
        return Err(refuse("InvalidNetworkInterfaceID.NotFound", message));
    };
    // IAM may allow it and AWS refuses all the same: a service's or another account's interface. Those
    // of an EKS control plane are changed, and EKS changes them back at its next update.
    // https://github.com/aws/containers-roadmap/issues/1148
    let refused = now.managed_by.as_deref().is_some_and(|by| !by.ends_with(EKS));
    if refused || now.owner != cx.world.account.id {
        return Err(refuse("AuthFailure", "You do not have permission to access the specified resource."));
    }
    let check = input.source_dest_check.as_ref().and_then(|check| check.value);
    let groups = input.groups.as_ref();
    match (groups, check) {
        (Some(_), Some(_)) => {
            return Err(refuse("InvalidParameterCombination", "One attribute can be changed at a time"));
        }
        (None, None) => return Err(refuse("InvalidParameterCombination", "No attributes specified.")),
        (Some(groups), None) => {
            fits(cx, groups, &now.vpc)?;
            cx.counts(format!("security groups of {id}"), groups.len(), GROUPS);
        }
        (None, Some(_)) => {}
    }
    if let Some(interface) = seen_mut(&mut cx.region_mut().interfaces)?.get_mut(id) {
        if let Some(groups) = groups {
            interface.groups = groups.iter().cloned().collect();
        }
        interface.source_dest_check = check.unwrap_or(interface.source_dest_check);
    }
    Ok(Out::<ec2::ModifyNetworkInterfaceAttribute>::builder().build())
}

/// May an interface in this VPC be in these groups?
fn fits(cx: &Cx<'_>, groups: &[String], vpc: &str) -> Result<(), Refused> {
    if groups.is_empty() {
        return Err(refuse("InvalidParameterValue", "An interface needs at least one security group"));
    }
    if groups.len() > GROUPS_RAISED {
        return Err(refuse(
            "SecurityGroupsPerInterfaceLimitExceeded",
            "The maximum number of security groups per interface has been reached.",
        ));
    }
    let known = seen(&region(cx).groups)?;
    for id in groups {
        match known.get(id).filter(|_| cx.visible(id)) {
            None => {
                let message = format!("The security group '{id}' does not exist");
                return Err(refuse("InvalidGroup.NotFound", message));
            }
            Some(group) if group.vpc != vpc => {
                let message = "You have specified two resources that belong to different networks.";
                return Err(refuse("InvalidParameter", message));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
