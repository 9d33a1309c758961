//! Security Hub is on in every Region.

use crate::account::Section;
use crate::account::watchers::{HUB, HUB_V2};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "hear-security-hub",
    group: Group::Hear,
    title: "Security Hub collects what the services find in every Region",
    severity: Severity::Low,
    why: "What GuardDuty, Inspector and Macie find is heard where it comes together, and not in seventeen consoles.",
    fix: "aws securityhub enable-security-hub --region REGION",
    needs: &[Section::Watchers],
    also: &[],
    mirrors: &["CIS 4.16"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    for (region, hub) in facts.watchers(&HUB, answer) {
        let here = facts.account.regions.get(region).and_then(|here| here.watchers.read());
        // One that could not be read may be on, and is a gap of the section.
        let may_be_on = here.is_some_and(|here| here.types.contains_key(HUB_V2.name));
        if hub.is_none() && !may_be_on {
            answer.fail(region, Some(region), format!("Security Hub is off in {region}"));
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("Security Hub is off in {n} Regions");
    }
    "on in every Region".clone_into(&mut answer.said);
}
