//! RDS: instances and clusters, and changes of them, which take a while.

mod power;
mod public;
mod shapes;
mod snapshots;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types;
use shapes::{cluster, instance};

use super::World;
use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{Database, Interface, Region};
use crate::aws::operations::rds;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<rds::DescribeDBInstances>(describe_db_instances);
    dispatch.on::<rds::DescribeDBClusters>(describe_db_clusters);
    dispatch.on::<rds::DescribeDBProxies>(describe_db_proxies);
    power::register(dispatch);
    snapshots::register(dispatch);
    dispatch.on::<rds::ModifyDBInstance>(modify_db_instance);
    dispatch.on::<rds::ModifyDBCluster>(modify_db_cluster);
}

/// How long a change of groups takes; AWS says "as soon as possible".
const SETTLES_MS: u64 = 12_000;

/// How long a backup, a reboot or another change takes that the account came with.
const BUSY_MS: u64 = 60_000;

/// What the world keeps of databases besides the account.
#[derive(Clone, Debug, Default)]
pub(super) struct Databases {
    /// Groups that a database is losing, by its ARN.
    leaving: BTreeMap<String, BTreeSet<String>>,
    /// Databases that are busy with something and will be available, by ARN.
    busy: BTreeSet<String>,
    /// The status to go back to once the groups are changed, by ARN.
    status: BTreeMap<String, String>,
    /// Whose interface it is, by the interface's id: a cluster's or an instance's ARN.
    interfaces: BTreeMap<String, String>,
    /// Whether an instance that is being changed will be public, by ARN.
    public: BTreeMap<String, bool>,
    /// Public addresses that were given out.
    addresses: u8,
    /// Databases that a call made private, public, stopped or started, while that is under way.
    begun: BTreeSet<String>,
}

/// Databases of a kind that are asked for; a change that the account came with goes on.
fn list(
    cx: &mut Cx<'_>,
    kind: &str,
    (name, missing): (Option<&str>, &str),
    max: Option<i32>,
) -> Result<Vec<(String, Database)>, Refused> {
    if max.is_some_and(|max| !(20..=100).contains(&max)) {
        return Err(refuse("InvalidParameterValue", "MaxRecords must be between 20 and 100"));
    }
    let asked = |(arn, database): &(&String, &Database)| {
        database.kind == kind
            && name.is_none_or(|name| database.name.eq_ignore_ascii_case(name) || *arn == name)
    };
    let found: Vec<(String, Database)> = seen(&region(cx).databases)?
        .iter()
        .filter(asked)
        .map(|(arn, database)| (arn.clone(), database.clone()))
        .collect();
    if found.is_empty() && name.is_some() {
        return Err(refuse(missing, "There is no database of that name"));
    }
    for (arn, database) in &found {
        let hidden = &cx.world.databases;
        let begun = hidden.leaving.contains_key(arn) || hidden.begun.contains(arn);
        if database.groups_changing && database.cluster.is_none() && !begun {
            cx.world.databases.leaving.insert(arn.clone(), BTreeSet::new());
            cx.later(SETTLES_MS, arn, settle);
        } else if Database::is_busy(&database.status) && !begun && cx.world.databases.busy.insert(arn.clone())
        {
            cx.later(BUSY_MS, arn, ready);
        }
    }
    Ok(found)
}

fn describe_db_instances(
    cx: &mut Cx<'_>,
    input: &In<rds::DescribeDBInstances>,
) -> Said<rds::DescribeDBInstances> {
    let asked = (input.db_instance_identifier(), "DBInstanceNotFound");
    let found = list(cx, "instance", asked, input.max_records())?;
    let (found, next) = cx.page(found, input.marker(), input.max_records());
    let found = found.into_iter().map(|(arn, database)| instance(cx, &arn, &database));
    Ok(Out::<rds::DescribeDBInstances>::builder()
        .set_db_instances(Some(found.collect()))
        .set_marker(next)
        .build())
}

fn describe_db_clusters(
    cx: &mut Cx<'_>,
    input: &In<rds::DescribeDBClusters>,
) -> Said<rds::DescribeDBClusters> {
    let asked = (input.db_cluster_identifier(), "DBClusterNotFoundFault");
    let found = list(cx, "cluster", asked, input.max_records())?;
    let (found, next) = cx.page(found, input.marker(), input.max_records());
    let found = found.into_iter().map(|(arn, database)| cluster(cx, &arn, &database));
    Ok(Out::<rds::DescribeDBClusters>::builder()
        .set_db_clusters(Some(found.collect()))
        .set_marker(next)
        .build())
}

fn describe_db_proxies(cx: &mut Cx<'_>, input: &In<rds::DescribeDBProxies>) -> Said<rds::DescribeDBProxies> {
    let proxies = seen(&region(cx).database_proxies)?.iter().map(|(arn, proxy)| {
        types::DbProxy::builder()
            .db_proxy_arn(arn)
            .db_proxy_name(&proxy.name)
            .vpc_id(&proxy.vpc)
            .engine_family(&proxy.engine_family)
            .status(proxy.status.as_str().into())
            .build()
    });
    let (proxies, next) = cx.page(proxies.collect(), input.marker(), input.max_records());
    Ok(Out::<rds::DescribeDBProxies>::builder().set_db_proxies(Some(proxies)).set_marker(next).build())
}

fn modify_db_instance(cx: &mut Cx<'_>, input: &In<rds::ModifyDBInstance>) -> Said<rds::ModifyDBInstance> {
    let name = input.db_instance_identifier().unwrap_or_default();
    let Some((arn, database)) = named(cx, "instance", name)? else {
        return Err(refuse("DBInstanceNotFound", format!("DBInstance {name} not found.")));
    };
    let groups = input.vpc_security_group_ids();
    if database.cluster.is_some() && !groups.is_empty() {
        let message = "The security groups of a member are those of its cluster";
        return Err(refuse("InvalidParameterCombination", message));
    }
    if cluster_of(cx, &database).is_some_and(Database::is_multi_az_cluster) {
        let message = "The instances of a Multi-AZ DB cluster cannot be modified";
        return Err(refuse("InvalidParameterCombination", message));
    }
    if !Database::takes_changes(&database.status) {
        let message = format!("Database instance {name} is not in available state.");
        return Err(refuse("InvalidDBInstanceState", message));
    }
    match input.publicly_accessible() {
        Some(wanted) => public::change(cx, &arn, &database, wanted)?,
        None => change(cx, &arn, &database, groups)?,
    }
    // With ApplyImmediately everything that waits for the maintenance window is done now.
    if input.apply_immediately() == Some(true)
        && let Some(database) = seen_mut(&mut cx.region_mut().databases)?.get_mut(&arn)
    {
        database.pending.clear();
    }
    Ok(Out::<rds::ModifyDBInstance>::builder().build())
}

fn cluster_of<'a>(cx: &'a Cx<'_>, instance: &Database) -> Option<&'a Database> {
    let cluster = instance.cluster.as_ref()?;
    region(cx).databases.items().map(|(_, d)| d).find(|d| d.kind == "cluster" && d.name == *cluster)
}

fn modify_db_cluster(cx: &mut Cx<'_>, input: &In<rds::ModifyDBCluster>) -> Said<rds::ModifyDBCluster> {
    let name = input.db_cluster_identifier().unwrap_or_default();
    let Some((arn, database)) = named(cx, "cluster", name)? else {
        return Err(refuse("DBClusterNotFoundFault", format!("DBCluster {name} not found.")));
    };
    if !Database::takes_changes(&database.status) {
        let message = format!("DB cluster {name} is not in available state.");
        return Err(refuse("InvalidDBClusterStateFault", message));
    }
    change(cx, &arn, &database, input.vpc_security_group_ids())?;
    Ok(Out::<rds::ModifyDBCluster>::builder().build())
}

fn named(cx: &Cx<'_>, kind: &str, name: &str) -> Result<Option<(String, Database)>, Refused> {
    let found = seen(&region(cx).databases)?.iter().find(|(_, d)| d.kind == kind && d.name == name);
    Ok(found.map(|(arn, database)| (arn.clone(), database.clone())))
}

/// Takes new groups in. It is in effect later, until then the database cannot be changed again.
fn change(cx: &mut Cx<'_>, arn: &str, database: &Database, wanted: &[String]) -> Result<(), Refused> {
    if wanted.is_empty() {
        return Err(refuse("InvalidParameterCombination", "No modifications were requested"));
    }
    let known = seen(&region(cx).groups)?;
    for id in wanted {
        if known.get(id).filter(|_| cx.visible(id)).is_none_or(|group| group.vpc != database.vpc) {
            let message = format!("Invalid security group , groupId= {id}, groupName=.");
            return Err(refuse("InvalidParameterValue", message));
        }
    }
    assign(cx);
    let together: Vec<String> = region(cx)
        .databases
        .items()
        .filter(|(id, d)| *id == arn || is_member(database, d))
        .map(|(id, _)| id.clone())
        .collect();
    let wanted: BTreeSet<String> = wanted.iter().cloned().collect();
    for id in together {
        if let Some(database) = seen_mut(&mut cx.region_mut().databases)?.get_mut(&id) {
            let status = std::mem::replace(&mut database.status, "modifying".into());
            database.groups_changing = true;
            let before = std::mem::replace(&mut database.groups, wanted.clone());
            cx.world.databases.status.insert(id.clone(), status);
            cx.world.databases.leaving.insert(id, before);
        }
    }
    cx.later(SETTLES_MS, arn, settle);
    Ok(())
}

fn is_member(cluster: &Database, instance: &Database) -> bool {
    cluster.kind == "cluster" && instance.cluster.as_ref() == Some(&cluster.name)
}

/// Ends the change that kept a database busy.
fn ready(cx: &mut Cx<'_>, arn: &str) {
    cx.world.databases.busy.remove(arn);
    let database = cx.region_mut().databases.read_mut().and_then(|all| all.get_mut(arn));
    if let Some(database) = database.filter(|database| Database::is_busy(&database.status)) {
        database.status = "available".into();
    }
}

/// The groups of a database and its members are in effect, its interfaces have them.
fn settle(cx: &mut Cx<'_>, arn: &str) {
    let World { account, databases: hidden, .. } = &mut *cx.world;
    let Some(here) = account.regions.get_mut(cx.region) else { return };
    let Region { databases, interfaces, .. } = here;
    let Some(databases) = databases.read_mut() else { return };
    let Some(database) = databases.get(arn).cloned() else { return };
    for (id, changed) in databases.iter_mut().filter(|(id, d)| *id == arn || is_member(&database, d)) {
        changed.groups_changing = false;
        changed.status = hidden.status.remove(id).unwrap_or_else(|| "available".into());
        hidden.leaving.remove(id);
    }
    for (id, interface) in interfaces.read_mut().into_iter().flatten() {
        if hidden.interfaces.get(id).is_some_and(|owner| owner == arn) {
            interface.groups.clone_from(&database.groups);
        }
    }
}

/// Gives every interface of RDS to one database that it fits, so that each has its own.
fn assign(cx: &mut Cx<'_>) {
    let fits = |interface: &Interface, database: &Database| {
        database.cluster.is_none()
            && database.vpc == interface.vpc
            && database.subnets.contains(&interface.subnet)
            && database.groups == interface.groups
    };
    let mut owners = cx.world.databases.interfaces.clone();
    let here = region(cx);
    for (id, interface) in here.interfaces.items() {
        if interface.description != "RDSNetworkInterface" || owners.contains_key(id) {
            continue;
        }
        let candidates = here.databases.items().filter(|(_, database)| fits(interface, database));
        let fewest = candidates.min_by_key(|(arn, _)| owners.values().filter(|owner| owner == arn).count());
        if let Some((arn, _)) = fewest {
            owners.insert(id.clone(), arn.clone());
        }
    }
    cx.world.databases.interfaces = owners;
}

#[cfg(test)]
mod tests;
