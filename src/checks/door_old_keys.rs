//! Active access keys are at most 90 days old.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-old-keys",
    group: Group::Doors,
    title: "Active access keys are at most 90 days old",
    severity: Severity::Medium,
    why: "An old key is in more backups, images and repositories than anybody remembers, and nobody dares to \
          turn it off in an incident.",
    fix: "aws iam create-access-key --user-name USER, change to it, then aws iam update-access-key --user-name \
          USER --access-key-id ID --status Inactive",
    needs: &[Section::CredentialReport],
    also: &[],
    mirrors: &["CIS 1.14", "FSBP IAM.3"],
    look,
};

/// Days.
const MOST: i64 = 90;

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let (mut keys, mut oldest) = (0, 0);
    for (name, row) in facts.account.credential_report.items() {
        for since in &row.active_keys_since {
            keys += 1;
            match facts.days_since(since) {
                Some(days) if days > MOST => {
                    oldest = oldest.max(days);
                    answer.fail(name, None, format!("a key of {name} is {days} days old"));
                }
                Some(_) => {}
                None => answer.unknown(format!("how old a key of {name} is: the report says {since}")),
            }
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("{n} active keys are older than {MOST} days, one of them {oldest}");
    }
    answer.said = format!("{keys} active");
}
