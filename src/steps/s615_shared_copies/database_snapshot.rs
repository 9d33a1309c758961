//! A manual snapshot of an RDS instance or a cluster, and who may restore it.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSnapshotAttribute.html>
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBClusterSnapshotAttribute.html>

use super::grantees::{self, Unknown};
use crate::account::Section;
use crate::collect::Ask;
use crate::collect::database_snapshots::{RESTORE, identifier, permissions};
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct DatabaseSnapshot;

impl Lens for DatabaseSnapshot {
    type State = Unknown;
    const KIND: &'static str = "shared-database-snapshot";
    const NEEDS: &'static [Section] = &[Section::SharedDatabaseSnapshots];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        grantees::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Unknown> {
        grantees::state(look, |here| &here.shared_database_snapshots)
    }

    fn contain(&self, now: &Unknown, _: &Look<'_>) -> Verdict<Unknown> {
        grantees::contain(now)
    }

    fn arrived(&self, to: &Unknown, now: &Unknown) -> bool {
        grantees::arrived(to, now)
    }

    fn show(&self, state: &Unknown) -> String {
        format!("shared with {}", grantees::show(state))
    }

    async fn write(&self, write: Write<'_, Unknown>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let Some(has) = permissions(aws, at.region_name(), &at.id).await? else { return Ok(()) };
        let (add, remove) = grantees::difference(to, from, &has);
        if add.is_empty() && remove.is_empty() {
            return Ok(());
        }
        let some = |with: Vec<String>| (!with.is_empty()).then_some(with);
        let rds = aws.rds(at.region_name());
        let (name, cluster) = identifier(&at.id);
        if cluster {
            let modify = rds.modify_db_cluster_snapshot_attribute().db_cluster_snapshot_identifier(name);
            let modify = modify.attribute_name(RESTORE).set_values_to_add(some(add));
            modify.set_values_to_remove(some(remove)).send().await?;
        } else {
            let modify = rds.modify_db_snapshot_attribute().db_snapshot_identifier(name);
            let modify = modify.attribute_name(RESTORE).set_values_to_add(some(add));
            modify.set_values_to_remove(some(remove)).send().await?;
        }
        Ok(())
    }
}
