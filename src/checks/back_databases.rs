//! RDS makes backups of every database, and none is deleted with one call.

use crate::account::{Database, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "back-databases",
    group: Group::Back,
    title: "RDS keeps backups of every database for a week, and deletion protection is on",
    severity: Severity::Low,
    why: "Without backups there is no way back from rows that a thief changed. Without the protection he deletes the \
          database and its automated backups with one call.",
    fix: "aws rds modify-db-instance --db-instance-identifier NAME --backup-retention-period 7 --deletion-protection; \
          of a cluster: aws rds modify-db-cluster --db-cluster-identifier NAME with the same",
    needs: &[Section::Databases],
    also: &[],
    mirrors: &["FSBP RDS.7", "FSBP RDS.8", "FSBP RDS.11"],
    look,
};

/// Days for which automated backups are to be kept.
const DAYS: i32 = 7;

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut all = 0;
    for (region, here) in facts.regions() {
        // Backups of a cluster are the cluster's, those of a replica its source's.
        let own =
            here.databases.items().filter(|(_, one)| one.cluster.is_none() && one.traits.source.is_none());
        for (arn, database) in own {
            all += 1;
            let name = &database.name;
            match database.backup_days {
                None => answer.unknown(format!("for how long {name} keeps backups is not known")),
                Some(..=0) => answer.fail(arn, Some(region), format!("{name} makes no backups")),
                Some(days @ 1..DAYS) => {
                    let days = crate::step::count(usize::try_from(days).unwrap_or_default(), "day");
                    answer.fail(arn, Some(region), format!("{name} keeps backups for {days}"));
                }
                Some(_) => {}
            }
            if !database.traits.deletion_protection {
                answer.fail(arn, Some(region), format!("{} has no deletion protection", said(database)));
            }
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("{n} gaps in the backups or the protection of {all} databases");
    }
    answer.said = format!("{all} databases");
}

fn said(database: &Database) -> String {
    format!("{} {}", database.kind, database.name)
}
