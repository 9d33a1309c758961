//! The engine: plan by rehearsal, apply, verify, restore. One code path, two wires.

pub mod analyzer;
pub mod apply;
pub mod checks;
pub mod confirm;
pub mod events;
pub mod exposed;
pub mod hold;
pub mod journal;
pub mod names;
pub mod plan;
pub mod pull;
pub mod rehearse;
pub mod restore;
pub mod store;
pub mod strangers;
pub mod verify;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A request to stop after the writes in flight: Ctrl-C, or a journal that cannot be written.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<(AtomicBool, Mutex<Option<String>>)>);

impl Stop {
    pub fn request(&self, why: &str) {
        self.0.1.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| why.to_owned());
        self.0.0.store(true, Ordering::SeqCst);
    }

    pub fn requested(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    /// Why, when it was requested.
    pub fn why(&self) -> Option<String> {
        self.0.1.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
