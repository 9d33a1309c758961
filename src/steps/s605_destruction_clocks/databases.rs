//! Automated backups of RDS, which this step only names: turning them on again restarts a database, and a
//! deletion of them is done at once.

use super::evidence::when_and_who;
use crate::account::Region;
use crate::step::{Found, agree, first_few};

/// Says which databases make no backups, of which somebody has changed the backups lately, and which backups
/// were deleted.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html>
pub(super) fn say(region: &str, here: &Region, found: &mut Found) {
    let all = || here.databases.items().map(|(_, database)| database);
    // A member has its cluster's backups, and a replica has none unless somebody wants some.
    let own = all().filter(|one| one.cluster.is_none() && one.traits.source.is_none());
    let off: Vec<&str> = own.filter(|one| one.backup_days == Some(0)).map(|one| one.name.as_str()).collect();
    if !off.is_empty() {
        let text = format!(
            "{} no automated backups: {}; `aws rds modify-db-instance --backup-retention-period` turns them on, \
             with an outage",
            agree(off.len(), "database", "has", "have"),
            first_few(&off, 5)
        );
        found.matters(Some(region), text);
    }
    let Some(calls) = here.deletion_calls.read() else { return };
    for call in ["ModifyDBInstance", "ModifyDBCluster"].iter().flat_map(|name| calls.named(name)) {
        let days = call.days.map_or_else(|| "?".to_owned(), |days| days.to_string());
        let text = format!(
            "the backups of database {} were set to be kept for {days} days {}: AWS deletes older ones",
            call.target,
            when_and_who(call)
        );
        found.matters(Some(region), text);
    }
    for call in calls.named("DeleteDBInstanceAutomatedBackup") {
        let text = format!(
            "automated backups of {} were deleted {}, which nothing undoes: look for manual snapshots",
            call.target,
            when_and_who(call)
        );
        found.matters(Some(region), text);
    }
}
