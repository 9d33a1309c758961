//! An image (AMI), and who may launch instances from it: accounts, organizations, their units, everybody.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyImageAttribute.html>

use aws_sdk_ec2::types::{LaunchPermission, LaunchPermissionModifications, PermissionGroup};

use super::grantees::{self, Unknown};
use crate::account::{EVERYBODY, Section};
use crate::collect::Ask;
use crate::collect::ec2::sharing::permissions_of_image;
use crate::step::{Lens, Look, Now, Reason, StepError, Target, Verdict, Write};

pub(super) struct Image;

impl Lens for Image {
    type State = Unknown;
    const KIND: &'static str = "shared-image";
    const ID_SAYS_KIND: bool = true;
    const NEEDS: &'static [Section] = &[Section::SharedImages, Section::SharingBlocks];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        grantees::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Unknown> {
        grantees::state(look, |here| &here.shared_images)
    }

    fn contain(&self, now: &Unknown, _: &Look<'_>) -> Verdict<Unknown> {
        grantees::contain(now)
    }

    fn hold_back(&self, before: &Unknown, look: &Look<'_>) -> Option<Reason> {
        let blocks = look.region()?.sharing_blocks.read();
        grantees::blocked(before, blocks.map(|blocks| blocks.images.state.as_str()))
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
        let Some(has) = permissions_of_image(aws, region, &at.id).await? else { return Ok(()) };
        let (add, remove) = grantees::difference(to, from, &has);
        if add.is_empty() && remove.is_empty() {
            return Ok(());
        }
        let change = LaunchPermissionModifications::builder()
            .set_add(permissions(&add))
            .set_remove(permissions(&remove));
        let modify = aws.ec2(region).modify_image_attribute().image_id(&at.id).attribute("launchPermission");
        modify.launch_permission(change.build()).send().await?;
        Ok(())
    }
}

fn permissions(with: &[String]) -> Option<Vec<LaunchPermission>> {
    let permission = |with: &String| {
        let one = LaunchPermission::builder();
        match with.as_str() {
            EVERYBODY => one.group(PermissionGroup::All),
            unit if unit.contains(":ou/") => one.organizational_unit_arn(unit),
            organization if organization.starts_with("arn:") => one.organization_arn(organization),
            account => one.user_id(account),
        }
        .build()
    };
    (!with.is_empty()).then(|| with.iter().map(permission).collect())
}
