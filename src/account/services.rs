//! What stands in a VPC besides hosts, and what reaches into it: endpoints, load balancers,
//! databases, consoles; per Region.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Tags;

/// A VPC endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoint {
    pub vpc: String,
    pub owner: String,
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource` or `ServiceNetwork`.
    pub kind: String,
    /// `com.amazonaws.eu-west-1.s3`.
    pub service: String,
    /// In lower case: `pending`, `available`, `deleting`, `rejected` …
    pub state: String,
    /// The policy document as AWS holds it.
    pub policy: Option<String>,
    /// Route tables of a gateway endpoint.
    pub route_tables: BTreeSet<String>,
    pub subnets: BTreeSet<String>,
    pub groups: BTreeSet<String>,
    pub interfaces: BTreeSet<String>,
    pub private_dns: bool,
    pub ip_address_type: Option<String>,
    pub dns: EndpointDns,
    /// Of a service in another Region.
    pub service_region: Option<String>,
    /// Does the service take endpoint policies? `None`: AWS does not list the service.
    pub takes_policy: Option<bool>,
    /// Made by a service of AWS for itself.
    pub requester_managed: bool,
    pub tags: Tags,
}

/// How the names of an endpoint resolve: a call that recreates it has to say it all again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EndpointDns {
    /// `ipv4`, `ipv6`, `dualstack` or `service-defined`.
    pub records: Option<String>,
    pub private_only_for_inbound_resolver: Option<bool>,
    pub private_preference: Option<String>,
    pub private_domains: BTreeSet<String>,
}

/// A service that this account offers to others (`PrivateLink`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EndpointService {
    pub name: String,
    pub state: String,
    pub acceptance_required: bool,
    /// ARNs of the load balancers behind it.
    pub load_balancers: BTreeSet<String>,
    /// Endpoints connected to it, by id.
    pub connections: BTreeMap<String, EndpointConnection>,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EndpointConnection {
    pub owner: String,
    /// In lower case: `available`, `pendingacceptance`, `rejected` …
    pub state: String,
}

/// An EC2 Instance Connect endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConnectEndpoint {
    pub vpc: String,
    pub subnet: String,
    pub owner: String,
    pub groups: BTreeSet<String>,
    pub interfaces: BTreeSet<String>,
    /// `complete`, `update-in-progress` … AWS says `create-complete` or `update-complete` by what
    /// came last, which would make a cut that was put back look like a change.
    pub state: String,
    pub preserve_client_ip: bool,
    pub tags: Tags,
}

/// A Session Manager session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// The instance.
    pub target: String,
    /// ARN of who opened it.
    pub owner: String,
    /// `Connected`, `Terminating` …
    pub status: String,
    /// RFC 3339.
    pub started: Option<String>,
}

/// Route 53 Resolver DNS Firewall in one Region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DnsFirewall {
    pub rule_groups: BTreeMap<String, DnsRuleGroup>,
    /// Domain lists by id: those that this account owns, with their domains.
    pub domain_lists: BTreeMap<String, DnsDomainList>,
    /// Rule groups on VPCs. Associations have ids that each new one changes: kept by VPC and group.
    pub associations: BTreeSet<DnsAssociation>,
    /// VPCs whose queries go through when the firewall does not answer.
    pub fail_open: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DnsRuleGroup {
    pub name: String,
    pub owner: String,
    /// By priority. None are read of a group that another account shares.
    pub rules: BTreeMap<i32, DnsRule>,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DnsRule {
    pub name: String,
    /// Empty of a rule that looks for a threat (DNS Firewall Advanced).
    pub domain_list: String,
    /// `ALLOW`, `BLOCK` or `ALERT`.
    pub action: String,
    /// `NODATA`, `NXDOMAIN` or `OVERRIDE`; of a rule that blocks.
    pub block_response: Option<String>,
    /// What the rule of DNS Firewall Advanced is called for calls.
    pub threat_protection: Option<String>,
    /// The one type of query it looks at (`AAAA`); `None` for all.
    pub query_type: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DnsDomainList {
    pub name: String,
    pub domains: BTreeSet<String>,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DnsAssociation {
    pub vpc: String,
    /// Lower is asked first.
    pub priority: i32,
    pub rule_group: String,
    pub name: String,
    /// Cannot be removed before its protection is.
    pub mutation_protection: bool,
    /// `COMPLETE`, `UPDATING`, `DELETING`.
    pub status: String,
    /// The service that manages it (Firewall Manager), if one does.
    pub managed_by: Option<String>,
}

/// An Application, Network or Gateway Load Balancer, by its ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoadBalancer {
    pub name: String,
    pub vpc: String,
    /// `application`, `network` or `gateway`.
    pub kind: String,
    /// `internet-facing` or `internal`; empty of a gateway one.
    pub scheme: String,
    /// `ipv4`, `dualstack` …
    pub ip_address_type: String,
    pub dns_name: String,
    /// The hosted zone of its name: what an alias record names besides.
    pub zone: String,
    /// `active`, `provisioning` …
    pub state: String,
    pub subnets: BTreeSet<String>,
    pub groups: BTreeSet<String>,
    /// A network one whose groups do not apply to what comes in by `PrivateLink`.
    pub private_link_unfiltered: bool,
    pub listeners: BTreeSet<Listener>,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listener {
    /// `HTTP`, `HTTPS`, `TCP`, `TLS`, `UDP`, `TCP_UDP`, `GENEVE`.
    pub protocol: String,
    pub port: i32,
}

/// A target group, by its ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TargetGroup {
    pub name: String,
    pub vpc: String,
    pub protocol: String,
    /// The port that targets get when none is given.
    pub port: Option<i32>,
    /// `instance`, `ip`, `lambda` or `alb`.
    pub kind: String,
    /// ARNs of the load balancers that send to it.
    pub load_balancers: BTreeSet<String>,
    /// Targets that are registered; those that drain are out.
    pub targets: BTreeSet<BackendTarget>,
    /// The ids of those of them that a load balancer holds for unhealthy.
    pub unhealthy: BTreeSet<String>,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackendTarget {
    /// Instance id, address, function or load balancer ARN.
    pub id: String,
    pub port: Option<i32>,
    pub zone: Option<String>,
}

/// What protects an instance from being terminated, and its disks from going with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstanceAttributes {
    pub termination_protection: bool,
    /// `stop` or `terminate`.
    pub shutdown_behavior: String,
}

/// A snapshot of a volume that a run started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Snapshot {
    pub volume: String,
    /// It ended in an error: there is nothing in it. Whether it is complete yet is not kept.
    pub failed: bool,
    pub tags: Tags,
}

/// An EBS volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Volume {
    /// Its size in GiB.
    pub gib: u32,
    pub encrypted: bool,
}

/// A disk of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Disk {
    pub volume: String,
    /// It goes when the instance is terminated.
    pub delete_on_termination: bool,
}

/// A way past the network that is printed and not cut.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SideDoor {
    /// `verified-access`, `mirror`, `resolver` or `association`.
    pub kind: String,
    /// Where it stands: one of the four, or nothing that AWS says.
    pub vpc: Option<String>,
    pub subnets: BTreeSet<String>,
    pub interface: Option<String>,
    /// The VPC endpoint of an association with VPC Lattice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The application's domain, the mirror's target, `inbound` or `outbound`, the service network or
    /// the resource.
    pub to: String,
}

/// An ECS service: printed, not cut.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContainerService {
    pub cluster: String,
    /// Has it a load balancer, whose checks may fail?
    pub balanced: bool,
    pub desired: i32,
    pub running: i32,
    pub subnets: BTreeSet<String>,
}

/// A Spot Fleet request: it replaces what it loses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpotFleet {
    /// `active`, `modifying`, `cancelled_running` …
    pub state: String,
    pub target_capacity: i32,
    /// The part of it that is not Spot.
    pub on_demand: i32,
    /// `maintain` or `request`; only the first replaces what it loses.
    pub kind: String,
    /// `default` or `noTermination`.
    pub excess_capacity: String,
    pub subnets: BTreeSet<String>,
    pub tags: Tags,
}
