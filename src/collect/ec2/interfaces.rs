//! Elastic network interfaces.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;

use super::network::operator;
use super::{PAGE, filters, tags};
use crate::account::Interface;
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// How the requester's id ends where EKS made an interface.
pub(crate) const EKS: &str = ":AmazonEKS";

/// Interfaces, those included that a service manages and hides.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html>
pub(in crate::collect) async fn interfaces(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Interface>, AwsError> {
    let list = aws.ec2(region).describe_network_interfaces().set_filters(filters(ask)).max_results(PAGE);
    lists::all(aws, list.include_managed_resources(true), interface).await
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
    let managed_by = manager(&interface);
    let attachment = interface.attachment;
    let value = Interface {
        vpc: interface.vpc_id.unwrap_or_default(),
        subnet: interface.subnet_id.unwrap_or_default(),
        owner: interface.owner_id.unwrap_or_default(),
        kind: interface.interface_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        description: interface.description.unwrap_or_default(),
        groups: interface.groups.unwrap_or_default().into_iter().filter_map(|g| g.group_id).collect(),
        managed_by,
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

/// Returns the service or account that keeps an interface. AWS says it in four places, and not always
/// in all of them. EKS's interfaces into the nodes' VPC are not `requesterManaged`, and EC2 lets their
/// owner change them: they belong to EKS all the same, as does whatever another account has attached.
fn manager(interface: &types::NetworkInterface) -> Option<String> {
    let requester = interface.requester_id.clone().unwrap_or_default();
    if interface.requester_managed.unwrap_or(false) || requester.ends_with(EKS) {
        return Some(requester);
    }
    let attached_by = || {
        let owner = interface.attachment.as_ref()?.instance_owner_id.clone()?;
        (interface.owner_id.as_ref() != Some(&owner)).then_some(owner)
    };
    interface.operator.clone().and_then(operator).or_else(attached_by)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: &str = "111122223333";

    /// An interface attached to an instance of `by`, as `describe-network-interfaces` shows it.
    fn attached(by: &str) -> types::builders::NetworkInterfaceBuilder {
        let attachment = types::NetworkInterfaceAttachment::builder()
            .attachment_id("ela-attach-0c6f2d1b9a8e73f54")
            .device_index(1)
            .instance_owner_id(by)
            .status(types::AttachmentStatus::Attached);
        types::NetworkInterface::builder()
            .network_interface_id("eni-0a1b2c3d4e5f60718")
            .interface_type(types::NetworkInterfaceType::Interface)
            .owner_id(ME)
            .requester_managed(false)
            .attachment(attachment.build())
    }

    fn managed_by(shown: types::builders::NetworkInterfaceBuilder) -> Option<String> {
        interface(shown.build()).unwrap().1.managed_by
    }

    #[test]
    fn interfaces_of_an_eks_control_plane_are_managed() {
        let requester = "AROAZYXWVUTSRQPONMLKJ:AmazonEKS";
        let eks = attached("444455556666").description("Amazon EKS shop").requester_id(requester);
        assert_eq!(managed_by(eks), Some(requester.to_owned()));
        // Before it is attached and after the cluster is gone.
        let eks = attached("").set_attachment(None).requester_id(requester);
        assert_eq!(managed_by(eks), Some(requester.to_owned()));
    }

    #[test]
    fn an_interface_on_a_machine_of_another_account_is_managed() {
        assert_eq!(managed_by(attached("444455556666")), Some("444455556666".to_owned()));
        assert_eq!(managed_by(attached("amazon-aws")), Some("amazon-aws".to_owned()));
    }

    #[test]
    fn an_interface_of_an_own_instance_is_not_managed() {
        // A requester is named for what a role made, too: `RunInstances` by Auto Scaling.
        let plain = attached(ME).requester_id("AROAZYXWVUTSRQPONMLKJ:AutoScaling");
        assert_eq!(managed_by(plain), None);
        assert_eq!(managed_by(attached("").set_attachment(None)), None);
    }
}
