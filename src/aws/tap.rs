//! What tests and benchmarks hang on a wire: a witness of every request, and how long an answer
//! takes.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// A request as it would go over the network, on either wire.
#[derive(Clone, Debug)]
pub struct Sent {
    /// `service:Operation`, as in the ledger.
    pub operation: String,
    pub method: String,
    pub uri: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

type Witness = Box<dyn Fn(Sent) + Send>;

/// Empty unless a test or a benchmark sets it.
#[derive(Default)]
pub struct Tap {
    witness: Mutex<Option<Witness>>,
    delay_ms: AtomicU64,
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}

impl Tap {
    /// Shows every request from here on.
    pub fn witness(&self, witness: impl Fn(Sent) + Send + 'static) {
        *self.witness.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(witness));
    }

    /// Every answer takes so long, on the handle's clock.
    pub fn delay(&self, each: Duration) {
        self.delay_ms.store(u64::try_from(each.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    pub(super) fn delayed(&self) -> Option<Duration> {
        let delay = self.delay_ms.load(Ordering::SeqCst);
        (delay > 0).then(|| Duration::from_millis(delay))
    }

    pub(super) fn show(&self, operation: &str, request: &HttpRequest) {
        if let Some(witness) = &*self.witness.lock().unwrap_or_else(PoisonError::into_inner) {
            witness(Sent {
                operation: operation.to_owned(),
                method: request.method().to_owned(),
                uri: request.uri().to_owned(),
                headers: request.headers().iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
                body: request.body().bytes().unwrap_or_default().to_vec(),
            });
        }
    }
}
