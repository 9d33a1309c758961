//! Resources as AWS Cloud Control lists them: one call for every type of every service, the properties as JSON.
//!
//! <https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations-list.html>

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Region, Seen, other_doors, pipelines, watchers};

/// The properties that are kept of a resource, as text, by JSON pointer. What a resource does not have, and
/// what is empty, is left out. A list of plain values is its values, with commas between them.
pub type Properties = BTreeMap<String, String>;

/// What was read of one type: its resources by identifier.
pub type OfType = BTreeMap<String, Seen<Properties>>;

/// Resources of some types in one Region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Resources {
    /// By type. A type that was listed and has no resource is left out. A resource whose properties nobody
    /// asked for is [`Cause::NotRead`](super::Cause::NotRead).
    pub types: BTreeMap<String, Seen<OfType>>,
    /// Types that AWS does not have in this Region: Cloud Control says nothing of them, and mostly the service
    /// is not there.
    pub not_offered: BTreeSet<String>,
}

/// A type that Cloud Control can list, and what is kept of its resources.
pub struct ResourceType {
    /// `AWS::EKS::Cluster`.
    pub name: &'static str,
    /// JSON pointers of what must be known. Many services list names alone: a resource that was listed without
    /// one of these is asked for by itself.
    pub asked: &'static [&'static str],
    /// JSON pointers of what is kept besides, where a resource has it. A part `*` stands for every place of a
    /// list: each is kept under its own pointer.
    pub kept: &'static [&'static str],
    /// The Region that has the service's only endpoint; `None`: each Region has its own.
    pub only_in: Option<&'static str>,
    /// The model without which AWS does not list the type, as JSON.
    pub model: Option<&'static str>,
    /// The IAM actions that listing takes besides Cloud Control's own: those of `handlers.list` in the type's
    /// schema. Cloud Control calls the service with the caller's rights. Left out are those with which nothing
    /// is listed (`iam:PassRole`, `kms:CreateGrant`), and names that are no action of IAM.
    pub list: &'static [&'static str],
    /// The same for asking about one resource, of `handlers.read`; empty: the list says all that is needed.
    pub get: &'static [&'static str],
    /// With these words in AWS's refusal the service is off, and has no resource.
    pub off: &'static [&'static str],
}

impl ResourceType {
    /// The pointers of everything that is kept.
    pub fn pointers(&self) -> impl Iterator<Item = &'static str> {
        self.asked.iter().chain(self.kept).copied()
    }

    /// Is everything known that must be?
    pub fn is_told(&self, properties: &Properties) -> bool {
        self.get.is_empty() || self.asked.iter().all(|at| properties.contains_key(*at))
    }
}

/// The type with this name, and what a Region has of the section that it belongs to.
pub(crate) fn find<'r>(
    name: &str,
    region: &'r Region,
) -> Option<(&'static ResourceType, &'r Seen<Resources>)> {
    let doors = other_doors::DOORS.iter().map(|door| (&door.of, &region.other_doors));
    let watchers = watchers::WATCHERS.iter().map(|of| (*of, &region.watchers));
    let pipelines = pipelines::PIPELINES.iter().map(|of| (*of, &region.pipelines));
    doors.chain(watchers).chain(pipelines).find(|(of, _)| of.name == name)
}
