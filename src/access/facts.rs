//! What the answers are computed from: the account, and what is known beyond it.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::account::{Account, MadeSession, Organization, ResourcePolicy, Seen};

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
    /// Sessions that were made earlier. A gap: there may be one of every role and user.
    pub sessions: Seen<Vec<MadeSession>>,
    /// The access keys are those of every user. Otherwise a user without one may still have one.
    pub every_key: bool,
}

impl<'a> Facts<'a> {
    /// What the account alone shows, with the keys of every user: buckets whose policies were read are the only resources.
    pub fn of(account: &'a Account, now: Timestamp) -> Facts<'a> {
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
                    resources.push(ResourcePolicy {
                        arn: arn(name),
                        policy: policy.clone(),
                        own_account_only,
                    });
                }
            }
        }
        Facts {
            account,
            now,
            organization: organization(account),
            resources,
            sessions: Seen::default(),
            every_key: true,
        }
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
