//! The account's blocks of public snapshots and of public images, one switch each in a Region.
//!
//! The block of snapshots has two modes: `block-all-sharing` also hides those that are public. The block of
//! images has one, which stops new sharing only, and AWS takes up to ten minutes to set it: until then it
//! shows the old state.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableSnapshotBlockPublicAccess.html>
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableImageBlockPublicAccess.html>

use std::time::Duration;

use crate::account::{Section, SharingBlock, SharingBlocks};
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write};

pub(super) struct Block;

pub(super) const SNAPSHOTS: &str = "snapshots";
pub(super) const IMAGES: &str = "images";

const UNBLOCKED: &str = "unblocked";

const POLICY: &str =
    "a declarative policy of the organization sets it: only the management account changes it";

impl Lens for Block {
    /// AWS's word for the mode.
    type State = String;
    const KIND: &'static str = "sharing-block";
    const NEEDS: &'static [Section] = &[Section::SharingBlocks];
    const SWITCHED_BY: &'static [&'static str] = &[
        "ec2:DisableImageBlockPublicAccess",
        "ec2:DisableSnapshotBlockPublicAccess",
        "ec2:EnableImageBlockPublicAccess",
        "ec2:EnableSnapshotBlockPublicAccess",
    ];
    const SETTLES_WITHIN: Duration = Duration::from_secs(660);
    const MOVES_WITHIN: Duration = Duration::from_secs(660);

    fn state(&self, look: &Look<'_>) -> Now<String> {
        look.in_region(|here| {
            Now::of(&here.sharing_blocks, |blocks| Now::Is(of(blocks, &look.at.id).state.clone()))
        })
    }

    fn contain(&self, mode: &String, look: &Look<'_>) -> Verdict<String> {
        let Some(blocks) = look.region().and_then(|here| here.sharing_blocks.read()) else {
            return Verdict::Refuse("its Region was not read".into());
        };
        let wanted = wanted(&look.at.id);
        if mode == wanted {
            return Verdict::Already;
        }
        Verdict::unless(by_policy(of(blocks, &look.at.id)), wanted.to_owned())
    }

    fn hold_back(&self, _: &String, look: &Look<'_>) -> Option<Reason> {
        by_policy(of(look.region()?.sharing_blocks.read()?, &look.at.id))
    }

    fn show(&self, mode: &String) -> String {
        match mode.as_str() {
            UNBLOCKED => "may be made public".into(),
            "block-new-sharing" => "no new public sharing".into(),
            "block-all-sharing" => "no public sharing".into(),
            mode => mode.into(),
        }
    }

    async fn write(&self, write: Write<'_, String>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let ec2 = aws.ec2(at.region_name());
        // A call that repeats the state is one too many: AWS takes one in ten seconds.
        if is_images(&at.id) {
            let now = ec2.get_image_block_public_access_state().send().await?.image_block_public_access_state;
            if now.as_deref() == Some(to) {
                return Ok(());
            }
            if to == UNBLOCKED {
                ec2.disable_image_block_public_access().send().await?;
            } else {
                let enable = ec2.enable_image_block_public_access();
                enable.image_block_public_access_state(to.as_str().into()).send().await?;
            }
        } else {
            let now = ec2.get_snapshot_block_public_access_state().send().await?.state;
            if now.is_some_and(|now| now.as_str() == to) {
                return Ok(());
            }
            if to == UNBLOCKED {
                ec2.disable_snapshot_block_public_access().send().await?;
            } else {
                ec2.enable_snapshot_block_public_access().state(to.as_str().into()).send().await?;
            }
        }
        Ok(())
    }
}

/// The end of an id says which of the two it is: `eu-west-1/images`.
fn is_images(id: &str) -> bool {
    id.ends_with(IMAGES)
}

fn wanted(id: &str) -> &'static str {
    if is_images(id) { "block-new-sharing" } else { "block-all-sharing" }
}

fn of<'a>(blocks: &'a SharingBlocks, id: &str) -> &'a SharingBlock {
    if is_images(id) { &blocks.images } else { &blocks.snapshots }
}

fn by_policy(block: &SharingBlock) -> Option<Reason> {
    (block.managed_by == "declarative-policy").then(|| POLICY.into())
}
