//! Access Analyzer looks for doors to the outside in every Region.

use crate::account::{Analyzer, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "see-analyzer",
    group: Group::See,
    title: "Access Analyzer looks for access from outside in every Region",
    severity: Severity::Low,
    why: "A bucket, a key or a role that a thief opened to an account of his own shows there within half an hour.",
    fix: "aws accessanalyzer create-analyzer --analyzer-name account --type ACCOUNT --region REGION",
    needs: &[Section::Analyzers],
    also: &[],
    mirrors: &["CIS 1.20", "AWS IAM.28"],
    look,
};

/// The kinds that look for access from outside; the others look for access that is not used, or within.
const OUTSIDE: [&str; 2] = ["ACCOUNT", "ORGANIZATION"];

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let works = |one: &Analyzer| one.status == "ACTIVE" && OUTSIDE.contains(&one.kind.as_str());
    for (region, here) in facts.regions() {
        let Some(analyzers) = here.analyzers.read() else { continue };
        if !analyzers.values().any(works) {
            answer.fail(region, Some(region), format!("no analyzer of outside access is active in {region}"));
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("no analyzer of outside access is active in {n} Regions");
    }
    "active in every Region".clone_into(&mut answer.said);
}
