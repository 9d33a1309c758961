//! EC2, VPC, Auto Scaling and SES, per Region.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Disk, Seen, Tags};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Vpc {
    /// The account that owns it; a shared VPC has another's.
    pub owner: String,
    pub cidrs: BTreeSet<String>,
    pub ipv6_cidrs: BTreeSet<String>,
    pub is_default: bool,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Subnet {
    pub vpc: String,
    /// The account that owns it; of a shared subnet another's.
    pub owner: String,
    pub zone: String,
    pub cidr: String,
    pub ipv6_cidr: Option<String>,
    /// Of an Outpost: from which device index on an interface is one of the local network.
    pub local_interfaces_at: Option<i32>,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Instance {
    pub vpc: String,
    pub subnet: String,
    /// `running`, `stopped` …
    pub state: String,
    pub kind: String,
    /// The principal of the service that manages it (EKS Auto Mode, ECS), if one does.
    pub managed_by: Option<String>,
    /// A Spot instance: it cannot be protected from termination.
    pub spot: bool,
    /// The ARN of its instance profile.
    pub profile: Option<String>,
    /// Its root is in the instance store: it cannot be stopped, and no snapshot can be taken of it.
    pub instance_store: bool,
    /// The metadata service asks for a session token (`HttpTokens`): `required` or `optional`; `off` where the
    /// service is off, empty where it was not read.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub metadata: String,
    /// Networks of its secondary interfaces, which have no groups, ACLs or route tables.
    pub secondary_networks: BTreeSet<String>,
    /// Its disks by device name.
    pub disks: BTreeMap<String, Disk>,
    pub tags: Tags,
}

/// An elastic network interface.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Interface {
    pub vpc: String,
    pub subnet: String,
    pub owner: String,
    /// `interface`, `nat_gateway`, `vpc_endpoint`, `branch`, `trunk` …
    pub kind: String,
    pub description: String,
    /// Security groups, sorted: their order means nothing to AWS.
    pub groups: BTreeSet<String>,
    /// Set when AWS or one of its services made it and keeps it.
    pub managed_by: Option<String>,
    pub instance: Option<String>,
    /// The primary address, and the public one that is mapped to it.
    pub private_ip: Option<String>,
    pub public_ip: Option<String>,
    /// Further addresses, each with the public one that is mapped to it.
    pub secondary: BTreeMap<String, Option<String>>,
    pub ipv6: BTreeSet<String>,
    /// CIDRs that are delegated to it, IPv4 and IPv6: addresses of the pods of an EKS node, say.
    ///
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html>
    pub prefixes: BTreeSet<String>,
    pub source_dest_check: bool,
    pub tags: Tags,
}

/// A security group with its rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    pub name: String,
    pub description: String,
    pub vpc: String,
    pub owner: String,
    pub ingress: BTreeSet<Rule>,
    pub egress: BTreeSet<Rule>,
    pub tags: Tags,
}

impl Group {
    /// Lets nothing in and nothing out (tracked flows live on).
    pub fn is_closed(&self) -> bool {
        self.ingress.is_empty() && self.egress.is_empty()
    }
}

/// One rule as AWS counts them: a protocol, ports, and one peer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
    pub protocol: String,
    /// First and last port, or ICMP type and code; none for all.
    #[serde(default)]
    pub ports: Option<(i32, i32)>,
    pub peer: Peer,
    #[serde(default)]
    pub description: Option<String>,
}

impl Rule {
    /// All traffic to or from one peer.
    pub fn all(peer: Peer) -> Rule {
        Rule { protocol: "-1".into(), ports: None, peer, description: None }
    }
}

/// The other side of a security group rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Peer {
    Ipv4(String),
    Ipv6(String),
    PrefixList(String),
    Group {
        id: String,
        /// Account of the group.
        #[serde(default)]
        owner: Option<String>,
        #[serde(default)]
        peering: Option<String>,
    },
}

/// A network ACL. The subnets it is associated with are its associations, without their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Acl {
    pub vpc: String,
    pub owner: String,
    pub is_default: bool,
    /// By rule number; the implicit `*` deny (32767) is left out.
    pub ingress: BTreeMap<i32, AclEntry>,
    pub egress: BTreeMap<i32, AclEntry>,
    pub subnets: BTreeSet<String>,
    pub tags: Tags,
}

impl Acl {
    /// Allows nothing in either direction.
    pub fn denies_all(&self) -> bool {
        !self.ingress.values().chain(self.egress.values()).any(|entry| entry.allow)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AclEntry {
    pub allow: bool,
    /// A protocol number as text, `-1` for all.
    pub protocol: String,
    /// IPv4 or IPv6.
    pub cidr: String,
    #[serde(default)]
    pub ports: Option<(i32, i32)>,
    #[serde(default)]
    pub icmp: Option<(i32, i32)>,
}

/// An Auto Scaling group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScalingGroup {
    pub subnets: BTreeSet<String>,
    pub desired: i32,
    pub min: i32,
    pub max: i32,
    pub instances: BTreeSet<String>,
    /// Those of them that stand by: not in service, not replaced.
    pub standby: BTreeSet<String>,
    /// Those of them that the group holds for unhealthy: it terminates and replaces them.
    pub unhealthy: BTreeSet<String>,
    /// Does it ask its load balancers too which instances are healthy?
    pub asks_load_balancers: bool,
    /// ARNs of the target groups that it registers its instances with.
    pub target_groups: BTreeSet<String>,
    pub suspended: BTreeSet<String>,
    pub tags: Tags,
}

/// SES in one Region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ses {
    pub sending: bool,
    /// `HEALTHY`, `PROBATION` or `SHUTDOWN`.
    pub enforcement: String,
    /// Out of the sandbox: may send to anybody.
    pub production: bool,
    /// Messages a day.
    pub quota: u64,
    pub identities: BTreeSet<String>,
    /// Configuration sets: does each send? Read only when asked for: each takes a second.
    pub configuration_sets: Seen<BTreeMap<String, bool>>,
    /// Identities whose policies were read: who may send as each of them by those. Of many identities
    /// the first ones only: each takes a second.
    pub senders: Seen<BTreeMap<String, BTreeSet<String>>>,
    /// Delivery attempts of the last two weeks.
    pub recent_sends: u64,
}

impl Default for Ses {
    /// Never used: what AWS says of a Region without identities, but for the sending.
    fn default() -> Ses {
        Ses {
            sending: false,
            enforcement: "HEALTHY".into(),
            production: false,
            quota: 0,
            identities: Default::default(),
            configuration_sets: Default::default(),
            senders: Default::default(),
            recent_sends: 0,
        }
    }
}
