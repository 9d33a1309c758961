//! Access points and Multi-Region Access Points.

use aws_sdk_s3control::types;

use super::super::ec2::region;
use super::super::iam::built;
use super::super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::super::world::seen;
use crate::account::{AccessPoint, MultiRegionAccessPoint, PublicAccessBlock};
use crate::aws::operations::s3control;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<s3control::GetAccessPoint>(get_access_point);
    dispatch.on::<s3control::GetAccessPointPolicyStatus>(get_access_point_policy_status);
    dispatch.on::<s3control::GetMultiRegionAccessPointPolicyStatus>(get_multi_region_policy_status);
    dispatch.on::<s3control::ListAccessPoints>(list_access_points);
    dispatch.on::<s3control::ListMultiRegionAccessPoints>(list_multi_region_access_points);
}

/// The four switches as S3 Control answers them.
pub(super) fn block(block: PublicAccessBlock) -> types::PublicAccessBlockConfiguration {
    types::PublicAccessBlockConfiguration::builder()
        .block_public_acls(block.block_public_acls)
        .ignore_public_acls(block.ignore_public_acls)
        .block_public_policy(block.block_public_policy)
        .restrict_public_buckets(block.restrict_public_buckets)
        .build()
}

fn point<'a>(cx: &'a Cx<'_>, name: Option<&str>) -> Result<&'a AccessPoint, Refused> {
    let missing = || refuse("NoSuchAccessPoint", "The specified accesspoint does not exist");
    seen(seen(&region(cx).access_points)?.get(name.unwrap_or_default()).ok_or_else(missing)?)
}

/// What is not told of one that could not be read is made up: the question for it fails.
fn list_access_points(
    cx: &mut Cx<'_>,
    input: &In<s3control::ListAccessPoints>,
) -> Said<s3control::ListAccessPoints> {
    let unknown = AccessPoint { bucket: "unknown".into(), ..AccessPoint::default() };
    let mut all = vec![];
    for (name, point) in seen(&region(cx).access_points)? {
        let point = point.read().unwrap_or(&unknown);
        let vpc = point.vpc.as_ref().map(|vpc| built(types::VpcConfiguration::builder().vpc_id(vpc).build()));
        let origin = if vpc.is_some() { types::NetworkOrigin::Vpc } else { types::NetworkOrigin::Internet };
        let owner = point.bucket_account.as_ref().unwrap_or(&cx.world.account.id);
        let listed = types::AccessPoint::builder()
            .name(name)
            .network_origin(origin)
            .set_vpc_configuration(vpc.transpose()?)
            .bucket(&point.bucket)
            .bucket_account_id(owner);
        all.push(built(listed.build())?);
    }
    let (page, next) = cx.page(all, input.next_token(), input.max_results());
    let output = Out::<s3control::ListAccessPoints>::builder();
    Ok(output.set_access_point_list(Some(page)).set_next_token(next).build())
}

fn get_access_point(
    cx: &mut Cx<'_>,
    input: &In<s3control::GetAccessPoint>,
) -> Said<s3control::GetAccessPoint> {
    let point = point(cx, input.name())?;
    Ok(Out::<s3control::GetAccessPoint>::builder()
        .set_name(input.name.clone())
        .bucket(&point.bucket)
        .public_access_block_configuration(block(point.block))
        .build())
}

fn get_access_point_policy_status(
    cx: &mut Cx<'_>,
    input: &In<s3control::GetAccessPointPolicyStatus>,
) -> Said<s3control::GetAccessPointPolicyStatus> {
    let point = point(cx, input.name())?;
    if !point.by_policy {
        return Err(refuse("NoSuchAccessPointPolicy", "The specified accesspoint policy does not exist"));
    }
    let status = types::PolicyStatus::builder().is_public(true).build();
    Ok(Out::<s3control::GetAccessPointPolicyStatus>::builder().policy_status(status).build())
}

/// As [`list_access_points`].
fn list_multi_region_access_points(
    cx: &mut Cx<'_>,
    input: &In<s3control::ListMultiRegionAccessPoints>,
) -> Said<s3control::ListMultiRegionAccessPoints> {
    let unknown = MultiRegionAccessPoint::default();
    let all = seen(&cx.world.account.multi_region_access_points)?.iter().map(|(name, point)| {
        let point = point.read().unwrap_or(&unknown);
        let buckets = point.buckets.iter();
        let buckets =
            buckets.map(|(name, at)| types::RegionReport::builder().bucket(name).region(at).build());
        types::MultiRegionAccessPointReport::builder()
            .name(name)
            .public_access_block(block(point.block))
            .status(point.status.as_str().into())
            .set_regions(Some(buckets.collect()))
            .build()
    });
    let (page, next) = cx.page(all.collect(), input.next_token(), input.max_results());
    let output = Out::<s3control::ListMultiRegionAccessPoints>::builder();
    Ok(output.set_access_points(Some(page)).set_next_token(next).build())
}

fn get_multi_region_policy_status(
    cx: &mut Cx<'_>,
    input: &In<s3control::GetMultiRegionAccessPointPolicyStatus>,
) -> Said<s3control::GetMultiRegionAccessPointPolicyStatus> {
    let all = seen(&cx.world.account.multi_region_access_points)?;
    let missing =
        || refuse("NoSuchMultiRegionAccessPoint", "The specified Multi-Region Access Point does not exist");
    let point = seen(all.get(input.name().unwrap_or_default()).ok_or_else(missing)?)?;
    let status = types::PolicyStatus::builder().is_public(point.by_policy).build();
    let output = Out::<s3control::GetMultiRegionAccessPointPolicyStatus>::builder();
    Ok(output.established(status).build())
}
