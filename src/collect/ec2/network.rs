//! VPCs, subnets and instances.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::{PAGE, filters, tags};
use crate::account::{Disk, Instance, Subnet, Vpc};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html>
pub(in crate::collect) async fn vpcs(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Vpc>, AwsError> {
    let list = aws.ec2(region).describe_vpcs().set_filters(filters(ask)).max_results(PAGE);
    lists::all(aws, list, vpc).await
}

fn vpc(vpc: types::Vpc) -> Option<(String, Vpc)> {
    use types::VpcCidrBlockStateCode as Code;
    // A block that is leaving or has failed stays in the list for a while.
    let lives = |state: Option<&types::VpcCidrBlockState>| {
        state.and_then(|s| s.state()).is_none_or(|s| matches!(s, Code::Associated | Code::Associating))
    };
    let blocks = vpc.cidr_block_association_set.unwrap_or_default();
    let ipv6 = vpc.ipv6_cidr_block_association_set.unwrap_or_default();
    let blocks = blocks.into_iter().filter(|b| lives(b.cidr_block_state.as_ref()));
    let ipv6 = ipv6.into_iter().filter(|b| lives(b.ipv6_cidr_block_state.as_ref()));
    let value = Vpc {
        owner: vpc.owner_id.unwrap_or_default(),
        cidrs: vpc.cidr_block.into_iter().chain(blocks.filter_map(|b| b.cidr_block)).collect(),
        ipv6_cidrs: ipv6.filter_map(|b| b.ipv6_cidr_block).collect(),
        is_default: vpc.is_default.unwrap_or(false),
        tags: tags(vpc.tags),
    };
    Some((vpc.vpc_id?, value))
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html>
pub(in crate::collect) async fn subnets(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Subnet>, AwsError> {
    let list = aws.ec2(region).describe_subnets().set_filters(filters(ask)).max_results(PAGE);
    lists::all(aws, list, subnet).await
}

fn subnet(subnet: types::Subnet) -> Option<(String, Subnet)> {
    use types::SubnetCidrBlockStateCode as Code;
    let ipv6 = subnet.ipv6_cidr_block_association_set.unwrap_or_default();
    let ipv6 = ipv6.into_iter().find(|block| {
        let state = block.ipv6_cidr_block_state.as_ref().and_then(|s| s.state());
        state.is_none_or(|s| matches!(s, Code::Associated | Code::Associating))
    });
    let value = Subnet {
        vpc: subnet.vpc_id.unwrap_or_default(),
        owner: subnet.owner_id.unwrap_or_default(),
        zone: subnet.availability_zone.unwrap_or_default(),
        // A subnet for IPv6 alone has none.
        cidr: subnet.cidr_block.unwrap_or_default(),
        ipv6_cidr: ipv6.and_then(|block| block.ipv6_cidr_block),
        // 0 is the index of the first interface, which is never one of the local network.
        local_interfaces_at: subnet.enable_lni_at_device_index.filter(|index| *index > 0),
        tags: tags(subnet.tags),
    };
    Some((subnet.subnet_id?, value))
}

/// Instances, those included that a service manages and hides. A terminated instance stays in the
/// list for an hour and is in no VPC any more: it is left out.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>
pub(in crate::collect) async fn instances(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Instance>, AwsError> {
    let list = aws.ec2(region).describe_instances().set_filters(filters(ask)).max_results(PAGE);
    let reservations: Vec<Vec<types::Instance>> =
        lists::all(aws, list.include_managed_resources(true), |reservation| reservation.instances).await?;
    let mut instances = BTreeMap::new();
    for found in reservations.into_iter().flatten() {
        if found.instance_id.is_none() || found.state.is_none() {
            let why = "an instance lacks its id or its state";
            return Err(AwsError::unusable("ec2:DescribeInstances", why));
        }
        instances.extend(instance(found));
    }
    Ok(instances)
}

fn instance(instance: types::Instance) -> Option<(String, Instance)> {
    let state = instance.state.and_then(|state| state.name);
    if state == Some(types::InstanceStateName::Terminated) {
        return None;
    }
    let value = Instance {
        vpc: instance.vpc_id.unwrap_or_default(),
        subnet: instance.subnet_id.unwrap_or_default(),
        state: state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        kind: instance.instance_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        managed_by: instance.operator.and_then(operator),
        profile: instance.iam_instance_profile.and_then(|profile| profile.arn),
        spot: instance.instance_lifecycle == Some(types::InstanceLifecycleType::Spot),
        metadata: instance.metadata_options.map(metadata).unwrap_or_default(),
        secondary_networks: instance
            .secondary_interfaces
            .unwrap_or_default()
            .into_iter()
            .filter_map(|interface| interface.secondary_network_id)
            .collect(),
        instance_store: instance.root_device_type == Some(types::DeviceType::InstanceStore),
        disks: instance
            .block_device_mappings
            .unwrap_or_default()
            .into_iter()
            .filter_map(|device| Some((device.device_name?, disk(device.ebs?)?)))
            .collect(),
        tags: tags(instance.tags),
    };
    Some((instance.instance_id?, value))
}

/// Whether the metadata service gives credentials only for a session token (`IMDSv2`).
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsResponse.html>
fn metadata(options: types::InstanceMetadataOptionsResponse) -> String {
    if options.http_endpoint == Some(types::InstanceMetadataEndpointState::Disabled) {
        return "off".to_owned();
    }
    options.http_tokens.map(|tokens| tokens.as_str().to_owned()).unwrap_or_default()
}

fn disk(ebs: types::EbsInstanceBlockDevice) -> Option<Disk> {
    let delete_on_termination = ebs.delete_on_termination.unwrap_or(false);
    Some(Disk { volume: ebs.volume_id?, delete_on_termination })
}

/// The service that manages a resource, where one does.
pub(in crate::collect) fn operator(operator: types::OperatorResponse) -> Option<String> {
    operator.managed.unwrap_or(false).then(|| operator.principal.unwrap_or_default())
}
