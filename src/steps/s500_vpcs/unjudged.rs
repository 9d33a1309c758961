//! Ways that no step is made for and the exposure does not compute, as far as they can be read.

use std::collections::BTreeMap;

use super::super::s510_security_groups::service;
use crate::account::{Region, SideDoor};
use crate::collect::side_doors::{ASSOCIATION, MIRROR, RESOLVER};
use crate::step::count;

/// What of a VPC's is such a way.
pub(super) fn of_vpc(id: &str, here: &Region) -> Vec<String> {
    let mut ways = vec![];
    if has_lattice(id, here) {
        ways.push("VPC Lattice".to_owned());
    }
    let local: Vec<&str> = here
        .subnets
        .items()
        .filter(|(_, subnet)| subnet.vpc == id && subnet.local_interfaces_at.is_some())
        .map(|(subnet, _)| subnet.as_str())
        .collect();
    if !local.is_empty() {
        ways.push(format!("an Outpost's local interfaces in {}", local.join(", ")));
    }
    let secondary = here.instances.items().filter(|(_, instance)| instance.vpc == id);
    for (instance, of) in secondary.filter(|(_, instance)| !instance.secondary_networks.is_empty()) {
        let networks = of.secondary_networks.iter().cloned().collect::<Vec<_>>().join(", ");
        ways.push(format!("{instance} in secondary network {networks}"));
    }
    let doors = here.side_doors.items().filter(|(_, door)| stands_in(door, id, here));
    ways.extend(doors.map(|(door, of)| said(door, of)));
    let mut services: BTreeMap<String, usize> = BTreeMap::new();
    for (_, interface) in here.interfaces.items().filter(|(_, interface)| interface.vpc == id) {
        if let Some(service) = service(interface) {
            *services.entry(service).or_default() += 1;
        }
    }
    if !services.is_empty() {
        let all: Vec<String> =
            services.into_iter().map(|(name, number)| format!("{name} ({number})")).collect();
        ways.push(format!("interfaces of services: {}", all.join(", ")));
    }
    ways
}

/// Do routes lead to VPC Lattice? AWS puts them into the tables of a VPC that is associated with it.
fn has_lattice(id: &str, here: &Region) -> bool {
    let mut tables = here.route_tables.items().filter(|(_, table)| table.vpc == id);
    tables.any(|(_, table)| table.routes.iter().any(|route| route.target == "VpcLattice"))
}

fn stands_in(door: &SideDoor, vpc: &str, here: &Region) -> bool {
    let of_interface = |id: &String| here.interfaces.item(id).is_some_and(|interface| interface.vpc == vpc);
    let of_subnet = |id: &String| here.subnets.item(id).is_some_and(|subnet| subnet.vpc == vpc);
    let of_endpoint = |id: &String| here.endpoints.item(id).is_some_and(|endpoint| endpoint.vpc == vpc);
    door.vpc.as_deref() == Some(vpc)
        || door.interface.as_ref().is_some_and(of_interface)
        || door.endpoint.as_ref().is_some_and(of_endpoint)
        || door.subnets.iter().any(of_subnet)
}

fn said(id: &str, door: &SideDoor) -> String {
    let from = door.interface.as_deref().unwrap_or_default();
    match door.kind.as_str() {
        MIRROR => format!("traffic of {from} mirrored to {} ({id})", door.to),
        ASSOCIATION => {
            format!("VPC Lattice {} by {} ({id})", door.to, door.endpoint.as_deref().unwrap_or("an endpoint"))
        }
        RESOLVER => format!("{} Resolver endpoint {id}", door.to),
        _ => format!("Verified Access {id} ({})", door.to),
    }
}

/// Those that stand in no VPC that was read: a target that is not seen is not nothing.
pub(super) fn elsewhere(here: &Region) -> Option<String> {
    let lost = here
        .side_doors
        .items()
        .filter(|(_, door)| !here.vpcs.items().any(|(vpc, _)| stands_in(door, vpc, here)))
        .map(|(id, door)| said(id, door))
        .collect::<Vec<_>>();
    (!lost.is_empty())
        .then(|| format!("{} of no VPC that was read: {}", count(lost.len(), "way"), lost.join(", ")))
}
