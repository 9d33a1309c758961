//! What stays open behind the groups, by the step's parameters.

use super::{keeps_front, two_step};
use crate::step::Params;

macro_rules! tracked {
    (direct) => {
        "connections that AWS tracks already (up to 5 days while they are in use)"
    };
    (two_step) => {
        "connections that AWS tracks whatever the rules are (NAT gateways, Network Load Balancers, endpoints), \
         and perhaps others, because AWS does not promise that two steps end them"
    };
}

macro_rules! front {
    (cut) => {
        ""
    };
    (keep) => {
        "; load balancers on their listener ports, and through them targets outside: functions, addresses \
         in other networks"
    };
}

macro_rules! leaves {
    ($way:ident, $front:ident) => {
        concat!(
            tracked!($way),
            "; DNS to the VPC's resolver, instance metadata, the serial console; the CIDRs of --keep-cidr; \
             what has no security group (NAT gateways, transit gateways, some load balancers); what is \
             refused by name because its service alone changes it: file systems, caches, Classic Load \
             Balancers, EKS control planes, desktops; published versions of functions, and what a function \
             runs at the moment (15 minutes at the most)",
            front!($front),
            unjudged!()
        )
    };
}

/// See [`crate::step::Effect::leaves`].
pub(super) const USUAL: &str = leaves!(direct, cut);

pub(super) fn of(params: &Params) -> &'static str {
    match (two_step(params), keeps_front(params)) {
        (false, false) => USUAL,
        (false, true) => leaves!(direct, keep),
        (true, false) => leaves!(two_step, cut),
        (true, true) => leaves!(two_step, keep),
    }
}
