//! Who of those that sign in with a permission set keeps it.

use std::collections::BTreeSet;

use crate::access::responders::{Mine, Responders};
use crate::account::identity_center::set_of;
use crate::account::{Actor, Caller, Link, PermissionSet, Seen, SignInInstance};
use crate::step::{Look, Reason};
use crate::steps::shared::named;

/// The ids of the users whom the deny must spare: you, in your own set.
///
/// # Errors
/// Why the whole set stays: it is yours or may be, and the deny cannot spare you; it is a break-glass
/// principal's; only another account may change it.
pub(super) fn spared<const EVERYWHERE: bool>(
    look: &Look<'_>,
    instance: &SignInInstance,
    set: &PermissionSet,
) -> Result<BTreeSet<String>, Reason> {
    if let Some(why) = kept(look, instance, set) {
        return Err(why);
    }
    if EVERYWHERE && let Some(why) = behind_you_elsewhere(look, set).or_else(|| of_an_actor(look, set)) {
        return Err(why);
    }
    let Some((own, user)) = look.account.sign_in() else { return Ok(BTreeSet::new()) };
    if own != set.name {
        return Ok(BTreeSet::new());
    }
    let unknown = match &instance.caller {
        Seen::Read(Some(id)) => return Ok([id.clone()].into()),
        Seen::Read(None) => "the identity store has no user of that name".to_owned(),
        Seen::Gap(gap) => format!("your user id could not be looked up ({})", gap.cause.words()),
    };
    Err(format!(
        "it is yours: you have signed in with it as {user}, and {unknown}. A deny could not spare you"
    ))
}

/// Why nobody of a set is cut, whatever the way. A set of your own session is not among them.
pub(super) fn kept(look: &Look<'_>, instance: &SignInInstance, set: &PermissionSet) -> Option<Reason> {
    let Look { account, case, .. } = *look;
    let of_owner = instance.owner != account.holder(Actor::Organization)
        && set.accounts.read().is_some_and(|accounts| accounts.contains_key(&instance.owner));
    if of_owner {
        return Some(format!(
            "it is provisioned to the management account {} too: AWS lets only that account change it",
            instance.owner
        ));
    }
    let responders = Responders::of(account);
    let calls = account.sign_in().is_some_and(|(own, _)| own == set.name);
    account.roles_of_set(&set.name).find_map(|(name, role)| {
        if let Some(why) = case.config.break_glass(&role.arn) {
            return Some(format!("spared: {why}"));
        }
        let is_named = named::role(name, Some(&role.arn), case);
        match responders.role(name).filter(|_| !calls)? {
            Mine { sure: true, why } => Some(format!("it is yours: {why}")),
            Mine { sure: false, .. } if is_named => None,
            Mine { sure: false, why } => Some(format!(
                "your session may have been made by it: {why}. Name its role {name} with --principal to cut it"
            )),
        }
    })
}

/// Why a set is kept by the ways that can spare nobody of it: it is yours, or may be that of a break-glass principal.
pub(super) fn kept_whole(look: &Look<'_>, instance: &SignInInstance, set: &PermissionSet) -> Option<Reason> {
    let own = look.account.sign_in().is_some_and(|(own, _)| own == set.name);
    let own = own
        .then(|| "it is yours: you have signed in with it. The way \"account\" can spare you alone".into());
    let unread = || {
        let glass = !look.case.config.break_glass.is_empty() && look.account.principals.gap().is_some();
        glass.then(|| "roles were not read, so that a break-glass principal could not be told".into())
    };
    own.or_else(|| kept(look, instance, set)).or_else(unread)
}

/// Why a set is kept with which one of the run's actors has signed in: the cut would be in his account too.
pub(super) fn of_an_actor(look: &Look<'_>, set: &PermissionSet) -> Option<Reason> {
    let signed_in = |caller: &Caller| caller.role().and_then(set_of) == Some(set.name.as_str());
    let (actor, caller) = look.account.actors.iter().find(|(_, caller)| signed_in(caller))?;
    Some(format!(
        "it is the actor's: {actor} has signed in with it in account {}",
        caller.account().unwrap_or("?")
    ))
}

/// Why a set is kept that stands behind your session in another account: the deny would be there too.
fn behind_you_elsewhere(look: &Look<'_>, set: &PermissionSet) -> Option<Reason> {
    let links = &look.account.caller.chain.links;
    links.iter().find_map(|link| match link {
        Link::PermissionSet { account, name } if *name == set.name && *account != look.account.id => {
            Some(format!("it is yours: your session was made with it in account {account}"))
        }
        _ => None,
    })
}
