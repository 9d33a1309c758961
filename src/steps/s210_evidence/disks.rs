//! Whether the disks of one instance are deleted with it.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{EbsInstanceBlockDeviceSpecification, InstanceBlockDeviceMappingSpecification};

use super::instance;
use crate::account::Section;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write, count};

pub(super) struct Disks;

/// Devices: is the volume deleted with the instance?
type State = BTreeMap<String, bool>;

impl Lens for Disks {
    type State = State;
    const KIND: &'static str = "disks";
    const NEEDS: &'static [Section] = &[Section::Instances];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        super::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        look.in_region(|here| {
            Now::of_item(&here.instances, &look.at.id, |instance| {
                let disks = instance.disks.iter();
                Now::Is(disks.map(|(name, disk)| (name.clone(), disk.delete_on_termination)).collect())
            })
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let instance = match instance(look) {
            Ok(instance) => instance,
            Err(why) => return Verdict::Refuse(why),
        };
        match &instance.managed_by {
            _ if now.values().all(|deleted| !deleted) => Verdict::Already,
            Some(service) => {
                Verdict::Refuse(format!("managed by {service}: only that service can change it"))
            }
            None => super::lasting(instance, now.keys().map(|name| (name.clone(), false)).collect()),
        }
    }

    fn show(&self, state: &State) -> String {
        match state.values().filter(|deleted| **deleted).count() {
            0 => "no disk is deleted with it".into(),
            deleted => format!("{deleted} of {} deleted with it", count(state.len(), "disk")),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let changed = write.to.iter().filter(|(device, deleted)| write.from.get(*device) != Some(*deleted));
        let mappings: Vec<_> = changed
            .map(|(device, deleted)| {
                let ebs = EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(*deleted);
                let mapping = InstanceBlockDeviceMappingSpecification::builder().device_name(device);
                mapping.ebs(ebs.build()).build()
            })
            .collect();
        if !mappings.is_empty() {
            let modify =
                write.aws.ec2(write.at.region_name()).modify_instance_attribute().instance_id(&write.at.id);
            modify.set_block_device_mappings(Some(mappings)).send().await?;
        }
        Ok(())
    }
}
