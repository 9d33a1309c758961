//! Who would put a cut back: stacks, Terraform, Auto Scaling, clusters, pipelines. Pure.
//!
//! A cut is a change that its owner does not know. The next deployment may undo it, or fail because of it.
//! This room says who owns a target, by the tags that were read anyway ([`owners`]); what AWS tells of its own
//! pipelines and remediations ([`Deployers`]); and what to do before the next deployment and after a restore
//! ([`notes`]).
//!
//! Tags with keys that begin with `aws:` are written by AWS alone. Everybody who may tag can write all others:
//! such a tag proves nothing, and whoever reads it is told so.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html>

mod actions;
mod deployers;
mod kinds;
pub mod notes;
pub mod shell;
mod tags;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use deployers::{CodePipeline, Deployers, Remediation, Stage, Unread};
pub use tags::owners;

/// Who owns a target: none is known where the set is empty; `None` where no tags of it were looked at.
pub type Owners = Option<BTreeSet<Owner>>;

/// What kind of thing deploys or keeps a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A stack of `CloudFormation`.
    Stack,
    /// A stack that a StackSet has put into this account, from the account that administers the set.
    StackSet,
    /// The same of AWS Control Tower.
    ControlTower,
    Cdk,
    Terraform,
    Pulumi,
    /// An Auto Scaling group, of its instances.
    ScalingGroup,
    /// Controllers and node groups of a Kubernetes cluster, mostly of EKS.
    Kubernetes,
    CodePipeline,
    /// A rule of AWS Config that mends what it does not like.
    Remediation,
}

/// Who owns a target, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    pub kind: Kind,
    /// The stack's, group's, cluster's or workspace's name, from a tag. Empty: the tag names none.
    pub name: String,
    /// The Region that it is in, where that is known.
    pub region: Option<String>,
    /// What the owner calls the target: a stack's logical id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The tag that says so: `key=value`.
    pub tag: String,
    /// AWS alone writes this tag. Otherwise the tag is a claim of whoever set it.
    pub by_aws: bool,
}

impl Owner {
    /// What makes two targets' owners the same.
    pub fn key(&self) -> (Kind, &str, Option<&str>) {
        (self.kind, &self.name, self.region.as_deref())
    }

    /// The set that a stack of a StackSet belongs to: the stack's name without `StackSet-` and the instance's
    /// own id.
    pub fn set_name(&self) -> &str {
        set_of(&self.name).unwrap_or(&self.name)
    }

    /// `stack kc-shop (eu-west-1)`.
    pub fn title(&self) -> String {
        title(self.kind, &self.name, self.region.as_deref())
    }
}

/// What a person calls a pipeline: `stack kc-shop (eu-west-1)`.
pub fn title(kind: Kind, name: &str, region: Option<&str>) -> String {
    let name = match kind {
        Kind::StackSet | Kind::ControlTower => set_of(name).unwrap_or(name),
        _ => name,
    };
    let noun = kind.noun();
    let named = if name.is_empty() { noun.to_owned() } else { format!("{noun} {name}") };
    region.map_or(named.clone(), |region| format!("{named} ({region})"))
}

/// The name of the set in the name of a StackSet's stack: `StackSet-NAME-` and 36 characters of a UUID.
fn set_of(stack: &str) -> Option<&str> {
    let rest = stack.strip_prefix("StackSet-")?;
    let at = rest.len().checked_sub(37)?;
    let (name, uuid) = (rest.get(..at)?, rest.get(at..)?.strip_prefix('-')?);
    let is_uuid = uuid.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    (is_uuid && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests;
