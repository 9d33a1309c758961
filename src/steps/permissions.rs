//! IAM policies from the steps' own declarations. The laws hold them equal to the calls made.

use std::collections::BTreeSet;

use crate::account::Section;
use crate::step::StepId;
use crate::step::policy::Part;
use crate::steps;

/// Actions that every verb on a live account needs, whatever the steps.
pub const IDENTITY: &[&str] = &["ec2:DescribeRegions", "iam:ListAccountAliases"];

/// What asking beforehand takes whether the caller may make a plan's calls: plan and pull do without,
/// and say so.
pub const RIGHTS: &[&str] = &["iam:GetRole", "iam:SimulatePrincipalPolicy"];

/// The actions that reading a section takes.
pub fn section(section: Section) -> &'static [&'static str] {
    match section {
        Section::Principals => &["iam:GetAccountAuthorizationDetails"],
        Section::AccessKeys => &["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"],
        Section::CredentialReport => &["iam:GenerateCredentialReport", "iam:GetCredentialReport"],
        Section::AccountSummary => &["iam:GetAccountSummary"],
        Section::ExposedKeys => &["support:DescribeTrustedAdvisorCheckResult"],
        Section::Trails => {
            &["cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"]
        }
        Section::LogBuckets => &[
            "s3:GetBucketPolicy",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketVersioning",
            "s3:ListBucket",
        ],
        Section::S3Block => &["s3:GetAccountPublicAccessBlock"],
        Section::PublicBuckets => {
            &["s3:GetBucketAcl", "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus", "s3:ListAllMyBuckets"]
        }
        Section::RouteTables => &["ec2:DescribeRouteTables"],
        Section::PrefixLists => &["ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries"],
        Section::InternetGateways => &["ec2:DescribeInternetGateways"],
        Section::EgressGateways => &["ec2:DescribeEgressOnlyInternetGateways"],
        Section::NatGateways => &["ec2:DescribeNatGateways"],
        Section::Addresses => &["ec2:DescribeAddresses"],
        Section::VpnGateways => &["ec2:DescribeVpnGateways"],
        Section::VpnConnections => &["ec2:DescribeVpnConnections"],
        Section::ClientVpns => &[
            "ec2:DescribeClientVpnAuthorizationRules",
            "ec2:DescribeClientVpnConnections",
            "ec2:DescribeClientVpnEndpoints",
            "ec2:DescribeClientVpnTargetNetworks",
        ],
        Section::VirtualInterfaces => {
            &["directconnect:DescribeVirtualInterfaces", "directconnect:ListVirtualInterfaceTestHistory"]
        }
        Section::TransitAttachments => &["ec2:DescribeTransitGatewayAttachments"],
        Section::Peerings => &["ec2:DescribeVpcPeeringConnections"],
        Section::Endpoints => &["ec2:DescribeVpcEndpointServices", "ec2:DescribeVpcEndpoints"],
        Section::EndpointServices => {
            &["ec2:DescribeVpcEndpointConnections", "ec2:DescribeVpcEndpointServiceConfigurations"]
        }
        Section::ConnectEndpoints => &["ec2:DescribeInstanceConnectEndpoints"],
        Section::VpcBlock => {
            &["ec2:DescribeVpcBlockPublicAccessExclusions", "ec2:DescribeVpcBlockPublicAccessOptions"]
        }
        Section::SerialConsole => &["ec2:GetSerialConsoleAccessStatus"],
        Section::Sessions => &["ssm:DescribeSessions"],
        Section::DnsFirewall => &[
            "ec2:DescribeVpcs",
            "route53resolver:ListFirewallConfigs",
            "route53resolver:ListFirewallDomainLists",
            "route53resolver:ListFirewallDomains",
            "route53resolver:ListFirewallRuleGroupAssociations",
            "route53resolver:ListFirewallRuleGroups",
            "route53resolver:ListFirewallRules",
            "route53resolver:ListTagsForResource",
        ],
        Section::LoadBalancers => &[
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
        ],
        Section::TargetGroups => &[
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
        ],
        Section::Databases => &["rds:DescribeDBClusters", "rds:DescribeDBInstances"],
        Section::InstanceAttributes => &["ec2:DescribeInstanceAttribute"],
        Section::Snapshots => &["ec2:DescribeSnapshots"],
        Section::ContainerServices => &["ecs:DescribeServices", "ecs:ListClusters", "ecs:ListServices"],
        Section::Volumes => &["ec2:DescribeVolumes"],
        Section::SpotFleets => &["ec2:DescribeSpotFleetRequests"],
        Section::SideDoors => &[
            "ec2:DescribeTrafficMirrorSessions",
            "ec2:DescribeVerifiedAccessEndpoints",
            "ec2:DescribeVpcEndpointAssociations",
            "route53resolver:ListResolverEndpoints",
        ],
        Section::Vpcs => &["ec2:DescribeVpcs"],
        Section::Subnets => &["ec2:DescribeSubnets"],
        Section::Instances => &["ec2:DescribeInstances"],
        Section::Interfaces => &["ec2:DescribeNetworkInterfaces"],
        Section::Groups => &["ec2:DescribeSecurityGroups"],
        Section::Acls => &["ec2:DescribeNetworkAcls"],
        Section::ScalingGroups => &["autoscaling:DescribeAutoScalingGroups"],
        Section::Ses => &[
            "ses:GetAccount",
            "ses:GetConfigurationSet",
            "ses:GetEmailIdentityPolicies",
            "ses:GetSendStatistics",
            "ses:ListConfigurationSets",
            "ses:ListEmailIdentities",
        ],
    }
}

/// What plan and snapshot need for these steps, and what every read-back needs.
pub fn read(chosen: &[StepId]) -> BTreeSet<&'static str> {
    let needs = chosen.iter().filter_map(|id| steps::find(*id)).flat_map(|step| step.spec().needs);
    needs.flat_map(|needed| section(*needed)).chain(IDENTITY).copied().collect()
}

/// What a plan needs besides, to show what can get in and out where a step cuts networks. Without
/// them it says what it could not look at.
pub fn exposure(chosen: &[StepId]) -> BTreeSet<&'static str> {
    let needs = if chosen.iter().any(|id| id.stage() == 5) { crate::exposure::NEEDS } else { &[] };
    let read = read(chosen);
    needs
        .iter()
        .flat_map(|needed| section(*needed))
        .copied()
        .filter(|action| !read.contains(action))
        .collect()
}

/// What a plan needs, in parts: reading, asking whether the caller may, the exposure besides.
pub fn reading(chosen: &[StepId]) -> [Part; 3] {
    [
        ("UnplugRead", read(chosen)),
        ("UnplugAskBeforehand", RIGHTS.iter().copied().collect()),
        ("UnplugExposure", exposure(chosen)),
    ]
}

/// What the writes of a pull need.
pub fn apply(chosen: &[StepId]) -> BTreeSet<&'static str> {
    chosen.iter().filter_map(|id| steps::find(*id)).flat_map(|step| step.spec().iam.apply).copied().collect()
}

/// What the writes of a restore need.
pub fn undo(chosen: &[StepId]) -> BTreeSet<&'static str> {
    chosen.iter().filter_map(|id| steps::find(*id)).flat_map(|step| step.spec().iam.undo).copied().collect()
}

/// What `verify --reachability-analyzer` needs besides reading. Tiros is the analyzer's own service.
///
/// <https://docs.aws.amazon.com/vpc/latest/reachability/identity-access-management.html>
pub const ANALYZER: &[&str] = &[
    "ec2:CreateNetworkInsightsPath",
    "ec2:CreateTags",
    "ec2:DeleteNetworkInsightsAnalysis",
    "ec2:DeleteNetworkInsightsPath",
    "ec2:DescribeNetworkInsightsAnalyses",
    "ec2:StartNetworkInsightsAnalysis",
    "tiros:CreateQuery",
    "tiros:GetQueryAnswer",
    "tiros:GetQueryExplanation",
];
