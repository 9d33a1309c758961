//! What is there, and until when a failover test runs.

use crate::account::Region;
use crate::step::{Case, Found, count};

/// Do routes lead to it, which 580 deletes? A transit gateway, and the core network of Cloud WAN.
fn is_routed_by_580(gateway: &str) -> bool {
    gateway.starts_with("tgw-") || gateway.contains(":core-network/")
}

pub(super) fn say(found: &mut Found, region: &str, here: &Region, case: &Case) {
    let whole = case.scope.is_whole();
    for (id, vpn) in here.vpn_connections.items() {
        let gateway = vpn.gateway.as_deref().unwrap_or("no gateway that AWS names");
        let vpc = here.vpn_gateways.item(gateway).and_then(|gateway| gateway.vpc.as_ref());
        if !whole && !vpc.is_some_and(|vpc| case.scope.has_vpc(here, vpc)) {
            continue;
        }
        let up = vpn.tunnels.values().filter(|status| *status == "UP").count();
        let all = vpn.tunnels.len();
        let by = match gateway {
            _ if gateway.starts_with("vgw-") => "",
            _ if is_routed_by_580(gateway) => ": 580 cuts the routes to it",
            _ => ": no step cuts it; delete it by hand, or cut at the other end",
        };
        found.note(
            Some(region),
            format!("VPN {id} ends at {gateway}, {up} of {} up{by}", count(all, "tunnel")),
        );
    }
    for (id, interface) in here.virtual_interfaces.items() {
        if let Some(test) = &interface.failover_test {
            let end = test.ends_at.as_deref().unwrap_or("a time that AWS does not say");
            found.matters(
                Some(region),
                format!("failover test on {id} until {end}: then AWS ends it and BGP comes up; pull again"),
            );
        }
    }
    for (id, endpoint) in here.client_vpns.items() {
        if !super::client_vpn::in_scope(endpoint, here, case) {
            continue;
        }
        let (rules, clients) = (endpoint.authorizations.len(), endpoint.client_connections.len());
        if rules + clients > 0 {
            let (rules, clients) = (count(rules, "rule"), count(clients, "client"));
            found.note(Some(region), format!("Client VPN {id}: {rules}, {clients} connected"));
        } else {
            found.fine(Some(region), format!("Client VPN {id} lets nobody through"));
        }
    }
    let links = here.transit_attachments.items().filter(|(_, a)| whole && a.kind != "vpc");
    for (id, a) in links {
        found.note(
            Some(region),
            format!(
                "{id} joins {} {} and transit gateway {} of {}",
                a.kind, a.resource, a.gateway, a.gateway_owner
            ),
        );
    }
}
