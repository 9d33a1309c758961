//! The journal: the append-only record of a run. Restore needs nothing else.
//!
//! Each line is a JSON object that carries the SHA-256 of the line before it, so that an edited, dropped or
//! reordered line is detected. A chain cannot show that its end was cut off: a run prints the last hash at its end.
//!
//! ```text
//! opened → (intent* → created* → outcome*)* → closed → (back* → returned*)* → restored
//!          └ synced before the call            └ not synced: lost means "unknown"
//!          after closed, a watch: (again* → intent* → outcome*)* → closed
//! ```

mod chain;
mod ends;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read as _};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

pub use chain::Chain;
use chain::hash;

use super::change::Change;
use super::plan::Selection;
use crate::account::{Actor, Caller};
use crate::pipelines::Owner;
use crate::step::{Params, Reason, StepId, Target};

/// Version of the journal's lines. Old versions stay restorable.
pub const FORMAT: u32 = 1;

/// The version of unplug that writes.
pub const JOURNAL_VERSION: &str = env!("CARGO_PKG_VERSION");

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Entry {
    Opened(Box<Opened>),
    /// Synced before the call that it announces.
    Intent(#[serde(serialize_with = "intent")] Box<Change>),
    /// AWS gave this id to something the run created. Synced before anything uses it.
    Created {
        name: String,
        id: String,
    },
    Outcome {
        change: u32,
        result: Done,
        error: Option<String>,
    },
    /// A step that was asked about and not cut.
    Skipped {
        step: StepId,
    },
    /// The process ended the pull. Without this line as the last one of the pull, the end of the
    /// journal may be lost, and the plan's other changes are looked at too.
    Closed {
        complete: bool,
        why: Option<String>,
        /// Every change that was planned until now has a lower number. 0: not recorded.
        #[serde(default)]
        planned: u32,
    },
    /// Somebody has undone this change, and it is cut again from the state that they gave it. Synced
    /// before the call. A restore still returns to the state before the first cut.
    Again {
        change: u32,
        from: Value,
    },
    /// A restore is about to write this change back. Synced before the call.
    Back {
        change: u32,
        from: Value,
        to: Value,
    },
    Returned {
        change: u32,
        result: Done,
        error: Option<String>,
    },
    /// A restore ended by itself.
    Restored {
        owed: usize,
    },
}

/// The first entry of a run: everything that a restore or a resume must know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    pub format: u32,
    pub run: String,
    pub version: String,
    pub account: String,
    pub alias: Option<String>,
    pub caller: Caller,
    /// Whose credentials were used besides the caller's. Missing in older journals.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub actors: BTreeMap<Actor, Caller>,
    pub playbook: String,
    pub selection: Selection,
}

/// Writes a change as the journal has it: its number is called `change`, as in the entries that follow.
fn intent<S: Serializer>(written: &Change, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Intent<'a> {
        change: u32,
        step: StepId,
        rank: u8,
        target: &'a Target,
        before: &'a Value,
        after: &'a Value,
        shown: &'a (String, String),
        lasting: &'a Option<Reason>,
        params: &'a Params,
        #[serde(skip_serializing_if = "Option::is_none")]
        owners: Option<&'a BTreeSet<Owner>>,
    }
    let Change { number: change, step, rank, target, before, after, shown, lasting, params, owners } =
        written;
    let (change, step, rank, owners) = (*change, *step, *rank, owners.as_ref());
    Intent { change, step, rank, target, before, after, shown, lasting, params, owners }.serialize(serializer)
}

/// How a write ended, as read back from the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Done {
    /// In effect.
    Applied,
    /// The account is as before.
    NotApplied,
    /// Between the two.
    Half,
    /// Could not be read, or something else is there.
    Unknown,
    /// Left on purpose.
    Kept,
    /// The target is not there any more.
    Vanished,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    seq: u64,
    /// RFC 3339.
    at: String,
    /// SHA-256 of the line before, hex; of the first line, zeros.
    prev: String,
    entry: Entry,
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error(
        "line {line} of the journal does not follow the line before it: it was edited, dropped or reordered"
    )]
    Broken { line: usize },
    #[error("line {line} of the journal is no entry that this version knows: {error}")]
    Unreadable { line: usize, error: String },
    #[error("the journal is of format {found}; this version reads up to {FORMAT}")]
    Newer { found: u32 },
    #[error("the journal is empty")]
    Empty,
    #[error("line {line} of the journal is longer than {LONGEST_LINE} bytes: no entry is")]
    TooLong { line: usize },
    #[error("cannot read the journal: {0}")]
    Read(#[from] std::io::Error),
}

/// The most bytes that one line may have. The largest entry, the state of a group with every rule
/// that AWS allows, has less than 1 MB.
pub const LONGEST_LINE: usize = 16 << 20;

/// A journal as read.
#[derive(Clone, Debug)]
pub struct Journal {
    pub entries: Vec<Entry>,
    /// When each entry was written, in milliseconds since the Unix epoch.
    pub at_ms: Vec<u64>,
    pub chain: Chain,
    /// When the first line was written, in milliseconds since the Unix epoch.
    pub first_at_ms: u64,
    /// When the last line was written, in milliseconds since the Unix epoch.
    pub last_at_ms: u64,
    /// Bytes of whole lines. What stands behind them is a torn line: never an entry.
    pub whole: usize,
}

impl Journal {
    /// Reads and checks the bytes of a journal. A last line without its newline is torn: a crash
    /// cut it while it was written, so nothing that it announced was sent.
    ///
    /// # Errors
    /// When a line was edited, is unknown, or there is none.
    pub fn parse(bytes: &[u8]) -> Result<Journal, JournalError> {
        Journal::read(bytes)
    }

    /// Reads and checks a journal line by line: only one line is in memory beside the entries.
    ///
    /// # Errors
    /// As [`Journal::parse`], and when it cannot be read.
    pub fn read(mut from: impl BufRead) -> Result<Journal, JournalError> {
        let mut chain = Chain::default();
        let (mut entries, mut at_ms) = (vec![], vec![]);
        let (mut first_at_ms, mut last_at_ms) = (None, 0);
        let (mut whole, mut line) = (0, vec![]);
        for number in 1.. {
            line.clear();
            let read = from.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line)?;
            // A line without its newline is torn.
            let Some(text) = line.strip_suffix(b"\n") else {
                if read > LONGEST_LINE {
                    return Err(JournalError::TooLong { line: number });
                }
                break;
            };
            whole += read;
            let parsed: Line = serde_json::from_slice(text)
                .map_err(|error| JournalError::Unreadable { line: number, error: error.to_string() })?;
            if parsed.seq != chain.next || parsed.prev != chain.last {
                return Err(JournalError::Broken { line: number });
            }
            if let Entry::Opened(opened) = &parsed.entry
                && opened.format > FORMAT
            {
                return Err(JournalError::Newer { found: opened.format });
            }
            chain.next += 1;
            chain.last = hash(text);
            last_at_ms = parsed
                .at
                .parse::<jiff::Timestamp>()
                .map_or(last_at_ms, |at| u64::try_from(at.as_millisecond()).unwrap_or(0));
            first_at_ms.get_or_insert(last_at_ms);
            entries.push(parsed.entry);
            at_ms.push(last_at_ms);
        }
        if entries.is_empty() {
            return Err(JournalError::Empty);
        }
        let first_at_ms = first_at_ms.unwrap_or(0);
        Ok(Journal { entries, at_ms, chain, first_at_ms, last_at_ms, whole })
    }

    pub fn opened(&self) -> Option<&Opened> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Opened(opened) => Some(&**opened),
            _ => None,
        })
    }

    /// The names of what the run created.
    pub fn names(&self) -> BTreeMap<String, String> {
        self.entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Created { name, id } => Some((name.clone(), id.clone())),
                _ => None,
            })
            .collect()
    }

    pub fn intents(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Intent(intent) => Some(&**intent),
            _ => None,
        })
    }

    /// Did the pull end by itself?
    pub fn closed(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry, Entry::Closed { complete: true, .. }))
    }

    /// Is the end of the pull in the journal? Then the run has cut nothing that has no intent here.
    /// `last_planned` is the highest number of a change in the run's plan: a resume whose lines are
    /// lost has planned changes after the last line that says that the pull ended.
    pub fn end_known(&self, last_planned: Option<u32>) -> bool {
        let mut known = false;
        for entry in &self.entries {
            match entry {
                Entry::Closed { planned: 0, .. } => known = true,
                Entry::Closed { planned, .. } => known = last_planned.is_none_or(|last| last < *planned),
                Entry::Intent(_)
                | Entry::Again { .. }
                | Entry::Created { .. }
                | Entry::Outcome { .. }
                | Entry::Skipped { .. } => {
                    // What a restore finds and records comes after the end of the pull.
                    known = known && matches!(entry, Entry::Created { .. });
                }
                _ => {}
            }
        }
        known
    }

    /// How the last write of each change ended, with the words that were noted.
    pub fn outcomes(&self) -> BTreeMap<u32, (Done, Option<&str>)> {
        self.entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Outcome { change, result, error } => Some((*change, (*result, error.as_deref()))),
                _ => None,
            })
            .collect()
    }

    /// Returns how often each change was cut again, because somebody had undone it.
    pub fn cut_again(&self) -> BTreeMap<u32, usize> {
        let mut times = BTreeMap::new();
        for entry in &self.entries {
            if let Entry::Again { change, .. } = entry {
                *times.entry(*change).or_default() += 1;
            }
        }
        times
    }

    /// The steps that were asked about and not cut.
    pub fn skipped(&self) -> BTreeSet<StepId> {
        self.entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Skipped { step } => Some(*step),
                _ => None,
            })
            .collect()
    }

    /// Did the process end with calls of which it never noted an answer?
    pub fn in_flight(&self) -> bool {
        let mut open = BTreeSet::new();
        for entry in &self.entries {
            match entry {
                Entry::Intent(intent) => {
                    open.insert(intent.number);
                }
                Entry::Again { change, .. } | Entry::Back { change, .. } => {
                    open.insert(*change);
                }
                Entry::Outcome { change, .. } | Entry::Returned { change, .. } => {
                    open.remove(change);
                }
                _ => {}
            }
        }
        !open.is_empty()
    }

    /// Changes known to be in effect.
    pub fn applied(&self) -> BTreeSet<u32> {
        let mut applied = BTreeSet::new();
        for entry in &self.entries {
            match entry {
                Entry::Outcome { change, result: Done::Applied, .. } => {
                    applied.insert(*change);
                }
                Entry::Again { change, .. } => {
                    applied.remove(change);
                }
                _ => {}
            }
        }
        applied
    }

    /// Changes that a restore has dealt with for good: put back, or never made.
    pub fn returned(&self) -> BTreeSet<u32> {
        let mut returned = BTreeSet::new();
        for entry in &self.entries {
            match entry {
                Entry::Returned { change, result: Done::Applied, .. } => {
                    returned.insert(*change);
                }
                Entry::Returned { change, .. } => {
                    returned.remove(change);
                }
                _ => {}
            }
        }
        returned
    }

    /// The next free change number.
    pub fn next_change(&self) -> u32 {
        self.intents().map(|intent| intent.number + 1).max().unwrap_or(1)
    }
}

#[cfg(test)]
mod tests;
