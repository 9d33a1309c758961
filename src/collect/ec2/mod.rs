//! EC2 and VPC: what all their lists have in common.

pub(crate) mod acls;
pub(crate) mod addresses;
pub(crate) mod client_vpn;
pub(crate) mod connect_endpoints;
pub(crate) mod endpoint_services;
pub(crate) mod endpoints;
pub(crate) mod evidence;
pub(crate) mod fleets;
pub(crate) mod gateways;
pub(crate) mod groups;
pub(crate) mod interfaces;
pub(crate) mod links;
pub(crate) mod nat;
pub(crate) mod network;
pub(crate) mod prefix_lists;
pub(crate) mod readiness;
pub(crate) mod routes;
pub(crate) mod sharing;
pub(crate) mod vpc_block;

use aws_sdk_ec2::types;

use super::Ask;
use crate::account::Tags;

/// The page size: with one, AWS counts a list against the larger of its two read budgets.
///
/// <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>
pub(in crate::collect) const PAGE: i32 = 1_000;

/// The filter on the VPCs that are asked for. None for none: AWS refuses a filter without values.
pub(in crate::collect) fn filters(ask: &Ask) -> Option<Vec<types::Filter>> {
    let vpcs = ask.vpc_filter().filter(|vpcs| !vpcs.is_empty())?;
    Some(vec![types::Filter::builder().name("vpc-id").set_values(Some(vpcs)).build()])
}

pub(in crate::collect) fn tags(tags: Option<Vec<types::Tag>>) -> Tags {
    tags.unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}
