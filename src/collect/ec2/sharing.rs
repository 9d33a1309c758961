//! Snapshots and images of this account, with whom they are shared, and the blocks against it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;
use aws_sdk_ec2::types::{ImageAttributeName, SnapshotAttributeName};
use futures::StreamExt as _;

use super::{PAGE, tags};
use crate::account::{EVERYBODY, Seen, SharedCopy, SharingBlock, SharingBlocks};
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::{Ask, each_seen, only_in};

/// Attributes asked for at once: each costs a call, and AWS allows 100 in one go and then 20 a second.
const AT_ONCE: usize = 50;

/// What was read of each snapshot or image.
type Copies = BTreeMap<String, Seen<SharedCopy>>;

/// Every snapshot that the account owns. Only those that are public can be listed by that: with which
/// accounts one is shared takes a call for each.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotAttribute.html>
pub(in crate::collect) async fn snapshots(aws: &Aws, region: &str, ask: &Ask) -> Result<Copies, AwsError> {
    let all = match wanted(ask, region, "snap-") {
        Some(ids) => ids,
        None => {
            let list = aws.ec2(region).describe_snapshots().owner_ids("self").max_results(PAGE);
            let own = |one: &types::Snapshot| is_own(aws, one.owner_id());
            lists::all(aws, list, |one| snapshot(Some(one).filter(own)?)).await?
        }
    };
    let each = futures::stream::iter(all).map(async |(id, copy): (String, SharedCopy)| {
        let shared = permissions_of_snapshot(aws, region, &id).await;
        (id, with(copy, shared))
    });
    each_seen(each.buffer_unordered(AT_ONCE).collect().await)
}

fn snapshot(snapshot: types::Snapshot) -> Option<(String, SharedCopy)> {
    let copy = SharedCopy {
        name: snapshot.description.unwrap_or_default(),
        of: snapshot.volume_id.unwrap_or_default(),
        encrypted: snapshot.encrypted.unwrap_or(false),
        shared_with: BTreeSet::new(),
        tags: tags(snapshot.tags),
    };
    Some((snapshot.snapshot_id?, copy))
}

/// Who may make a volume of a snapshot; none where the snapshot is gone.
pub(crate) async fn permissions_of_snapshot(
    aws: &Aws,
    region: &str,
    id: &str,
) -> Result<Option<BTreeSet<String>>, AwsError> {
    let attribute = SnapshotAttributeName::CreateVolumePermission;
    let ask = aws.ec2(region).describe_snapshot_attribute().snapshot_id(id).attribute(attribute);
    let answer = unless_gone(ask.send().await)?;
    Ok(answer.map(|answer| {
        let all = answer.create_volume_permissions.unwrap_or_default();
        all.into_iter().filter_map(|one| one.user_id.or(one.group.map(|_| EVERYBODY.to_owned()))).collect()
    }))
}

/// Every image that the account owns, deprecated and disabled ones too.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImageAttribute.html>
pub(in crate::collect) async fn images(aws: &Aws, region: &str, ask: &Ask) -> Result<Copies, AwsError> {
    let all = match wanted(ask, region, "ami-") {
        Some(ids) => ids,
        None => {
            let list = aws.ec2(region).describe_images().owners("self").max_results(PAGE);
            let list = list.include_deprecated(true).include_disabled(true);
            let own = |one: &types::Image| is_own(aws, one.owner_id());
            lists::all(aws, list, |one| image(Some(one).filter(own)?)).await?
        }
    };
    let each = futures::stream::iter(all).map(async |(id, copy): (String, SharedCopy)| {
        let shared = permissions_of_image(aws, region, &id).await;
        (id, with(copy, shared))
    });
    each_seen(each.buffer_unordered(AT_ONCE).collect().await)
}

fn image(image: types::Image) -> Option<(String, SharedCopy)> {
    let disks = image.block_device_mappings.unwrap_or_default();
    let copy = SharedCopy {
        name: image.name.unwrap_or_default(),
        of: image.source_instance_id.unwrap_or_default(),
        encrypted: disks.iter().any(|disk| disk.ebs().and_then(|ebs| ebs.encrypted()).unwrap_or(false)),
        shared_with: BTreeSet::new(),
        tags: tags(image.tags),
    };
    Some((image.image_id?, copy))
}

/// Who may launch an image; none where the image is gone.
pub(crate) async fn permissions_of_image(
    aws: &Aws,
    region: &str,
    id: &str,
) -> Result<Option<BTreeSet<String>>, AwsError> {
    let attribute = ImageAttributeName::LaunchPermission;
    let ask = aws.ec2(region).describe_image_attribute().image_id(id).attribute(attribute);
    let answer = match ask.send().await.map_err(AwsError::from) {
        // A deregistered one answers so for a while.
        Err(error) if error.is("InvalidAMIID.Unavailable") => None,
        answer => unless_gone(answer)?,
    };
    let grantee = |one: types::LaunchPermission| {
        let named = one.user_id.or(one.organization_arn).or(one.organizational_unit_arn);
        named.or(one.group.map(|_| EVERYBODY.to_owned()))
    };
    Ok(answer.map(|answer| {
        answer.launch_permissions.unwrap_or_default().into_iter().filter_map(grantee).collect()
    }))
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetSnapshotBlockPublicAccessState.html>
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetImageBlockPublicAccessState.html>
pub(in crate::collect) async fn blocks(aws: &Aws, region: &str, _: &Ask) -> Result<SharingBlocks, AwsError> {
    let ec2 = aws.ec2(region);
    let (snapshots, images) = futures::try_join!(
        async { Ok::<_, AwsError>(ec2.get_snapshot_block_public_access_state().send().await?) },
        async { Ok(ec2.get_image_block_public_access_state().send().await?) },
    )?;
    let by =
        |by: Option<types::ManagedBy>| by.map_or_else(|| "account".to_owned(), |by| by.as_str().to_owned());
    let lacking = |operation: &str| AwsError::unusable(operation, "it lacks the state");
    Ok(SharingBlocks {
        snapshots: SharingBlock {
            state: snapshots
                .state
                .map(|state| state.as_str().to_owned())
                .ok_or_else(|| lacking("ec2:GetSnapshotBlockPublicAccessState"))?,
            managed_by: by(snapshots.managed_by),
        },
        images: SharingBlock {
            state: images
                .image_block_public_access_state
                .ok_or_else(|| lacking("ec2:GetImageBlockPublicAccessState"))?,
            managed_by: by(images.managed_by),
        },
    })
}

/// Is it this account's? An endpoint that leaves the filter out lists what is public anywhere.
fn is_own(aws: &Aws, owner: Option<&str>) -> bool {
    let own = aws.caller().and_then(|arn| arn.split(':').nth(4));
    owner.is_none() || own.is_none() || owner == own
}

/// The ids to read in this Region, where not all are wanted: what they are made of is in no state.
fn wanted(ask: &Ask, region: &str, prefix: &str) -> Option<Vec<(String, SharedCopy)>> {
    let only = only_in(ask.only_copies.as_ref(), region)?.filter(|id| id.starts_with(prefix));
    Some(only.map(|id| (id.clone(), SharedCopy::default())).collect())
}

/// The ids to read of one service's things in this Region, where not all are wanted: ARNs, and URLs of queues.
pub(in crate::collect) fn wanted_of(ask: &Ask, region: &str, service: &str) -> Option<Vec<String>> {
    let is_of = |id: &&String| match id.strip_prefix("arn:") {
        Some(rest) => rest.split(':').nth(1) == Some(service),
        None => service == "sqs" && id.starts_with("http"),
    };
    Some(only_in(ask.only_copies.as_ref(), region)?.filter(is_of).cloned().collect())
}

/// A copy with whom it is shared with.
pub(in crate::collect) fn with(
    copy: SharedCopy,
    shared: Result<Option<BTreeSet<String>>, AwsError>,
) -> Result<Option<SharedCopy>, AwsError> {
    Ok(shared?.map(|shared_with| SharedCopy { shared_with, ..copy }))
}
