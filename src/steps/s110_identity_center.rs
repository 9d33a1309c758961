//! 110: people who sign in through IAM Identity Center are denied everything in this account.

mod assignments;
mod deny;
mod document;
mod effect;
mod elsewhere;
mod place;
mod policy;
mod spared;
mod statement;

use assignments::Assignments;
use deny::Deny;

use super::shared::named;
use crate::account::{Account, PermissionSet, Section, SignInInstance};
use crate::collect::Ask;
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Item, Lens as _, Lenses, Look, Now, Params, Reversal, Spec, Step,
    StepId, Stops, Target, Width,
};

pub struct IdentityCenter;

const WAY: Choice = Choice {
    name: "way",
    values: &["account", "everywhere", "unassign"],
    doc: "`account` adds a deny for this account to the inline policy of each permission set; `everywhere` denies \
          it in every account that has the set; `unassign` removes the assignments of this account",
};

static SPEC: Spec = Spec {
    id: StepId(110),
    slug: "identity-center",
    title: "IAM Identity Center: sign-ins to this account denied everything",
    needs: &[Section::IdentityCenter, Section::Principals],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "sso:DeleteAccountAssignment",
            "sso:DescribeAccountAssignmentDeletionStatus",
            "sso:DescribePermissionSetProvisioningStatus",
            "sso:GetInlinePolicyForPermissionSet",
            "sso:ListAccountAssignments",
            "sso:ListPermissionSetsProvisionedToAccount",
            "sso:ProvisionPermissionSet",
            "sso:PutInlinePolicyToPermissionSet",
        ],
        undo: &[
            "sso:CreateAccountAssignment",
            "sso:DeleteInlinePolicyFromPermissionSet",
            "sso:DescribeAccountAssignmentCreationStatus",
            "sso:DescribePermissionSetProvisioningStatus",
            "sso:GetInlinePolicyForPermissionSet",
            "sso:ListAccountAssignments",
            "sso:ListPermissionSetsProvisionedToAccount",
            "sso:ProvisionPermissionSet",
            "sso:PutInlinePolicyToPermissionSet",
        ],
    },
    params: &[WAY.param()],
    does: Does::Cuts(&[Stops::Identities]),
    cuts: "every call in this account of people who sign in through IAM Identity Center: sessions that are open too; \
           other accounts go on",
    leaves: "you, where the identity store knows your user; permission sets that stand behind your session, and \
             those of break-glass principals, whole; sessions of other roles that were made from these sign-ins, up to \
             twelve hours; applications and the access portal; permission sets that are provisioned to this account \
             after the cut, and those that only the management account may change; whoever may change permission sets",
    breaks: "People lose their console and their command line in this account.",
    doc: include_str!("s110_identity_center/doc.md"),
};

impl Step for IdentityCenter {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        effect::of(params)
    }

    fn width(&self, _: &Params) -> Width {
        Width::Account
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        ask.permission_set_accounts |= WAY.is(&case.params, "everywhere");
        ask.assignments |= WAY.is(&case.params, "unassign");
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        elsewhere::say(account, &mut found);
        let kind = match WAY.of(&case.params) {
            "everywhere" => Deny::<true>::KIND,
            "unassign" => Assignments::KIND,
            _ => Deny::<false>::KIND,
        };
        let instances =
            account.identity_center.read().into_iter().flat_map(|center| center.instances.values());
        for instance in instances {
            for (id, set) in instance.permission_sets.items() {
                // One that was not read is a gap of the section.
                let Some(set) = set.read().filter(|set| is_meant(set, account, case)) else { continue };
                let region = &instance.primary_region;
                found.item(Item::new(Target::new(kind, id).region(region).label(Some(&set.name))));
                if set.latest_here == Some(false) && kind != Assignments::KIND {
                    found.note(
                        Some(region),
                        format!(
                            "permission set {} has a version that this account has not got yet: the cut provisions it, \
                             and a restore leaves it",
                            set.name
                        ),
                    );
                }
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Deny::<false>, &Deny::<true>, &Assignments]
    }
}

/// Is the set one that the step acts on: where somebody names principals, only those whose roles are named?
fn is_meant(set: &PermissionSet, account: &Account, case: &Case) -> bool {
    let named = |(name, role): (&String, &crate::account::Role)| named::role(name, Some(&role.arn), case);
    if named::only(case) && !account.roles_of_set(&set.name).any(named) {
        return false;
    }
    WAY.is(&case.params, "unassign") || set.latest_here.is_some()
}

/// Reads the target's permission set alone.
fn narrow(ask: &mut Ask, at: &Target) {
    let key = (at.region_name().to_owned(), at.id.clone());
    ask.only_permission_sets.get_or_insert_default().insert(key);
}

/// The target's permission set with its instance, where it was read.
fn set<'a>(look: &Look<'a>) -> Option<(&'a SignInInstance, &'a PermissionSet)> {
    let (instance, set) = look.account.identity_center.read()?.permission_set(&look.at.id)?;
    Some((instance, set.read()?))
}

/// The state by the target's permission set. A set is vanished where its instance was read and has it not, and
/// not known where its instance was not read.
fn state_of<S>(look: &Look<'_>, state: impl FnOnce(&PermissionSet) -> Now<S>) -> Now<S> {
    Now::of(&look.account.identity_center, |center| {
        let of = format!("/{}", look.at.parts().0);
        let Some((_, instance)) = center.instances.iter().find(|(arn, _)| arn.ends_with(&of)) else {
            let unread = center.unread.get(look.at.region_name());
            return unread.map_or(Now::Vanished, |gap| Now::Unknown(gap.clone()));
        };
        Now::of(&instance.permission_sets, |sets| match sets.get(&look.at.id) {
            Some(set) => Now::of(set, state),
            None => Now::Vanished,
        })
    })
}

#[cfg(test)]
mod tests;
