//! Elastic IP addresses. AWS gives them in one answer, and has no filter by VPC.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::tags;
use crate::account::Address;
use crate::aws::{Aws, AwsError};
use crate::collect::Ask;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html>
pub(in crate::collect) async fn addresses(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, Address>, AwsError> {
    let answer = aws.ec2(region).describe_addresses().send().await?;
    Ok(answer.addresses.unwrap_or_default().into_iter().filter_map(address).collect())
}

fn address(address: types::Address) -> Option<(String, Address)> {
    // Of an address that is on nothing, AWS's documented answer has empty elements as well.
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let value = Address {
        public_ip: address.public_ip.unwrap_or_default(),
        interface: given(address.network_interface_id),
        private_ip: given(address.private_ip_address),
        interface_owner: given(address.network_interface_owner_id),
        managed_by: address.service_managed.map(|service| service.as_str().to_owned()),
        tags: tags(address.tags),
    };
    Some((address.allocation_id?, value))
}
