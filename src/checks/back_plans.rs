//! AWS Backup makes backups by a plan.

use std::collections::BTreeMap;

use crate::account::Section;
use crate::account::watchers::BACKUP_PLAN;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "back-plans",
    group: Group::Back,
    title: "AWS Backup makes backups by a plan",
    severity: Severity::Low,
    why: "After the restore of a cut, data that a thief changed or deleted comes back from backups alone.",
    fix: "aws backup create-backup-plan --backup-plan file://plan.json; accept this where another product makes them",
    needs: &[Section::Watchers],
    also: &[],
    mirrors: &["NIST 800-53 CP-9"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let regions = facts.watchers(&BACKUP_PLAN, answer);
    let plans: usize = regions.iter().filter_map(|(_, plans)| *plans).map(BTreeMap::len).sum();
    // A Region that could not be read may have one.
    if plans == 0 && !regions.is_empty() && regions.len() == facts.account.regions.len() {
        answer.fail(facts.account.id.clone(), None, "no Region has a plan of AWS Backup");
    }
    answer.said = format!("{plans} there");
}
