//! Databases that are stopped and started again: by somebody, or by AWS after seven days.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::super::ec2::region;
use super::super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::super::world::seen_mut;
use super::public::address;
use super::{assign, cluster_of, is_member, named};
use crate::account::Database;
use crate::aws::operations::rds;

/// How long a stop or a start takes.
const TAKES_MS: u64 = 120_000;
/// When AWS starts what is stopped.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html>
const STOPPED_MS: u64 = 7 * 24 * 3_600 * 1_000;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<rds::StartDBCluster>(start_db_cluster);
    dispatch.on::<rds::StartDBInstance>(start_db_instance);
    dispatch.on::<rds::StopDBCluster>(stop_db_cluster);
    dispatch.on::<rds::StopDBInstance>(stop_db_instance);
}

fn stop_db_instance(cx: &mut Cx<'_>, input: &In<rds::StopDBInstance>) -> Said<rds::StopDBInstance> {
    let name = input.db_instance_identifier().unwrap_or_default();
    let Some((arn, database)) = named(cx, "instance", name)? else {
        return Err(refuse("DBInstanceNotFound", format!("DBInstance {name} not found.")));
    };
    let traits = &database.traits;
    if database.cluster.is_some() {
        let message = format!("DB instance {name} is a member of a cluster: stop the cluster");
        return Err(refuse("InvalidParameterCombination", message));
    }
    let replicates = traits.source.is_some() || !traits.replicas.is_empty();
    let mirrored = traits.multi_az && database.engine.contains("sqlserver");
    if database.status != "available"
        || replicates
        || mirrored
        || database.engine.starts_with("custom-oracle")
    {
        let message = format!("Instance {name} cannot be stopped: {}", database.status);
        return Err(refuse("InvalidDBInstanceState", message));
    }
    begin(cx, &arn, "stopping", stopped)?;
    Ok(Out::<rds::StopDBInstance>::builder().build())
}

fn stop_db_cluster(cx: &mut Cx<'_>, input: &In<rds::StopDBCluster>) -> Said<rds::StopDBCluster> {
    let name = input.db_cluster_identifier().unwrap_or_default();
    let Some((arn, database)) = named(cx, "cluster", name)? else {
        return Err(refuse("DBClusterNotFoundFault", format!("DBCluster {name} not found.")));
    };
    let traits = &database.traits;
    let other = traits.mode.is_some() || traits.global.is_some() || database.is_multi_az_cluster();
    let replicates = traits.source.is_some() || !traits.replicas.is_empty();
    if database.status != "available" || other || replicates {
        let message = format!("Cluster {name} cannot be stopped: {}", database.status);
        return Err(refuse("InvalidDBClusterStateFault", message));
    }
    begin(cx, &arn, "stopping", stopped)?;
    Ok(Out::<rds::StopDBCluster>::builder().build())
}

fn start_db_instance(cx: &mut Cx<'_>, input: &In<rds::StartDBInstance>) -> Said<rds::StartDBInstance> {
    let name = input.db_instance_identifier().unwrap_or_default();
    let Some((arn, database)) = named(cx, "instance", name)? else {
        return Err(refuse("DBInstanceNotFound", format!("DBInstance {name} not found.")));
    };
    if database.status != "stopped" || cluster_of(cx, &database).is_some() {
        return Err(refuse("InvalidDBInstanceState", format!("Instance {name} is not stopped.")));
    }
    begin(cx, &arn, "starting", started)?;
    Ok(Out::<rds::StartDBInstance>::builder().build())
}

fn start_db_cluster(cx: &mut Cx<'_>, input: &In<rds::StartDBCluster>) -> Said<rds::StartDBCluster> {
    let name = input.db_cluster_identifier().unwrap_or_default();
    let Some((arn, database)) = named(cx, "cluster", name)? else {
        return Err(refuse("DBClusterNotFoundFault", format!("DBCluster {name} not found.")));
    };
    if database.status != "stopped" {
        return Err(refuse("InvalidDBClusterStateFault", format!("Cluster {name} is not stopped.")));
    }
    begin(cx, &arn, "starting", started)?;
    Ok(Out::<rds::StartDBCluster>::builder().build())
}

fn begin(cx: &mut Cx<'_>, arn: &str, status: &str, finish: fn(&mut Cx<'_>, &str)) -> Result<(), Refused> {
    assign(cx);
    for arn in set(cx, arn, |database| status.clone_into(&mut database.status))? {
        cx.world.databases.begun.insert(arn);
    }
    cx.later(TAKES_MS, arn, finish);
    Ok(())
}

/// Changes a database, and the members of a cluster with it. Returns their ARNs.
fn set(cx: &mut Cx<'_>, arn: &str, change: impl Fn(&mut Database)) -> Result<Vec<String>, Refused> {
    let of = region(cx).databases.item(arn).cloned().unwrap_or_default();
    let all = seen_mut(&mut cx.region_mut().databases)?;
    let together = all.iter_mut().filter(|(id, one)| *id == arn || is_member(&of, one));
    Ok(together
        .map(|(id, one)| {
            change(one);
            id.clone()
        })
        .collect())
}

/// Ends a change, and says of each whether it has a public address now.
fn end(cx: &mut Cx<'_>, arn: &str, runs: bool, change: impl Fn(&mut Database)) {
    for arn in set(cx, arn, change).unwrap_or_default() {
        cx.world.databases.begun.remove(&arn);
        let public = region(cx).databases.item(&arn).is_some_and(|database| database.public);
        if public {
            address(cx, &arn, runs);
        }
    }
}

fn stopped(cx: &mut Cx<'_>, arn: &str) {
    let due = i64::try_from(cx.world.now_ms + STOPPED_MS).unwrap_or(i64::MAX);
    let due = DateTime::from_millis(due).fmt(Format::DateTime).ok();
    end(cx, arn, false, |database| {
        database.status = "stopped".into();
        database.restarts.clone_from(&due);
    });
    cx.later(STOPPED_MS, arn, |cx, arn| {
        // Its own: it may have been started and stopped again since.
        let due = region(cx).databases.item(arn).filter(|database| database.status == "stopped");
        let due =
            due.and_then(|database| DateTime::from_str(database.restarts.as_ref()?, Format::DateTime).ok());
        let now = i64::try_from(cx.world.now_ms).unwrap_or(i64::MAX);
        if due.and_then(|due| due.to_millis().ok()).is_some_and(|due| due <= now) {
            drop(begin(cx, arn, "starting", started));
        }
    });
}

fn started(cx: &mut Cx<'_>, arn: &str) {
    end(cx, arn, true, |database| {
        database.status = "available".into();
        database.restarts = None;
    });
}
