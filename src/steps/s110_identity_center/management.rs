//! The management account, in which AWS uses the caller's own rights to write the roles of permission sets: the
//! policy of Identity Center's service-linked role leaves that account out.
//!
//! <https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html>

use crate::account::{Account, SignInInstance};
use crate::step::Found;

/// What AWS does there with the caller's rights, on the roles of Identity Center and its SAML provider. Refusals
/// that were seen: `ListRolePolicies`, `UpdateSAMLProvider`, `CreateRole`, `PutRolePolicy`.
///
/// <https://github.com/org-formation/aws-resource-providers/issues/66>
/// <https://github.com/fivexl/terraform-aws-sso-elevator/issues/15>
/// <https://github.com/hashicorp/terraform-provider-aws/issues/26807>
pub(super) const ACTIONS: &[&str] = &[
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:CreateSAMLProvider",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:GetRole",
    "iam:GetSAMLProvider",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
    "iam:UpdateSAMLProvider",
];

/// Says so where the account owns an instance with permission sets.
pub(super) fn say(account: &Account, found: &mut Found) {
    let owns = |one: &&SignInInstance| {
        one.owner == account.id && one.permission_sets.read().is_some_and(|sets| !sets.is_empty())
    };
    let instances = account.identity_center.read().into_iter().flat_map(|center| center.instances.values());
    for instance in instances.filter(owns) {
        found.matters(
            Some(&instance.primary_region),
            "this is the management account: AWS writes the roles of permission sets here with the rights of whoever \
             calls (iam:PutRolePolicy and others on aws-reserved/sso.amazonaws.com/). Without them AWS accepts a \
             change and does not carry it out; \"unplug policy\" prints them",
        );
    }
}
