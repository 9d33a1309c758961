//! Moves on mail, logs, evidence, buckets, scaling and DNS.

use super::moves::{Attempt, Scene, both};
use super::parts::{Part, arn, each, regions, whole};
use crate::account::{
    Distribution, Instance, InstanceAttributes, KmsKey, LogGroup, PublicAccessBlock, RecoveryPoint,
    ScalingGroup, Secret, Seen, SpotFleet, TargetGroup, Trail, TrustAnchor,
};

pub(super) fn mail(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = whole(
        scene,
        ("ses:PutAccountSendingAttributes", "SES"),
        |here| &here.ses,
        |here| &mut here.ses,
        |was, is| is.sending = was.sending,
    );
    attempts.extend(whole(
        scene,
        ("ses:PutConfigurationSetSendingOptions", "configuration sets"),
        |here| &here.ses,
        |here| &mut here.ses,
        |was, is| is.configuration_sets.clone_from(&was.configuration_sets),
    ));
    attempts
}

/// A trail that he wants otherwise, and a new one: that he stops.
pub(super) fn trails(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now)) = both(&scene.wanted.trails, &scene.now.trails) else { return vec![] };
    let unwanted = now.iter().filter_map(|(arn, is)| match wanted.get(arn) {
        Some(was) => (is.logging != was.logging || settings(is) != settings(was)).then(|| (arn, was.clone())),
        None if is.logging == Seen::Read(false) => None,
        None => Some((arn, Trail { logging: Seen::Read(false), ..is.clone() })),
    });
    let attempt = |(arn, then): (&String, Trail)| {
        let asks = ["cloudtrail:StopLogging", "cloudtrail:UpdateTrail"].map(|action| (action, arn.clone()));
        let arn = arn.clone();
        Attempt::new(&arn.clone(), asks.to_vec(), move |account| {
            if let Some(trail) = account.trails.read_mut().and_then(|all| all.get_mut(&arn)) {
                trail.clone_from(&then);
            }
        })
    };
    unwanted.map(attempt).collect()
}

/// What says how much a trail logs.
fn settings(trail: &Trail) -> (bool, bool, bool, &Seen<bool>) {
    (trail.multi_region, trail.validated, trail.global_events, &trail.all_management_events)
}

pub(super) fn log_buckets(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now)) = both(&scene.wanted.log_buckets, &scene.now.log_buckets) else { return vec![] };
    let mut attempts = vec![];
    for (name, is) in now {
        let mut then = wanted.get(name).cloned().unwrap_or_else(|| is.clone());
        if !wanted.contains_key(name) {
            // A new bucket: he takes its policy off, so that nothing is delivered to it.
            then.policy = Seen::Read(None);
            then.versioning = Seen::Read(false);
        }
        if then == *is {
            continue;
        }
        let bucket = format!("arn:{}:s3:::{name}", scene.now.partition());
        let asks = ["s3:PutBucketPolicy", "s3:PutBucketVersioning"].map(|action| (action, bucket.clone()));
        let name = name.clone();
        attempts.push(Attempt::new(&name.clone(), asks.to_vec(), move |account| {
            if let Some(bucket) = account.log_buckets.read_mut().and_then(|all| all.get_mut(&name)) {
                bucket.clone_from(&then);
            }
        }));
    }
    attempts
}

/// Distributions whose cache behaviors run something else than before, or whose web ACL or countries are others.
pub(super) fn distributions(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now)) = both(&scene.wanted.distributions, &scene.now.distributions) else {
        return vec![];
    };
    let parts = |one: &Distribution| (one.behaviors.clone(), one.web_acl.clone(), one.geo.clone());
    let other = wanted.iter().filter(|(id, was)| now.get(*id).is_some_and(|is| parts(is) != parts(was)));
    let attempt = |(id, was): (&String, &Distribution)| {
        let (partition, account) = (scene.now.partition(), &scene.now.id);
        let arn = format!("arn:{partition}:cloudfront::{account}:distribution/{id}");
        let (id, parts) = (id.clone(), parts(was));
        Attempt::new(&id.clone(), vec![("cloudfront:UpdateDistribution", arn)], move |account| {
            if let Some(one) = account.distributions.read_mut().and_then(|all| all.get_mut(&id)) {
                (one.behaviors, one.web_acl, one.geo) = parts.clone();
            }
        })
    };
    other.map(attempt).collect()
}

/// Zones whose records are not those of before.
pub(super) fn records(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now)) = both(&scene.wanted.zones, &scene.now.zones) else { return vec![] };
    let mut attempts = vec![];
    for (id, was) in wanted {
        let Some((was, is)) = now.get(id).and_then(|is| both(&was.records, &is.records)) else { continue };
        if was == is {
            continue;
        }
        let arn = format!("arn:{}:route53:::hostedzone/{id}", scene.now.partition());
        let (id, was) = (id.clone(), was.clone());
        let asks = vec![("route53:ChangeResourceRecordSets", arn)];
        attempts.push(Attempt::new(&id.clone(), asks, move |account| {
            if let Some(zone) = account.zones.read_mut().and_then(|all| all.get_mut(&id)) {
                zone.records = Seen::Read(was.clone());
            }
        }));
    }
    attempts
}

const ANCHORS: Part<TrustAnchor> = Part {
    noun: "rolesanywhere:trust-anchor",
    of: |here| &here.trust_anchors,
    of_mut: |here| &mut here.trust_anchors,
};

pub(super) fn trust_anchors(scene: &Scene<'_>) -> Vec<Attempt> {
    each(scene, &ANCHORS, "rolesanywhere:EnableTrustAnchor", |was, is| is.enabled |= was.enabled)
}

pub(super) fn s3(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = vec![];
    if let Some((was, _)) = both(&scene.wanted.s3_block, &scene.now.s3_block).filter(|(was, is)| was != is) {
        let was: Option<PublicAccessBlock> = *was;
        let asks = vec![("s3:PutAccountPublicAccessBlock", "*".to_owned())];
        attempts.push(Attempt::new("account block", asks, move |account| {
            account.s3_block = Seen::Read(was);
        }));
    }
    if let Some((wanted, now)) = both(&scene.wanted.public_buckets, &scene.now.public_buckets) {
        for (name, was) in wanted.iter().filter(|(name, was)| now.get(*name) != Some(was)) {
            let asks = vec![("s3:PutBucketPolicy", format!("arn:{}:s3:::{name}", scene.now.partition()))];
            let (name, was) = (name.clone(), was.clone());
            attempts.push(Attempt::new(&name.clone(), asks, move |account| {
                if let Some(all) = account.public_buckets.read_mut() {
                    all.insert(name.clone(), was.clone());
                }
            }));
        }
    }
    attempts
}

pub(super) fn snapshots(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = vec![];
    for (region, wanted, now) in regions(scene) {
        let old = |id: &String| wanted.snapshots.item(id).is_some();
        for (id, _) in now.snapshots.items().filter(|(id, _)| !old(id)) {
            let asks = vec![("ec2:DeleteSnapshot", arn(scene, region, "ec2:snapshot", id))];
            let (region, id) = (region.clone(), id.clone());
            attempts.push(Attempt::new(&id.clone(), asks, move |account| {
                if let Some(all) = account.regions.get_mut(&region).and_then(|here| here.snapshots.read_mut())
                {
                    all.remove(&id);
                }
            }));
        }
    }
    attempts
}

const INSTANCES: Part<Instance> =
    Part { noun: "ec2:instance", of: |here| &here.instances, of_mut: |here| &mut here.instances };
const KEYS: Part<Seen<KmsKey>> =
    Part { noun: "kms:key", of: |here| &here.kms_keys, of_mut: |here| &mut here.kms_keys };
const SECRETS: Part<Seen<Secret>> =
    Part { noun: "secretsmanager:secret", of: |here| &here.secrets, of_mut: |here| &mut here.secrets };

const LOG_GROUPS: Part<LogGroup> =
    Part { noun: "logs:log-group", of: |here| &here.log_groups, of_mut: |here| &mut here.log_groups };
const POINTS: Part<Seen<RecoveryPoint>> = Part {
    noun: "backup:recovery-point",
    of: |here| &here.recovery_points,
    of_mut: |here| &mut here.recovery_points,
};

/// The rules of buckets are on again.
fn lifecycles(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now)) = both(&scene.wanted.bucket_lifecycles, &scene.now.bucket_lifecycles) else {
        return vec![];
    };
    let changed = wanted.iter().filter(|(name, was)| now.get(*name).is_some_and(|is| is != *was));
    let attempts = changed.map(|(name, was)| {
        let asks =
            vec![("s3:PutLifecycleConfiguration", format!("arn:{}:s3:::{name}", scene.now.partition()))];
        let (name, was) = (name.clone(), was.clone());
        Attempt::new(&name.clone(), asks, move |account| {
            if let Some(all) = account.bucket_lifecycles.read_mut() {
                all.insert(name.clone(), was.clone());
            }
        })
    });
    attempts.collect()
}

/// What was to be deleted is to be deleted again.
pub(super) fn deletions(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = each(scene, &KEYS, "kms:ScheduleKeyDeletion", |was, is| {
        if was.read().is_some_and(|key| key.state.starts_with("Pending") && key.state != "PendingImport") {
            is.clone_from(was);
        }
    });
    attempts.extend(each(scene, &SECRETS, "secretsmanager:DeleteSecret", |was, is| {
        if let (Seen::Read(was), Seen::Read(is)) = (was, is) {
            is.deleted.clone_from(&was.deleted);
        }
    }));
    attempts.extend(each(scene, &LOG_GROUPS, "logs:PutRetentionPolicy", |was, is| {
        is.retention_days = was.retention_days;
    }));
    attempts
        .extend(each(scene, &POINTS, "backup:UpdateRecoveryPointLifecycle", |was, is| is.clone_from(was)));
    attempts.extend(lifecycles(scene));
    attempts
}

const ATTRIBUTES: Part<InstanceAttributes> = Part {
    noun: "ec2:instance",
    of: |here| &here.instance_attributes,
    of_mut: |here| &mut here.instance_attributes,
};

pub(super) fn protection(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = each(scene, &ATTRIBUTES, "ec2:ModifyInstanceAttribute", |was, is| {
        is.clone_from(was);
    });
    attempts.extend(each(scene, &INSTANCES, "ec2:ModifyInstanceAttribute", |was, is| {
        is.disks.clone_from(&was.disks);
    }));
    attempts
}

pub(super) fn scaling(scene: &Scene<'_>) -> Vec<Attempt> {
    let groups: Part<ScalingGroup> = Part {
        noun: "autoscaling:autoScalingGroup",
        of: |here| &here.scaling_groups,
        of_mut: |here| &mut here.scaling_groups,
    };
    let fleets: Part<SpotFleet> = Part {
        noun: "ec2:spot-fleet-request",
        of: |here| &here.spot_fleets,
        of_mut: |here| &mut here.spot_fleets,
    };
    let targets: Part<TargetGroup> = Part {
        noun: "elasticloadbalancing:targetgroup",
        of: |here| &here.target_groups,
        of_mut: |here| &mut here.target_groups,
    };
    let mut attempts = each(scene, &groups, "autoscaling:ResumeProcesses", |was, is| {
        is.suspended.clone_from(&was.suspended);
    });
    attempts.extend(each(scene, &groups, "autoscaling:ExitStandby", |was, is| {
        is.standby.clone_from(&was.standby);
        is.instances.clone_from(&was.instances);
    }));
    attempts.extend(each(scene, &groups, "autoscaling:UpdateAutoScalingGroup", |was, is| {
        (is.min, is.desired, is.max) = (was.min, was.desired, was.max);
    }));
    attempts.extend(each(scene, &fleets, "ec2:ModifySpotFleetRequest", |was, is| {
        is.target_capacity = was.target_capacity;
        is.on_demand = was.on_demand;
        is.excess_capacity.clone_from(&was.excess_capacity);
    }));
    attempts.extend(each(scene, &targets, "elasticloadbalancing:RegisterTargets", |was, is| {
        is.targets.clone_from(&was.targets);
    }));
    attempts
}

pub(super) fn dns_firewall(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = whole(
        scene,
        ("route53resolver:DisassociateFirewallRuleGroup", "DNS Firewall"),
        |here| &here.dns_firewall,
        |here| &mut here.dns_firewall,
        |was, is| is.associations.clone_from(&was.associations),
    );
    attempts.extend(whole(
        scene,
        ("route53resolver:UpdateFirewallRule", "rules of DNS Firewall"),
        |here| &here.dns_firewall,
        |here| &mut here.dns_firewall,
        |was, is| {
            for (id, group) in &was.rule_groups {
                if let Some(now) = is.rule_groups.get_mut(id) {
                    now.rules.clone_from(&group.rules);
                }
            }
        },
    ));
    attempts.extend(whole(
        scene,
        ("route53resolver:UpdateFirewallConfig", "fail open"),
        |here| &here.dns_firewall,
        |here| &mut here.dns_firewall,
        |was, is| is.fail_open.clone_from(&was.fail_open),
    ));
    attempts
}
