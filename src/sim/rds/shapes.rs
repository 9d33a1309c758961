//! What RDS says of an instance and a cluster.

use std::collections::BTreeSet;

use aws_sdk_rds::types;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::super::ec2::region;
use super::super::route::Cx;
use crate::account::{Database, Tags};

fn groups(cx: &Cx<'_>, arn: &str, database: &Database) -> Vec<types::VpcSecurityGroupMembership> {
    let member = |id: &String, status: &str| {
        types::VpcSecurityGroupMembership::builder().vpc_security_group_id(id).status(status).build()
    };
    let status = if database.groups_changing { "adding" } else { "active" };
    let leaving = cx.world.databases.leaving.get(arn).into_iter().flatten();
    let leaving = leaving.filter(|id| !database.groups.contains(*id));
    database
        .groups
        .iter()
        .map(|id| member(id, status))
        .chain(leaving.map(|id| member(id, "removing")))
        .collect()
}

fn tags(tags: &Tags) -> Vec<types::Tag> {
    tags.iter().map(|(key, value)| types::Tag::builder().key(key).value(value).build()).collect()
}

pub(super) fn instance(cx: &Cx<'_>, arn: &str, database: &Database) -> types::DbInstance {
    let subnets = database.subnets.iter().map(|id| types::Subnet::builder().subnet_identifier(id).build());
    let network = types::DbSubnetGroup::builder()
        .db_subnet_group_name(format!("{}-subnets", database.vpc))
        .vpc_id(&database.vpc)
        .set_subnets(Some(subnets.collect()));
    types::DbInstance::builder()
        .db_instance_arn(arn)
        .db_instance_identifier(&database.name)
        .db_instance_status(&database.status)
        .engine(&database.engine)
        .set_db_cluster_identifier(database.cluster.clone())
        .db_subnet_group(network.build())
        .set_vpc_security_groups(Some(groups(cx, arn, database)))
        .publicly_accessible(database.public)
        .set_endpoint(database.port.map(|port| types::Endpoint::builder().port(port).build()))
        .set_tag_list(Some(tags(&database.tags)))
        .multi_az(database.traits.multi_az)
        .set_pending_modified_values(Some(pending(&database.pending)))
        .set_read_replica_db_instance_identifiers(Some(database.traits.replicas.iter().cloned().collect()))
        .set_read_replica_source_db_instance_identifier(database.traits.source.clone())
        .customer_owned_ip_enabled(database.traits.customer_owned_ip)
        .deletion_protection(database.traits.deletion_protection)
        .set_automatic_restart_time(date(database.restarts.as_deref()))
        .set_backup_retention_period(database.backup_days)
        .build()
}

pub(super) fn cluster(cx: &Cx<'_>, arn: &str, database: &Database) -> types::DbCluster {
    let members = region(cx).databases.items().filter(|(_, d)| d.cluster.as_ref() == Some(&database.name));
    let members =
        members.map(|(_, d)| types::DbClusterMember::builder().db_instance_identifier(&d.name).build());
    types::DbCluster::builder()
        .db_cluster_arn(arn)
        .db_cluster_identifier(&database.name)
        .status(&database.status)
        .engine(&database.engine)
        .db_subnet_group(format!("{}-subnets", database.vpc))
        .set_db_cluster_members(Some(members.collect()))
        .set_vpc_security_groups(Some(groups(cx, arn, database)))
        .publicly_accessible(database.public)
        .set_port(database.port)
        .set_tag_list(Some(tags(&database.tags)))
        .engine_mode(database.traits.mode.as_deref().unwrap_or("provisioned"))
        .set_pending_modified_values(Some(cluster_pending(&database.pending)))
        .set_read_replica_identifiers(Some(database.traits.replicas.iter().cloned().collect()))
        .set_replication_source_identifier(database.traits.source.clone())
        .set_global_cluster_identifier(database.traits.global.clone())
        .http_endpoint_enabled(database.traits.data_api)
        .internet_access_gateway_enabled(database.traits.internet_gateway)
        .deletion_protection(database.traits.deletion_protection)
        .set_automatic_restart_time(date(database.restarts.as_deref()))
        .set_backup_retention_period(database.backup_days)
        .build()
}

fn date(date: Option<&str>) -> Option<DateTime> {
    date.and_then(|date| DateTime::from_str(date, Format::DateTime).ok())
}

/// The changes that wait, with values made up: nothing reads them.
fn pending(waits: &BTreeSet<String>) -> types::PendingModifiedValues {
    waits
        .iter()
        .fold(types::PendingModifiedValues::builder(), |values, name| match name.as_str() {
            "class" => values.db_instance_class("db.r7g.large"),
            "engine version" => values.engine_version("17.6"),
            "multi-AZ" => values.multi_az(true),
            "password" => values.master_user_password("****"),
            "port" => values.port(6432),
            "storage" => values.allocated_storage(400),
            _ => values.backup_retention_period(14),
        })
        .build()
}

fn cluster_pending(waits: &BTreeSet<String>) -> types::ClusterPendingModifiedValues {
    waits
        .iter()
        .fold(types::ClusterPendingModifiedValues::builder(), |values, name| match name.as_str() {
            "engine version" => values.engine_version("17.6"),
            "password" => values.master_user_password("****"),
            "storage" => values.allocated_storage(400),
            _ => values.backup_retention_period(14),
        })
        .build()
}
