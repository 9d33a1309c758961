//! The snapshots that a run takes of one instance's disks, all of one moment.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{Filter, InstanceSpecification, ResourceType, Tag, TagSpecification};

use super::instance;
use crate::account::{Region, Section, Tags};
use crate::aws::lists;
use crate::collect::Ask;
use crate::step::created::{self, RUN};
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write, count};

pub(super) struct Snapshots;

/// The tag on a snapshot that says of which instance it is.
pub(super) const INSTANCE: &str = "unplug:instance";

/// Volumes of which this run has started a snapshot.
type State = BTreeSet<String>;

impl Lens for Snapshots {
    type State = State;
    const KIND: &'static str = "snapshots";
    const NEEDS: &'static [Section] = &[Section::Snapshots];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        super::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        look.in_region(|here| Now::of(&here.snapshots, |_| Now::Is(taken(here, &look.at.id, &look.case.run))))
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let instance = match instance(look) {
            Ok(instance) => instance,
            Err(why) => return Verdict::Refuse(why),
        };
        let volumes: BTreeSet<String> = instance.disks.values().map(|disk| disk.volume.clone()).collect();
        if volumes.is_subset(now) { Verdict::Already } else { super::lasting(instance, &volumes | now) }
    }

    fn show(&self, state: &State) -> String {
        match state.len() {
            0 => "no snapshot of this run".into(),
            disks => format!("saved: {}", count(disks, "disk")),
        }
    }

    /// Starts a snapshot of every volume, unless this run has them. Deletes none.
    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to: volumes, .. } = write;
        if volumes.is_empty() {
            return Err(StepError::State(super::NOTHING_DELETED.into()));
        }
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
        let tags =
            tags.chain([tag(INSTANCE, at.id.clone()), tag("Name", format!("unplug-evidence-{}", at.id))]);
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
}

/// Volumes of an instance of which this run has a snapshot that did not fail.
pub(super) fn taken(here: &Region, instance: &str, run: &str) -> BTreeSet<String> {
    let tagged = |tags: &Tags, key: &str, value: &str| tags.get(key).is_some_and(|found| found == value);
    here.snapshots
        .items()
        .filter(|(_, s)| !s.failed && tagged(&s.tags, RUN, run) && tagged(&s.tags, INSTANCE, instance))
        .map(|(_, snapshot)| snapshot.volume.clone())
        .collect()
}
