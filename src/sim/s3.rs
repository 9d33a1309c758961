//! S3 and S3 Control: the account-level block, access points, and buckets.

mod access_points;
mod buckets;
mod lifecycles;
mod page_bucket;

use super::organizations::manages_s3_block;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::PublicAccessBlock;
use crate::aws::operations::s3control;

pub(super) fn register(dispatch: &mut Dispatch) {
    access_points::register(dispatch);
    buckets::register(dispatch);
    lifecycles::register(dispatch);
    page_bucket::register(dispatch);
    dispatch.on::<s3control::GetPublicAccessBlock>(get_account_block);
    dispatch.on::<s3control::PutPublicAccessBlock>(put_account_block);
    dispatch.on::<s3control::DeletePublicAccessBlock>(delete_account_block);
}

fn get_account_block(
    cx: &mut Cx<'_>,
    _: &In<s3control::GetPublicAccessBlock>,
) -> Said<s3control::GetPublicAccessBlock> {
    let Some(block) = seen(&cx.world.account.s3_block)? else {
        return Err(refuse(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        ));
    };
    let block = access_points::block(*block);
    Ok(Out::<s3control::GetPublicAccessBlock>::builder().public_access_block_configuration(block).build())
}

/// The account cannot change what a policy of its Organization sets.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html>
fn check_own_block(cx: &Cx<'_>) -> Result<(), Refused> {
    if manages_s3_block(cx.world) {
        return Err(refuse("AccessDenied", "Access Denied"));
    }
    Ok(())
}

fn put_account_block(
    cx: &mut Cx<'_>,
    input: &In<s3control::PutPublicAccessBlock>,
) -> Said<s3control::PutPublicAccessBlock> {
    check_own_block(cx)?;
    // A switch that is left out is off.
    let wanted = input.public_access_block_configuration().map_or_else(PublicAccessBlock::default, |b| {
        PublicAccessBlock {
            block_public_acls: b.block_public_acls.unwrap_or(false),
            ignore_public_acls: b.ignore_public_acls.unwrap_or(false),
            block_public_policy: b.block_public_policy.unwrap_or(false),
            restrict_public_buckets: b.restrict_public_buckets.unwrap_or(false),
        }
    });
    *seen_mut(&mut cx.world.account.s3_block)? = Some(wanted);
    Ok(Out::<s3control::PutPublicAccessBlock>::builder().build())
}

fn delete_account_block(
    cx: &mut Cx<'_>,
    _: &In<s3control::DeletePublicAccessBlock>,
) -> Said<s3control::DeletePublicAccessBlock> {
    check_own_block(cx)?;
    *seen_mut(&mut cx.world.account.s3_block)? = None;
    Ok(Out::<s3control::DeletePublicAccessBlock>::builder().build())
}
