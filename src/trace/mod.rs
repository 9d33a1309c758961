//! What a suspect did, made, read, tried and was denied, by CloudTrail's records alone. Pure.
//!
//! ```text
//! suspect ── made a session, a key, a user, a role ──▶ its events are the suspect's too ── …
//!    │
//!    └── who made it: the origin
//! ```

mod chain;
mod event;
mod made;
mod report;
mod suspect;
#[cfg(test)]
mod tests;

pub use chain::{Chain, Link};
pub use event::Event;
pub use made::{Made, Offer};
pub use report::{Count, Credential, Report};
pub use suspect::{Lookup, Suspect, Where};

/// How many days CloudTrail's event history goes back.
pub const DAYS: u32 = 90;

/// What no event history has, whatever it shows.
pub const NEVER_RECORDED: &str = "data events are never in the event history: objects read in S3, functions invoked, \
     items read in DynamoDB, mail sent by SES; nor is what is older than 90 days";
