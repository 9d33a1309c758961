//! Whether a database instance has a public address: `PubliclyAccessible`.
//!
//! AWS carries this change out at once, whatever `ApplyImmediately` says. With it AWS would also do every
//! other change that waits for the maintenance window: it is never sent.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{changeable, identifier, waits};
use crate::account::{Database, Section};
use crate::aws::AwsError;
use crate::collect::databases::pending;
use crate::step::{Lens, Look, Now, Reach, Reason, StepError, Verdict, Write};
use crate::steps::shared::ready::until_ready;

pub(super) struct PublicAccess;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Access {
    Public,
    Private,
}

impl Access {
    fn of(public: bool) -> Access {
        if public { Access::Public } else { Access::Private }
    }
}

impl Lens for PublicAccess {
    type State = Access;
    const KIND: &'static str = "database-address";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::Databases];
    /// AWS gives no figure: "asynchronously, as soon as possible".
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn state(&self, look: &Look<'_>) -> Now<Access> {
        let state = |database: &Database| match database.status.as_str() {
            "deleting" => Now::Vanished,
            "modifying" => Now::Settling(Access::of(database.public)),
            _ => Now::Is(Access::of(database.public)),
        };
        look.in_region(|here| Now::of_item(&here.databases, &look.at.id, state))
    }

    fn contain(&self, now: &Access, look: &Look<'_>) -> Verdict<Access> {
        if *now == Access::Private {
            return Verdict::Already;
        }
        match changeable(look) {
            Ok(database) => Verdict::unless(obstacle(database), Access::Private),
            Err(why) => Verdict::Refuse(why),
        }
    }

    fn hold_back(&self, _: &Access, look: &Look<'_>) -> Option<Reason> {
        obstacle(look.region()?.databases.item(&look.at.id)?)
    }

    fn show(&self, state: &Access) -> String {
        match state {
            Access::Public => "public address".into(),
            Access::Private => "no public address".into(),
        }
    }

    async fn write(&self, write: Write<'_, Access>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let rds = aws.rds(at.region_name());
        let (name, _) = identifier(&at.id);
        let wanted = *to == Access::Public;
        let (public, others) = until_ready(aws, || async {
            let answer = rds.describe_db_instances().db_instance_identifier(name).send().await?;
            let found = answer.db_instances.unwrap_or_default().into_iter().next();
            let lacking = || AwsError::unusable("rds:DescribeDBInstances", &format!("it lacks {name}"));
            let found = found.ok_or_else(lacking)?;
            let ready = found.db_instance_status().is_some_and(Database::takes_changes);
            let others = found.pending_modified_values.as_ref().map(pending).unwrap_or_default();
            Ok((ready, (found.publicly_accessible, others)))
        })
        .await?;
        if public == Some(wanted) {
            return Ok(());
        }
        if let Some(why) = waits(&Database { pending: others, ..Database::default() }) {
            return Err(StepError::State(why));
        }
        rds.modify_db_instance().db_instance_identifier(name).publicly_accessible(wanted).send().await?;
        Ok(())
    }
}

fn obstacle(database: &Database) -> Option<Reason> {
    if database.is_multi_az_cluster() {
        return Some(
            "a Multi-AZ DB cluster: AWS has no call that makes it private. Its groups (510) and its subnets' \
             ACLs (520) shut it"
                .into(),
        );
    }
    let status = database.status.as_str();
    match status {
        "stopped" | "stopping" => Some(format!(
            "is {status}: nothing reaches it, and AWS changes nothing of it until it is started"
        )),
        _ if Database::takes_changes(status) || Database::is_busy(status) => waits(database),
        _ => Some(format!("is {status}: AWS changes a database that is available, and no other")),
    }
}
