//! Faults: what can go wrong on a wire, injected by tests.

use std::sync::{Mutex, PoisonError};

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
    /// The process dies before the call takes effect.
    Die,
    /// The process dies after the call took effect.
    TakenThenDie,
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
    /// The call with this number in the ledger (from 1), and every later one for `Die`.
    Call(usize),
}

/// A fault that is set, and how often each operation has met it.
type Armed = (When, Fault, std::collections::BTreeMap<String, usize>);

/// The faults that are set, and the signal that the process has died.
#[derive(Debug, Default)]
pub struct Faults {
    set: Mutex<Vec<Armed>>,
    dead: Notify,
}

impl Faults {
    pub fn set(&self, when: When, fault: Fault) {
        self.lock().push((when, fault, Default::default()));
    }

    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Waits until a `Die` fault has struck.
    pub async fn dead(&self) {
        self.dead.notified().await;
    }

    pub(super) fn strike(&self, number: usize, operation: &str) -> Option<Fault> {
        let mut set = self.lock();
        for (when, fault, struck) in set.iter_mut() {
            let dies = matches!(fault, Fault::Die | Fault::TakenThenDie);
            match when {
                // A dead process sends nothing more: later calls are never taken.
                When::Call(at) if dies && number > *at => return Some(Fault::Die),
                When::Call(at) if number == *at => return Some(*fault),
                When::From(call) if number >= *call => return Some(*fault),
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
