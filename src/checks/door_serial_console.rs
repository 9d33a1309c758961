//! The EC2 serial console is off.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-serial-console",
    group: Group::Doors,
    title: "The EC2 serial console is off",
    severity: Severity::Low,
    why: "It is a way into every host that needs no network: no group, ACL or route stops it.",
    fix: "aws ec2 disable-serial-console-access --region REGION",
    needs: &[Section::SerialConsole],
    also: &[],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    for (region, here) in facts.regions() {
        if here.serial_console.read() == Some(&true) {
            answer.fail(region, Some(region), format!("the serial console is on in {region}"));
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("the serial console is on in {n} Regions");
    }
    "off in every Region".clone_into(&mut answer.said);
}
