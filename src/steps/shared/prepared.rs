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

/// The groups of a VPC that were prepared, whatever they let through by now. AWS takes one.
fn groups<'a>(
    here: &'a Region,
    vpc: &str,
    owner: &str,
) -> impl Iterator<Item = (&'a String, &'a Group)> + Clone {
    let of_vpc = move |one: &Group| one.vpc == vpc && one.owner == owner && one.name == GROUP;
    let all = here.groups.read().into_iter().flatten();
    all.filter(move |(_, one)| of_vpc(one) && is_tagged(&one.tags))
}

/// As [`groups`].
fn acls<'a>(here: &'a Region, vpc: &str, owner: &str) -> impl Iterator<Item = (&'a String, &'a Acl)> + Clone {
    let of_vpc = move |one: &Acl| one.vpc == vpc && one.owner == owner && !one.is_default;
    let all = here.acls.read().into_iter().flatten();
    all.filter(move |(_, one)| of_vpc(one) && is_tagged(&one.tags))
}

/// The first of these that the run uses, else the first that is fit.
fn first<'a, T: 'a>(
    mut all: impl Iterator<Item = (&'a String, &'a T)> + Clone,
    tags: impl Fn(&T) -> &Tags,
    is_fit: impl Fn(&T) -> bool,
    run: Option<&str>,
) -> Option<&'a String> {
    let key = run.map(used_by);
    let mut used = all.clone();
    let used = used.find(|(_, one)| key.as_ref().is_some_and(|key| tags(one).contains_key(key)));
    used.or_else(|| all.find(|(_, one)| is_fit(one))).map(|(id, _)| id)
}

fn is_empty(acl: &Acl) -> bool {
    acl.ingress.is_empty() && acl.egress.is_empty()
}

/// Returns the prepared group of a VPC: the one that the run uses, else one without any rule.
pub fn group<'a>(here: &'a Region, vpc: &str, owner: &str, run: Option<&str>) -> Option<&'a String> {
    first(groups(here, vpc, owner), |one| &one.tags, Group::is_closed, run)
}

/// Returns the prepared ACL of a VPC: the one that the run uses, else one without any rule but AWS's denies.
pub fn acl<'a>(here: &'a Region, vpc: &str, owner: &str, run: Option<&str>) -> Option<&'a String> {
    first(acls(here, vpc, owner), |one| &one.tags, is_empty, run)
}

/// Returns the group of a VPC that was prepared, whatever it lets through by now.
pub(in crate::steps) fn any_group<'a>(
    here: &'a Region,
    vpc: &str,
    owner: &str,
) -> Option<(&'a String, &'a Group)> {
    groups(here, vpc, owner).next()
}

/// As [`any_group`]; of several ACLs one without rules.
pub(in crate::steps) fn any_acl<'a>(
    here: &'a Region,
    vpc: &str,
    owner: &str,
) -> Option<(&'a String, &'a Acl)> {
    acls(here, vpc, owner).min_by_key(|(id, one)| (!is_empty(one), *id))
}

/// Why the rules of a resource that was prepared stay in it: something uses it. They are not what a cut
/// left there, and who wrote them may need them.
pub(in crate::steps) fn in_use(noun: &str, id: &str, user: Option<String>) -> Option<String> {
    let user = user?;
    Some(format!(
        "{id} is tagged as the prepared {noun} and has rules, and {user} uses it: they stay. Take the tag {ROLE} off, \
         or move {user} elsewhere"
    ))
}
