//! The groups of an RDS instance or cluster, Neptune's and `DocumentDB`'s too.
//!
//! `ApplyImmediately` is never sent: groups change at once without it, and with it AWS would also carry
//! out every other change that waits for the maintenance window.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>

use std::collections::BTreeSet;
use std::time::Duration;

use super::group_ref::{Groups, ids, show};
use super::managed::{self, Resource, Service};
use crate::account::{Database as Known, Section};
use crate::step::{Lens, Look, Now, Reach, StepError, Verdict, Write};
use crate::steps::shared::ready::until_ready;

pub(super) struct Database;

/// None for a member of a cluster: its groups are the cluster's.
pub(super) fn resource<'a>(arn: &'a str, known: &'a Known) -> Option<Resource<'a>> {
    let refusal = if known.engine.starts_with("custom-") {
        Some("RDS Custom: its groups are those of its host's interface, which its automation keeps".into())
    } else {
        (known.status == "stopped").then(|| "is stopped: AWS changes no groups until it is started".into())
    };
    known.cluster.is_none().then(|| Resource {
        service: Service::Database,
        id: arn,
        vpc: &known.vpc,
        owner: None,
        label: Some(&known.name),
        subnets: known.subnets.iter().map(String::as_str).collect(),
        groups: &known.groups,
        settling: known.groups_changing,
        tags: &known.tags,
        refusal,
    })
}

impl Lens for Database {
    type State = Groups;
    const KIND: &'static str = "database";
    const REACH: Reach = Reach::Itself;
    // A group says which run has made it, where something else is found than was left.
    const NEEDS: &'static [Section] = &[Section::Groups, Section::Databases];
    // RDS gives no figure for a change of groups: "as soon as possible".
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn state(&self, look: &Look<'_>) -> Now<Groups> {
        let state = |known: &Known| Resource::state(resource(&look.at.id, known), look.case);
        look.in_region(|here| Now::of_item(&here.databases, &look.at.id, state))
    }

    fn contain(&self, groups: &Groups, look: &Look<'_>) -> Verdict<Groups> {
        let arn = &look.at.id;
        let known = look.region().and_then(|here| resource(arn, here.databases.item(arn)?));
        managed::contain(known, groups, false, look)
    }

    fn show(&self, groups: &Groups) -> String {
        show(groups)
    }

    async fn write(&self, write: Write<'_, Groups>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let groups = ids(aws, at, to)?;
        let rds = aws.rds(at.region_name());
        let mut parts = at.id.rsplitn(3, ':');
        let (name, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let cluster = kind == "cluster";
        let has = until_ready(aws, || async {
            let (status, members) = if cluster {
                let answer = rds.describe_db_clusters().db_cluster_identifier(name).send().await?;
                let found = answer.db_clusters.unwrap_or_default().into_iter().next();
                found.map(|found| (found.status, found.vpc_security_groups)).unwrap_or_default()
            } else {
                let answer = rds.describe_db_instances().db_instance_identifier(name).send().await?;
                let found = answer.db_instances.unwrap_or_default().into_iter().next();
                found.map(|found| (found.db_instance_status, found.vpc_security_groups)).unwrap_or_default()
            };
            Ok((status.as_deref().is_some_and(Known::takes_changes), members.unwrap_or_default()))
        })
        .await?;
        let has: BTreeSet<&str> = has.iter().filter_map(|group| group.vpc_security_group_id()).collect();
        if has == groups.iter().map(String::as_str).collect() {
            return Ok(());
        }
        if cluster {
            let modify = rds.modify_db_cluster().db_cluster_identifier(name);
            modify.set_vpc_security_group_ids(Some(groups)).send().await?;
        } else {
            let modify = rds.modify_db_instance().db_instance_identifier(name);
            modify.set_vpc_security_group_ids(Some(groups)).send().await?;
        }
        Ok(())
    }
}
