//! The sessions of single instances: a deny on their role that holds for these instances alone.
//!
//! Whoever else has the role goes on: other instances, and a responder with a session of the same role.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::spared;
use crate::account::Account;
use crate::account::denial::{self, Instances};
use crate::step::{Case, Found, Item, Look, Reason};
use crate::steps::shared::deny::{Denial, Holder};
use crate::steps::shared::named;

pub(super) struct OfInstances;

impl Denial for OfInstances {
    const HOLDER: Holder = Holder::Role;
    const INLINE: &'static str = "role-instances";
    const BOUNDARY: &'static str = "role-instances-boundary";
    const WORDS: &'static str = "everything to these instances";
    const POLICY: &'static str = denial::INSTANCES;

    fn document(&self, look: &Look<'_>) -> String {
        let mut arns = in_scope(look.account, look.case).remove(&look.at.id).unwrap_or_default();
        arns.extend(denied(look));
        Instances { arns, before: None }.text()
    }

    fn seen(&self, text: &str) -> Option<String> {
        match Instances::read(text) {
            Some(Instances { before: Some(_), .. }) => None,
            Some(cut) => Some(cut.text()),
            None => Some(text.to_owned()),
        }
    }

    fn text(&self, from: Option<&str>, to: Option<&str>, now: Timestamp) -> Option<String> {
        // Back to none: the sessions that these instances have stay denied.
        let left = |from: &str| {
            let before = Some(denial::cut_off(now));
            Instances::read(from).map(|cut| Instances { before, ..cut }.text())
        };
        to.map(str::to_owned).or_else(|| from.and_then(left))
    }

    fn is_own(&self, text: &str) -> bool {
        Instances::read(text).is_some()
    }

    fn boundary(&self, _: &Look<'_>) -> Result<String, Reason> {
        Err("a boundary cannot tell instances apart: way = \"principals\" with --principal cuts the whole role".into())
    }

    fn spared(&self, look: &Look<'_>) -> Option<Reason> {
        let here = in_scope(look.account, look.case).remove(&look.at.id).unwrap_or_default();
        let me = look.account.caller.arn.rsplit('/').next().unwrap_or_default();
        let mine = |arn: &String| arn.rsplit('/').next() == Some(me);
        if look.account.caller.role() == Some(&look.at.id) && here.iter().any(mine) {
            return Some(format!("unplug runs on {me} with a session of this role"));
        }
        spared::of_aws_or_glass(look)
    }
}

/// The instances that the role's policy denies already.
fn denied(look: &Look<'_>) -> BTreeSet<String> {
    let role = look.account.principals.read().and_then(|all| all.roles.get(&look.at.id));
    let text = role.and_then(|role| role.inline.get(denial::INSTANCES));
    let read = text.and_then(|text| Instances::read(text)).filter(|read| read.before.is_none());
    read.map(|read| read.arns).unwrap_or_default()
}

/// The roles of the instances in scope, and what there is to say of those without one.
pub(super) fn find(account: &Account, case: &Case, found: &mut Found) {
    let Some(all) = account.principals.read() else { return };
    if named::only(case) {
        found.matters(None, "nobody that is named is cut: way = \"instance\" acts on instances alone");
    }
    for role in in_scope(account, case).keys() {
        let tags = all.roles.get(role).map(|role| &role.tags);
        found.item(tags.into_iter().fold(Item::new(OfInstances.target(role, account, case)), Item::tags));
    }
    for (region, id, profile) in with_profiles(account, case) {
        if role_of(profile, account).is_none() {
            let text =
                format!("{id}: no role of this account is in its profile {profile}: nothing is denied it");
            found.matters(Some(region), text);
        }
    }
    if found.items.is_empty() && found.findings.is_empty() {
        found.note(None, "no instance in scope has a role");
    }
}

/// The ARNs of the instances in scope, by the name of their role.
fn in_scope(account: &Account, case: &Case) -> BTreeMap<String, BTreeSet<String>> {
    let mut by_role = BTreeMap::<String, BTreeSet<String>>::new();
    for (region, id, profile) in with_profiles(account, case) {
        if let Some(role) = role_of(profile, account) {
            let arn = format!("arn:{}:ec2:{region}:{}:instance/{id}", account.partition(), account.id);
            by_role.entry(role.to_owned()).or_default().insert(arn);
        }
    }
    by_role
}

/// The instances in scope that have an instance profile: Region, id, the profile's ARN.
fn with_profiles<'a>(
    account: &'a Account,
    case: &'a Case,
) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    let regions = account.regions.iter().filter(move |(region, _)| case.scope.has_region(region));
    regions.flat_map(move |(region, here)| {
        let instances = here.instances.items().filter(move |(id, _)| case.scope.has_instance(here, id));
        instances.filter_map(move |(id, one)| Some((region.as_str(), id.as_str(), one.profile.as_deref()?)))
    })
}

/// The name of the role that an instance profile holds. A profile holds one at most.
fn role_of<'a>(profile: &str, account: &'a Account) -> Option<&'a str> {
    let mut roles = account.principals.read()?.roles.iter();
    roles.find(|(_, role)| role.profiles.contains(profile)).map(|(name, _)| name.as_str())
}
