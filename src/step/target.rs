//! Targets and findings.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::Tags;
use crate::pipelines::{self, Owners};

/// The one thing a change is about: a subnet, a user's key, a Region's setting.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// `None` for what belongs to the whole account.
    pub region: Option<String>,
    /// `interface`, `subnet`, `access-key` …
    pub kind: String,
    /// The id as AWS knows it; of a resource that unplug creates, the thing it is made for.
    pub id: String,
    pub vpc: Option<String>,
    /// The account that holds it, where other credentials than the run's own write it; `None`: the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// A name that helps a person, from AWS: a view escapes it.
    pub label: Option<String>,
}

impl Target {
    pub fn new(kind: &str, id: impl Into<String>) -> Target {
        Target { region: None, kind: kind.into(), id: id.into(), vpc: None, account: None, label: None }
    }

    pub fn region(mut self, region: &str) -> Target {
        self.region = Some(region.into());
        self
    }

    pub fn vpc(mut self, vpc: &str) -> Target {
        self.vpc = Some(vpc.into());
        self
    }

    pub fn label(mut self, label: Option<&str>) -> Target {
        self.label = label.filter(|label| !label.is_empty()).map(Into::into);
        self
    }

    /// The label from a `Name` tag.
    pub fn named(self, tags: &Tags) -> Target {
        self.label(tags.get("Name").map(String::as_str))
    }

    /// The two parts of an id such as `rtb-1/10.0.0.0/8`: what it is in, and what of it.
    pub fn parts(&self) -> (&str, &str) {
        self.id.split_once('/').unwrap_or((&self.id, ""))
    }

    /// What makes two targets the same; the label does not.
    pub fn key(&self) -> (Option<&str>, &str, &str) {
        (self.region.as_deref(), &self.kind, &self.id)
    }

    /// The Region to call for it. Empty for what belongs to the whole account.
    pub fn region_name(&self) -> &str {
        self.region.as_deref().unwrap_or_default()
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Target) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Target {}

impl PartialOrd for Target {
    fn partial_cmp(&self, other: &Target) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Target {
    fn cmp(&self, other: &Target) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        if let Some(label) = &self.label {
            write!(f, " ({label})")?;
        }
        Ok(())
    }
}

/// What a step sees: things to say, and targets in scope.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub findings: Vec<Finding>,
    pub items: Vec<Item>,
}

impl Found {
    /// Something a responder should know and that needs no change here.
    pub fn note(&mut self, region: Option<&str>, text: impl Into<String>) {
        self.say(region, text.into(), false, false);
    }

    /// Something that a responder has to know before yes: it stands on the plan's first screen.
    pub fn matters(&mut self, region: Option<&str>, text: impl Into<String>) {
        self.say(region, text.into(), false, true);
    }

    /// Something that is as it should be.
    pub fn fine(&mut self, region: Option<&str>, text: impl Into<String>) {
        self.say(region, text.into(), true, false);
    }

    fn say(&mut self, region: Option<&str>, text: String, good: bool, matters: bool) {
        self.findings.push(Finding { good, matters, region: region.map(Into::into), text });
    }

    pub fn item(&mut self, item: Item) {
        self.items.push(item);
    }
}

/// One thing that a step has to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub good: bool,
    /// To be read before yes: on the first screen, whatever else is folded.
    #[serde(default)]
    pub matters: bool,
    pub region: Option<String>,
    pub text: String,
}

/// A target in scope.
#[derive(Clone, Debug)]
pub struct Item {
    pub at: Target,
    /// Lower ranks are written and in effect before the next rank starts: what a step creates
    /// comes before what uses it. A restore goes the other way.
    pub rank: u8,
    /// Tags of the target and of what holds it (its VPC): a protected tag on any of them protects.
    pub tags: Vec<Tags>,
    /// The run makes it for its other targets: without those it is not made.
    pub created: bool,
    /// Who would put a cut of it back, by its own tags.
    pub owners: Owners,
}

impl Item {
    pub fn new(at: Target) -> Item {
        Item { at, rank: 1, tags: vec![], created: false, owners: None }
    }

    /// A resource that the step creates, written before those that use it.
    pub fn created(at: Target) -> Item {
        // Nobody else knows it.
        Item { at, rank: 0, tags: vec![], created: true, owners: Some(BTreeSet::new()) }
    }

    /// Tags of the target itself, or of what it is a part of: they protect it, and say who owns it.
    pub fn tags(mut self, tags: &Tags) -> Item {
        let found = pipelines::owners(tags, self.at.region.as_deref());
        self.owners.get_or_insert_default().extend(found);
        self.within(tags)
    }

    /// Tags of what holds the target, as its VPC: they protect it, and say nothing of who owns it. Only tags
    /// that the configuration can name are worth keeping: empty sets are dropped.
    pub fn within(mut self, tags: &Tags) -> Item {
        if !tags.is_empty() {
            self.tags.push(tags.clone());
        }
        self
    }
}
