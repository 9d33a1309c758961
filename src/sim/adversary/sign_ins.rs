//! Permission sets of IAM Identity Center let people in again.

use super::moves::{Attempt, Scene, both};
use crate::account::identity_center::{INLINE, set_of};
use crate::account::{Account, Actor, IdentityCenter, PermissionSet, Role, SignInInstance};

/// Writes the old inline policy, and provisions it.
pub(super) fn policies(scene: &Scene<'_>) -> Vec<Attempt> {
    each(scene, "sso:PutInlinePolicyToPermissionSet", |was, is| {
        is.policy.clone_from(&was.policy);
        is.latest_here = was.latest_here;
        is.accounts.clone_from(&was.accounts);
    })
}

/// Assigns the set to whom it was assigned.
pub(super) fn assignments(scene: &Scene<'_>) -> Vec<Attempt> {
    each(scene, "sso:CreateAccountAssignment", |was, is| {
        is.assignments.clone_from(&was.assignments);
        is.latest_here = was.latest_here;
    })
}

/// One attempt for each permission set of which `take` changes something. AWS puts the set's role right with it.
fn each(
    scene: &Scene<'_>,
    action: &'static str,
    take: fn(&PermissionSet, &mut PermissionSet),
) -> Vec<Attempt> {
    // In a member account of the Organization nobody may call them.
    if scene.now.actors.contains_key(&Actor::Organization) {
        return vec![];
    }
    let Some((wanted, now)) = both(&scene.wanted.identity_center, &scene.now.identity_center) else {
        return vec![];
    };
    let mut attempts = vec![];
    for (instance, set, is) in sets(now) {
        let Some(was) = wanted.permission_set(set).and_then(|(_, was)| was.read()) else { continue };
        let mut then = is.clone();
        take(was, &mut then);
        if then == *is {
            continue;
        }
        let roles = roles(scene.wanted, &was.name);
        let (id, was) = (set.clone(), was.clone());
        let arn = format!("arn:{}:sso:::permissionSet/{set}", scene.now.partition());
        let deed = move |account: &mut Account| {
            let center = account.identity_center.read_mut();
            let all = center.into_iter().flat_map(|center| center.instances.values_mut());
            for instance in all.filter_map(|instance| instance.permission_sets.read_mut()) {
                if let Some(is) = instance.get_mut(&id).and_then(|set| set.read_mut()) {
                    take(&was, is);
                }
            }
            let Some(now) = account.principals.read_mut() else { return };
            for (name, role) in &roles {
                let inline = now.roles.entry(name.clone()).or_insert_with(|| role.clone());
                match role.inline.get(INLINE) {
                    Some(text) => drop(inline.inline.insert(INLINE.into(), text.clone())),
                    None => drop(inline.inline.remove(INLINE)),
                }
            }
        };
        attempts.push(Attempt::new(set, vec![(action, arn)], deed).called_in(&instance.primary_region));
    }
    attempts
}

/// Each permission set that was read, with its instance and its id.
fn sets(center: &IdentityCenter) -> impl Iterator<Item = (&SignInInstance, &String, &PermissionSet)> {
    center.instances.values().flat_map(|instance| {
        let sets = instance.permission_sets.items();
        sets.filter_map(move |(id, set)| Some((instance, id, set.read()?)))
    })
}

/// The roles of a permission set in this account.
fn roles(account: &Account, set: &str) -> Vec<(String, Role)> {
    let all = account.principals.read().into_iter().flat_map(|all| &all.roles);
    let of_set = all.filter(|(name, _)| set_of(name) == Some(set));
    of_set.map(|(name, role)| (name.clone(), role.clone())).collect()
}
