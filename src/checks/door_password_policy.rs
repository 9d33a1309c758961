//! Passwords of IAM users are long, and do not come again.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-password-policy",
    group: Group::Doors,
    title: "Passwords of users have at least 14 characters and do not come again",
    severity: Severity::Low,
    why: "A short password is found, and one that comes back was in somebody's list already.",
    fix: "aws iam update-account-password-policy --minimum-password-length 14 --password-reuse-prevention 24 \
          --require-symbols --require-numbers --require-uppercase-characters --require-lowercase-characters \
          --allow-users-to-change-password; what is not named is lost, --max-password-age too",
    needs: &[Section::PasswordPolicy],
    also: &[],
    mirrors: &["CIS 1.8", "CIS 1.9"],
    look,
};

const SHORTEST: i32 = 14;
const REMEMBERED: i32 = 24;

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    match facts.account.password_policy.read() {
        None => {}
        Some(None) => answer.fail("password policy", None, "none was ever set: 8 characters are enough"),
        Some(Some(policy)) => {
            if policy.minimum_length < SHORTEST {
                let text = format!("{} characters are enough for a password", policy.minimum_length);
                answer.fail("password policy", None, text);
            }
            let remembered = policy.remembered.unwrap_or_default();
            if remembered < REMEMBERED {
                let text = format!("a password may come again after {remembered} others");
                answer.fail("password reuse", None, text);
            }
        }
    }
    "as CIS asks".clone_into(&mut answer.said);
}
