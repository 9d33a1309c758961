//! `way = "host"`: which hosts, and which ACLs stand between them and the rest.

use std::collections::{BTreeMap, BTreeSet};

use super::body::AclBody;
use super::edited::Edited;
use crate::account::{Acl, Interface, Region};
use crate::step::{Case, Found, Item, Lens as _, Reason, Target};

/// The interfaces of instances that are in scope and whose subnet as a whole is not.
fn interfaces<'a>(here: &'a Region, case: &'a Case) -> impl Iterator<Item = &'a Interface> {
    let scope = &case.scope;
    here.interfaces.items().map(|(_, interface)| interface).filter(move |interface| {
        let instance = interface.instance.as_ref();
        instance.is_some_and(|instance| scope.has_instance(here, instance))
            && !scope.has_subnet(here, &interface.subnet)
    })
}

/// Are hosts in scope whose subnets are not?
pub(super) fn any(here: &Region, case: &Case) -> bool {
    interfaces(here, case).next().is_some()
}

/// Every address of these hosts that this ACL should not let through, as CIDRs: an ACL does not
/// see what passes between hosts of the same subnet.
fn denied(here: &Region, acl: &Acl, case: &Case) -> BTreeSet<String> {
    let elsewhere = |interface: &&Interface| {
        interface.vpc == acl.vpc && acl.subnets.iter().any(|subnet| *subnet != interface.subnet)
    };
    interfaces(here, case)
        .filter(elsewhere)
        .flat_map(|interface| {
            let ipv4 = interface.private_ip.iter().chain(interface.secondary.keys());
            let ipv6 = interface.ipv6.iter().map(|address| format!("{address}/128"));
            let single = ipv4.map(|address| format!("{address}/32")).chain(ipv6);
            single.chain(interface.prefixes.iter().cloned())
        })
        .collect()
}

/// The body that keeps the hosts out.
pub(super) fn denying(here: &Region, acl: &Acl, body: &AclBody, case: &Case) -> Result<AclBody, Reason> {
    body.denying(&denied(here, acl, case))
}

/// The ACLs to edit, and what there is to say of the hosts.
pub(super) fn find(found: &mut Found, region: &str, here: &Region, case: &Case) {
    let mut hosts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for interface in interfaces(here, case) {
        let instance = interface.instance.as_deref().unwrap_or_default();
        hosts.entry(&interface.vpc).or_default().insert(instance);
    }
    for (vpc, instances) in &hosts {
        let names = instances.iter().copied().collect::<Vec<_>>().join(", ");
        found.note(
            Some(region),
            format!(
                "{names}: denied in the ACLs of the other subnets of {vpc}; hosts of its own subnet, and the \
                 internet where it has a public address, are up to 510"
            ),
        );
    }
    for (id, acl) in here.acls.items().filter(|(_, acl)| !denied(here, acl, case).is_empty()) {
        let item = Item::new(Target::new(Edited::KIND, id).region(region).vpc(&acl.vpc).named(&acl.tags));
        let item = item.tags(&acl.tags);
        found.item(match here.vpcs.item(&acl.vpc) {
            Some(vpc) => item.within(&vpc.tags),
            None => item,
        });
    }
}
