//! A trail sends its events to CloudWatch Logs, where an alarm can hear them.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "hear-cloudwatch",
    group: Group::Hear,
    title: "A trail sends its events to CloudWatch Logs",
    severity: Severity::Low,
    why: "Files in a bucket ring no bell. From CloudWatch Logs a metric filter can: the root user signs in, a \
          trail is stopped.",
    fix: "aws cloudtrail update-trail --name TRAIL --cloud-watch-logs-log-group-arn ARN \
          --cloud-watch-logs-role-arn ARN",
    needs: &[Section::Trails],
    also: &[],
    mirrors: &["FSBP CloudTrail.5"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let account = facts.account;
    let hears = account.trails.items().any(|(_, trail)| {
        trail.log_role.is_some() && trail.logging.read() == Some(&true) && trail.multi_region
    });
    // A gap there is one of the section.
    let mut all = account.trails.items().map(|(_, trail)| trail);
    let unseen =
        all.any(|trail| trail.multi_region && trail.log_role.is_some() && trail.logging.read().is_none());
    if !hears && !unseen && account.trails.read().is_some() {
        answer.fail(account.id.clone(), None, "no trail of every Region sends its events to CloudWatch Logs");
    }
    "one does".clone_into(&mut answer.said);
}
