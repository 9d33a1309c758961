//! The account: a plain, typed, serialisable picture of an AWS account, and nothing else.
//!
//! It holds what containment reads and writes. It holds nothing that AWS reassigns by itself
//! (association ids): a write reads those fresh. What moves by itself but helps a reader (last
//! use of a key, recent sends) is kept and left out of comparisons, see [`VOLATILE`].

mod authority;
mod compute;
mod identity;
mod network;
pub mod policy;
mod rights;
mod routing;
mod scope;
mod sections;
mod seen;
mod services;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use authority::{Level, MadeSession, Organization, ResourcePolicy};
pub use compute::*;
pub use identity::*;
pub use network::*;
pub use rights::{Leave, Rights, WORTH};
pub use scope::{Scope, Width};
pub use sections::{Region, Section};
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
    "unhealthy",
];

/// Version of the serialised form (snapshots, the `account.json` of a run, scenarios).
pub const FORMAT: u32 = 2;

/// One AWS account as far as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    #[serde(default = "format")]
    pub format: u32,
    /// Twelve digits.
    pub id: String,
    #[serde(default)]
    pub alias: Seen<Option<String>>,
    pub caller: Caller,
    /// Regions enabled for the account (`ec2:DescribeRegions`).
    #[serde(default)]
    pub enabled_regions: Seen<BTreeSet<String>>,
    #[serde(default)]
    pub principals: Seen<Principals>,
    /// Access keys by id, of the users that were asked for.
    #[serde(default)]
    pub access_keys: Seen<BTreeMap<String, AccessKey>>,
    #[serde(default)]
    pub credential_report: Seen<BTreeMap<String, ReportRow>>,
    #[serde(default)]
    pub account_summary: Seen<AccountSummary>,
    /// Keys that Trusted Advisor calls exposed, by key id.
    #[serde(default)]
    pub exposed_keys: Seen<BTreeMap<String, ExposedKey>>,
    /// Trails by ARN, shadow copies left out.
    #[serde(default)]
    pub trails: Seen<BTreeMap<String, Trail>>,
    /// Regions whose trails could not be listed, although others could: a trail that logs only
    /// there is unknown. Common where an organization denies Regions.
    #[serde(default)]
    pub trails_unread: BTreeMap<String, Gap>,
    /// Buckets that hold or will hold the logs of a trail, by name.
    #[serde(default)]
    pub log_buckets: Seen<BTreeMap<String, LogBucket>>,
    /// The account-level S3 Block Public Access; `None` when it was never set.
    #[serde(default)]
    pub s3_block: Seen<Option<PublicAccessBlock>>,
    /// Buckets that a policy or an ACL opens to everybody, by name.
    #[serde(default)]
    pub public_buckets: Seen<BTreeMap<String, PublicBucket>>,
    /// What was read of each Region.
    #[serde(default)]
    pub regions: BTreeMap<String, Region>,
}

fn format() -> u32 {
    FORMAT
}

impl Account {
    /// An account of which nothing has been read yet.
    pub fn unread(id: impl Into<String>, caller: Caller) -> Account {
        Account {
            format: FORMAT,
            id: id.into(),
            alias: Seen::default(),
            caller,
            enabled_regions: Seen::default(),
            principals: Seen::default(),
            access_keys: Seen::default(),
            credential_report: Seen::default(),
            account_summary: Seen::default(),
            exposed_keys: Seen::default(),
            trails: Seen::default(),
            trails_unread: BTreeMap::new(),
            log_buckets: Seen::default(),
            s3_block: Seen::default(),
            public_buckets: Seen::default(),
            regions: BTreeMap::new(),
        }
    }

    /// Whose account it is and which Regions are enabled; nothing of what was read besides.
    pub fn identity(&self) -> Account {
        let mut bare = Account::unread(&self.id, self.caller.clone());
        bare.alias = self.alias.clone();
        bare.enabled_regions = self.enabled_regions.clone();
        bare
    }

    /// A copy of these sections: of the account's, and of those of each Region that is wanted.
    pub fn part(&self, sections: &BTreeSet<Section>, regions: impl Fn(&str) -> bool) -> Account {
        fn copy<T: Clone>(wanted: bool, from: &Seen<T>) -> Seen<T> {
            if wanted { from.clone() } else { Seen::default() }
        }
        let has = |section: Section| sections.contains(&section);
        let here = self.regions.iter().filter(|(name, _)| regions(name));
        Account {
            format: self.format,
            id: self.id.clone(),
            alias: self.alias.clone(),
            caller: self.caller.clone(),
            enabled_regions: self.enabled_regions.clone(),
            principals: copy(has(Section::Principals), &self.principals),
            access_keys: copy(has(Section::AccessKeys), &self.access_keys),
            credential_report: copy(has(Section::CredentialReport), &self.credential_report),
            account_summary: copy(has(Section::AccountSummary), &self.account_summary),
            exposed_keys: copy(has(Section::ExposedKeys), &self.exposed_keys),
            trails: copy(has(Section::Trails), &self.trails),
            trails_unread: if has(Section::Trails) { self.trails_unread.clone() } else { BTreeMap::new() },
            log_buckets: copy(has(Section::LogBuckets), &self.log_buckets),
            s3_block: copy(has(Section::S3Block), &self.s3_block),
            public_buckets: copy(has(Section::PublicBuckets), &self.public_buckets),
            regions: here.map(|(name, region)| (name.clone(), region.part(sections))).collect(),
        }
    }

    /// `alias (123456789012)`, or the id alone where there is no alias.
    pub fn title(&self) -> String {
        match self.alias.read() {
            Some(Some(alias)) => format!("{alias} ({})", self.id),
            _ => self.id.clone(),
        }
    }

    /// Takes over the sections that another reading has and this one has not.
    pub fn fill_from(&mut self, other: Account) {
        self.alias.fill_from(other.alias);
        self.principals.fill_from(other.principals);
        self.access_keys.fill_from(other.access_keys);
        self.credential_report.fill_from(other.credential_report);
        self.account_summary.fill_from(other.account_summary);
        self.exposed_keys.fill_from(other.exposed_keys);
        if self.trails.is_not_read() {
            self.trails_unread = other.trails_unread;
        }
        self.trails.fill_from(other.trails);
        self.log_buckets.fill_from(other.log_buckets);
        self.s3_block.fill_from(other.s3_block);
        self.public_buckets.fill_from(other.public_buckets);
        for (name, region) in other.regions {
            self.regions.entry(name).or_default().fill_from(region);
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

impl Section {
    /// The gap of this section in an account, if it was asked for and could not be read.
    pub fn gaps(self, account: &Account) -> Vec<(Option<String>, Gap)> {
        fn global<T>(seen: &Seen<T>) -> Vec<(Option<String>, Gap)> {
            seen.gap().filter(|g| g.cause != Cause::NotRead).map(|g| (None, g.clone())).into_iter().collect()
        }
        fn regional(account: &Account, section: Section) -> Vec<(Option<String>, Gap)> {
            account
                .regions
                .iter()
                .filter_map(|(name, region)| Some((name, section.gap_of(region)?)))
                .filter(|(_, gap)| gap.cause != Cause::NotRead)
                .map(|(name, gap)| (Some(name.clone()), gap.clone()))
                .collect()
        }
        match self {
            Section::Principals => global(&account.principals),
            Section::AccessKeys => global(&account.access_keys),
            Section::CredentialReport => global(&account.credential_report),
            Section::AccountSummary => global(&account.account_summary),
            Section::ExposedKeys => global(&account.exposed_keys),
            Section::Trails => {
                let unread = account.trails_unread.iter().map(|(r, gap)| (Some(r.clone()), gap.clone()));
                let within = account.trails.items().flat_map(|(_, trail)| {
                    let region = Some(trail.home_region.clone());
                    let gaps = [trail.logging.gap(), trail.all_management_events.gap()];
                    gaps.into_iter().flatten().map(move |gap| (region.clone(), gap.clone()))
                });
                global(&account.trails).into_iter().chain(unread).chain(within).collect()
            }
            Section::LogBuckets => {
                let within = account.log_buckets.items().flat_map(|(_, bucket)| {
                    let region = Some(bucket.region.clone());
                    let gaps = [bucket.policy.gap(), bucket.versioning.gap(), bucket.block.gap()];
                    gaps.into_iter().flatten().map(move |gap| (region.clone(), gap.clone()))
                });
                global(&account.log_buckets).into_iter().chain(within).collect()
            }
            Section::Ses => {
                let senders = |(name, region): (&String, &Region)| {
                    let gap = region.ses.read()?.senders.gap()?;
                    (gap.cause != Cause::NotRead).then(|| (Some(name.clone()), gap.clone()))
                };
                let within = account.regions.iter().filter_map(senders);
                regional(account, self).into_iter().chain(within).collect()
            }
            Section::S3Block => global(&account.s3_block),
            Section::PublicBuckets => {
                let within = account.public_buckets.items().filter_map(|(name, bucket)| {
                    let gap = bucket.unread()?;
                    let detail = format!("bucket {name}: {}", gap.detail);
                    Some((Some(bucket.region.clone()), Gap { detail, ..gap.clone() }))
                });
                global(&account.public_buckets).into_iter().chain(within).collect()
            }
            section => regional(account, section),
        }
    }
}
