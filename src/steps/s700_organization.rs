//! 700: policies of the Organization deny everything, from outside the account.

mod attachment;
mod changes;
mod effect;
mod exempt;
mod findings;
mod kinds;
mod of_aws;
mod parent;
mod place;
mod policy;
mod policy_type;
mod template;

use attachment::Attachment;
use exempt::EXEMPT;
use kinds::{POLICIES, PolicyKind};
use parent::Parent;
use policy::Policy;
use policy_type::TypeSwitch;

use super::shared::made::{self, Made};
use crate::account::{Account, Section};
use crate::collect::{Ask, RolesOf};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Item, Lens as _, Lenses, Look, Now, Param, ParamKind, Params,
    Reversal, Spec, Step, StepId, Target, Verdict, Width, text,
};

pub struct Organization;

const WAY: Choice = Choice {
    name: "way",
    values: &["policies", "quarantine-ou"],
    doc: "`policies` makes policies and attaches them; `quarantine-ou` moves the account into the unit that `ou` \
          names, whose policies are yours",
};

const TEMPLATE: Choice = Choice {
    name: "template",
    values: &["people", "everything"],
    doc: "`people` lets roles go on that only services assume, and those of AWS Control Tower and StackSets; \
          `everything` denies every principal of the account but the responder's and break-glass ones",
};

const ENABLE: Choice = Choice {
    name: "enable-types",
    values: &["no", "yes"],
    doc: "`yes` enables policy types that are not enabled, for the whole Organization; a restore disables them \
          again where no other policy of the type is left",
};

/// A unit instead of the account.
const OU: &str = "ou";

static SPEC: Spec = Spec {
    id: StepId(700),
    slug: "organization",
    title: "Organization: policies deny the account from outside, root included",
    needs: &[
        Section::Organization,
        Section::Principals,
        Section::RoleChanges,
        Section::OriginAccessIdentities,
    ],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "organizations:AttachPolicy",
            "organizations:CreatePolicy",
            "organizations:DescribePolicy",
            "organizations:EnablePolicyType",
            "organizations:ListPolicies",
            "organizations:MoveAccount",
            "organizations:TagResource",
            "organizations:UpdatePolicy",
        ],
        undo: &[
            "organizations:DeletePolicy",
            "organizations:DescribePolicy",
            "organizations:DetachPolicy",
            "organizations:DisablePolicyType",
            "organizations:MoveAccount",
        ],
    },
    params: &[
        WAY.param(),
        TEMPLATE.param(),
        ENABLE.param(),
        Param {
            name: POLICIES,
            kind: ParamKind::List,
            doc: "which policies: `service-control`, `resource-control`, `vpc-block`, `s3-block`; all where none is \
                  named",
        },
        Param {
            name: OU,
            kind: ParamKind::Text,
            doc: "the id of a unit, `ou-…`: policies are attached to it and bind every account in it; \
                  `quarantine-ou` moves the account into it",
        },
        Param {
            name: EXEMPT,
            kind: ParamKind::List,
            doc: "ARNs of users and roles that go on besides; of other accounts, those that still reach its data",
        },
    ],
    does: Does::Cuts(effect::EVERYTHING),
    cuts: effect::CUTS,
    leaves: effect::LEAVES,
    breaks: effect::BREAKS,
    doc: include_str!("s700_organization/doc.md"),
};

impl Step for Organization {
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
        if WAY.is(params, "quarantine-ou") { &SPEC.needs[..2] } else { SPEC.needs }
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        ask.organization_units.extend(text(&case.params, OU).map(str::to_owned));
        let case = case.clone();
        ask.changes_of = RolesOf::new(move |account| changes::asked(account, &case));
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let Some(tree) = findings::bindable(account, &mut found) else { return found };
        if WAY.is(&case.params, "quarantine-ou") {
            findings::unit(tree, case, &mut found);
            found.item(Item::new(Target::new(Parent::KIND, &account.id)));
            return found;
        }
        findings::exemptions(account, case, &mut found);
        of_aws::say(account, case, &mut found);
        let Some(level) = findings::level(tree, account, case, &mut found) else { return found };
        for kind in PolicyKind::chosen(&case.params) {
            let at =
                Target::new(Attachment::KIND, format!("{}/{level}", kind.slug())).label(Some(kind.words()));
            let look = Look::new(&at, account, case);
            let wanted = match Attachment.state(&look) {
                Now::Is(now) => matches!(Attachment.contain(&now, &look), Verdict::Change(_)),
                _ => false,
            };
            if wanted || made::id::<Policy>(&case.names, kind.slug()).is_some() {
                let policy = Target::new(Made::<Policy>::KIND, kind.slug()).label(Some(kind.words()));
                found.item(Item { rank: 1, ..Item::created(policy) });
            }
            if wanted && !tree.is_enabled(kind.policy_type()) {
                let switch = Target::new(TypeSwitch::KIND, format!("{}/{}", tree.root, kind.policy_type()));
                found.item(Item { rank: 0, ..Item::new(switch) });
            }
            found.item(Item { rank: 2, ..Item::new(at) });
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&TypeSwitch, &Made(Policy), &Attachment, &Parent]
    }
}

#[cfg(test)]
mod tests;
