//! Whether a database runs, for `way = "stop"`. AWS starts what is stopped after seven days.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html>
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-cluster-stop-start.html>

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{changeable, identifier, waits};
use crate::account::{Database, Section};
use crate::aws::{Aws, AwsError};
use crate::step::{Lens, Look, Now, Reach, Reason, StepError, Verdict, Write};
use crate::steps::shared::ready::until_ready;

pub(super) struct Power;

/// After this time AWS starts a database that is stopped.
const STAYS_STOPPED: Duration = Duration::from_secs(7 * 24 * 3_600);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    Running,
    Stopped,
}

impl Lens for Power {
    type State = State;
    const KIND: &'static str = "database-power";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::Databases];
    /// A stop takes minutes, a start from minutes to hours: what is not in effect by then is said to be
    /// unknown.
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let state = |database: &Database| match database.status.as_str() {
            "deleting" => Now::Vanished,
            "stopped" => Now::Is(State::Stopped),
            "stopping" => Now::Settling(State::Stopped),
            "starting" => Now::Settling(State::Running),
            _ => Now::Is(State::Running),
        };
        look.in_region(|here| Now::of_item(&here.databases, &look.at.id, state))
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if *now == State::Stopped {
            return Verdict::Already;
        }
        match changeable(look) {
            Ok(database) => Verdict::unless(obstacle(database), State::Stopped),
            Err(why) => Verdict::Refuse(why),
        }
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Running => "running".into(),
            State::Stopped => "stopped for 7 days".into(),
        }
    }

    fn lasts(&self, state: &State) -> Option<Duration> {
        (*state == State::Stopped).then_some(STAYS_STOPPED)
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let rds = aws.rds(at.region_name());
        let (name, cluster) = identifier(&at.id);
        let stop = *to == State::Stopped;
        let is = |status: &str, any: &[&str]| any.contains(&status);
        let status = until_ready(aws, || async {
            let status = status(aws, at.region_name(), name, cluster).await?;
            let waits = if stop { Database::is_busy(&status) } else { status == "stopping" };
            Ok((!waits, status))
        })
        .await?;
        match (stop, cluster) {
            (true, _) if is(&status, &["stopping", "stopped"]) => {}
            (false, _) if !is(&status, &["stopping", "stopped"]) => {}
            (true, true) => drop(rds.stop_db_cluster().db_cluster_identifier(name).send().await?),
            (true, false) => drop(rds.stop_db_instance().db_instance_identifier(name).send().await?),
            (false, true) => drop(rds.start_db_cluster().db_cluster_identifier(name).send().await?),
            (false, false) => drop(rds.start_db_instance().db_instance_identifier(name).send().await?),
        }
        Ok(())
    }
}

async fn status(aws: &Aws, region: &str, name: &str, cluster: bool) -> Result<String, AwsError> {
    let rds = aws.rds(region);
    let (call, status) = if cluster {
        let answer = rds.describe_db_clusters().db_cluster_identifier(name).send().await?;
        let found = answer.db_clusters.unwrap_or_default().into_iter().next();
        ("rds:DescribeDBClusters", found.and_then(|found| found.status))
    } else {
        let answer = rds.describe_db_instances().db_instance_identifier(name).send().await?;
        let found = answer.db_instances.unwrap_or_default().into_iter().next();
        ("rds:DescribeDBInstances", found.and_then(|found| found.db_instance_status))
    };
    status.ok_or_else(|| AwsError::unusable(call, &format!("it lacks the status of {name}")))
}

/// Why AWS does not stop it.
fn obstacle(database: &Database) -> Option<Reason> {
    let never = never(database);
    let status = database.status.as_str();
    if never.is_some() || status == "available" || Database::is_busy(status) {
        return never.or_else(|| waits(database));
    }
    Some(format!("is {status}: AWS stops a database that is available, and no other"))
}

fn never(database: &Database) -> Option<Reason> {
    let traits = &database.traits;
    let engine = database.engine.as_str();
    let first = traits.replicas.first();
    if let Some(source) = &traits.source {
        return Some(format!("replicates from {source}: AWS stops no replica"));
    }
    if let Some(replica) = first {
        return Some(format!("{replica} replicates from it: AWS stops no source of a replica"));
    }
    if let Some(global) = &traits.global {
        return Some(format!("is a member of the global database {global}: AWS stops none"));
    }
    if let Some(mode) = &traits.mode {
        let mode = if mode == "serverless" { "Serverless v1" } else { mode };
        return Some(format!("is a cluster of Aurora {mode}: AWS does not stop it"));
    }
    if database.is_multi_az_cluster() {
        return Some(
            "a Multi-AZ DB cluster: AWS stops clusters of Aurora, Neptune and DocumentDB only".into(),
        );
    }
    if engine.contains("sqlserver") && traits.multi_az {
        return Some("SQL Server with a standby (Multi-AZ): AWS does not stop it".into());
    }
    engine.starts_with("custom-oracle").then(|| "RDS Custom for Oracle: AWS does not stop it".into())
}
