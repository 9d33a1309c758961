//! VPC Block Public Access: the Region's mode, and the VPCs and subnets it leaves out.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::Ask;
use super::ec2_network::{PAGE, tags};
use crate::account::{Exclusion, VpcBlock};
use crate::aws::{Aws, AwsError};

pub(super) async fn vpc_block(aws: &Aws, region: &str, _: &Ask) -> Result<VpcBlock, AwsError> {
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
    // What AWS leaves out is as in an account that never set it.
    let default = VpcBlock::default();
    let options = answer.vpc_block_public_access_options;
    let options = options.unwrap_or_else(|| types::VpcBlockPublicAccessOptions::builder().build());
    let (mode, state) = (options.internet_gateway_block_mode, options.state);
    Ok(VpcBlock {
        mode: mode.map_or(default.mode, |mode| mode.as_str().to_owned()),
        state: state.map_or(default.state, |state| state.as_str().to_owned()),
        exclusions_allowed: options
            .exclusions_allowed
            .map_or(default.exclusions_allowed, |allowed| allowed.as_str().to_owned()),
        managed_by: options.managed_by.map_or(default.managed_by, |by| by.as_str().to_owned()),
        exclusions: BTreeMap::new(),
    })
}

/// Exclusions that exist: one that was deleted or could not be created stays in the list for a
/// while, and leaves nothing open. The operation has no paginator in the SDK.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcBlockPublicAccessExclusions.html>
async fn exclusions(aws: &Aws, region: &str) -> Result<BTreeMap<String, Exclusion>, AwsError> {
    let list = aws.ec2(region).describe_vpc_block_public_access_exclusions().max_results(PAGE);
    let mut exclusions = BTreeMap::new();
    let mut token = None;
    loop {
        let page = list.clone().set_next_token(token).send().await?;
        let found = page.vpc_block_public_access_exclusions.unwrap_or_default();
        exclusions.extend(found.into_iter().filter_map(exclusion));
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(exclusions);
        }
    }
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
