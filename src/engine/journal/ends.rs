//! Cuts that AWS ends by itself: a database that is stopped is started after seven days.

use std::collections::BTreeMap;

use super::{Done, Entry, Journal};
use crate::steps;

impl Journal {
    /// When AWS ends changes of this run by itself, in milliseconds since the Unix epoch, by the change's
    /// number. Counted from when the outcome was noted, or the intent where there is no outcome. What was put
    /// back or never made is left out.
    pub fn ends_by_itself(&self) -> BTreeMap<u32, u64> {
        let (outcomes, returned) = (self.outcomes(), self.returned());
        let mut written = BTreeMap::new();
        for (entry, at_ms) in self.entries.iter().zip(&self.at_ms) {
            match entry {
                Entry::Intent(intent) => drop(written.insert(intent.number, *at_ms)),
                Entry::Outcome { change, .. } => drop(written.insert(*change, *at_ms)),
                _ => {}
            }
        }
        let in_effect = |number: &u32| {
            let ended = outcomes.get(number).map(|(done, _)| *done);
            !returned.contains(number)
                && matches!(ended, None | Some(Done::Applied | Done::Half | Done::Unknown))
        };
        let ends = self.intents().filter(|intent| in_effect(&intent.number)).filter_map(|intent| {
            let lasts = steps::find(intent.step)?.lens(&intent.target).lasts(&intent.after)?;
            let at = written.get(&intent.number)? + u64::try_from(lasts.as_millis()).ok()?;
            Some((intent.number, at))
        });
        ends.collect()
    }
}
