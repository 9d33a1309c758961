//! CloudTrail can deliver its logs.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "see-delivery",
    group: Group::See,
    title: "CloudTrail delivers its logs without an error",
    severity: Severity::High,
    why: "A trail that logs into a bucket which refuses it leaves nothing behind.",
    fix: "aws cloudtrail get-trail-status --name TRAIL says what AWS met; the policy of the bucket, and of \
          its KMS key, must let cloudtrail.amazonaws.com in",
    needs: &[Section::Trails],
    also: &[],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut trails = 0;
    for (arn, trail) in facts.account.trails.items() {
        trails += 1;
        if let Some(error) = &trail.log_delivery_error {
            let text = format!("{} cannot deliver to {}: {error}", trail.name, trail.bucket);
            answer.fail(arn, Some(&trail.home_region), text);
        }
    }
    if trails == 0 && facts.account.trails.read().is_some() {
        answer.fail(facts.account.id.clone(), None, "there is no trail that could deliver anything");
    }
    answer.said = format!("{trails} deliver");
}
