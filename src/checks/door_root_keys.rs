//! The root user has no access key.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-root-keys",
    group: Group::Doors,
    title: "The root user has no access key",
    severity: Severity::Critical,
    why: "A key of the root user may do everything, and no policy of the account binds it.",
    fix: "console as the root user, Security credentials, Access keys, Delete",
    needs: &[Section::AccountSummary],
    also: &[],
    mirrors: &["CIS 1.4", "FSBP IAM.4"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    if facts.account.account_summary.read().is_some_and(|summary| summary.root_access_keys) {
        answer.fail("root", None, "the root user has an access key");
    }
    "by the account's summary".clone_into(&mut answer.said);
}
