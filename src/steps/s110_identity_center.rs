//! 110: people who sign in through IAM Identity Center are denied everything in this account.

mod assignments;
mod body;
mod deny;
mod document;
mod effect;
mod elsewhere;
mod gone;
mod making;
mod management;
mod place;
mod policy;
mod reading;
mod renamed;
mod spared;
mod statement;
mod whole;

use assignments::Assignments;
use deny::Deny;
use reading::{narrow, set, state_of};
use whole::Whole;

use super::shared::named;
use crate::account::{Account, PermissionSet, Section};
use crate::collect::Ask;
use crate::step::{
    ALIAS, Case, Choice, Does, Effect, Found, Iam, Item, Lens as _, Lenses, Look, Now, Params, Reversal,
    Spec, Step, StepId, Stops, Target, Verdict, Width,
};

pub struct IdentityCenter;

const WAY: Choice = Choice {
    name: "way",
    values: &["account", "everywhere", "unassign", "delete"],
    doc: "`account` adds a deny for this account to the inline policy of each permission set; `everywhere` denies \
          it in every account that has the set; `unassign` removes the assignments of this account; `delete` \
          deletes sets that no other account has",
};

/// The roles of these ways come back under another name: what has a policy may name the old one.
const REMAKES: [&str; 2] = ["unassign", "delete"];

const NEEDS: &[Section] = &[
    Section::IdentityCenter,
    Section::Principals,
    Section::PublicBuckets,
    Section::QueuePolicies,
    Section::TopicPolicies,
    Section::SecretPolicies,
    Section::KeyPolicies,
];

static SPEC: Spec = Spec {
    id: StepId(110),
    slug: "identity-center",
    title: "IAM Identity Center: sign-ins to this account denied everything",
    needs: NEEDS,
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "sso:DeleteAccountAssignment",
            "sso:DeletePermissionSet",
            "sso:DescribeAccountAssignmentDeletionStatus",
            "sso:DescribePermissionSetProvisioningStatus",
            "sso:GetInlinePolicyForPermissionSet",
            "sso:ListAccountAssignments",
            "sso:ListAccountsForProvisionedPermissionSet",
            "sso:ListPermissionSetsProvisionedToAccount",
            "sso:ProvisionPermissionSet",
            "sso:PutInlinePolicyToPermissionSet",
        ],
        undo: making::UNDO,
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

    fn needs(&self, params: &Params) -> &'static [Section] {
        if REMAKES.contains(&WAY.of(params)) { NEEDS } else { &NEEDS[..2] }
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        let way = WAY.of(&case.params);
        ask.permission_set_accounts |= ["everywhere", "delete"].contains(&way);
        ask.assignments |= REMAKES.contains(&way);
        ask.every_bucket_policy |= REMAKES.contains(&way);
        ask.permission_set_parts |= way == "delete";
        let again = |(name, now): (String, String)| Some((name.strip_prefix(ALIAS)?.to_owned(), now));
        ask.made_again.extend(case.names.all().into_iter().filter_map(again));
    }

    fn on_behalf(&self) -> &'static [&'static str] {
        management::ACTIONS
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        elsewhere::say(account, &mut found);
        management::say(account, &mut found);
        let kind = match WAY.of(&case.params) {
            "everywhere" => Deny::<true>::KIND,
            "unassign" => Assignments::KIND,
            "delete" => Whole::KIND,
            _ => Deny::<false>::KIND,
        };
        let (remakes, mut remade) = (REMAKES.contains(&WAY.of(&case.params)), vec![]);
        let instances =
            account.identity_center.read().into_iter().flat_map(|center| center.instances.values());
        for instance in instances {
            for (id, set) in instance.permission_sets.items() {
                // One that was not read is a gap of the section.
                let Some(set) = set.read().filter(|set| is_meant(set, account, case)) else { continue };
                let region = &instance.primary_region;
                let at = Target::new(kind, id).region(region).label(Some(&set.name));
                if remakes && is_cut(self, &Look::new(&at, account, case)) {
                    remade.push((region.as_str(), set));
                }
                found.item(Item::new(at));
                if set.latest_here == Some(false) && !remakes {
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
        renamed::say(account, &remade, &mut found);
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Deny::<false>, &Deny::<true>, &Assignments, &Whole]
    }
}

/// Would a plan cut the target?
fn is_cut(step: &dyn Step, look: &Look<'_>) -> bool {
    let lens = step.lens(look.at);
    let Now::Is(now) = lens.state(look) else { return false };
    matches!(lens.contain(&now, look), Ok(Verdict::Change(_)))
}

/// Is the set one that the step acts on: where somebody names principals, only those whose roles are named?
fn is_meant(set: &PermissionSet, account: &Account, case: &Case) -> bool {
    let named = |(name, role): (&String, &crate::account::Role)| named::role(name, Some(&role.arn), case);
    if named::only(case) && !account.roles_of_set(&set.name).any(named) {
        return false;
    }
    REMAKES.contains(&WAY.of(&case.params)) || set.latest_here.is_some()
}

#[cfg(test)]
mod tests;
