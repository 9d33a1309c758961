//! EC2 Instance Connect endpoints.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::{filters, tags};
use crate::account::ConnectEndpoint;
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// AWS's largest page of this list is smaller than that of others.
const PAGE: i32 = 50;

/// Endpoints by id, those left out that are deleted and still listed.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceConnectEndpoints.html>
pub(in crate::collect) async fn connect_endpoints(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, ConnectEndpoint>, AwsError> {
    let list = aws.ec2(region).describe_instance_connect_endpoints().set_filters(filters(ask));
    lists::all(aws, list.max_results(PAGE), endpoint).await
}

fn endpoint(endpoint: types::Ec2InstanceConnectEndpoint) -> Option<(String, ConnectEndpoint)> {
    let state = endpoint.state.as_ref().map_or("", |state| state.as_str());
    if state == "delete-complete" {
        return None;
    }
    let settled = matches!(state, "create-complete" | "update-complete");
    let value = ConnectEndpoint {
        state: if settled { "complete" } else { state }.into(),
        vpc: endpoint.vpc_id.unwrap_or_default(),
        subnet: endpoint.subnet_id.unwrap_or_default(),
        owner: endpoint.owner_id.unwrap_or_default(),
        groups: endpoint.security_group_ids.unwrap_or_default().into_iter().collect(),
        interfaces: endpoint.network_interface_ids.unwrap_or_default().into_iter().collect(),
        preserve_client_ip: endpoint.preserve_client_ip.unwrap_or(false),
        tags: tags(endpoint.tags),
    };
    Some((endpoint.instance_connect_endpoint_id?, value))
}
