//! 690: doors of the account that no step closes: which are there, which are public. Nothing is changed.

mod deployers;
mod words;

use std::collections::BTreeMap;

use crate::account::other_doors::{DOORS, Door, NOT_LISTED, Reached};
use crate::account::{Account, Properties, Resources, Section, Seen};
use crate::step::{Case, Does, Found, Iam, Reversal, Spec, Step, StepId, count};

pub struct OtherDoors;

static SPEC: Spec = Spec {
    id: StepId(690),
    slug: "other-doors",
    title: "Other doors: what of the internet's other ways in is there",
    needs: &[Section::OtherDoors, Section::Pipelines],
    reversal: Reversal::Full,
    iam: Iam { apply: &[], undo: &[] },
    params: &[],
    does: Does::Looks,
    cuts: "nothing: it looks",
    leaves: "everything as it is: what it names stays open until you close it by hand; what Cloud Control cannot list is \
             not looked at (OpenSearch domains, SageMaker notebook instances, DMS replication instances, EMR clusters, \
             Cloud9, CodeBuild, MediaLive, Glue), nor what has no row in the step's table",
    breaks: "Nothing stops.",
    doc: include_str!("s690_other_doors/doc.md"),
};

impl Step for OtherDoors {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for door in DOORS.iter().filter(|door| account.partition() == "aws" && !is_in_scope(door, case)) {
            let only = door.of.only_in.unwrap_or_default();
            found.note(
                None,
                format!(
                    "{} not looked at: their API is in {only} alone, which is out of scope",
                    words::plural(door)
                ),
            );
        }
        let rest: Vec<String> = NOT_LISTED.iter().map(|(what, by)| format!("{what} ({by})")).collect();
        found.note(
            None,
            format!("not looked at, because Cloud Control cannot list them: {}", rest.join("; ")),
        );
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            if let Some(doors) = here.other_doors.read() {
                of_region(region, doors, &mut found);
            }
            deployers::of_region(region, here, account, &mut found);
        }
        found
    }
}

fn is_in_scope(door: &Door, case: &Case) -> bool {
    door.of.only_in.is_none_or(|region| case.scope.has_region(region))
}

/// Says which doors of a Region are there: a line that cannot be missed for all that are public, one of each
/// kind, and which kinds are absent or could not be looked at.
fn of_region(region: &str, here: &Resources, found: &mut Found) {
    let (mut public, mut lines) = (vec![], vec![]);
    for door in DOORS {
        let Some(all) = here.types.get(door.of.name).and_then(Seen::read) else { continue };
        let nothing = Properties::new();
        let mut by_reach = BTreeMap::<Reached, Vec<String>>::new();
        for (id, one) in all {
            let reached = one.read().map_or_else(|| door.unread(), |properties| door.reached(properties));
            let name = words::named(door, id, one.read().unwrap_or(&nothing), reached);
            by_reach.entry(reached).or_default().push(name);
        }
        if let Some(open) = by_reach.get(&Reached::Public) {
            public.push(count(open.len(), door.noun));
        }
        lines.extend(by_reach.iter().map(|(reached, names)| words::line(door, *reached, names)));
    }
    if !public.is_empty() {
        let text = format!("open to the internet, and no step closes it: {}", public.join(", "));
        found.matters(Some(region), text);
    }
    for line in lines {
        found.note(Some(region), line);
    }
    // A kind that could not be read is in `types`, and is a gap.
    let is_absent = |door: &&Door| {
        let (name, only_in) = (door.of.name, door.of.only_in);
        let known = !here.types.contains_key(name) && !here.not_offered.contains(name);
        known && only_in.is_none_or(|only| only == region)
    };
    let absent: Vec<String> = DOORS.iter().filter(is_absent).map(words::plural).collect();
    if !absent.is_empty() {
        found.fine(Some(region), format!("absent: {}", absent.join(", ")));
    }
    let not_offered = DOORS.iter().filter(|door| here.not_offered.contains(door.of.name));
    let not_offered: Vec<String> = not_offered.map(words::plural).collect();
    if !not_offered.is_empty() {
        let text = format!(
            "could not be looked at: {}: Cloud Control has no such type in this Region (TypeNotFoundException), mostly \
             because the service is not there",
            not_offered.join(", ")
        );
        found.note(Some(region), text);
    }
}

#[cfg(test)]
mod tests;
