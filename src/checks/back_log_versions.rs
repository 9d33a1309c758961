//! The buckets of the trails keep versions.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "back-log-versions",
    group: Group::Back,
    title: "The buckets of the trails keep old versions of a deleted log",
    severity: Severity::Medium,
    why: "Who hides traces deletes or overwrites the log. With versioning the old objects are still there.",
    fix: "aws s3api put-bucket-versioning --bucket BUCKET --versioning-configuration Status=Enabled",
    needs: &[Section::Trails, Section::LogBuckets],
    also: &[],
    mirrors: &["NIST 800-53 AU-9"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut buckets = 0;
    for (name, bucket) in facts.account.log_buckets.items() {
        buckets += 1;
        if bucket.versioning.read() == Some(&false) {
            let text = format!("{name} keeps no old versions of the log");
            answer.fail(name, Some(&bucket.region), text);
        }
    }
    if facts.account.trails.read().is_some_and(|trails| trails.is_empty()) {
        answer.fail(facts.account.id.clone(), None, "no trail keeps a log");
    }
    facts.unread_log_buckets(answer, |_| true);
    answer.said = format!("{buckets} looked at");
}
