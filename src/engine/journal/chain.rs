//! The chain of a journal: each line carries the hash of the line before it.

use sha2::{Digest as _, Sha256};

use super::{Entry, Line};

/// Where a chain stands: the next line's number and the hash of the last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    pub(super) next: u64,
    pub(super) last: String,
}

impl Default for Chain {
    fn default() -> Chain {
        Chain { next: 0, last: "0".repeat(64) }
    }
}

impl Chain {
    /// Returns the bytes of the next line, newline included. The chain moves on.
    ///
    /// # Errors
    /// When the entry has no JSON form. The chain stays where it is.
    pub fn line(&mut self, at: &str, entry: &Entry) -> Result<Vec<u8>, serde_json::Error> {
        let line = Line { seq: self.next, at: at.to_owned(), prev: self.last.clone(), entry: entry.clone() };
        let mut bytes = serde_json::to_vec(&line)?;
        self.next += 1;
        self.last = hash(&bytes);
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The hash of the last line: printed, because a chain cannot show that its end was cut off.
    pub fn last(&self) -> &str {
        &self.last
    }
}

pub(super) fn hash(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
