//! 600: users, and roles that people or other accounts can assume, are denied everything.

mod effect;
mod everything;
mod instances;
mod spared;
mod trust;
mod trust_anchor;

use everything::{OfRole, OfUser};
use instances::OfInstances;
use trust::Trust;
use trust_anchor::Anchor;

use super::shared::deny::{Boundary, Denial, Inline};
use super::shared::named::{self, PRINCIPALS, WHO};
use crate::account::{Account, Section, Tags};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Item, Lens as _, Lenses, Params, Reversal, Spec, Step, StepId,
    Stops, Target, Width,
};

pub struct IamPrincipals;

const WAY: Choice = Choice {
    name: "way",
    values: &["principals", "instance"],
    doc: "`principals` denies everything to users and roles; `instance` denies it to the sessions that the \
          instances in scope have of their roles, and to nobody else",
};

const ROLES: Choice = Choice {
    name: "roles",
    values: &["assumable", "all"],
    doc: "`assumable` cuts roles that people, a federation or another account can assume; `all` cuts those of \
          services too, and with them what runs on instances, in containers and functions",
};

const TRUST: Choice = Choice {
    name: "trust",
    values: &["kept", "closed"],
    doc: "`closed` also replaces the trust policy of each role that is cut: nobody can assume it",
};

static SPEC: Spec = Spec {
    id: StepId(600),
    slug: "iam-principals",
    title: "IAM: users and roles denied everything",
    needs: &[
        Section::Principals,
        Section::Trails,
        Section::TrustAnchors,
        Section::Instances,
        Section::Vpcs,
        Section::Subnets,
    ],
    reversal: Reversal::Partial(
        "the deny goes, and sessions made before the restore stay denied: people and programs sign in again. \
         Users and roles whose inline policies leave no room get their boundary back, and no such deny",
    ),
    iam: Iam {
        apply: &[
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:PutUserPermissionsBoundary",
            "iam:PutUserPolicy",
            "iam:UpdateAssumeRolePolicy",
            "rolesanywhere:DisableTrustAnchor",
        ],
        undo: &[
            "iam:DeleteRolePermissionsBoundary",
            "iam:DeleteUserPermissionsBoundary",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:PutUserPermissionsBoundary",
            "iam:PutUserPolicy",
            "iam:UpdateAssumeRolePolicy",
            "rolesanywhere:EnableTrustAnchor",
        ],
    },
    params: &[WAY.param(), ROLES.param(), TRUST.param(), WHO.param(), PRINCIPALS],
    does: Does::Cuts(&[Stops::Identities]),
    cuts: "every call of users, and of roles that people, a federation or another account can assume: with keys, \
           passwords and sessions that are there already, within seconds; new sessions by certificate (IAM Roles \
           Anywhere)",
    leaves: "root, which only policies of the Organization stop; you, those who may have made your session, and break-glass principals; \
             service-linked roles and those of Identity Center; roles that only services assume; roles with which \
             trails write to CloudWatch Logs; what other accounts and services may do here by the policies of \
             resources; GetSessionToken and GetCallerIdentity, which no policy denies",
    breaks: "Nobody but you can use the console or the API; build servers, scripts and partners that sign in with \
             a user or a role of this account stop.",
    doc: include_str!("s600_iam_principals/doc.md"),
};

fn every_role(params: &Params) -> bool {
    ROLES.is(params, "all")
}

impl Step for IamPrincipals {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, params: &Params) -> Width {
        if of_instances(params) { Width::Place } else { Width::Account }
    }

    fn needs(&self, params: &Params) -> &'static [Section] {
        match () {
            () if of_instances(params) => {
                &[Section::Principals, Section::Instances, Section::Vpcs, Section::Subnets]
            }
            () if WHO.is(params, "named") => &[Section::Principals, Section::Trails],
            () => &[Section::Principals, Section::Trails, Section::TrustAnchors],
        }
    }

    fn effect(&self, params: &Params) -> Effect {
        effect::of(params)
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let Some(all) = account.principals.read() else { return found };
        if of_instances(&case.params) {
            instances::find(account, case, &mut found);
            return found;
        }
        let everybody = !named::only(case);
        let mut add = |at: Target, tags: &Tags| found.item(Item::new(at).tags(tags));
        let users = all.users.iter();
        for (name, user) in users.filter(|(name, user)| everybody || named::user(name, Some(&user.arn), case))
        {
            add(OfUser.target(name, account, case), &user.tags);
        }
        let roles = all.roles.iter();
        for (name, role) in roles.filter(|(name, role)| everybody || named::role(name, Some(&role.arn), case))
        {
            add(OfRole.target(name, account, case), &role.tags);
            if TRUST.is(&case.params, "closed") {
                add(Target::new(Trust::KIND, name), &role.tags);
            }
        }
        for (region, here) in account.regions.iter().filter(|_| everybody) {
            for (id, anchor) in here.trust_anchors.items().filter(|_| case.scope.has_region(region)) {
                let at = Target::new(Anchor::KIND, id).region(region).label(Some(&anchor.name));
                found.item(Item::new(at));
            }
        }
        named::say_nobody(&mut found, case);
        found
    }

    fn lenses(&self) -> Lenses {
        &[
            &Inline(OfUser),
            &Boundary(OfUser),
            &Inline(OfRole),
            &Boundary(OfRole),
            &Inline(OfInstances),
            &Boundary(OfInstances),
            &Trust,
            &Anchor,
        ]
    }
}

fn of_instances(params: &Params) -> bool {
    WAY.is(params, "instance")
}

#[cfg(test)]
mod tests;
