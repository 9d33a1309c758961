//! 615: snapshots and images are shared with nobody that the operator does not know.

mod block;
mod database_snapshot;
mod grantees;
mod image;
mod volume_snapshot;

use std::collections::BTreeMap;

use crate::account::{Account, EVERYBODY, Region, Section, Seen, SharedCopy};
use crate::step::{
    Case, Does, Found, Iam, Item, Lens as _, Lenses, Param, ParamKind, Params, Reversal, Spec, Step, StepId,
    Stops, Target, Width,
};
use block::Block;
use database_snapshot::DatabaseSnapshot;
use grantees::{KNOWN, unknown};
use image::Image;
use volume_snapshot::VolumeSnapshot;

pub struct SharedCopies;

static SPEC: Spec = Spec {
    id: StepId(615),
    slug: "shared-copies",
    title: "snapshots and images: shared with nobody unknown",
    needs: &[
        Section::SharedSnapshots,
        Section::SharedImages,
        Section::SharedDatabaseSnapshots,
        Section::SharingBlocks,
    ],
    reversal: Reversal::Full,
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
            "rds:DescribeDBClusterSnapshotAttributes",
            "rds:DescribeDBSnapshotAttributes",
            "rds:ModifyDBClusterSnapshotAttribute",
            "rds:ModifyDBSnapshotAttribute",
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
            "rds:DescribeDBClusterSnapshotAttributes",
            "rds:DescribeDBSnapshotAttributes",
            "rds:ModifyDBClusterSnapshotAttribute",
            "rds:ModifyDBSnapshotAttribute",
        ],
    },
    params: &[Param {
        name: KNOWN,
        kind: ParamKind::List,
        doc: "accounts by id, organizations and their units by ARN: what is shared with these stays shared",
    }],
    does: Does::Cuts(&[Stops::SharedCopies]),
    cuts: "new use of this account's EBS snapshots, images and manual RDS snapshots by everybody, and by accounts, \
           organizations and units that `known_accounts` does not name; new public sharing of snapshots and images",
    leaves: "copies that others have made, and volumes, instances and databases that they run from them: nothing \
             takes those back; what the accounts that you name may do; new sharing with single accounts, by whoever \
             may do it here (600); snapshots on Outposts and recovery points that AWS Backup copies to other \
             accounts; buckets (610); sharing that this version does not look at: RAM shares, KMS grants and key \
             policies, policies of secrets, queues, topics, functions, file systems and container repositories, \
             replication to other accounts, Aurora clones, Redshift and ElastiCache snapshots",
    breaks: "Other accounts cannot start from your snapshots and images any more: build pipelines, customers and \
             a backup account that `known_accounts` does not name.",
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
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let kinds = [
                (VolumeSnapshot::KIND, "snapshot", &here.shared_snapshots),
                (Image::KIND, "image", &here.shared_images),
                (DatabaseSnapshot::KIND, "database snapshot", &here.shared_database_snapshots),
            ];
            for (kind, noun, copies) in kinds {
                items(&mut found, region, kind, copies);
                say(&mut found, region, noun, copies, &account.id, case);
            }
            if all_read(here) && nothing_shared(here, &account.id, case) {
                found.fine(
                    Some(region),
                    "no snapshot and no image is shared with everybody or with somebody unknown",
                );
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
        found
    }

    fn lenses(&self) -> Lenses {
        &[&VolumeSnapshot, &Image, &DatabaseSnapshot, &Block]
    }
}

type Copies = Seen<BTreeMap<String, Seen<SharedCopy>>>;

fn items(found: &mut Found, region: &str, kind: &str, copies: &Copies) {
    // One that was not read is a gap of the section.
    for (id, copy) in copies.items().filter_map(|(id, copy)| Some((id, copy.read()?))) {
        let at = Target::new(kind, id).region(region);
        let label = copy.tags.get("Name").unwrap_or(&copy.name);
        found.item(Item::new(at.label(Some(label))).tags(&copy.tags));
    }
}

/// Names what is shared, with whom, and what of it cannot be taken back.
fn say(found: &mut Found, region: &str, noun: &str, copies: &Copies, own: &str, case: &Case) {
    for (id, copy) in copies.items().filter_map(|(id, copy)| Some((id, copy.read()?))) {
        let with = unknown(&copy.shared_with, own, case);
        if with.is_empty() {
            continue;
        }
        let whom = grantees::show(&with);
        let key = if copy.encrypted { " (who has its key too)" } else { "" };
        let text = format!(
            "{noun} {id} of {} is shared with {whom}{key}: copies that were made already are not taken back",
            if copy.of.is_empty() { "a source that is not named" } else { &copy.of }
        );
        if with.contains(EVERYBODY) {
            found.matters(Some(region), text);
        } else {
            found.note(Some(region), text);
        }
    }
}

fn all_read(here: &Region) -> bool {
    let all = [&here.shared_snapshots, &here.shared_images, &here.shared_database_snapshots];
    all.iter().all(|copies| copies.read().is_some_and(|all| all.values().all(|copy| copy.gap().is_none())))
}

fn nothing_shared(here: &Region, own: &str, case: &Case) -> bool {
    let all = [&here.shared_snapshots, &here.shared_images, &here.shared_database_snapshots];
    let mut copies = all.iter().flat_map(|copies| copies.items()).filter_map(|(_, copy)| copy.read());
    copies.all(|copy| unknown(&copy.shared_with, own, case).is_empty())
}

#[cfg(test)]
mod tests;
