//! The root user signs in with MFA.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-root-mfa",
    group: Group::Doors,
    title: "The root user signs in with MFA",
    severity: Severity::Critical,
    why: "Whoever has the root user's password and mailbox has the account, closes it, and cannot be cut.",
    fix: "console as the root user, Security credentials, Assign MFA device",
    needs: &[Section::AccountSummary],
    also: &[],
    mirrors: &["CIS 1.5", "AWS IAM.9"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    if facts.account.account_summary.read().is_some_and(|summary| !summary.root_mfa) {
        answer.fail("root", None, "the root user has no MFA");
    }
    "by the account's summary".clone_into(&mut answer.said);
}
