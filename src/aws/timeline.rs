//! Time that moves only when somebody moves it. Waits that overlap cost their longest, not their
//! sum, which a clock that jumps cannot show.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A clock for benchmarks: whoever runs the future calls [`Timeline::step`] when nothing else moves.
#[derive(Clone, Debug, Default)]
pub struct Timeline(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    now_ms: u64,
    waits: u64,
    /// By when they end, then by when they began.
    waiting: BTreeMap<(u64, u64), Waker>,
}

impl Timeline {
    /// Milliseconds since it was made.
    pub fn elapsed_ms(&self) -> u64 {
        self.lock().now_ms
    }

    /// Goes to the end of the wait that ends first. False when nobody waits.
    pub fn step(&self) -> bool {
        let mut inner = self.lock();
        let Some((&(due, _), _)) = inner.waiting.first_key_value() else { return false };
        inner.now_ms = inner.now_ms.max(due);
        let later = inner.waiting.split_off(&(due + 1, 0));
        std::mem::replace(&mut inner.waiting, later).into_values().for_each(Waker::wake);
        true
    }

    pub(super) fn wait(&self, duration: Duration) -> Wait {
        let mut inner = self.lock();
        inner.waits += 1;
        let due = inner.now_ms + u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Wait { timeline: self.clone(), key: (due, inner.waits) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Wait {
    timeline: Timeline,
    key: (u64, u64),
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.timeline.lock();
        if inner.now_ms >= self.key.0 {
            return Poll::Ready(());
        }
        inner.waiting.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.timeline.lock().waiting.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waits_that_overlap_cost_their_longest() {
        let timeline = Timeline::default();
        let all = async {
            let wait = |ms| timeline.wait(Duration::from_millis(ms));
            futures::join!(wait(50), wait(70), async {
                wait(50).await;
                wait(50).await;
            });
        };
        let driver = async {
            while {
                tokio::task::yield_now().await;
                timeline.step()
            } {}
        };
        futures::join!(all, driver);
        assert_eq!(timeline.elapsed_ms(), 100);
    }

    #[tokio::test]
    async fn a_wait_that_is_given_up_holds_nothing() {
        let timeline = Timeline::default();
        let mut wait = Box::pin(timeline.wait(Duration::from_secs(5)));
        assert!(futures::poll!(&mut wait).is_pending());
        drop(wait);
        assert!(!timeline.step());
    }
}
