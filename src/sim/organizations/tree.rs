//! What changes the root, its units, and where accounts are.

use std::collections::BTreeMap;

use super::policies::tags;
use super::{attached_to, is_parent, organization, parent_of, shown_root, shown_unit, tree, tree_mut};
use crate::account::organization::{MADE, POLICY_TYPES, RESOURCE_CONTROL, SERVICE_CONTROL};
use crate::account::{OrganizationPolicy, OrganizationTree, Seen, Unit};
use crate::aws::operations::organizations;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

/// How many units may be below one another.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const DEEPEST: usize = 5;

/// AWS's own policies, which it attaches to everything once their type is enabled: id, name, type, document.
const FULL_ACCESS: [(&str, &str, &str, &str); 2] = [
    (
        "p-FullAWSAccess",
        "FullAWSAccess",
        SERVICE_CONTROL,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    (
        "p-RCPFullAWSAccess",
        "RCPFullAWSAccess",
        RESOURCE_CONTROL,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
    ),
];

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<organizations::CreateOrganizationalUnit>(create_organizational_unit);
    dispatch.on::<organizations::DeleteOrganizationalUnit>(delete_organizational_unit);
    dispatch.on::<organizations::DisablePolicyType>(disable_policy_type);
    dispatch.on::<organizations::EnablePolicyType>(enable_policy_type);
    dispatch.on::<organizations::MoveAccount>(move_account);
}

fn check_root(cx: &Cx<'_>, id: Option<&str>) -> Result<(), Refused> {
    if id != Some(tree(cx)?.root.as_str()) {
        return Err(refuse("RootNotFoundException", "You specified a root that doesn't exist."));
    }
    Ok(())
}

/// Enabling service control policies attaches `FullAWSAccess` to every root, unit and account, and resource control
/// policies theirs.
fn enable_policy_type(
    cx: &mut Cx<'_>,
    input: &In<organizations::EnablePolicyType>,
) -> Said<organizations::EnablePolicyType> {
    check_root(cx, input.root_id())?;
    let kind = input.policy_type().map_or("", |kind| kind.as_str()).to_owned();
    if organization(cx)?.feature_set != "ALL" {
        let words = "Policies take an organization with all features (ORGANIZATION_NOT_IN_ALL_FEATURES_MODE)";
        return Err(refuse("ConstraintViolationException", words));
    }
    if tree(cx)?.policy_types.contains_key(&kind) {
        let words = "The specified policy type is already enabled.";
        return Err(refuse("PolicyTypeAlreadyEnabledException", words));
    }
    let kept = cx.world.organizations.policies.clone();
    let tree = tree_mut(cx)?;
    tree.policy_types.insert(kind.clone(), "ENABLED".into());
    if let Some(policies) = tree.policies.read_mut() {
        policies.extend(kept.into_iter().filter(|(_, policy)| policy.kind == kind));
        for (id, name, of, document) in FULL_ACCESS.iter().filter(|(_, _, of, _)| *of == kind) {
            let own = OrganizationPolicy {
                name: (*name).into(),
                description: "Allows access to every operation".into(),
                kind: (*of).into(),
                aws_managed: true,
                content: Seen::Read((*document).into()),
                ..OrganizationPolicy::default()
            };
            policies.insert((*id).into(), own);
        }
    }
    show_levels(cx)?;
    cx.follow();
    let root = shown_root(cx)?;
    Ok(Out::<organizations::EnablePolicyType>::builder().root(root).build())
}

/// Disabling a type takes every policy of it off everything, and forgets where they were. The policies stay.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DisablePolicyType.html>
fn disable_policy_type(
    cx: &mut Cx<'_>,
    input: &In<organizations::DisablePolicyType>,
) -> Said<organizations::DisablePolicyType> {
    check_root(cx, input.root_id())?;
    let kind = input.policy_type().map_or("", |kind| kind.as_str()).to_owned();
    let tree = tree_mut(cx)?;
    if tree.policy_types.remove(&kind).is_none() {
        let words = "This operation can be performed only for enabled policy types.";
        return Err(refuse("PolicyTypeNotEnabledException", words));
    }
    tree.attached.remove(&kind);
    tree.effective_policies.remove(&kind);
    let mut hidden = vec![];
    if let Some(policies) = tree.policies.read_mut() {
        hidden.extend(policies.extract_if(.., |_, policy| policy.kind == kind));
    }
    cx.world.organizations.attached.retain(|(of, _), _| *of != kind);
    for (id, mut policy) in hidden {
        if let Seen::Read(targets) = &mut policy.targets {
            targets.clear();
        }
        let kept = cx.world.organizations.policies.remove(&id);
        if policy.content.is_not_read()
            && let Some(kept) = kept
        {
            policy.content = kept.content;
        }
        cx.world.organizations.policies.insert(id, policy);
    }
    cx.follow();
    let root = shown_root(cx)?;
    Ok(Out::<organizations::DisablePolicyType>::builder().root(root).build())
}

/// Shows of each enabled type what is attached to the levels of this account, and of no other target.
fn show_levels(cx: &mut Cx<'_>) -> Result<(), Refused> {
    let (levels, kinds) = {
        let tree = tree(cx)?;
        let kinds = POLICY_TYPES.into_iter().filter(|kind| tree.policy_types.contains_key(*kind));
        (tree.levels.clone(), kinds.collect::<Vec<_>>())
    };
    for kind in kinds {
        let mut now = BTreeMap::new();
        for level in &levels {
            now.insert(level.clone(), Seen::Read(attached_to(cx, kind, level)?));
        }
        let before = tree_mut(cx)?.attached.insert(kind.to_owned(), now).unwrap_or_default();
        let hidden = &mut cx.world.organizations.attached;
        for level in &levels {
            hidden.remove(&(kind.to_owned(), level.clone()));
        }
        for (target, ids) in before.into_iter().filter(|(target, _)| !levels.contains(target)) {
            if let Seen::Read(ids) = ids {
                hidden.insert((kind.to_owned(), target), ids);
            }
        }
    }
    Ok(())
}

fn create_organizational_unit(
    cx: &mut Cx<'_>,
    input: &In<organizations::CreateOrganizationalUnit>,
) -> Said<organizations::CreateOrganizationalUnit> {
    let (parent, name) = (input.parent_id().unwrap_or_default(), input.name().unwrap_or_default());
    let tree = tree(cx)?;
    if !is_parent(tree, parent) {
        return Err(refuse("ParentNotFoundException", "You specified a parent that doesn't exist."));
    }
    if seen(&tree.units)?.values().any(|unit| unit.parent == parent && unit.name == name) {
        let words = "An OU with the same name already exists.";
        return Err(refuse("DuplicateOrganizationalUnitException", words));
    }
    if path_to(tree, parent).len() > DEEPEST {
        let words =
            "You attempted to create an OU tree that is too many levels deep (OU_DEPTH_LIMIT_EXCEEDED)";
        return Err(refuse("ConstraintViolationException", words));
    }
    let root = tree.root.trim_start_matches("r-").to_owned();
    cx.world.serial += 1;
    let id = format!("ou-{root}-{:08x}", 0x5100_0000_u64 + cx.world.serial);
    let made = if name.starts_with(MADE) { Seen::Read(tags(input.tags())) } else { Seen::default() };
    let unit = Unit { name: name.to_owned(), parent: parent.to_owned(), tags: made };
    seen_mut(&mut tree_mut(cx)?.units)?.insert(id.clone(), unit);
    let shown = shown_unit(cx, &id, name);
    Ok(Out::<organizations::CreateOrganizationalUnit>::builder().organizational_unit(shown).build())
}

/// The ids from the root to a unit, the root's included.
fn path_to(tree: &OrganizationTree, id: &str) -> Vec<String> {
    let mut path = vec![id.to_owned()];
    while let Some(parent) =
        path.last().and_then(|last| tree.units.item(last)).map(|unit| unit.parent.clone())
    {
        if path.contains(&parent) {
            break;
        }
        path.push(parent);
    }
    path.reverse();
    path
}

fn delete_organizational_unit(
    cx: &mut Cx<'_>,
    input: &In<organizations::DeleteOrganizationalUnit>,
) -> Said<organizations::DeleteOrganizationalUnit> {
    let (tree, id) = (tree(cx)?, input.organizational_unit_id().unwrap_or_default());
    let units = seen(&tree.units)?;
    if !units.contains_key(id) {
        let words = "You specified an organizational unit that doesn't exist.";
        return Err(refuse("OrganizationalUnitNotFoundException", words));
    }
    let inside = seen(&tree.accounts)?.values().any(|account| account.parent == id);
    if inside || units.values().any(|unit| unit.parent == id) || tree.levels.iter().any(|level| level == id) {
        let words = "The specified OU is not empty.";
        return Err(refuse("OrganizationalUnitNotEmptyException", words));
    }
    let id = id.to_owned();
    let tree = tree_mut(cx)?;
    seen_mut(&mut tree.units)?.remove(&id);
    for policy in tree.policies.read_mut().into_iter().flat_map(BTreeMap::values_mut) {
        if let Seen::Read(targets) = &mut policy.targets {
            targets.remove(&id);
        }
    }
    cx.world.organizations.attached.retain(|(_, target), _| *target != id);
    Ok(Out::<organizations::DeleteOrganizationalUnit>::builder().build())
}

fn move_account(cx: &mut Cx<'_>, input: &In<organizations::MoveAccount>) -> Said<organizations::MoveAccount> {
    let id = input.account_id().unwrap_or_default().to_owned();
    let (from, to) = (
        input.source_parent_id().unwrap_or_default(),
        input.destination_parent_id().unwrap_or_default().to_owned(),
    );
    let tree = tree(cx)?;
    let Some(parent) = parent_of(tree, &id).filter(|_| !id.starts_with("ou-")) else {
        return Err(refuse("AccountNotFoundException", "You specified an account that doesn't exist."));
    };
    if !is_parent(tree, &to) {
        let words = "You specified a destination that doesn't exist.";
        return Err(refuse("DestinationParentNotFoundException", words));
    }
    if parent == to {
        let words = "The account is already in the specified destination.";
        return Err(refuse("DuplicateAccountException", words));
    }
    if parent != from {
        let words = "The account is not in the specified source.";
        return Err(refuse("SourceParentNotFoundException", words));
    }
    let path = path_to(tree, &to);
    let own = tree.levels.last() == Some(&id);
    let tree = tree_mut(cx)?;
    if let Some(account) = tree.accounts.read_mut().and_then(|accounts| accounts.get_mut(&id)) {
        account.parent = to;
    }
    if own {
        tree.levels = path.into_iter().chain([id]).collect();
        show_levels(cx)?;
        cx.follow();
    }
    Ok(Out::<organizations::MoveAccount>::builder().build())
}
