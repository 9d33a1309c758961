//! EC2: snapshots and images, who may use them, and the blocks against sharing with everybody.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;
use aws_sdk_ec2::types::{
    CreateVolumePermission, ImageAttributeName, LaunchPermission, PermissionGroup, SnapshotAttributeName,
};

use super::{Query, region, tags};
use crate::account::{EVERYBODY, Region, SharedCopy, SharingBlocks, Tags};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

/// "The API can take up to 10 minutes": until then the state is the old one.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableImageBlockPublicAccess.html>
const IMAGES_BLOCKED_MS: u64 = 240_000;

const UNBLOCKED: &str = "unblocked";

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeSnapshots>(describe_snapshots);
    dispatch.on::<ec2::DescribeSnapshotAttribute>(describe_snapshot_attribute);
    dispatch.on::<ec2::ModifySnapshotAttribute>(modify_snapshot_attribute);
    dispatch.on::<ec2::DescribeImages>(describe_images);
    dispatch.on::<ec2::DescribeImageAttribute>(describe_image_attribute);
    dispatch.on::<ec2::ModifyImageAttribute>(modify_image_attribute);
    dispatch.on::<ec2::GetSnapshotBlockPublicAccessState>(get_snapshot_block);
    dispatch.on::<ec2::EnableSnapshotBlockPublicAccess>(enable_snapshot_block);
    dispatch.on::<ec2::DisableSnapshotBlockPublicAccess>(disable_snapshot_block);
    dispatch.on::<ec2::GetImageBlockPublicAccessState>(get_image_block);
    dispatch.on::<ec2::EnableImageBlockPublicAccess>(enable_image_block);
    dispatch.on::<ec2::DisableImageBlockPublicAccess>(disable_image_block);
}

/// A snapshot as the list has it: of those that runs have started, and of all others.
#[derive(Clone, Debug, Default)]
struct Listed {
    copy: SharedCopy,
    state: Option<types::SnapshotState>,
}

/// A list with a filter on tags is about the snapshots of runs. One without needs to know all.
fn listed(here: &Region, filtered: bool) -> Result<BTreeMap<String, Listed>, Refused> {
    let (of_runs, others) = (&here.snapshots, &here.shared_snapshots);
    if filtered {
        seen(of_runs)?;
    } else {
        seen(others)?;
    }
    let of_runs = of_runs.items().map(|(id, snapshot)| {
        let copy =
            SharedCopy { of: snapshot.volume.clone(), tags: snapshot.tags.clone(), ..SharedCopy::default() };
        let state = if snapshot.failed { types::SnapshotState::Error } else { types::SnapshotState::Pending };
        (id.clone(), Listed { copy, state: Some(state) })
    });
    let others = others.items().map(|(id, copy)| {
        let copy = copy.read().cloned().unwrap_or_default();
        (id.clone(), Listed { copy, state: Some(types::SnapshotState::Completed) })
    });
    Ok(others.chain(of_runs).collect())
}

fn describe_snapshots(cx: &mut Cx<'_>, input: &In<ec2::DescribeSnapshots>) -> Said<ec2::DescribeSnapshots> {
    let query = Query {
        filters: input.filters(),
        ids: input.snapshot_ids(),
        not_found: "InvalidSnapshot.NotFound",
        max: input.max_results(),
    };
    query.check(&["tag-key", "volume-id"])?;
    let all = listed(region(cx), !input.filters().is_empty())?;
    let snapshots = query.choose(
        cx,
        &all,
        |snapshot| &snapshot.copy.tags,
        |_, snapshot, name| match name {
            "tag-key" => snapshot.copy.tags.keys().cloned().collect(),
            _ => vec![snapshot.copy.of.clone()],
        },
    )?;
    let (snapshots, next) = cx.page(snapshots, input.next_token(), input.max_results());
    let owner = &cx.world.account.id;
    let snapshots = snapshots.into_iter().map(|(id, Listed { copy, state })| {
        types::Snapshot::builder()
            .snapshot_id(id)
            .owner_id(owner)
            .description(&copy.name)
            .volume_id(&copy.of)
            .encrypted(copy.encrypted)
            .set_state(state.clone())
            .set_tags(Some(tags(&copy.tags)))
            .build()
    });
    Ok(Out::<ec2::DescribeSnapshots>::builder()
        .set_snapshots(Some(snapshots.collect()))
        .set_next_token(next)
        .build())
}

fn no_snapshot(id: &str) -> Refused {
    refuse("InvalidSnapshot.NotFound", format!("The snapshot '{id}' does not exist."))
}

fn no_image(id: &str) -> Refused {
    refuse("InvalidAMIID.NotFound", format!("The image id '[{id}]' does not exist"))
}

fn describe_snapshot_attribute(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeSnapshotAttribute>,
) -> Said<ec2::DescribeSnapshotAttribute> {
    let id = input.snapshot_id().unwrap_or_default();
    if input.attribute() != Some(&SnapshotAttributeName::CreateVolumePermission) {
        return Err(refuse("InvalidParameterValue", "not simulated: this attribute"));
    }
    let here = region(cx);
    let none = BTreeSet::new();
    let shared = match seen(&here.shared_snapshots)?.get(id) {
        Some(copy) => &seen(copy)?.shared_with,
        None if here.snapshots.item(id).is_some() => &none,
        None => return Err(no_snapshot(id)),
    };
    let permission = |with: &String| match with.as_str() {
        EVERYBODY => CreateVolumePermission::builder().group(PermissionGroup::All).build(),
        account => CreateVolumePermission::builder().user_id(account).build(),
    };
    Ok(Out::<ec2::DescribeSnapshotAttribute>::builder()
        .snapshot_id(id)
        .set_create_volume_permissions(Some(shared.iter().map(permission).collect()))
        .build())
}

/// An encrypted snapshot is shared with accounts, never with everybody.
///
/// <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html>
fn modify_snapshot_attribute(
    cx: &mut Cx<'_>,
    input: &In<ec2::ModifySnapshotAttribute>,
) -> Said<ec2::ModifySnapshotAttribute> {
    let id = input.snapshot_id().unwrap_or_default();
    let with: BTreeSet<String> = input.user_ids().iter().chain(input.group_names()).cloned().collect();
    let (add, remove) = match input.operation_type() {
        Some(types::OperationType::Add) => (with, BTreeSet::new()),
        Some(types::OperationType::Remove) => (BTreeSet::new(), with),
        _ => return Err(refuse("MissingParameter", "The request must contain the parameter operationType")),
    };
    if add.is_empty() && remove.is_empty() {
        return Err(refuse("MissingParameter", "The request must contain a user or a group"));
    }
    // Only what is to be public asks for the block.
    let blocked = add.contains(EVERYBODY) && blocks(cx)?.snapshots.state != UNBLOCKED;
    let all = seen_mut(&mut cx.region_mut().shared_snapshots)?;
    let copy = seen_mut(all.get_mut(id).ok_or_else(|| no_snapshot(id))?)?;
    if add.contains(EVERYBODY) && (blocked || copy.encrypted) {
        let message = "The snapshot cannot be shared publicly: it is encrypted, or block public access is on";
        return Err(refuse("OperationNotPermitted", message));
    }
    copy.shared_with.extend(add);
    copy.shared_with.retain(|with| !remove.contains(with));
    Ok(Out::<ec2::ModifySnapshotAttribute>::builder().build())
}

fn describe_images(cx: &mut Cx<'_>, input: &In<ec2::DescribeImages>) -> Said<ec2::DescribeImages> {
    static NONE: Tags = Tags::new();
    let query = Query {
        filters: input.filters(),
        ids: input.image_ids(),
        not_found: "InvalidAMIID.NotFound",
        max: input.max_results(),
    };
    query.check(&[])?;
    let all = seen(&region(cx).shared_images)?;
    let images = query.choose(cx, all, |_| &NONE, |id, _, _| vec![id.to_owned()])?;
    let (images, next) = cx.page(images, input.next_token(), input.max_results());
    let owner = &cx.world.account.id;
    let images = images.into_iter().map(|(id, copy)| {
        let copy = copy.read().cloned().unwrap_or_default();
        let disk = types::BlockDeviceMapping::builder()
            .device_name("/dev/xvda")
            .ebs(types::EbsBlockDevice::builder().encrypted(copy.encrypted).build());
        types::Image::builder()
            .image_id(id)
            .owner_id(owner)
            .name(&copy.name)
            .source_instance_id(&copy.of)
            .public(copy.shared_with.contains(EVERYBODY))
            .state(types::ImageState::Available)
            .block_device_mappings(disk.build())
            .set_tags(Some(tags(&copy.tags)))
            .build()
    });
    Ok(Out::<ec2::DescribeImages>::builder().set_images(Some(images.collect())).set_next_token(next).build())
}

fn describe_image_attribute(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeImageAttribute>,
) -> Said<ec2::DescribeImageAttribute> {
    let id = input.image_id().unwrap_or_default();
    if input.attribute() != Some(&ImageAttributeName::LaunchPermission) {
        return Err(refuse("InvalidParameterValue", "not simulated: this attribute"));
    }
    let copy = seen(&region(cx).shared_images)?.get(id).ok_or_else(|| no_image(id))?;
    let permission = |with: &String| {
        let one = LaunchPermission::builder();
        match with.as_str() {
            EVERYBODY => one.group(PermissionGroup::All),
            unit if unit.contains(":ou/") => one.organizational_unit_arn(unit),
            organization if organization.starts_with("arn:") => one.organization_arn(organization),
            account => one.user_id(account),
        }
        .build()
    };
    let permissions = seen(copy)?.shared_with.iter().map(permission).collect();
    Ok(Out::<ec2::DescribeImageAttribute>::builder()
        .image_id(id)
        .set_launch_permissions(Some(permissions))
        .build())
}

fn modify_image_attribute(
    cx: &mut Cx<'_>,
    input: &In<ec2::ModifyImageAttribute>,
) -> Said<ec2::ModifyImageAttribute> {
    let id = input.image_id().unwrap_or_default();
    let (add, remove) = input.launch_permission().map_or((&[][..], &[][..]), |m| (m.add(), m.remove()));
    let grantee = |one: &LaunchPermission| {
        let named = one.user_id().or(one.organization_arn()).or(one.organizational_unit_arn());
        named.unwrap_or(EVERYBODY).to_owned()
    };
    let (add, remove): (BTreeSet<String>, BTreeSet<String>) =
        (add.iter().map(grantee).collect(), remove.iter().map(grantee).collect());
    if add.is_empty() && remove.is_empty() {
        return Err(refuse("MissingParameter", "The request must contain a permission to add or to remove"));
    }
    let blocked = add.contains(EVERYBODY) && blocks(cx)?.images.state != UNBLOCKED;
    let all = seen_mut(&mut cx.region_mut().shared_images)?;
    let copy = seen_mut(all.get_mut(id).ok_or_else(|| no_image(id))?)?;
    if add.contains(EVERYBODY) && (blocked || copy.encrypted) {
        let message = "The image cannot be made public: it is encrypted, or block public access is on";
        return Err(refuse("OperationNotPermitted", message));
    }
    copy.shared_with.extend(add);
    copy.shared_with.retain(|with| !remove.contains(with));
    Ok(Out::<ec2::ModifyImageAttribute>::builder().build())
}

fn blocks(cx: &Cx<'_>) -> Result<SharingBlocks, Refused> {
    seen(&region(cx).sharing_blocks).cloned()
}

/// A policy of the organization sets it: the account cannot.
fn own(managed_by: &str) -> Result<(), Refused> {
    if managed_by == "declarative-policy" {
        let message = "This setting is managed by a declarative policy";
        return Err(refuse("OperationNotPermitted", message));
    }
    Ok(())
}

fn get_snapshot_block(
    cx: &mut Cx<'_>,
    _: &In<ec2::GetSnapshotBlockPublicAccessState>,
) -> Said<ec2::GetSnapshotBlockPublicAccessState> {
    let block = blocks(cx)?.snapshots;
    Ok(Out::<ec2::GetSnapshotBlockPublicAccessState>::builder()
        .state(block.state.as_str().into())
        .managed_by(block.managed_by.as_str().into())
        .build())
}

fn enable_snapshot_block(
    cx: &mut Cx<'_>,
    input: &In<ec2::EnableSnapshotBlockPublicAccess>,
) -> Said<ec2::EnableSnapshotBlockPublicAccess> {
    own(&blocks(cx)?.snapshots.managed_by)?;
    let Some(state) = input.state() else {
        return Err(refuse("MissingParameter", "The request must contain the parameter state"));
    };
    state.as_str().clone_into(&mut seen_mut(&mut cx.region_mut().sharing_blocks)?.snapshots.state);
    Ok(Out::<ec2::EnableSnapshotBlockPublicAccess>::builder().state(state.clone()).build())
}

fn disable_snapshot_block(
    cx: &mut Cx<'_>,
    _: &In<ec2::DisableSnapshotBlockPublicAccess>,
) -> Said<ec2::DisableSnapshotBlockPublicAccess> {
    own(&blocks(cx)?.snapshots.managed_by)?;
    UNBLOCKED.clone_into(&mut seen_mut(&mut cx.region_mut().sharing_blocks)?.snapshots.state);
    Ok(Out::<ec2::DisableSnapshotBlockPublicAccess>::builder().state(UNBLOCKED.into()).build())
}

fn get_image_block(
    cx: &mut Cx<'_>,
    _: &In<ec2::GetImageBlockPublicAccessState>,
) -> Said<ec2::GetImageBlockPublicAccessState> {
    let block = blocks(cx)?.images;
    Ok(Out::<ec2::GetImageBlockPublicAccessState>::builder()
        .image_block_public_access_state(block.state)
        .managed_by(block.managed_by.as_str().into())
        .build())
}

fn enable_image_block(
    cx: &mut Cx<'_>,
    input: &In<ec2::EnableImageBlockPublicAccess>,
) -> Said<ec2::EnableImageBlockPublicAccess> {
    own(&blocks(cx)?.images.managed_by)?;
    let Some(state) = input.image_block_public_access_state().cloned() else {
        return Err(refuse("MissingParameter", "The request must contain ImageBlockPublicAccessState"));
    };
    cx.later(IMAGES_BLOCKED_MS, state.as_str(), set_image_block);
    Ok(Out::<ec2::EnableImageBlockPublicAccess>::builder().image_block_public_access_state(state).build())
}

fn disable_image_block(
    cx: &mut Cx<'_>,
    _: &In<ec2::DisableImageBlockPublicAccess>,
) -> Said<ec2::DisableImageBlockPublicAccess> {
    own(&blocks(cx)?.images.managed_by)?;
    cx.later(IMAGES_BLOCKED_MS, UNBLOCKED, set_image_block);
    Ok(Out::<ec2::DisableImageBlockPublicAccess>::builder()
        .image_block_public_access_state(UNBLOCKED.into())
        .build())
}

fn set_image_block(cx: &mut Cx<'_>, state: &str) {
    if let Some(blocks) = cx.region_mut().sharing_blocks.read_mut() {
        state.clone_into(&mut blocks.images.state);
    }
}
