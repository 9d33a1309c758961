//! NAT gateways.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::{PAGE, filters, tags};
use crate::account::{NatAddress, NatGateway};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNatGateways.html>
pub(in crate::collect) async fn nat_gateways(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, NatGateway>, AwsError> {
    let list = aws.ec2(region).describe_nat_gateways().set_filter(filters(ask)).max_results(PAGE);
    lists::all(aws, list, gateway).await
}

/// A NAT gateway and its id, from AWS's form. Those that are deleted stay in the list for an hour,
/// and are left out.
pub(crate) fn gateway(gateway: types::NatGateway) -> Option<(String, NatGateway)> {
    if gateway.state == Some(types::NatGatewayState::Deleted) {
        return None;
    }
    let value = NatGateway {
        vpc: gateway.vpc_id.unwrap_or_default(),
        subnet: gateway.subnet_id,
        state: gateway.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        connectivity: gateway.connectivity_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        availability: gateway.availability_mode.map(|mode| mode.as_str().to_owned()).unwrap_or_default(),
        addresses: gateway.nat_gateway_addresses.unwrap_or_default().into_iter().map(address).collect(),
        tags: tags(gateway.tags),
    };
    Some((gateway.nat_gateway_id?, value))
}

fn address(address: types::NatGatewayAddress) -> NatAddress {
    NatAddress {
        primary: address.is_primary.unwrap_or(false),
        allocation: address.allocation_id,
        public_ip: address.public_ip,
        private_ip: address.private_ip,
        interface: address.network_interface_id,
    }
}
