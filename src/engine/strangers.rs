//! What runs of other machines have made: two laptops are the normal case.
//!
//! Tags say it, and anybody may set a tag: this is a warning, and nothing is decided by it.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::{Account, Tags};
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
    pub regions: BTreeSet<String>,
}

/// The runs whose tags are in the account, and that are not among those known here.
pub fn strangers(account: &Account, known: &BTreeSet<String>) -> Vec<Stranger> {
    let mut found = BTreeMap::<String, Stranger>::new();
    for (region, here) in &account.regions {
        let mut see = |id: &String, tags: &Tags| {
            let Some(run) = tags.get(RUN).filter(|run| !known.contains(*run)) else { return };
            let stranger = found.entry(run.clone()).or_insert_with(|| Stranger {
                run: run.clone(),
                example: id.clone(),
                ..Stranger::default()
            });
            stranger.by.extend(tags.get(BY).filter(|by| !by.is_empty()).cloned());
            stranger.resources += 1;
            stranger.regions.insert(region.clone());
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
    found.into_values().collect()
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
    use crate::account::Group;
    use crate::sim::sample;

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
