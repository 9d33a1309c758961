//! What the step cuts, leaves and breaks, by its parameters.

use super::{FRONT, SPEC, WAY};
use crate::step::{Does, Effect, Params, Stops};

macro_rules! leaves {
    ($more:literal) => {
        concat!(
            $more,
            "traffic between hosts of the same subnet, and by what else stands in it: endpoints (Session \
             Manager by these), Instance Connect endpoints, Client VPN, load balancers of your endpoint \
             services; DNS to the VPC's resolver, instance metadata, time and DHCP; the serial console; \
             subnets shared from another account, and a subnet that is created later",
            unjudged!()
        )
    };
}

/// See [`Effect::leaves`].
pub(super) const USUAL: &str = leaves!("");

const HOST_CUTS: &str = "all traffic between the hosts and the other subnets of their VPC, new and \
                         established, and their way out through what stands in those: NAT, endpoints, load \
                         balancers";

const HOST_LEAVES: &str = concat!(
    "hosts of the same subnet, and what else stands in it: endpoints, Instance Connect endpoints, Client VPN, \
     load balancers; the internet, other networks and gateway endpoints where the host's own subnet has a route \
     to them (510 cuts those); DNS to the VPC's resolver, instance metadata, time and DHCP; the serial console; \
     an address that the host gets later",
    unjudged!()
);

const HOST_BREAKS: &str = "Whatever other subnets need of these hosts stops; their neighbours keep working.";

const FRONT_LEAVES: &str = leaves!(
    "clients reach the subnets of load balancers on the listener ports, and whatever stands in these subnets can \
     send to ports above 1023 outside the VPC, until 510 cuts it; "
);

pub(super) fn of(params: &Params) -> Effect {
    match (WAY.of(params), FRONT.of(params)) {
        ("host", _) => Effect {
            does: Does::Cuts(&[Stops::Hosts]),
            cuts: HOST_CUTS,
            leaves: HOST_LEAVES,
            breaks: HOST_BREAKS,
            ..SPEC.effect()
        },
        (_, "keep") => Effect { leaves: FRONT_LEAVES, ..SPEC.effect() },
        _ => SPEC.effect(),
    }
}
