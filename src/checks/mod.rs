//! The readiness checks: could the plug be pulled today, would anybody see what happens, could it be put
//! back, which doors are open already, and would anybody hear.
//!
//! ```text
//!   Facts (account, configuration, rehearsal, moment) ─▶ each check ─▶ Answer ─▶ exceptions ─▶ Report
//! ```
//!
//! A check is one file: its words and a pure function on [`Facts`]. It passes, fails with findings, or is
//! unknown. What it needs and could not be read makes it unknown, never passed: [`run`] sees to that for
//! the sections that a check names, whatever the check itself looks at.

mod back_databases;
mod back_deletions;
mod back_log_versions;
mod back_plans;
mod back_recent;
mod back_vault_lock;
pub mod compare;
mod door_administrators;
mod door_console_mfa;
mod door_default_groups;
mod door_ebs_encryption;
mod door_exposed_keys;
mod door_exposure;
mod door_metadata;
mod door_names;
mod door_old_keys;
mod door_outsiders;
mod door_password_policy;
mod door_ports;
mod door_public_copies;
mod door_root_keys;
mod door_root_mfa;
mod door_s3_block;
mod door_s3_public;
mod door_serial_console;
mod door_unused_keys;
mod door_vpc_block;
mod exceptions;
pub mod facts;
mod hear_cloudwatch;
mod hear_contact;
mod hear_findings;
mod hear_health;
mod hear_security_hub;
mod pull_actors;
mod pull_break_glass;
mod pull_lockout;
mod pull_names;
mod pull_own_path;
mod pull_permissions;
mod pull_policies;
mod pull_policy_room;
mod pull_quotas;
mod pull_record;
mod pull_regions;
mod pull_sight;
mod pull_support;
mod pull_time;
mod registry;
pub mod report;
mod see_access_logs;
mod see_analyzer;
mod see_config;
mod see_delivery;
mod see_detective;
mod see_flow_logs;
mod see_guardduty;
mod see_log_bucket;
mod see_trail;
mod see_validation;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::access::calls::Right;
use crate::account::{Gap, Section};
use crate::step::first_few;

pub use exceptions::{NoCheck, unknown_checks};
pub use facts::{Facts, OwnPath, Pull, Record, Unread};
pub use registry::{CHECKS, FILES, find};
pub use report::{Outcome, Report, run};

/// One readiness check.
pub struct Check {
    /// As it is typed, and as other programs know it: `door-old-keys`.
    pub id: &'static str,
    pub group: Group,
    /// What holds where it passes.
    pub title: &'static str,
    pub severity: Severity,
    /// Why it matters in an incident.
    pub why: &'static str,
    /// The command or the console path that puts it right.
    pub fix: &'static str,
    /// The sections without which it is unknown.
    pub needs: &'static [Section],
    /// What it looks at besides, and can do without: it says itself what a gap there means.
    pub also: &'static [Section],
    /// The controls of others that ask for the same.
    pub mirrors: &'static [&'static str],
    pub look: fn(&Facts<'_>, &mut Answer),
}

/// The question that a check helps to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    Pull,
    See,
    Back,
    Doors,
    Hear,
}

impl Group {
    pub const ALL: [Group; 5] = [Group::Pull, Group::See, Group::Back, Group::Doors, Group::Hear];

    pub fn question(self) -> &'static str {
        match self {
            Group::Pull => "Could we pull?",
            Group::See => "Could we see?",
            Group::Back => "Could we come back?",
            Group::Doors => "Are the doors already open?",
            Group::Hear => "Would anybody hear?",
        }
    }

    /// How the ids of its checks begin.
    pub fn prefix(self) -> &'static str {
        match self {
            Group::Pull => "pull",
            Group::See => "see",
            Group::Back => "back",
            Group::Doors => "door",
            Group::Hear => "hear",
        }
    }
}

/// How much a failed check matters, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    pub fn name(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// One thing that is not as it should be. Its strings may come from AWS: escape them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The id, name or ARN of the resource.
    pub resource: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    pub text: String,
}

/// The answer of a check. With findings it has failed; else with something unread it is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub findings: Vec<Finding>,
    /// The findings in a few words; otherwise the first finding stands for them.
    pub headline: String,
    /// What could not be looked at, in sentences.
    pub unread: Vec<String>,
    /// What was found where it passes, in a few words.
    pub said: String,
    /// A fix for this account, in place of the check's own.
    pub fix: Option<String>,
}

impl Answer {
    pub fn fail(&mut self, resource: impl Into<String>, region: Option<&str>, text: impl Into<String>) {
        let (resource, region) = (resource.into(), region.map(str::to_owned));
        self.findings.push(Finding { resource, region, text: text.into() });
    }

    /// Notes something without which the check cannot pass.
    pub fn unknown(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.unread.contains(&text) {
            self.unread.push(text);
        }
    }

    /// Notes a gap: `what not read: permission denied (s3:GetBucketPolicy)`.
    pub fn gap(&mut self, what: &str, gap: &Gap) {
        self.unknown(gap_in_words(what, gap));
    }
}

/// The sections that the checks look at.
pub fn needs() -> BTreeSet<Section> {
    CHECKS.iter().flat_map(|check| check.needs.iter().chain(check.also)).copied().collect()
}

/// `trails not read: permission denied (cloudtrail:DescribeTrails)`.
/// The first action that is refused, how many more are, and why the first is: `iam:PutUserPolicy and 3 more: no
/// statement allows it`.
fn refused(rights: &[Right]) -> Option<String> {
    let refused = rights.iter().filter(|right| right.sure.is_no());
    let because = &refused.clone().next()?.because;
    Some(format!("{}: {because}", first_few(refused.map(|right| right.action), 1)))
}

fn gap_in_words(what: &str, gap: &Gap) -> String {
    let call = if gap.call.is_empty() { String::new() } else { format!(" ({})", gap.call) };
    format!("{what} not read: {}{call}", gap.cause.words())
}
