//! The policies that the step makes: one of each kind.

use crate::account::organization::{DECLARATIVE_EC2, RESOURCE_CONTROL, S3, SERVICE_CONTROL};
use crate::step::{Params, texts};

/// The kinds that a playbook chooses.
pub(super) const POLICIES: &str = "policies";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PolicyKind {
    /// What principals of the account may do, its root included.
    ServiceControl,
    /// What anybody may do to the account's buckets, queues, keys and the like.
    ResourceControl,
    /// VPC Block Public Access in every Region.
    VpcBlock,
    /// S3's account-level block.
    S3Block,
}

impl PolicyKind {
    pub const ALL: [PolicyKind; 4] =
        [PolicyKind::ServiceControl, PolicyKind::ResourceControl, PolicyKind::VpcBlock, PolicyKind::S3Block];

    /// Its name in playbooks, targets and the policy's own name.
    pub fn slug(self) -> &'static str {
        match self {
            PolicyKind::ServiceControl => "service-control",
            PolicyKind::ResourceControl => "resource-control",
            PolicyKind::VpcBlock => "vpc-block",
            PolicyKind::S3Block => "s3-block",
        }
    }

    pub fn of(slug: &str) -> Option<PolicyKind> {
        PolicyKind::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// The policy type, as AWS writes it.
    pub fn policy_type(self) -> &'static str {
        match self {
            PolicyKind::ServiceControl => SERVICE_CONTROL,
            PolicyKind::ResourceControl => RESOURCE_CONTROL,
            PolicyKind::VpcBlock => DECLARATIVE_EC2,
            PolicyKind::S3Block => S3,
        }
    }

    /// What it does, in a few words.
    pub fn words(self) -> &'static str {
        match self {
            PolicyKind::ServiceControl => "denies every call of the account's principals",
            PolicyKind::ResourceControl => "denies outsiders the account's data",
            PolicyKind::VpcBlock => "VPC Block Public Access both ways, every Region",
            PolicyKind::S3Block => "S3's account-level block, all four",
        }
    }

    /// The characters that a document of it may have, white space included.
    ///
    /// AWS's page says 10,240 for service control policies, older copies of it 5,120.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
    pub fn longest(self) -> usize {
        match self {
            PolicyKind::ServiceControl => 10_240,
            PolicyKind::ResourceControl => 5_120,
            PolicyKind::VpcBlock | PolicyKind::S3Block => 10_000,
        }
    }

    /// How many of it may be attached to one account or unit, AWS's own included.
    ///
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
    pub fn most(self) -> usize {
        match self {
            PolicyKind::ResourceControl => 5,
            PolicyKind::ServiceControl | PolicyKind::VpcBlock | PolicyKind::S3Block => 10,
        }
    }

    /// The kinds that these parameters choose: all where none is named.
    pub fn chosen(params: &Params) -> Vec<PolicyKind> {
        let named: Vec<&str> = names(params).collect();
        PolicyKind::ALL.into_iter().filter(|kind| named.is_empty() || named.contains(&kind.slug())).collect()
    }

    /// Names that are none of a kind.
    pub fn unknown(params: &Params) -> impl Iterator<Item = &str> {
        names(params).filter(|name| PolicyKind::of(name).is_none())
    }
}

fn names(params: &Params) -> impl Iterator<Item = &str> {
    texts(params, POLICIES)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_is_chosen_unless_some_are_named() {
        assert_eq!(PolicyKind::chosen(&Params::new()), PolicyKind::ALL);
        let params = Params::from([(POLICIES.to_owned(), json!(["s3-block", "service-control", "vpc"]))]);
        assert_eq!(PolicyKind::chosen(&params), [PolicyKind::ServiceControl, PolicyKind::S3Block]);
        assert_eq!(PolicyKind::unknown(&params).collect::<Vec<_>>(), ["vpc"]);
        for kind in PolicyKind::ALL {
            assert_eq!(PolicyKind::of(kind.slug()), Some(kind));
        }
    }
}
