//! The account: a plain, typed, serialisable picture of an AWS account, and nothing else.
//!
//! It holds what containment reads and writes. It holds nothing that AWS reassigns by itself
//! (association ids): a write reads those fresh. What moves by itself but helps a reader (last
//! use of a key, recent sends) is kept and left out of comparisons, see [`VOLATILE`].

mod authority;
mod caller;
mod compute;
pub mod denial;
mod destruction;
mod events;
mod gaps;
mod identity;
mod network;
pub mod policy;
mod rights;
mod routing;
mod scope;
mod sections;
mod seen;
mod services;

use std::collections::BTreeMap;

pub use authority::{Level, MadeSession, Organization, ResourcePolicy};
pub use caller::{Caller, Chain, Link};
pub use compute::*;
pub use destruction::{KmsKey, Secret};
pub use events::Events;
pub use identity::*;
pub use network::*;
pub use rights::{Leave, Rights, WORTH};
pub use scope::{Scope, Width};
pub use sections::{Account, Region, Section};
pub use seen::{Cause, Gap, Seen};
pub use services::*;

/// Tags of a resource, by key.
pub type Tags = BTreeMap<String, String>;

/// Fields that change without anybody cutting anything; a comparison of two accounts skips them.
pub const VOLATILE: &[&str] = &[
    "last_used",
    "credential_report",
    "recent_sends",
    "log_delivery_error",
    "tunnels",
    "client_connections",
    "sessions",
    "peers",
    "ends_at",
    "events",
    "unhealthy",
];

/// Version of the serialised form (snapshots, the `account.json` of a run, scenarios).
pub const FORMAT: u32 = 2;

impl Account {
    /// Whose account it is and which Regions are enabled; nothing of what was read besides.
    pub fn identity(&self) -> Account {
        let mut bare = Account::unread(&self.id, self.caller.clone());
        bare.format = self.format;
        bare.alias = self.alias.clone();
        bare.enabled_regions = self.enabled_regions.clone();
        bare
    }

    /// `alias (123456789012)`, or the id alone where there is no alias.
    pub fn title(&self) -> String {
        match self.alias.read() {
            Some(Some(alias)) => format!("{alias} ({})", self.id),
            _ => self.id.clone(),
        }
    }

    /// A VPC that two Regions show, and those. On AWS an id is of one Region.
    pub fn vpc_of_two_regions(&self) -> Option<(&str, &str, &str)> {
        let mut seen = BTreeMap::<&str, &str>::new();
        let all =
            self.regions.iter().flat_map(|(name, here)| here.vpcs.items().map(move |(id, _)| (id, name)));
        for (vpc, region) in all {
            if let Some(first) = seen.insert(vpc, region) {
                return Some((vpc, first, region));
            }
        }
        None
    }

    /// The AWS partition the caller's ARN names: `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &str {
        self.caller.arn.split(':').nth(1).filter(|p| !p.is_empty()).unwrap_or("aws")
    }
}
