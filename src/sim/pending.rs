//! What AWS has accepted and not finished: changes that become final at a time.

use std::collections::BTreeMap;

use super::World;
use super::route::At;

/// Finishes a change of one resource: its Region and id.
type Finish = fn(&mut World, &str, &str);

/// Changes under way, by Region and id of what changes, with the time when each is final.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending(BTreeMap<(String, String), (u64, Finish)>);

impl At<'_> {
    /// Lets a change of a resource become final after a time in milliseconds.
    pub fn finish_after(&mut self, ms: u64, id: &str, finish: Finish) {
        let due = self.world.now_ms + ms;
        self.world.pending.0.insert((self.region.to_owned(), id.to_owned()), (due, finish));
    }

    /// Is a change of this resource under way?
    pub fn is_pending(&self, id: &str) -> bool {
        self.world.pending.0.contains_key(&(self.region.to_owned(), id.to_owned()))
    }
}

impl World {
    /// Finishes what is due.
    pub(super) fn catch_up(&mut self) {
        let now = self.now_ms;
        let due: Vec<((String, String), Finish)> = self
            .pending
            .0
            .iter()
            .filter(|(_, (due, _))| *due <= now)
            .map(|(key, (_, finish))| (key.clone(), *finish))
            .collect();
        for (key, finish) in due {
            self.pending.0.remove(&key);
            finish(self, &key.0, &key.1);
        }
    }
}
