//! The security groups of an interface endpoint.

use std::collections::BTreeSet;

use super::super::region;
use crate::account::Endpoint;
use crate::sim::route::{Cx, Refused, refuse};
use crate::sim::world::seen;

/// Adds and removes groups; its interfaces follow at once.
pub(super) fn change(
    cx: &mut Cx<'_>,
    endpoint: &mut Endpoint,
    add: &[String],
    remove: &[String],
) -> Result<(), Refused> {
    if add.is_empty() && remove.is_empty() {
        return Ok(());
    }
    if endpoint.kind == "Gateway" || endpoint.kind == "GatewayLoadBalancer" {
        let message = format!("Endpoint type ({}) does not have security groups", endpoint.kind);
        return Err(refuse("InvalidParameter", message));
    }
    let known = seen(&region(cx).groups)?;
    for id in add {
        match known.get(id).filter(|_| cx.visible(id)) {
            Some(group) if group.vpc == endpoint.vpc => {}
            Some(_) => {
                let message = "You have specified two resources that belong to different networks.";
                return Err(refuse("InvalidParameter", message));
            }
            None => {
                let message = format!("The security group '{id}' does not exist");
                return Err(refuse("InvalidGroup.NotFound", message));
            }
        }
    }
    let mut groups: BTreeSet<String> =
        endpoint.groups.union(&add.iter().cloned().collect()).cloned().collect();
    groups.retain(|id| !remove.contains(id));
    if groups.is_empty() {
        return Err(refuse("InvalidParameter", "An interface endpoint needs at least one security group"));
    }
    for id in &endpoint.interfaces {
        if let Some(interface) = cx.region_mut().interfaces.read_mut().and_then(|all| all.get_mut(id)) {
            interface.groups.clone_from(&groups);
        }
    }
    endpoint.groups = groups;
    Ok(())
}
