//! The subnets in scope, and the ACLs that the run makes for them.

use std::collections::BTreeSet;

use super::body::AclBody;
use super::created::Created;
use super::purposes::{Isolation, balancers};
use super::subnet::{self, AclRef};
use super::{FRONT, hosts, passage};
use crate::account::{Account, Acl, Region, Subnet};
use crate::step::{Case, Found, Item, Lens as _, Reason, Target, count};
use crate::steps::shared::{made, prepared};

/// The subnets in scope, the ACLs to make for them, and how many are open.
pub(super) fn find(found: &mut Found, region: &str, here: &Region, account: &Account, case: &Case) {
    let (mut open, mut unseen, mut all) = (0, 0, 0);
    let mut made = BTreeSet::new();
    for (id, subnet) in here.subnets.items().filter(|(id, _)| case.scope.has_subnet(here, id)) {
        all += 1;
        let to = wanted_acl(here, &account.id, case, id).unwrap_or(AclRef::Isolation);
        match acl_of(here, id) {
            Some((_, acl)) if !enough(acl, here, case, &subnet.vpc, &to) => {
                open += 1;
                if subnet.owner == account.id {
                    made.insert((to.kind(), &subnet.vpc));
                }
            }
            None if subnet.owner == account.id && here.acls.read().is_some() => unseen += 1,
            _ => {}
        }
        let at = Target::new(subnet::Subnet::KIND, id).region(region).vpc(&subnet.vpc).named(&subnet.tags);
        found.item(tagged(Item::new(at), here, subnet));
    }
    for (kind, vpc) in made {
        found.item(Item::created(Target::new(kind, vpc).region(region).vpc(vpc)));
    }
    if unseen > 0 {
        let text = format!("{unseen} of {} behind no ACL that AWS shows: may be open", count(all, "subnet"));
        found.matters(Some(region), text);
    }
    match (open, all) {
        (_, 0) if hosts::any(here, case) => found.matters(
            Some(region),
            "520 cuts whole subnets, and none is in scope: way = \"host\" denies the instance to the others",
        ),
        (_, 0) => {}
        (0, _) if unseen > 0 => {}
        (0, _) => found.fine(Some(region), format!("an ACL denies all for {}", count(all, "subnet"))),
        _ => found
            .note(Some(region), format!("ACLs let something through for {open} of {}", count(all, "subnet"))),
    }
}

/// Which ACL a subnet should have.
pub(super) fn wanted_acl(here: &Region, account: &str, case: &Case, subnet: &str) -> Result<AclRef, Reason> {
    let of = here.subnets.item(subnet).map(|subnet| subnet.vpc.as_str()).unwrap_or_default();
    let inner = || match () {
        () if passage::leads_through(here, case, subnet) => AclRef::Passage,
        () if takes_prepared(here, of, account, case) => AclRef::Prepared,
        () => AclRef::Isolation,
    };
    if !FRONT.is(&case.params, "keep") {
        return Ok(inner());
    }
    if let Some(gap) = here.load_balancers.gap() {
        let why = gap.cause.words();
        return Err(format!("whether a load balancer is here is not known ({why}), and front = \"keep\""));
    }
    let fronted = balancers(here, of).iter().any(|balancer| balancer.subnets.contains(subnet));
    Ok(if fronted { AclRef::Front } else { inner() })
}

/// Does the run use the prepared ACL of a VPC? It lets nothing through: where a CIDR is kept, the run makes one of
/// its own, and a run that has made one stays with it.
fn takes_prepared(here: &Region, vpc: &str, account: &str, case: &Case) -> bool {
    case.scope.keep_cidrs.is_empty()
        && made::id::<Created<Isolation>>(&case.names, vpc).is_none()
        && prepared::acl(here, vpc, account, Some(&case.run)).is_some()
}

/// Does an ACL that is there already let through no more than the run's would? One that a run
/// made must say exactly the same: it was opened for another responder, or not for this one.
pub(super) fn enough(acl: &Acl, here: &Region, case: &Case, vpc: &str, to: &AclRef) -> bool {
    let (body, wished) = (AclBody::of(acl), to.wished(here, case, vpc));
    if acl.tags.contains_key("unplug:run") {
        return body == wished;
    }
    match to {
        // What is behind it would not be seen: a page needs its ports open.
        AclRef::Front => body == wished,
        _ => body.within(&wished),
    }
}

pub(super) fn not_ours(owner: &str) -> Reason {
    format!("shared from {owner}: only its owner can change the ACL")
}

pub(super) fn acl_of<'a>(region: &'a Region, subnet: &str) -> Option<(&'a String, &'a Acl)> {
    region.acls.items().find(|(_, acl)| acl.subnets.contains(subnet))
}

fn tagged(item: Item, region: &Region, subnet: &Subnet) -> Item {
    let item = item.tags(&subnet.tags);
    match region.vpcs.item(&subnet.vpc) {
        Some(vpc) => item.within(&vpc.tags),
        None => item,
    }
}
