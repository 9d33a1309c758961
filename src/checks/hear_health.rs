//! AWS has not written about abuse or exposed credentials.

use crate::account::{HealthNotice, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "hear-health",
    group: Group::Hear,
    title: "AWS Health has no open notice about abuse or exposed credentials",
    severity: Severity::High,
    why: "AWS writes there that a key was found in public or that the account attacks others. Who does not answer may \
          be cut off by AWS.",
    fix: "AWS Health console, Your account health, Open and recent issues",
    needs: &[Section::HealthNotices],
    also: &[],
    mirrors: &[],
    look,
};

/// The services of AWS Health under which it writes about the account itself.
const ABOUT_SECURITY: [&str; 3] = ["ABUSE", "RISK", "SECURITY"];

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let (bad, other): (Vec<_>, Vec<_>) =
        facts.account.health_notices.items().partition(|(_, notice)| is_about_security(notice));
    for (arn, notice) in bad {
        let place = if notice.region.is_empty() { String::new() } else { format!(" in {}", notice.region) };
        let region = Some(notice.region.as_str()).filter(|region| !region.is_empty());
        answer.fail(arn, region, format!("{}{place} is {}", notice.code, notice.status));
    }
    answer.said = match other.len() {
        0 => "no notice is open".into(),
        n => format!("{} about other things", crate::step::count(n, "notice")),
    };
}

fn is_about_security(notice: &HealthNotice) -> bool {
    let services = ABOUT_SECURITY.contains(&notice.service.as_str());
    services || ABOUT_SECURITY.iter().any(|service| notice.code.starts_with(&format!("AWS_{service}_")))
}
