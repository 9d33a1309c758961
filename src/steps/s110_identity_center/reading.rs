//! The permission set of a target in what was read.

use crate::account::{PermissionSet, SignInInstance};
use crate::collect::Ask;
use crate::step::{Look, Now, Target};

/// Reads the target's permission set alone.
pub(super) fn narrow(ask: &mut Ask, at: &Target) {
    let key = (at.region_name().to_owned(), at.id.clone());
    ask.only_permission_sets.get_or_insert_default().insert(key);
}

/// The target's permission set with its instance, where it was read.
pub(super) fn set<'a>(look: &Look<'a>) -> Option<(&'a SignInInstance, &'a PermissionSet)> {
    let id = look.case.names.current(&look.at.id);
    let (instance, set) = look.account.identity_center.read()?.permission_set(&id)?;
    Some((instance, set.read()?))
}

/// The state by the permission set `INSTANCE/SET`. Without such a set it is `none`; not known where its instance
/// was not read.
pub(super) fn state_of<S>(
    look: &Look<'_>,
    id: &str,
    none: Now<S>,
    state: impl FnOnce(&PermissionSet) -> Now<S>,
) -> Now<S> {
    Now::of(&look.account.identity_center, |center| {
        let of = format!("/{}", look.at.parts().0);
        let Some((_, instance)) = center.instances.iter().find(|(arn, _)| arn.ends_with(&of)) else {
            let unread = center.unread.get(look.at.region_name());
            return unread.map_or(Now::Vanished, |gap| Now::Unknown(gap.clone()));
        };
        Now::of(&instance.permission_sets, |sets| match sets.get(id) {
            Some(set) => Now::of(set, state),
            None => none,
        })
    })
}
