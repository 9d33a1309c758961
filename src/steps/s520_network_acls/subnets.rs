//! The subnets in scope, and the ACLs that the run makes for them.

use std::collections::BTreeSet;

use super::body::Body;
use super::{AclRef, FRONT, PASSAGE, State, hosts, passage};
use crate::account::{Account, Acl, LoadBalancer, Region, Subnet};
use crate::step::{Case, Found, Item, Reason, Target, Verdict, count};

/// The subnets in scope, the ACLs to make for them, and how many are open.
pub(super) fn find(found: &mut Found, region: &str, here: &Region, account: &Account, case: &Case) {
    let (mut open, mut unseen, mut all) = (0, 0, 0);
    let mut made = BTreeSet::new();
    for (id, subnet) in here.subnets.items().filter(|(id, _)| case.scope.has_subnet(here, id)) {
        all += 1;
        let to = wanted(here, case, id).unwrap_or(AclRef::Isolation);
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
        let at = Target::new("subnet", id).region(region).vpc(&subnet.vpc).named(&subnet.tags);
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
        (0, _) => found.ok(Some(region), format!("an ACL denies all for {}", count(all, "subnet"))),
        _ => found
            .find(Some(region), format!("ACLs let something through for {open} of {}", count(all, "subnet"))),
    }
}

/// What an ACL that the run makes should say.
pub(super) fn wished(here: &Region, case: &Case, kind: &str, vpc: &str) -> Body {
    let keep = &case.scope.keep_cidrs;
    match here.vpcs.item(vpc) {
        Some(of) if kind == FRONT => {
            let balancers = balancers(here, vpc);
            let mut subnets = balancers.iter().flat_map(|balancer| &balancer.subnets);
            let passage = subnets.any(|subnet| passage::leads_through(here, case, subnet));
            let clients = if passage { passage::clients(here, case, vpc) } else { BTreeSet::new() };
            Body::front(of, &balancers, keep, &clients)
        }
        _ if kind == PASSAGE => Body::passage(keep, &passage::clients(here, case, vpc)),
        _ => Body::isolation(keep),
    }
}

/// Load balancers that clients reach by addresses of the VPC: a gateway one has none.
fn balancers<'a>(here: &'a Region, vpc: &str) -> Vec<&'a LoadBalancer> {
    let all = here.load_balancers.items().map(|(_, balancer)| balancer);
    all.filter(|balancer| balancer.vpc == vpc && balancer.kind != "gateway").collect()
}

/// The ACL that the run makes. Without its last rules it would shut a kept CIDR out, so that more of
/// these than AWS's default quota allows are refused, unless some ACL shows that the quota was raised.
pub(super) fn made(now: Option<&Body>, wished: Body, here: &Region, case: &Case) -> Verdict<State> {
    let raised = || here.acls.items().any(|(_, acl)| Body::of(acl).above_default().is_some());
    let kept = || Body::isolation(&case.scope.keep_cidrs).above_default().filter(|_| !raised());
    match (now, wished.too_long().or_else(kept)) {
        (Some(now), _) if *now == wished => Verdict::Already,
        (_, Some(why)) => Verdict::Refuse(why),
        (None, None) => Verdict::Change(State::Acl(Some(wished))),
        (Some(_), None) => Verdict::Lasting(
            State::Acl(Some(wished)),
            "somebody changed the rules of an ACL that unplug made: theirs stay out".into(),
        ),
    }
}

/// Which ACL a subnet should have.
pub(super) fn wanted(here: &Region, case: &Case, subnet: &str) -> Result<AclRef, Reason> {
    let inner =
        || if passage::leads_through(here, case, subnet) { AclRef::Passage } else { AclRef::Isolation };
    if case.param("front", "cut") != "keep" {
        return Ok(inner());
    }
    if let Some(gap) = here.load_balancers.gap() {
        let why = gap.cause.words();
        return Err(format!("whether a load balancer is here is not known ({why}), and front = \"keep\""));
    }
    let vpc = here.subnets.item(subnet).map(|subnet| subnet.vpc.as_str()).unwrap_or_default();
    let fronted = balancers(here, vpc).iter().any(|balancer| balancer.subnets.contains(subnet));
    Ok(if fronted { AclRef::Front } else { inner() })
}

/// Does an ACL that is there already let through no more than the run's would? One that a run
/// made must say exactly the same: it was opened for another responder, or not for this one.
pub(super) fn enough(acl: &Acl, here: &Region, case: &Case, vpc: &str, to: &AclRef) -> bool {
    let (body, wished) = (Body::of(acl), wished(here, case, to.kind(), vpc));
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

pub(super) fn owner<'a>(region: &'a Region, at: &Target) -> Option<&'a String> {
    region.subnets.item(&at.id).map(|subnet| &subnet.owner)
}

pub(super) fn tagged(item: Item, region: &Region, subnet: &Subnet) -> Item {
    let item = item.tags(&subnet.tags);
    match region.vpcs.item(&subnet.vpc) {
        Some(vpc) => item.tags(&vpc.tags),
        None => item,
    }
}
