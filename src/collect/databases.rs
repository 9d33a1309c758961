//! RDS instances and clusters. The lists hold Neptune's and `DocumentDB`'s too: one API serves them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::Ask;
use crate::account::{Database, DatabaseProxy, DatabaseTraits, Tags};
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

/// Proxies by ARN.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBProxies.html>
pub(super) async fn proxies(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, DatabaseProxy>, AwsError> {
    let list = aws.rds(region).describe_db_proxies().max_records(100);
    lists::all(aws, list, |proxy| {
        let value = DatabaseProxy {
            name: proxy.db_proxy_name.unwrap_or_default(),
            vpc: proxy.vpc_id.unwrap_or_default(),
            engine_family: proxy.engine_family.unwrap_or_default(),
            status: proxy.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        };
        Some((proxy.db_proxy_arn?, value))
    })
    .await
}

fn instance(instance: types::DbInstance) -> Option<(String, Database)> {
    let (groups, groups_changing) = groups(instance.vpc_security_groups);
    let replicas =
        [instance.read_replica_db_instance_identifiers, instance.read_replica_db_cluster_identifiers];
    let traits = DatabaseTraits {
        multi_az: instance.multi_az.unwrap_or(false),
        source: instance
            .read_replica_source_db_instance_identifier
            .or(instance.read_replica_source_db_cluster_identifier),
        replicas: replicas.into_iter().flatten().flatten().collect(),
        customer_owned_ip: instance.customer_owned_ip_enabled.unwrap_or(false),
        deletion_protection: instance.deletion_protection.unwrap_or(false),
        ..DatabaseTraits::default()
    };
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
        pending: instance.pending_modified_values.as_ref().map(pending).unwrap_or_default(),
        traits,
        backup_days: instance.backup_retention_period,
        restarts: date(instance.automatic_restart_time),
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
        pending: cluster.pending_modified_values.as_ref().map(cluster_pending).unwrap_or_default(),
        traits: DatabaseTraits {
            multi_az: false,
            source: cluster.replication_source_identifier,
            replicas: cluster.read_replica_identifiers.unwrap_or_default().into_iter().collect(),
            mode: cluster.engine_mode.filter(|mode| mode != "provisioned"),
            global: cluster.global_cluster_identifier,
            data_api: cluster.http_endpoint_enabled.unwrap_or(false),
            internet_gateway: cluster.internet_access_gateway_enabled.unwrap_or(false),
            customer_owned_ip: false,
            deletion_protection: cluster.deletion_protection.unwrap_or(false),
        },
        backup_days: cluster.backup_retention_period,
        restarts: date(cluster.automatic_restart_time),
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

fn date(date: Option<DateTime>) -> Option<String> {
    date.and_then(|date| date.fmt(Format::DateTime).ok())
}

/// The changes of an instance that wait for its maintenance window, never their values: a new password is
/// one of them.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PendingModifiedValues.html>
pub(crate) fn pending(values: &types::PendingModifiedValues) -> BTreeSet<String> {
    let waits = [
        ("additional volumes", values.additional_storage_volumes.is_some()),
        (
            "automation mode",
            values.automation_mode.is_some() || values.resume_full_automation_mode_time.is_some(),
        ),
        ("backup retention", values.backup_retention_period.is_some()),
        ("capacity reservation", values.db_capacity_reservation_identifier.is_some()),
        ("certificate authority", values.ca_certificate_identifier.is_some()),
        ("class", values.db_instance_class.is_some()),
        ("dedicated log volume", values.dedicated_log_volume.is_some()),
        ("engine", values.engine.is_some()),
        ("engine version", values.engine_version.is_some()),
        ("IAM authentication", values.iam_database_authentication_enabled.is_some()),
        ("license", values.license_model.is_some()),
        ("log exports", values.pending_cloudwatch_logs_exports.is_some()),
        ("multi-AZ", values.multi_az.is_some()),
        ("multi-tenant", values.multi_tenant.is_some()),
        ("name", values.db_instance_identifier.is_some()),
        ("password", values.master_user_password.is_some()),
        ("port", values.port.is_some()),
        ("processor features", values.processor_features.is_some()),
        ("storage", is_storage(values)),
        ("subnet group", values.db_subnet_group_name.is_some()),
    ];
    waits.into_iter().filter(|(_, waits)| *waits).map(|(name, _)| name.to_owned()).collect()
}

fn is_storage(values: &types::PendingModifiedValues) -> bool {
    values.allocated_storage.is_some()
        || values.iops.is_some()
        || values.storage_throughput.is_some()
        || values.storage_type.is_some()
}

/// The same of a cluster.
fn cluster_pending(values: &types::ClusterPendingModifiedValues) -> BTreeSet<String> {
    let storage =
        values.allocated_storage.is_some() || values.iops.is_some() || values.storage_type.is_some();
    let waits = [
        ("backup retention", values.backup_retention_period.is_some()),
        ("certificate authority", values.certificate_details.is_some()),
        ("engine version", values.engine_version.is_some()),
        ("IAM authentication", values.iam_database_authentication_enabled.is_some()),
        ("log exports", values.pending_cloudwatch_logs_exports.is_some()),
        ("name", values.db_cluster_identifier.is_some()),
        ("password", values.master_user_password.is_some()),
        ("RDS Custom configuration", values.rds_custom_cluster_configuration.is_some()),
        ("storage", storage),
    ];
    waits.into_iter().filter(|(_, waits)| *waits).map(|(name, _)| name.to_owned()).collect()
}
