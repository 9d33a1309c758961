//! The ledger: every call made, on either wire.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::failure::is_denial;
use super::operations;
use crate::account::Actor;

/// What the engine is doing: outside `Apply` and `Restore` the wire refuses what mutates, but that `DryRun`
/// lets through what EC2 itself is told not to carry out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Read,
    DryRun,
    Apply,
    Restore,
}

/// One attempt of one call.
#[derive(Clone, Debug)]
pub struct Call {
    /// `service:Operation`, as in `ec2:DescribeVpcs`.
    pub operation: String,
    /// Whose credentials signed; `None`: the run's own.
    pub actor: Option<Actor>,
    pub region: String,
    /// 1 for the first.
    pub attempt: u32,
    pub phase: Phase,
    /// Milliseconds on the injected clock.
    pub started_ms: u64,
    pub ended_ms: u64,
    /// The error code, or `timeout`, or none for success.
    pub error: Option<String>,
}

impl Call {
    fn is_denied(&self) -> bool {
        self.error.as_deref().is_some_and(|error| is_denial(error) || error.starts_with("403"))
    }
}

/// Seconds after which a call without an answer is named.
const WORTH_SAYING: u64 = 5;

/// Every attempt since the handle was made.
#[derive(Debug, Default)]
pub struct Ledger {
    calls: Mutex<Vec<Call>>,
    /// See [`Ledger::takes_also`].
    also: Mutex<BTreeSet<(Phase, &'static str)>>,
}

impl Ledger {
    /// Enters a call and returns its number, counted from 1.
    pub fn enter(&self, call: Call) -> usize {
        let mut calls = self.lock();
        calls.push(call);
        calls.len()
    }

    pub fn close(&self, number: usize, ended_ms: u64, error: Option<String>) {
        let mut calls = self.lock();
        if let Some(call) = number.checked_sub(1).and_then(|at| calls.get_mut(at)) {
            call.ended_ms = ended_ms;
            call.error = error;
        }
    }

    pub fn len(&self) -> usize {
        self.lock().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn calls(&self) -> Vec<Call> {
        self.lock().clone()
    }

    /// What was called from the given call on.
    pub fn tally_since(&self, first: usize) -> Tally {
        let mut tally = Tally::default();
        for call in &self.lock()[first..] {
            tally.add(call);
        }
        tally
    }

    /// Notes actions that a call takes besides those of its operation, because its parameters say which:
    /// Cloud Control calls the service of the type that it is asked for, with the caller's rights.
    pub fn takes_also(&self, phase: Phase, actions: &[&'static str]) {
        let mut also = self.also.lock().unwrap_or_else(PoisonError::into_inner);
        also.extend(actions.iter().map(|action| (phase, *action)));
    }

    /// The IAM actions that the calls of a phase needed.
    pub fn actions(&self, phase: Phase) -> BTreeSet<String> {
        let calls = self.lock();
        let of_calls = calls
            .iter()
            .filter(|call| call.phase == phase)
            .flat_map(|call| operations::find(&call.operation).map_or(&[][..], |op| op.actions));
        let also = self.also.lock().unwrap_or_else(PoisonError::into_inner);
        let also = also.iter().filter(|(of, _)| *of == phase).map(|(_, action)| action);
        of_calls.chain(also).map(|action| (*action).to_owned()).collect()
    }

    /// The oldest call without an answer, in words, when it is older than five seconds.
    pub fn waiting(&self, now_ms: u64) -> Option<String> {
        let calls = self.lock();
        let open = calls.iter().filter(|call| call.ended_ms == 0);
        let oldest = open.min_by_key(|call| call.started_ms)?;
        let seconds = now_ms.saturating_sub(oldest.started_ms) / 1_000;
        let Call { operation, region, attempt, .. } = oldest;
        let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
        (seconds >= WORTH_SAYING).then(|| format!("waiting for {operation} in {region} ({seconds} s{again})"))
    }

    /// The reads that AWS has denied, by operation.
    pub fn denied_reads(&self) -> BTreeSet<String> {
        let denied = |call: &&Call| !operations::mutates(&call.operation) && call.is_denied();
        self.lock().iter().filter(denied).map(|call| call.operation.clone()).collect()
    }

    /// The IAM actions of calls with these credentials that AWS has answered without an error.
    pub fn proven(&self, actor: Option<Actor>) -> BTreeSet<String> {
        let answered = |call: &&Call| call.actor == actor && call.ended_ms > 0 && call.error.is_none();
        let calls = self.lock();
        let answered = calls.iter().filter(answered);
        let actions =
            answered.flat_map(|call| operations::find(&call.operation).map_or(&[][..], |op| op.actions));
        actions.map(|action| (*action).to_owned()).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls counted by Region and operation, and what they take at AWS's own rates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub by_region: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Tally {
    fn add(&mut self, call: &Call) {
        *self.by_region.entry(call.region.clone()).or_default().entry(call.operation.clone()).or_default() +=
            1;
    }

    pub fn merge(&mut self, other: &Tally) {
        for (region, operations) in &other.by_region {
            for (operation, count) in operations {
                *self.by_region.entry(region.clone()).or_default().entry(operation.clone()).or_default() +=
                    count;
            }
        }
    }

    pub fn total(&self) -> u64 {
        self.by_region.values().flat_map(BTreeMap::values).sum()
    }

    /// Calls that change something.
    pub fn writes(&self) -> u64 {
        self.by_operation().iter().filter(|(op, _)| operations::mutates(op)).map(|(_, n)| n).sum()
    }

    pub fn by_operation(&self) -> BTreeMap<String, u64> {
        let mut all = BTreeMap::new();
        for (operation, count) in self.by_region.values().flatten() {
            *all.entry(operation.clone()).or_default() += count;
        }
        all
    }

    /// Seconds that AWS's token buckets impose when nobody else draws on them: the slowest bucket
    /// of the slowest Region, because buckets are per API and Region and run side by side.
    pub fn seconds_at_limits(&self) -> f64 {
        let seconds_of = |operations: &BTreeMap<String, u64>| {
            let mut buckets = BTreeMap::<&str, (f64, u64)>::new();
            for (operation, count) in operations {
                let (seconds, calls) = buckets.entry(operations::bucket(operation)).or_default();
                *calls += count;
                *seconds = operations::rate(operation).seconds(*calls);
            }
            buckets.into_values().map(|(seconds, _)| seconds).fold(0.0, f64::max)
        };
        self.by_region.values().map(seconds_of).fold(0.0, f64::max)
    }
}
