//! Who would put the cuts of a plan or of a run back, and what to do about them.

use super::change::Change;
use super::journal::{Done, Journal};
use super::plan::Plan;
use crate::pipelines::notes::{self, Cut, DriftNotes, Stands};
use crate::step::alias;
use crate::steps;

/// The notes on everything that a plan would cut. What only saves evidence is left out.
pub fn of_plan(plan: &Plan) -> DriftNotes {
    let cuts: Vec<Cut> = plan
        .changes()
        .filter(|change| cuts(change))
        .map(|change| Cut { stands: Stands::Planned, ..cut(change) })
        .collect();
    notes::of(&cuts, plan.deployers.as_ref(), "")
}

/// The notes on everything that a run has cut, from its journal, and from its plan where that is there: it has
/// what was read of AWS's own pipelines. What is known not to be cut is left out.
pub fn of_run(run: &str, journal: &Journal, plan: Option<&Plan>) -> DriftNotes {
    let (outcomes, returned, names) = (journal.outcomes(), journal.returned(), journal.names());
    let of_change = |change: &Change| {
        let stands = match outcomes.get(&change.number).map(|(done, _)| *done) {
            Some(Done::NotApplied | Done::Vanished | Done::Kept) => return None,
            _ if returned.contains(&change.number) => Stands::PutBack,
            Some(Done::Applied) => Stands::Cut,
            Some(Done::Half | Done::Unknown) | None => Stands::Unknown,
        };
        let new_id = names.get(&alias(&change.target.id)).filter(|new| **new != change.target.id).cloned();
        Some(Cut { stands, new_id, ..cut(change) })
    };
    let all: Vec<Cut> = journal.intents().filter(|change| cuts(change)).filter_map(of_change).collect();
    notes::of(&all, plan.and_then(|plan| plan.deployers.as_ref()), run)
}

/// Does the change take something away? A step that saves evidence leaves nothing to put back.
fn cuts(change: &Change) -> bool {
    !steps::find(change.step).is_some_and(|step| step.spec().does.saves())
}

fn cut(change: &Change) -> Cut {
    let target = &change.target;
    Cut {
        step: change.step.0,
        region: target.region.clone(),
        kind: target.kind.clone(),
        id: target.id.clone(),
        label: target.label.clone(),
        was: change.shown.0.clone(),
        cut: change.shown.1.clone(),
        stands: Stands::Cut,
        new_id: None,
        owners: change.owners.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::account::Tags;
    use crate::engine::journal::{Chain, Entry};
    use crate::pipelines::{Kind, owners};
    use crate::step::Target;

    fn change(number: u32, tags: Option<&[(&str, &str)]>) -> Change {
        let target = Target::new("subnet", format!("subnet-{number}")).region("eu-west-1");
        let tags = tags.map(|tags| tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let tags = tags.map(|tags| tags.collect::<Tags>());
        let owners = tags.map(|tags| owners(&tags, Some("eu-west-1")));
        Change { owners, ..Change::for_test(number, 520, target, json!("acl-1"), json!("acl-2")) }
    }

    fn journal(entries: &[Entry]) -> Journal {
        let mut chain = Chain::default();
        let lines = entries.iter().map(|entry| chain.line("2026-01-01T03:00:00Z", entry).unwrap());
        Journal::parse(&lines.collect::<Vec<_>>().concat()).unwrap()
    }

    fn outcome(change: u32, result: Done) -> Entry {
        Entry::Outcome { change, result, error: None }
    }

    #[test]
    fn a_journal_alone_tells_what_was_cut_of_each_stack_and_how_it_stands() {
        let stack: &[(&str, &str)] = &[("aws:cloudformation:stack-name", "net")];
        let intent = |number| Entry::Intent(Box::new(change(number, Some(stack))));
        let journal = journal(&[
            intent(1),
            intent(2),
            intent(3),
            intent(4),
            Entry::Intent(Box::new(change(5, None))),
            Entry::Intent(Box::new(change(6, Some(&[])))),
            outcome(1, Done::Applied),
            outcome(2, Done::Applied),
            outcome(3, Done::NotApplied),
            Entry::Created { name: alias("subnet-2"), id: "subnet-9".into() },
            Entry::Returned { change: 2, result: Done::Applied, error: None },
        ]);
        let notes = of_run("R", &journal, None);
        assert_eq!((notes.unowned, notes.looked_at_aws), (1, false));
        assert_eq!(notes.not_looked_at, [("subnet".to_owned(), 1)].into());
        let [note] = &notes.notes[..] else { panic!("{notes:?}") };
        assert_eq!((note.kind, note.name.as_str(), note.sure), (Kind::Stack, "net", true));
        let stands: Vec<_> = note.targets.iter().map(|of| (of.cut.id.as_str(), of.cut.stands)).collect();
        let expected =
            [("subnet-1", Stands::Cut), ("subnet-2", Stands::PutBack), ("subnet-4", Stands::Unknown)];
        assert_eq!(stands, expected, "the third was never cut");
        assert!(!note.put_back);
        let imports: Vec<_> = note.after.iter().filter(|to_do| to_do.text.contains("subnet-9 now")).collect();
        assert_eq!(imports.len(), 1, "{:?}", note.after);
    }

    #[test]
    fn a_journal_without_owners_says_that_no_tags_were_looked_at() {
        let entry = serde_json::to_value(Entry::Intent(Box::new(change(1, None)))).unwrap();
        assert!(entry["intent"].get("owners").is_none(), "as older versions wrote it");
        let back: Entry = serde_json::from_value(entry).unwrap();
        let notes = of_run("R", &journal(&[back]), None);
        assert_eq!(notes.not_looked_at.values().sum::<usize>(), 1);
        assert_eq!((notes.notes.len(), notes.unowned), (0, 0));
    }

    #[test]
    fn evidence_that_is_saved_is_no_cut() {
        let target = Target::new("disks", "i-1").region("eu-west-1");
        let saved = Change::for_test(1, 210, target, json!(null), json!("snap"));
        let saved = Change { owners: Some(BTreeSet::new()), ..saved };
        assert_eq!(of_run("R", &journal(&[Entry::Intent(Box::new(saved))]), None).unowned, 0);
    }
}
