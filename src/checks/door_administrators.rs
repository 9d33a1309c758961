//! Few can do everything.

use crate::access;
use crate::access::powers::Power;
use crate::access::report::{Kind, Sureness};
use crate::access::responders::Responders;
use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-administrators",
    group: Group::Doors,
    title: "Nobody but the responder and break-glass principals can do everything",
    severity: Severity::Medium,
    why: "Each administrator is a way to take back every cut, and to lock the responders out.",
    fix: "unplug access --power everything shows the path; aws iam detach-user-policy --user-name USER \
          --policy-arn ARN, likewise for groups and roles",
    needs: &[Section::Principals, Section::AccessKeys, Section::CredentialReport],
    also: access::NEEDS,
    mirrors: &["CIS 1.16", "FSBP IAM.1"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let Ok(report) = facts.access() else { return };
    let responders = Responders::of(facts.account);
    let mine = |kind: Kind, name: &str| match kind {
        Kind::User => responders.user(name).is_some_and(|mine| mine.sure),
        _ => responders.role(name).is_some_and(|mine| mine.sure),
    };
    let mut administrators = 0;
    for (one, power) in report.with(Power::Everything) {
        let counted = matches!(one.kind, Kind::User | Kind::Role | Kind::PermissionSet);
        if !counted || one.only_earlier_sessions() {
            continue;
        }
        administrators += 1;
        if mine(one.kind, &one.name) || facts.config.is_break_glass(&one.id) {
            continue;
        }
        match &power.sure {
            Sureness::Yes => answer.fail(one.id.clone(), None, format!("{} can do everything", one.name)),
            Sureness::Perhaps(why) => {
                answer.unknown(format!("whether {} can do everything: {why}", one.name));
            }
            Sureness::No => {}
        }
    }
    if let n @ 2.. = answer.findings.len() {
        let names: Vec<&str> =
            answer.findings.iter().filter_map(|finding| finding.text.split(' ').next()).collect();
        answer.headline = format!("{n} others can do everything: {}", names.join(", "));
    }
    answer.said = format!("{administrators}, all of them known");
}
