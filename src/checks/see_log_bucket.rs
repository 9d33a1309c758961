//! The buckets of the trails are closed to the public.

use crate::account::{PublicAccessBlock, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "see-log-bucket",
    group: Group::See,
    title: "The buckets of the trails block public access",
    severity: Severity::High,
    why: "The log says who works where, and when: whoever reads it knows the account, and what the responders \
          do.",
    fix: "S3 console, the bucket, Permissions, Block public access, Edit; or aws s3api \
          put-public-access-block --bucket BUCKET --public-access-block-configuration \
          BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
    needs: &[Section::Trails, Section::LogBuckets, Section::S3Block],
    also: &[],
    mirrors: &["Security Hub CloudTrail.6"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let account = facts.account;
    let whole = matches!(account.s3_block.read(), Some(Some(block)) if *block == PublicAccessBlock::ALL_ON);
    let mut buckets = 0;
    for (name, bucket) in account.log_buckets.items() {
        buckets += 1;
        match bucket.block.read() {
            _ if whole => {}
            Some(Some(block)) if *block == PublicAccessBlock::ALL_ON => {}
            Some(_) => {
                let text = format!("{name} does not block public access, and neither does the account");
                answer.fail(name, Some(&bucket.region), text);
            }
            // A gap is one of the section.
            None => {}
        }
    }
    // The bucket of the Organization's trail is another account's matter.
    facts.unread_log_buckets(answer, |trail| !trail.organization);
    answer.said = format!("{buckets} looked at");
}
