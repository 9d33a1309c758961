//! Elastic network interfaces.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;

use super::Ask;
use super::ec2_network::{PAGE, filters, operator, tags};
use crate::account::Interface;
use crate::aws::{Aws, AwsError};

/// Interfaces, those included that a service manages and hides.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html>
pub(super) async fn interfaces(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Interface>, AwsError> {
    let list = aws.ec2(region).describe_network_interfaces().set_filters(filters(ask)).max_results(PAGE);
    let mut pages = list.include_managed_resources(true).into_paginator().send();
    let mut interfaces = BTreeMap::new();
    while let Some(page) = pages.next().await {
        interfaces.extend(page?.network_interfaces.unwrap_or_default().into_iter().filter_map(interface));
    }
    Ok(interfaces)
}

/// The CIDRs of both families that are delegated to an interface.
fn prefixes(
    ipv4: Option<Vec<types::Ipv4PrefixSpecification>>,
    ipv6: Option<Vec<types::Ipv6PrefixSpecification>>,
) -> BTreeSet<String> {
    let ipv4 = ipv4.unwrap_or_default().into_iter().filter_map(|prefix| prefix.ipv4_prefix);
    let ipv6 = ipv6.unwrap_or_default().into_iter().filter_map(|prefix| prefix.ipv6_prefix);
    ipv4.chain(ipv6).collect()
}

fn interface(interface: types::NetworkInterface) -> Option<(String, Interface)> {
    let attachment = interface.attachment;
    // Who may change it is said in three places, not always in all of them.
    let requester = interface
        .requester_managed
        .unwrap_or(false)
        .then(|| interface.requester_id.unwrap_or_default())
        .or_else(|| interface.operator.and_then(operator))
        .or_else(|| {
            let owner = attachment.as_ref()?.instance_owner_id.clone()?;
            owner.starts_with("amazon-").then_some(owner)
        });
    let value = Interface {
        vpc: interface.vpc_id.unwrap_or_default(),
        subnet: interface.subnet_id.unwrap_or_default(),
        owner: interface.owner_id.unwrap_or_default(),
        kind: interface.interface_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        description: interface.description.unwrap_or_default(),
        groups: interface.groups.unwrap_or_default().into_iter().filter_map(|g| g.group_id).collect(),
        managed_by: requester,
        instance: attachment.and_then(|attachment| attachment.instance_id),
        private_ip: interface.private_ip_address,
        public_ip: interface.association.and_then(|association| association.public_ip),
        secondary: interface
            .private_ip_addresses
            .unwrap_or_default()
            .into_iter()
            .filter(|address| !address.primary.unwrap_or(false))
            .filter_map(|a| Some((a.private_ip_address?, a.association.and_then(|to| to.public_ip))))
            .collect(),
        ipv6: interface
            .ipv6_addresses
            .unwrap_or_default()
            .into_iter()
            .filter_map(|address| address.ipv6_address)
            .collect(),
        prefixes: prefixes(interface.ipv4_prefixes, interface.ipv6_prefixes),
        source_dest_check: interface.source_dest_check.unwrap_or(true),
        tags: tags(interface.tag_set),
    };
    Some((interface.network_interface_id?, value))
}
