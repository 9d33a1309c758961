//! What is not to be cut with these credentials, and where it is: never "nothing there".

use std::collections::BTreeSet;

use crate::account::identity_center::set_of;
use crate::account::{Account, Actor, Cause, IdentityCenter, SignInInstance};
use crate::step::{Found, count, first_few};

/// Says which sign-ins to this account are of an instance that these credentials cannot change.
pub(super) fn say(account: &Account, found: &mut Found) {
    let sets = sets_with_roles(account);
    let Some(center) = account.identity_center.read() else {
        if !account.identity_center.is_not_read() && !sets.is_empty() {
            found.matters(None, format!("not cut: {}. {THERE}", words(&sets)));
        }
        return;
    };
    let mut explained = false;
    for (arn, instance) in &center.instances {
        let Some(gap) = instance.permission_sets.gap() else { continue };
        let id = arn.rsplit('/').next().unwrap_or(arn);
        let region = Some(instance.primary_region.as_str());
        if instance.owner != account.holder(Actor::Organization) {
            explained = true;
            found.matters(
                region,
                format!(
                    "not here, look there: IAM Identity Center {id} belongs to account {}, and its permission sets were \
                     not shown to these credentials ({}). Not cut: {}. {THERE}",
                    instance.owner,
                    gap.cause.words(),
                    words(&sets)
                ),
            );
        } else if gap.cause != Cause::Denied {
            found.note(
                region,
                format!(
                    "IAM Identity Center {id} belongs to this account and did not show permission sets: an account \
                     instance has none, and signs people in to applications alone"
                ),
            );
        }
    }
    let unknown: BTreeSet<&str> = sets.difference(&read(center)).copied().collect();
    if !unknown.is_empty() && !explained {
        found.matters(
            None,
            format!(
                "not here, look there: no instance of IAM Identity Center that these credentials see has {}. Not cut. {THERE}",
                words(&unknown)
            ),
        );
    }
    let none = center.instances.values().all(is_empty) && center.unread.is_empty();
    if none && sets.is_empty() && account.principals.read().is_some() {
        found.fine(None, "no permission set of IAM Identity Center is provisioned to this account");
    }
}

const THERE: &str = "Name credentials of the Organization's management account, or of the account that is its \
                     delegated administrator for IAM Identity Center (--actor organization=PROFILE); or do it by hand \
                     from there, as the step's page says";

fn is_empty(instance: &SignInInstance) -> bool {
    instance.permission_sets.read().is_some_and(std::collections::BTreeMap::is_empty)
}

/// The permission sets of which this account has a role.
fn sets_with_roles(account: &Account) -> BTreeSet<&str> {
    let roles = account.principals.read().into_iter().flat_map(|all| all.roles.keys());
    roles.filter_map(|role| set_of(role)).collect()
}

/// The names of the permission sets that were read, and of those that could not be looked at.
fn read(center: &IdentityCenter) -> BTreeSet<&str> {
    let sets = center.instances.values().flat_map(|instance| instance.permission_sets.items());
    sets.filter_map(|(_, set)| Some(set.read()?.name.as_str())).collect()
}

/// `the permission sets Admins, Ops and 3 more, by their roles`
fn words(sets: &BTreeSet<&str>) -> String {
    const SHOWN: usize = 5;
    if sets.is_empty() {
        return "permission sets that were not seen".into();
    }
    format!("{} with a role here ({})", count(sets.len(), "permission set"), first_few(sets, SHOWN))
}
