//! The subnets in scope, and the ACLs that the run makes for them.

use std::collections::BTreeSet;

use super::body::Body;
use super::{AclRef, FRONT, State, acl_of, hosts, tagged};
use crate::account::{Account, Acl, LoadBalancer, Region};
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
        Some(of) if kind == FRONT => Body::front(of, &balancers(here, vpc), keep),
        _ => Body::isolation(keep),
    }
}

/// Load balancers that clients reach by addresses of the VPC: a gateway one has none.
fn balancers<'a>(here: &'a Region, vpc: &str) -> Vec<&'a LoadBalancer> {
    let all = here.load_balancers.items().map(|(_, balancer)| balancer);
    all.filter(|balancer| balancer.vpc == vpc && balancer.kind != "gateway").collect()
}

pub(super) fn made(now: Option<&Body>, wished: Body) -> Verdict<State> {
    match (now, wished.too_long()) {
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
    if case.param("front", "cut") != "keep" {
        return Ok(AclRef::Isolation);
    }
    if let Some(gap) = here.load_balancers.gap() {
        let why = gap.cause.words();
        return Err(format!("whether a load balancer is here is not known ({why}), and front = \"keep\""));
    }
    let vpc = here.subnets.item(subnet).map(|subnet| subnet.vpc.as_str()).unwrap_or_default();
    let fronted = balancers(here, vpc).iter().any(|balancer| balancer.subnets.contains(subnet));
    Ok(if fronted { AclRef::Front } else { AclRef::Isolation })
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
