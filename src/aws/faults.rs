//! Faults: what can go wrong on a wire, injected by tests and by a facilitated drill.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::result::ConnectorError;
use tokio::sync::Notify;

/// What happens to one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call is not taken and no answer comes.
    Lost,
    /// The call takes effect and no answer comes.
    TakenThenLost,
    /// The answer says yes, and nothing comes of the call: so do some emulators.
    Swallowed,
    /// AWS answers with this error.
    Refuse { code: &'static str, message: &'static str },
    /// The answer comes so much later, on the handle's clock.
    Slow(Duration),
    /// The process dies before the call takes effect.
    Die,
}

/// When a fault strikes.
#[derive(Clone, Debug)]
pub enum When {
    /// Every attempt of an operation, so many times.
    Operation { name: String, times: usize },
    /// Every attempt that mutates, so many times each operation.
    Writes { times: usize },
    /// Every attempt of an operation from this call of the ledger on.
    OperationFrom { name: String, call: usize },
    /// Every call from this number of the ledger on.
    From(usize),
    /// The first attempts of every call in a Region, so many of each call.
    Region { name: String, attempts: u32 },
    /// The call with this number in the ledger (from 1), and every later one for `Die`.
    Call(usize),
}

/// A fault that is set, and how often each operation has met it.
type Armed = (When, Fault, std::collections::BTreeMap<String, usize>);

/// A moment of a call at which the process may die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment<'a> {
    /// The call's number in the ledger, from 1.
    pub number: usize,
    pub operation: &'a str,
    /// Has it taken effect? Otherwise it is about to.
    pub taken: bool,
}

/// Who is shown every moment of a run.
type Witness = Box<dyn Fn(Moment<'_>) + Send + Sync>;

/// The faults that are set, the signal that the process has died, and who watches.
#[derive(Default)]
pub struct Faults {
    set: Mutex<Vec<Armed>>,
    dead: Notify,
    witness: OnceLock<Witness>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("set", &self.set).finish_non_exhaustive()
    }
}

impl Faults {
    pub fn set(&self, when: When, fault: Fault) {
        self.lock().push((when, fault, Default::default()));
    }

    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Shows every moment of the run from here on. Only the first witness is heard.
    pub fn watch(&self, witness: impl Fn(Moment<'_>) + Send + Sync + 'static) {
        let _ = self.witness.set(Box::new(witness));
    }

    pub(super) fn show(&self, number: usize, operation: &str, taken: bool) {
        if let Some(witness) = self.witness.get() {
            witness(Moment { number, operation, taken });
        }
    }

    /// Waits until a `Die` fault has struck.
    pub async fn dead(&self) {
        self.dead.notified().await;
    }

    /// Returns the fault that meets an attempt: of several the one that was set first. `attempt` counts
    /// from 1.
    pub(super) fn strike(&self, number: usize, operation: &str, at: (&str, u32)) -> Option<Fault> {
        let (region, attempt) = at;
        let mut set = self.lock();
        for (when, fault, struck) in set.iter_mut() {
            let dies = *fault == Fault::Die;
            match when {
                // A dead process sends nothing more: later calls are never taken.
                When::Call(at) if dies && number > *at => return Some(Fault::Die),
                When::Call(at) if number == *at => return Some(*fault),
                When::From(call) if number >= *call => return Some(*fault),
                When::Region { name, attempts } if name == region && attempt <= *attempts => {
                    return Some(*fault);
                }
                When::OperationFrom { name, call } if name == operation && number >= *call => {
                    return Some(*fault);
                }
                When::Operation { name, times } if name == operation => {
                    let n = struck.entry(operation.to_owned()).or_default();
                    if *n < *times {
                        *n += 1;
                        return Some(*fault);
                    }
                }
                When::Writes { times } if super::operations::mutates(operation) => {
                    let n = struck.entry(operation.to_owned()).or_default();
                    if *n < *times {
                        *n += 1;
                        return Some(*fault);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Never answers: whoever runs the engine drops it when [`Faults::dead`] returns.
    pub(super) async fn die<T>(&self) -> Result<T, ConnectorError> {
        self.dead.notify_one();
        std::future::pending().await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Armed>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Aws;
    use crate::collect::identify;
    use crate::sim::{Simulation, sample};

    const THROTTLED: Fault = Fault::Refuse { code: "ThrottlingException", message: "Rate exceeded" };

    #[tokio::test]
    async fn a_slow_answer_comes_later_on_the_drills_clock_and_is_the_same() {
        let aws = Aws::simulated(Simulation::new(sample::account()));
        let plain = identify(&aws).await.unwrap();
        let begun = aws.clock().now_ms();
        aws.faults().set(When::From(0), Fault::Slow(Duration::from_secs(5)));
        assert!(identify(&aws).await.unwrap() == plain);
        assert!(aws.clock().now_ms() - begun >= 5_000);
    }

    #[tokio::test]
    async fn a_throttled_region_answers_once_a_call_was_sent_often_enough() {
        let aws = Aws::simulated(Simulation::new(sample::account()));
        let throttled = |attempts| {
            aws.faults().clear();
            let name = aws.home_region();
            aws.faults().set(When::Region { name, attempts }, THROTTLED);
        };
        throttled(2);
        identify(&aws).await.unwrap();
        let attempts = aws.ledger().len();
        throttled(6);
        assert!(identify(&aws).await.is_err(), "the SDK makes six attempts");
        aws.faults().clear();
        aws.faults().set(When::Region { name: "nowhere-1".into(), attempts: 6 }, THROTTLED);
        let before = aws.ledger().len();
        identify(&aws).await.unwrap();
        let plain = aws.ledger().len() - before;
        assert!(
            attempts > plain && (attempts - plain).is_multiple_of(2),
            "two more of each: {plain}, {attempts}"
        );
    }

    #[test]
    fn the_fault_that_was_set_first_meets_a_call() {
        let faults = Faults::default();
        let revoked = Fault::Refuse { code: "InvalidClientTokenId", message: "x" };
        faults.set(When::From(0), revoked);
        faults.set(When::Region { name: "eu-west-1".into(), attempts: 9 }, THROTTLED);
        assert_eq!(faults.strike(1, "ec2:DescribeVpcs", ("eu-west-1", 1)), Some(revoked));
    }
}
