//! The sections of the account: what is read together, and what a step says it needs. One line each.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Acl, Address, Cause, ClientVpn, ConnectEndpoint, ContainerService, Database, DnsFirewall, EgressGateway,
    Endpoint, EndpointService, Gap, Group, Instance, InstanceAttributes, Interface, InternetGateway,
    LoadBalancer, NatGateway, Peering, PrefixList, RouteTable, ScalingGroup, Seen, Ses, Session, SideDoor,
    Snapshot, SpotFleet, Subnet, TargetGroup, TransitAttachment, VirtualInterface, Volume, Vpc, VpcBlock,
    VpnConnection, VpnGateway,
};

macro_rules! sections {
    (
        account { $($global:ident = $global_title:literal;)* }
        region { $($section:ident $field:ident: $type:ty = $title:literal;)* }
    ) => {
        /// A section of the account: what is read together, and what a step says it needs.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            schemars::JsonSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Section {
            $($global,)*
            $($section,)*
        }

        /// What was read of one Region.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Region {
            $(pub $field: Seen<$type>,)*
        }

        impl Section {
            /// Every section, in the order of the account's fields.
            pub const ALL: &'static [Section] = &[$(Section::$global,)* $(Section::$section,)*];

            /// Read once for every Region in scope, rather than once for the account.
            pub fn regional(self) -> bool {
                matches!(self, $(Section::$section)|*)
            }

            /// What a person calls it.
            pub fn title(self) -> &'static str {
                match self {
                    $(Section::$global => $global_title,)*
                    $(Section::$section => $title,)*
                }
            }

            /// Has nobody read this section of a Region yet?
            pub(crate) fn unread_in(self, region: &Region) -> bool {
                self.gap_of(region).is_some_and(|gap| gap.cause == Cause::NotRead)
            }

            /// The gap of this section in one Region.
            pub(crate) fn gap_of(self, region: &Region) -> Option<&Gap> {
                match self {
                    $(Section::$section => region.$field.gap(),)*
                    _ => None,
                }
            }
        }

        impl Region {
            /// A Region in which every section was read, and nothing was there.
            pub fn empty() -> Region {
                Region { $($field: Seen::Read(<$type>::default()),)* }
            }

            /// A copy of these sections.
            pub(crate) fn part(&self, sections: &BTreeSet<Section>) -> Region {
                let mut part = Region::default();
                $(if sections.contains(&Section::$section) {
                    part.$field.clone_from(&self.$field);
                })*
                part
            }

            /// Takes over the sections that another reading has and this one has not, and those that
            /// the other one has changed since `before`.
            pub(crate) fn take_changes(&mut self, other: Region, before: &Region) {
                $(if self.$field.is_not_read()
                    || (!other.$field.is_not_read() && other.$field != before.$field)
                {
                    self.$field = other.$field;
                })*
            }

            /// Takes over the sections that another reading has and this one has not.
            pub(crate) fn fill_from(&mut self, other: Region) {
                $(self.$field.fill_from(other.$field);)*
            }
        }
    };
}

sections! {
    account {
        Principals = "IAM users, roles, groups and policies";
        AccessKeys = "access keys";
        CredentialReport = "credential report";
        AccountSummary = "account summary";
        ExposedKeys = "Trusted Advisor's exposed keys";
        Trails = "trails";
        LogBuckets = "log buckets";
        S3Block = "S3 account block";
        PublicBuckets = "public buckets";
    }
    region {
        Vpcs vpcs: BTreeMap<String, Vpc> = "VPCs";
        Subnets subnets: BTreeMap<String, Subnet> = "subnets";
        Instances instances: BTreeMap<String, Instance> = "instances";
        Interfaces interfaces: BTreeMap<String, Interface> = "network interfaces";
        Groups groups: BTreeMap<String, Group> = "security groups";
        Acls acls: BTreeMap<String, Acl> = "network ACLs";
        ScalingGroups scaling_groups: BTreeMap<String, ScalingGroup> = "Auto Scaling groups";
        Ses ses: Ses = "SES";
        RouteTables route_tables: BTreeMap<String, RouteTable> = "route tables";
        PrefixLists prefix_lists: BTreeMap<String, PrefixList> = "prefix lists";
        InternetGateways internet_gateways: BTreeMap<String, InternetGateway> = "internet gateways";
        EgressGateways egress_gateways: BTreeMap<String, EgressGateway> = "egress-only internet gateways";
        NatGateways nat_gateways: BTreeMap<String, NatGateway> = "NAT gateways";
        Addresses addresses: BTreeMap<String, Address> = "Elastic IP addresses";
        VpnGateways vpn_gateways: BTreeMap<String, VpnGateway> = "virtual private gateways";
        VpnConnections vpn_connections: BTreeMap<String, VpnConnection> = "VPN connections";
        ClientVpns client_vpns: BTreeMap<String, ClientVpn> = "Client VPN endpoints";
        VirtualInterfaces virtual_interfaces: BTreeMap<String, VirtualInterface> =
            "Direct Connect virtual interfaces";
        TransitAttachments transit_attachments: BTreeMap<String, TransitAttachment> =
            "transit gateway attachments";
        Peerings peerings: BTreeMap<String, Peering> = "VPC peerings";
        Endpoints endpoints: BTreeMap<String, Endpoint> = "VPC endpoints";
        EndpointServices endpoint_services: BTreeMap<String, EndpointService> = "endpoint services";
        ConnectEndpoints connect_endpoints: BTreeMap<String, ConnectEndpoint> =
            "EC2 Instance Connect endpoints";
        VpcBlock vpc_block: VpcBlock = "VPC Block Public Access";
        SerialConsole serial_console: bool = "EC2 serial console";
        Sessions sessions: BTreeMap<String, Session> = "Session Manager sessions";
        DnsFirewall dns_firewall: DnsFirewall = "Resolver DNS Firewall";
        LoadBalancers load_balancers: BTreeMap<String, LoadBalancer> = "load balancers";
        TargetGroups target_groups: BTreeMap<String, TargetGroup> = "target groups";
        Databases databases: BTreeMap<String, Database> = "RDS databases";
        InstanceAttributes instance_attributes: BTreeMap<String, InstanceAttributes> =
            "instance attributes";
        Snapshots snapshots: BTreeMap<String, Snapshot> = "snapshots of this run";
        ContainerServices container_services: BTreeMap<String, ContainerService> = "ECS services";
        Volumes volumes: BTreeMap<String, Volume> = "volumes";
        SpotFleets spot_fleets: BTreeMap<String, SpotFleet> = "Spot fleets";
        SideDoors side_doors: BTreeMap<String, SideDoor> =
            "Verified Access, mirrored traffic and Resolver endpoints";
    }
}
