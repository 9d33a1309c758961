//! The engine: plan by rehearsal, apply, verify, restore. One code path, two wires.

pub mod acting;
pub mod analyzer;
pub mod apply;
pub mod change;
pub mod checks;
pub mod confirm;
pub mod culprit;
pub mod drift_notes;
pub mod dry_run;
pub mod error;
pub mod events;
pub mod exposed;
pub mod fronted;
pub mod hold;
pub mod import;
pub mod journal;
pub mod lockout;
pub mod names;
pub mod plan;
pub mod pull;
pub mod ready;
pub mod rehearse;
pub mod restore;
pub mod run;
pub mod store;
pub mod strangers;
pub mod sweep;
pub mod tabletop;
pub mod verify;

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::{Either, select};
use tokio::sync::Notify;

/// A request to stop after the writes in flight: Ctrl-C, or a journal that cannot be written.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<(AtomicBool, Mutex<Option<String>>, Notify)>);

impl Stop {
    pub fn request(&self, why: &str) {
        self.0.1.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| why.to_owned());
        self.0.0.store(true, Ordering::SeqCst);
        self.0.2.notify_waiters();
    }

    /// Returns the result of the future, or `None` as soon as a stop is requested. Only for reads: a write
    /// is never given up.
    pub async fn unless_requested<T>(&self, reading: impl Future<Output = T>) -> Option<T> {
        let mut asked = pin!(self.0.2.notified());
        asked.as_mut().enable();
        if self.requested() {
            return None;
        }
        match select(pin!(reading), asked).await {
            Either::Left((value, _)) => Some(value),
            Either::Right(_) => None,
        }
    }

    /// Takes the request back: a drill goes on with another credential.
    pub fn lift(&self) {
        *self.0.1.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.0.0.store(false, Ordering::SeqCst);
    }

    pub fn requested(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    /// Why, when it was requested.
    pub fn why(&self) -> Option<String> {
        self.0.1.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stop_ends_a_read_that_never_ends() {
        let stop = Stop::default();
        assert_eq!(stop.unless_requested(async { 1 }).await, Some(1));
        let (read, ()) = futures::join!(stop.unless_requested(std::future::pending::<()>()), async {
            stop.request("interrupted");
        });
        assert_eq!(read, None);
        assert_eq!(stop.unless_requested(async { 1 }).await, None, "nothing new is begun");
    }
}
