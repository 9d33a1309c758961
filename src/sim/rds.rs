//! RDS: instances and clusters, and the change of their groups, which takes a while.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types;

use super::World;
use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{Database, Interface, Region, Tags};
use crate::aws::operations::rds;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<rds::DescribeDBInstances>(describe_db_instances);
    dispatch.on::<rds::DescribeDBClusters>(describe_db_clusters);
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
        let begun = cx.world.databases.leaving.contains_key(arn);
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

fn instance(cx: &Cx<'_>, arn: &str, database: &Database) -> types::DbInstance {
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
        .build()
}

fn cluster(cx: &Cx<'_>, arn: &str, database: &Database) -> types::DbCluster {
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
        .build()
}

fn modify_db_instance(cx: &mut Cx<'_>, input: &In<rds::ModifyDBInstance>) -> Said<rds::ModifyDBInstance> {
    let name = input.db_instance_identifier().unwrap_or_default();
    let Some((arn, database)) = named(cx, "instance", name)? else {
        return Err(refuse("DBInstanceNotFound", format!("DBInstance {name} not found.")));
    };
    if database.cluster.is_some() {
        let message = "The security groups of a member are those of its cluster";
        return Err(refuse("InvalidParameterCombination", message));
    }
    if !Database::takes_changes(&database.status) {
        let message = format!("Database instance {name} is not in available state.");
        return Err(refuse("InvalidDBInstanceState", message));
    }
    change(cx, &arn, &database, input.vpc_security_group_ids())?;
    Ok(Out::<rds::ModifyDBInstance>::builder().build())
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
mod tests {
    use std::time::Duration;

    use crate::account::Interface;
    use crate::aws::ledger::Phase;
    use crate::aws::{Aws, AwsError};
    use crate::sim::{Simulation, sample};

    #[tokio::test]
    async fn groups_change_after_a_while_and_meanwhile_nothing_else_does() {
        let simulation = Simulation::new(sample::with_services());
        let aws = Aws::simulated(simulation.clone());
        let _phase = aws.enter(Phase::Apply);
        let rds = aws.rds(sample::REGION);
        let modify = |name: &str| {
            rds.modify_db_instance().db_instance_identifier(name).vpc_security_group_ids("sg-ssh")
        };
        let code = |error: AwsError| error.code.unwrap_or_default();
        let refused = |result: Result<_, _>| code(AwsError::from(result.err().unwrap()));
        assert_eq!(refused(modify("nobody").send().await), "DBInstanceNotFound");
        assert_eq!(refused(modify("users-1").send().await), "InvalidParameterCombination");
        assert_eq!(refused(modify("stopped").send().await), "InvalidDBInstanceState");
        modify("orders").send().await.unwrap();
        assert_eq!(refused(modify("orders").send().await), "InvalidDBInstanceState");
        let described = rds.describe_db_instances().db_instance_identifier("orders").send().await.unwrap();
        let groups = described.db_instances()[0].vpc_security_groups().to_vec();
        let said: Vec<_> =
            groups.iter().map(|g| (g.vpc_security_group_id().unwrap(), g.status().unwrap())).collect();
        assert_eq!(said, [("sg-ssh", "adding"), ("sg-web", "removing")]);
        let interface = |id: &str| -> Interface {
            simulation.look(|account| account.regions[sample::REGION].interfaces.item(id).unwrap().clone())
        };
        assert!(interface("eni-orders").groups.contains("sg-web"));
        aws.clock().wait(Duration::from_secs(60)).await;
        let described = rds.describe_db_instances().db_instance_identifier("orders").send().await.unwrap();
        assert_eq!(described.db_instances()[0].vpc_security_groups()[0].status(), Some("active"));
        assert_eq!(interface("eni-orders").groups, ["sg-ssh".to_owned()].into());
        assert_eq!(interface("eni-users-1").groups, ["sg-web".to_owned()].into());
        let cluster = rds.modify_db_cluster().db_cluster_identifier("users").vpc_security_group_ids("sg-ssh");
        cluster.send().await.unwrap();
        aws.clock().wait(Duration::from_secs(60)).await;
        rds.describe_db_clusters().send().await.unwrap();
        for id in ["eni-users-1", "eni-users-2"] {
            assert_eq!(interface(id).groups, ["sg-ssh".to_owned()].into(), "{id}");
        }
    }
}
