//! Doors to the account that no step closes: which there are, and when one of them stands open.

use super::resources::{Properties, ResourceType};

/// A kind of door.
pub struct Door {
    pub of: ResourceType,
    /// What a person calls one of them.
    pub noun: &'static str,
    /// The JSON pointer of its name; empty: its identifier is one.
    pub name: &'static str,
    pub open: Open,
    /// A property that says more about an open one: its JSON pointer, and the words before it.
    pub more: Option<(&'static str, &'static str)>,
    /// How to close one without unplug.
    pub by_hand: &'static str,
}

/// When a door can be reached from the internet, as far as its properties say. That needs credentials of some
/// kind mostly.
pub enum Open {
    /// Each of its kind can.
    Always,
    /// Those can that have one of these signs.
    Where(&'static [(&'static str, Sign)]),
    /// All can but those with one of these words at the pointer.
    Unless(&'static str, &'static [&'static str]),
}

/// What a property must be.
pub enum Sign {
    /// This word.
    Is(&'static str),
    /// Anything that is not empty.
    There,
    /// A JSON document that has this member somewhere, and it is true.
    Grants(&'static str),
}

/// Can a door be reached from the internet?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    Public,
    /// As far as its properties say.
    Private,
    /// Its properties do not say.
    Unsaid,
}

impl Door {
    /// Can this one be reached from the internet?
    pub fn reached(&self, properties: &Properties) -> Reached {
        let at = |pointer: &str| properties.get(pointer).map(String::as_str);
        let holds = |(pointer, sign): &(&str, Sign)| {
            at(pointer).is_some_and(|text| match sign {
                Sign::Is(word) => text.eq_ignore_ascii_case(word),
                Sign::There => true,
                Sign::Grants(member) => grants(text, member),
            })
        };
        let public = match &self.open {
            Open::Always => true,
            Open::Unless(pointer, words) => !at(pointer).is_some_and(|text| words.contains(&text)),
            Open::Where(signs) => signs.iter().any(holds),
        };
        if public {
            Reached::Public
        } else if self.of.asked.iter().all(|pointer| at(pointer).is_some()) {
            Reached::Private
        } else {
            Reached::Unsaid
        }
    }

    /// Can one be reached from the internet of which nothing was read?
    pub fn unread(&self) -> Reached {
        if matches!(self.open, Open::Always) { Reached::Public } else { Reached::Unsaid }
    }

    /// What a person calls this one: its name, or the last part of its identifier.
    pub fn called<'a>(&self, identifier: &'a str, properties: &'a Properties) -> &'a str {
        let name = properties.get(self.name).map(String::as_str);
        let last = || match identifier.rsplit(['/', '|']).next() {
            Some(last) if !last.is_empty() => last,
            _ => identifier,
        };
        name.unwrap_or_else(last)
    }
}

/// Does a JSON document have this member somewhere, and is it true? A document that is none says yes: nobody
/// knows what it lets in.
fn grants(document: &str, member: &str) -> bool {
    fn within(value: &serde_json::Value, member: &str) -> bool {
        match value {
            serde_json::Value::Array(items) => items.iter().any(|item| within(item, member)),
            serde_json::Value::Object(members) => members.iter().any(|(name, value)| {
                (name == member && value.as_bool() == Some(true)) || within(value, member)
            }),
            _ => false,
        }
    }
    serde_json::from_str(document).map_or(true, |value| within(&value, member))
}

/// What Cloud Control cannot list, and how to look at it by hand. The types have no list handler in August
/// 2026.
///
/// <https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/supported-resources.html>
pub const NOT_LISTED: &[(&str, &str)] = &[
    ("OpenSearch domains", "aws opensearch list-domain-names, describe-domain: public without VPCOptions"),
    ("SageMaker notebook instances", "aws sagemaker list-notebook-instances"),
    ("DMS replication instances", "aws dms describe-replication-instances: PubliclyAccessible"),
    ("EMR clusters", "aws emr list-clusters --active"),
    ("Cloud9 environments", "aws cloud9 list-environments"),
    ("public CodeBuild projects", "aws codebuild batch-get-projects: projectVisibility"),
    ("MediaLive inputs", "aws medialive list-inputs"),
    ("Glue development endpoints", "aws glue get-dev-endpoints"),
];

mod table;
pub use table::DOORS;

#[cfg(test)]
mod tests;
