//! `GuardDuty` is on in every Region.

use crate::account::watchers::DETECTOR;
use crate::account::{OfType, Properties, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "see-guardduty",
    group: Group::See,
    title: "GuardDuty watches every Region",
    severity: Severity::Medium,
    why: "It sees a stolen key from a new place, a host that mines or calls home, and a trail that is turned off. A \
          thief works where nobody looks: in a Region that you do not use.",
    fix: "aws guardduty create-detector --enable --region REGION",
    needs: &[Section::Watchers],
    also: &[],
    mirrors: &["FSBP GuardDuty.1"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    for (region, detectors) in facts.watchers(&DETECTOR, answer) {
        if !detectors.is_some_and(may_be_on) {
            answer.fail(region, Some(region), format!("GuardDuty is off in {region}"));
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("GuardDuty is off in {n} Regions");
    }
    "on in every Region".clone_into(&mut answer.said);
}

/// Is one on, or not known to be off? One that could not be read is a gap of the section.
fn may_be_on(detectors: &OfType) -> bool {
    let is_off = |one: &Properties| one.get("/Enable").is_some_and(|on| on == "false");
    detectors.values().any(|one| one.read().is_none_or(|one| !is_off(one)))
}
