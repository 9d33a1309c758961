//! Interfaces of functions: one for each subnet and set of groups, shared by all functions with these.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ec2::region;
use super::super::route::Cx;
use super::super::world::seen_mut;
use crate::account::{FunctionNetwork, Interface, Region};

/// Interfaces that were removed, by Region, subnet and groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden(BTreeMap<(String, String, BTreeSet<String>), (String, Interface)>);

pub(super) fn arn(cx: &Cx<'_>, name: &str) -> String {
    let account = &cx.world.account;
    format!("arn:{}:lambda:{}:{}:function:{name}", account.partition(), cx.region, account.id)
}

/// Is it used by a function, or by a published version of one? One that is moving uses that of before.
fn is_used(here: &Region, interface: &Interface) -> bool {
    let mut functions = here.vpc_functions.items().filter_map(|(_, one)| one.read());
    functions.any(|one| {
        let moving = one.update == "InProgress" && one.network.subnets.contains(&interface.subnet);
        moving || one.network.uses(interface) || one.versions.values().any(|own| own.uses(interface))
    })
}

/// Makes the interfaces of a network that a function has moved to, and removes those that no function uses
/// any more. AWS leaves these for up to 45 minutes; a restore does not wait for that, and says that its group
/// is still in use.
pub(super) fn moved(cx: &mut Cx<'_>, network: &FunctionNetwork) {
    let ours = |interface: &Interface| interface.kind == "lambda";
    for subnet in &network.subnets {
        let uses =
            |interface: &Interface| ours(interface) && interface.subnet == *subnet && network.uses(interface);
        if !region(cx).interfaces.items().any(|(_, interface)| uses(interface)) {
            let (id, interface) = made(cx, subnet, network);
            if let Ok(all) = seen_mut(&mut cx.region_mut().interfaces) {
                all.insert(id, interface);
            }
        }
    }
    let here = region(cx);
    let unused: Vec<String> = here
        .interfaces
        .items()
        .filter(|(_, interface)| ours(interface) && !is_used(here, interface))
        .map(|(id, _)| id.clone())
        .collect();
    for id in unused {
        remove(cx, &id);
    }
}

/// One that was removed comes back under its id: nothing but its subnet and groups tells it from another.
/// On AWS it has another id and address.
fn made(cx: &mut Cx<'_>, subnet: &str, network: &FunctionNetwork) -> (String, Interface) {
    let key = (cx.region.to_owned(), subnet.to_owned(), network.groups.clone());
    if let Some(removed) = cx.world.lambda.interfaces.0.get(&key) {
        return removed.clone();
    }
    let id = cx.new_id("eni");
    cx.world.visible_at.remove(&id);
    let interface = Interface {
        vpc: network.vpc.clone(),
        subnet: subnet.to_owned(),
        owner: cx.world.account.id.clone(),
        kind: "lambda".into(),
        description: format!("AWS Lambda VPC ENI-{id}"),
        groups: network.groups.clone(),
        managed_by: Some("amazon-aws".into()),
        source_dest_check: true,
        ..Interface::default()
    };
    (id, interface)
}

fn remove(cx: &mut Cx<'_>, id: &str) {
    let Ok(all) = seen_mut(&mut cx.region_mut().interfaces) else { return };
    let Some(interface) = all.remove(id) else { return };
    let key = (cx.region.to_owned(), interface.subnet.clone(), interface.groups.clone());
    cx.world.lambda.interfaces.0.insert(key, (id.to_owned(), interface));
}
