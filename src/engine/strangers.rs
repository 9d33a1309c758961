//! What runs of other machines have made: two laptops are the normal case.
//!
//! Tags say it, and anybody may set a tag: these are words for a person, and nothing is decided by them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::account::{Account, Tags};
use crate::step::Reason;
use crate::step::created::{BY, RUN};

/// A run that this machine has no record of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stranger {
    pub run: String,
    /// Who, as the tags say.
    pub by: BTreeSet<String>,
    /// How many resources carry the run's tag.
    pub resources: usize,
    /// One of them, to look at.
    pub example: String,
    /// Regions, and `the Organization` for its policies.
    pub regions: BTreeSet<String>,
}

/// The runs whose tags are in the account, and that are not among those known here.
pub fn strangers(account: &Account, known: &BTreeSet<String>) -> Vec<Stranger> {
    let mut found = BTreeMap::<String, Stranger>::new();
    each_tagged(account, |region, id, run, tags| {
        if known.contains(run) {
            return;
        }
        let stranger = found.entry(run.clone()).or_insert_with(|| Stranger {
            run: run.clone(),
            example: id.clone(),
            ..Stranger::default()
        });
        stranger.by.extend(tags.get(BY).filter(|by| !by.is_empty()).cloned());
        stranger.resources += 1;
        stranger.regions.insert(region.to_owned());
    });
    found.into_values().collect()
}

/// Visits everything that carries the tag of a run: its Region, or [`ORGANIZATION`], id, run and all its tags.
fn each_tagged(account: &Account, mut visit: impl FnMut(&str, &String, &String, &Tags)) {
    for (region, here) in &account.regions {
        let mut see = |id: &String, tags: &Tags| {
            if let Some(run) = tags.get(RUN) {
                visit(region, id, run, tags);
            }
        };
        macro_rules! look {
            ($($field:ident)*) => {
                $(here.$field.items().for_each(|(id, item)| see(id, &item.tags));)*
            };
        }
        look!(groups acls route_tables egress_gateways nat_gateways endpoints snapshots);
        if let Some(firewall) = here.dns_firewall.read() {
            firewall.rule_groups.iter().for_each(|(id, group)| see(id, &group.tags));
            firewall.domain_lists.iter().for_each(|(id, list)| see(id, &list.tags));
        }
    }
    let organization = account.organization.read().and_then(Option::as_ref);
    let tree = organization.and_then(|organization| organization.tree.read());
    for (id, policy) in tree.into_iter().flat_map(|tree| tree.policies.items()) {
        if let Some((run, tags)) = policy.tags.read().and_then(|tags| Some((tags.get(RUN)?, tags))) {
            visit(ORGANIZATION, id, run, tags);
        }
    }
}

/// Where the policies of the Organization are, which have no Region.
const ORGANIZATION: &str = "the Organization";

/// Says that another run has cut a target too, where its state names what that run has made: neither run
/// then finds what it has left. `None` where the state before has the same: the other run goes first.
pub fn cut_by_another_too(now: &Value, before: &Value, account: &Account, run: &str) -> Option<Reason> {
    let mut found = None;
    each_tagged(account, |_, id, other, _| {
        if other != run && found.is_none() && names(now, id) && !names(before, id) {
            found = Some((id.clone(), other.clone()));
        }
    });
    let (id, other) = found?;
    Some(format!(
        "run {other} has cut it too, by {id}, so neither run finds what it has left. When both cuts are to \
         end: unplug restore {run} without --yes, answer put-back; then unplug restore {other}, where that \
         run was made"
    ))
}

/// Is this id a text of the state?
fn names(state: &Value, id: &str) -> bool {
    match state {
        Value::String(text) => text == id,
        Value::Array(all) => all.iter().any(|item| names(item, id)),
        Value::Object(fields) => fields.values().any(|value| names(value, id)),
        _ => false,
    }
}

impl Stranger {
    /// A sentence for a person.
    pub fn sentence(&self) -> String {
        let since = began(&self.run).map(|at| format!(", begun {at},")).unwrap_or_default();
        let by = match &self.by.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => String::new(),
            all => format!(" by {}", all.join(", ")),
        };
        let made = match self.resources {
            1 => format!("made {}", self.example),
            n => format!("made {n} things ({} is one)", self.example),
        };
        let regions = self.regions.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        format!(
            "run {}{since}{by} {made} in {regions}, and this machine has no record of it: somebody else may \
             be at work, and only they can restore it. So say its tags; anybody may set a tag",
            self.run
        )
    }
}

/// When a run began: its id says so.
fn began(run: &str) -> Option<String> {
    let at = jiff::civil::DateTime::strptime("%Y%m%d-%H%M%S", run.get(..15)?).ok()?;
    Some(at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Group, Organization, OrganizationPolicy, OrganizationTree, Seen};
    use crate::sim::sample;

    #[test]
    fn a_run_of_another_machine_is_told_by_the_policies_that_it_made_in_the_organization() {
        let mut account = sample::account();
        let tags = [(RUN.to_owned(), "20260101-030000-22222222".to_owned())].into();
        let policy = OrganizationPolicy { tags: Seen::Read(tags), ..OrganizationPolicy::default() };
        let policies = [("p-1".to_owned(), policy), ("p-2".to_owned(), OrganizationPolicy::default())];
        let tree = OrganizationTree { policies: Seen::Read(policies.into()), ..OrganizationTree::default() };
        let organization = Organization { tree: Seen::Read(tree), ..Organization::default() };
        account.organization = Seen::Read(Some(organization));
        let [stranger] = &strangers(&account, &BTreeSet::new())[..] else { panic!("not one") };
        assert!(stranger.sentence().contains(" made p-1 in the Organization, "), "{}", stranger.sentence());
        let (now, before) =
            (serde_json::json!({ "attached": ["p-1"] }), serde_json::json!({ "attached": [] }));
        assert!(cut_by_another_too(&now, &before, &account, "mine").unwrap().contains("by p-1"));
    }

    #[test]
    fn a_run_of_another_machine_is_told_with_who_and_since_when_and_where() {
        let mut account = sample::account();
        let group = |run: &str, by: &str| Group {
            tags: [(RUN.to_owned(), run.to_owned()), (BY.to_owned(), by.to_owned())].into(),
            ..Group::default()
        };
        let here = account.regions.get_mut(sample::REGION).unwrap();
        let groups = here.groups.read_mut().unwrap();
        groups.insert("sg-mine".into(), group("20260101-020000-11111111", "me"));
        groups.insert("sg-x".into(), group("20260101-030000-22222222", "arn:aws:iam::1:user/ben"));
        groups.insert("sg-y".into(), group("20260101-030000-22222222", "arn:aws:iam::1:user/ben"));
        groups.insert("sg-z".into(), group("not-a-run", ""));
        let known = ["20260101-020000-11111111".to_owned()].into();
        let found = strangers(&account, &known);
        assert_eq!(found.iter().map(|s| s.resources).collect::<Vec<_>>(), [2, 1]);
        let said = found[0].sentence();
        let words = "run 20260101-030000-22222222, begun 2026-01-01 03:00:00 UTC, by arn:aws:iam::1:user/ben \
                     made 2 things (sg-x is one) in ";
        assert!(said.starts_with(words), "{said}");
        assert!(found[1].sentence().starts_with("run not-a-run made sg-z in "));
    }
}
