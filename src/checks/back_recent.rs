//! AWS Backup has kept something lately.

use crate::account::Section;
use crate::account::watchers::BACKUP_PLAN;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "back-recent",
    group: Group::Back,
    title: "Where AWS Backup has a plan, it has made a recovery point within two days",
    severity: Severity::Medium,
    why: "A plan that selects nothing, or whose role was taken away, says nothing and keeps nothing.",
    fix: "AWS Backup console, Jobs: why the last ones failed; aws backup list-backup-jobs --by-state FAILED \
          --region REGION",
    needs: &[Section::Watchers, Section::Backups],
    also: &[],
    mirrors: &["NIST 800-53 CP-9"],
    look,
};

const DAYS: i64 = 2;

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut kept = 0;
    for (region, plans) in facts.watchers(&BACKUP_PLAN, answer) {
        let here = facts.account.regions.get(region).and_then(|here| here.backups.read());
        let Some(backups) = here.filter(|_| plans.is_some_and(|plans| !plans.is_empty())) else { continue };
        kept += backups.len();
        let newest = backups.values().filter_map(|moment| facts.days_since(moment)).min();
        match newest {
            None => {
                answer.fail(
                    region,
                    Some(region),
                    format!("a plan of AWS Backup has kept nothing in {region}"),
                );
            }
            Some(days @ DAYS..) => answer.fail(
                region,
                Some(region),
                format!("the newest recovery point in {region} is {days} days old"),
            ),
            Some(_) => {}
        }
    }
    answer.said = format!("{} kept", crate::step::count(kept, "resource"));
}
