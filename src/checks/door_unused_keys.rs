//! Active access keys are used.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-unused-keys",
    group: Group::Doors,
    title: "Active access keys were used within 90 days",
    severity: Severity::Medium,
    why: "A key that nobody uses is missed by nobody when a thief uses it.",
    fix: "aws iam update-access-key --user-name USER --access-key-id ID --status Inactive",
    needs: &[Section::CredentialReport],
    also: &[],
    mirrors: &["FSBP IAM.8"],
    look,
};

/// Days.
const MOST: i64 = 90;

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut keys = 0;
    for (name, row) in facts.account.credential_report.items() {
        for (place, since) in row.active_keys_since.iter().enumerate() {
            keys += 1;
            // A key that was never used is as old as it is.
            let used = row.active_keys_last_used.get(place).map(String::as_str);
            let never = matches!(used, Some("N/A" | "no_information"));
            match (used, facts.days_since(if never { since } else { used.unwrap_or_default() })) {
                (Some(_), Some(days)) if days > MOST => {
                    let text = if never {
                        format!("a key of {name} was never used, and is {days} days old")
                    } else {
                        format!("a key of {name} was last used {days} days ago")
                    };
                    answer.fail(name, None, text);
                }
                (Some(_), Some(_)) => {}
                _ => answer.unknown(format!("when a key of {name} was last used")),
            }
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("{n} active keys were not used within {MOST} days");
    }
    answer.said = format!("{keys} active");
}
