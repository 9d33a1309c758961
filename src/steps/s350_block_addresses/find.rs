//! Which ACLs are edited, and what there is to say of the addresses.

use crate::account::{Account, Acl, Region};
use crate::step::{Case, Found, Item, Lens as _, Target, count};

use super::acl_denies::AclDenies;

/// Says what is blocked, and that unplug does not know the responder's own address.
pub(super) fn whom(_: &Account, case: &Case, found: &mut Found) {
    let named: Vec<&str> = case.scope.block_cidrs.iter().map(String::as_str).collect();
    let countries: Vec<&str> = case.scope.block_countries.iter().map(String::as_str).collect();
    if named.is_empty() && countries.is_empty() {
        found.matters(
            None,
            "no address is named: --block-cidr 203.0.113.7 blocks one, --block-country KP a country",
        );
        return;
    }
    if !countries.is_empty() {
        found.matters(
            None,
            format!(
                "countries to block: {}. AWS guesses them from addresses; who uses a site from there, colleagues \
                 too, gets 403",
                countries.join(", ")
            ),
        );
    }
    if named.is_empty() {
        return;
    }
    found.note(None, format!("{} to block: {}", count(named.len(), "network"), named.join(", ")));
    if case.config.responder_cidrs.is_empty() {
        found.matters(
            None,
            "unplug does not know your own address: make sure that none of the blocked ones is yours, or set \
             responder_cidrs in unplug.toml",
        );
    }
}

/// The ACLs of subnets in scope.
pub(super) fn acls(region: &str, here: &Region, case: &Case, found: &mut Found) {
    let mut beyond = 0;
    for (id, acl) in here.acls.items().filter(|(_, acl)| !acl.subnets.is_empty()) {
        let within = |subnet: &&String| case.scope.has_subnet(here, subnet);
        match acl.subnets.iter().filter(within).count() {
            0 => {}
            // An ACL is one for all of its subnets.
            some if some < acl.subnets.len() && !case.scope.has_vpc(here, &acl.vpc) => beyond += 1,
            _ => found.item(item(region, here, id, acl)),
        }
    }
    if beyond > 0 {
        found.matters(
            Some(region),
            format!(
                "{} also for subnets out of scope and left alone: name the VPC to deny the addresses there",
                is(beyond)
            ),
        );
    }
}

fn is(acls: usize) -> String {
    format!("{} {}", count(acls, "network ACL"), if acls == 1 { "is" } else { "are" })
}

fn item(region: &str, here: &Region, id: &str, acl: &Acl) -> Item {
    let at = Target::new(AclDenies::KIND, id).region(region).vpc(&acl.vpc).named(&acl.tags);
    let item = Item::new(at).tags(&acl.tags);
    match here.vpcs.item(&acl.vpc) {
        Some(vpc) => item.within(&vpc.tags),
        None => item,
    }
}
