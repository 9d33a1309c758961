//! Which trail is evidence, and which can become it.

use crate::account::{Account, PublicAccessBlock, Seen, Trail};

pub(super) fn is_own(arn: &str, account: &Account) -> bool {
    arn.split(':').nth(4) == Some(&account.id)
}

/// What keeps a trail from being evidence; empty for a good one. What could not be read counts.
pub(super) fn lacks(trail: &Trail) -> Vec<String> {
    let mut lacks = vec![];
    let mut lack = |is: bool, words: &str| {
        if is {
            lacks.push(words.to_owned());
        }
    };
    lack(!trail.multi_region, &format!("logs one Region only ({})", trail.home_region));
    match &trail.logging {
        Seen::Read(logging) => lack(!logging, "is not logging"),
        Seen::Gap(gap) => lack(true, &format!("may not be logging ({})", gap.cause.words())),
    }
    if let Some(error) = &trail.log_delivery_error {
        lack(true, &format!("cannot deliver its logs ({error})"));
    }
    lack(!trail.validated, "does not validate its log files");
    lack(!trail.global_events, "leaves out global services");
    match &trail.all_management_events {
        Seen::Read(all) => lack(!all, "leaves out management events"),
        Seen::Gap(gap) => lack(true, &format!("may leave out events ({})", gap.cause.words())),
    }
    lacks
}

/// What makes the log easy to lose. Said, and not repaired: the bucket may serve others.
/// Of another account's trail nothing is known of its bucket.
pub(super) fn bucket_lacks(arn: &str, trail: &Trail, account: &Account) -> Vec<String> {
    let Some(buckets) = account.log_buckets.read().filter(|_| is_own(arn, account)) else { return vec![] };
    let Some(bucket) = buckets.get(&trail.bucket) else {
        return vec![format!("logs to bucket {}, which does not exist", trail.bucket)];
    };
    let mut lacks = vec![];
    if bucket.versioning == Seen::Read(false) {
        lacks.push(format!("its bucket {} has no versioning", trail.bucket));
    }
    if bucket.block.read().is_some_and(|block| *block != Some(PublicAccessBlock::ALL_ON)) {
        lacks.push(format!("its bucket {} may be made public", trail.bucket));
    }
    lacks
}

/// The trail of this account that lacks least and can be completed without a choice of its owner's.
pub(super) fn candidate(account: &Account) -> Option<(&String, &Trail)> {
    let exists = |trail: &Trail| account.log_buckets.read().is_none_or(|b| b.contains_key(&trail.bucket));
    account
        .trails
        .items()
        .filter(|(arn, trail)| {
            is_own(arn, account)
                && !trail.organization
                && trail.all_management_events == Seen::Read(true)
                && trail.log_delivery_error.is_none()
                && trail.logging.read().is_some()
                && exists(trail)
        })
        .min_by_key(|(_, trail)| (lacks(trail).len(), &trail.name))
}
