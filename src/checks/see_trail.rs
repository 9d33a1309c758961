//! CloudTrail logs every Region.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "see-trail",
    group: Group::See,
    title: "CloudTrail logs all management events of every Region",
    severity: Severity::Critical,
    why: "The trail is the only lasting record of what the thief did, and the thief works where it does not \
          look. The event history that AWS keeps by itself goes back 90 days, and nobody can export it whole.",
    fix: "unplug pull --steps 200; or aws cloudtrail update-trail --name TRAIL --is-multi-region-trail \
          --include-global-service-events, and aws cloudtrail start-logging --name TRAIL",
    needs: &[Section::Trails],
    also: &[],
    mirrors: &["CIS 3.1", "FSBP CloudTrail.1"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let account = facts.account;
    let Some(trails) = account.trails.read() else { return };
    let (mut everywhere, mut logged) = (false, std::collections::BTreeSet::new());
    for (arn, trail) in trails {
        match (trail.logging.read(), trail.all_management_events.read()) {
            (Some(false), _) => {
                answer.fail(arn, Some(&trail.home_region), format!("{} does not log", trail.name));
            }
            (Some(true), Some(true)) if trail.multi_region && trail.global_events => everywhere = true,
            (Some(true), Some(true)) => {
                logged.insert(trail.home_region.as_str());
            }
            // A gap is one of the section.
            _ => {}
        }
    }
    // One that may log every Region and could not be looked at: the section says that it is not known.
    let unseen = trails.values().any(|trail| {
        trail.multi_region && (trail.logging.read().is_none() || trail.all_management_events.read().is_none())
    });
    if unseen && !everywhere {
        return;
    }
    if everywhere {
        // A trail that does not log beside one that does leaves nothing out.
        answer.findings.clear();
        "one trail logs every Region".clone_into(&mut answer.said);
        return;
    }
    let dark: Vec<&str> = match account.enabled_regions.read() {
        Some(enabled) => {
            enabled.iter().map(String::as_str).filter(|region| !logged.contains(region)).collect()
        }
        None => vec![],
    };
    for region in &dark {
        answer.fail(*region, Some(region), format!("no trail logs {region}"));
    }
    if dark.is_empty() {
        answer.fail(account.id.clone(), None, "no trail logs every Region: a new one would be dark");
    } else {
        answer.headline = format!("no trail logs all of {}", dark.join(", "));
    }
}
