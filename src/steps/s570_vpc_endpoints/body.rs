//! Everything that making an endpoint again takes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::named::named;
use super::policy::Policy;
use crate::account::{Endpoint, EndpointDns, Interface, Tags};
use crate::step::{Names, created};

/// Everything that making the endpoint again takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndpointBody {
    pub(super) vpc: String,
    pub(super) kind: String,
    pub(super) service: String,
    pub(super) policy: Policy,
    pub(super) route_tables: BTreeSet<String>,
    pub(super) subnets: BTreeSet<String>,
    pub(super) groups: BTreeSet<String>,
    /// Its interfaces under the ids they had when the run began.
    pub(super) interfaces: BTreeMap<String, EndpointInterface>,
    pub(super) private_dns: bool,
    pub(super) ip_address_type: Option<String>,
    pub(super) dns: EndpointDns,
    pub(super) service_region: Option<String>,
    pub(super) tags: Tags,
}

/// The subnet and the addresses of one interface of the endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndpointInterface {
    pub(super) subnet: String,
    pub(super) ipv4: Option<String>,
    pub(super) ipv6: Option<String>,
}

impl EndpointBody {
    pub fn of(endpoint: &Endpoint, interfaces: &BTreeMap<String, Interface>, names: &Names) -> EndpointBody {
        let interface = |id: &String| {
            let found = interfaces.get(id)?;
            let interface = EndpointInterface {
                subnet: found.subnet.clone(),
                ipv4: found.private_ip.clone(),
                ipv6: found.ipv6.first().cloned(),
            };
            Some((names.original(id), interface))
        };
        EndpointBody {
            vpc: endpoint.vpc.clone(),
            kind: endpoint.kind.clone(),
            service: endpoint.service.clone(),
            policy: Policy::of(endpoint, names),
            route_tables: named(&endpoint.route_tables, names),
            subnets: endpoint.subnets.clone(),
            groups: named(&endpoint.groups, names),
            interfaces: endpoint.interfaces.iter().filter_map(interface).collect(),
            private_dns: endpoint.private_dns,
            ip_address_type: endpoint.ip_address_type.clone(),
            dns: endpoint.dns.clone(),
            service_region: endpoint.service_region.clone(),
            tags: created::given_again(&endpoint.tags),
        }
    }

    pub fn is_closed(&self) -> bool {
        self.policy == Policy::DenyAll
    }

    pub fn service(&self) -> &str {
        &self.service
    }
}
