//! Which instances stand by: each leaves its group's service, and the target groups that it is
//! registered with by hand.

use std::collections::BTreeMap;

use super::group_member::GroupMember;
use super::group_minimum::GroupMinimum;
use super::registrations::Registrations;
use super::{in_scope, stands_by};
use crate::account::{Instance, Region, ScalingGroup};
use crate::step::{Case, Found, Item, Lens as _, Target};

/// The group of an instance.
pub(super) fn group_of<'a>(here: &'a Region, instance: &str) -> Option<(&'a String, &'a ScalingGroup)> {
    here.scaling_groups.items().find(|(_, group)| group.instances.contains(instance))
}

/// Instances that are cut alone, while their group goes on.
pub(super) fn alone<'a>(
    here: &'a Region,
    case: &'a Case,
) -> impl Iterator<Item = (&'a String, &'a Instance)> {
    let every = stands_by(&case.params);
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
                Some(vpc) => item.within(&vpc.tags),
                None => item,
            }
        };
        if let Some((name, group)) = group_of(here, id) {
            if !group.standby.contains(id) {
                *leaving.entry(name).or_default() += 1;
            }
            found.item(item(GroupMember::KIND));
        }
        if here.target_groups.read().is_some() {
            found.item(item(Registrations::KIND));
        }
    }
    for (name, leaving) in leaving {
        let Some(group) = here.scaling_groups.item(name) else { continue };
        if group.desired - leaving < group.min {
            found.note(
                Some(region),
                format!(
                    "group {name} has a minimum of {}: it is lowered for the instance to stand by",
                    group.min
                ),
            );
            let subnet = group.subnets.iter().find_map(|id| here.subnets.item(id));
            let at = Target::new(GroupMinimum::KIND, name).region(region).named(&group.tags);
            let at = Target { vpc: subnet.map(|subnet| subnet.vpc.clone()), ..at };
            found.item(Item::created(at).tags(&group.tags));
        }
    }
}
