//! EC2: attributes of instances, volumes, snapshots, consoles.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;
use aws_sdk_ec2::types::InstanceAttributeName as Name;
use aws_smithy_types::base64;

use super::{Query, given, region, tags};
use crate::account::{Instance, InstanceAttributes, Snapshot, Tags};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeInstanceAttribute>(describe_instance_attribute);
    dispatch.on::<ec2::ModifyInstanceAttribute>(modify_instance_attribute);
    dispatch.on::<ec2::DescribeVolumes>(describe_volumes);
    dispatch.on::<ec2::CreateSnapshots>(create_snapshots);
    dispatch.on::<ec2::GetConsoleOutput>(get_console_output);
    dispatch.on::<ec2::GetConsoleScreenshot>(get_console_screenshot);
}

fn no_such(id: &str) -> Refused {
    refuse("InvalidInstanceID.NotFound", format!("The instance ID '{id}' does not exist"))
}

fn instance<'a>(cx: &'a Cx<'_>, id: &str) -> Result<&'a Instance, Refused> {
    seen(&region(cx).instances)?.get(id).ok_or_else(|| no_such(id))
}

fn describe_instance_attribute(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeInstanceAttribute>,
) -> Said<ec2::DescribeInstanceAttribute> {
    let id = input.instance_id().unwrap_or_default();
    let Some(has) = seen(&region(cx).instance_attributes)?.get(id) else { return Err(no_such(id)) };
    let output = Out::<ec2::DescribeInstanceAttribute>::builder().instance_id(id);
    Ok(match input.attribute() {
        Some(Name::DisableApiTermination) => output.disable_api_termination(
            types::AttributeBooleanValue::builder().value(has.termination_protection).build(),
        ),
        Some(Name::InstanceInitiatedShutdownBehavior) => output.instance_initiated_shutdown_behavior(
            types::AttributeValue::builder().value(&has.shutdown_behavior).build(),
        ),
        _ => return Err(refuse("InvalidParameterValue", "not simulated: this attribute")),
    }
    .build())
}

/// One attribute a call. A Spot instance takes no termination protection, and an instance whose
/// root is in the instance store cannot be stopped.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html>
fn modify_instance_attribute(
    cx: &mut Cx<'_>,
    input: &In<ec2::ModifyInstanceAttribute>,
) -> Said<ec2::ModifyInstanceAttribute> {
    let id = input.instance_id().unwrap_or_default();
    let of: Instance = instance(cx, id)?.clone();
    if let Some(service) = &of.managed_by {
        let message = format!("The instance is managed by {service}.");
        return Err(refuse("OperationNotPermitted", message));
    }
    let protection = input.disable_api_termination().and_then(types::AttributeBooleanValue::value);
    let behavior = input.instance_initiated_shutdown_behavior().and_then(types::AttributeValue::value);
    let disks = input.block_device_mappings();
    if usize::from(protection.is_some()) + usize::from(behavior.is_some()) + usize::from(!disks.is_empty())
        != 1
    {
        return Err(refuse("InvalidParameterCombination", "Exactly one attribute must be given"));
    }
    if protection == Some(true) && of.spot || behavior == Some("stop") && of.instance_store {
        let message = "The operation is not supported for this instance.";
        return Err(refuse("UnsupportedOperation", message));
    }
    for disk in disks {
        let device = disk.device_name().unwrap_or_default();
        let keep = disk.ebs().and_then(types::EbsInstanceBlockDeviceSpecification::delete_on_termination);
        let instances = seen_mut(&mut cx.region_mut().instances)?;
        let Some(disk) = instances.get_mut(id).and_then(|of| of.disks.get_mut(device)) else {
            let message = format!("No device is currently mapped at {device}");
            return Err(refuse("InvalidInstanceAttributeValue", message));
        };
        disk.delete_on_termination = keep.unwrap_or(disk.delete_on_termination);
    }
    if disks.is_empty() {
        let all: &mut BTreeMap<String, InstanceAttributes> =
            seen_mut(&mut cx.region_mut().instance_attributes)?;
        let has = all.entry(id.to_owned()).or_default();
        has.termination_protection = protection.unwrap_or(has.termination_protection);
        if let Some(behavior) = behavior {
            behavior.clone_into(&mut has.shutdown_behavior);
        }
    }
    Ok(Out::<ec2::ModifyInstanceAttribute>::builder().build())
}

fn describe_volumes(cx: &mut Cx<'_>, input: &In<ec2::DescribeVolumes>) -> Said<ec2::DescribeVolumes> {
    static NONE: Tags = Tags::new();
    let query = Query {
        filters: input.filters(),
        ids: input.volume_ids(),
        not_found: "InvalidVolume.NotFound",
        max: input.max_results(),
    };
    query.check(&["volume-id"])?;
    let volumes = query.choose(cx, seen(&region(cx).volumes)?, |_| &NONE, |id, _, _| vec![id.to_owned()])?;
    let (volumes, next) = cx.page(volumes, input.next_token(), input.max_results());
    let volumes = volumes.into_iter().map(|(id, volume)| {
        types::Volume::builder()
            .volume_id(id)
            .size(i32::try_from(volume.gib).unwrap_or(i32::MAX))
            .encrypted(volume.encrypted)
            .build()
    });
    Ok(Out::<ec2::DescribeVolumes>::builder()
        .set_volumes(Some(volumes.collect()))
        .set_next_token(next)
        .build())
}

/// A snapshot of every volume of an instance, all of the same moment.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html>
fn create_snapshots(cx: &mut Cx<'_>, input: &In<ec2::CreateSnapshots>) -> Said<ec2::CreateSnapshots> {
    let id = input.instance_specification().and_then(|of| of.instance_id()).unwrap_or_default();
    let volumes: Vec<String> = instance(cx, id)?.disks.values().map(|disk| disk.volume.clone()).collect();
    if volumes.is_empty() {
        return Err(refuse("InvalidParameterValue", format!("The instance {id} has no volumes attached.")));
    }
    let given = given(input.tag_specifications())?;
    let mut made = vec![];
    for volume in volumes {
        let snapshot = cx.new_id("snap");
        made.push(
            types::SnapshotInfo::builder()
                .snapshot_id(&snapshot)
                .volume_id(&volume)
                .state(types::SnapshotState::Pending)
                .set_tags(Some(tags(&given)))
                .build(),
        );
        let new = Snapshot { volume, failed: false, tags: given.clone() };
        seen_mut(&mut cx.region_mut().snapshots)?.insert(snapshot, new);
    }
    Ok(Out::<ec2::CreateSnapshots>::builder().set_snapshots(Some(made)).build())
}

fn get_console_output(cx: &mut Cx<'_>, input: &In<ec2::GetConsoleOutput>) -> Said<ec2::GetConsoleOutput> {
    let id = input.instance_id().unwrap_or_default();
    instance(cx, id)?;
    let text = format!("[    0.000000] simulated console of {id}\n");
    Ok(Out::<ec2::GetConsoleOutput>::builder().instance_id(id).output(base64::encode(text)).build())
}

fn get_console_screenshot(
    cx: &mut Cx<'_>,
    input: &In<ec2::GetConsoleScreenshot>,
) -> Said<ec2::GetConsoleScreenshot> {
    let id = input.instance_id().unwrap_or_default();
    if instance(cx, id)?.state != "running" {
        let message = format!("The instance {id} is not in a state from which a screenshot can be taken");
        return Err(refuse("IncorrectInstanceState", message));
    }
    // The first bytes of every JPEG.
    Ok(Out::<ec2::GetConsoleScreenshot>::builder()
        .instance_id(id)
        .image_data(base64::encode([0xff, 0xd8, 0xff, 0xe0]))
        .build())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::account::{
        Account, ContainerService, InstanceAttributes, Region, Section, Seen, Snapshot, SpotFleet, Volume,
    };
    use crate::aws::Aws;
    use crate::collect::{Ask, identify, read};
    use crate::sim::{Simulation, sample};

    fn two<T: Clone>(ids: [&str; 2], item: &T) -> Seen<BTreeMap<String, T>> {
        Seen::Read(ids.map(|id| (id.to_owned(), item.clone())).into())
    }

    /// Hosts and what launches them, in one Region.
    fn account() -> Account {
        let mut account = sample::account();
        let instances = account.regions[sample::REGION].instances.clone();
        let fleet = SpotFleet {
            state: "active".into(),
            target_capacity: 5,
            on_demand: 1,
            kind: "maintain".into(),
            excess_capacity: "default".into(),
            subnets: ["subnet-1a".to_owned(), "subnet-1b".to_owned()].into(),
            tags: sample::tag("team", "batch"),
        };
        let service = ContainerService {
            cluster: "arn:aws:ecs:us-east-1:111111111111:cluster/shop".into(),
            balanced: true,
            desired: 3,
            running: 2,
            subnets: ["subnet-1a".to_owned()].into(),
        };
        let attributes =
            InstanceAttributes { termination_protection: true, shutdown_behavior: "stop".into() };
        let snapshot =
            Snapshot { volume: "vol-1".into(), failed: true, tags: sample::tag("unplug:run", "run0") };
        let region = Region {
            instances,
            instance_attributes: two(["i-1", "i-2"], &attributes),
            snapshots: two(["snap-1", "snap-2"], &snapshot),
            volumes: two(["vol-1", "vol-2"], &Volume { gib: 8, encrypted: true }),
            spot_fleets: two(["sfr-1", "sfr-2"], &fleet),
            container_services: two(
                ["arn:aws:ecs:us-east-1:111111111111:service/shop/web", "arn:aws:ecs:x:1:service/shop/api"],
                &service,
            ),
            ..Region::default()
        };
        account.regions = [(sample::REGION.to_owned(), region)].into();
        account.enabled_regions = Seen::Read([sample::REGION.to_owned()].into());
        account
    }

    #[tokio::test]
    async fn collecting_one_item_a_page_gives_the_same_account() {
        use Section::{ContainerServices, InstanceAttributes, Instances, Snapshots, SpotFleets, Volumes};
        let simulation = Simulation::new(account());
        for paged in [false, true] {
            if paged {
                simulation.one_item_a_page();
            }
            let aws = Aws::simulated(simulation.clone());
            let known = identify(&aws).await.unwrap();
            let sections =
                [ContainerServices, InstanceAttributes, Instances, Snapshots, SpotFleets, Volumes].into();
            let mut read = read(&aws, &known, &Ask { sections, ..Ask::default() }, &|_, _| {}).await;
            read.caller.access_key = None;
            assert_eq!(read, account(), "paged: {paged}");
        }
    }
}
