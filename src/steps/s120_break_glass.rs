//! 120: a way in for the responder is made before an incident.

mod attachment;
mod policy;
pub mod responder;
mod role;
mod said;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::account::{Account, Section};
use crate::step::{
    Case, Does, Found, Iam, Item, Lens as _, Lenses, Param, ParamKind, Params, Reversal, Spec, Step, StepId,
    Target, Width,
};
use attachment::Attachment;
use policy::Policy;
use role::Role;

pub struct BreakGlass;

static SPEC: Spec = Spec {
    id: StepId(120),
    slug: "break-glass",
    title: "Break-glass role: a way in for the responder, made ahead",
    needs: &[Section::Principals],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "iam:AttachRolePolicy",
            "iam:CreatePolicy",
            "iam:CreatePolicyVersion",
            "iam:CreateRole",
            "iam:DetachRolePolicy",
            "iam:GetPolicyVersion",
            "iam:ListPolicyVersions",
            "iam:SetDefaultPolicyVersion",
            "iam:UpdateAssumeRolePolicy",
        ],
        undo: &[
            "iam:AttachRolePolicy",
            "iam:DeletePolicy",
            "iam:DeletePolicyVersion",
            "iam:DeleteRole",
            "iam:DetachRolePolicy",
            "iam:GetPolicyVersion",
            "iam:ListPolicyVersions",
            "iam:SetDefaultPolicyVersion",
            "iam:UpdateAssumeRolePolicy",
        ],
    },
    params: &[
        Param {
            name: responder::TRUST,
            kind: ParamKind::List,
            doc: "the ARNs of the users who may assume the role, with MFA: users of this account or of another. \
                  Without any a role that is there keeps its trust policy, and none is made",
        },
        Param {
            name: responder::STEPS,
            kind: ParamKind::List,
            doc: "the numbers of the steps whose permissions the role gets, as text; without any those of every \
                  step that is for an incident",
        },
    ],
    does: Does::Saves("a way in is made ready"),
    cuts: "nothing: it makes a role that the people who are named may assume with MFA, and gives it the \
           permissions that unplug needs",
    leaves: "whoever may change roles and policies in this account, who can change these too; users who are \
             named and have no MFA, who cannot assume the role; the role itself open to a cut until break_glass \
             in unplug.toml names it",
    breaks: "Nothing stops. The role can cut everything that the playbook cuts: whoever can assume it is an \
             administrator.",
    doc: include_str!("s120_break_glass/doc.md"),
};

impl Step for BreakGlass {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Account
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let Some(all) = account.principals.read() else { return found };
        let unknown = responder::unknown_steps(&case.params);
        if !unknown.is_empty() {
            found.matters(
                None,
                format!("no step has the number {}: its permissions are left out", unknown.join(", ")),
            );
        }
        let (there, named) = (all.roles.get(responder::ROLE), responder::named(&case.params));
        if there.is_none() && named.is_empty() {
            found.matters(
                None,
                "no break-glass role is made: nobody is named who may assume it (unplug prepare --trust ARN)",
            );
            return found;
        }
        found.item(ahead(Target::new(Role::KIND, responder::ROLE)));
        if there.is_none() && named.iter().any(|arn| responder::unfit(arn, account).is_some()) {
            return found;
        }
        // Whoever made a role of this name, or changed it, would be given the responder's rights.
        if named.is_empty() && there.is_some_and(|role| responder::trusted(&role.trust).is_none()) {
            return found;
        }
        let policies = responder::policies(account, &case.params, &case.config);
        let arns: BTreeSet<&String> = policies.keys().collect();
        for arn in &arns {
            found.item(ahead(Target::new(Policy::KIND, arn.as_str()).label(arn.rsplit('/').next())));
        }
        let attached = there.map(|role| &role.attached).into_iter().flatten();
        // Those of a playbook that had more of them.
        let ours = attached.filter(|arn| responder::is_ours(arn, account));
        let both: BTreeSet<&String> = ours.chain(arns.iter().copied()).collect();
        for arn in &both {
            let at = Target::new(Attachment::KIND, format!("{}/{arn}", responder::ROLE));
            found.item(Item::new(at.label(arn.rsplit('/').next())));
        }
        said::who(account, case, &mut found);
        let others = there.map(|role| role.attached.iter().filter(|arn| !both.contains(arn)).collect());
        let others: Vec<&String> = others.unwrap_or_default();
        if let Some(role) = there {
            said::besides(role, &others, &mut found);
        }
        if let n @ 11.. = arns.len() + others.len() {
            found.matters(
                None,
                format!("the role would have {n} managed policies, and AWS's default quota is 10"),
            );
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Role, &Policy, &Attachment]
    }
}

/// What others of the step need: it is there before them.
fn ahead(at: Target) -> Item {
    Item { rank: 0, ..Item::new(at) }
}
