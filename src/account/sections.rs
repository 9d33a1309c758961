//! The sections of the account: what is read together, and what a step says it needs.
//!
//! A row of the table below registers a section: its name, its field, what a person calls it, the IAM
//! actions that reading it takes. A row of `collect/readers.rs` says who reads it; a section without one
//! does not compile. Two clauses are for few:
//!
//! - `beside` names a second field that is read, copied and merged together with the first.
//! - `within` names the function that finds the gaps inside what was read (a bucket whose policy was
//!   not). A test fails for a section that has such gaps and no `within`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    AccessKey, AccountSummary, Acl, Address, Caller, Cause, ClientVpn, ConnectEndpoint, ContainerService,
    Database, DnsFirewall, EgressGateway, Endpoint, EndpointService, Events, ExposedKey, FORMAT, Gap, Group,
    Instance, InstanceAttributes, Interface, InternetGateway, KmsKey, LoadBalancer, LogBucket, NatGateway,
    Peering, PrefixList, Principals, PublicAccessBlock, PublicBucket, ReportRow, RouteTable, ScalingGroup,
    Secret, Seen, ServiceCredential, Ses, Session, SideDoor, Snapshot, SpotFleet, SshKey, Subnet,
    TargetGroup, Trail, TransitAttachment, VirtualInterface, Volume, Vpc, VpcBlock, VpnConnection,
    VpnGateway, gaps,
};

macro_rules! sections {
    (
        account { $(
            $(#[$global_doc:meta])*
            $global:ident $global_field:ident: $global_type:ty = $global_title:literal,
                reads [$($global_action:literal),* $(,)?]
                $(, $(#[$beside_doc:meta])* beside $beside:ident: $beside_type:ty)?
                $(, within $global_within:path)?;
        )* }
        region { $(
            $section:ident $field:ident: $type:ty = $title:literal,
                reads [$($action:literal),* $(,)?]
                $(, within $within:path)?;
        )* }
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

        /// One AWS account as far as it was read.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Account {
            #[serde(default = "format")]
            pub format: u32,
            /// Twelve digits.
            pub id: String,
            #[serde(default)]
            pub alias: Seen<Option<String>>,
            pub caller: Caller,
            /// Regions enabled for the account (`ec2:DescribeRegions`).
            #[serde(default)]
            pub enabled_regions: Seen<BTreeSet<String>>,
            $(
                $(#[$global_doc])*
                #[serde(default)]
                pub $global_field: Seen<$global_type>,
                $(
                    $(#[$beside_doc])*
                    #[serde(default)]
                    pub $beside: $beside_type,
                )?
            )*
            /// What was read of each Region.
            #[serde(default)]
            pub regions: BTreeMap<String, Region>,
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

            /// The IAM actions that reading it takes.
            pub fn reads(self) -> &'static [&'static str] {
                match self {
                    $(Section::$global => &[$($global_action),*],)*
                    $(Section::$section => &[$($action),*],)*
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

            /// What of this section was asked for and could not be read, with the Region where there is
            /// one: the section itself, or something within it.
            pub fn gaps(self, account: &Account) -> Vec<(Option<String>, Gap)> {
                let whole = match self {
                    $(Section::$global => gaps::of_account(&account.$global_field),)*
                    _ => gaps::of_regions(account, self),
                };
                let within = match self {
                    $($(Section::$global => $global_within(account),)?)*
                    $($(Section::$section => $within(account),)?)*
                    _ => vec![],
                };
                whole.into_iter().chain(within).collect()
            }
        }

        impl Account {
            /// An account of which nothing has been read yet.
            pub fn unread(id: impl Into<String>, caller: Caller) -> Account {
                Account {
                    format: FORMAT,
                    id: id.into(),
                    alias: Seen::default(),
                    caller,
                    enabled_regions: Seen::default(),
                    $(
                        $global_field: Seen::default(),
                        $($beside: <$beside_type>::default(),)?
                    )*
                    regions: BTreeMap::new(),
                }
            }

            /// A copy of these sections: of the account's, and of those of each Region that is wanted.
            pub fn part(&self, sections: &BTreeSet<Section>, regions: impl Fn(&str) -> bool) -> Account {
                let mut part = self.identity();
                $(if sections.contains(&Section::$global) {
                    part.$global_field.clone_from(&self.$global_field);
                    $(part.$beside.clone_from(&self.$beside);)?
                })*
                let regions = self.regions.iter().filter(|(name, _)| regions(name));
                part.regions = regions.map(|(name, here)| (name.clone(), here.part(sections))).collect();
                part
            }

            /// Takes over the sections that another reading has and this one has not.
            pub fn fill_from(&mut self, other: Account) {
                self.alias.fill_from(other.alias);
                $(
                    $(if self.$global_field.is_not_read() {
                        self.$beside = other.$beside;
                    })?
                    self.$global_field.fill_from(other.$global_field);
                )*
                for (name, region) in other.regions {
                    self.regions.entry(name).or_default().fill_from(region);
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

fn format() -> u32 {
    FORMAT
}

sections! {
    account {
        Principals principals: Principals = "IAM users, roles, groups and policies",
            reads ["iam:GetAccountAuthorizationDetails"];
        /// Access keys by id, of the users that were asked for.
        AccessKeys access_keys: BTreeMap<String, AccessKey> = "access keys",
            reads ["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"];
        /// Passwords and API keys for single services by id, of every user.
        ServiceCredentials service_credentials: BTreeMap<String, ServiceCredential> =
            "service-specific credentials",
            reads ["iam:ListServiceSpecificCredentials"];
        /// Public SSH keys by id, of every user.
        SshKeys ssh_keys: BTreeMap<String, SshKey> = "SSH public keys", reads ["iam:ListSSHPublicKeys"];
        /// Rows of the credential report by user name.
        CredentialReport credential_report: BTreeMap<String, ReportRow> = "credential report",
            reads ["iam:GenerateCredentialReport", "iam:GetCredentialReport"];
        AccountSummary account_summary: AccountSummary = "account summary", reads ["iam:GetAccountSummary"];
        /// Keys that Trusted Advisor calls exposed, by key id.
        ExposedKeys exposed_keys: BTreeMap<String, ExposedKey> = "Trusted Advisor's exposed keys",
            reads ["support:DescribeTrustedAdvisorCheckResult"];
        /// Trails by ARN, shadow copies left out.
        Trails trails: BTreeMap<String, Trail> = "trails",
            reads ["cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"],
            /// Regions whose trails could not be listed, although others could: a trail that logs only
            /// there is unknown. Common where an organization denies Regions.
            beside trails_unread: BTreeMap<String, Gap>,
            within gaps::trails;
        /// Buckets that hold or will hold the logs of a trail, by name.
        LogBuckets log_buckets: BTreeMap<String, LogBucket> = "log buckets",
            reads [
                "s3:GetBucketPolicy",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketVersioning",
                "s3:ListBucket",
            ],
            within gaps::log_buckets;
        /// What CloudTrail recorded of those who are suspect.
        Events events: Events = "CloudTrail's event history",
            reads ["cloudtrail:LookupEvents"],
            within gaps::events;
        /// The account-level S3 Block Public Access; `None` when it was never set.
        S3Block s3_block: Option<PublicAccessBlock> = "S3 account block",
            reads ["s3:GetAccountPublicAccessBlock"];
        /// Buckets that a policy or an ACL opens to everybody, by name.
        PublicBuckets public_buckets: BTreeMap<String, PublicBucket> = "public buckets",
            reads [
                "s3:GetBucketAcl",
                "s3:GetBucketPolicy",
                "s3:GetBucketPolicyStatus",
                "s3:ListAllMyBuckets",
            ],
            within gaps::public_buckets;
    }
    region {
        Vpcs vpcs: BTreeMap<String, Vpc> = "VPCs", reads ["ec2:DescribeVpcs"];
        Subnets subnets: BTreeMap<String, Subnet> = "subnets", reads ["ec2:DescribeSubnets"];
        Instances instances: BTreeMap<String, Instance> = "instances", reads ["ec2:DescribeInstances"];
        Interfaces interfaces: BTreeMap<String, Interface> = "network interfaces",
            reads ["ec2:DescribeNetworkInterfaces"];
        Groups groups: BTreeMap<String, Group> = "security groups", reads ["ec2:DescribeSecurityGroups"];
        Acls acls: BTreeMap<String, Acl> = "network ACLs", reads ["ec2:DescribeNetworkAcls"];
        ScalingGroups scaling_groups: BTreeMap<String, ScalingGroup> = "Auto Scaling groups",
            reads ["autoscaling:DescribeAutoScalingGroups"];
        Ses ses: Ses = "SES",
            reads [
                "ses:GetAccount",
                "ses:GetConfigurationSet",
                "ses:GetEmailIdentityPolicies",
                "ses:GetSendStatistics",
                "ses:ListConfigurationSets",
                "ses:ListEmailIdentities",
            ],
            within gaps::ses;
        RouteTables route_tables: BTreeMap<String, RouteTable> = "route tables",
            reads ["ec2:DescribeRouteTables"];
        PrefixLists prefix_lists: BTreeMap<String, PrefixList> = "prefix lists",
            reads ["ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries"];
        InternetGateways internet_gateways: BTreeMap<String, InternetGateway> = "internet gateways",
            reads ["ec2:DescribeInternetGateways"];
        EgressGateways egress_gateways: BTreeMap<String, EgressGateway> = "egress-only internet gateways",
            reads ["ec2:DescribeEgressOnlyInternetGateways"];
        NatGateways nat_gateways: BTreeMap<String, NatGateway> = "NAT gateways",
            reads ["ec2:DescribeNatGateways"];
        Addresses addresses: BTreeMap<String, Address> = "Elastic IP addresses",
            reads ["ec2:DescribeAddresses"];
        VpnGateways vpn_gateways: BTreeMap<String, VpnGateway> = "virtual private gateways",
            reads ["ec2:DescribeVpnGateways"];
        VpnConnections vpn_connections: BTreeMap<String, VpnConnection> = "VPN connections",
            reads ["ec2:DescribeVpnConnections"];
        ClientVpns client_vpns: BTreeMap<String, ClientVpn> = "Client VPN endpoints",
            reads [
                "ec2:DescribeClientVpnAuthorizationRules",
                "ec2:DescribeClientVpnConnections",
                "ec2:DescribeClientVpnEndpoints",
                "ec2:DescribeClientVpnTargetNetworks",
            ];
        VirtualInterfaces virtual_interfaces: BTreeMap<String, VirtualInterface> =
            "Direct Connect virtual interfaces",
            reads [
                "directconnect:DescribeVirtualInterfaces",
                "directconnect:ListVirtualInterfaceTestHistory",
            ];
        TransitAttachments transit_attachments: BTreeMap<String, TransitAttachment> =
            "transit gateway attachments",
            reads ["ec2:DescribeTransitGatewayAttachments"];
        Peerings peerings: BTreeMap<String, Peering> = "VPC peerings",
            reads ["ec2:DescribeVpcPeeringConnections"];
        Endpoints endpoints: BTreeMap<String, Endpoint> = "VPC endpoints",
            reads ["ec2:DescribeVpcEndpointServices", "ec2:DescribeVpcEndpoints"];
        EndpointServices endpoint_services: BTreeMap<String, EndpointService> = "endpoint services",
            reads ["ec2:DescribeVpcEndpointConnections", "ec2:DescribeVpcEndpointServiceConfigurations"];
        ConnectEndpoints connect_endpoints: BTreeMap<String, ConnectEndpoint> =
            "EC2 Instance Connect endpoints",
            reads ["ec2:DescribeInstanceConnectEndpoints"];
        VpcBlock vpc_block: VpcBlock = "VPC Block Public Access",
            reads ["ec2:DescribeVpcBlockPublicAccessExclusions", "ec2:DescribeVpcBlockPublicAccessOptions"];
        SerialConsole serial_console: bool = "EC2 serial console", reads ["ec2:GetSerialConsoleAccessStatus"];
        Sessions sessions: BTreeMap<String, Session> = "Session Manager sessions",
            reads ["ssm:DescribeSessions"];
        DnsFirewall dns_firewall: DnsFirewall = "Resolver DNS Firewall",
            reads [
                "ec2:DescribeVpcs",
                "route53resolver:ListFirewallConfigs",
                "route53resolver:ListFirewallDomainLists",
                "route53resolver:ListFirewallDomains",
                "route53resolver:ListFirewallRuleGroupAssociations",
                "route53resolver:ListFirewallRuleGroups",
                "route53resolver:ListFirewallRules",
                "route53resolver:ListTagsForResource",
            ];
        LoadBalancers load_balancers: BTreeMap<String, LoadBalancer> = "load balancers",
            reads [
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeTags",
            ];
        TargetGroups target_groups: BTreeMap<String, TargetGroup> = "target groups",
            reads [
                "elasticloadbalancing:DescribeTags",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ];
        Databases databases: BTreeMap<String, Database> = "RDS databases",
            reads ["rds:DescribeDBClusters", "rds:DescribeDBInstances"];
        InstanceAttributes instance_attributes: BTreeMap<String, InstanceAttributes> = "instance attributes",
            reads ["ec2:DescribeInstanceAttribute"];
        Snapshots snapshots: BTreeMap<String, Snapshot> = "snapshots of this run",
            reads ["ec2:DescribeSnapshots"];
        ContainerServices container_services: BTreeMap<String, ContainerService> = "ECS services",
            reads ["ecs:DescribeServices", "ecs:ListClusters", "ecs:ListServices"];
        Volumes volumes: BTreeMap<String, Volume> = "volumes", reads ["ec2:DescribeVolumes"];
        SpotFleets spot_fleets: BTreeMap<String, SpotFleet> = "Spot fleets",
            reads ["ec2:DescribeSpotFleetRequests"];
        SideDoors side_doors: BTreeMap<String, SideDoor> =
            "Verified Access, mirrored traffic and Resolver endpoints",
            reads [
                "ec2:DescribeTrafficMirrorSessions",
                "ec2:DescribeVerifiedAccessEndpoints",
                "ec2:DescribeVpcEndpointAssociations",
                "route53resolver:ListResolverEndpoints",
            ];
        KmsKeys kms_keys: BTreeMap<String, Seen<KmsKey>> = "KMS keys",
            reads ["kms:DescribeKey", "kms:ListKeys"],
            within gaps::kms_keys;
        Secrets secrets: BTreeMap<String, Seen<Secret>> = "Secrets Manager secrets",
            reads ["secretsmanager:DescribeSecret", "secretsmanager:ListSecrets"],
            within gaps::secrets;
    }
}
