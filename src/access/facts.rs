//! What the answers are computed from: the account, and what is known beyond it.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use jiff::Timestamp;

use crate::account::{
    Account, HeldPolicy, MadeSession, Organization, Region, ResourcePolicy, Seen, functions,
};

/// An account, with what decides about its principals and is not a section of it.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    pub account: &'a Account,
    /// The moment for which the answers hold.
    pub now: Timestamp,
    /// The Organization's policies that bind the account. A gap leaves them out of the answers, and the report says
    /// so.
    pub organization: Seen<Option<Organization>>,
    /// Resources that have a policy of their own, as far as they were read.
    pub resources: Vec<ResourcePolicy>,
    /// `resources` has every KMS key of the account: a key that is not there, nobody can use.
    pub every_kms_key: bool,
    /// Sessions that were made earlier. A gap: there may be one of every role and user.
    pub sessions: Seen<Vec<MadeSession>>,
    /// The access keys are those of every user. Otherwise a user without one may still have one.
    pub every_key: bool,
}

impl<'a> Facts<'a> {
    /// What the account alone shows, with the access keys of every user.
    pub fn of(account: &'a Account, now: Timestamp) -> Facts<'a> {
        Facts {
            resources: resources(account),
            every_kms_key: everywhere(account, |here| here.key_policies.read().is_some()),
            ..Facts::without_resources(account, now)
        }
    }

    /// The same without what resources allow by policies of their own.
    pub fn without_resources(account: &'a Account, now: Timestamp) -> Facts<'a> {
        Facts {
            account,
            now,
            organization: organization(account),
            resources: vec![],
            every_kms_key: false,
            sessions: Seen::default(),
            every_key: true,
        }
    }
}

/// The resources of the account whose policies were read, or have gaps.
fn resources(account: &Account) -> Vec<ResourcePolicy> {
    let arn = |bucket: &str| format!("arn:{}:s3:::{bucket}", account.partition());
    let logs = account.log_buckets.items().map(|(name, bucket)| (name, &bucket.policy));
    let public = account.public_buckets.items().map(|(name, bucket)| (name, &bucket.policy));
    let block = account.s3_block.read().and_then(Option::as_ref);
    let restricted = block.is_some_and(|block| block.restrict_public_buckets);
    let mut resources: Vec<ResourcePolicy> = vec![];
    let mut places = HashMap::<&str, usize>::new();
    for (name, policy) in logs.chain(public) {
        // The account's block, or the bucket's own.
        let own_account_only = account.public_buckets.item(name).is_some_and(|bucket| {
            bucket.by_policy && (restricted || bucket.own_block().restrict_public_buckets)
        });
        match places.get(name.as_str()).and_then(|place| resources.get_mut(*place)) {
            // The second reading counts only where the first has a gap.
            Some(known) if known.policy.gap().is_some() => known.policy = policy.clone(),
            Some(_) => {}
            None => {
                places.insert(name, resources.len());
                resources.push(ResourcePolicy { arn: arn(name), policy: policy.clone(), own_account_only });
            }
        }
    }
    for (region, here) in &account.regions {
        resources.extend(regional(account, region, here));
    }
    resources
}

/// Kinds of resources with policies of their own that were not read in each Region.
pub(super) fn unread_kinds(account: &Account) -> Vec<&'static str> {
    type IsRead = fn(&Region) -> bool;
    let kinds: [(&str, IsRead); 5] = [
        ("secrets", |here| here.secret_policies.read().is_some()),
        ("KMS keys", |here| here.key_policies.read().is_some()),
        ("queues", |here| here.queue_policies.read().is_some()),
        ("topics", |here| here.topic_policies.read().is_some()),
        ("functions", |here| here.functions.read().is_some()),
    ];
    let unread = kinds.into_iter().filter(|(_, read)| !everywhere(account, read));
    unread.map(|(kind, _)| kind).collect()
}

/// Does this hold of each Region that the account uses? Not where it is not known which those are.
fn everywhere(account: &Account, holds: impl Fn(&Region) -> bool) -> bool {
    let enabled = account.enabled_regions.read();
    enabled.is_some_and(|all| all.iter().all(|name| account.regions.get(name).is_some_and(&holds)))
}

/// The policies of queues, topics, secrets, keys and functions of a Region.
fn regional(account: &Account, region: &str, here: &Region) -> Vec<ResourcePolicy> {
    let queue = format!("arn:{}:sqs:{region}:{}", account.partition(), account.id);
    let mut found: Vec<ResourcePolicy> = vec![];
    let mut add = |arn: String, policy: Seen<Option<String>>| {
        found.push(ResourcePolicy { arn, policy, own_account_only: false });
    };
    for (url, held) in here.queue_policies.items() {
        // Its URL ends with its name.
        add(format!("{queue}:{}", url.rsplit('/').next().unwrap_or_default()), text(held));
    }
    let topics = here.topic_policies.items();
    for (arn, held) in topics.chain(here.secret_policies.items()).chain(here.key_policies.items()) {
        add(arn.clone(), text(held));
    }
    for function in here.functions.items().filter_map(|(_, function)| function.read()) {
        for (alias, policy) in &function.policies {
            add(functions::qualified(&function.arn, alias), Seen::Read(Some(policy.clone())));
        }
    }
    found
}

fn text(held: &Seen<HeldPolicy>) -> Seen<Option<String>> {
    match held {
        Seen::Read(held) => Seen::Read(held.policy.clone()),
        Seen::Gap(gap) => Seen::Gap(gap.clone()),
    }
}

/// What was read of the Organization; a gap where it is not known which of its policies bind the account.
fn organization(account: &Account) -> Seen<Option<Organization>> {
    match &account.organization {
        Seen::Gap(gap) => Seen::Gap(gap.clone()),
        Seen::Read(None) => Seen::Read(None),
        Seen::Read(Some(organization)) => match organization.unread() {
            Some(gap) => Seen::Gap(gap),
            None => Seen::Read(Some(organization.binding())),
        },
    }
}
