//! The ways of step 570: what each leaves and gives back, and what it must not touch.

use std::collections::BTreeSet;

use crate::account::{Endpoint, Region, Route, RouteTable};
use crate::step::ranges::is_public;
use crate::step::{Effect, Params, Reason, Reversal, Spec, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Policy,
    Detach,
    Delete,
}

impl Way {
    pub fn of(params: &Params) -> Way {
        match text(params, "way", "policy") {
            "detach" => Way::Detach,
            "delete" => Way::Delete,
            _ => Way::Policy,
        }
    }

    pub fn effect(self, spec: &Spec) -> Effect {
        match self {
            Way::Policy => spec.effect(),
            Way::Detach => Effect {
                cuts: "traffic to S3 and DynamoDB through gateway endpoints",
                leaves: concat!(
                    "interface endpoints, all of them; every other way: S3 by the internet too, where a route \
                     outside these tables leads there",
                    unjudged!()
                ),
                ..spec.effect()
            },
            Way::Delete => Effect {
                cuts: "interface and gateway endpoints, open connections through them included",
                leaves: concat!(
                    "Gateway Load Balancer, resource, service network and tunnel endpoints, and those that a \
                     service made for itself; every other way: calls to AWS go over the internet, where that is \
                     open, because the private names resolve to public addresses again",
                    unjudged!()
                ),
                reversal: Reversal::Partial(
                    "made again under new ids: policies that name the old id (aws:SourceVpce), the \
                     endpoint's own DNS names and the acceptance by the service's owner are lost",
                ),
                ..spec.effect()
            },
        }
    }

    /// Why the endpoint must not or cannot be changed in this way.
    pub fn obstacle(self, id: &str, endpoint: &Endpoint, here: &Region, account: &str) -> Option<Reason> {
        if endpoint.owner != account {
            return Some(format!("it belongs to {}: only that account changes it", endpoint.owner));
        }
        if endpoint.requester_managed {
            let service = &endpoint.service;
            return Some(format!("a service of AWS made it for itself ({service}): change it there"));
        }
        match endpoint.kind.as_str() {
            "Gateway" | "Interface" => {}
            "GatewayLoadBalancer" => {
                return Some(
                    "it leads to inspection appliances and takes no policy: 530 cuts its routes".into(),
                );
            }
            kind => return Some(format!("a {kind} endpoint takes no policy: 510 and 520 cut it")),
        }
        match self {
            Way::Policy => takes_no_policy(endpoint),
            Way::Detach => way_out(endpoint, here),
            Way::Delete => endpoint.interfaces.iter().find(|eni| is_target(here, eni)).map(|eni| {
                format!("its interface {eni} is the target of a route, which {id} made again would not have")
            }),
        }
    }
}

fn takes_no_policy(endpoint: &Endpoint) -> Option<Reason> {
    let foreign = endpoint.service.starts_with("com.amazonaws.vpce.");
    (foreign || endpoint.takes_policy == Some(false)).then(|| {
        format!(
            "{} takes no policy but full access: 510 and 520 cut it, or way = \"delete\"",
            endpoint.service
        )
    })
}

fn is_target(here: &Region, interface: &str) -> bool {
    here.route_tables.items().any(|(_, table)| table.routes.iter().any(|route| route.target == interface))
}

/// The first table in which the endpoint's traffic would find another way out.
fn way_out(endpoint: &Endpoint, here: &Region) -> Option<Reason> {
    let Some(tables) = here.route_tables.read() else { return Some("its route tables were not read".into()) };
    endpoint.route_tables.iter().find_map(|id| {
        let table = tables.get(id)?;
        let out = table.routes.iter().find(|route| leads_out(route))?;
        serves(table, here).then(|| {
            format!(
                "the traffic would take {} in {id} to {} instead: cut that table first (530)",
                out.destination, out.target
            )
        })
    })
}

/// Does any subnet use the table? Without the list of subnets it may.
fn serves(table: &RouteTable, here: &Region) -> bool {
    if !table.subnets.is_empty() {
        return true;
    }
    let (Some(subnets), true) = (here.subnets.read(), table.main) else { return table.main };
    let of_vpc = here.route_tables.items().map(|(_, other)| other).filter(|other| other.vpc == table.vpc);
    let placed: BTreeSet<&String> = of_vpc.flat_map(|other| &other.subnets).collect();
    subnets.iter().any(|(id, subnet)| subnet.vpc == table.vpc && !placed.contains(id))
}

/// A route that packets to a public address may take: not a private range, not another endpoint's.
fn leads_out(route: &Route) -> bool {
    let dead = route.blackhole || route.target == "local" || route.target.starts_with("vpce-");
    !dead && route.destination.parse().map_or(true, is_public)
}
