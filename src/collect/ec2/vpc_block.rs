//! VPC Block Public Access: the Region's mode, and the VPCs and subnets it leaves out.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::{PAGE, tags};
use crate::account::{Exclusion, VpcBlock};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

pub(in crate::collect) async fn vpc_block(aws: &Aws, region: &str, _: &Ask) -> Result<VpcBlock, AwsError> {
    now(aws, region).await
}

/// The block as it is now.
pub(crate) async fn now(aws: &Aws, region: &str) -> Result<VpcBlock, AwsError> {
    let (options, exclusions) = futures::try_join!(options(aws, region), exclusions(aws, region))?;
    Ok(VpcBlock { exclusions, ..options })
}

/// The block without its exclusions.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcBlockPublicAccessOptions.html>
async fn options(aws: &Aws, region: &str) -> Result<VpcBlock, AwsError> {
    let ec2 = aws.ec2(region);
    let answer = ec2.describe_vpc_block_public_access_options().send().await?;
    // What AWS leaves out besides is as in an account that never set it.
    let default = VpcBlock::default();
    let lacking = || AwsError::unusable("ec2:DescribeVpcBlockPublicAccessOptions", "it lacks mode or state");
    let options = answer.vpc_block_public_access_options.ok_or_else(lacking)?;
    Ok(VpcBlock {
        mode: options.internet_gateway_block_mode.ok_or_else(lacking)?.as_str().to_owned(),
        state: options.state.ok_or_else(lacking)?.as_str().to_owned(),
        exclusions_allowed: options
            .exclusions_allowed
            .map_or(default.exclusions_allowed, |allowed| allowed.as_str().to_owned()),
        managed_by: options.managed_by.map_or(default.managed_by, |by| by.as_str().to_owned()),
        exclusions: BTreeMap::new(),
    })
}

/// Exclusions that exist: one that was deleted or could not be created stays in the list for a
/// while, and leaves nothing open.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcBlockPublicAccessExclusions.html>
async fn exclusions(aws: &Aws, region: &str) -> Result<BTreeMap<String, Exclusion>, AwsError> {
    let list = aws.ec2(region).describe_vpc_block_public_access_exclusions().max_results(PAGE);
    lists::all(aws, list, exclusion).await
}

fn exclusion(found: types::VpcBlockPublicAccessExclusion) -> Option<(String, Exclusion)> {
    let mode = found.internet_gateway_exclusion_mode;
    let value = Exclusion {
        resource: found.resource_arn.unwrap_or_default(),
        mode: mode.map(|mode| mode.as_str().to_owned()).unwrap_or_default(),
        state: found.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        tags: tags(found.tags),
    };
    let gone = matches!(value.state.as_str(), "delete-complete" | "create-failed");
    (!gone).then_some((found.exclusion_id?, value))
}
