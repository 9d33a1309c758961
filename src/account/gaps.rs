//! What of a section was asked for and could not be read.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::{Account, Cause, Gap, Region, Resources, Section, Seen};

/// A gap, and the Region where it is; none for what is read once for the account.
type Gaps = Vec<(Option<String>, Gap)>;

/// The gap with `what` it is a gap of before its detail; none where nobody asked.
fn told(what: impl Display, gap: &Gap) -> Option<Gap> {
    let detail = format!("{what}: {}", gap.detail);
    (gap.cause != Cause::NotRead).then(|| Gap { detail, ..gap.clone() })
}

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

/// What was not read of Identity Center: Regions, instances, permission sets, and what was asked about them.
pub(super) fn identity_center(account: &Account) -> Gaps {
    let Some(center) = account.identity_center.read() else { return vec![] };
    let mut found: Gaps =
        center.unread.iter().map(|(region, gap)| (Some(region.clone()), gap.clone())).collect();
    for instance in center.instances.values() {
        let mut say = |what: &str, gap: Option<&Gap>| {
            let gap = gap.and_then(|gap| told(what, gap));
            found.extend(gap.map(|gap| (Some(instance.primary_region.clone()), gap)));
        };
        say("your user", instance.caller.gap());
        say("permission sets", instance.permission_sets.gap());
        for (id, set) in instance.permission_sets.items() {
            say(&format!("permission set {id}"), set.gap());
            let Some(set) = set.read() else { continue };
            say(&format!("the accounts of permission set {}", set.name), set.accounts.gap());
            say(&format!("the assignments of permission set {}", set.name), set.assignments.gap());
            say(&format!("the parts of permission set {}", set.name), set.parts.gap());
        }
    }
    found
}

/// What was not read of the Organization: all that is below the root, or single parts of it.
pub(super) fn organization(account: &Account) -> Gaps {
    let Some(Some(organization)) = account.organization.read() else { return vec![] };
    let tree = match &organization.tree {
        Seen::Read(tree) => tree,
        Seen::Gap(gap) => return told("its policies", gap).map(|gap| (None, gap)).into_iter().collect(),
    };
    let mut found: Gaps = vec![];
    let mut say = |what: &dyn Display, gap: Option<&Gap>| {
        found.extend(gap.and_then(|gap| told(what, gap)).map(|gap| (None, gap)));
    };
    say(&"units", tree.units.gap());
    say(&"accounts", tree.accounts.gap());
    say(&"policies", tree.policies.gap());
    for (kind, targets) in &tree.attached {
        for (target, ids) in targets {
            say(&format_args!("what of {kind} is attached to {target}"), ids.gap());
        }
    }
    for (kind, effective) in &tree.effective_policies {
        say(&format_args!("the effective {kind}"), effective.gap());
    }
    for (id, unit) in tree.units.items() {
        say(&format_args!("the tags of unit {id}"), unit.tags.gap());
    }
    for (id, policy) in tree.policies.items() {
        say(&format_args!("the content of policy {id}"), policy.content.gap());
        say(&format_args!("the targets of policy {id}"), policy.targets.gap());
        say(&format_args!("the tags of policy {id}"), policy.tags.gap());
    }
    found
}

/// What was not read of single log buckets.
pub(super) fn log_buckets(account: &Account) -> Gaps {
    let of_buckets = account.log_buckets.items().flat_map(|(_, bucket)| {
        let gaps = [bucket.policy.gap(), bucket.versioning.gap(), bucket.block.gap()];
        gaps.into_iter().flatten().map(|gap| (Some(bucket.region.clone()), gap.clone()))
    });
    of_buckets.collect()
}

/// Public buckets whose policy or own block was not read.
pub(super) fn public_buckets(account: &Account) -> Gaps {
    let of_buckets = account.public_buckets.items().flat_map(|(name, bucket)| {
        let policy = bucket.policy.gap().and_then(|gap| told(format_args!("bucket {name}"), gap));
        let block = bucket.block.gap().and_then(|gap| told(format_args!("the block of bucket {name}"), gap));
        policy.into_iter().chain(block).map(|gap| (Some(bucket.region.clone()), gap))
    });
    of_buckets.collect()
}

/// Access points that were not read.
pub(super) fn access_points(account: &Account) -> Gaps {
    of_items(account, "access point", |here| &here.access_points)
}

/// Multi-Region Access Points that were not read.
pub(super) fn multi_region_access_points(account: &Account) -> Gaps {
    let of_points = account.multi_region_access_points.items().filter_map(|(name, point)| {
        Some((None, told(format_args!("Multi-Region Access Point {name}"), point.gap()?)?))
    });
    of_points.collect()
}

/// Public repositories that were not read.
pub(super) fn public_repositories(account: &Account) -> Gaps {
    let of_repositories = account.public_repositories.items().filter_map(|(name, repository)| {
        Some((None, told(format_args!("repository {name}"), repository.gap()?)?))
    });
    of_repositories.collect()
}

/// Zones whose records were asked for and not read.
pub(super) fn zones(account: &Account) -> Gaps {
    let of_zones = account.zones.items().filter_map(|(id, zone)| {
        Some((None, told(format_args!("zone {id} ({})", zone.host()), zone.records.gap()?)?))
    });
    of_zones.collect()
}

/// Keys that were not read: the policy of a key alone may deny it.
pub(super) fn kms_keys(account: &Account) -> Gaps {
    of_items(account, "key", |here| &here.kms_keys)
}

/// Secrets that were not read.
pub(super) fn secrets(account: &Account) -> Gaps {
    of_items(account, "secret", |here| &here.secrets)
}

/// Recovery points that were not read.
pub(super) fn recovery_points(account: &Account) -> Gaps {
    of_items(account, "recovery point", |here| &here.recovery_points)
}

/// Buckets whose lifecycle was not read: a bucket's own policy may deny it.
pub(super) fn bucket_lifecycles(account: &Account) -> Gaps {
    let of_buckets = account.bucket_lifecycles.items().filter_map(|(name, lifecycle)| {
        Some((None, told(format_args!("the lifecycle of bucket {name}"), lifecycle.gap()?)?))
    });
    of_buckets.collect()
}

/// Roles whose last change could not be looked up.
pub(super) fn role_changes(account: &Account) -> Gaps {
    let of_roles = account.role_changes.items().filter_map(|(name, change)| {
        Some((None, told(format_args!("the last change of role {name}"), change.gap()?)?))
    });
    of_roles.collect()
}

/// Functions of Lambda that were not read.
pub(super) fn functions(account: &Account) -> Gaps {
    of_items(account, "function", |here| &here.functions)
}

/// Functions in a VPC that were not read.
pub(super) fn vpc_functions(account: &Account) -> Gaps {
    of_items(account, "function", |here| &here.vpc_functions)
}

/// REST APIs that were not read, and stages of which it was asked and not read what policy they serve.
pub(super) fn rest_apis(account: &Account) -> Gaps {
    of_apis(
        account,
        "REST API",
        |here| &here.rest_apis,
        |api| {
            api.stages.iter().filter_map(|(name, stage)| Some((name, stage.served_policy.gap()?))).collect()
        },
    )
}

/// HTTP and WebSocket APIs that were not read, and stages that could not be compared with what is drafted.
pub(super) fn http_apis(account: &Account) -> Gaps {
    of_apis(
        account,
        "API",
        |here| &here.http_apis,
        |api| api.stages.iter().filter_map(|(name, stage)| Some((name, stage.published.gap()?))).collect(),
    )
}

fn of_apis<T>(
    account: &Account,
    noun: &str,
    apis: impl Fn(&Region) -> &Seen<BTreeMap<String, Seen<T>>>,
    stages: impl Fn(&T) -> Vec<(&String, &Gap)>,
) -> Gaps {
    let mut gaps = of_items(account, noun, &apis);
    for (region, here) in &account.regions {
        for (id, api) in apis(here).items().filter_map(|(id, api)| Some((id, api.read()?))) {
            let of_stages = stages(api).into_iter();
            let told =
                of_stages.filter_map(|(name, gap)| told(format_args!("stage {name} of API {id}"), gap));
            gaps.extend(told.map(|gap| (Some(region.clone()), gap)));
        }
    }
    gaps
}

/// Snapshots of EBS of which it was not read who may use them.
pub(super) fn shared_snapshots(account: &Account) -> Gaps {
    of_items(account, "snapshot", |here| &here.shared_snapshots)
}

/// Images of which it was not read who may use them.
pub(super) fn shared_images(account: &Account) -> Gaps {
    of_items(account, "image", |here| &here.shared_images)
}

/// Snapshots of RDS of which it was not read who may use them.
pub(super) fn shared_database_snapshots(account: &Account) -> Gaps {
    of_items(account, "snapshot", |here| &here.shared_database_snapshots)
}

/// Queues whose policy was not read.
pub(super) fn queue_policies(account: &Account) -> Gaps {
    of_items(account, "queue", |here| &here.queue_policies)
}

/// Topics whose policy was not read.
pub(super) fn topic_policies(account: &Account) -> Gaps {
    of_items(account, "topic", |here| &here.topic_policies)
}

/// Secrets whose policy was not read.
pub(super) fn secret_policies(account: &Account) -> Gaps {
    of_items(account, "secret", |here| &here.secret_policies)
}

/// Keys whose policy was not read.
pub(super) fn key_policies(account: &Account) -> Gaps {
    of_items(account, "key", |here| &here.key_policies)
}

/// Keys whose grants were not read.
pub(super) fn key_grants(account: &Account) -> Gaps {
    of_items(account, "the grants of key", |here| &here.key_grants)
}

/// Buckets whose replication was not read.
pub(super) fn bucket_replications(account: &Account) -> Gaps {
    let of_buckets = account.bucket_replications.items().filter_map(|(name, bucket)| {
        Some((None, told(format_args!("the replication of bucket {name}"), bucket.gap()?)?))
    });
    of_buckets.collect()
}

/// Types and single resources among the other doors that were not read.
pub(super) fn other_doors(account: &Account) -> Gaps {
    of_resources(account, |here| &here.other_doors)
}

/// Types and single resources among what watches the account that were not read.
pub(super) fn watchers(account: &Account) -> Gaps {
    of_resources(account, |here| &here.watchers)
}

/// Types and single resources among the pipelines and remediations that were not read.
pub(super) fn pipelines(account: &Account) -> Gaps {
    of_resources(account, |here| &here.pipelines)
}

fn of_resources(account: &Account, resources: impl Fn(&Region) -> &Seen<Resources>) -> Gaps {
    let mut gaps = vec![];
    for (region, here) in &account.regions {
        for (name, of_type) in resources(here).read().into_iter().flat_map(|read| &read.types) {
            let of_resource = |(id, one): (&String, &Seen<_>)| told(format_args!("{name} {id}"), one.gap()?);
            let of_type_alone = of_type.gap().and_then(|gap| told(name, gap));
            let all = of_type_alone.into_iter().chain(of_type.items().filter_map(of_resource));
            gaps.extend(all.map(|gap| (Some(region.clone()), gap)));
        }
    }
    gaps
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
            let gap = item.gap().and_then(|gap| told(format_args!("{noun} {id}"), gap));
            gaps.extend(gap.map(|gap| (Some(region.clone()), gap)));
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
