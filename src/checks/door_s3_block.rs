//! The account blocks public access to S3.

use crate::account::{PublicAccessBlock, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-s3-block",
    group: Group::Doors,
    title: "S3 Block Public Access is on for the whole account",
    severity: Severity::Medium,
    why: "Without it one policy, set by mistake or by a thief, opens a bucket to everybody.",
    fix: "aws s3control put-public-access-block --account-id ACCOUNT --public-access-block-configuration \
          BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
    needs: &[Section::S3Block],
    also: &[],
    mirrors: &["CIS 2.1.4", "FSBP S3.1"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    match facts.account.s3_block.read() {
        Some(Some(block)) if *block == PublicAccessBlock::ALL_ON => {}
        Some(None) => answer.fail(facts.account.id.clone(), None, "S3 Block Public Access was never set"),
        Some(Some(block)) => {
            let switches = [
                ("BlockPublicAcls", block.block_public_acls),
                ("IgnorePublicAcls", block.ignore_public_acls),
                ("BlockPublicPolicy", block.block_public_policy),
                ("RestrictPublicBuckets", block.restrict_public_buckets),
            ];
            let off: Vec<&str> = switches.iter().filter(|(_, on)| !on).map(|(name, _)| *name).collect();
            let text = format!("S3 Block Public Access is off for {}", off.join(", "));
            answer.fail(facts.account.id.clone(), None, text);
        }
        None => {}
    }
    "all four switches are on".clone_into(&mut answer.said);
}
