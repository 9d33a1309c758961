//! One instance stands by: it leaves its group's service, and what is registered by hand is taken
//! out of its target groups.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::TargetDescription;

use super::{Registrations, State, in_scope};
use crate::account::{BackendTarget, Gap, Instance, Region, ScalingGroup, Seen};
use crate::aws::Aws;
use crate::step::{Case, Found, Item, Now, StepError, Target, Verdict};

/// An instance and its group.
pub(super) const MEMBER: &str = "group-member";
/// The least size of a group: it may stand in the way of standby.
pub(super) const MINIMUM: &str = "group-minimum";
/// What an instance is registered with, besides its group's target groups.
pub(super) const REGISTERED: &str = "registrations";

/// The group of an instance.
pub(super) fn group_of<'a>(here: &'a Region, instance: &str) -> Option<(&'a String, &'a ScalingGroup)> {
    here.scaling_groups.items().find(|(_, group)| group.instances.contains(instance))
}

/// Instances that are cut alone, while their group goes on.
fn alone<'a>(here: &'a Region, case: &'a Case) -> impl Iterator<Item = (&'a String, &'a Instance)> {
    let every = case.param("way", "hold") == "standby";
    here.instances.items().filter(move |(id, instance)| {
        let held = group_of(here, id).is_some_and(|(_, group)| in_scope(&group.subnets, here, case));
        case.scope.has_instance(here, id)
            && (every || !held && !case.scope.has_subnet(here, &instance.subnet))
    })
}

pub(super) fn find(found: &mut Found, region: &str, here: &Region, case: &Case) {
    let mut leaving: BTreeMap<&String, i32> = BTreeMap::new();
    for (id, instance) in alone(here, case) {
        let item = |kind: &str| {
            let at = Target::new(kind, id).region(region).vpc(&instance.vpc).named(&instance.tags);
            let item = Item::new(at).tags(&instance.tags);
            match here.vpcs.item(&instance.vpc) {
                Some(vpc) => item.tags(&vpc.tags),
                None => item,
            }
        };
        if let Some((name, group)) = group_of(here, id) {
            if !group.standby.contains(id) {
                *leaving.entry(name).or_default() += 1;
            }
            found.item(item(MEMBER));
        }
        if here.target_groups.read().is_some() {
            found.item(item(REGISTERED));
        }
    }
    for (name, leaving) in leaving {
        let Some(group) = here.scaling_groups.item(name) else { continue };
        if group.desired - leaving < group.min {
            found.find(
                Some(region),
                format!(
                    "group {name} has a minimum of {}: it is lowered for the instance to stand by",
                    group.min
                ),
            );
            let subnet = group.subnets.iter().find_map(|id| here.subnets.item(id));
            let at = Target::new(MINIMUM, name).region(region).named(&group.tags);
            let at = Target { vpc: subnet.map(|subnet| subnet.vpc.clone()), ..at };
            found.item(Item::created(at).tags(&group.tags));
        }
    }
}

/// The minimum that lets the instances in scope stand by.
pub(super) fn minimum(name: &str, group: &ScalingGroup, here: &Region, case: &Case) -> i32 {
    let leaving = alone(here, case)
        .filter(|(id, _)| !group.standby.contains(*id))
        .filter(|(id, _)| group_of(here, id).is_some_and(|(of, _)| of == name))
        .count();
    let left = group.desired - i32::try_from(leaving).unwrap_or(i32::MAX);
    group.min.min(left).max(0)
}

pub(super) fn state(at: &Target, here: &Region) -> Now<State> {
    let groups = match &here.scaling_groups {
        Seen::Gap(gap) => return Now::Unknown(gap.clone()),
        Seen::Read(groups) => groups,
    };
    match at.kind.as_str() {
        MINIMUM => groups.get(&at.id).map_or(Now::Vanished, |group| Now::Is(State::Minimum(group.min))),
        MEMBER => group_of(here, &at.id).map_or(Now::Vanished, |(name, group)| {
            Now::Is(State::Member { group: name.clone(), standby: group.standby.contains(&at.id) })
        }),
        _ => match registrations(here, &at.id) {
            Err(gap) => Now::Unknown(gap),
            Ok(None) => Now::Vanished,
            Ok(Some(registered)) => Now::Is(State::Registered(registered)),
        },
    }
}

/// What an instance is registered with by its id or an address. Its group's own target groups are
/// left out: standby takes it out of those and puts it back.
fn registrations(here: &Region, instance: &str) -> Result<Option<Registrations>, Gap> {
    fn read<T>(seen: &Seen<T>) -> Result<&T, Gap> {
        match seen {
            Seen::Read(value) => Ok(value),
            Seen::Gap(gap) => Err(gap.clone()),
        }
    }
    if !read(&here.instances)?.contains_key(instance) {
        return Ok(None);
    }
    read(&here.scaling_groups)?;
    let own = group_of(here, instance).map(|(_, group)| &group.target_groups);
    let of = read(&here.interfaces)?.values().filter(|i| i.instance.as_deref() == Some(instance));
    let mut names: BTreeSet<&str> = [instance].into();
    for interface in of {
        names.extend(interface.private_ip.as_deref());
        names.extend(interface.secondary.keys().map(String::as_str));
        names.extend(interface.ipv6.iter().map(String::as_str));
    }
    let mut registered = Registrations::new();
    for (arn, group) in
        read(&here.target_groups)?.iter().filter(|(arn, _)| own.is_none_or(|own| !own.contains(*arn)))
    {
        let ours: BTreeSet<BackendTarget> =
            group.targets.iter().filter(|target| names.contains(target.id.as_str())).cloned().collect();
        if !ours.is_empty() {
            registered.insert(arn.clone(), ours);
        }
    }
    Ok(Some(registered))
}

pub(super) fn contain(now: &State, at: &Target, here: &Region, case: &Case) -> Verdict<State> {
    match now {
        State::Member { group, standby: false } => {
            Verdict::Change(State::Member { group: group.clone(), standby: true })
        }
        State::Registered(registered) if registered.is_empty() => Verdict::Already,
        State::Registered(_) => Verdict::Change(State::Registered(Registrations::new())),
        State::Minimum(now) => match here.scaling_groups.item(&at.id) {
            None => Verdict::Already,
            Some(group) => match minimum(&at.id, group, here, case) {
                lower if lower < *now => Verdict::Change(State::Minimum(lower)),
                _ => Verdict::Already,
            },
        },
        State::Member { .. } | State::Processes(_) | State::Fleet(_) => Verdict::Already,
    }
}

/// Target groups go one call at a time, in the order of their ARNs.
pub(super) fn passes(from: &Registrations, to: &Registrations) -> Vec<State> {
    let arns: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let mut now = from.clone();
    let mut passes = vec![];
    for arn in arns {
        match to.get(arn) {
            Some(targets) => now.insert(arn.clone(), targets.clone()),
            None => now.remove(arn),
        };
        passes.push(State::Registered(now.clone()));
    }
    passes.pop();
    passes
}

pub(super) async fn stand(aws: &Aws, at: &Target, group: &str, by: bool) -> Result<(), StepError> {
    let client = aws.autoscaling(at.region_name());
    if by {
        let call = client.enter_standby().auto_scaling_group_name(group).instance_ids(&at.id);
        // Without it a replacement is launched.
        call.should_decrement_desired_capacity(true).send().await?;
    } else {
        client.exit_standby().auto_scaling_group_name(group).instance_ids(&at.id).send().await?;
    }
    Ok(())
}

pub(super) async fn least(aws: &Aws, at: &Target, size: i32) -> Result<(), StepError> {
    let update = aws.autoscaling(at.region_name()).update_auto_scaling_group();
    update.auto_scaling_group_name(&at.id).min_size(size).send().await?;
    Ok(())
}

pub(super) async fn register(
    aws: &Aws,
    at: &Target,
    from: &Registrations,
    to: &Registrations,
) -> Result<(), StepError> {
    let elb = aws.elbv2(at.region_name());
    let none = BTreeSet::new();
    let arns: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for arn in arns {
        let (old, new) = (from.get(arn).unwrap_or(&none), to.get(arn).unwrap_or(&none));
        let described = |targets: BTreeSet<BackendTarget>| {
            targets.into_iter().map(|target| {
                TargetDescription::builder()
                    .id(target.id)
                    .set_port(target.port)
                    .set_availability_zone(target.zone)
                    .build()
            })
        };
        let (gone, added): (Vec<_>, Vec<_>) =
            (described(old - new).collect(), described(new - old).collect());
        if !added.is_empty() {
            elb.register_targets().target_group_arn(arn).set_targets(Some(added)).send().await?;
        }
        if !gone.is_empty() {
            elb.deregister_targets().target_group_arn(arn).set_targets(Some(gone)).send().await?;
        }
    }
    Ok(())
}
