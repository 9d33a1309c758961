//! Default security groups have no rules.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};
use crate::step::count;

pub const CHECK: Check = Check {
    id: "door-default-groups",
    group: Group::Doors,
    title: "The default security groups let nothing in and nothing out",
    severity: Severity::Medium,
    why: "Whatever is started without a group is in the default one: what a thief starts, too. Its members \
          reach each other.",
    fix: "aws ec2 revoke-security-group-ingress and revoke-security-group-egress --group-id GROUP \
          --ip-permissions …",
    needs: &[Section::Groups],
    also: &[],
    mirrors: &["CIS 5.4", "FSBP EC2.2"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut groups = 0;
    for (region, here) in facts.regions() {
        let own = here.groups.items().filter(|(_, group)| group.name == "default");
        for (id, group) in own.filter(|(_, group)| group.owner == facts.account.id) {
            groups += 1;
            if !group.is_closed() {
                let rules = count(group.ingress.len() + group.egress.len(), "rule");
                let text = format!("the default group of {} ({id}) has {rules}", group.vpc);
                answer.fail(id, Some(region), text);
            }
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("{n} of {groups} default groups have rules");
    }
    answer.said = format!("{groups} without rules");
}
