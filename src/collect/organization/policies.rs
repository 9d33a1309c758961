//! The policies of the Organization, and what AWS makes of them for one account.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_organizations::types::{EffectivePolicyType, PolicySummary, PolicyType};
use futures::future::join_all;

use super::{PAGE, tags};
use crate::account::organization::{DECLARATIVE_EC2, MADE, S3};
use crate::account::{OrganizationPolicy, Seen};
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::seen;

type Attached = BTreeMap<String, BTreeMap<String, Seen<BTreeSet<String>>>>;
type Policies = BTreeMap<String, OrganizationPolicy>;

/// The ids of what is attached, by policy type and level. What is not there has nothing.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPoliciesForTarget.html>
pub(super) async fn attached(aws: &Aws, levels: &[String], kinds: &[&'static str]) -> Attached {
    let places = kinds.iter().flat_map(|kind| levels.iter().map(move |level| (*kind, level.clone())));
    let lists = places.map(async |(kind, level): (&'static str, String)| {
        let list = aws.organizations().list_policies_for_target().target_id(&level);
        let list = list.filter(PolicyType::from(kind)).max_results(PAGE);
        (kind, level, unless_gone(lists::all(aws, list, |policy: PolicySummary| policy.id).await))
    });
    let mut attached = Attached::new();
    for (kind, level, ids) in join_all(lists).await {
        let of_kind = attached.entry(kind.to_owned()).or_default();
        if let Some(ids) = ids.transpose() {
            of_kind.insert(level, seen(ids));
        }
    }
    attached
}

/// Every policy of these types. The content of what is attached and of unplug's own; targets and tags of the latter.
pub(super) async fn all(aws: &Aws, kinds: &[&'static str], attached: &Attached) -> Seen<Policies> {
    let lists = join_all(kinds.iter().copied().map(async |kind: &'static str| {
        let list = aws.organizations().list_policies().filter(PolicyType::from(kind)).max_results(PAGE);
        lists::all::<_, PolicySummary, Vec<_>>(aws, list, Some).await.map(|found| (kind, found))
    }))
    .await;
    let mut found: Vec<(&str, PolicySummary)> = vec![];
    for list in lists {
        match list {
            Ok((kind, list)) => found.extend(list.into_iter().map(|policy| (kind, policy))),
            Err(error) => return seen(Err(error)),
        }
    }
    let binds: BTreeSet<&String> =
        attached.values().flat_map(BTreeMap::values).filter_map(Seen::read).flatten().collect();
    let all = found.into_iter().map(async |(kind, summary)| {
        let id = summary.id.unwrap_or_default();
        let mut policy = OrganizationPolicy {
            name: summary.name.unwrap_or_default(),
            description: summary.description.unwrap_or_default(),
            kind: kind.to_owned(),
            aws_managed: summary.aws_managed,
            ..OrganizationPolicy::default()
        };
        let made = policy.name.starts_with(MADE);
        if made || binds.contains(&id) {
            // One that is gone by now is not among the policies.
            match content(aws, &id).await {
                Ok(Some(content)) => policy.content = Seen::Read(content),
                Ok(None) => return None,
                Err(error) => policy.content = seen(Err(error)),
            }
        }
        if made {
            let (targets, tags) = futures::join!(targets(aws, &id), tags(aws, &id));
            (policy.targets, policy.tags) = (seen(targets), seen(tags));
        }
        Some((id, policy))
    });
    Seen::Read(join_all(all).await.into_iter().flatten().collect())
}

/// The document of a policy; `None` where the policy is gone.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribePolicy.html>
async fn content(aws: &Aws, id: &str) -> Result<Option<String>, AwsError> {
    let described = unless_gone(aws.organizations().describe_policy().policy_id(id).send().await)?;
    let Some(described) = described else { return Ok(None) };
    let lacks = || AwsError::unusable("organizations:DescribePolicy", "it lacks Content");
    described.policy.and_then(|policy| policy.content).map(Some).ok_or_else(lacks)
}

/// What a policy is attached to.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListTargetsForPolicy.html>
async fn targets(aws: &Aws, id: &str) -> Result<BTreeSet<String>, AwsError> {
    let list = aws.organizations().list_targets_for_policy().policy_id(id).max_results(PAGE);
    lists::all(aws, list, |target| target.target_id).await
}

/// What AWS makes of all levels for this account, of the types of which it computes that.
pub(super) async fn effective(
    aws: &Aws,
    account: &str,
    kinds: &[&'static str],
) -> BTreeMap<String, Seen<Option<String>>> {
    let kinds = kinds.iter().copied().filter(|kind| [DECLARATIVE_EC2, S3].contains(kind));
    let all = kinds
        .map(async |kind: &'static str| (kind.to_owned(), seen(effective_policy(aws, account, kind).await)));
    join_all(all).await.into_iter().collect()
}

/// The effective policy of one type; `None` where AWS answers `EffectivePolicyNotFoundException`.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeEffectivePolicy.html>
async fn effective_policy(aws: &Aws, account: &str, kind: &str) -> Result<Option<String>, AwsError> {
    let ask = aws.organizations().describe_effective_policy().target_id(account);
    let answer = unless_gone(ask.policy_type(EffectivePolicyType::from(kind)).send().await)?;
    let Some(answer) = answer else { return Ok(None) };
    let lacks = || AwsError::unusable("organizations:DescribeEffectivePolicy", "it lacks PolicyContent");
    answer.effective_policy.and_then(|policy| policy.policy_content).map(Some).ok_or_else(lacks)
}
