//! Finds resources that a run made and that its journal does not name: the answer to a create was lost,
//! or the journal lost its end.

use serde_json::Value;

use super::{Owed, ask_for};
use crate::account::Account;
use crate::aws::Aws;
use crate::collect;
use crate::engine::journal::{Done, Journal};
use crate::engine::plan::Brief;
use crate::step::{BadState, Look, Names, Now, Step, StepId, Target};
use crate::steps;

/// Is a state that is found now one that this change brings about, wholly or half?
pub(crate) fn is_ours(step: &dyn Step, owed: &Owed, now: &Value) -> Result<bool, BadState> {
    let lens = step.lens(&owed.change.target);
    Ok(lens.arrived(&owed.change.after, now)
        || lens.is_between(&owed.change.before, &owed.change.after, now)?
        || lens.is_between(&owed.change.after, &owed.change.before, now)?)
}

/// Finds by the run's tags what these changes have made and the journal does not name, and records
/// it. A tag proves nothing, because a thief can set it: only what has the content that the run gives
/// is taken. Returns what there is to say.
///
/// # Errors
/// When a state is not one of its step's.
pub(crate) async fn adopt(
    aws: &Aws,
    known: &Account,
    brief: &Brief,
    owed: &[&Owed],
) -> Result<Vec<String>, BadState> {
    let nameless = |owed: &Owed| {
        let step = steps::find(owed.change.step)?;
        step.lens(&owed.change.target)
            .creates(&owed.change.target)
            .filter(|name| aws.names().id(name).is_none())
            .map(|name| (step, name))
    };
    let mut made: Vec<(&Owed, &dyn Step, String)> =
        owed.iter().filter_map(|owed| nameless(owed).map(|(step, name)| (*owed, step, name))).collect();
    if made.is_empty() {
        return Ok(vec![]);
    }
    // What is made later may name what was made first.
    made.sort_by_key(|(owed, ..)| (owed.change.step, owed.change.rank));
    let targets: Vec<&Owed> = made.iter().map(|(owed, ..)| *owed).collect();
    let mut ask = ask_for(&targets, brief);
    for (owed, step, _) in &made {
        step.ask(&mut ask, &known.id, &brief.case(&owed.change.params, aws.names().clone()));
    }
    let account = collect::read(aws, known, &ask, &|_, _| {}).await;
    let mut notes = vec![];
    for (owed, step, name) in made {
        let case = brief.case(&owed.change.params, aws.names().clone());
        let tagged = step.lens(&owed.change.target).tagged(&Look::new(&owed.change.target, &account, &case));
        let mut taken = None;
        for id in &tagged {
            let names = Names::new(aws.names().all());
            names.set(&name, id);
            let case = brief.case(&owed.change.params, names);
            let now = step.lens(&owed.change.target).state(&Look::new(&owed.change.target, &account, &case));
            if let Now::Is(now) | Now::Settling(now) = now
                && is_ours(step, owed, &now)?
            {
                taken = Some(id);
                break;
            }
        }
        match taken {
            Some(id) => {
                if let Err(error) = aws.created(&name, id) {
                    notes.push(format!("{id} cannot be recorded: {error}"));
                }
            }
            None => notes.extend(tagged.iter().map(|id| {
                format!(
                    "{id} carries the tags of this run and is not what the run makes: it is left as it is. \
                     Look at it, and delete it by hand if it is nobody's"
                )
            })),
        }
    }
    Ok(notes)
}

/// Targets whose creating call AWS never answered, and that were not found since: AWS may still
/// carry the call out.
pub fn unanswered(journal: &Journal) -> Vec<(StepId, &Target)> {
    let (names, outcomes) = (journal.names(), journal.outcomes());
    journal
        .intents()
        .filter(|intent| matches!(outcomes.get(&intent.number), None | Some((Done::Unknown, _))))
        .filter(|intent| {
            let name =
                steps::find(intent.step).and_then(|step| step.lens(&intent.target).creates(&intent.target));
            name.is_some_and(|name| !names.contains_key(&name))
        })
        .map(|intent| (intent.step, &intent.target))
        .collect()
}
