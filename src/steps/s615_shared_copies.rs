//! 615: snapshots, images, resource shares, queues, topics, secrets and keys are open to nobody that the operator
//! does not know.

mod block;
mod database_snapshot;
mod find;
mod grantees;
mod image;
mod key;
mod named;
mod policies;
mod queue;
mod secret;
mod share;
mod topic;
mod volume_snapshot;

use std::collections::BTreeMap;

use crate::account::{Account, Section, Seen, SharedCopy};
use crate::step::{
    Case, Does, Found, Iam, Item, Lens as _, Lenses, Param, ParamKind, Params, Reversal, Spec, Step, StepId,
    Stops, Target, Width,
};
use block::Block;
use database_snapshot::DatabaseSnapshot;
use find::Here;
use grantees::KNOWN;
use image::Image;
use key::Key;
use policies::{Holder as _, PolicyOf};
use queue::Queue;
use secret::SharedSecret;
use share::Share;
use topic::Topic;
use volume_snapshot::VolumeSnapshot;

pub struct SharedCopies;

static SPEC: Spec = Spec {
    id: StepId(615),
    slug: "shared-copies",
    title: "copies, shares and policies: open to nobody unknown",
    needs: &[
        Section::SharedSnapshots,
        Section::SharedImages,
        Section::SharedDatabaseSnapshots,
        Section::SharingBlocks,
        Section::QueuePolicies,
        Section::TopicPolicies,
        Section::SecretPolicies,
        Section::KeyPolicies,
        Section::KeyGrants,
        Section::ResourceShares,
        Section::BucketReplications,
    ],
    reversal: Reversal::Partial(
        "accounts outside the organization must accept RAM's invitation again; all else comes back as it was",
    ),
    iam: Iam {
        apply: &[
            "ec2:DescribeImageAttribute",
            "ec2:DescribeSnapshotAttribute",
            "ec2:EnableImageBlockPublicAccess",
            "ec2:EnableSnapshotBlockPublicAccess",
            "ec2:GetImageBlockPublicAccessState",
            "ec2:GetSnapshotBlockPublicAccessState",
            "ec2:ModifyImageAttribute",
            "ec2:ModifySnapshotAttribute",
            "kms:PutKeyPolicy",
            "ram:DisassociateResourceShare",
            "ram:GetResourceShareAssociations",
            "rds:DescribeDBClusterSnapshotAttributes",
            "rds:DescribeDBSnapshotAttributes",
            "rds:ModifyDBClusterSnapshotAttribute",
            "rds:ModifyDBSnapshotAttribute",
            "secretsmanager:DeleteResourcePolicy",
            "secretsmanager:PutResourcePolicy",
            "sns:SetTopicAttributes",
            "sqs:SetQueueAttributes",
        ],
        undo: &[
            "ec2:DescribeImageAttribute",
            "ec2:DescribeSnapshotAttribute",
            "ec2:DisableImageBlockPublicAccess",
            "ec2:DisableSnapshotBlockPublicAccess",
            "ec2:EnableSnapshotBlockPublicAccess",
            "ec2:GetImageBlockPublicAccessState",
            "ec2:GetSnapshotBlockPublicAccessState",
            "ec2:ModifyImageAttribute",
            "ec2:ModifySnapshotAttribute",
            "kms:PutKeyPolicy",
            "ram:AssociateResourceShare",
            "ram:GetResourceShareAssociations",
            "rds:DescribeDBClusterSnapshotAttributes",
            "rds:DescribeDBSnapshotAttributes",
            "rds:ModifyDBClusterSnapshotAttribute",
            "rds:ModifyDBSnapshotAttribute",
            "secretsmanager:PutResourcePolicy",
            "sns:SetTopicAttributes",
            "sqs:SetQueueAttributes",
        ],
    },
    params: &[Param {
        name: KNOWN,
        kind: ParamKind::List,
        doc: "accounts by id, organizations and their units by ARN: what is shared with these stays shared",
    }],
    does: Does::Cuts(&[Stops::SharedCopies]),
    cuts: "new use of this account's EBS snapshots, images and manual RDS snapshots by everybody, and by accounts, \
           organizations and units that `known_accounts` does not name; new public sharing of snapshots and images; \
           what the policies of SQS queues, SNS topics, secrets and KMS keys allow to everybody and to such \
           accounts; resource shares of AWS RAM with such accounts outside the organization",
    leaves: "copies that others have made, and volumes, instances and databases that they run from them: nothing \
             takes those back; what the accounts that you name may do; new sharing with single accounts, by whoever \
             may do it here (600); subscriptions that a topic has, and what others run in shared subnets; statements \
             that a condition limits to addresses, VPC endpoints, organizations or buckets: they are named; services \
             of AWS that a policy names, for whomever they act; grants of KMS keys, and replication of buckets to \
             other accounts: each is named with the call that ends it; snapshots on Outposts and recovery points that \
             AWS Backup copies to other accounts; buckets (610); sharing that this version does not look at: policies \
             of functions and layers, file systems, event buses, log groups and container repositories, Aurora \
             clones, Redshift and ElastiCache snapshots",
    breaks: "Other accounts cannot start from your snapshots and images any more, nor use your queues, topics, secrets, \
             keys and shares: build pipelines, customers, partners and a backup account that `known_accounts` does \
             not name.",
    doc: include_str!("s615_shared_copies/doc.md"),
};

impl Step for SharedCopies {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Region
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        grantees::say_wrong(&mut found, case);
        let look = Here { account, case };
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            for (kind, all) in [
                ((VolumeSnapshot::KIND, "snapshot"), &here.shared_snapshots),
                ((Image::KIND, "image"), &here.shared_images),
                ((DatabaseSnapshot::KIND, "database snapshot"), &here.shared_database_snapshots),
            ] {
                find::copies(&mut found, region, kind, all, look);
            }
            for (kind, all) in [
                ((Queue::KIND, "queue"), &here.queue_policies),
                ((Topic::KIND, "topic"), &here.topic_policies),
                ((SharedSecret::KIND, "secret"), &here.secret_policies),
                ((Key::KIND, "key"), &here.key_policies),
            ] {
                find::policies(&mut found, region, kind, all, look);
            }
            find::shares(&mut found, region, here, Share::KIND, look);
            if find::is_closed(here, look) {
                let text = "no snapshot, image, share, queue, topic, secret or key is open to everybody or to \
                            somebody unknown";
                found.fine(Some(region), text);
            }
            if here.sharing_blocks.read().is_some() {
                for what in [block::SNAPSHOTS, block::IMAGES] {
                    let at = Target::new(Block::KIND, format!("{region}/{what}")).region(region);
                    let mut item = Item::new(at);
                    // After the permissions, and back before them: EC2 shares nothing with everybody meanwhile.
                    item.rank = 2;
                    found.item(item);
                }
            }
        }
        named::grants(&mut found, account, case);
        named::replication(&mut found, account, case);
        found
    }

    fn lenses(&self) -> Lenses {
        &[
            &VolumeSnapshot,
            &Image,
            &DatabaseSnapshot,
            &PolicyOf(Queue),
            &PolicyOf(Topic),
            &PolicyOf(SharedSecret),
            &PolicyOf(Key),
            &Share,
            &Block,
        ]
    }
}

type Copies = Seen<BTreeMap<String, Seen<SharedCopy>>>;

#[cfg(test)]
mod tests;
