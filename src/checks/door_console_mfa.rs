//! Users with a password sign in with MFA.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-console-mfa",
    group: Group::Doors,
    title: "Users with a password sign in with MFA",
    severity: Severity::High,
    why: "A password that somebody uses elsewhere too is the most common way in.",
    fix: "IAM console, Users, the user, Security credentials, Assign MFA device; of somebody who has left: \
          aws iam delete-login-profile --user-name USER",
    needs: &[Section::CredentialReport],
    also: &[],
    mirrors: &["CIS 1.10", "FSBP IAM.5"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut users = 0;
    for (name, row) in facts.account.credential_report.items().filter(|(_, row)| row.password_enabled) {
        users += 1;
        if !row.mfa_active {
            answer.fail(name, None, format!("user {name} signs in with a password alone"));
        }
    }
    if let n @ 2.. = answer.findings.len() {
        let names: Vec<&str> = answer.findings.iter().map(|finding| finding.resource.as_str()).collect();
        answer.headline = format!("{n} users sign in with a password alone: {}", names.join(", "));
    }
    answer.said = format!("{users} with a password");
}
