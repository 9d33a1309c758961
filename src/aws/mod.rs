//! `Aws`: the one handle through which collectors and writes call AWS, live or simulated.

mod actors;
mod answer;
mod as_sdk;
pub mod backend;
mod budget;
mod clients;
mod clock;
mod connect;
mod credentials;
mod denial;
mod distribution;
pub mod document;
mod failure;
pub mod faults;
mod https;
pub mod ledger;
mod lifecycle;
pub mod lists;
pub(crate) mod masks;
pub mod names;
pub mod operations;
pub(crate) mod partition;
pub mod plain;
pub mod registry;
#[cfg(test)]
pub(crate) mod scripted;
mod settings;
pub mod tap;
mod timeline;
mod unknown;
mod unsigned;
mod web_acl;
mod wire;
mod wordless;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_types::SdkConfig;
use aws_types::region::Region;

pub use budget::Budget;
pub use clock::Clock;
pub use connect::{ConnectError, Connection};
pub use credentials::Person;
pub(crate) use credentials::chain::account_of_key;
pub use distribution::WholeConfig;
pub(crate) use failure::is_credentials_code;
pub use failure::{AwsError, Kind, unless_gone};
pub use lifecycle::WholeLifecycle;
pub use timeline::Timeline;
pub use web_acl::{WafPlace, WholeWebAcl, countries};
pub use wire::{NotSimulated, WriteOutsideApply};

use crate::account::{Actor, Chain};
use backend::Backend;
use faults::Faults;
use ledger::{Ledger, Phase};
use names::Names;
use tap::Tap;

/// Stores the ids of created resources durably before they are used, and evidence.
pub trait Recorder: Send + Sync {
    /// Appends and syncs. An error stops the run: what cannot be recorded must not be used.
    fn created(&self, name: &str, id: &str) -> Result<(), String>;

    /// Puts evidence beside the journal, for its owner alone. A name may have folders: `a/b.txt`.
    fn kept(&self, file: &str, content: &[u8]) -> Result<(), String>;

    /// Adds a part to evidence that is too large for memory. The part at 0 begins it anew.
    fn grown(&self, file: &str, at: u64, part: &[u8]) -> Result<(), String>;

    /// Puts evidence in place that has grown to its end, durably.
    fn grown_up(&self, file: &str) -> Result<(), String>;

    /// Reads small evidence back from the disk. `None`: it is not there.
    fn read_back(&self, file: &str) -> Result<Option<Vec<u8>>, String>;

    /// Reads evidence back from the disk, whatever its size: its digest. `None`: it is not there.
    fn digest_of(&self, file: &str) -> Result<Option<Digest>, String>;
}

/// What was read back of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Lower-case hexadecimal.
    pub sha256: String,
    pub bytes: u64,
}

/// What a run did could not be recorded: the reason.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RecordError(pub String);

/// One client per service, Region and signer.
type Clients = Arc<Mutex<HashMap<(TypeId, String, Option<Actor>), Box<dyn Any + Send + Sync>>>>;

/// The handle. Cheap to clone; clients are made once per service and Region.
#[derive(Clone)]
pub struct Aws {
    shared: Arc<Shared>,
    clients: Clients,
    /// Credentials besides the run's own.
    hands: Arc<actors::Hands>,
    /// Who signs every call; `None`: the run's own, but for services that belong to an actor.
    acting: Option<Actor>,
    names: Names,
    recorder: Option<Arc<dyn Recorder>>,
    run: String,
    access_key: Option<String>,
    chain: Chain,
}

/// What the interceptor, the connector and the handle share.
pub(crate) struct Shared {
    sdk: SdkConfig,
    s3_control_endpoint: Option<String>,
    path_style: bool,
    /// What the environment says; a simulation has none.
    settings: Option<Arc<settings::Settings>>,
    /// What answers in AWS's place.
    pub(crate) backend: Option<Arc<dyn Backend>>,
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    pub(crate) tap: Tap,
    wordless: wordless::Wordless,
    pub(crate) clock: Clock,
    caller: OnceLock<String>,
    phases: Phases,
}

impl Shared {
    pub(crate) fn phase(&self) -> Phase {
        self.phases.lock().last().map_or(Phase::Read, |(_, phase)| *phase)
    }
}

/// The phases that were entered and not left, by number of entry. The last one holds.
#[derive(Default)]
pub(crate) struct Phases(Mutex<Vec<(u64, Phase)>>);

impl Phases {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(u64, Phase)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves a phase when dropped. The phase around it holds again.
pub struct InPhase(Arc<Shared>, u64);

impl Drop for InPhase {
    fn drop(&mut self) {
        self.0.phases.lock().retain(|(number, _)| *number != self.1);
    }
}

impl Aws {
    pub fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }

    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Notes actions that the next call takes besides those of its operation.
    pub(crate) fn takes_also(&self, actions: &[&'static str]) {
        self.shared.ledger.takes_also(self.shared.phase(), actions);
    }

    /// The call that has waited longest for AWS, when that is long enough to be said.
    pub fn waiting(&self) -> Option<String> {
        self.shared.ledger.waiting(self.shared.clock.now_ms())
    }

    /// Where tests and benchmarks see every request, or delay every answer.
    pub fn tap(&self) -> &Tap {
        &self.shared.tap
    }

    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The id of the access key that signs, where it is known.
    pub fn access_key(&self) -> Option<&str> {
        self.access_key.as_deref()
    }

    /// The credentials behind the session that signs, as far as this machine knows them.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The same handle, with the credentials behind its session.
    #[must_use]
    pub(crate) fn with_chain(mut self, chain: Chain) -> Aws {
        self.chain = chain;
        self
    }

    /// The ARN that calls, once it is known; it is told in the tags of what a run creates.
    pub fn caller(&self) -> Option<&str> {
        self.shared.caller.get().map(String::as_str).filter(|arn| !arn.is_empty())
    }

    /// Says who calls, as AWS answered it. The first answer holds.
    pub(crate) fn called_by(&self, arn: &str) {
        self.shared.caller.get_or_init(|| arn.to_owned());
    }

    /// Enters a phase until the guard is dropped. Apply and restore allow writes.
    pub fn enter(&self, phase: Phase) -> InPhase {
        let mut entered = self.shared.phases.lock();
        let number = entered.last().map_or(0, |(number, _)| number + 1);
        entered.push((number, phase));
        InPhase(self.shared.clone(), number)
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
    pub fn created(&self, name: &str, id: &str) -> Result<(), RecordError> {
        if let Some(recorder) = &self.recorder {
            recorder.created(name, id).map_err(RecordError)?;
        }
        self.names.set(name, id);
        Ok(())
    }

    /// Keeps evidence in the run's folder. A rehearsal has none, and keeps nothing.
    pub fn keep(&self, file: &str, content: &[u8]) -> Result<(), RecordError> {
        match &self.recorder {
            Some(recorder) => recorder.kept(file, content).map_err(RecordError),
            None => Ok(()),
        }
    }

    /// Keeps evidence that is too large for memory, part by part. The part at 0 begins it anew.
    pub fn keep_part(&self, file: &str, at: u64, part: &[u8]) -> Result<(), RecordError> {
        self.recorder.as_ref().map_or(Ok(()), |to| to.grown(file, at, part).map_err(RecordError))
    }

    /// Puts evidence in place whose last part was kept.
    pub fn keep_whole(&self, file: &str) -> Result<(), RecordError> {
        self.recorder.as_ref().map_or(Ok(()), |to| to.grown_up(file).map_err(RecordError))
    }

    /// Does this handle keep evidence? A rehearsal does not.
    pub fn keeps(&self) -> bool {
        self.recorder.is_some()
    }

    /// Reads small kept evidence back from the disk. `None`: it is not there, or this is a rehearsal.
    pub fn kept(&self, file: &str) -> Result<Option<Vec<u8>>, RecordError> {
        self.recorder.as_ref().map_or(Ok(None), |from| from.read_back(file).map_err(RecordError))
    }

    /// Reads kept evidence back from the disk, whatever its size. `None`: it is not there, or this is a rehearsal.
    pub fn kept_digest(&self, file: &str) -> Result<Option<Digest>, RecordError> {
        self.recorder.as_ref().map_or(Ok(None), |from| from.digest_of(file).map_err(RecordError))
    }

    /// The Region that the profile or the command line names.
    pub fn home_region(&self) -> String {
        self.shared.sdk.region().map_or_else(|| "us-east-1".to_owned(), ToString::to_string)
    }

    /// Where a partition's global services are signed for.
    pub fn global_region(&self) -> &'static str {
        partition::of(&self.home_region()).global
    }

    /// The client of a service in a Region. `owner`: the actor to whom the service belongs.
    fn client<C: Clone + Send + Sync + 'static>(
        &self,
        region: &str,
        owner: Option<Actor>,
        make: impl FnOnce(&SdkConfig, wire::Tag) -> C,
    ) -> C {
        let signer = self.signs_for(owner);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let made = clients.entry((TypeId::of::<C>(), region.to_owned(), signer)).or_insert_with(|| {
            let sdk = self.sdk(signer).to_builder().region(Region::new(region.to_owned())).build();
            Box::new(make(&sdk, wire::Tag(self.shared.clone(), signer)))
        });
        match made.downcast_ref::<C>() {
            Some(client) => client.clone(),
            None => unreachable!("a client is stored under its own type"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Simulation, sample};

    #[test]
    fn a_phase_left_gives_back_the_phase_around_it() {
        let aws = Aws::simulated(Simulation::new(sample::account()));
        let phase = || aws.shared.phase();
        let outer = aws.enter(Phase::Apply);
        drop(aws.enter(Phase::Read));
        assert_eq!(phase(), Phase::Apply);
        // Guards of calls side by side end in any order.
        let inner = aws.enter(Phase::Restore);
        drop(outer);
        assert_eq!(phase(), Phase::Restore);
        drop(inner);
        assert_eq!(phase(), Phase::Read);
    }
}
