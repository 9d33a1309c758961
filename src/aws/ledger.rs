//! The ledger: every call made, on either wire.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::operations;

/// What the engine is doing: outside `Apply` and `Restore` the wire refuses what mutates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Read,
    Apply,
    Restore,
}

/// One attempt of one call.
#[derive(Clone, Debug)]
pub struct Call {
    /// `service:Operation`, as in `ec2:DescribeVpcs`.
    pub operation: String,
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

/// Every attempt since the handle was made.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Vec<Call>>);

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

    /// The IAM actions that the calls of a phase needed.
    pub fn actions(&self, phase: Phase) -> BTreeSet<String> {
        self.lock()
            .iter()
            .filter(|call| call.phase == phase)
            .flat_map(|call| operations::find(&call.operation).map_or(&[][..], |op| op.actions))
            .map(|action| (*action).to_owned())
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.by_region
            .values()
            .flatten()
            .map(|(operation, count)| operations::rate(operation).seconds(*count))
            .fold(0.0, f64::max)
    }
}
