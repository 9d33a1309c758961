//! The calls of 590.

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};

use super::{Body, body, resource};
use crate::aws::{Aws, AwsError, Kind};
use crate::collect::ec2::vpc_block;
use crate::step::{StepError, Target, alias};

/// Codes with which EC2 says that another change is under way. Which one this API sends is not
/// written down.
pub(super) fn is_busy(error: &AwsError) -> bool {
    ["IncorrectState", "OperationInProgress", "ConcurrentModification"].iter().any(|code| error.is(code))
}

/// Was it sent, or is it so already? Or is AWS still at another change?
pub(super) enum Sent {
    Yes,
    Busy,
}

pub(super) async fn set_mode(aws: &Aws, at: &Target, mode: &str) -> Result<Sent, StepError> {
    let region = at.region_name();
    if vpc_block::now(aws, region).await?.mode != mode {
        let modify = aws.ec2(region).modify_vpc_block_public_access_options();
        modify.internet_gateway_block_mode(mode.into()).send().await?;
    }
    Ok(Sent::Yes)
}

pub(super) async fn delete(aws: &Aws, at: &Target) -> Result<Sent, StepError> {
    let id = aws.names().current(&at.id);
    let exclusions = vpc_block::now(aws, at.region_name()).await?.exclusions;
    if exclusions.get(&id).is_none_or(|exclusion| exclusion.state == "delete-in-progress") {
        return Ok(Sent::Yes);
    }
    let delete = aws.ec2(at.region_name()).delete_vpc_block_public_access_exclusion().exclusion_id(id);
    match delete.send().await.map_err(AwsError::from) {
        Err(error) if error.kind != Kind::Gone => Err(error.into()),
        _ => Ok(Sent::Yes),
    }
}

/// Makes the exclusion again, under a new id. One resource has one exclusion: a run that died
/// between making and recording it finds it by that.
pub(super) async fn create(aws: &Aws, at: &Target, to: &Body) -> Result<Sent, StepError> {
    let region = at.region_name();
    let exclusions = vpc_block::now(aws, region).await?.exclusions;
    let there = exclusions.iter().find(|(_, exclusion)| exclusion.resource == to.resource);
    let id = match there {
        // It has to be gone before another one can be made.
        Some((_, exclusion)) if exclusion.state == "delete-in-progress" => return Ok(Sent::Busy),
        Some((id, exclusion)) if body(exclusion) == *to => id.clone(),
        Some((id, exclusion)) => {
            let why = format!("{id} leaves the same resource out in another way: {}", exclusion.mode);
            return Err(StepError::State(why));
        }
        None => {
            let (kind, of) = resource(&to.resource);
            let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
            let tags = TagSpecification::builder()
                .resource_type(ResourceType::VpcBlockPublicAccessExclusion)
                .set_tags(Some(to.tags.iter().map(tag).collect()))
                .build();
            let create = aws.ec2(region).create_vpc_block_public_access_exclusion();
            let create = create.internet_gateway_exclusion_mode(to.mode.as_str().into());
            let create = create.set_tag_specifications((!to.tags.is_empty()).then(|| vec![tags]));
            let create = if kind == "vpc" { create.vpc_id(of) } else { create.subnet_id(of) };
            let made = create.send().await?.vpc_block_public_access_exclusion;
            let id = made.and_then(|made| made.exclusion_id);
            id.ok_or_else(|| StepError::State("AWS gave the new exclusion no id".into()))?
        }
    };
    if id != at.id && aws.names().current(&at.id) != id {
        aws.created(&alias(&at.id), &id)?;
    }
    Ok(Sent::Yes)
}
