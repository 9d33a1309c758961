//! New volumes are encrypted.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-ebs-encryption",
    group: Group::Doors,
    title: "New volumes and their snapshots are encrypted by default",
    severity: Severity::Low,
    why: "A snapshot of a volume that is not encrypted can be shared with anybody in one call. An encrypted one \
          needs the key as well.",
    fix: "aws ec2 enable-ebs-encryption-by-default --region REGION",
    needs: &[Section::EbsEncryption],
    also: &[],
    mirrors: &["CIS 2.2.1", "FSBP EC2.7"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    for (region, here) in facts.regions() {
        if here.ebs_encryption.read() == Some(&false) {
            answer.fail(region, Some(region), format!("new volumes in {region} are not encrypted"));
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("new volumes are not encrypted in {n} Regions");
    }
    "on in every Region".clone_into(&mut answer.said);
}
