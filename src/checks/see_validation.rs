//! The trails write digests.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "see-validation",
    group: Group::See,
    title: "The trails write digests, by which a changed log is found out",
    severity: Severity::Medium,
    why: "Without digests nobody can show that a log file was not changed or deleted: not to an insurer, not to \
          a court.",
    fix: "aws cloudtrail update-trail --name TRAIL --enable-log-file-validation",
    needs: &[Section::Trails],
    also: &[],
    mirrors: &["CIS 3.2", "FSBP CloudTrail.4"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut validated = 0;
    for (arn, trail) in facts.account.trails.items() {
        if trail.validated {
            validated += 1;
        } else {
            let text = format!("{} writes no digests", trail.name);
            answer.fail(arn, Some(&trail.home_region), text);
        }
    }
    if validated == 0 && answer.findings.is_empty() && facts.account.trails.read().is_some() {
        answer.fail(facts.account.id.clone(), None, "there is no trail that could write digests");
    }
    answer.said = format!("{validated} write digests");
}
