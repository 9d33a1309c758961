//! An EBS snapshot, and who may make volumes of it.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html>

use aws_sdk_ec2::types::{OperationType, SnapshotAttributeName};

use super::grantees::{self, Unknown};
use crate::account::{EVERYBODY, Section};
use crate::collect::Ask;
use crate::collect::ec2::sharing::permissions_of_snapshot;
use crate::step::{Lens, Look, Now, Reason, StepError, Target, Verdict, Write};

pub(super) struct VolumeSnapshot;

impl Lens for VolumeSnapshot {
    type State = Unknown;
    const KIND: &'static str = "shared-snapshot";
    const ID_SAYS_KIND: bool = true;
    const NEEDS: &'static [Section] = &[Section::SharedSnapshots, Section::SharingBlocks];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        grantees::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Unknown> {
        grantees::state(look, |here| &here.shared_snapshots)
    }

    fn contain(&self, now: &Unknown, _: &Look<'_>) -> Verdict<Unknown> {
        grantees::contain(now)
    }

    fn hold_back(&self, before: &Unknown, look: &Look<'_>) -> Option<Reason> {
        let blocks = look.region()?.sharing_blocks.read();
        grantees::blocked(before, blocks.map(|blocks| blocks.snapshots.state.as_str()))
    }

    fn arrived(&self, to: &Unknown, now: &Unknown) -> bool {
        grantees::arrived(to, now)
    }

    fn show(&self, state: &Unknown) -> String {
        format!("shared with {}", grantees::show(state))
    }

    async fn write(&self, write: Write<'_, Unknown>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let region = at.region_name();
        let Some(has) = permissions_of_snapshot(aws, region, &at.id).await? else { return Ok(()) };
        let (add, remove) = grantees::difference(to, from, &has);
        if add.is_empty() && remove.is_empty() {
            return Ok(());
        }
        // One call adds or removes, and not both: a cut only removes, a restore only adds.
        let (change, with) =
            if add.is_empty() { (OperationType::Remove, remove) } else { (OperationType::Add, add) };
        let (groups, accounts): (Vec<String>, Vec<String>) =
            with.into_iter().partition(|one| one == EVERYBODY);
        let some = |with: Vec<String>| (!with.is_empty()).then_some(with);
        let modify = aws.ec2(region).modify_snapshot_attribute().snapshot_id(&at.id).operation_type(change);
        let modify = modify.attribute(SnapshotAttributeName::CreateVolumePermission);
        modify.set_group_names(some(groups)).set_user_ids(some(accounts)).send().await?;
        Ok(())
    }
}
