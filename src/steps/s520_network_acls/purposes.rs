//! The three ACLs that a run makes in a VPC: for subnets alone, for those of load balancers, and for those
//! through which the path of a kept CIDR leads.

use std::collections::BTreeSet;

use super::body::AclBody;
use super::created::Purpose;
use super::passage;
use crate::account::{LoadBalancer, Region};
use crate::step::Case;

/// Lets through the kept CIDRs, and nothing else.
pub(super) struct Isolation;

/// Lets clients reach the listeners of load balancers besides.
pub(super) struct Front;

/// Lets subnets through besides whose packets to a kept CIDR are passed on.
pub(super) struct Passage;

impl Purpose for Isolation {
    const KIND: &'static str = "isolation-acl";
    const ROLE: &'static str = "isolation";

    fn wished(&self, _: &Region, case: &Case, _: &str) -> AclBody {
        AclBody::isolation(&case.scope.keep_cidrs)
    }
}

impl Purpose for Front {
    const KIND: &'static str = "front-acl";
    const ROLE: &'static str = "front";

    fn wished(&self, here: &Region, case: &Case, vpc: &str) -> AclBody {
        let Some(of) = here.vpcs.item(vpc) else { return Isolation.wished(here, case, vpc) };
        let balancers = balancers(here, vpc);
        let mut subnets = balancers.iter().flat_map(|balancer| &balancer.subnets);
        let passage = subnets.any(|subnet| passage::leads_through(here, case, subnet));
        let clients = if passage { passage::clients(here, case, vpc) } else { BTreeSet::new() };
        AclBody::front(of, &balancers, &case.scope.keep_cidrs, &clients)
    }
}

impl Purpose for Passage {
    const KIND: &'static str = "passage-acl";
    const ROLE: &'static str = "passage";

    fn wished(&self, here: &Region, case: &Case, vpc: &str) -> AclBody {
        AclBody::passage(&case.scope.keep_cidrs, &passage::clients(here, case, vpc))
    }
}

/// Load balancers that clients reach by addresses of the VPC: a gateway one has none.
pub(super) fn balancers<'a>(here: &'a Region, vpc: &str) -> Vec<&'a LoadBalancer> {
    let all = here.load_balancers.items().map(|(_, balancer)| balancer);
    all.filter(|balancer| balancer.vpc == vpc && balancer.kind != "gateway").collect()
}
