//! Ways in and out of a VPC: route tables, gateways and links, per Region.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Tags;

/// A route table. Associations are kept without their ids, which every swap changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouteTable {
    pub vpc: String,
    pub owner: String,
    /// The VPC's main table: it serves every subnet without an association of its own.
    pub main: bool,
    /// Subnets associated with it explicitly.
    pub subnets: BTreeSet<String>,
    /// Internet and virtual private gateways whose incoming traffic it routes (edge associations).
    pub gateways: BTreeSet<String>,
    /// Virtual private gateways that propagate their routes into it.
    pub propagating: BTreeSet<String>,
    pub routes: BTreeSet<Route>,
    pub tags: Tags,
}

/// One route. A destination may be there twice: propagated, and created by hand.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Route {
    /// An IPv4 or IPv6 CIDR, or the id of a prefix list.
    pub destination: String,
    /// `local`, or the one id that a write sends: `igw-`, `eigw-`, `nat-`, `eni-`, `pcx-`, `tgw-`,
    /// `vgw-`, `vpce-`, `cagw-`, `lgw-`, or the ARN of a core network. Of a route to an instance the
    /// interface's.
    pub target: String,
    /// `CreateRouteTable`, `CreateRoute`, `EnableVgwRoutePropagation` or `Advertisement`.
    pub origin: String,
    /// Its target is gone or detached: packets for it are dropped.
    pub blackhole: bool,
}

/// A prefix list with its entries; AWS's own have no owner of twelve digits but `AWS`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrefixList {
    pub name: String,
    pub owner: String,
    pub entries: BTreeSet<String>,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InternetGateway {
    pub owner: String,
    /// The VPC it is attached to.
    pub vpc: Option<String>,
    pub tags: Tags,
}

/// An egress-only internet gateway: IPv6, outwards. It cannot be detached, only deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EgressGateway {
    pub vpc: String,
    pub tags: Tags,
}

/// A NAT gateway. Those already deleted are left out: AWS lists them for an hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NatGateway {
    pub vpc: String,
    /// None of a regional one.
    pub subnet: Option<String>,
    /// `pending`, `available`, `deleting`, `failed`.
    pub state: String,
    /// `public` or `private`.
    pub connectivity: String,
    /// `zonal` or `regional`; empty where AWS does not say.
    pub availability: String,
    pub addresses: BTreeSet<NatAddress>,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NatAddress {
    pub primary: bool,
    /// The Elastic IP address.
    pub allocation: Option<String>,
    pub public_ip: Option<String>,
    pub private_ip: Option<String>,
    pub interface: Option<String>,
}

/// An Elastic IP address, by its allocation id. The id of an association changes with each, and is
/// not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Address {
    pub public_ip: String,
    pub interface: Option<String>,
    pub private_ip: Option<String>,
    /// Owner of that interface, which may be a service.
    pub interface_owner: Option<String>,
    /// The service that manages the address (`nlb`, `rnat` …), if one does.
    pub managed_by: Option<String>,
    pub tags: Tags,
}

/// A virtual private gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VpnGateway {
    /// The VPC it is attached to.
    pub vpc: Option<String>,
    /// Of the attachment: `attaching`, `attached`, `detaching`; empty where there is none.
    pub attachment: String,
    /// `available`, `pending`, `deleting`.
    pub state: String,
    pub asn: Option<i64>,
    pub tags: Tags,
}

/// A site-to-site VPN. Its configuration holds the pre-shared keys, and is never read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VpnConnection {
    /// The virtual private gateway, transit gateway, VPN concentrator or core network (its ARN) that it
    /// ends at; `None`: AWS names none.
    pub gateway: Option<String>,
    pub customer_gateway: String,
    pub state: String,
    pub static_routes: BTreeSet<String>,
    /// Tunnels by outside address: `UP` or `DOWN`. They come and go by themselves.
    pub tunnels: BTreeMap<String, String>,
    pub tags: Tags,
}

/// A Client VPN endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientVpn {
    pub vpc: Option<String>,
    /// `pending-associate`, `available` …
    pub status: String,
    /// Addresses that clients get.
    pub client_cidr: Option<String>,
    pub groups: BTreeSet<String>,
    /// Subnets it is associated with.
    pub targets: BTreeSet<String>,
    pub authorizations: BTreeSet<Authorization>,
    /// Who is connected now, by connection id.
    pub client_connections: BTreeMap<String, ClientConnection>,
    pub tags: Tags,
}

/// An authorization rule: who may go where.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Authorization {
    pub cidr: String,
    /// A group of the directory; `None` for everybody.
    pub group: Option<String>,
    pub description: Option<String>,
    /// `active`, `authorizing`, `revoking`, `failed`.
    pub status: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientConnection {
    /// The user name, or the common name of the certificate.
    pub user: String,
    /// The address the client has in the VPN.
    pub client_ip: Option<String>,
    /// `active`, `terminating` …
    pub status: String,
}

/// A Direct Connect virtual interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VirtualInterface {
    pub owner: String,
    pub name: String,
    /// `private`, `public` or `transit`.
    pub kind: String,
    /// The virtual private gateway or the Direct Connect gateway it ends at.
    pub gateway: Option<String>,
    /// `available`, `down`, `testing` …
    pub state: String,
    /// BGP peers by id. They go up and down by themselves.
    pub peers: BTreeMap<String, BgpPeer>,
    /// The failover test that is running, if one is.
    pub failover_test: Option<FailoverTest>,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BgpPeer {
    /// `ipv4` or `ipv6`.
    pub family: String,
    /// `up` or `down`.
    pub status: String,
}

/// A BGP failover test: AWS ends it by itself. Each has another id, which is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FailoverTest {
    /// The peers that it put down.
    pub peers: BTreeSet<String>,
    /// RFC 3339.
    pub ends_at: Option<String>,
}

/// An attachment to a transit gateway, which may belong to another account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TransitAttachment {
    pub gateway: String,
    pub gateway_owner: String,
    /// `vpc`, `vpn`, `direct-connect-gateway`, `peering`, `connect`.
    pub kind: String,
    /// The VPC, VPN … attached.
    pub resource: String,
    pub resource_owner: String,
    pub state: String,
    /// The route table it is associated with; only the gateway's owner sees it.
    pub table: Option<String>,
    /// `associating`, `associated`, `disassociating`; empty where there is no association.
    pub association: String,
    pub tags: Tags,
}

/// A VPC peering connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Peering {
    pub requester: PeeringSide,
    pub accepter: PeeringSide,
    /// `active`, `pending-acceptance`, `deleted` …
    pub state: String,
    pub tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeeringSide {
    pub vpc: String,
    pub owner: String,
    pub region: String,
    pub cidrs: BTreeSet<String>,
    pub ipv6_cidrs: BTreeSet<String>,
}

/// VPC Block Public Access in one Region.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VpcBlock {
    /// `off`, `block-ingress` or `block-bidirectional`.
    pub mode: String,
    /// `default-state`, `update-in-progress` or `update-complete`.
    pub state: String,
    /// `allowed` or `not-allowed`.
    pub exclusions_allowed: String,
    /// `account` or `declarative-policy`.
    pub managed_by: String,
    /// Exclusions by id.
    pub exclusions: BTreeMap<String, Exclusion>,
}

impl Default for VpcBlock {
    /// What an account has that never set it.
    fn default() -> VpcBlock {
        VpcBlock {
            mode: "off".into(),
            state: "default-state".into(),
            exclusions_allowed: "allowed".into(),
            managed_by: "account".into(),
            exclusions: BTreeMap::new(),
        }
    }
}

/// A VPC or a subnet that the block leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exclusion {
    /// ARN of the VPC or subnet.
    pub resource: String,
    /// `allow-bidirectional` or `allow-egress`.
    pub mode: String,
    /// `create-in-progress`, `create-complete`, `delete-in-progress` … `disable-complete`.
    pub state: String,
    pub tags: Tags,
}
