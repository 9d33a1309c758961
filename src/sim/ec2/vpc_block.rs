//! EC2: VPC Block Public Access. Every change is accepted at once and in effect minutes later.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;

use super::{Query, given, region, tags};
use crate::account::{Exclusion, Seen, VpcBlock};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeVpcBlockPublicAccessOptions>(describe_options);
    dispatch.on::<ec2::ModifyVpcBlockPublicAccessOptions>(modify_options);
    dispatch.on::<ec2::DescribeVpcBlockPublicAccessExclusions>(describe_exclusions);
    dispatch.on::<ec2::CreateVpcBlockPublicAccessExclusion>(create_exclusion);
    dispatch.on::<ec2::DeleteVpcBlockPublicAccessExclusion>(delete_exclusion);
}

/// What AWS does not show.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Hidden {
    /// Regions whose mode is being changed: for a moment after the call nothing shows at all.
    changing: BTreeSet<String>,
}

/// Seen in the field: right after the first change of a Region the old mode still shows, as
/// `default-state`. <https://github.com/hashicorp/terraform-provider-aws/issues/49517>
const SHOWS_AFTER_MS: u64 = 2_000;
const MODE_TAKES_MS: u64 = 120_000;
const EXCLUSION_TAKES_MS: u64 = 30_000;
/// AWS's default quota of exclusions in a Region. It can be raised.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
const EXCLUSIONS: usize = 50;

fn block<'a>(cx: &'a mut Cx<'_>) -> Result<&'a mut VpcBlock, Refused> {
    seen_mut(&mut cx.region_mut().vpc_block)
}

fn options(cx: &Cx<'_>, block: &VpcBlock) -> types::VpcBlockPublicAccessOptions {
    types::VpcBlockPublicAccessOptions::builder()
        .aws_account_id(&cx.world.account.id)
        .aws_region(cx.region)
        .state(block.state.as_str().into())
        .internet_gateway_block_mode(block.mode.as_str().into())
        .exclusions_allowed(block.exclusions_allowed.as_str().into())
        .managed_by(block.managed_by.as_str().into())
        .build()
}

fn describe_options(
    cx: &mut Cx<'_>,
    _: &In<ec2::DescribeVpcBlockPublicAccessOptions>,
) -> Said<ec2::DescribeVpcBlockPublicAccessOptions> {
    let block = block(cx)?.clone();
    Ok(Out::<ec2::DescribeVpcBlockPublicAccessOptions>::builder()
        .vpc_block_public_access_options(options(cx, &block))
        .build())
}

/// The account cannot change what its organization's declarative policy sets.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_declarative.html>
fn own_block<'a>(cx: &'a mut Cx<'_>) -> Result<&'a mut VpcBlock, Refused> {
    let block = block(cx)?;
    if block.managed_by == "declarative-policy" {
        return Err(refuse(
            "OperationNotPermitted",
            "This functionality has been disabled by a Declarative Policy.",
        ));
    }
    Ok(block)
}

fn modify_options(
    cx: &mut Cx<'_>,
    input: &In<ec2::ModifyVpcBlockPublicAccessOptions>,
) -> Said<ec2::ModifyVpcBlockPublicAccessOptions> {
    let wanted = input.internet_gateway_block_mode().map_or("", |mode| mode.as_str()).to_owned();
    if !["off", "block-ingress", "block-bidirectional"].contains(&wanted.as_str()) {
        return Err(refuse("InvalidParameterValue", format!("Invalid value '{wanted}' for the block mode")));
    }
    let block = own_block(cx)?.clone();
    if !cx.world.vpc_block.changing.insert(cx.region.to_owned()) {
        return Err(refuse("IncorrectState", "The VPC Block Public Access options are being updated"));
    }
    cx.later(SHOWS_AFTER_MS, &wanted, |cx, mode| show(cx, mode, "update-in-progress"));
    cx.later(MODE_TAKES_MS, &wanted, |cx, mode| {
        cx.world.vpc_block.changing.remove(cx.region);
        // Off and never set are one to AWS.
        show(cx, mode, if mode == "off" { "default-state" } else { "update-complete" });
    });
    let accepted = VpcBlock { mode: wanted, state: "update-in-progress".into(), ..block };
    Ok(Out::<ec2::ModifyVpcBlockPublicAccessOptions>::builder()
        .vpc_block_public_access_options(options(cx, &accepted))
        .build())
}

fn show(cx: &mut Cx<'_>, mode: &str, state: &str) {
    if let Seen::Read(block) = &mut cx.region_mut().vpc_block {
        (block.mode, block.state) = (mode.to_owned(), state.to_owned());
    }
}

fn exclusion(id: &str, exclusion: &Exclusion) -> types::VpcBlockPublicAccessExclusion {
    types::VpcBlockPublicAccessExclusion::builder()
        .exclusion_id(id)
        .resource_arn(&exclusion.resource)
        .internet_gateway_exclusion_mode(exclusion.mode.as_str().into())
        .state(exclusion.state.as_str().into())
        .set_tags(Some(tags(&exclusion.tags)))
        .build()
}

fn describe_exclusions(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeVpcBlockPublicAccessExclusions>,
) -> Said<ec2::DescribeVpcBlockPublicAccessExclusions> {
    block(cx)?;
    let query = Query {
        filters: input.filters(),
        ids: input.exclusion_ids(),
        not_found: "InvalidVpcBlockPublicAccessExclusionId.NotFound",
        max: input.max_results(),
    };
    query.check(&["resource-arn", "internet-gateway-exclusion-mode", "state"])?;
    let exclusions = query.choose(
        cx,
        &seen(&region(cx).vpc_block)?.exclusions,
        |exclusion| &exclusion.tags,
        |_, exclusion, name| match name {
            "resource-arn" => vec![exclusion.resource.clone()],
            "state" => vec![exclusion.state.clone()],
            _ => vec![exclusion.mode.clone()],
        },
    )?;
    let (exclusions, next) = cx.page(exclusions, input.next_token(), input.max_results());
    let exclusions = exclusions.into_iter().map(|(id, e)| exclusion(id, e)).collect();
    Ok(Out::<ec2::DescribeVpcBlockPublicAccessExclusions>::builder()
        .set_vpc_block_public_access_exclusions(Some(exclusions))
        .set_next_token(next)
        .build())
}

/// The ARN of the VPC or subnet to leave out: only its owner may.
fn resource(cx: &Cx<'_>, vpc: Option<&str>, subnet: Option<&str>) -> Result<String, Refused> {
    let (kind, id, code, owner) = match (vpc, subnet) {
        (Some(id), None) => {
            ("vpc", id, "InvalidVpcID.NotFound", seen(&region(cx).vpcs)?.get(id).map(|vpc| &vpc.owner))
        }
        (None, Some(id)) => {
            let subnets = seen(&region(cx).subnets)?;
            ("subnet", id, "InvalidSubnetID.NotFound", subnets.get(id).map(|subnet| &subnet.owner))
        }
        _ => return Err(refuse("InvalidParameterCombination", "Specify either a VPC or a subnet")),
    };
    let account = &cx.world.account;
    match owner {
        None => Err(refuse(code, format!("The ID '{id}' does not exist"))),
        Some(owner) if *owner != account.id => {
            Err(refuse("UnauthorizedOperation", "You are not authorized to perform this operation."))
        }
        Some(owner) => Ok(format!("arn:{}:ec2:{}:{owner}:{kind}/{id}", account.partition(), cx.region)),
    }
}

fn create_exclusion(
    cx: &mut Cx<'_>,
    input: &In<ec2::CreateVpcBlockPublicAccessExclusion>,
) -> Said<ec2::CreateVpcBlockPublicAccessExclusion> {
    let resource = resource(cx, input.vpc_id(), input.subnet_id())?;
    let block = block(cx)?;
    if block.exclusions_allowed != "allowed" {
        return Err(refuse("OperationNotPermitted", "Exclusions are not allowed in this account"));
    }
    if block.exclusions.values().any(|exclusion| exclusion.resource == resource) {
        return Err(refuse("ResourceAlreadyExcluded", format!("{resource} has an exclusion already")));
    }
    let count = block.exclusions.len() + 1;
    cx.counts("exclusions from VPC Block Public Access".into(), count, EXCLUSIONS);
    let id = cx.new_id("vpcbpa-exclude");
    let new = Exclusion {
        resource,
        mode: input.internet_gateway_exclusion_mode().map_or("", |mode| mode.as_str()).to_owned(),
        state: "create-in-progress".into(),
        tags: given(input.tag_specifications())?,
    };
    cx.later(EXCLUSION_TAKES_MS, &id, |cx, id| {
        let block = cx.region_mut().vpc_block.read_mut();
        if let Some(exclusion) = block.and_then(|block| block.exclusions.get_mut(id)) {
            "create-complete".clone_into(&mut exclusion.state);
        }
    });
    let answer = exclusion(&id, &new);
    seen_mut(&mut cx.region_mut().vpc_block)?.exclusions.insert(id, new);
    Ok(Out::<ec2::CreateVpcBlockPublicAccessExclusion>::builder()
        .vpc_block_public_access_exclusion(answer)
        .build())
}

fn delete_exclusion(
    cx: &mut Cx<'_>,
    input: &In<ec2::DeleteVpcBlockPublicAccessExclusion>,
) -> Said<ec2::DeleteVpcBlockPublicAccessExclusion> {
    let id = input.exclusion_id().unwrap_or_default();
    let visible = cx.visible(id);
    let Some(found) = block(cx)?.exclusions.get_mut(id).filter(|_| visible) else {
        let message = format!("The exclusion ID '{id}' does not exist");
        return Err(refuse("InvalidVpcBlockPublicAccessExclusionId.NotFound", message));
    };
    if found.state.ends_with("in-progress") {
        return Err(refuse("IncorrectState", format!("The exclusion {id} is {}", found.state)));
    }
    "delete-in-progress".clone_into(&mut found.state);
    let answer = exclusion(id, found);
    cx.later(EXCLUSION_TAKES_MS, id, |cx, id| {
        if let Seen::Read(block) = &mut cx.region_mut().vpc_block {
            block.exclusions.remove(id);
        }
    });
    Ok(Out::<ec2::DeleteVpcBlockPublicAccessExclusion>::builder()
        .vpc_block_public_access_exclusion(answer)
        .build())
}

#[cfg(test)]
mod tests;
