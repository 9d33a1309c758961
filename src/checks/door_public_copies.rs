//! No snapshot and no image is shared with everybody.

use std::collections::BTreeMap;

use crate::account::{Cause, EVERYBODY, Gap, Section, Seen, SharedCopy};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-public-copies",
    group: Group::Doors,
    title: "No snapshot and no image is shared with everybody",
    severity: Severity::High,
    why: "A public snapshot is a copy of the disk or the database for whoever asks, and there are those who ask every \
          hour.",
    fix: "unplug pull --steps 615; or aws ec2 modify-snapshot-attribute --snapshot-id ID --attribute \
          createVolumePermission --operation-type remove --group-names all; images: modify-image-attribute; RDS: \
          aws rds modify-db-snapshot-attribute --attribute-name restore --values-to-remove all",
    needs: &[Section::SharedSnapshots, Section::SharedImages, Section::SharedDatabaseSnapshots],
    also: &[Section::SharingBlocks],
    mirrors: &["FSBP EC2.1", "FSBP RDS.1"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut all = 0;
    for (region, here) in facts.regions() {
        // The Region's block hides what is shared, as long as it is on.
        let hidden =
            here.sharing_blocks.read().is_some_and(|blocks| blocks.snapshots.state == "block-all-sharing");
        let mut of = |what: &str, copies: &Seen<BTreeMap<String, Seen<SharedCopy>>>, hidden: bool| {
            for (id, copy) in copies.items() {
                all += 1;
                match copy.as_result() {
                    Ok(copy) if copy.shared_with.contains(EVERYBODY) && !hidden => {
                        let text = format!("{what} {id} ({}) is shared with everybody", copy.name);
                        answer.fail(id, Some(region), text.replace(" ()", ""));
                    }
                    Ok(_) => {}
                    Err(gap) => unread(answer, &format!("who may use {what} {id}"), gap),
                }
            }
        };
        of("snapshot", &here.shared_snapshots, hidden);
        of("image", &here.shared_images, false);
        of("RDS snapshot", &here.shared_database_snapshots, false);
    }
    answer.said = format!("none of {all}");
}

/// A gap that somebody asked for is one of the section.
fn unread(answer: &mut Answer, what: &str, gap: &Gap) {
    if gap.cause == Cause::NotRead {
        answer.gap(what, gap);
    }
}
