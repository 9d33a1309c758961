//! Users, roles, groups and managed policies, in one paginated list.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, EntityType, GroupDetail, ManagedPolicyDetail, PolicyDetail,
    RoleDetail, Tag, UserDetail,
};

use crate::account::{IamGroup, PolicyVersions, Principals, Role, Tags, User};
use crate::aws::{Aws, AwsError, lists};

/// `iam:GetAccountAuthorizationDetails`: everything in a few calls, where `ListUsers` and its
/// companions would need several for each user.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>
pub(super) async fn read(aws: &Aws) -> Result<Principals, AwsError> {
    let mut all = Principals::default();
    let list = aws
        .iam()
        .get_account_authorization_details()
        .filter(EntityType::User)
        .filter(EntityType::Role)
        .filter(EntityType::Group)
        .filter(EntityType::LocalManagedPolicy)
        .filter(EntityType::AwsManagedPolicy)
        .max_items(1_000);
    let mut pages = lists::Pages::new(aws, list);
    while let Some(page) = pages.next().await? {
        let named = page.user_detail_list().iter().all(|user| user.user_name.is_some())
            && page.role_detail_list().iter().all(|role| role.role_name.is_some())
            && page.group_detail_list().iter().all(|group| group.group_name.is_some());
        if !named {
            let why = "a user, a role or a group lacks its name";
            return Err(AwsError::unusable("iam:GetAccountAuthorizationDetails", why));
        }
        all.users.extend(page.user_detail_list.unwrap_or_default().into_iter().filter_map(user));
        all.roles.extend(page.role_detail_list.unwrap_or_default().into_iter().filter_map(role));
        all.groups.extend(page.group_detail_list.unwrap_or_default().into_iter().filter_map(group));
        for (arn, document, versions) in page.policies.unwrap_or_default().into_iter().filter_map(policy) {
            if !Principals::is_of_aws(&arn) && versions != PolicyVersions::default() {
                all.versions.insert(arn.clone(), versions);
            }
            all.policies.insert(arn, document);
        }
    }
    keep_policies_in_use(&mut all);
    Ok(all)
}

/// Drops AWS's own policies that nobody has: some emulators send all of them, thousands of texts.
fn keep_policies_in_use(all: &mut Principals) {
    let of_users = all.users.values().flat_map(|user| user.attached.iter().chain(&user.boundary));
    let of_roles = all.roles.values().flat_map(|role| role.attached.iter().chain(&role.boundary));
    let of_groups = all.groups.values().flat_map(|group| &group.attached);
    let in_use: BTreeSet<String> = of_users.chain(of_roles).chain(of_groups).cloned().collect();
    all.policies.retain(|arn, _| !Principals::is_of_aws(arn) || in_use.contains(arn));
}

fn user(detail: UserDetail) -> Option<(String, User)> {
    let user = User {
        arn: detail.arn.unwrap_or_default(),
        path: detail.path.unwrap_or_default(),
        groups: detail.group_list.unwrap_or_default().into_iter().collect(),
        attached: attached(detail.attached_managed_policies),
        inline: inline(detail.user_policy_list),
        boundary: boundary(detail.permissions_boundary),
        tags: tags(detail.tags),
    };
    Some((detail.user_name?, user))
}

fn role(detail: RoleDetail) -> Option<(String, Role)> {
    let role = Role {
        arn: detail.arn.unwrap_or_default(),
        path: detail.path.unwrap_or_default(),
        trust: detail.assume_role_policy_document.map(|document| decoded(&document)).unwrap_or_default(),
        profiles: detail.instance_profile_list.unwrap_or_default().into_iter().map(|one| one.arn).collect(),
        attached: attached(detail.attached_managed_policies),
        inline: inline(detail.role_policy_list),
        boundary: boundary(detail.permissions_boundary),
        tags: tags(detail.tags),
    };
    Some((detail.role_name?, role))
}

fn group(detail: GroupDetail) -> Option<(String, IamGroup)> {
    let group = IamGroup {
        arn: detail.arn.unwrap_or_default(),
        path: detail.path.unwrap_or_default(),
        attached: attached(detail.attached_managed_policies),
        inline: inline(detail.group_policy_list),
    };
    Some((detail.group_name?, group))
}

/// Its ARN, the document of the default version, and the other versions.
fn policy(detail: ManagedPolicyDetail) -> Option<(String, String, PolicyVersions)> {
    let all = detail.policy_version_list.unwrap_or_default();
    let (default, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|version| version.is_default_version);
    let default = default.into_iter().next()?;
    let others = others.into_iter().filter_map(|one| Some((one.version_id?, decoded(&one.document?))));
    let versions = PolicyVersions {
        default: default.version_id.or(detail.default_version_id).unwrap_or_else(|| "v1".into()),
        others: others.collect(),
    };
    Some((detail.arn?, decoded(&default.document?), versions))
}

fn attached(policies: Option<Vec<AttachedPolicy>>) -> BTreeSet<String> {
    policies.unwrap_or_default().into_iter().filter_map(|policy| policy.policy_arn).collect()
}

fn inline(policies: Option<Vec<PolicyDetail>>) -> BTreeMap<String, String> {
    policies
        .unwrap_or_default()
        .into_iter()
        .filter_map(|policy| Some((policy.policy_name?, decoded(&policy.policy_document?))))
        .collect()
}

fn boundary(boundary: Option<AttachedPermissionsBoundary>) -> Option<String> {
    boundary.and_then(|boundary| boundary.permissions_boundary_arn)
}

fn tags(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// IAM percent-encodes policy documents (RFC 3986: a plus sign stands for itself). What is no
/// valid escape stays as it is: some emulators send the plain document.
pub(crate) fn decoded(document: &str) -> String {
    let bytes = document.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escape = (byte == b'%').then(|| document.get(at + 1..at + 3)).flatten();
        if let Some(hex) = escape.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())) {
            plain.push(u8::from_str_radix(hex, 16).unwrap_or(byte));
            at += 3;
        } else {
            plain.push(byte);
            at += 1;
        }
    }
    String::from_utf8(plain).unwrap_or_else(|_| document.to_owned())
}
