//! What of a section was asked for and could not be read.

use std::collections::BTreeMap;

use super::{Account, Cause, Gap, Region, Section, Seen};

/// A gap, and the Region where it is; none for what is read once for the account.
type Gaps = Vec<(Option<String>, Gap)>;

/// The gap of a section of the account.
pub(super) fn of_account<T>(seen: &Seen<T>) -> Gaps {
    seen.gap().filter(|gap| gap.cause != Cause::NotRead).map(|gap| (None, gap.clone())).into_iter().collect()
}

/// The gaps of a section of the Regions.
pub(super) fn of_regions(account: &Account, section: Section) -> Gaps {
    let regions = account.regions.iter().filter_map(|(name, here)| Some((name, section.gap_of(here)?)));
    let asked = regions.filter(|(_, gap)| gap.cause != Cause::NotRead);
    asked.map(|(name, gap)| (Some(name.clone()), gap.clone())).collect()
}

/// Regions whose trails were not listed, and what was not read of single trails.
pub(super) fn trails(account: &Account) -> Gaps {
    let unlisted = account.trails_unread.iter().map(|(region, gap)| (Some(region.clone()), gap.clone()));
    let of_trails = account.trails.items().flat_map(|(_, trail)| {
        let gaps = [trail.logging.gap(), trail.all_management_events.gap()];
        gaps.into_iter().flatten().map(|gap| (Some(trail.home_region.clone()), gap.clone()))
    });
    unlisted.chain(of_trails).collect()
}

/// Regions whose event history was not read.
pub(super) fn events(account: &Account) -> Gaps {
    let unread = account.events.read().into_iter().flat_map(|events| &events.unread);
    unread.map(|(region, gap)| (Some(region.clone()), gap.clone())).collect()
}

/// What was not read of single log buckets.
pub(super) fn log_buckets(account: &Account) -> Gaps {
    let of_buckets = account.log_buckets.items().flat_map(|(_, bucket)| {
        let gaps = [bucket.policy.gap(), bucket.versioning.gap(), bucket.block.gap()];
        gaps.into_iter().flatten().map(|gap| (Some(bucket.region.clone()), gap.clone()))
    });
    of_buckets.collect()
}

/// Public buckets whose policy was not read.
pub(super) fn public_buckets(account: &Account) -> Gaps {
    let of_buckets = account.public_buckets.items().filter_map(|(name, bucket)| {
        let gap = bucket.policy.gap().filter(|gap| gap.cause != Cause::NotRead)?;
        let detail = format!("bucket {name}: {}", gap.detail);
        Some((Some(bucket.region.clone()), Gap { detail, ..gap.clone() }))
    });
    of_buckets.collect()
}

/// Keys that were not read: the policy of a key alone may deny it.
pub(super) fn kms_keys(account: &Account) -> Gaps {
    of_items(account, "key", |here| &here.kms_keys)
}

/// Secrets that were not read.
pub(super) fn secrets(account: &Account) -> Gaps {
    of_items(account, "secret", |here| &here.secrets)
}

/// The gaps of single items of the Regions; `noun` is what an item is.
fn of_items<T>(
    account: &Account,
    noun: &str,
    items: impl Fn(&Region) -> &Seen<BTreeMap<String, Seen<T>>>,
) -> Gaps {
    let mut gaps = vec![];
    for (region, here) in &account.regions {
        for (id, item) in items(here).items() {
            if let Some(gap) = item.gap().filter(|gap| gap.cause != Cause::NotRead) {
                let detail = format!("{noun} {id}: {}", gap.detail);
                gaps.push((Some(region.clone()), Gap { detail, ..gap.clone() }));
            }
        }
    }
    gaps
}

/// Regions in which the configuration sets, or who else may send, were asked for and not read.
pub(super) fn ses(account: &Account) -> Gaps {
    let of_region = |(name, here): (&String, &Region)| {
        let ses = here.ses.read()?;
        let gaps = [ses.configuration_sets.gap(), ses.senders.gap()];
        let asked = gaps.into_iter().flatten().find(|gap| gap.cause != Cause::NotRead)?;
        Some((Some(name.clone()), asked.clone()))
    };
    account.regions.iter().filter_map(of_region).collect()
}
