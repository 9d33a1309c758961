//! Faults: what can go wrong on a wire, injected by tests.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

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

    pub(super) fn strike(&self, number: usize, operation: &str) -> Option<Fault> {
        let mut set = self.lock();
        for (when, fault, struck) in set.iter_mut() {
            let dies = *fault == Fault::Die;
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
