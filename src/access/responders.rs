//! The principals of the account that are the responder's: who calls, and who made the caller's session.
//!
//! A step that cuts principals must spare them. Where it is not known who made the session, everybody is
//! spared who may have: without those credentials a profile cannot renew the session, in a long pull or at
//! the restore.

use std::collections::{BTreeMap, BTreeSet};

use super::arn;
use super::parse;
use super::policy::{Effect, Policy, Statement};
use super::trust::{ASSUME, IDENTITY_CENTER, Trusted};
use crate::account::{Account, Cause, Link, Principals, Role, Seen, User};

/// The responder's principals.
#[derive(Debug)]
pub struct Responders<'a> {
    account: &'a Account,
    /// Users and roles that are the responder's, with the reason.
    known: BTreeMap<Who, String>,
    /// Users and roles that may have made the caller's session, with the reason.
    possible: BTreeMap<Who, String>,
    /// Whoever may send this action may have made the session, for this reason.
    by_right: Option<(&'static str, String)>,
    /// Anybody may have made the session, for this reason.
    anybody: Option<String>,
}

/// A user or a role of the account, by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    User(String),
    Role(String),
}

/// Why a principal counts as the responder's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mine {
    /// It is the responder's for sure. Otherwise it may be: the chain behind the session is not known.
    pub sure: bool,
    /// The reason names things of the account: escape it.
    pub why: String,
}

impl<'a> Responders<'a> {
    /// Finds them from the caller, the chain behind its session, and the trust policies of its roles.
    pub fn of(account: &'a Account) -> Responders<'a> {
        let mut found = Responders {
            account,
            known: BTreeMap::new(),
            possible: BTreeMap::new(),
            by_right: None,
            anybody: None,
        };
        let caller = &account.caller;
        let elsewhere = arn::account(&caller.arn).is_some_and(|of| of != account.id);
        let calls = (!elsewhere).then_some(caller);
        if let Some(user) = calls.and_then(|caller| caller.user()) {
            found.add(Who::User(user.to_owned()), "unplug calls as it".to_owned());
        }
        let role = calls.and_then(|caller| caller.role()).map(str::to_owned);
        if let Some(role) = &role {
            found.add(Who::Role(role.clone()), "unplug calls with its session".to_owned());
        }
        let (first, owned) = found.add_links(role);
        let whole = caller.chain.whole && owned;
        if calls.is_some_and(|caller| caller.is_federated_user()) && !whole {
            let why = "unplug calls with a session of GetFederationToken, which does not say whose it is";
            found.by_right = Some(("sts:getfederationtoken", why.to_owned()));
        }
        if let Some(role) = first.filter(|role| !whole && !role.starts_with(IDENTITY_CENTER)) {
            found.behind(role);
        }
        found
    }

    fn add(&mut self, who: Who, why: String) {
        self.known.entry(who).or_insert(why);
    }

    /// Adds the links that are known. Returns the role behind which nothing is known, and whether the owner
    /// of the key is known. Behind a role of another account stands nobody of this one, as far as can be
    /// told: then there is no such role.
    fn add_links(&mut self, role: Option<String>) -> (Option<String>, bool) {
        let account = self.account;
        let (mut first, mut owned) = (None, true);
        for link in &account.caller.chain.links {
            match link {
                Link::Key { id, user } => {
                    let listed = account.access_keys.item(id).map(|key| &key.user);
                    match user.as_ref().or(listed) {
                        Some(user) => {
                            let why = format!("its key {id} stands behind unplug's session");
                            self.add(Who::User(user.clone()), why);
                        }
                        None => owned = false,
                    }
                }
                Link::Role(role) => {
                    let name = name_of(role).filter(|_| arn::account(role) == Some(&account.id));
                    if let Some(name) = name {
                        self.add(Who::Role(name.to_owned()), "unplug's session was made through it".into());
                    }
                    first = first.or_else(|| Some(name.map(str::to_owned)));
                }
                Link::PermissionSet { account: of, name } => {
                    let prefix = format!("{IDENTITY_CENTER}{name}_");
                    let roles = account.principals.read().into_iter().flat_map(|all| all.roles.keys());
                    let own = (*of == account.id).then_some(roles).into_iter().flatten();
                    let own = own.filter(|role| role.starts_with(&prefix)).cloned();
                    let own: Vec<String> = own.collect();
                    for role in own {
                        self.add(Who::Role(role), "unplug's session was made through it".into());
                    }
                    first = first.or(Some(None));
                }
            }
        }
        (first.unwrap_or(role), owned)
    }

    /// Finds who may have made a session of this role, by the trust policies: role by role.
    fn behind(&mut self, role: String) {
        let Seen::Read(all) = &self.account.principals else {
            let gap = self.account.principals.gap().map_or(Cause::NotRead, |gap| gap.cause);
            let why = format!("who may assume {role} could not be read ({})", gap.words());
            self.anybody = Some(why);
            return;
        };
        let (mut open, mut visited) = (vec![role], BTreeSet::new());
        while let Some(name) = open.pop() {
            if !visited.insert(name.clone()) {
                continue;
            }
            let Some(role) = all.roles.get(&name) else {
                self.anybody.get_or_insert(format!("{name} is not among the roles"));
                continue;
            };
            for who in self.trusted_by(&name, role) {
                if let Who::Role(role) = &who {
                    open.push(role.clone());
                }
                let kind = who.words();
                self.possible.entry(who).or_insert(format!("{name} lets {kind} in"));
            }
        }
    }

    /// Users and roles that a trust policy names.
    fn trusted_by(&mut self, name: &str, role: &Role) -> impl Iterator<Item = Who> + use<> {
        let trusted = Trusted::of(&role.trust, &self.account.id, ASSUME);
        if let Some(words) = trusted.everybody {
            self.anybody.get_or_insert(format!("{name} {words}"));
        }
        if trusted.account {
            let why = format!("{name} lets in whoever of the account may assume roles");
            self.by_right.get_or_insert((ASSUME[0], why));
        }
        trusted.users.into_iter().map(Who::User).chain(trusted.roles.into_iter().map(Who::Role))
    }

    /// Why a user of the account is the responder's, or may be.
    pub fn user(&self, name: &str) -> Option<Mine> {
        self.whose(&Who::User(name.to_owned()))
    }

    /// Why a role of the account is the responder's, or may be.
    pub fn role(&self, name: &str) -> Option<Mine> {
        self.whose(&Who::Role(name.to_owned()))
    }

    /// The users and roles that are the responder's for sure: ARNs, where the principals were read.
    pub fn arns(&self) -> Vec<String> {
        let Some(all) = self.account.principals.read() else { return vec![] };
        let arn = |who: &Who| match who {
            Who::User(name) => all.users.get(name).map(|user| user.arn.clone()),
            Who::Role(name) => all.roles.get(name).map(|role| role.arn.clone()),
        };
        self.known.keys().filter_map(arn).collect()
    }

    fn whose(&self, who: &Who) -> Option<Mine> {
        if let Some(why) = self.known.get(who) {
            return Some(Mine { sure: true, why: why.clone() });
        }
        let possible = self.possible.get(who).or(self.anybody.as_ref()).cloned();
        let possible = possible.or_else(|| {
            let (action, why) = self.by_right.as_ref()?;
            let all = self.account.principals.read()?;
            may_send(all, who, action).then(|| format!("{why}, and {} may", who.words()))
        });
        possible.map(|why| Mine { sure: false, why })
    }
}

impl Who {
    fn words(&self) -> String {
        match self {
            Who::User(name) => format!("user {name}"),
            Who::Role(name) => format!("role {name}"),
        }
    }
}

/// The name at the end of an ARN, without the path.
fn name_of(arn: &str) -> Option<&str> {
    arn.rsplit('/').next().filter(|name| !name.is_empty())
}

/// Whether a policy of a role allows the action (in lower case) somewhere, denies and conditions apart. A policy
/// that was not read may, and so may a role that was not.
pub fn role_may_send(all: &Principals, role: &str, action: &str) -> bool {
    may_send(all, &Who::Role(role.to_owned()), action)
}

/// Whether a policy of the principal or of its groups allows the action somewhere. A policy that was not
/// read may.
fn may_send(all: &Principals, who: &Who, action: &str) -> bool {
    let text = |text: &str| parse::policy(text).map_or(true, |policy| allows(&policy, action));
    let managed = |arn: &String| {
        let known = all.policies.get(arn).map(String::as_str).or_else(|| super::known::text(arn));
        known.is_none_or(text)
    };
    match who {
        Who::Role(name) => match all.roles.get(name) {
            Some(Role { attached, inline, .. }) => {
                attached.iter().any(managed) || inline.values().any(|one| text(one))
            }
            None => true,
        },
        Who::User(name) => match all.users.get(name) {
            Some(User { attached, inline, groups, .. }) => {
                let by_group = |name: &String| {
                    all.groups.get(name).is_none_or(|group| {
                        group.attached.iter().any(managed) || group.inline.values().any(|one| text(one))
                    })
                };
                attached.iter().any(managed)
                    || inline.values().any(|one| text(one))
                    || groups.iter().any(by_group)
            }
            None => true,
        },
    }
}

fn allows(policy: &Policy, action: &str) -> bool {
    let allows = |statement: &Statement| statement.effect != Effect::Deny && statement.covers_action(action);
    policy.statements.iter().any(allows)
}

#[cfg(test)]
#[path = "responders/tests.rs"]
mod tests;
