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

/// Returns the group of a VPC that was prepared, whatever it lets through by now.
pub(in crate::steps) fn any_group<'a>(
    here: &'a Region,
    vpc: &str,
    owner: &str,
) -> Option<(&'a String, &'a Group)> {
    let of_vpc = |one: &Group| one.vpc == vpc && one.owner == owner && one.name == GROUP;
    here.groups.items().find(|(_, one)| of_vpc(one) && is_tagged(&one.tags))
}

/// As [`any_group`]; of several ACLs one without rules.
pub(in crate::steps) fn any_acl<'a>(
    here: &'a Region,
    vpc: &str,
    owner: &str,
) -> Option<(&'a String, &'a Acl)> {
    let of_vpc = |one: &Acl| one.vpc == vpc && one.owner == owner && !one.is_default;
    let tagged = here.acls.items().filter(|(_, one)| of_vpc(one) && is_tagged(&one.tags));
    tagged.min_by_key(|(id, one)| (!(one.ingress.is_empty() && one.egress.is_empty()), *id))
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
