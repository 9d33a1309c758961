//! Nothing critical or high of what Security Hub has found is open.

use crate::account::hub::{HubControl, HubSeverity, by_control};
use crate::account::{HubFindings, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};
use crate::step::count;

pub const CHECK: Check = Check {
    id: "hear-findings",
    group: Group::Hear,
    title: "No critical or high finding of Security Hub is open",
    severity: Severity::Medium,
    why: "Among thousands of open findings nobody sees the one of today. What is accepted is suppressed, with a reason.",
    fix: "Security Hub console, Findings, the control; what is accepted: aws securityhub batch-update-findings \
          --workflow Status=SUPPRESSED with a note",
    needs: &[Section::HubFindings],
    also: &[],
    mirrors: &[],
    look,
};

/// Controls that are named: more than fit a page are counted.
const LINES: usize = 40;

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let regions = || facts.regions().filter_map(|(name, here)| Some((name, here.hub_findings.read()?)));
    let on: Vec<(&str, &HubFindings)> = regions().filter(|(_, hub)| !hub.off).collect();
    if on.is_empty() {
        if regions().next().is_some() {
            answer.unknown("Security Hub is off: nothing collects findings");
        }
        return;
    }
    let hubs = || on.iter().map(|(_, hub)| *hub);
    let controls = by_control(hubs());
    for (region, _) in on.iter().filter(|(_, hub)| hub.cut_off) {
        answer.unknown(format!(
            "Security Hub in {region} has more findings than were read: these are the worst"
        ));
    }
    let of = |severity: HubSeverity| {
        controls.iter().filter(|one| one.severity == severity).map(|one| one.findings).sum::<u64>()
    };
    let open: Vec<String> = HubSeverity::ALL
        .into_iter()
        .filter_map(|severity| match of(severity) {
            0 => None,
            n => Some(format!("{n} {}", severity.name())),
        })
        .collect();
    let besides = besides(hubs());
    let bad = controls.iter().filter(|one| one.severity <= HubSeverity::High);
    let (shown, rest): (Vec<_>, Vec<_>) = bad.enumerate().partition(|(at, _)| *at < LINES);
    for (_, one) in &shown {
        answer.fail(one.control, region(one), sentence(one));
    }
    if !rest.is_empty() {
        let findings: u64 = rest.iter().map(|(_, one)| one.findings).sum();
        let more = format!("{findings} of {}", count(rest.len(), "other control"));
        answer.fail("other controls", None, more);
    }
    if !shown.is_empty() {
        answer.headline = format!("{} open{besides}", open.join(", "));
    }
    let open = if open.is_empty() { "none".to_owned() } else { open.join(", ") };
    answer.said = format!("{open} open{besides}");
}

/// What is counted apart.
fn besides<'a>(hubs: impl Iterator<Item = &'a HubFindings>) -> String {
    let (mut suppressed, mut not_evaluated) = (0, 0);
    for hub in hubs {
        suppressed += hub.suppressed;
        not_evaluated += hub.not_evaluated.values().sum::<u64>();
    }
    let part = |n: u64, what: &str| if n == 0 { String::new() } else { format!("; {n} {what}") };
    part(suppressed, "suppressed") + &part(not_evaluated, "not evaluated")
}

/// The Region, where it is one.
fn region<'a>(one: &HubControl<'a>) -> Option<&'a str> {
    let mut regions = one.regions.iter();
    regions.next().copied().filter(|_| regions.next().is_none())
}

/// `critical S3.2 (AwsS3Bucket): 12, in 2 accounts and 3 Regions, 40 copies besides: S3 buckets should …`
fn sentence(one: &HubControl<'_>) -> String {
    let mut places = vec![];
    if let n @ 2.. = one.accounts.len() {
        places.push(format!("{n} accounts"));
    }
    if let n @ 2.. = one.regions.len() {
        places.push(format!("{n} Regions"));
    }
    let places = if places.is_empty() { String::new() } else { format!(" in {}", places.join(" and ")) };
    let copies = if one.copies == 0 { String::new() } else { format!(", {} copies besides", one.copies) };
    let HubControl { severity, control, kind, findings, title, .. } = one;
    format!("{} {control} ({kind}): {findings}{places}{copies}: {title}", severity.name())
}
