//! A plan file is an agreement: what has changed since is skipped and said.

use crate::engine::change::Change;
use crate::engine::events::{Event, Listener};
use crate::engine::plan::{Plan, StepPlan};

/// Drops every change that the plan file does not contain unchanged, and says which of the file's no
/// longer fit. Returns how many those are.
pub(super) fn hold_to(agreed: &Plan, fresh: &mut StepPlan, listener: &dyn Listener) -> usize {
    let old: Vec<&Change> = agreed.changes().filter(|change| change.step == fresh.step).collect();
    let mut stale = 0;
    for change in &old {
        let why = match fresh.changes.iter().find(|new| new.target == change.target) {
            Some(new) if new.before == change.before && new.after == change.after => continue,
            Some(new) => {
                format!("it is now {}, and the plan was made when it was {}", new.shown.0, change.shown.0)
            }
            None if fresh.already.contains(&change.target) => "it is so already".to_owned(),
            None => "it is not there any more, or can no longer be changed".to_owned(),
        };
        listener.event(&Event::Stale { change, why: &why });
        stale += 1;
    }
    fresh.changes.retain(|new| {
        old.iter().any(|o| o.target == new.target && o.before == new.before && o.after == new.after)
    });
    stale
}
