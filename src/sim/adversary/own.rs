//! Moves on the thief's own user or role: whatever denies goes, whatever allows comes back.

use std::collections::{BTreeMap, BTreeSet};

use super::credential::Me;
use super::moves::{Attempt, Scene};
use crate::account::{Account, Principals};

/// The inline policy with which a thief gives himself every right.
pub(super) const ADMIN_NAME: &str = "service-metrics";
pub(super) const ADMIN: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// The policies of one user or role, as both have them.
struct Own<'a> {
    attached: &'a BTreeSet<String>,
    inline: &'a BTreeMap<String, String>,
    boundary: Option<&'a String>,
}

struct OwnMut<'a> {
    attached: &'a mut BTreeSet<String>,
    inline: &'a mut BTreeMap<String, String>,
    boundary: &'a mut Option<String>,
}

fn own<'a>(all: &'a Principals, me: &Me) -> Option<Own<'a>> {
    match me {
        Me::User(name) => all.users.get(name).map(|user| Own {
            attached: &user.attached,
            inline: &user.inline,
            boundary: user.boundary.as_ref(),
        }),
        Me::Role(name) => all.roles.get(name).map(|role| Own {
            attached: &role.attached,
            inline: &role.inline,
            boundary: role.boundary.as_ref(),
        }),
        Me::Root | Me::Outsider => None,
    }
}

/// Changes the policies of the user or role, where it is there.
fn change(account: &mut Account, me: &Me, change: impl FnOnce(OwnMut<'_>)) {
    let Some(all) = account.principals.read_mut() else { return };
    match me {
        Me::User(name) => {
            if let Some(user) = all.users.get_mut(name) {
                let (attached, inline) = (&mut user.attached, &mut user.inline);
                change(OwnMut { attached, inline, boundary: &mut user.boundary });
            }
        }
        Me::Role(name) => {
            if let Some(role) = all.roles.get_mut(name) {
                let (attached, inline) = (&mut role.attached, &mut role.inline);
                change(OwnMut { attached, inline, boundary: &mut role.boundary });
            }
        }
        Me::Root | Me::Outsider => {}
    }
}

/// The thief's own policies as he wants them and as they are, with his ARN.
fn pair<'a>(scene: &'a Scene<'_>) -> Option<(Own<'a>, Own<'a>, &'a str)> {
    let (wanted, now) = (scene.wanted.principals.read()?, scene.now.principals.read()?);
    Some((own(wanted, scene.me)?, own(now, scene.me)?, scene.own_arn()?))
}

/// The action on users, or its sister on roles.
fn action(me: &Me, user: &'static str, role: &'static str) -> &'static str {
    if matches!(me, Me::User(_)) { user } else { role }
}

fn denies(text: &str) -> bool {
    text.contains("\"Deny\"")
}

pub(super) fn delete_inline(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now, arn)) = pair(scene) else { return vec![] };
    let delete = action(scene.me, "iam:DeleteUserPolicy", "iam:DeleteRolePolicy");
    let put_on = now.inline.iter().filter(|(name, text)| wanted.inline.get(*name) != Some(text));
    let attempt = |(name, _): (&String, &String)| {
        let (me, name, old) = (scene.me.clone(), name.clone(), wanted.inline.get(name).cloned());
        Attempt::new(&name.clone(), vec![(delete, arn.to_owned())], move |account| {
            change(account, &me, |own| {
                own.inline.remove(&name);
                own.inline.extend(old.clone().map(|old| (name.clone(), old)));
            });
        })
    };
    put_on.map(attempt).collect()
}

pub(super) fn overwrite_inline(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now, arn)) = pair(scene) else { return vec![] };
    let put = action(scene.me, "iam:PutUserPolicy", "iam:PutRolePolicy");
    let put_on =
        now.inline.iter().filter(|(name, text)| wanted.inline.get(*name) != Some(text) && denies(text));
    let attempt = |(name, _): (&String, &String)| {
        let (me, name) = (scene.me.clone(), name.clone());
        Attempt::new(&name.clone(), vec![(put, arn.to_owned())], move |account| {
            change(account, &me, |own| drop(own.inline.insert(name.clone(), ADMIN.to_owned())));
        })
    };
    put_on.map(attempt).collect()
}

pub(super) fn detach(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now, arn)) = pair(scene) else { return vec![] };
    let detach = action(scene.me, "iam:DetachUserPolicy", "iam:DetachRolePolicy");
    let attempt = |policy: &String| {
        let (me, policy) = (scene.me.clone(), policy.clone());
        Attempt::new(&policy.clone(), vec![(detach, arn.to_owned())], move |account| {
            change(account, &me, |own| own.attached.retain(|attached| *attached != policy));
        })
    };
    now.attached.difference(wanted.attached).map(attempt).collect()
}

pub(super) fn remove_boundary(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now, arn)) = pair(scene) else { return vec![] };
    let Some(set) = now.boundary.filter(|set| wanted.boundary != Some(set)) else { return vec![] };
    let mut asks = vec![(
        action(scene.me, "iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary"),
        arn,
    )];
    if wanted.boundary.is_some() {
        asks =
            vec![(action(scene.me, "iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary"), arn)];
    }
    let asks = asks.into_iter().map(|(action, arn)| (action, arn.to_owned())).collect();
    let (me, old) = (scene.me.clone(), wanted.boundary.cloned());
    vec![Attempt::new(set, asks, move |account| change(account, &me, |own| own.boundary.clone_from(&old)))]
}

pub(super) fn replace_boundary(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now, arn)) = pair(scene) else { return vec![] };
    let Some(set) = now.boundary.filter(|set| wanted.boundary != Some(set)) else { return vec![] };
    let put = action(scene.me, "iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary");
    let (me, every) = (scene.me.clone(), of_aws(scene.now));
    vec![Attempt::new(set, vec![(put, arn.to_owned())], move |account| {
        change(account, &me, |own| *own.boundary = Some(every.clone()));
    })]
}

/// The ARN of AWS's own policy that allows everything.
fn of_aws(account: &Account) -> String {
    format!("arn:{}:iam::aws:policy/AdministratorAccess", account.partition())
}

pub(super) fn leave_groups(scene: &Scene<'_>) -> Vec<Attempt> {
    let (Me::User(name), Some(wanted), Some(now)) =
        (scene.me, scene.wanted.principals.read(), scene.now.principals.read())
    else {
        return vec![];
    };
    let (Some(was), Some(is)) = (wanted.users.get(name), now.users.get(name)) else { return vec![] };
    let attempt = |group: &String| {
        let (name, group) = (name.clone(), group.clone());
        let arn =
            now.groups.get(&group).map_or_else(|| scene.iam(&format!("group/{group}")), |g| g.arn.clone());
        Attempt::new(&group.clone(), vec![("iam:RemoveUserFromGroup", arn)], move |account| {
            if let Some(user) = account.principals.read_mut().and_then(|all| all.users.get_mut(&name)) {
                user.groups.remove(&group);
            }
        })
    };
    is.groups.difference(&was.groups).map(attempt).collect()
}

pub(super) fn clear_groups(scene: &Scene<'_>) -> Vec<Attempt> {
    let (Me::User(name), Some(wanted), Some(now)) =
        (scene.me, scene.wanted.principals.read(), scene.now.principals.read())
    else {
        return vec![];
    };
    let own = now.users.get(name).into_iter().flat_map(|user| &user.groups);
    let changed = own.filter_map(|group| Some((group, wanted.groups.get(group)?, now.groups.get(group)?)));
    changed
        .filter(|(_, was, is)| was != is)
        .map(|(group, was, is)| {
            let (group, was) = (group.clone(), was.clone());
            let mut asks = vec![];
            if is.inline != was.inline {
                asks.push(("iam:DeleteGroupPolicy", is.arn.clone()));
            }
            if is.attached != was.attached {
                asks.push(("iam:DetachGroupPolicy", is.arn.clone()));
            }
            Attempt::new(&group.clone(), asks, move |account| {
                if let Some(all) = account.principals.read_mut() {
                    all.groups.insert(group.clone(), was.clone());
                }
            })
        })
        .collect()
}

/// Every right, unless the user or role has it by a policy of its own.
fn is_admin(own: &Own<'_>, account: &Account) -> bool {
    own.inline.values().any(|text| text == ADMIN) || own.attached.contains(&of_aws(account))
}

pub(super) fn put_admin(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((_, now, arn)) = pair(scene).filter(|(_, now, _)| !is_admin(now, scene.now)) else {
        return vec![];
    };
    // A user's inline policies are together 2,048 characters at the most: one of his own makes room.
    let most = if matches!(scene.me, Me::User(_)) { 2_048 } else { 10_240 };
    let full = now.inline.values().map(String::len).sum::<usize>() + ADMIN.len() > most;
    let victim = now.inline.keys().next().filter(|_| full).cloned();
    let name = victim.unwrap_or_else(|| ADMIN_NAME.to_owned());
    let put = action(scene.me, "iam:PutUserPolicy", "iam:PutRolePolicy");
    let me = scene.me.clone();
    vec![Attempt::new(&name.clone(), vec![(put, arn.to_owned())], move |account| {
        change(account, &me, |own| drop(own.inline.insert(name.clone(), ADMIN.to_owned())));
    })]
}

pub(super) fn attach_admin(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((_, _, arn)) = pair(scene).filter(|(_, now, _)| !is_admin(now, scene.now)) else {
        return vec![];
    };
    let attach = action(scene.me, "iam:AttachUserPolicy", "iam:AttachRolePolicy");
    let (me, policy) = (scene.me.clone(), of_aws(scene.now));
    vec![Attempt::new(&policy.clone(), vec![(attach, arn.to_owned())], move |account| {
        change(account, &me, |own| own.attached.extend([policy.clone()]));
    })]
}

pub(super) fn join_group(scene: &Scene<'_>) -> Vec<Attempt> {
    let (Me::User(name), Some(now)) = (scene.me, scene.now.principals.read()) else { return vec![] };
    let Some(user) = now.users.get(name) else { return vec![] };
    let admins = of_aws(scene.now);
    let every = |text: &String| now.policies.get(text).is_some_and(|text| text == ADMIN);
    let group = now.groups.iter().find(|(group, found)| {
        let attached = found.attached.iter().any(|arn| *arn == admins || every(arn));
        (attached || found.inline.values().any(|text| text == ADMIN)) && !user.groups.contains(*group)
    });
    let attempt = |(group, found): (&String, &crate::account::IamGroup)| {
        let (name, group) = (name.clone(), group.clone());
        Attempt::new(&group.clone(), vec![("iam:AddUserToGroup", found.arn.clone())], move |account| {
            if let Some(user) = account.principals.read_mut().and_then(|all| all.users.get_mut(&name)) {
                user.groups.insert(group.clone());
            }
        })
    };
    group.map(attempt).into_iter().collect()
}

pub(super) fn policy_version(scene: &Scene<'_>) -> Vec<Attempt> {
    let (Some((_, now, _)), Some(wanted), Some(all)) =
        (pair(scene), scene.wanted.principals.read(), scene.now.principals.read())
    else {
        return vec![];
    };
    let own = all.policies.iter().filter(|(arn, _)| !Principals::is_of_aws(arn));
    let attempt = |(arn, text): (&String, &String)| {
        let attached = now.attached.contains(arn) && !is_admin(&now, scene.now);
        let old = wanted.policies.get(arn).filter(|old| *old != text).map(String::as_str);
        let (arn, text) = (arn.clone(), old.or(attached.then_some(ADMIN))?.to_owned());
        Some(Attempt::new(&arn.clone(), vec![("iam:CreatePolicyVersion", arn.clone())], move |account| {
            if let Some(all) = account.principals.read_mut() {
                all.policies.insert(arn.clone(), text.clone());
            }
        }))
    };
    own.filter_map(attempt).collect()
}
