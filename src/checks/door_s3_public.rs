//! No bucket is open to everybody.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-s3-public",
    group: Group::Doors,
    title: "No bucket is open to everybody",
    severity: Severity::High,
    why: "Everybody reads it, and some ACLs let everybody write.",
    fix: "S3 console, the bucket, Permissions, Block public access, Edit; or aws s3api \
          put-public-access-block --bucket BUCKET --public-access-block-configuration \
          BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true; \
          serve files by CloudFront",
    needs: &[Section::PublicBuckets],
    also: &[],
    mirrors: &["FSBP S3.2", "FSBP S3.3", "FSBP S3.8"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    for (name, bucket) in facts.account.public_buckets.items() {
        let by = match (bucket.is_open_by_policy(), bucket.is_open_by_acl()) {
            (true, true) => "its policy and its ACL",
            (true, false) => "its policy",
            (false, true) => "its ACL",
            (false, false) => continue,
        };
        answer.fail(name, Some(&bucket.region), format!("{name} is open to everybody by {by}"));
    }
    "none".clone_into(&mut answer.said);
}
