//! The injected clock: the machine's, or a simulated one that jumps instead of waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};

use super::timeline::Timeline;

/// Tells the time and waits. Nothing else in the program may.
#[derive(Clone, Debug)]
pub enum Clock {
    Real,
    /// Milliseconds since a fixed start; a wait moves it on at once.
    Simulated(Arc<AtomicU64>),
    /// Moved on by whoever runs it.
    Stepped(Timeline),
}

/// Where a simulated clock starts: 2026-11-22T03:12:00Z, the Sunday of the shipped story, five days
/// before Black Friday.
const START_MS: u64 = 1_795_317_120_000;

impl Clock {
    pub fn simulated() -> Clock {
        Clock::Simulated(Arc::new(AtomicU64::new(0)))
    }

    /// A simulated clock that goes its own way from here.
    #[must_use]
    pub fn fork(&self) -> Clock {
        match self {
            Clock::Simulated(ms) => Clock::Simulated(Arc::new(AtomicU64::new(ms.load(Ordering::SeqCst)))),
            Clock::Real | Clock::Stepped(_) => self.clone(),
        }
    }

    /// Milliseconds since the Unix epoch.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now_ms(&self) -> u64 {
        match self {
            Clock::Real => SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)),
            Clock::Simulated(ms) => START_MS + ms.load(Ordering::SeqCst),
            Clock::Stepped(timeline) => START_MS + timeline.elapsed_ms(),
        }
    }

    /// Now, for people and records (RFC 3339).
    pub fn timestamp(&self) -> jiff::Timestamp {
        let ms = i64::try_from(self.now_ms()).unwrap_or(i64::MAX);
        jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that waits")]
    pub async fn wait(&self, duration: Duration) {
        match self {
            Clock::Real => tokio::time::sleep(duration).await,
            Clock::Stepped(timeline) => timeline.wait(duration).await,
            Clock::Simulated(ms) => {
                let due = ms.load(Ordering::SeqCst) + u64::try_from(duration.as_millis()).unwrap_or(0);
                tokio::task::yield_now().await;
                ms.fetch_max(due, Ordering::SeqCst);
            }
        }
    }
}

/// The SDK waits between its attempts on the same clock.
impl AsyncSleep for Clock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        Sleep::new(async move { clock.wait(duration).await })
    }
}
