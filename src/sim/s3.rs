//! S3 and S3 Control: the account-level block, and buckets.

mod buckets;

use aws_sdk_s3control::operation as control;
use aws_sdk_s3control::types as control_types;

use super::route::{At, Routes, refuse};
use super::world::{seen, seen_mut};
use crate::account::PublicAccessBlock;

pub(super) fn routes(routes: &mut Routes) {
    buckets::routes(routes);
    routes.on(get_account_block);
    routes.on(put_account_block);
    routes.on(delete_account_block);
}

fn get_account_block(
    at: &mut At<'_>,
    _: &control::get_public_access_block::GetPublicAccessBlockInput,
) -> Result<
    control::get_public_access_block::GetPublicAccessBlockOutput,
    control::get_public_access_block::GetPublicAccessBlockError,
> {
    let Some(block) = seen(&at.world.account.s3_block)? else {
        return Err(refuse(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        ));
    };
    let block = control_types::PublicAccessBlockConfiguration::builder()
        .block_public_acls(block.block_public_acls)
        .ignore_public_acls(block.ignore_public_acls)
        .block_public_policy(block.block_public_policy)
        .restrict_public_buckets(block.restrict_public_buckets)
        .build();
    Ok(control::get_public_access_block::GetPublicAccessBlockOutput::builder()
        .public_access_block_configuration(block)
        .build())
}

fn put_account_block(
    at: &mut At<'_>,
    input: &control::put_public_access_block::PutPublicAccessBlockInput,
) -> Result<
    control::put_public_access_block::PutPublicAccessBlockOutput,
    control::put_public_access_block::PutPublicAccessBlockError,
> {
    // A switch that is left out is off.
    let wanted = input.public_access_block_configuration().map_or_else(PublicAccessBlock::default, |b| {
        PublicAccessBlock {
            block_public_acls: b.block_public_acls.unwrap_or(false),
            ignore_public_acls: b.ignore_public_acls.unwrap_or(false),
            block_public_policy: b.block_public_policy.unwrap_or(false),
            restrict_public_buckets: b.restrict_public_buckets.unwrap_or(false),
        }
    });
    *seen_mut(&mut at.world.account.s3_block)? = Some(wanted);
    Ok(control::put_public_access_block::PutPublicAccessBlockOutput::builder().build())
}

fn delete_account_block(
    at: &mut At<'_>,
    _: &control::delete_public_access_block::DeletePublicAccessBlockInput,
) -> Result<
    control::delete_public_access_block::DeletePublicAccessBlockOutput,
    control::delete_public_access_block::DeletePublicAccessBlockError,
> {
    *seen_mut(&mut at.world.account.s3_block)? = None;
    Ok(control::delete_public_access_block::DeletePublicAccessBlockOutput::builder().build())
}
