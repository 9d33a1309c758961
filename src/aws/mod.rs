//! `Aws`: the one handle through which collectors and writes call AWS, live or simulated.

mod budget;
mod clients;
mod clock;
mod connect;
mod credentials;
mod failure;
pub mod faults;
mod https;
pub mod ledger;
pub mod operations;
pub(crate) mod partition;
mod settings;
pub mod tap;
mod timeline;
mod unsigned;
mod wire;
mod wordless;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_types::SdkConfig;
use aws_types::region::Region;

pub use budget::Budget;
pub use clock::Clock;
pub use connect::{ConnectError, Connection};
pub use credentials::Person;
pub use failure::{AwsError, Kind, unless_gone};
pub use timeline::Timeline;
pub use wire::{NotSimulated, WriteOutsideApply};

use crate::sim::Simulation;
use crate::step::Names;
use faults::Faults;
use ledger::{Ledger, Phase};
use tap::Tap;

/// Says where the id of a created resource is kept before anything relies on it.
pub trait Recorder: Send + Sync {
    /// Appends and syncs. An error stops the run: what cannot be recorded must not be used.
    fn created(&self, name: &str, id: &str) -> Result<(), String>;

    /// Puts evidence beside the journal, for its owner alone.
    fn kept(&self, file: &str, content: &[u8]) -> Result<(), String>;
}

/// One client per service and Region.
type Clients = Mutex<HashMap<(TypeId, String), Box<dyn Any + Send + Sync>>>;

/// The handle. Cheap to clone; clients are made once per service and Region.
#[derive(Clone)]
pub struct Aws {
    shared: Arc<Shared>,
    clients: Arc<Clients>,
    names: Names,
    recorder: Option<Arc<dyn Recorder>>,
    run: String,
    access_key: Option<String>,
}

/// What the interceptor, the connector and the handle share.
pub(crate) struct Shared {
    sdk: SdkConfig,
    s3_control_endpoint: Option<String>,
    path_style: bool,
    /// What the environment says; a simulation has none.
    settings: Option<Arc<settings::Settings>>,
    pub(crate) simulation: Option<Simulation>,
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    pub(crate) tap: Tap,
    wordless: wordless::Wordless,
    pub(crate) clock: Clock,
    caller: OnceLock<String>,
    phase: AtomicU8,
}

impl Shared {
    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::SeqCst) {
            1 => Phase::Apply,
            2 => Phase::Restore,
            _ => Phase::Read,
        }
    }
}

/// Ends a phase when dropped.
pub struct InPhase(Arc<Shared>);

impl Drop for InPhase {
    fn drop(&mut self) {
        self.0.phase.store(0, Ordering::SeqCst);
    }
}

impl Aws {
    pub fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }

    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Where tests and benchmarks see every request, or delay every answer.
    pub fn tap(&self) -> &Tap {
        &self.shared.tap
    }

    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The simulation behind this handle, when it is one.
    pub fn simulation(&self) -> Option<&Simulation> {
        self.shared.simulation.as_ref()
    }

    /// The id of the access key that signs, where it is known.
    pub fn access_key(&self) -> Option<&str> {
        self.access_key.as_deref()
    }

    /// The ARN that calls, once it is known; it is told in the tags of what a run creates.
    pub fn caller(&self) -> Option<&str> {
        self.shared.caller.get().map(String::as_str).filter(|arn| !arn.is_empty())
    }

    /// Says who calls, as AWS answered it. The first answer holds.
    pub(crate) fn called_by(&self, arn: &str) {
        self.shared.caller.get_or_init(|| arn.to_owned());
    }

    /// Allows writes until the guard is dropped.
    pub fn enter(&self, phase: Phase) -> InPhase {
        let number = match phase {
            Phase::Read => 0,
            Phase::Apply => 1,
            Phase::Restore => 2,
        };
        self.shared.phase.store(number, Ordering::SeqCst);
        InPhase(self.shared.clone())
    }

    /// The same wire for one run: its names, and where a created id is recorded.
    pub fn for_run(&self, run: &str, names: Names, recorder: Option<Arc<dyn Recorder>>) -> Aws {
        Aws { names, recorder, run: run.to_owned(), ..self.clone() }
    }

    /// The id of the run; part of the names and tags of what it creates.
    pub fn run(&self) -> &str {
        &self.run
    }

    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Records the id that AWS gave to something this run created, durably, then uses it.
    pub fn created(&self, name: &str, id: &str) -> Result<(), crate::step::StepError> {
        if let Some(recorder) = &self.recorder {
            recorder.created(name, id).map_err(crate::step::StepError::State)?;
        }
        self.names.set(name, id);
        Ok(())
    }

    /// Keeps evidence in the run's folder. A rehearsal has none, and keeps nothing.
    pub fn keep(&self, file: &str, content: &[u8]) -> Result<(), crate::step::StepError> {
        match &self.recorder {
            Some(recorder) => recorder.kept(file, content).map_err(crate::step::StepError::State),
            None => Ok(()),
        }
    }

    /// The Region that the profile or the command line names.
    pub fn home_region(&self) -> String {
        self.shared.sdk.region().map_or_else(|| "us-east-1".to_owned(), ToString::to_string)
    }

    /// Where a partition's global services are signed for.
    pub fn global_region(&self) -> &'static str {
        partition::of(&self.home_region()).global
    }

    fn client<C: Clone + Send + Sync + 'static>(
        &self,
        region: &str,
        make: impl FnOnce(&SdkConfig) -> C,
    ) -> C {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let made = clients.entry((TypeId::of::<C>(), region.to_owned())).or_insert_with(|| {
            let sdk = self.shared.sdk.to_builder().region(Region::new(region.to_owned())).build();
            Box::new(make(&sdk))
        });
        match made.downcast_ref::<C>() {
            Some(client) => client.clone(),
            None => unreachable!("a client is stored under its own type"),
        }
    }
}
