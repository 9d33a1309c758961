//! AWS Organizations, as its management account sees it: lists and details. What is written is in
//! `organizations/policies.rs` and `organizations/tree.rs`, what follows from it in `organizations/effects.rs`.
//!
//! The simulated account knows what of the Organization binds it, and the names of the rest. Of what is attached
//! elsewhere it knows what was attached since it began ([`Hidden`]); elsewhere AWS's own policies are attached.
//! `ConcurrentModificationException` is not simulated: every call has ended before the next one begins.

mod effects;
mod policies;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_organizations::types;

use super::iam::built;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{World, seen, seen_mut};
use crate::account::{
    Organization, OrganizationPolicy, OrganizationTree, PublicAccessBlock, Seen, Tags, VpcBlock,
};
use crate::aws::operations::organizations;

pub(super) use effects::{add_effective, manages_s3_block};

/// The largest page of every list.
const PAGE: i32 = 20;

/// What AWS knows, and what reading this account's part of the Organization does not show.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    /// What is attached to targets that are no level of this account, by policy type and target.
    attached: BTreeMap<(String, String), BTreeSet<String>>,
    /// Policies of types that are not enabled, and what is not read of the others.
    policies: BTreeMap<String, OrganizationPolicy>,
    /// The block of each Region, as it was before a declarative policy set it.
    own_blocks: BTreeMap<String, VpcBlock>,
    /// S3's account-level block, as it was before a policy set it.
    own_s3_block: Option<OwnS3Block>,
}

/// The block that the account had set itself, if any.
#[derive(Clone, Copy, Debug)]
struct OwnS3Block(Option<PublicAccessBlock>);

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<organizations::DescribeAccount>(describe_account);
    dispatch.on::<organizations::DescribeEffectivePolicy>(describe_effective_policy);
    dispatch.on::<organizations::DescribeOrganization>(describe_organization);
    dispatch.on::<organizations::DescribePolicy>(describe_policy);
    dispatch.on::<organizations::ListAccountsForParent>(list_accounts_for_parent);
    dispatch.on::<organizations::ListOrganizationalUnitsForParent>(list_organizational_units_for_parent);
    dispatch.on::<organizations::ListParents>(list_parents);
    dispatch.on::<organizations::ListPolicies>(list_policies);
    dispatch.on::<organizations::ListPoliciesForTarget>(list_policies_for_target);
    dispatch.on::<organizations::ListRoots>(list_roots);
    dispatch.on::<organizations::ListTagsForResource>(list_tags_for_resource);
    dispatch.on::<organizations::ListTargetsForPolicy>(list_targets_for_policy);
    policies::register(dispatch);
    tree::register(dispatch);
}

fn organization<'a>(cx: &'a Cx<'_>) -> Result<&'a Organization, Refused> {
    let none = "Your account is not a member of an organization.";
    let found = seen(&cx.world.account.organization)?.as_ref();
    found.ok_or_else(|| refuse("AWSOrganizationsNotInUseException", none))
}

fn tree<'a>(cx: &'a Cx<'_>) -> Result<&'a OrganizationTree, Refused> {
    seen(&organization(cx)?.tree)
}

fn tree_mut<'a>(cx: &'a mut Cx<'_>) -> Result<&'a mut OrganizationTree, Refused> {
    let none = "Your account is not a member of an organization.";
    let found = seen_mut(&mut cx.world.account.organization)?.as_mut();
    let found = found.ok_or_else(|| refuse("AWSOrganizationsNotInUseException", none))?;
    seen_mut(&mut found.tree)
}

impl World {
    /// The tree of the Organization, where it can be seen.
    fn tree(&self) -> Option<&OrganizationTree> {
        self.account.organization.read()?.as_ref()?.tree.read()
    }

    fn tree_mut(&mut self) -> Option<&mut OrganizationTree> {
        self.account.organization.read_mut()?.as_mut()?.tree.read_mut()
    }
}

/// An ARN of the Organization: `policy`, `ou` and the like, and what follows.
fn arn(cx: &Cx<'_>, kind: &str, rest: &str) -> String {
    let (partition, none) = (cx.world.account.partition(), Organization::default());
    let of = organization(cx).unwrap_or(&none);
    format!("arn:{partition}:organizations::{}:{kind}/{}/{rest}", of.management_account, of.id)
}

fn describe_organization(
    cx: &mut Cx<'_>,
    _: &In<organizations::DescribeOrganization>,
) -> Said<organizations::DescribeOrganization> {
    let found = organization(cx)?;
    let shown = types::Organization::builder()
        .id(&found.id)
        .master_account_id(&found.management_account)
        .feature_set(types::OrganizationFeatureSet::from(found.feature_set.as_str()))
        .build();
    Ok(Out::<organizations::DescribeOrganization>::builder().organization(shown).build())
}

fn describe_account(
    cx: &mut Cx<'_>,
    input: &In<organizations::DescribeAccount>,
) -> Said<organizations::DescribeAccount> {
    let id = input.account_id().unwrap_or_default();
    let found = seen(&tree(cx)?.accounts)?
        .get(id)
        .ok_or_else(|| refuse("AccountNotFoundException", "You specified an account that doesn't exist."))?;
    let status = types::AccountStatus::from(found.status.as_str());
    let shown = types::Account::builder().id(id).name(&found.name).status(status).build();
    Ok(Out::<organizations::DescribeAccount>::builder().account(shown).build())
}

fn shown_root(cx: &Cx<'_>) -> Result<types::Root, Refused> {
    let tree = tree(cx)?;
    let types = tree.policy_types.iter().map(|(kind, status)| {
        let status = types::PolicyTypeStatus::from(status.as_str());
        types::PolicyTypeSummary::builder().r#type(kind.as_str().into()).status(status).build()
    });
    let root = types::Root::builder().id(&tree.root).name("Root").arn(arn(cx, "root", &tree.root));
    Ok(root.set_policy_types(Some(types.collect())).build())
}

fn list_roots(cx: &mut Cx<'_>, input: &In<organizations::ListRoots>) -> Said<organizations::ListRoots> {
    let all = vec![shown_root(cx)?];
    let (page, next) = cx.page(all, input.next_token(), input.max_results().or(Some(PAGE)));
    Ok(Out::<organizations::ListRoots>::builder().set_roots(Some(page)).set_next_token(next).build())
}

/// The root or the unit that an account or unit is in.
fn parent_of(tree: &OrganizationTree, child: &str) -> Option<String> {
    let level = tree.levels.iter().position(|level| level == child).filter(|place| *place > 0);
    let by_level = level.and_then(|place| tree.levels.get(place - 1)).cloned();
    let unit = || tree.units.item(child).map(|unit| unit.parent.clone());
    let account = || tree.accounts.item(child).map(|account| account.parent.clone());
    by_level.or_else(unit).or_else(account)
}

fn list_parents(cx: &mut Cx<'_>, input: &In<organizations::ListParents>) -> Said<organizations::ListParents> {
    let tree = tree(cx)?;
    let Some(parent) = parent_of(tree, input.child_id().unwrap_or_default()) else {
        return Err(refuse("ChildNotFoundException", "You specified a child that doesn't exist."));
    };
    let kind =
        if parent == tree.root { types::ParentType::Root } else { types::ParentType::OrganizationalUnit };
    let all = vec![types::Parent::builder().id(parent).r#type(kind).build()];
    let (page, next) = cx.page(all, input.next_token(), input.max_results().or(Some(PAGE)));
    Ok(Out::<organizations::ListParents>::builder().set_parents(Some(page)).set_next_token(next).build())
}

/// Is there a root or a unit of this id?
fn is_parent(tree: &OrganizationTree, id: &str) -> bool {
    id == tree.root || tree.units.item(id).is_some()
}

fn shown_unit(cx: &Cx<'_>, id: &str, name: &str) -> types::OrganizationalUnit {
    types::OrganizationalUnit::builder().id(id).name(name).arn(arn(cx, "ou", id)).build()
}

fn list_organizational_units_for_parent(
    cx: &mut Cx<'_>,
    input: &In<organizations::ListOrganizationalUnitsForParent>,
) -> Said<organizations::ListOrganizationalUnitsForParent> {
    let (tree, parent) = (tree(cx)?, input.parent_id().unwrap_or_default());
    let units = seen(&tree.units)?;
    if !is_parent(tree, parent) {
        return Err(refuse("ParentNotFoundException", "You specified a parent that doesn't exist."));
    }
    let inside = units.iter().filter(|(_, unit)| unit.parent == parent);
    let all = inside.map(|(id, unit)| shown_unit(cx, id, &unit.name)).collect();
    let (page, next) = cx.page(all, input.next_token(), input.max_results().or(Some(PAGE)));
    let output = Out::<organizations::ListOrganizationalUnitsForParent>::builder();
    Ok(output.set_organizational_units(Some(page)).set_next_token(next).build())
}

fn list_accounts_for_parent(
    cx: &mut Cx<'_>,
    input: &In<organizations::ListAccountsForParent>,
) -> Said<organizations::ListAccountsForParent> {
    let (tree, parent) = (tree(cx)?, input.parent_id().unwrap_or_default());
    let accounts = seen(&tree.accounts)?;
    if !is_parent(tree, parent) {
        return Err(refuse("ParentNotFoundException", "You specified a parent that doesn't exist."));
    }
    let inside = accounts.iter().filter(|(_, account)| account.parent == parent);
    let all = inside.map(|(id, account)| {
        types::Account::builder()
            .id(id)
            .name(&account.name)
            .arn(arn(cx, "account", id))
            .state(types::AccountState::from(account.status.as_str()))
            .build()
    });
    let (page, next) = cx.page(all.collect(), input.next_token(), input.max_results().or(Some(PAGE)));
    let output = Out::<organizations::ListAccountsForParent>::builder();
    Ok(output.set_accounts(Some(page)).set_next_token(next).build())
}

fn summary(cx: &Cx<'_>, id: &str, policy: &OrganizationPolicy) -> types::PolicySummary {
    types::PolicySummary::builder()
        .id(id)
        .arn(arn(cx, "policy", &format!("{}/{id}", policy.kind.to_lowercase())))
        .name(&policy.name)
        .description(&policy.description)
        .r#type(policy.kind.as_str().into())
        .aws_managed(policy.aws_managed)
        .build()
}

/// A policy by its id: one that the account shows, or one of a type that is not enabled.
fn policy<'a>(cx: &'a Cx<'_>, id: Option<&str>) -> Result<&'a OrganizationPolicy, Refused> {
    let id = id.unwrap_or_default();
    let found = seen(&tree(cx)?.policies)?.get(id).or_else(|| cx.world.organizations.policies.get(id));
    found.ok_or_else(|| refuse("PolicyNotFoundException", "You specified a policy that doesn't exist."))
}

fn list_policies(
    cx: &mut Cx<'_>,
    input: &In<organizations::ListPolicies>,
) -> Said<organizations::ListPolicies> {
    let kind = input.filter().map_or("", |kind| kind.as_str());
    let shown = seen(&tree(cx)?.policies)?;
    let hidden = cx.world.organizations.policies.iter().filter(|(id, _)| !shown.contains_key(*id));
    let all = shown.iter().chain(hidden).filter(|(_, policy)| policy.kind == kind);
    let all = all.map(|(id, policy)| summary(cx, id, policy)).collect();
    let (page, next) = cx.page(all, input.next_token(), input.max_results().or(Some(PAGE)));
    Ok(Out::<organizations::ListPolicies>::builder().set_policies(Some(page)).set_next_token(next).build())
}

/// The ids of what is attached to a target. Elsewhere than at the levels of this account, and where nothing was
/// changed since the simulation began, AWS's own policies are.
fn attached_to(cx: &Cx<'_>, kind: &str, target: &str) -> Result<BTreeSet<String>, Refused> {
    let tree = tree(cx)?;
    if let Some(ids) = tree.attached.get(kind).and_then(|of_kind| of_kind.get(target)) {
        return seen(ids).cloned();
    }
    if !tree.is_enabled(kind) {
        return Ok(BTreeSet::new());
    }
    let policies = seen(&tree.policies)?.iter();
    if let Some(ids) = cx.world.organizations.attached.get(&(kind.to_owned(), target.to_owned())) {
        return Ok(ids.clone());
    }
    let own = policies.filter(|(_, policy)| {
        let named = policy.targets.read().is_some_and(|targets| targets.contains(target));
        policy.kind == kind && (policy.aws_managed || named)
    });
    Ok(own.map(|(id, _)| id.clone()).collect())
}

/// Is there a root, a unit or an account of this id?
fn is_target(tree: &OrganizationTree, id: &str) -> bool {
    is_parent(tree, id) || tree.levels.iter().any(|level| level == id) || tree.accounts.item(id).is_some()
}

fn list_policies_for_target(
    cx: &mut Cx<'_>,
    input: &In<organizations::ListPoliciesForTarget>,
) -> Said<organizations::ListPoliciesForTarget> {
    let (kind, target) =
        (input.filter().map_or("", |kind| kind.as_str()), input.target_id().unwrap_or_default());
    if !is_target(tree(cx)?, target) {
        return Err(refuse("TargetNotFoundException", "You specified a target that doesn't exist."));
    }
    let ids = attached_to(cx, kind, target)?;
    let all = ids.iter().filter_map(|id| Some(summary(cx, id, policy(cx, Some(id)).ok()?))).collect();
    let (page, next) = cx.page(all, input.next_token(), input.max_results().or(Some(PAGE)));
    let output = Out::<organizations::ListPoliciesForTarget>::builder();
    Ok(output.set_policies(Some(page)).set_next_token(next).build())
}

/// The ids of what a policy is attached to.
fn targets_of(cx: &Cx<'_>, id: &str) -> Result<BTreeSet<String>, Refused> {
    let found = policy(cx, Some(id))?;
    if let Seen::Read(targets) = &found.targets {
        return Ok(targets.clone());
    }
    let tree = tree(cx)?;
    let everywhere = tree.units.items().map(|(id, _)| id).chain(tree.accounts.items().map(|(id, _)| id));
    let all: BTreeSet<&String> = everywhere.chain(&tree.levels).collect();
    let mut targets = BTreeSet::new();
    for target in all {
        if attached_to(cx, &found.kind, target)?.contains(id) {
            targets.insert(target.clone());
        }
    }
    Ok(targets)
}

fn list_targets_for_policy(
    cx: &mut Cx<'_>,
    input: &In<organizations::ListTargetsForPolicy>,
) -> Said<organizations::ListTargetsForPolicy> {
    let shown = policy(cx, input.policy_id())?;
    if let Seen::Gap(gap) = &shown.targets
        && !shown.targets.is_not_read()
    {
        seen(&Seen::<()>::Gap(gap.clone()))?;
    }
    let targets = targets_of(cx, input.policy_id().unwrap_or_default())?;
    let all = targets.into_iter().map(|id| {
        let kind = match id.split('-').next() {
            Some("r") => types::TargetType::Root,
            Some("ou") => types::TargetType::OrganizationalUnit,
            _ => types::TargetType::Account,
        };
        types::PolicyTargetSummary::builder().target_id(id).r#type(kind).build()
    });
    let (page, next) = cx.page(all.collect(), input.next_token(), input.max_results().or(Some(PAGE)));
    let output = Out::<organizations::ListTargetsForPolicy>::builder();
    Ok(output.set_targets(Some(page)).set_next_token(next).build())
}

fn describe_policy(
    cx: &mut Cx<'_>,
    input: &In<organizations::DescribePolicy>,
) -> Said<organizations::DescribePolicy> {
    let found = policy(cx, input.policy_id())?;
    let id = input.policy_id().unwrap_or_default();
    let kept = cx.world.organizations.policies.get(id).filter(|_| found.content.is_not_read());
    let content = seen(&kept.unwrap_or(found).content)?;
    let shown = types::Policy::builder().policy_summary(summary(cx, id, found)).content(content).build();
    Ok(Out::<organizations::DescribePolicy>::builder().policy(shown).build())
}

fn list_tags_for_resource(
    cx: &mut Cx<'_>,
    input: &In<organizations::ListTagsForResource>,
) -> Said<organizations::ListTagsForResource> {
    let (tree, id) = (tree(cx)?, input.resource_id().unwrap_or_default());
    let of_unit = tree.units.item(id).map(|unit| &unit.tags);
    let tags = of_unit.or_else(|| policy(cx, Some(id)).ok().map(|policy| &policy.tags));
    let none = Seen::Read(Tags::new());
    let tags = match tags {
        None if !is_target(tree, id) => {
            return Err(refuse("TargetNotFoundException", "You specified a target that doesn't exist."));
        }
        None => &none,
        Some(tags) if tags.is_not_read() => &none,
        Some(tags) => tags,
    };
    let tag = |(key, value): (&String, &String)| built(types::Tag::builder().key(key).value(value).build());
    let all = seen(tags)?.iter().map(tag).collect::<Result<_, _>>()?;
    let (page, next) = cx.page(all, input.next_token(), None);
    let output = Out::<organizations::ListTagsForResource>::builder();
    Ok(output.set_tags(Some(page)).set_next_token(next).build())
}

fn describe_effective_policy(
    cx: &mut Cx<'_>,
    input: &In<organizations::DescribeEffectivePolicy>,
) -> Said<organizations::DescribeEffectivePolicy> {
    let kind = input.policy_type().map_or("", |kind| kind.as_str());
    let tree = tree(cx)?;
    if input.target_id().is_some_and(|target| tree.levels.last().is_none_or(|level| level != target)) {
        return Err(refuse("TargetNotFoundException", "not simulated: an account other than this one"));
    }
    let none =
        || refuse("EffectivePolicyNotFoundException", "There is no effective policy for this account.");
    let effective = tree.effective_policies.get(kind).ok_or_else(none)?;
    let content = seen(effective)?.as_ref().ok_or_else(none)?;
    let shown = types::EffectivePolicy::builder().policy_content(content).policy_type(kind.into());
    let shown = shown.set_target_id(input.target_id.clone()).build();
    Ok(Out::<organizations::DescribeEffectivePolicy>::builder().effective_policy(shown).build())
}

#[cfg(test)]
mod tests;
