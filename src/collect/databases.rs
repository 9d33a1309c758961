//! RDS instances and clusters. The lists hold Neptune's and `DocumentDB`'s too: one API serves them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types;

use super::Ask;
use crate::account::{Database, Tags};
use crate::aws::{Aws, AwsError, lists};

/// Instances and clusters by ARN. AWS has no filter by VPC here.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html>
pub(super) async fn databases(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Database>, AwsError> {
    let list = aws.rds(region).describe_db_instances().max_records(100);
    let mut databases: BTreeMap<String, Database> = lists::all(aws, list, instance).await?;
    let list = aws.rds(region).describe_db_clusters().max_records(100);
    let clusters: Vec<(String, Database)> = lists::all(aws, list, |found| cluster(found, &databases)).await?;
    databases.extend(clusters);
    databases.retain(|_, database| ask.vpcs.as_ref().is_none_or(|vpcs| vpcs.contains(&database.vpc)));
    Ok(databases)
}

fn instance(instance: types::DbInstance) -> Option<(String, Database)> {
    let (groups, groups_changing) = groups(instance.vpc_security_groups);
    let network = instance.db_subnet_group;
    let value = Database {
        name: instance.db_instance_identifier.unwrap_or_default(),
        kind: "instance".into(),
        vpc: network.as_ref().and_then(|network| network.vpc_id.clone()).unwrap_or_default(),
        subnets: network
            .and_then(|network| network.subnets)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|subnet| subnet.subnet_identifier)
            .collect(),
        engine: instance.engine.unwrap_or_default(),
        status: instance.db_instance_status.unwrap_or_default(),
        cluster: instance.db_cluster_identifier,
        groups,
        groups_changing,
        public: instance.publicly_accessible.unwrap_or(false),
        port: instance.endpoint.and_then(|endpoint| endpoint.port),
        tags: tags(instance.tag_list),
    };
    Some((instance.db_instance_arn?, value))
}

/// A cluster, which names its subnet group only: where it is, its members say.
fn cluster(cluster: types::DbCluster, instances: &BTreeMap<String, Database>) -> Option<(String, Database)> {
    let (groups, groups_changing) = groups(cluster.vpc_security_groups);
    let name = cluster.db_cluster_identifier.unwrap_or_default();
    let member = instances.values().find(|instance| instance.cluster.as_ref() == Some(&name));
    let value = Database {
        kind: "cluster".into(),
        vpc: member.map(|member| member.vpc.clone()).unwrap_or_default(),
        subnets: member.map(|member| member.subnets.clone()).unwrap_or_default(),
        engine: cluster.engine.unwrap_or_default(),
        status: cluster.status.unwrap_or_default(),
        cluster: None,
        groups,
        groups_changing,
        public: cluster.publicly_accessible.unwrap_or(false),
        port: cluster.port,
        tags: tags(cluster.tag_list),
        name,
    };
    Some((cluster.db_cluster_arn?, value))
}

/// The groups that it has or is getting, and whether that is under way: AWS says `adding` and
/// `removing` until it is done.
fn groups(groups: Option<Vec<types::VpcSecurityGroupMembership>>) -> (BTreeSet<String>, bool) {
    let groups = groups.unwrap_or_default();
    let changing = groups.iter().any(|group| group.status().is_some_and(|status| status != "active"));
    let stays = groups.into_iter().filter(|group| group.status.as_deref() != Some("removing"));
    (stays.filter_map(|group| group.vpc_security_group_id).collect(), changing)
}

fn tags(tags: Option<Vec<types::Tag>>) -> Tags {
    tags.unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}
