//! Access points of S3 and Multi-Region Access Points.

use std::collections::BTreeMap;

use aws_sdk_s3control::types::{AccessPoint as Listed, MultiRegionAccessPointReport, PolicyStatus};
use futures::future::join_all;

use super::{Ask, each_seen, s3, seen, without_endpoint};
use crate::account::{AccessPoint, Account, MultiRegionAccessPoint, Seen};
use crate::aws::{Aws, AwsError, Kind, lists, unless_gone};

/// The one Region that manages Multi-Region Access Points, in the one partition that has them.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRestrictions.html>
const HOME: (&str, &str) = ("aws", "us-west-2");

/// Access points of a Region by name. The list says nothing of policies and blocks: two more calls for each.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ListAccessPoints.html>
pub(super) async fn access_points(
    aws: &Aws,
    id: &str,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, Seen<AccessPoint>>, AwsError> {
    let list = aws.s3control(region).list_access_points().account_id(id).max_results(1_000);
    let listed: Vec<Listed> = lists::all(aws, list, Some).await.map_err(without_endpoint)?;
    let points = listed.into_iter().map(async |listed| {
        let name = listed.name.clone();
        let point = one(aws, region, id, listed).await;
        (name, point)
    });
    each_seen(join_all(points).await)
}

/// One access point; `None` where it is gone.
async fn one(aws: &Aws, region: &str, id: &str, listed: Listed) -> Result<Option<AccessPoint>, AwsError> {
    let s3control = aws.s3control(region);
    let (found, status) = futures::join!(
        s3control.get_access_point().account_id(id).name(&listed.name).send(),
        s3control.get_access_point_policy_status().account_id(id).name(&listed.name).send(),
    );
    let Some(found) = unless_gone(found)? else { return Ok(None) };
    let block = found.public_access_block_configuration.as_ref().and_then(s3::block);
    let lacking = || AwsError::unusable("s3control:GetAccessPoint", "it lacks one of the four switches");
    let status = status.map_err(AwsError::from).map(|answer| answer.policy_status);
    Ok(Some(AccessPoint {
        bucket: listed.bucket,
        bucket_account: listed.bucket_account_id.filter(|owner| owner != id),
        vpc: listed.vpc_configuration.map(|vpc| vpc.vpc_id),
        by_policy: by_policy("s3control:GetAccessPointPolicyStatus", status)?,
        block: block.ok_or_else(lacking)?,
    }))
}

/// Does the policy let everybody in? One without a policy lets nobody in.
fn by_policy(call: &str, status: Result<Option<PolicyStatus>, AwsError>) -> Result<bool, AwsError> {
    match status {
        Ok(Some(status)) => Ok(status.is_public),
        Ok(None) => Err(AwsError::unusable(call, "it does not say whether it is public")),
        Err(error) if error.kind == Kind::Gone => Ok(false),
        Err(error) => Err(error),
    }
}

/// Multi-Region Access Points by name. Other partitions have none.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ListMultiRegionAccessPoints.html>
pub(super) async fn multi_region_access_points(
    aws: &Aws,
    known: &Account,
    _: &Ask,
) -> Seen<BTreeMap<String, Seen<MultiRegionAccessPoint>>> {
    if known.partition() != HOME.0 {
        return Seen::Read(BTreeMap::new());
    }
    seen(read(aws, &known.id).await)
}

async fn read(aws: &Aws, id: &str) -> Result<BTreeMap<String, Seen<MultiRegionAccessPoint>>, AwsError> {
    let list = aws.s3control(HOME.1).list_multi_region_access_points().account_id(id).max_results(100);
    let listed: Vec<MultiRegionAccessPointReport> = lists::all(aws, list, Some).await?;
    let points = listed.into_iter().filter_map(|listed| {
        let name = listed.name.clone()?;
        Some(async move {
            let point = report(aws, id, &name, listed).await;
            (name, point)
        })
    });
    each_seen(join_all(points).await)
}

async fn report(
    aws: &Aws,
    id: &str,
    name: &str,
    listed: MultiRegionAccessPointReport,
) -> Result<Option<MultiRegionAccessPoint>, AwsError> {
    let ask = aws.s3control(HOME.1).get_multi_region_access_point_policy_status();
    let status = ask.account_id(id).name(name).send().await;
    let status = status.map_err(AwsError::from).map(|answer| answer.established);
    let block = listed.public_access_block.as_ref().and_then(s3::block);
    let lacking =
        || AwsError::unusable("s3control:ListMultiRegionAccessPoints", "it lacks one of the four switches");
    let buckets = listed.regions.unwrap_or_default().into_iter();
    Ok(Some(MultiRegionAccessPoint {
        status: listed.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        buckets: buckets.filter_map(|one| Some((one.bucket?, one.region.unwrap_or_default()))).collect(),
        // One that nobody gave a policy has none that is established.
        by_policy: match status {
            Ok(None) => false,
            status => by_policy("s3control:GetMultiRegionAccessPointPolicyStatus", status)?,
        },
        block: block.ok_or_else(lacking)?,
    }))
}
