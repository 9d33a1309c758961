//! Snapshots of RDS that somebody took by hand, with whom they are shared. Only those can be shared;
//! Neptune's and `DocumentDB`'s are among those of clusters.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html>

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;

use super::Ask;
use super::each_seen;
use super::ec2::sharing::{wanted_of, with};
use crate::account::{Seen, SharedCopy, Tags};
use crate::aws::{Aws, AwsError, lists, unless_gone};

/// The attribute that says who may restore a snapshot.
pub(crate) const RESTORE: &str = "restore";

/// The name and the values of an attribute.
type Attribute = (Option<String>, Option<Vec<String>>);

/// Attributes asked for at once.
const AT_ONCE: usize = 20;

/// Instances' and clusters' snapshots by ARN.
pub(super) async fn snapshots(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Seen<SharedCopy>>, AwsError> {
    let all = match wanted_of(ask, region, "rds") {
        Some(arns) => arns.into_iter().map(|arn| (arn, SharedCopy::default())).collect(),
        None => listed(aws, region).await?,
    };
    let each = futures::stream::iter(all).map(async |(arn, copy): (String, SharedCopy)| {
        let shared = permissions(aws, region, &arn).await;
        (arn, with(copy, shared))
    });
    each_seen(each.buffer_unordered(AT_ONCE).collect().await)
}

async fn listed(aws: &Aws, region: &str) -> Result<Vec<(String, SharedCopy)>, AwsError> {
    let rds = aws.rds(region);
    let list = rds.describe_db_snapshots().snapshot_type("manual").max_records(100);
    let mut all: Vec<(String, SharedCopy)> = lists::all(aws, list, |snapshot| {
        let copy = SharedCopy {
            name: snapshot.db_snapshot_identifier.unwrap_or_default(),
            of: snapshot.db_instance_identifier.unwrap_or_default(),
            encrypted: snapshot.encrypted.unwrap_or(false),
            shared_with: BTreeSet::new(),
            tags: tags(snapshot.tag_list),
        };
        Some((snapshot.db_snapshot_arn?, copy))
    })
    .await?;
    let list = rds.describe_db_cluster_snapshots().snapshot_type("manual").max_records(100);
    let clusters: Vec<(String, SharedCopy)> = lists::all(aws, list, |snapshot| {
        let copy = SharedCopy {
            name: snapshot.db_cluster_snapshot_identifier.unwrap_or_default(),
            of: snapshot.db_cluster_identifier.unwrap_or_default(),
            encrypted: snapshot.storage_encrypted.unwrap_or(false),
            shared_with: BTreeSet::new(),
            tags: tags(snapshot.tag_list),
        };
        Some((snapshot.db_cluster_snapshot_arn?, copy))
    })
    .await?;
    all.extend(clusters);
    Ok(all)
}

/// Who may restore a snapshot; none where the snapshot is gone.
pub(crate) async fn permissions(
    aws: &Aws,
    region: &str,
    arn: &str,
) -> Result<Option<BTreeSet<String>>, AwsError> {
    let rds = aws.rds(region);
    let (name, cluster) = identifier(arn);
    let values: Option<Vec<Attribute>> = if cluster {
        let answer = rds.describe_db_cluster_snapshot_attributes().db_cluster_snapshot_identifier(name);
        let answer = unless_gone(answer.send().await)?;
        answer.map(|answer| {
            let result = answer.db_cluster_snapshot_attributes_result;
            let all = result.and_then(|result| result.db_cluster_snapshot_attributes).unwrap_or_default();
            all.into_iter().map(|one| (one.attribute_name, one.attribute_values)).collect()
        })
    } else {
        let answer = rds.describe_db_snapshot_attributes().db_snapshot_identifier(name);
        let answer = unless_gone(answer.send().await)?;
        answer.map(|answer| {
            let result = answer.db_snapshot_attributes_result;
            let all = result.and_then(|result| result.db_snapshot_attributes).unwrap_or_default();
            all.into_iter().map(|one| (one.attribute_name, one.attribute_values)).collect()
        })
    };
    let of_restore = |all: Vec<Attribute>| {
        let own = all.into_iter().filter(|(name, _)| name.as_deref() == Some(RESTORE));
        own.flat_map(|(_, values)| values.unwrap_or_default()).collect()
    };
    Ok(values.map(of_restore))
}

/// The identifier that calls take, and whether it is a cluster's: the end of an ARN. A name may hold a colon
/// (`rds:` before those that AWS takes).
pub(crate) fn identifier(arn: &str) -> (&str, bool) {
    let mut parts = arn.splitn(7, ':').skip(5);
    let (kind, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    (name, kind == "cluster-snapshot")
}

fn tags(tags: Option<Vec<aws_sdk_rds::types::Tag>>) -> Tags {
    let tags = tags.unwrap_or_default().into_iter();
    tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
}
