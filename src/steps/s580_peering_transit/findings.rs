//! What 580 says besides its targets.

use crate::account::Region;
use crate::step::{Case, Found, count};

/// Says which links and doors there are, and which of them the step leaves.
pub(super) fn say(found: &mut Found, region: &str, here: &Region, case: &Case) {
    let mut say = |text: String| found.note(Some(region), text);
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
