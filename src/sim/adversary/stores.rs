//! Moves on databases, snapshots, images and public repositories.

use std::collections::BTreeMap;

use super::moves::{Attempt, Scene, both};
use super::parts::{Part, each, whole};
use crate::account::{Database, HeldPolicy, PublicRepository, Region, Seen, SharedCopy};

const DATABASES: Part<Database> =
    Part { noun: "rds:db", of: |here| &here.databases, of_mut: |here| &mut here.databases };

pub(super) fn public_databases(scene: &Scene<'_>) -> Vec<Attempt> {
    each(scene, &DATABASES, "rds:ModifyDBInstance", |was, is| is.public = was.public)
}

/// A cluster's members start with it.
pub(super) fn stopped_databases(scene: &Scene<'_>) -> Vec<Attempt> {
    each(scene, &DATABASES, "rds:StartDBInstance", |was, is| {
        if is.status == "stopped" {
            is.status.clone_from(&was.status);
            is.restarts.clone_from(&was.restarts);
        }
    })
}

fn share(was: &Seen<SharedCopy>, is: &mut Seen<SharedCopy>) {
    if let (Seen::Read(was), Seen::Read(is)) = (was, is) {
        is.shared_with.clone_from(&was.shared_with);
    }
}

pub(super) fn copies(scene: &Scene<'_>) -> Vec<Attempt> {
    let snapshots = Part {
        noun: "ec2:snapshot",
        of: |here| &here.shared_snapshots,
        of_mut: |here| &mut here.shared_snapshots,
    };
    let images =
        Part { noun: "ec2:image", of: |here| &here.shared_images, of_mut: |here| &mut here.shared_images };
    let databases = Part {
        noun: "rds:snapshot",
        of: |here| &here.shared_database_snapshots,
        of_mut: |here| &mut here.shared_database_snapshots,
    };
    let mut attempts = each(scene, &snapshots, "ec2:ModifySnapshotAttribute", share);
    attempts.extend(each(scene, &images, "ec2:ModifyImageAttribute", share));
    attempts.extend(each(scene, &databases, "rds:ModifyDBSnapshotAttribute", share));
    attempts
}

type Policies = Seen<BTreeMap<String, Seen<HeldPolicy>>>;

fn held(
    noun: &'static str,
    of: fn(&Region) -> &Policies,
    of_mut: fn(&mut Region) -> &mut Policies,
) -> Part<Seen<HeldPolicy>> {
    Part { noun, of, of_mut }
}

/// Policies of queues, topics, secrets and keys, and resource shares.
pub(super) fn policies(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = vec![];
    for (part, action) in [
        (
            held("sqs:queue", |here| &here.queue_policies, |here| &mut here.queue_policies),
            "sqs:SetQueueAttributes",
        ),
        (
            held("sns:topic", |here| &here.topic_policies, |here| &mut here.topic_policies),
            "sns:SetTopicAttributes",
        ),
        (
            held("secretsmanager:secret", |here| &here.secret_policies, |here| &mut here.secret_policies),
            "secretsmanager:PutResourcePolicy",
        ),
        (held("kms:key", |here| &here.key_policies, |here| &mut here.key_policies), "kms:PutKeyPolicy"),
    ] {
        attempts.extend(each(scene, &part, action, |was, is| {
            if let (Seen::Read(was), Seen::Read(is)) = (was, is) {
                is.policy.clone_from(&was.policy);
            }
        }));
    }
    let shares = Part {
        noun: "ram:resource-share",
        of: |here| &here.resource_shares,
        of_mut: |here| &mut here.resource_shares,
    };
    attempts.extend(each(scene, &shares, "ram:AssociateResourceShare", |was, is| {
        is.with.clone_from(&was.with);
    }));
    attempts
}

pub(super) fn blocks(scene: &Scene<'_>) -> Vec<Attempt> {
    let snapshots = whole(
        scene,
        ("ec2:DisableSnapshotBlockPublicAccess", "the block of snapshots"),
        |here| &here.sharing_blocks,
        |here| &mut here.sharing_blocks,
        |was, is| is.snapshots.clone_from(&was.snapshots),
    );
    let images = whole(
        scene,
        ("ec2:DisableImageBlockPublicAccess", "the block of images"),
        |here| &here.sharing_blocks,
        |here| &mut here.sharing_blocks,
        |was, is| is.images.clone_from(&was.images),
    );
    snapshots.into_iter().chain(images).collect()
}

/// Public repositories that are not there any more: he has the images.
pub(super) fn public_repositories(scene: &Scene<'_>) -> Vec<Attempt> {
    let Some((wanted, now)) = both(&scene.wanted.public_repositories, &scene.now.public_repositories) else {
        return vec![];
    };
    let gone = wanted.iter().filter(|(name, was)| !now.contains_key(*name) && was.read().is_some());
    let attempt = |(name, was): (&String, &Seen<PublicRepository>)| {
        let arn = format!("arn:{}:ecr-public::{}:repository/{name}", scene.now.partition(), scene.now.id);
        let asks = ["ecr-public:CreateRepository", "ecr-public:PutImage"].map(|action| (action, arn.clone()));
        let (name, was) = (name.clone(), was.clone());
        Attempt::new(&name.clone(), asks.to_vec(), move |account| {
            if let Some(all) = account.public_repositories.read_mut() {
                all.insert(name.clone(), was.clone());
            }
        })
    };
    gone.map(attempt).collect()
}
