//! Users have room for the inline policy that denies.

use crate::account::{Section, denial};
use crate::checks::{Answer, Check, Facts, Group, Severity};
use crate::step::StepId;
use crate::step::policy::{Holder, length};

pub const CHECK: Check = Check {
    id: "pull-policy-room",
    group: Group::Pull,
    title: "Users have room for the inline policy that denies",
    severity: Severity::Medium,
    why: "All inline policies of a user together may have 2,048 characters, and nobody can raise that. \
          Without room step 600 takes a permissions boundary instead, and a restore cannot go on denying \
          earlier sessions.",
    fix: "move an inline policy into a managed one: aws iam create-policy …, attach-user-policy …, then aws \
          iam delete-user-policy --user-name USER --policy-name NAME",
    needs: &[Section::Principals],
    also: &[],
    mirrors: &[],
    look,
};

/// The step that denies by inline policies.
const DENIES: StepId = StepId(600);

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    if !facts.pull.steps.contains(&DENIES) {
        "no step of the playbook puts a policy on users".clone_into(&mut answer.said);
        return;
    }
    let Some(all) = facts.account.principals.read() else { return };
    let (most, deny) = (Holder::User.limit(), denial::canonical().len());
    for (name, user) in &all.users {
        let used: usize = user.inline.values().map(|text| length(text)).sum();
        if used + deny > most {
            let text = format!(
                "user {name}: its inline policies have {used} of {most} characters, the deny takes {deny}"
            );
            answer.fail(name, None, text);
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("{n} users have no room for the deny");
    }
    answer.said = format!("{} users have room", all.users.len());
}
