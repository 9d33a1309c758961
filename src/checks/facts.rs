//! The facts that checks look at. Nothing here is read by a check itself.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::access::report::Report as Access;
use crate::access::{facts, survey};
use crate::account::resources::ResourceType;
use crate::account::{Account, Cause, Gap, OfType, Region, Rights, Scope, Seen, Trail, dns};
use crate::config::Config;
use crate::exposure::{self, Exposure};
use crate::step::StepId;

/// What there is to look at.
pub struct Facts<'a> {
    pub account: &'a Account,
    pub config: &'a Config,
    /// The moment for which the answers hold: ages of keys, dates of exceptions.
    pub now: Timestamp,
    pub scope: &'a Scope,
    pub pull: &'a Pull,
    pub record: &'a Record,
    /// What IAM's simulator said; `None` where it was not asked.
    pub rights: Option<&'a Rights>,
    /// What EC2 said to calls that it was told not to carry out; `None` where it was not asked.
    pub dry_run: Option<&'a Rights>,
    /// The account was read just now, and not from a file: whoever could be asked was asked.
    pub live: bool,
    /// What a pull would do to the path that unplug itself uses.
    pub own_path: OwnPath,
    access: OnceCell<Result<Access, Gap>>,
    exposure: OnceCell<Exposure>,
}

/// A rehearsed pull of the playbook in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pull {
    pub playbook: String,
    pub steps: Vec<StepId>,
    pub changes: usize,
    pub calls: u64,
    /// Seconds that the calls take at AWS's limits.
    pub seconds: f64,
    /// Seconds until all is in effect: the calls, the waits, and resolvers that keep a name's old answer.
    pub in_effect: f64,
    /// The step that takes longest to be in effect, and its seconds.
    pub slowest: Option<(StepId, f64)>,
    /// What the cut would take from the responder and from break-glass principals, in sentences.
    pub losses: Vec<String>,
    /// What the steps need and could not be read.
    pub unread: Vec<Unread>,
}

/// Something that steps need and that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unread {
    pub step: StepId,
    pub what: String,
    pub region: Option<String>,
    pub gap: Gap,
}

/// Where a run would be recorded: a sentence on what is wrong with each folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub state: String,
    pub state_error: Option<String>,
    /// The folder of `--copy-to`, where one is named.
    pub copy: Option<String>,
    pub copy_error: Option<String>,
}

/// What a pull would do to the path that unplug itself uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OwnPath {
    #[default]
    Open,
    Cut(String),
    Unknown(String),
}

impl<'a> Facts<'a> {
    pub fn new(
        account: &'a Account,
        config: &'a Config,
        now: Timestamp,
        scope: &'a Scope,
        pull: &'a Pull,
        record: &'a Record,
    ) -> Facts<'a> {
        Facts {
            account,
            config,
            now,
            scope,
            pull,
            record,
            rights: None,
            dry_run: None,
            live: false,
            own_path: OwnPath::Open,
            access: OnceCell::new(),
            exposure: OnceCell::new(),
        }
    }

    /// The Regions that were looked at, by name.
    pub fn regions(&self) -> impl Iterator<Item = (&'a str, &'a Region)> {
        self.account.regions.iter().map(|(name, here)| (name.as_str(), here))
    }

    /// The records of every public zone, by name. A zone that nobody asked for makes the answer unknown; any
    /// other gap is one of the section.
    pub fn public_records(&self, answer: &mut Answer) -> Vec<&'a BTreeMap<String, BTreeSet<dns::Record>>> {
        let mut read = vec![];
        for (id, zone) in self.account.zones.items().filter(|(_, zone)| !zone.private) {
            match zone.records.as_result() {
                Ok(records) => read.push(records),
                Err(gap) if gap.cause == Cause::NotRead => answer.gap(&format!("records of zone {id}"), gap),
                Err(_) => {}
            }
        }
        read
    }

    /// Says which buckets of these trails were not among those that were read.
    pub fn unread_log_buckets(&self, answer: &mut Answer, which: fn(&Trail) -> bool) {
        let Some(read) = self.account.log_buckets.read() else { return };
        let trails = self.account.trails.items().map(|(_, trail)| trail);
        for trail in trails.filter(|trail| which(trail) && !read.contains_key(&trail.bucket)) {
            answer.unknown(format!(
                "{} of {} was not looked at: of another account?",
                trail.bucket, trail.name
            ));
        }
    }

    /// What each Region has of a type of `watchers`; `None`: nothing. A Region that does not have the type makes
    /// the answer unknown, and a gap is one of the section.
    pub fn watchers(&self, of: &ResourceType, answer: &mut Answer) -> Vec<(&'a str, Option<&'a OfType>)> {
        let mut all = vec![];
        for (region, here) in self.regions() {
            let Some(watchers) = here.watchers.read() else { continue };
            if watchers.not_offered.contains(of.name) {
                answer.unknown(format!("{} in {region}: Cloud Control has no such type there", of.name));
                continue;
            }
            match watchers.types.get(of.name) {
                None => all.push((region, None)),
                Some(Seen::Read(found)) => all.push((region, Some(found))),
                Some(Seen::Gap(_)) => {}
            }
        }
        all
    }

    /// Who can do what. A gap where IAM was not read.
    pub fn access(&self) -> Result<&Access, &Gap> {
        let ask = || survey(&facts::Facts::of(self.account, self.now));
        self.access.get_or_init(ask).as_ref()
    }

    /// What can get in and out of every interface.
    pub fn exposure(&self) -> &Exposure {
        self.exposure.get_or_init(|| exposure::of(self.account))
    }

    /// Whole days from a moment until now; `None` where the text is no moment.
    pub fn days_since(&self, moment: &str) -> Option<i64> {
        let moment: Timestamp = moment.parse().ok()?;
        Some(self.now.duration_since(moment).as_secs() / 86_400)
    }
}
