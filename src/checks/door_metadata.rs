//! The metadata service gives credentials only for a session token.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-metadata",
    group: Group::Doors,
    title: "Instances give their credentials only for a session token (IMDSv2)",
    severity: Severity::High,
    why: "With IMDSv1 one request that a web server can be talked into hands out the credentials of the \
          instance's role, and they work from anywhere.",
    fix: "aws ec2 modify-instance-metadata-options --instance-id ID --http-tokens required; what still asks \
          without a token shows in the metric MetadataNoToken",
    needs: &[Section::Instances],
    also: &[],
    mirrors: &["CIS 5.6", "FSBP EC2.8"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut instances = 0;
    for (region, here) in facts.regions() {
        for (id, instance) in here.instances.items() {
            instances += 1;
            match instance.metadata.as_str() {
                "required" | "off" => {}
                "" => {
                    answer.unknown(format!("the metadata options of {id} in {region}: not in this reading"));
                }
                _ => answer.fail(id, Some(region), format!("{id} gives its credentials without a token")),
            }
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline =
            format!("{n} of {instances} instances give their credentials without a token (IMDSv1)");
    }
    answer.said = format!("{instances} looked at");
}
