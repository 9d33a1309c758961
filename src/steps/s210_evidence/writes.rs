//! The calls of step 210.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, EbsInstanceBlockDeviceSpecification, Filter,
    InstanceBlockDeviceMappingSpecification, InstanceSpecification, ResourceType, Tag, TagSpecification,
};
use aws_smithy_types::base64;

use super::{INSTANCE, State};
use crate::aws::{Aws, AwsError, lists};
use crate::step::created::{self, RUN};
use crate::step::{StepError, Target};

/// The name under which a saved console is recorded.
pub(super) fn console(instance: &str) -> String {
    format!("console/{instance}")
}

pub(super) async fn protect(aws: &Aws, at: &Target, from: &State, to: &State) -> Result<(), StepError> {
    let (
        State::Protection { termination: before, shutdown: old },
        State::Protection { termination, shutdown },
    ) = (from, to)
    else {
        return Ok(());
    };
    let ec2 = aws.ec2(at.region_name());
    if before != termination {
        let value = AttributeBooleanValue::builder().value(*termination).build();
        ec2.modify_instance_attribute().instance_id(&at.id).disable_api_termination(value).send().await?;
    }
    if old != shutdown {
        let value = AttributeValue::builder().value(shutdown).build();
        let modify = ec2.modify_instance_attribute().instance_id(&at.id);
        modify.instance_initiated_shutdown_behavior(value).send().await?;
    }
    Ok(())
}

pub(super) async fn disks(
    aws: &Aws,
    at: &Target,
    from: &BTreeMap<String, bool>,
    to: &BTreeMap<String, bool>,
) -> Result<(), StepError> {
    let changed = to.iter().filter(|(device, deleted)| from.get(*device) != Some(*deleted));
    let mappings: Vec<_> = changed
        .map(|(device, deleted)| {
            let ebs = EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(*deleted);
            let mapping = InstanceBlockDeviceMappingSpecification::builder().device_name(device);
            mapping.ebs(ebs.build()).build()
        })
        .collect();
    if !mappings.is_empty() {
        let modify = aws.ec2(at.region_name()).modify_instance_attribute().instance_id(&at.id);
        modify.set_block_device_mappings(Some(mappings)).send().await?;
    }
    Ok(())
}

/// Starts a snapshot of every volume, all of one moment, unless this run has them.
pub(super) async fn snapshots(aws: &Aws, at: &Target, volumes: &BTreeSet<String>) -> Result<(), StepError> {
    let record = |volume: &str, id: &str| aws.created(&format!("snapshot/{}/{volume}", at.id), id);
    let ec2 = aws.ec2(at.region_name());
    let filter = |name: String, value: &str| Filter::builder().name(name).values(value).build();
    let list = ec2
        .describe_snapshots()
        .owner_ids("self")
        .filters(filter(format!("tag:{RUN}"), aws.run()))
        .filters(filter(format!("tag:{INSTANCE}"), &at.id));
    let mut taken = BTreeSet::new();
    // A dead process may have made them and not recorded their ids.
    let made: Vec<_> = lists::all(aws, list, Some).await?;
    for snapshot in made {
        if let (Some(id), Some(volume)) = (snapshot.snapshot_id, snapshot.volume_id) {
            record(&volume, &id)?;
            taken.insert(volume);
        }
    }
    if volumes.is_subset(&taken) {
        return Ok(());
    }
    let tag = |key: &str, value: String| Tag::builder().key(key).value(value).build();
    let tags = created::tags(aws, "evidence").into_iter().map(|(key, value)| tag(key, value));
    let tags = tags.chain([tag(INSTANCE, at.id.clone()), tag("Name", format!("unplug-evidence-{}", at.id))]);
    let tags =
        TagSpecification::builder().resource_type(ResourceType::Snapshot).set_tags(Some(tags.collect()));
    let create = ec2
        .create_snapshots()
        .description(format!("evidence of {}, unplug run {}", at.id, aws.run()))
        .instance_specification(InstanceSpecification::builder().instance_id(&at.id).build())
        .tag_specifications(tags.build());
    for made in create.send().await?.snapshots.unwrap_or_default() {
        if let (Some(id), Some(volume)) = (made.snapshot_id, made.volume_id) {
            record(&volume, &id)?;
        }
    }
    Ok(())
}

/// Console output and a screenshot into the run's folder.
pub(super) async fn save_console(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let ec2 = aws.ec2(at.region_name());
    let output = ec2.get_console_output().instance_id(&at.id);
    let output = match output.clone().latest(true).send().await.map_err(AwsError::from) {
        // Only instances on Nitro show what their console says now.
        Err(error) if error.is("UnsupportedOperation") => output.send().await?,
        output => output?,
    };
    let file = format!("console-{}.txt", at.id);
    aws.keep(&file, &decoded(output.output.as_deref())?)?;
    let screenshot = ec2.get_console_screenshot().instance_id(&at.id);
    match screenshot.send().await.map_err(AwsError::from) {
        Ok(screenshot) => {
            let image = decoded(screenshot.image_data.as_deref())?;
            aws.keep(&format!("screenshot-{}.jpg", at.id), &image)?;
        }
        Err(error) if error.is("UnsupportedOperation") || error.is("IncorrectInstanceState") => {
            let note = format!("no screenshot: {}\n", error.detail());
            aws.keep(&format!("screenshot-{}.txt", at.id), note.as_bytes())?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(aws.created(&console(&at.id), &file)?)
}

fn decoded(text: Option<&str>) -> Result<Vec<u8>, StepError> {
    base64::decode(text.unwrap_or_default().trim())
        .map_err(|error| StepError::State(format!("AWS sent what is no base64: {error}")))
}
