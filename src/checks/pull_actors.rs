//! In a member account of an Organization: somebody can act in the management account.

use crate::account::{Actor, Section, Seen};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "pull-actors",
    group: Group::Pull,
    title: "Credentials for IAM Identity Center and the Organization are named",
    severity: Severity::High,
    why: "A thief with every right in this account takes back every cut that is made in it. Policies of the \
          Organization (step 700) he cannot take back, and his sign-ins end only where Identity Center is (110). Both \
          take credentials of the management account, or of a delegated administrator.",
    fix: "unplug.toml: [actors] organization = { profile = \"PROFILE\" }; what it must be allowed: unplug policy \
          --actor organization",
    needs: &[],
    also: &[Section::Organization],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let account = facts.account;
    let organization = match &account.organization {
        Seen::Read(Some(organization)) => organization,
        Seen::Read(None) => return "the account is in no Organization".clone_into(&mut answer.said),
        Seen::Gap(gap) => return answer.gap(Section::Organization.title(), gap),
    };
    if organization.management {
        return "this is the management account itself".clone_into(&mut answer.said);
    }
    match (account.actors.get(&Actor::Organization), organization.tree.gap()) {
        (_, None) => {
            answer.said = format!("the Organization of {} can be acted in", organization.management_account);
        }
        (Some(_), Some(gap)) => answer.gap("what the actor sees of the Organization", gap),
        (None, Some(_)) => {
            let text = format!(
                "nobody is named who acts in the management account {}: 110 and 700 cannot be cut",
                organization.management_account
            );
            answer.fail("actor organization", None, text);
        }
    }
}
