//! The empty group and the empty ACL that step 502 makes in a VPC in peacetime, and that 510 and 520 use.
//! Pure.
//!
//! Name and tags find one, and prove nothing: a thief can set them. It is taken for its rules, which it
//! must not have, and its rules are watched while a run uses it (`InUse`).

use crate::account::{Acl, Group, Region, Tags};
use crate::step::created::ROLE;

/// The value of the tag that says what a group or ACL is for.
pub const PURPOSE: &str = "isolation-ready";
/// The name of the group. AWS takes one of a name in a VPC.
pub const GROUP: &str = "unplug-isolation-ready";

/// The key of the tag that a run sets on what it uses.
pub(in crate::steps) fn used_by(run: &str) -> String {
    format!("unplug:used-by:{run}")
}

/// Do the tags say that it was prepared?
pub(in crate::steps) fn is_tagged(tags: &Tags) -> bool {
    tags.get(ROLE).is_some_and(|role| role == PURPOSE)
}

/// The first of these that the run uses, else the first that is fit.
fn first<'a, T: 'a>(
    all: impl Iterator<Item = (&'a String, &'a T)> + Clone,
    tags: impl Fn(&T) -> &Tags,
    is_fit: impl Fn(&T) -> bool,
    run: Option<&str>,
) -> Option<&'a String> {
    let mut all = all.filter(|(_, one)| is_tagged(tags(one)));
    let key = run.map(used_by);
    let mut used = all.clone();
    let used = used.find(|(_, one)| key.as_ref().is_some_and(|key| tags(one).contains_key(key)));
    used.or_else(|| all.find(|(_, one)| is_fit(one))).map(|(id, _)| id)
}

/// Returns the prepared group of a VPC: the one that the run uses, else one without any rule.
pub fn group<'a>(here: &'a Region, vpc: &str, owner: &str, run: Option<&str>) -> Option<&'a String> {
    let of_vpc = |one: &Group| one.vpc == vpc && one.owner == owner && one.name == GROUP;
    let is_empty = |one: &Group| one.ingress.is_empty() && one.egress.is_empty();
    let all = here.groups.read()?.iter().filter(|(_, one)| of_vpc(one));
    first(all, |one| &one.tags, is_empty, run)
}

/// Returns the prepared ACL of a VPC: the one that the run uses, else one without any rule but AWS's denies.
pub fn acl<'a>(here: &'a Region, vpc: &str, owner: &str, run: Option<&str>) -> Option<&'a String> {
    let of_vpc = |one: &Acl| one.vpc == vpc && one.owner == owner && !one.is_default;
    let is_empty = |one: &Acl| one.ingress.is_empty() && one.egress.is_empty();
    let all = here.acls.read()?.iter().filter(|(_, one)| of_vpc(one));
    first(all, |one| &one.tags, is_empty, run)
}

/// Is one prepared in the VPC, whatever it lets through by now?
pub(in crate::steps) fn has_group(here: &Region, vpc: &str, owner: &str) -> bool {
    here.groups
        .items()
        .any(|(_, one)| one.vpc == vpc && one.owner == owner && one.name == GROUP && is_tagged(&one.tags))
}

/// As [`has_group`].
pub(in crate::steps) fn has_acl(here: &Region, vpc: &str, owner: &str) -> bool {
    let is_ours = |one: &Acl| one.vpc == vpc && one.owner == owner && !one.is_default;
    here.acls.items().any(|(_, one)| is_ours(one) && is_tagged(&one.tags))
}
