//! What evidence is made of: attributes of instances, volumes, snapshots of runs.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;
use aws_sdk_ec2::types::InstanceAttributeName as Name;
use futures::{StreamExt as _, TryStreamExt as _};

use super::{PAGE, tags};
use crate::account::{InstanceAttributes, Region, Snapshot, Volume};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// Instances asked about at once: with two calls each, what AWS's bucket of 100 takes in one go.
const AT_ONCE: usize = 50;
/// The largest page that `DescribeVolumes` is documented to take.
const VOLUMES: i32 = 500;

/// The instances to ask about: each costs two calls.
pub(in crate::collect) fn wanted(ask: &Ask, here: &Region) -> BTreeSet<String> {
    let named = |id: &String| ask.instances.is_empty() || ask.instances.contains(id);
    let within = |id: &String| ask.scope.as_ref().is_none_or(|scope| scope.has_instance(here, id));
    here.instances.items().map(|(id, _)| id).filter(|id| named(id) && within(id)).cloned().collect()
}

/// Termination protection and shutdown behavior: one attribute a call. An instance that is gone
/// meanwhile is left out.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html>
pub(in crate::collect) async fn attributes(
    aws: &Aws,
    region: &str,
    instances: BTreeSet<String>,
) -> Result<BTreeMap<String, InstanceAttributes>, AwsError> {
    let each = futures::stream::iter(instances).map(|id| async move {
        match attributes_of(aws, region, &id).await {
            Err(error) if error.is("InvalidInstanceID.NotFound") => Ok(None),
            answer => answer.map(|attributes| Some((id, attributes))),
        }
    });
    let all: Vec<_> = each.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(all.into_iter().flatten().collect())
}

async fn attributes_of(aws: &Aws, region: &str, id: &str) -> Result<InstanceAttributes, AwsError> {
    let ask = |name: Name| aws.ec2(region).describe_instance_attribute().instance_id(id).attribute(name);
    let (protection, behavior) = futures::try_join!(
        ask(Name::DisableApiTermination).send(),
        ask(Name::InstanceInitiatedShutdownBehavior).send(),
    )?;
    let protection = protection.disable_api_termination.and_then(|value| value.value);
    let behavior = behavior.instance_initiated_shutdown_behavior.and_then(|value| value.value);
    let lacking = || AwsError::unusable("ec2:DescribeInstanceAttribute", &format!("no value for {id}"));
    Ok(InstanceAttributes {
        termination_protection: protection.ok_or_else(lacking)?,
        shutdown_behavior: behavior.ok_or_else(lacking)?,
    })
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html>
pub(in crate::collect) async fn volumes(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, Volume>, AwsError> {
    let list = aws.ec2(region).describe_volumes().include_managed_resources(true).max_results(VOLUMES);
    lists::all(aws, list, volume).await
}

fn volume(volume: types::Volume) -> Option<(String, Volume)> {
    let value = Volume {
        gib: u32::try_from(volume.size.unwrap_or_default()).unwrap_or_default(),
        encrypted: volume.encrypted.unwrap_or(false),
    };
    Some((volume.volume_id?, value))
}

/// Snapshots that a run of unplug started, of any run.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html>
pub(in crate::collect) async fn snapshots(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, Snapshot>, AwsError> {
    let ours = types::Filter::builder().name("tag-key").values("unplug:run").build();
    let list = aws.ec2(region).describe_snapshots().owner_ids("self").filters(ours).max_results(PAGE);
    lists::all(aws, list, snapshot).await
}

pub(crate) fn snapshot(snapshot: types::Snapshot) -> Option<(String, Snapshot)> {
    let value = Snapshot {
        volume: snapshot.volume_id.unwrap_or_default(),
        failed: snapshot.state == Some(types::SnapshotState::Error),
        tags: tags(snapshot.tags),
    };
    Some((snapshot.snapshot_id?, value))
}
