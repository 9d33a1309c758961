//! Through something that stands in the same VPC: load balancers, endpoints, Instance Connect
//! endpoints, Client VPN. It has its own subnet, groups and addresses, and speaks for another.
//!
//! ```text
//!  interface ─▶ its groups, ACLs ─▶ the endpoint's groups ─▶ a service
//! ```

use std::collections::BTreeSet;

use serde_json::Value;

use super::area::{Area, Net};
use super::pass::{Doubt, Pass};
use super::rules;
use super::services::{self, Services, TCP};
use super::sets::{Addresses, Set};
use super::{Direction, FarEnd, Path, PathKind, Seat, Way};
use crate::account::{Endpoint, Interface};

/// Something in a subnet that speaks to hosts of the VPC.
pub struct Between<'a> {
    pub subnet: &'a str,
    pub groups: &'a BTreeSet<String>,
    pub addresses: Addresses,
}

/// Returns the answered services that the balancer or endpoint can ask of an address.
pub fn asks(net: &Net<'_>, area: &Area<'_>, between: &Between<'_>, seat: &Seat<'_>) -> (Services, Doubt) {
    let family = seat.family;
    let out = area.groups(net, seat.vpc, between.groups, Direction::Out, family);
    let out = if rules::groups_of_balancers_filter() {
        out.with_host(seat.address, seat.groups)
    } else {
        Services::clone(&services::all())
    };
    pass_between(net, area, between, seat, &out, Direction::In)
}

/// Returns the answered services that an address can ask of the balancer or endpoint.
pub fn asked(net: &Net<'_>, area: &Area<'_>, between: &Between<'_>, seat: &Seat<'_>) -> (Services, Doubt) {
    let into = area.groups(net, seat.vpc, between.groups, Direction::In, seat.family);
    let into = into.with_host(seat.address, seat.groups);
    pass_between(net, area, between, seat, &into, Direction::Out)
}

/// `theirs`: what their groups let through; `direction`: as the interface sees it.
fn pass_between(
    net: &Net<'_>,
    area: &Area<'_>,
    between: &Between<'_>,
    seat: &Seat<'_>,
    theirs: &Services,
    direction: Direction,
) -> (Services, Doubt) {
    let family = seat.family;
    let own = area.groups(net, seat.vpc, seat.groups, direction, family);
    let by_group = own.by_group.iter().filter(|(group, _)| between.groups.contains(group));
    let by_group = Set::of(by_group.flat_map(|(_, services)| services.parts()).copied().collect());
    let mut there = own.by_address.or(&Pass::of(&between.addresses, &by_group)).within(&between.addresses);
    let mut reply = Pass::all(family);
    let mut theirs = theirs.clone();
    let mut their_back = services::all();
    if between.subnet != seat.subnet {
        there = there.and(&area.acl(seat.subnet, direction, family));
        reply = area.acl(seat.subnet, direction.other(), family);
        let at = |direction| area.acl(between.subnet, direction, family);
        let (out, into) = (at(direction.other()), at(direction));
        theirs = theirs.intersect(&out.at(seat.address).cloned().unwrap_or_default());
        their_back = into.at(seat.address).cloned().unwrap_or_default();
    }
    let open = there.only(&theirs).answered(family, &reply.only(&their_back));
    (open.services(), open.doubt)
}

/// Does the endpoint let anything through? A policy that denies everything is closed.
pub fn serves(endpoint: &Endpoint) -> bool {
    let up = !matches!(&*endpoint.state, "deleted" | "rejected" | "failed" | "expired");
    up && !endpoint.policy.as_deref().is_some_and(denies_all)
}

/// Is there nothing that the policy allows? Only the two plain forms are recognised: no statement that
/// allows, or one that denies everybody everything, without conditions.
pub fn denies_all(policy: &str) -> bool {
    let Ok(Value::Object(policy)) = serde_json::from_str::<Value>(policy) else { return false };
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(one) => vec![one.clone()],
        None => return false,
    };
    let everything = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text == "*",
        Some(Value::Array(list)) => list.iter().any(|item| item == "*"),
        Some(Value::Object(by_kind)) => by_kind.get("AWS").is_some_and(|who| who == "*"),
        _ => false,
    };
    let denied = statements.iter().any(|s| {
        s["Effect"] == "Deny"
            && s.get("Condition").is_none()
            && ["Principal", "Action", "Resource"].iter().all(|key| everything(s.get(*key)))
    });
    denied || !statements.iter().any(|s| s["Effect"] == "Allow")
}

/// Ways out through the interface endpoints of the VPC.
pub fn to_endpoints(net: &Net<'_>, area: &Area<'_>, seat: &Seat<'_>) -> Vec<Way> {
    let mut ways = vec![];
    let here = area.region.endpoints.items().filter(|(_, e)| e.vpc == seat.vpc && serves(e));
    for (id, endpoint) in here.filter(|(_, e)| !matches!(&*e.kind, "Gateway" | "GatewayLoadBalancer")) {
        let interfaces: Vec<&Interface> =
            endpoint.interfaces.iter().filter_map(|id| area.region.interfaces.item(id)).collect();
        let subnets: BTreeSet<&str> = match &interfaces[..] {
            [] => endpoint.subnets.iter().map(String::as_str).collect(),
            known => known.iter().map(|interface| &*interface.subnet).collect(),
        };
        let mut open = Pass::none();
        for subnet in subnets {
            let addresses = area.addresses(&interfaces, subnet, seat.family);
            // An endpoint is asked at its port; what else would pass reaches nobody.
            let groups = &endpoint.groups;
            let between = Between { subnet, groups, addresses };
            let (services, doubt) = asked(net, area, &between, seat);
            let asked = services.intersect(&services::whole(TCP));
            let pass = Pass::of(&between.addresses, &asked);
            open = open.or(&if pass.is_empty() { pass } else { pass.doubted(doubt) });
        }
        if !open.is_empty() {
            let path = Path::new(PathKind::Endpoint, id);
            let (place, direction, family) = (FarEnd::Service, Direction::Out, seat.family);
            ways.push(Way { place, direction, family, path, sent: open.clone(), open });
        }
    }
    ways
}
