//! Endpoint services, sessions and what is only said.

use super::State;
use crate::account::{Region, Seen};
use crate::aws::{Aws, AwsError};
use crate::step::{Case, Found, Now, StepError, Target, count};

/// What is there, and what this step does not close.
pub(super) fn findings(found: &mut Found, region: &str, here: &Region, case: &Case) {
    let mut say = |text: String| found.find(Some(region), text);
    let active = here.peerings.items().filter(|(_, peering)| peering.state == "active");
    let near = active.filter(|(_, peering)| {
        [&peering.requester.vpc, &peering.accepter.vpc].iter().any(|vpc| case.scope.has_vpc(here, vpc))
    });
    for (id, peering) in near {
        let (from, to) = (&peering.requester, &peering.accepter);
        say(format!("{id} joins {} of {} and {} of {}", from.vpc, from.owner, to.vpc, to.owner));
    }
    let attachments = here.transit_attachments.items().filter(|(_, a)| a.kind == "vpc");
    for (id, a) in attachments.filter(|(_, a)| case.scope.has_vpc(here, &a.resource)) {
        say(format!("{id} joins {} and transit gateway {} of {}", a.resource, a.gateway, a.gateway_owner));
    }
    let endpoints = here.connect_endpoints.items().filter(|(_, e)| case.scope.has_vpc(here, &e.vpc));
    for (id, endpoint) in endpoints {
        say(format!(
            "Instance Connect endpoint {id} opens tunnels from the internet into {}: 510 closes it by its \
             group, and IAM says who may ec2-instance-connect:OpenTunnel",
            endpoint.vpc
        ));
    }
    for (id, service) in here.endpoint_services.items().filter(|(_, s)| !s.acceptance_required) {
        say(format!("endpoint service {id} ({}) accepts whoever it permits, without asking", service.name));
    }
    if !case.scope.is_whole() {
        if here.serial_console.read() == Some(&true) {
            say("the serial console is on, and is left: it belongs to the whole Region".into());
        }
        let services = here.endpoint_services.items().count();
        if services > 0 {
            let services = count(services, "endpoint service");
            say(format!("{services} left: a scope within the Region does not name them"));
        }
    }
}

/// The connection of an endpoint to a service: `service/endpoint`.
pub(super) fn connection(at: &Target, here: &Region) -> Now<State> {
    let (service, endpoint) = at.parts();
    let services = match &here.endpoint_services {
        Seen::Read(services) => services,
        Seen::Gap(gap) => return Now::Unknown(gap.clone()),
    };
    match services.get(service).and_then(|service| service.connections.get(endpoint)) {
        None => Now::Vanished,
        // Accepted, and not open yet.
        Some(known) if known.state == "pending" => Now::Settling(State::Connection("available".into())),
        Some(known) => Now::Is(State::Connection(known.state.clone())),
    }
}

/// A session that is not listed any more has ended.
pub(super) fn session(at: &Target, here: &Region) -> Now<State> {
    let sessions = match &here.sessions {
        Seen::Read(sessions) => sessions,
        Seen::Gap(gap) => return Now::Unknown(gap.clone()),
    };
    match sessions.get(&at.id).map(|session| session.status.as_str()) {
        None | Some("Terminated" | "Failed") => Now::Is(State::Session(false)),
        Some("Terminating") => Now::Settling(State::Session(false)),
        Some(_) => Now::Is(State::Session(true)),
    }
}

/// Accepts or rejects a connection. AWS answers 200 where it did neither, with an error an item.
pub(super) async fn turn(aws: &Aws, at: &Target, accept: bool) -> Result<(), StepError> {
    let (service, endpoint) = at.parts();
    let ec2 = aws.ec2(at.region_name());
    let (operation, unsuccessful) = if accept {
        let accept = ec2.accept_vpc_endpoint_connections().service_id(service).vpc_endpoint_ids(endpoint);
        ("ec2:AcceptVpcEndpointConnections", accept.send().await?.unsuccessful)
    } else {
        let reject = ec2.reject_vpc_endpoint_connections().service_id(service).vpc_endpoint_ids(endpoint);
        ("ec2:RejectVpcEndpointConnections", reject.send().await?.unsuccessful)
    };
    match unsuccessful.unwrap_or_default().into_iter().next() {
        None => Ok(()),
        Some(item) => {
            let error = item.error;
            let code = error.as_ref().and_then(|error| error.code.clone());
            let message = error.and_then(|error| error.message).unwrap_or_default();
            Err(AwsError::of_item(operation, code, &message).into())
        }
    }
}
