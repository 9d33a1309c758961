//! AWS knows whom to write to about security.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "hear-contact",
    group: Group::Hear,
    title: "A security contact is set for the account",
    severity: Severity::Medium,
    why: "AWS writes to it when a key is found in public or the account attacks others. Without it the mail goes to the \
          root user's address, which nobody reads.",
    fix: "aws account put-alternate-contact --alternate-contact-type SECURITY --name NAME --title TITLE \
          --email-address MAIL --phone-number NUMBER",
    needs: &[Section::SecurityContact],
    also: &[],
    mirrors: &["CIS 1.2", "FSBP Account.1"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    match facts.account.security_contact.read() {
        Some(None) => answer.fail(facts.account.id.clone(), None, "no security contact is set"),
        Some(Some(contact)) => answer.said.clone_from(&contact.email),
        None => {}
    }
}
