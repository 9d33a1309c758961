//! Seeds of 580: peerings, endpoint services, the serial console and sessions in a small account.

use unplug::account::{
    Account, EndpointConnection, EndpointService, Peering, PeeringSide, Region, RouteTable, Seen, Session,
    TransitAttachment,
};

use super::s540::{ME, OTHER, REGION, account, lists, map, network, route, set, table};
use super::{Seed, seed};

const CORE: &str = "arn:aws:networkmanager::111111111111:core-network/core-network-1";

fn sides() -> Region {
    let side = |vpc: &str, owner: &str, cidr: &str| PeeringSide {
        vpc: vpc.into(),
        owner: owner.into(),
        region: REGION.into(),
        cidrs: set(&[cidr]),
        ..PeeringSide::default()
    };
    let peering = Peering {
        requester: side("vpc-1", ME, "10.1.0.0/16"),
        accepter: side("vpc-9", OTHER, "10.9.0.0/16"),
        state: "active".into(),
        ..Peering::default()
    };
    let attachment = TransitAttachment {
        gateway: "tgw-1".into(),
        gateway_owner: OTHER.into(),
        kind: "vpc".into(),
        resource: "vpc-1".into(),
        resource_owner: ME.into(),
        state: "available".into(),
        ..TransitAttachment::default()
    };
    let theirs = RouteTable {
        vpc: "vpc-2".into(),
        owner: OTHER.into(),
        subnets: set(&["subnet-2a"]),
        ..table(false, &[], &[("10.1.0.0/16", "pcx-2")])
    };
    Region {
        prefix_lists: lists(),
        peerings: map([("pcx-1", peering)]),
        transit_attachments: map([("tgw-attach-1", attachment)]),
        route_tables: map([
            ("rtb-main", table(true, &[], &[("10.9.0.0/16", "pcx-1"), ("0.0.0.0/0", "igw-1")])),
            ("rtb-own", table(false, &["subnet-1b"], &[("2001:db8:9::/56", "tgw-1"), ("10.8.0.0/16", CORE)])),
            ("rtb-spare", table(false, &[], &[("10.9.0.0/16", "pcx-1")])),
            ("rtb-theirs", theirs),
        ]),
        serial_console: Seen::Read(false),
        ..network()
    }
}

fn doors() -> Region {
    let connection = |state: &str| EndpointConnection { owner: OTHER.into(), state: state.into() };
    let service = EndpointService {
        name: "com.amazonaws.vpce.eu-north-1.vpce-svc-1".into(),
        state: "available".into(),
        acceptance_required: true,
        connections: [
            ("vpce-1".into(), connection("available")),
            ("vpce-2".into(), connection("pendingacceptance")),
            ("vpce-3".into(), connection("rejected")),
        ]
        .into(),
        ..EndpointService::default()
    };
    let session = |name: &str, target: &str| Session {
        target: target.into(),
        owner: format!("arn:aws:sts::{ME}:assumed-role/Oncall/{name}"),
        status: "Connected".into(),
        started: Some("2026-01-01T02:00:00Z".into()),
    };
    Region {
        endpoint_services: map([("vpce-svc-1", service)]),
        serial_console: Seen::Read(true),
        sessions: map([
            ("kim-0123", session("kim", "i-1")),
            ("lee-0123", session("lee", "i-1")),
            ("lee-0456", session("lee", "mi-1")),
        ]),
        ..network()
    }
}

fn here(account: &mut Account) -> &mut Region {
    account.regions.get_mut(REGION).unwrap()
}

/// Somebody sends the peer's traffic by a transit gateway.
fn another_way(account: &mut Account) {
    let tables = here(account).route_tables.read_mut().unwrap();
    tables.get_mut("rtb-main").unwrap().routes.insert(route("10.9.0.0/16", "tgw-9", "CreateRoute"));
}

/// A thief makes the route again.
fn open_the_route(account: &mut Account) {
    let tables = here(account).route_tables.read_mut().unwrap();
    tables.get_mut("rtb-main").unwrap().routes.insert(route("10.9.0.0/16", "pcx-1", "CreateRoute"));
}

/// A thief turns the console on and comes in again by a session and an endpoint.
fn open_the_doors(account: &mut Account) {
    let here = here(account);
    here.serial_console = Seen::Read(true);
    let services = here.endpoint_services.read_mut().unwrap();
    services.get_mut("vpce-svc-1").unwrap().connections.get_mut("vpce-1").unwrap().state = "available".into();
    let mut again = here.sessions.item("kim-0123").unwrap().clone();
    again.owner = format!("arn:aws:iam::{ME}:user/thief");
    here.sessions.read_mut().unwrap().insert("thief-0789".into(), again);
}

/// The endpoint's owner deleted it, and the service has a state that nobody asked for.
fn another_state(account: &mut Account) {
    let services = here(account).endpoint_services.read_mut().unwrap();
    services.get_mut("vpce-svc-1").unwrap().connections.get_mut("vpce-1").unwrap().state = "failed".into();
}

pub fn seeds() -> Vec<Seed> {
    let mut routes = seed("routes to peers", 580, account(sides()), Some(another_way));
    routes.tamper = Some(open_the_route);
    let mut doors = seed("side doors", 580, account(doors()), Some(another_state));
    doors.tamper = Some(open_the_doors);
    vec![routes, doors]
}
