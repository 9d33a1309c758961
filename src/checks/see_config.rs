//! AWS Config records every Region.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "see-config",
    group: Group::See,
    title: "AWS Config records every Region",
    severity: Severity::Medium,
    why: "It says what a security group or a bucket policy was like before a thief changed it, and when. CloudTrail \
          says who, and not what was there before.",
    fix: "AWS Config console, Settings, Recording; or aws configservice start-configuration-recorder \
          --configuration-recorder-name default --region REGION",
    needs: &[Section::Recorders],
    also: &[],
    mirrors: &["CIS 3.3", "FSBP Config.1"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    for (region, here) in facts.regions() {
        let Some(recorders) = here.recorders.read() else { continue };
        let recording = recorders.iter().filter(|(_, recorder)| recorder.recording);
        let failing = recording.clone().find(|(_, recorder)| recorder.last_status == "Failure");
        if recording.count() == 0 {
            let why = if recorders.is_empty() { "has no recorder" } else { "is stopped" };
            answer.fail(region, Some(region), format!("AWS Config {why} in {region}"));
        } else if let Some((name, _)) = failing {
            answer.fail(
                name,
                Some(region),
                format!("AWS Config could not deliver what {name} recorded in {region}"),
            );
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("AWS Config does not record {n} Regions");
    }
    "it records every Region".clone_into(&mut answer.said);
}
