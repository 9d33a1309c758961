//! RDS: snapshots that somebody took by hand, and who may restore them.

use std::collections::BTreeSet;

use aws_sdk_rds::types;

use super::super::ec2::region;
use super::super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::super::world::{seen, seen_mut};
use crate::account::{EVERYBODY, SharedCopy};
use crate::aws::operations::rds;
use crate::collect::database_snapshots::{RESTORE, identifier};

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<rds::DescribeDBSnapshots>(describe_db_snapshots);
    dispatch.on::<rds::DescribeDBClusterSnapshots>(describe_db_cluster_snapshots);
    dispatch.on::<rds::DescribeDBSnapshotAttributes>(describe_db_snapshot_attributes);
    dispatch.on::<rds::DescribeDBClusterSnapshotAttributes>(describe_db_cluster_snapshot_attributes);
    dispatch.on::<rds::ModifyDBSnapshotAttribute>(modify_db_snapshot_attribute);
    dispatch.on::<rds::ModifyDBClusterSnapshotAttribute>(modify_db_cluster_snapshot_attribute);
}

/// The snapshots of instances, or of clusters.
fn all(cx: &Cx<'_>, clusters: bool) -> Result<Vec<(String, SharedCopy)>, Refused> {
    let all = seen(&region(cx).shared_database_snapshots)?.iter();
    let own = all.filter(|(arn, _)| identifier(arn).1 == clusters);
    Ok(own.map(|(arn, copy)| (arn.clone(), copy.read().cloned().unwrap_or_default())).collect())
}

fn tags(copy: &SharedCopy) -> Vec<types::Tag> {
    copy.tags.iter().map(|(key, value)| types::Tag::builder().key(key).value(value).build()).collect()
}

fn describe_db_snapshots(
    cx: &mut Cx<'_>,
    input: &In<rds::DescribeDBSnapshots>,
) -> Said<rds::DescribeDBSnapshots> {
    let (all, next) = cx.page(all(cx, false)?, input.marker(), input.max_records());
    let snapshots = all.into_iter().map(|(arn, copy)| {
        types::DbSnapshot::builder()
            .db_snapshot_identifier(identifier(&arn).0)
            .db_instance_identifier(&copy.of)
            .encrypted(copy.encrypted)
            .snapshot_type("manual")
            .set_tag_list(Some(tags(&copy)))
            .db_snapshot_arn(arn)
            .build()
    });
    Ok(Out::<rds::DescribeDBSnapshots>::builder()
        .set_db_snapshots(Some(snapshots.collect()))
        .set_marker(next)
        .build())
}

fn describe_db_cluster_snapshots(
    cx: &mut Cx<'_>,
    input: &In<rds::DescribeDBClusterSnapshots>,
) -> Said<rds::DescribeDBClusterSnapshots> {
    let (all, next) = cx.page(all(cx, true)?, input.marker(), input.max_records());
    let snapshots = all.into_iter().map(|(arn, copy)| {
        types::DbClusterSnapshot::builder()
            .db_cluster_snapshot_identifier(identifier(&arn).0)
            .db_cluster_identifier(&copy.of)
            .storage_encrypted(copy.encrypted)
            .snapshot_type("manual")
            .set_tag_list(Some(tags(&copy)))
            .db_cluster_snapshot_arn(arn)
            .build()
    });
    Ok(Out::<rds::DescribeDBClusterSnapshots>::builder()
        .set_db_cluster_snapshots(Some(snapshots.collect()))
        .set_marker(next)
        .build())
}

/// The ARN of a snapshot of this kind and name.
fn arn(cx: &Cx<'_>, name: &str, cluster: bool) -> Result<Option<String>, Refused> {
    let all = seen(&region(cx).shared_database_snapshots)?;
    Ok(all.keys().find(|arn| identifier(arn) == (name, cluster)).cloned())
}

fn shared(cx: &Cx<'_>, arn: &str) -> Result<BTreeSet<String>, Refused> {
    match seen(&region(cx).shared_database_snapshots)?.get(arn) {
        Some(copy) => Ok(seen(copy)?.shared_with.clone()),
        None => Ok(BTreeSet::new()),
    }
}

fn describe_db_snapshot_attributes(
    cx: &mut Cx<'_>,
    input: &In<rds::DescribeDBSnapshotAttributes>,
) -> Said<rds::DescribeDBSnapshotAttributes> {
    let name = input.db_snapshot_identifier().unwrap_or_default();
    let Some(arn) = arn(cx, name, false)? else {
        return Err(refuse("DBSnapshotNotFound", format!("DBSnapshot {name} not found.")));
    };
    let attribute = types::DbSnapshotAttribute::builder()
        .attribute_name(RESTORE)
        .set_attribute_values(Some(shared(cx, &arn)?.into_iter().collect()));
    let result = types::DbSnapshotAttributesResult::builder()
        .db_snapshot_identifier(name)
        .db_snapshot_attributes(attribute.build());
    Ok(Out::<rds::DescribeDBSnapshotAttributes>::builder()
        .db_snapshot_attributes_result(result.build())
        .build())
}

fn describe_db_cluster_snapshot_attributes(
    cx: &mut Cx<'_>,
    input: &In<rds::DescribeDBClusterSnapshotAttributes>,
) -> Said<rds::DescribeDBClusterSnapshotAttributes> {
    let name = input.db_cluster_snapshot_identifier().unwrap_or_default();
    let Some(arn) = arn(cx, name, true)? else {
        return Err(refuse("DBClusterSnapshotNotFoundFault", format!("DBClusterSnapshot {name} not found.")));
    };
    let attribute = types::DbClusterSnapshotAttribute::builder()
        .attribute_name(RESTORE)
        .set_attribute_values(Some(shared(cx, &arn)?.into_iter().collect()));
    let result = types::DbClusterSnapshotAttributesResult::builder()
        .db_cluster_snapshot_identifier(name)
        .db_cluster_snapshot_attributes(attribute.build());
    Ok(Out::<rds::DescribeDBClusterSnapshotAttributes>::builder()
        .db_cluster_snapshot_attributes_result(result.build())
        .build())
}

/// Changes who may restore a snapshot. Returns false where an encrypted one is to be open to everybody.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSnapshotAttribute.html>
fn change(cx: &mut Cx<'_>, arn: &str, add: &[String], remove: &[String]) -> Result<bool, Refused> {
    let all = seen_mut(&mut cx.region_mut().shared_database_snapshots)?;
    let Some(copy) = all.get_mut(arn) else { return Ok(true) };
    let copy = seen_mut(copy)?;
    if copy.encrypted && add.iter().any(|with| with == EVERYBODY) {
        return Ok(false);
    }
    copy.shared_with.extend(add.iter().cloned());
    copy.shared_with.retain(|with| !remove.contains(with));
    Ok(true)
}

fn modify_db_snapshot_attribute(
    cx: &mut Cx<'_>,
    input: &In<rds::ModifyDBSnapshotAttribute>,
) -> Said<rds::ModifyDBSnapshotAttribute> {
    let name = input.db_snapshot_identifier().unwrap_or_default();
    let Some(arn) = arn(cx, name, false)? else {
        return Err(refuse("DBSnapshotNotFound", format!("DBSnapshot {name} not found.")));
    };
    if !change(cx, &arn, input.values_to_add(), input.values_to_remove())? {
        return Err(refuse("InvalidDBSnapshotState", "An encrypted snapshot cannot be public."));
    }
    Ok(Out::<rds::ModifyDBSnapshotAttribute>::builder().build())
}

fn modify_db_cluster_snapshot_attribute(
    cx: &mut Cx<'_>,
    input: &In<rds::ModifyDBClusterSnapshotAttribute>,
) -> Said<rds::ModifyDBClusterSnapshotAttribute> {
    let name = input.db_cluster_snapshot_identifier().unwrap_or_default();
    let Some(arn) = arn(cx, name, true)? else {
        return Err(refuse("DBClusterSnapshotNotFoundFault", format!("DBClusterSnapshot {name} not found.")));
    };
    if !change(cx, &arn, input.values_to_add(), input.values_to_remove())? {
        return Err(refuse("InvalidDBClusterSnapshotStateFault", "An encrypted snapshot cannot be public."));
    }
    Ok(Out::<rds::ModifyDBClusterSnapshotAttribute>::builder().build())
}
